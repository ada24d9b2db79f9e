//! The wait queue: one word and an intrusive list, on which every primitive of this crate stands.
//!
//! All `unsafe` code of the crate is in this module. A primitive on top of it is safe code: a
//! [`Policy`] that decides from the value of the word which requests are granted.
//!
//! # Invariants
//!
//! `value`, `QUEUED` and `LOCKED` are the parts of the [word](word). Each `SAFETY` note cites one of
//! these names.
//!
//! - *Locked List*: `LOCKED` is a spinlock over the list, the links and the stored wakers. One access
//!   needs no lock: the owner of a node compares its stored waker, which no other thread replaces.
//! - *Queue Flag*: while `LOCKED` is clear, `QUEUED` is set exactly if the list is not empty.
//! - *Lone Writer*: while `LOCKED` is set, only the lock holder writes the word. So unlocking is a
//!   plain store, which publishes value and queue flag as well.
//! - *Strict FIFO*: while `QUEUED` is set, only the lock holder grants, and only to the front.
//! - *Nothing Grantable Waits*: no unlock leaves a front behind that the policy would complete, except
//!   between two batches, whose releaser locks the queue again.
//! - *Counted Ring*: while `LOCKED` is clear, `waiters` is the number of nodes in the list.
//! - *Pinned While Linked*: a linked node is alive and pinned, and is unlinked before it is dropped.
//!   Nothing is moved out of a node, or replaced in it as a whole, once its future was polled.
//! - *Completion Comes Last*: completing a node is the last access to it by any thread but its owner.
//! - *Lock Runs No Foreign Code*: no waker is cloned, woken or dropped while the lock is held, and no
//!   `tracing` subscriber is called.
//! - *Moved Once*: a waker or a handle that is moved out of its place is not used there again.
//! - *Stable Handle*: while a waiter has its handle, the handle keeps the queue alive and in place.
//! - *Parked Owner*: a blocked thread does not return while one of its wakers is left.
//! - *Plain Words*: `AtomicUsize` and `Cell<usize>` are the only types of a flavour's `usize` outside
//!   of loom, and are documented to be represented like a `usize`.
//!
//! # Costs
//!
//! | operation | queue empty | queue not empty |
//! | --- | --- | --- |
//! | try to acquire | 1 compare-exchange | 1 load, fails |
//! | first poll | 1 compare-exchange | lock, push, unlock |
//! | release | 1 compare-exchange | lock, grant the front, unlock, wake |
//! | poll again, same waker | - | 1 load, no lock |
//! | poll after the grant | - | 1 load, no lock |
//! | cancel while queued | - | lock, unlink in O(1), grant the new front, unlock, wake |
//! | cancel after the grant | - | the same as a release |
//! | first poll that is refused | 2 loads | 2 loads |
//!
//! Locking is one compare-exchange and unlocking one store.
//!
//! # Refusals
//!
//! A refusal completes a wait and changes no value, so it tells the waiter about a state: closed, or
//! set. The value is published before such a node is completed, so that its owner finds that state.
//! Queued waiters are refused like they are granted: from the front, in batches, and after a panic.
//!
//! # Panicking wakers
//!
//! Nodes are completed before any waker runs, and the wakers of several nodes are collected in a
//! batch. If one panics, the rest of the batch is woken and the rest of the queue is granted while the
//! panic unwinds. With `std`, a second panic of a waker is caught, because it would abort the process.
#![allow(unsafe_code)]

mod handle;
mod list;
#[cfg(feature = "std")]
mod parker;
mod policy;
mod waiter;
mod wake_batch;
mod word;

use core::{fmt, mem, ops::ControlFlow, task::Waker};

