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
//! - *Strict FIFO*: while `QUEUED` is set, only the lock holder grants, and only to the front or to
//!   a request that the policy grants on arrival.
//! - *Nothing Grantable Waits*: when a thread unlocks the queue, the policy makes the front wait.
//!   One exception is an unlock between two batches: the same thread then locks the queue again.
//!   The other one is a policy that panics or violates its contract.
//! - *Counted Ring*: while `LOCKED` is clear, `waiters` is the number of nodes in the list.
//! - *Pinned While Linked*: a linked node is alive and pinned, and is unlinked before it is
//!   dropped. Nothing is moved out of a node, or replaced in it as a whole, once its future was
//!   polled.
//! - *Completion Comes Last*: completing a node is the last access to it by any thread but its
//!   owner.
//! - *Lock Runs No Foreign Code*: no waker is cloned, woken or dropped while the lock is held, and
//!   no `tracing` subscriber is called. The policy is the one exception, see below.
//! - *Untrusted Policy*: a policy may panic, return any value and use its queue, also under the
//!   lock. Lists, statuses and wakers are consistent whenever it is called, and do not depend on
//!   what it returns. A waiter that it drops under the lock is not freed while it is linked: the
//!   process aborts, or the thread waits for ever.
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
//! # Public and private
//!
//! [`wait_queue`](crate::wait_queue) publishes this queue. The primitives of this crate also use:
//!
//! - [`Primitive`] instead of `Queued`, because safe code could otherwise reach the queue of a
//!   mutex and forge a grant.
//! - [`Waiter`] and [`Grant`], which `tracing` wraps. A grant with the request as a parameter is
//!   covariant.
//! - `change`, an update that takes no lock if the queue is empty, and `try_grant_with` and
//!   `update_with`, which return more. Their closures must be pure or quick.
//! - `Waiter::completed`, for a wait that is complete when it is created.
//! - `Policy::IS_TRUSTED`, which skips the checks of returned values.
//!
//! # Refusals
//!
//! A refusal completes a wait without changing the value. A policy refuses a request once the
//! semaphore is closed, the event is set, the cell is full, or a broadcast has ended the generation
//! of the ticket. The lock holder publishes the value before it completes a refused node, so the
//! owner of the node sees that value. Waiters are refused in the same way as they are granted: from
//! the front and in batches. This continues if a waker panics.
//!
//! # Panics
//!
//! Nodes are completed before any waker runs, and the wakers of several nodes are collected in a
//! batch. If one panics, the rest of the batch is woken and the rest of the queue is granted while
//! the panic unwinds. With `std`, a panic during this unwinding is caught, because it would abort
//! the process. If the policy panics, the queue is unlocked at the last value that the policy
//! returned, and the wakers of completed nodes are woken.
#![allow(unsafe_code)]

mod attempt;
mod checked;
mod guard;
mod handle;
mod held;
mod list;
#[cfg(feature = "std")]
mod parker;
mod policy;
mod waiter;
mod wake_batch;
mod word;

use core::{fmt, ops::ControlFlow};

#[cfg(feature = "std")]
pub(crate) use self::parker::block_on;
use self::{
    attempt::break_if,
    guard::QueueGuard,
    list::{List, Node},
    word::{State, Word},
};
pub use self::{
    handle::Handle,
    policy::{Arrival, Completion, Policy, Verdict},
};
#[cfg(all(feature = "tracing", not(loom)))]
pub(crate) use self::{handle::RequestOf, wake_batch::guard_double_panic};
pub(crate) use self::{
    handle::{Grant, PolicyOf, Primitive},
    waiter::{Completed, Waiter},
    word::{MAX_VALUE, Number},
};
use crate::{
    flavour::{Flavour, ThreadSafe},
    loom::{UnsafeCell, const_unless_loom},
};

/// A value, and a FIFO queue of waiters for it.
///
/// `P` is the [policy](Policy), which decides about requests. `F` is the flavour:
/// [`wait_queue::WaitQueue`](crate::wait_queue::WaitQueue) is shared between threads, and
/// [`unsync::WaitQueue`](crate::unsync::WaitQueue) stays on one thread. A queue takes three words.
/// See the [module documentation](crate::wait_queue) for examples and the contract of a policy.
///
/// # Fairness
///
/// Requests are completed in FIFO order. While a waiter is queued, a new request waits behind it,
/// even if [`Policy::decide`] would grant the request. Two kinds of requests do not wait: those
/// that the policy refuses, and those that [`Policy::enqueue`] grants on arrival.
///
/// # Cancel safety
///
/// Every wait can be dropped at any time, and no grant is lost. Leaving the queue is O(1), plus
/// O(1) for each waiter that can then be completed.
///
/// # Wakers
///
/// Wakers run after the queue is unlocked, in batches of up to 32, so they may use the queue. If a
/// waker panics, all other completed waiters are woken before the panic propagates.
///
/// # Costs
///
/// With an empty queue, a granted acquire or a release is one compare-exchange. Otherwise, and for
/// [`update`](Self::update), the operation locks the queue: one compare-exchange and one store. A
/// refusal of a request that is not queued is one load.
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

