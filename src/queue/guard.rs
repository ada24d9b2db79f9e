//! The lock over the list, and the grants that are made under it.

use core::{mem, ptr::NonNull, task::Waker};

use super::{
    WaitQueue,
    checked::{self, in_range},
    held::Held,
    list::{Front, List, Node, complete},
    policy::{Arrival, Completion, Policy, Verdict},
    wake_batch::{DeferredDrop, WakeBatch, WakeOnDrop, guard_double_panic},
    word::State,
};
use crate::flavour::Flavour;

/// The lock over the list.
///
/// Each `pub(super)` method that changes the list or the value consumes the guard and keeps
/// *Nothing Grantable Waits*. Dropping the guard only unlocks the queue.
pub(super) struct QueueGuard<'q, P: Policy, F: Flavour> {
    queue: &'q WaitQueue<P, F>,
    /// The value that unlocking publishes.
    value: isize,
    held: Held,
}

impl<'q, P: Policy, F: Flavour> QueueGuard<'q, P, F> {
    /// Creates the guard. The caller has just set LOCKED on this state.
    #[inline]
    pub(super) fn new(queue: &'q WaitQueue<P, F>, state: State) -> Self {
        Self { queue, value: state.value(), held: Held::new(queue) }
    }

    /// Changes the value, and grants waiters.
    #[inline]
    pub(super) fn update<R>(mut self, change: impl FnOnce(isize) -> (isize, R)) -> R {
        let (value, result) = change(self.value);
        self.value = in_range::<P>(value);
        self.grant_waiters();
        result
    }

    /// Releases what was granted, and grants waiters.
    #[inline]
    pub(super) fn release(mut self, request: P::Request) {
        // A trusted policy does not panic.
        let is_settled = !P::MAY_REFUSE || P::IS_TRUSTED && self.front_waits();
        if is_settled { self.release_settled(request) } else { self.settle_and_release(request) }
    }

    /// Completes the waiters that need not wait, and then releases the request.
    ///
    /// RACE: another thread may be between two batches of a broadcast, so waiters at the front may
    /// still be due to be refused. Without this, the release would only change the value, and a
    /// second release might merge with it, as two notifications do.
    #[cold]
    fn settle_and_release(self, request: P::Request) {
        let queue = self.queue;
        // Declared first, so dropped last: if a waker or the policy panics, the request is released
        // after the queue is unlocked.
        let release = OnUnwind::new(|| queue.lock().release_settled(request));
        let mut guard = self;
        while !guard.front_waits() {
            guard.grant_waiters();
            guard = queue.lock();
        }
        mem::forget(release);
        guard.release_settled(request);
    }

    #[inline]
    fn release_settled(mut self, request: P::Request) {
        if P::STORES || self.front().is_some() {
            self.update(|value| (checked::release::<P>(value, request), ()));
        }
    }

    /// Returns what the policy decides about a request that is about to be enqueued.
    #[inline]
    pub(super) fn arrival(&self, request: P::Request) -> Arrival<P::Request> {
        checked::enqueue::<P>(self.value, request)
    }

    /// Enqueues a node, or grants its request on arrival.
    ///
    /// # Safety
    /// The node is pinned and not linked, and is unlinked before it is dropped.
    #[inline]
    pub(super) unsafe fn enqueue(
        mut self,
        node: &Node<P, F>,
        waker: Waker,
        arrival: Arrival<P::Request>,
    ) -> Option<Completion> {
        match arrival {
            Arrival::Enqueue(value, request) => {
                self.value = value;
                node.request.set(request);
                // SAFETY: *Locked List*: locked, and the node is not linked.
                unsafe { node.set_waker(waker) };
                // SAFETY: *Locked List*: locked; the rest is the caller's promise.
                self.with_list(|list| unsafe { list.push_back(node) });
                self.queue.waiters.set(self.queue.waiters.get() + 1);
                self.unlock(true);
                None
            }
            Arrival::Grant(value) => {
                // If a waker panics below, the wait is complete already.
                complete(&node.status, Completion::Granted(()));
                let _waker = DeferredDrop::new(waker);
                self.value = value;
                self.grant_waiters();
                Some(Completion::Granted(()))
            }
        }
    }

    /// # Safety
    /// The node is linked in this queue.
    #[inline]
    pub(super) unsafe fn replace_waker(self, node: &Node<P, F>, waker: Waker) -> Waker {
        // SAFETY: *Locked List*: locked, and the node is linked.
        unsafe { node.replace_waker(waker) }
    }