pub use self::handle::Handle;
#[cfg(all(feature = "tracing", not(loom)))]
pub(crate) use self::handle::RequestOf;
#[cfg(feature = "std")]
pub(crate) use self::parker::block_on;
pub(crate) use self::{
    handle::Grant,
    list::Completion,
    waiter::{Completed, Waiter},
    wake_batch::guard_double_panic,
    word::{MAX_VALUE, Number},
};
pub(crate) use self::{
    handle::Primitive,
    policy::{Policy, Verdict},
};
use self::{
    list::{Front, List, Node, complete},
    wake_batch::{DeferredDrop, WakeBatch},
    word::{State, Word},
};
use crate::{
    flavour::{Backoff, Flavour, ThreadSafe},
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

/// What an attempt to acquire without waiting came to.
pub(crate) enum TryAcquire {
    /// The request was granted at this value.
    Granted {
        at: isize,
    },
    /// The request would wait.
    Unavailable,
    Refused,
}

/// What the first attempt of a waiter came to.
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

    /// Returns a snapshot of the value. Everything that happened before it was released is visible.
    pub(crate) fn value_acquire(&self) -> isize {
        self.word.load_acquire().value()
    }

    /// Returns a snapshot of the queue length.
    pub(crate) fn waiters(&self) -> usize {
        self.waiters.get()
    }

    /// Checks the ring, *Counted Ring* and *Nothing Grantable Waits*, while no thread is between two
    /// batches.
    #[cfg(debug_assertions)]
    pub(crate) fn assert_valid(&self) {
        let mut guard = self.lock();
        // SAFETY: *Locked List*: locked.
        let linked = guard.with_list(|list| unsafe { list.assert_valid() });
        // SAFETY: *Pinned While Linked*: linked, and not used after this line.
        let request = guard.front().map(|front| unsafe { front.as_ref() }.request);
        let waits = request.is_none_or(|front| P::decide(guard.value, front) == Verdict::Wait);
        drop(guard);
        assert_eq!(linked, self.waiters(), "the waiter count must equal the length of the ring");
        assert!(waits, "the front must not wait for a request that would be completed");
    }

    /// Acquires what is requested, if the policy grants it and the queue is empty.
    #[inline]
    pub(crate) fn try_acquire(&self, request: P::Request) -> TryAcquire {
        self.try_acquire_with(move |value| P::decide(value, request))
    }

    /// Acquires what `decide` grants, if the queue is empty.
    #[inline]
    pub(crate) fn try_acquire_with(&self, decide: impl Fn(isize) -> Verdict) -> TryAcquire {
        self.attempt(Word::load, move |state| match decide_unqueued(state, &decide) {
            Verdict::Grant(value) => {
                let granted = TryAcquire::Granted { at: state.value() };
                break_if(self.word.try_acquire(state, value), granted)
            }
            Verdict::Wait => {
                break_if(state.is_open() || state.is_queued(), TryAcquire::Unavailable)
            }
            Verdict::Refuse => self.confirm_refusal(&decide, TryAcquire::Refused),
        })
    }

    /// Acquires what is requested, or locks the queue to wait for it.
    #[inline]
    fn acquire_or_lock(&self, request: P::Request) -> FirstAttempt<'_, P, F> {
        let decide = move |value| P::decide(value, request);
        self.attempt(Word::load, move |state| match decide_unqueued(state, decide) {
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
                self.confirm_refusal(decide, FirstAttempt::Complete(Completion::Refused))
            }
        })
    }

    /// Breaks with `refused` if the policy still refuses. The decision was made on a relaxed load; after
    /// this one, everything that happened before is visible.
    #[cold]
    fn confirm_refusal<R>(&self, decide: impl Fn(isize) -> Verdict, refused: R) -> ControlFlow<R> {
        break_if(decide(self.value_acquire()) == Verdict::Refuse, refused)
    }

    /// Releases what was granted, and grants waiters.
    #[inline]
    pub(crate) fn release(&self, request: P::Request) {
        let is_released = self.attempt(Word::load, move |state| {
            if !state.is_open() {
                return ControlFlow::Break(false);
            }
            let value = P::release(state.value(), request);
            break_if(self.word.try_release(state, value), true)
        });
        if !is_released {
            self.hand_off(request);
        }
    }

    #[inline(never)]
    fn hand_off(&self, request: P::Request) {
        self.update(|value| (P::release(value, request), ()));
    }

    /// Changes the value under the lock and grants waiters. `change` returns the new value.
    #[inline]
    pub(crate) fn update<R>(&self, change: impl FnOnce(isize) -> (isize, R)) -> R {
        self.lock().update(change)
    }

    #[inline]
    fn lock(&self) -> QueueGuard<'_, P, F> {
        self.attempt(Word::load, move |state| self.try_lock(state))
    }

    /// Locks the queue, or returns `None` if it is empty. Then all accesses to its nodes are visible.
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

    /// Loads the word and acts on its state, until `act` breaks: it continues while the word is locked
    /// or has changed.
    #[inline(always)]
    fn attempt<R>(&self, load: fn(&Word<F>) -> State, act: impl Fn(State) -> ControlFlow<R>) -> R {
        match act(load(&self.word)) {
            ControlFlow::Break(result) => result,
            ControlFlow::Continue(()) => self.attempt_again(F::Backoff::new(), load, act),
        }
    }

    #[cold]
    #[inline(never)]
    fn attempt_again<R>(
        &self,
        mut backoff: F::Backoff,
        load: fn(&Word<F>) -> State,
        act: impl Fn(State) -> ControlFlow<R>,
    ) -> R {
        backoff.spin();
        loop {
            let state = load(&self.word);
            if let ControlFlow::Break(result) = act(state) {
                return result;
            }
            if state.is_locked() {
                backoff.snooze();
            } else {
                backoff.spin();
            }
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

#[inline(always)]
fn break_if<R>(condition: bool, result: R) -> ControlFlow<R> {
    if condition { ControlFlow::Break(result) } else { ControlFlow::Continue(()) }
}

/// The lock over the list.
///
/// Each method that changes the list or the value consumes the guard and keeps *Nothing Grantable
/// Waits*. Dropping the guard unlocks the queue as it is.
struct QueueGuard<'q, P: Policy, F: Flavour> {
    queue: &'q WaitQueue<P, F>,
    /// The value that unlocking publishes.
    value: isize,
}

impl<'q, P: Policy, F: Flavour> QueueGuard<'q, P, F> {
    /// For the thread that has just set LOCKED on this state.
    #[inline]
    fn new(queue: &'q WaitQueue<P, F>, state: State) -> Self {
        Self { queue, value: state.value() }
    }

    /// Changes the value, and grants waiters.
    #[inline]
    fn update<R>(mut self, change: impl FnOnce(isize) -> (isize, R)) -> R {
        let (value, result) = change(self.value);
        self.value = value;
        self.grant_waiters();
        result
    }

    /// Enqueues a node whose request must wait.
    ///
    /// # Safety
    /// The node is pinned and not linked, and is unlinked before it is dropped.
    #[inline]
    unsafe fn push_back(mut self, node: &Node<P, F>, waker: Waker) {
        // SAFETY: *Locked List*: locked, and the node is not linked.
        unsafe { node.set_waker(waker) };
        // SAFETY: *Locked List*: locked; the rest is the caller's promise.
        self.with_list(|list| unsafe { list.push_back(node) });
        self.queue.waiters.set(self.queue.waiters() + 1);
        self.unlock(true);
    }

    /// # Safety
    /// The node is linked in this queue.
    #[inline]
    unsafe fn replace_waker(self, node: &Node<P, F>, waker: Waker) -> Waker {
        // SAFETY: *Locked List*: locked, and the node is linked.
        unsafe { node.replace_waker(waker) }
    }

    /// Removes a node, and grants the waiters that it was in front of.
    ///
    /// # Safety
    /// The node is linked in this queue.
    #[inline]
    unsafe fn cancel(mut self, node: &Node<P, F>) {
        // SAFETY: *Locked List*: locked; the rest is the caller's promise.
        let (waker, _) = unsafe { self.unlink(node) };
        let _waker = DeferredDrop::new(waker);
        self.grant_waiters();
    }

    /// Completes the front until it must wait, unlocks, and wakes the completed waiters.
    ///
    /// O(1) per waiter.
    #[inline]
    fn grant_waiters(mut self) {
        if let Some(first) = self.complete_front() {
            self.grant_more(first);
        }
    }

    /// Most hand-offs complete one waiter, and need no batch.
    #[inline(never)]
    fn grant_more(mut self, first: Waker) {
        match self.complete_front() {
            None => {
                drop(self);
                guard_double_panic(|| first.wake());
            }
            Some(second) => self.grant_in_batches(first, second),
        }
    }

    fn grant_in_batches(self, first: Waker, second: Waker) {
        let queue = self.queue;
        let rest = GrantOnUnwind(queue);
        let mut batch = WakeBatch::new();
        batch.push(first);
        batch.push(second);
        let mut next = Some(self);
        while let Some(guard) = next {
            guard.fill(&mut batch);
            let may_have_more = batch.is_full();
            batch.wake_all();
            next = if may_have_more { queue.lock_if_queued() } else { None };
        }
        mem::forget(rest);
    }

    /// Completes the front until the batch is full or the front must wait, and unlocks.
    fn fill(mut self, batch: &mut WakeBatch) {
        let mut front = self.front();
        while !batch.is_full() {
            // SAFETY: *Locked List*: locked, and at the front.
            let Some((waker, next)) = (unsafe { self.complete(front) }) else {
                return;
            };
            batch.push(waker);
            front = next;
        }
    }

    #[inline]
    fn complete_front(&mut self) -> Option<Waker> {
        let front = self.front();
        // SAFETY: *Locked List*: locked, and at the front.
        let (waker, _) = unsafe { self.complete(front) }?;
        Some(waker)
    }

    #[inline]
    fn front(&mut self) -> Front<P, F> {
        self.with_list(|list| list.front())
    }

    /// Completes the front unless it must wait. Returns its waker and the next front.
    ///
    /// # Safety
    /// The node is at the front.
    #[inline(always)]
    unsafe fn complete(&mut self, front: Front<P, F>) -> Option<(Waker, Front<P, F>)> {
        // SAFETY: *Pinned While Linked*: linked, and not used after it is completed.
        let front = unsafe { front?.as_ref() };
        let completion = match P::decide(self.value, front.request) {
            Verdict::Wait => return None,
            Verdict::Grant(value) => {
                self.value = value;
                Completion::Granted
            }
            Verdict::Refuse => {
                // RACE: the owner may look at the value before this thread unlocks the queue.
                self.queue.word.publish(self.value);
                Completion::Refused
            }
        };
        // SAFETY: *Locked List*: locked, and linked.
        let (waker, next) = unsafe { self.unlink(front) };
        complete(&front.status, completion);
        Some((waker, next))
    }

    /// Unlinks a node. Returns its waker, and the node behind it or the front if it was the last.
    ///
    /// # Safety
    /// The node is linked in this queue.
    #[inline]
    unsafe fn unlink(&mut self, node: &Node<P, F>) -> (Waker, Front<P, F>) {
        // SAFETY: *Locked List*: locked; the rest is the caller's promise.
        let next = self.with_list(|list| unsafe { list.unlink(node) });
        self.queue.waiters.set(self.queue.waiters() - 1);
        // SAFETY: *Moved Once*: locked, and just unlinked.
        let waker = unsafe { node.take_waker() };
        (waker, next)
    }

    #[inline]
    fn unlock(self, is_queued: bool) {
        self.queue.word.unlock(self.value, is_queued);
        mem::forget(self);
    }

    #[inline]
    fn with_list<R>(&mut self, access: impl FnOnce(&mut List<P, F>) -> R) -> R {
        // SAFETY: *Locked List*: locked, and borrowed during the call only.
        self.queue.list.with_mut(|list| access(unsafe { &mut *list }))
    }
}

impl<P: Policy, F: Flavour> Drop for QueueGuard<'_, P, F> {
    #[inline]
    fn drop(&mut self) {
        let is_queued = !self.with_list(|list| list.is_empty());
        self.queue.word.unlock(self.value, is_queued);
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

/// Grants the rest of the queue after a waker has panicked.
struct GrantOnUnwind<'q, P: Policy, F: Flavour>(&'q WaitQueue<P, F>);

impl<P: Policy, F: Flavour> Drop for GrantOnUnwind<'_, P, F> {
    fn drop(&mut self) {
        if let Some(guard) = self.0.lock_if_queued() {
            guard.grant_waiters();
        }
    }
}
