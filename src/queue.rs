//! The wait queue: one word and an intrusive list. Every primitive of this crate is built on it.
//!
//! All `unsafe` code of the crate is in this module and in [`guarded`](crate::guarded). A primitive
//! on top of them is safe code: a [`Policy`] decides from the value of the word which requests are
//! granted.
//!
//! # Invariants
//!
//! `value`, `QUEUED` and `LOCKED` are parts of the [word](word). Each `SAFETY` note cites a name:
//!
//! - *Locked List*: `LOCKED` is a spinlock over the list, the links and the stored wakers. One
//!   access needs no lock: the owner of a node compares its stored waker, which no other thread
//!   replaces.
//! - *Queue Flag*: while `LOCKED` is clear, `QUEUED` is set exactly if the list is not empty.
//! - *Lone Writer*: while `LOCKED` is set, only the lock holder writes the word. So unlocking is a
//!   plain store, which publishes value and queue flag as well.
//! - *Strict FIFO*: while `QUEUED` is set, only the lock holder grants, and only to the front.
//! - *Nothing Grantable Waits*: when a thread unlocks the queue, the policy makes the front wait.
//!   The one exception is an unlock between two batches: the same thread then locks the queue
//!   again.
//! - *Counted Ring*: while `LOCKED` is clear, `waiters` is the number of nodes in the list.
//! - *Pinned While Linked*: a linked node is alive and pinned, and is unlinked before it is
//!   dropped. Nothing is moved out of a node, or replaced in it as a whole, once its future was
//!   polled.
//! - *Completion Comes Last*: completing a node is the last access to it by any thread but its
//!   owner.
//! - *Lock Runs No Foreign Code*: no waker is cloned, woken or dropped while the lock is held, and
//!   no `tracing` subscriber is called.
//! - *Moved Once*: a waker or a handle that is moved out of its place is not used there again.
//! - *Stable Handle*: while a waiter has its handle, the handle keeps the queue alive and in place.
//! - *Parked Owner*: a blocked thread does not return before all clones of its waker are dropped.
//! - *Plain Words*: `AtomicUsize` and `Cell<usize>` are the only types of a flavour's `usize`
//!   outside of loom, and are documented to be represented like a `usize`.
//!
//! # Costs
//!
//! | operation | fast path | slow path |
//! | --- | --- | --- |
//! | try to acquire | 1 compare-exchange | 1 load, fails |
//! | first poll | 1 compare-exchange | lock, push, unlock |
//! | release | 1 compare-exchange | lock, grant the front, unlock, wake |
//! | poll again, same waker | - | 1 load, or 2 if the policy may refuse; no lock |
//! | poll after the grant | 1 load, no lock | the same |
//! | cancel while queued | - | lock, unlink in O(1), grant the new front, unlock, wake |
//! | cancel after the grant | 1 load, then a release | the same |
//! | first poll that is refused | 1 load | the same |
//!
//! The slow path runs if a waiter is queued or the request must wait. Locking is one
//! compare-exchange and unlocking one store.
//!
//! # Refusals
//!
//! A refusal completes a wait without changing the value. A policy refuses a request once the
//! semaphore is closed, the event is set, the cell is full, or a broadcast has ended the generation
//! of the ticket. The lock holder publishes the value before it completes a refused node, so the
//! owner of the node sees that value. Waiters are refused in the same way as they are granted: from
//! the front and in batches. This continues if a waker panics.
//!
//! # Panicking wakers
//!
//! Nodes are completed before any waker runs, and the wakers of several nodes are collected in a
//! batch. If one panics, the rest of the batch is woken and the rest of the queue is granted while
//! the panic unwinds. With `std`, a panic during this unwinding is caught, because it would abort
//! the process.
#![allow(unsafe_code)]

mod attempt;
mod guard;
mod handle;
mod list;
#[cfg(feature = "std")]
mod parker;
mod policy;
mod waiter;
mod wake_batch;
mod word;

use core::{fmt, ops::ControlFlow};