/// The result of a waiter's first attempt.
enum FirstAttempt<'q, P: Policy, F: Flavour> {
    Complete(Completion),
    /// The queue is locked for the waiter's node.
    MustWait(QueueGuard<'q, P, F>),
}

impl<P: Policy, F: Flavour> WaitQueue<P, F> {
    /// The smallest value: -2<sup>61</sup> on 64-bit targets, -2<sup>29</sup> on 32-bit targets.
    pub const MIN_VALUE: isize = word::MIN_VALUE;

    /// The largest value: 2<sup>61</sup> - 1 on 64-bit targets, 2<sup>29</sup> - 1 on 32-bit
    /// targets.
    pub const MAX_VALUE: isize = MAX_VALUE;

    const_unless_loom! {
        /// Creates a queue without waiters.
        ///
        /// Under `cfg(loom)` this is not a `const fn`.
        ///
        /// # Panics
        ///
        /// If the value is smaller than [`MIN_VALUE`](Self::MIN_VALUE) or larger than
        /// [`MAX_VALUE`](Self::MAX_VALUE).
        #[must_use]
        #[track_caller]
        pub fn new(value: isize) -> Self {
            let list = UnsafeCell::new(List::new());
            Self { word: Word::new(word::in_range(value)), list, waiters: Number::new(0) }
        }
    }

    /// Returns a snapshot of the value.
    ///
    /// This is a relaxed load, which does not synchronize with other threads. Use it for metrics.
    #[inline]
    #[must_use]
    pub fn value(&self) -> isize {
        self.word.load().value()
    }

    /// Returns a snapshot of the value, and synchronizes with the operations that led to it. Use it
    /// to read data that a release announced.
    ///
    /// # Memory ordering
    ///
    /// Every release and update that contributed to the value happens-before the return.
    #[inline]
    #[must_use]
    pub fn value_acquire(&self) -> isize {
        self.word.load_acquire().value()
    }

    /// Returns a snapshot of the number of queued waiters.
    #[must_use]
    pub fn waiters(&self) -> usize {
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

    /// Completes the request without waiting: grants it if the policy does and the queue is empty.
    /// Returns the value at which it was granted.
    #[inline]
    pub(crate) fn try_grant(&self, request: P::Request) -> Option<Completion<isize>> {
        self.try_grant_with(move |value| checked::decide::<P>(value, request))
    }

    /// Completes a request without waiting, like [`try_grant`](Self::try_grant). `decide` decides
    /// instead of the policy.
    #[inline]
    pub(crate) fn try_grant_with(
        &self,
        decide: impl Fn(isize) -> Verdict,
    ) -> Option<Completion<isize>> {
        self.attempt(Self::guess, move |state| match decide_unqueued(state, &decide) {
            Verdict::Grant(value) => {
                let granted = Completion::Granted(state.value());
                break_if(self.word.try_acquire(state, value), Some(granted))
            }
            Verdict::Wait => {
                let is_final = state.is_open() || state.is_queued();
                break_if(is_final && self.word.confirm(state), None)
            }
            Verdict::Refuse => {
                break_if(self.word.confirm_acquire(state), Some(Completion::Refused))
            }
        })
    }

    /// Acquires what is requested, or locks the queue to wait for it.
    #[inline]
    fn acquire_or_lock(&self, request: P::Request) -> FirstAttempt<'_, P, F> {
        let decide = move |value| checked::decide::<P>(value, request);
        self.attempt(Self::guess, move |state| match decide_unqueued(state, decide) {
            Verdict::Grant(value) => {
                let granted = FirstAttempt::Complete(Completion::Granted(()));
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
        P::MAY_REFUSE && checked::decide::<P>(self.value_acquire(), request) == Verdict::Refuse
    }

    /// Releases a request that no [`Grant`](crate::wait_queue::Grant) holds, and completes the
    /// waiters that can now proceed, in FIFO order.
    ///
    /// The new value is what [`Policy::release`] returns. The request need not have been granted:
    /// a policy can have requests that only announce something. O(1) per completed waiter.
    ///
    /// # Memory ordering
    ///
    /// Everything before the call happens-before the return of every acquire that it lets complete.
    ///
    /// # Panics
    ///
    /// If the policy panics, or violates its [contract](crate::wait_queue#contract) in a way that
    /// makes the call panic.
    #[inline]
    pub fn release(&self, request: P::Request) {
        if !self.try_change(P::STORES, move |value| checked::release::<P>(value, request)) {
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
        self.update_with(|value| (change(value), ()));
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
    pub(crate) fn update_with<R>(&self, change: impl FnOnce(isize) -> (isize, R)) -> R {
        self.lock().update(change)
    }

    /// Grants the waiters that can proceed.
    fn grant_queued(&self) {
        if let Some(guard) = self.lock_if_queued() {
            guard.grant_waiters();
        }
    }

    /// Publishes what the code of a user has written under the lock.
    pub(crate) fn synchronize(&self) {
        self.word.synchronize();
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