    /// Ends a wait: unlinks the node and completes it as refused, and grants the waiters behind it
    /// that can now proceed.
    ///
    /// # Safety
    /// The node is linked in this queue.
    #[inline]
    pub(super) unsafe fn cancel(self, node: &Node<P, F>) {
        let queue = self.queue;
        // Declared first, so dropped last: if the policy panics, the queue is unlocked before the
        // waiters are granted.
        let rest = OnUnwind::new(|| queue.grant_queued());
        let _waker;
        let mut guard = self;
        let was_front = guard.front() == Some(NonNull::from(node));
        // SAFETY: *Locked List*: locked; the rest is the caller's promise.
        let (waker, _) = unsafe { guard.unlink(node) };
        _waker = DeferredDrop::new(waker);
        complete(&node.status, Completion::Refused);
        let value = checked::cancel::<P>(guard.value, node.request.get());
        let has_changed = value != guard.value;
        guard.value = value;
        mem::forget(rest);
        // Only a new front or a new value can let a waiter proceed.
        if was_front || has_changed {
            guard.grant_waiters();
        }
    }

    /// Completes the front until it must wait, unlocks, and wakes the completed waiters.
    ///
    /// O(1) per waiter.
    #[inline]
    pub(super) fn grant_waiters(mut self) {
        if let Some(first) = self.complete_front() {
            self.grant_more(first);
        }
    }

    /// Grants the rest of the queue, unlocks, and wakes `first`. Builds a batch only if a second
    /// waiter is completed.
    #[inline(never)]
    fn grant_more(self, first: Waker) {
        let first = WakeOnDrop::new(first);
        // Dropped before `first` if the policy panics.
        let mut guard = self;
        match guard.complete_front() {
            None => drop(guard),
            Some(second) => guard.grant_in_batches(first.into_waker(), second),
        }
    }

    fn grant_in_batches(self, first: Waker, second: Waker) {
        let queue = self.queue;
        let rest = OnUnwind::new(|| queue.grant_queued());
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
        let completion = match checked::decide::<P>(self.value, front.request.get()) {
            Verdict::Wait => return None,
            Verdict::Grant(value) => {
                self.value = value;
                Completion::Granted(())
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

    #[inline]
    pub(super) fn front_waits(&mut self) -> bool {
        // SAFETY: *Pinned While Linked*: linked, and not used after this line.
        let request = self.front().map(|front| unsafe { front.as_ref() }.request.get());
        request.is_none_or(|request| checked::decide::<P>(self.value, request) == Verdict::Wait)
    }

    /// Unlinks a node. Returns its waker, and the node behind it or the front if it was the last.
    ///
    /// # Safety
    /// The node is linked in this queue.
    #[inline]
    unsafe fn unlink(&mut self, node: &Node<P, F>) -> (Waker, Front<P, F>) {
        // SAFETY: *Locked List*: locked; the rest is the caller's promise.
        let next = self.with_list(|list| unsafe { list.unlink(node) });
        self.queue.waiters.set(self.queue.waiters.get() - 1);
        // SAFETY: *Moved Once*: locked, and just unlinked.
        let waker = unsafe { node.take_waker() };
        (waker, next)
    }

    #[inline]
    fn unlock(self, is_queued: bool) {
        self.held.end();
        self.queue.word.unlock(self.value, is_queued);
        mem::forget(self);
    }

    /// Checks the ring, *Counted Ring* and *Nothing Grantable Waits*.
    #[cfg(debug_assertions)]
    pub(super) fn assert_valid(mut self) {
        // SAFETY: *Locked List*: locked.
        let linked = self.with_list(|list| unsafe { list.assert_valid() });
        let (front_waits, waiters) = (self.front_waits(), self.queue.waiters.get());
        drop(self);
        assert_eq!(linked, waiters, "the waiter count must equal the length of the ring");
        assert!(front_waits, "the front must not wait for a request that would be completed");
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
        self.held.end();
        self.queue.word.unlock(self.value, is_queued);
    }
}

/// Runs a closure while a panic unwinds. It is forgotten otherwise.
struct OnUnwind<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> OnUnwind<F> {
    #[inline]
    fn new(run: F) -> Self {
        Self(Some(run))
    }
}

impl<F: FnOnce()> Drop for OnUnwind<F> {
    fn drop(&mut self) {
        if let Some(run) = self.0.take() {
            guard_double_panic(run);
        }
    }
}