pub use self::handle::Handle;
#[cfg(feature = "std")]
pub(crate) use self::parker::block_on;
use self::{
    attempt::break_if,
    guard::QueueGuard,
    list::{List, Node},
    word::{State, Word},
};
#[cfg(all(feature = "tracing", not(loom)))]
pub(crate) use self::{handle::RequestOf, wake_batch::guard_double_panic};
pub(crate) use self::{
    handle::{Grant, PolicyOf, Primitive},
    list::Completion,
    policy::{Arrival, Policy, Verdict},
    waiter::{Completed, Waiter},
    word::{MAX_VALUE, Number},
};
use crate::{
    flavour::{Flavour, ThreadSafe},
    loom::{UnsafeCell, const_unless_loom},
};

/// A value, and a FIFO queue of waiters for it.
pub struct WaitQueue<P: Policy, F: Flavour> {
    word: Word<F>,
    list: UnsafeCell<List<P, F>>,
    /// The number of linked nodes. Written under the lock, read without it.
    waiters: Number<F>,
}

// SAFETY: *Locked List*: the list and its nodes are accessed under the lock, and all words of this
// flavour, those in nodes included, are atomic.
unsafe impl<P: Policy, F: ThreadSafe> Send for WaitQueue<P, F> {}

// SAFETY: *Locked List*: as above.
unsafe impl<P: Policy, F: ThreadSafe> Sync for WaitQueue<P, F> {}

/// The result of an attempt to acquire without waiting.
pub(crate) enum TryAcquire {
    /// The request was granted at this value.
    Granted {
        at: isize,
    },
    /// The request would wait.
    Unavailable,
    Refused,
}

/// The result of a waiter's first attempt.
enum FirstAttempt<'q, P: Policy, F: Flavour> {
    Complete(Completion),
    /// The queue is locked for the waiter's node.
    MustWait(QueueGuard<'q, P, F>),
}

impl<P: Policy, F: Flavour> WaitQueue<P, F> {
    const_unless_loom! {
        pub(crate) fn new(value: isize) -> Self {
            let list = UnsafeCell::new(List::new());
            Self { word: Word::new(value), list, waiters: Number::new(0) }
        }
    }

    /// Returns a snapshot of the value.
    #[inline]
    pub(crate) fn value(&self) -> isize {
        self.word.load().value()
    }

    /// Returns a snapshot of the value, and makes all writes before its release visible.
    pub(crate) fn value_acquire(&self) -> isize {
        self.word.load_acquire().value()
    }

    /// Returns a snapshot of the queue length.
    pub(crate) fn waiters(&self) -> usize {
        self.load_number(&self.waiters)
    }

    /// Returns a snapshot of a number that changes under the lock.
    #[inline]
    pub(crate) fn load_number(&self, number: &Number<F>) -> usize {
        self.word.load_number(number)
    }

    /// How the wait of a node ended, or `None` while it is pending.
    #[inline]
    fn completion(&self, node: &Node<P, F>) -> Option<Completion> {
        node.completion(&self.word)
    }

    /// Checks the ring, *Counted Ring* and *Nothing Grantable Waits*, while no thread is between
    /// two batches.
    #[cfg(debug_assertions)]
    pub(crate) fn assert_valid(&self) {
        self.lock().assert_valid();
    }

    /// Acquires what is requested, if the policy grants it and the queue is empty.
    #[inline]
    pub(crate) fn try_acquire(&self, request: P::Request) -> TryAcquire {
        self.try_acquire_with(move |value| P::decide(value, request))
    }

    /// Acquires what `decide` grants, if the queue is empty.
    #[inline]
    pub(crate) fn try_acquire_with(&self, decide: impl Fn(isize) -> Verdict) -> TryAcquire {
        self.attempt(Self::guess, move |state| match decide_unqueued(state, &decide) {
            Verdict::Grant(value) => {
                let granted = TryAcquire::Granted { at: state.value() };
                break_if(self.word.try_acquire(state, value), granted)
            }
            Verdict::Wait => {
                let is_final = state.is_open() || state.is_queued();
                break_if(is_final && self.word.confirm(state), TryAcquire::Unavailable)
            }
            Verdict::Refuse => break_if(self.word.confirm_acquire(state), TryAcquire::Refused),
        })
    }

