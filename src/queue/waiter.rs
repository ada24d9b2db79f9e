//! The owner's side of a node: enqueue it, poll it, cancel it.

use core::{
    mem,
    pin::Pin,
    ptr::NonNull,
    task::{Context, Poll, Waker},
};

use super::{
    Arrival, Completion, FirstAttempt, Primitive, QueueGuard,
    checked::guard_destructor,
    handle::{FlavourOf, Handle, PolicyOf, QueueOf, RequestOf},
    list::{Node, complete},
    wake_batch::DeferredDrop,
};

/// The part of a future that waits. It completes once and returns its handle.
///
/// Dropping it leaves the queue, or releases what was granted.
pub(crate) struct Waiter<H: Handle<Target: Primitive>> {
    /// `None` once the wait is complete.
    handle: Option<H>,
    /// The queue of the handle. `Primitive::queue` is called once, because a second call may return
    /// another queue.
    queue: NonNull<QueueOf<H>>,
    node: Node<PolicyOf<H>, FlavourOf<H>>,
}

type GuardOf<'q, H> = QueueGuard<'q, PolicyOf<H>, FlavourOf<H>>;

/// A completed wait.
pub(crate) struct Completed<H: Handle<Target: Primitive>> {
    pub(crate) handle: H,
    pub(crate) request: RequestOf<H>,
    pub(crate) completion: Completion,
}

// SAFETY: *Locked List*: other threads access only atomics and fields protected by the lock. The
// other fields belong to the owner and move with it.
unsafe impl<H: Handle<Target: Primitive> + Send> Send for Waiter<H> where QueueOf<H>: Sync {}

// SAFETY: *Locked List*: `&Waiter` reads the request, the owner's `is_waiting` and the atomic
// status, of which other threads write only the status.
unsafe impl<H: Handle<Target: Primitive> + Sync> Sync for Waiter<H> where QueueOf<H>: Sync {}

impl<H: Handle<Target: Primitive>> Waiter<H> {
    #[inline]
    pub(crate) fn new(handle: H, request: RequestOf<H>) -> Self {
        let queue = NonNull::from(handle.queue());
        Self { handle: Some(handle), queue, node: Node::new(request) }
    }

    /// Creates a waiter that is already complete.
    #[inline]
    pub(crate) fn completed(handle: H, request: RequestOf<H>, completion: Completion) -> Self {
        let waiter = Self::new(handle, request);
        complete(&waiter.node.status, completion);
        waiter.node.is_waiting.set(true);
        waiter
    }

    #[inline]
    pub(crate) fn request(&self) -> RequestOf<H> {
        self.node.request.get()
    }

    /// Whether the waiter is in the queue.
    #[inline]
    pub(crate) fn is_queued(&self) -> bool {
        self.node.is_waiting.get() && self.completion().is_none()
    }

    /// # Panics
    /// If an earlier poll has returned `Ready`.
    // The uncontended path is inline: `acquire().await` compiles to one compare-exchange.
    #[inline(always)]
    pub(crate) fn poll(self: Pin<&mut Self>, context: &Context<'_>) -> Poll<Completed<H>> {
        // SAFETY: *Pinned While Linked*: nothing is moved out of the node.
        let waiter = unsafe { self.get_unchecked_mut() };
        let waker = context.waker();
        let (request, completion) = if waiter.node.is_waiting.get() {
            let Some(completion) = waiter.completion().or_else(|| waiter.poll_queued(waker)) else {
                return Poll::Pending;
            };
            (waiter.node.request.get(), completion)
        } else {
            waiter.assert_not_polled_to_completion();
            let request = waiter.node.request.get();
            match waiter.queue().try_grant(request) {
                Some(Completion::Granted(_)) => (request, Completion::Granted(())),
                Some(Completion::Refused) => (request, Completion::Refused),
                None => {
                    let Some(completion) = waiter.enqueue(waker.clone()) else {
                        return Poll::Pending;
                    };
                    (request, completion)
                }
            }
        };
        waiter.node.is_waiting.set(false);
        let handle = waiter.handle.take().expect("a waiter has its handle until it completes");
        Poll::Ready(Completed { handle, request, completion })
    }

    /// Enqueues the node with a no-op waker. Returns whether the wait is complete. A grant stays
    /// with the waiter.
    ///
    /// # Panics
    /// If `poll` has returned `Ready`.
    pub(crate) fn enable(self: Pin<&mut Self>) -> bool {
        let waiter = self.into_ref().get_ref();
        waiter.assert_not_polled_to_completion();
        let completion = if waiter.node.is_waiting.get() {
            waiter.completion().or_else(|| waiter.leave_if_refused())
        } else {
            waiter.enqueue(Waker::noop().clone())
        };
        completion.is_some()
    }

    #[inline(always)]
    fn assert_not_polled_to_completion(&self) {
        assert!(self.handle.is_some(), "future polled after completion");
    }

    /// The first poll, off the fast path.
    #[cold]
    fn enqueue(&self, waker: Waker) -> Option<Completion> {
        let waker = DeferredDrop::new(waker);
        let mut guard = match self.queue().acquire_or_lock(self.node.request.get()) {
            FirstAttempt::MustWait(guard) => guard,
            FirstAttempt::Complete(completion) => {
                // If dropping the waker panics, `drop` releases what was granted.
                self.node.is_waiting.set(true);
                complete(&self.node.status, completion);
                return Some(completion);
            }
        };
        let arrival = guard.arrival(self.node.request.get());
        if matches!(arrival, Arrival::Grant(_)) && !guard.front_waits() {
            return self.complete_waiters_and_enqueue(guard, waker);
        }
        self.node.is_waiting.set(true);
        // SAFETY: *Pinned While Linked*: the caller has pinned the node, which was not linked
        // before, and `drop` unlinks it.
        unsafe { guard.enqueue(&self.node, waker.into_waker(), arrival) }
    }

    /// Completes the waiters that the value lets proceed, then tries again.
    ///
    /// RACE: another thread may be between two batches, as in `QueueGuard::settle_and_release`.
    #[cold]
    fn complete_waiters_and_enqueue(
        &self,
        guard: GuardOf<'_, H>,
        waker: DeferredDrop,
    ) -> Option<Completion> {
        guard.grant_waiters();
        self.enqueue(waker.into_waker())
    }

    /// A later poll while the wait is pending.
    #[inline]
    fn poll_queued(&self, waker: &Waker) -> Option<Completion> {
        if let Some(completion) = self.leave_if_refused() {
            return Some(completion);
        }
        // SAFETY: *Locked List*: the caller owns the node and has enqueued it.
        if unsafe { self.node.will_wake(waker) } { None } else { self.replace_waker(waker.clone()) }
    }

    /// Leaves the queue if the policy refuses the request.
    ///
    /// RACE: the thread that changed the value may be between two batches. A thread that observed
    /// the change must find this wait complete, even if its node is still pending.
    #[inline(always)]
    fn leave_if_refused(&self) -> Option<Completion> {
        if self.queue().refuses(self.node.request.get()) { self.leave_refused() } else { None }
    }

    #[cold]
    fn leave_refused(&self) -> Option<Completion> {
        self.leave(self.lock_while_queued())
    }

    /// Leaves the queue, unless the wait completes first. Returns how the wait ended.
    #[inline(always)]
    fn leave(&self, guard: Option<GuardOf<'_, H>>) -> Option<Completion> {
        let Some(guard) = guard else {
            return self.completion();
        };
        // SAFETY: *Locked List*: locked, and the node is linked.
        unsafe { guard.cancel(&self.node) };
        Some(Completion::Refused)
    }

    #[cold]
    fn replace_waker(&self, waker: Waker) -> Option<Completion> {
        let Some(guard) = self.lock_while_queued() else {
            drop(DeferredDrop::new(waker));
            return self.completion();
        };
        // SAFETY: *Locked List*: locked, and the node is linked.
        let old = unsafe { guard.replace_waker(&self.node, waker) };
        drop(DeferredDrop::new(old));
        None
    }

    #[cold]
    fn cancel(&self) {
        // The node is about to be freed, so it must be unlinked.
        let abort = AbortOnUnwind;
        let guard = self.lock_while_queued();
        mem::forget(abort);
        guard_destructor::<PolicyOf<H>>(|| {
            if self.leave(guard) == Some(Completion::Granted(())) {
                self.queue().release(self.node.request.get());
            }
        });
    }

    /// Cancels the wait now instead of when it is dropped. Returns whether there was one.
    #[cfg(all(feature = "tracing", not(loom)))]
    pub(crate) fn cancel_now(&self) -> bool {
        let is_waiting = self.node.is_waiting.replace(false);
        if is_waiting {
            self.cancel();
        }
        is_waiting
    }

    /// The primitive, until the wait completes.
    #[cfg(all(feature = "tracing", not(loom)))]
    pub(crate) fn primitive(&self) -> &H::Target {
        self.handle.as_deref().expect("a waiter has its handle until it completes")
    }

    /// Locks the queue, unless the wait completes first.
    fn lock_while_queued(&self) -> Option<GuardOf<'_, H>> {
        if self.completion().is_some() {
            return None;
        }
        let guard = self.queue().lock_if_queued()?;
        self.completion().is_none().then_some(guard)
    }

    #[inline]
    fn completion(&self) -> Option<Completion> {
        self.queue().completion(&self.node)
    }

    #[inline]
    fn queue(&self) -> &QueueOf<H> {
        debug_assert!(self.handle.is_some());
        // SAFETY: *Stable Handle*: the waiter has its handle until it completes.
        unsafe { self.queue.as_ref() }
    }
}

/// Panics when dropped. During unwinding, this second panic aborts the process.
struct AbortOnUnwind;

impl Drop for AbortOnUnwind {
    fn drop(&mut self) {
        panic!("a policy must not drop a waiter of the wait queue that calls it");
    }
}

impl<H: Handle<Target: Primitive>> Drop for Waiter<H> {
    #[inline]
    fn drop(&mut self) {
        if self.node.is_waiting.get() {
            self.cancel();
        }
    }
}