    /// Acquires what is requested, or locks the queue to wait for it.
    #[inline]
    fn acquire_or_lock(&self, request: P::Request) -> FirstAttempt<'_, P, F> {
        let decide = move |value| P::decide(value, request);
        self.attempt(Self::guess, move |state| match decide_unqueued(state, decide) {
            Verdict::Grant(value) => {
                let granted = FirstAttempt::Complete(Completion::Granted);
                break_if(self.word.try_acquire(state, value), granted)
            }
            // The compare-exchange confirms the value that the policy decided about.
            Verdict::Wait if !state.is_locked() && self.word.try_lock_to_enqueue(state) => {
                ControlFlow::Break(FirstAttempt::MustWait(QueueGuard::new(self, state)))
            }
            Verdict::Wait => ControlFlow::Continue(()),
            Verdict::Refuse => {
                let refused = FirstAttempt::Complete(Completion::Refused);
                break_if(self.word.confirm_acquire(state), refused)
            }
        })
    }

    /// Guesses the state for a decision of the policy.
    #[inline(always)]
    fn guess(word: &Word<F>) -> State {
        if P::MAY_REFUSE { word.peek_acquire() } else { word.peek() }
    }

    /// Returns whether the policy refuses the request now. If it does, all writes before the
    /// refusal are visible.
    #[inline(always)]
    fn refuses(&self, request: P::Request) -> bool {
        P::MAY_REFUSE && P::decide(self.value_acquire(), request) == Verdict::Refuse
    }

    /// Releases what was granted, and grants waiters.
    #[inline]
    pub(crate) fn release(&self, request: P::Request) {
        if !self.try_change(P::STORES, move |value| P::release(value, request)) {
            self.hand_off(request);
        }
    }

    #[inline(never)]
    fn hand_off(&self, request: P::Request) {
        self.lock().release(request);
    }

    /// Changes the value, and grants waiters. If the queue is empty, this is one compare-exchange.
    ///
    /// `change` returns the new value. It may run several times.
    #[inline]
    pub(crate) fn change(&self, change: impl Fn(isize) -> isize + Copy) {
        if !self.try_change(true, change) {
            self.change_and_grant(change);
        }
    }

    #[inline(never)]
    fn change_and_grant(&self, change: impl Fn(isize) -> isize) {
        self.update(|value| (change(value), ()));
    }

    /// Changes the value, or leaves it, if the queue is empty. Returns whether it is.
    #[inline(always)]
    fn try_change(&self, is_stored: bool, change: impl Fn(isize) -> isize) -> bool {
        self.attempt(Word::peek, move |state| {
            if !state.is_open() {
                return ControlFlow::Break(false);
            }
            let is_done = if is_stored {
                self.word.try_release(state, change(state.value()))
            } else {
                self.word.confirm(state)
            };
            break_if(is_done, true)
        })
    }

    /// Changes the value under the lock and grants waiters. `change` returns the new value.
    #[inline]
    pub(crate) fn update<R>(&self, change: impl FnOnce(isize) -> (isize, R)) -> R {
        self.lock().update(change)
    }

    #[inline]
    fn lock(&self) -> QueueGuard<'_, P, F> {
        self.attempt(Word::peek, move |state| self.try_lock(state))
    }

    /// Locks the queue, or returns `None` if the queue is empty. After `None`, all accesses by lock
    /// holders to the nodes are visible.
    #[inline]
    fn lock_if_queued(&self) -> Option<QueueGuard<'_, P, F>> {
        self.attempt(Word::load_acquire, move |state| {
            if state.is_queued() {
                self.try_lock(state).map_break(Some)
            } else {
                ControlFlow::Break(None)
            }
        })
    }

    #[inline]
    fn try_lock(&self, state: State) -> ControlFlow<QueueGuard<'_, P, F>> {
        if !state.is_locked() && self.word.try_lock(state) {
            ControlFlow::Break(QueueGuard::new(self, state))
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// Decides about a request that is not queued. Only a refusal overtakes queued waiters.
#[inline(always)]
fn decide_unqueued(state: State, decide: impl Fn(isize) -> Verdict) -> Verdict {
    if state.is_open() {
        return decide(state.value());
    }
    match decide(state.value()) {
        Verdict::Refuse => Verdict::Refuse,
        _ => Verdict::Wait,
    }
}

impl<P: Policy, F: Flavour> fmt::Debug for WaitQueue<P, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitQueue")
            .field("value", &self.value())
            .field("waiters", &self.waiters())
            .finish()
    }
}
