//! The owner's side of a node: queue it, look whether it was granted, take it back.

use core::{
    ops::Deref,
    pin::Pin,
    ptr::NonNull,
    task::{Context, Poll, Waker},
};

use super::{
    Locked, Policy, WaitQueue,
    list::{Node, Outcome, settle},
    wake_batch::Discarded,
};
use crate::trace::Op;

/// A primitive that stands on a wait queue.
pub(crate) trait Primitive {
    type Policy: Policy;

    fn queue(&self) -> &WaitQueue<Self::Policy>;

    /// What a subscriber is told of somebody who is about to wait for this.
    #[inline]
    fn op(&self, _: <Self::Policy as Policy>::Request) -> Op {
        Op::untold()
    }

    /// Somebody was queued, or is gone: this is where a subscriber is told, for nothing is locked.
    #[inline]
    fn changed(&self) {}
}

/// What keeps a primitive where it is while somebody waits.
///
/// # Safety
/// The primitive neither moves nor dies while the handle lives, even if the handle itself is moved.
pub(crate) unsafe trait Handle: Deref<Target: Primitive> {}

// SAFETY: rule 9: what is borrowed neither moves nor dies.
unsafe impl<T: Primitive> Handle for &T {}

// SAFETY: rule 9: what is counted lives as long as one count, at the same place.
#[cfg(feature = "alloc")]
unsafe impl<T: Primitive> Handle for alloc::sync::Arc<T> {}

// SAFETY: rule 9: as above.
#[cfg(feature = "alloc")]
unsafe impl<T: Primitive> Handle for alloc::rc::Rc<T> {}

type PolicyOf<H> = <<H as Deref>::Target as Primitive>::Policy;
type RequestOf<H> = <PolicyOf<H> as Policy>::Request;
type RefusalOf<H> = <PolicyOf<H> as Policy>::Refusal;

/// The part of a future that waits. Ready once, with its handle back if the request was granted.
///
/// Dropping it gives up its place, or gives back what was granted.
pub(crate) struct Waiter<H: Handle> {
    /// Gone when the waiter is finished.
    handle: Option<H>,
    /// Where the handle's queue is; asked for once, so that no other answer can come later.
    queue: NonNull<WaitQueue<PolicyOf<H>>>,
    node: Node<PolicyOf<H>>,
    op: Op,
}

// SAFETY: rule 5: what others share of it is touched under the lock or atomic; the rest moves with it.
unsafe impl<H: Handle + Send> Send for Waiter<H> where WaitQueue<PolicyOf<H>>: Sync {}

// SAFETY: rule 5: through `&Waiter` one reads the request, the owner's note and an atomic, of which
// others write the last only.
unsafe impl<H: Handle + Sync> Sync for Waiter<H> where WaitQueue<PolicyOf<H>>: Sync {}

/// Both need that of the rest.
const _: fn() = || {
    fn is_for_all_threads<T: Send + Sync>() {}
    is_for_all_threads::<Op>();
};

impl<H: Handle> Waiter<H> {
    #[inline]
    pub(crate) fn new(handle: H, request: RequestOf<H>) -> Self {
        let queue = NonNull::from(handle.queue());
        let op = handle.op(request);
        Self { handle: Some(handle), queue, node: Node::new(request), op }
    }

    #[inline]
    pub(crate) fn request(&self) -> RequestOf<H> {
        self.node.request
    }

    /// Whether it was polled, and waits for its turn.
    #[inline]
    pub(crate) fn is_queued(&self) -> bool {
        self.node.is_waiting.get() && !self.node.is_settled()
    }

    /// # Panics
    /// After it was ready.
    // All of the uncontended path is inline: an `acquire().await` comes down to one compare-exchange.
    #[inline(always)]
    pub(crate) fn poll(
        self: Pin<&mut Self>,
        context: &Context<'_>,
    ) -> Poll<Result<H, RefusalOf<H>>> {
        // SAFETY: rule 5: nothing is moved out of the node.
        let waiter = unsafe { self.get_unchecked_mut() };
        let waker = context.waker();
        let settled = if waiter.node.is_waiting.get() {
            waiter.node.is_settled() || waiter.poll_queued(waker)
        } else {
            assert!(waiter.handle.is_some(), "polled after it was ready");
            waiter.queue().try_take(waiter.node.request) || waiter.settle_or_queue(waker.clone())
        };
        if !settled {
            waiter.op.pending();
            return Poll::Pending;
        }
        waiter.node.is_waiting.set(false);
        let handle = waiter.handle.take().expect("a waiter keeps its handle until it is ready");
        Poll::Ready(match PolicyOf::<H>::REFUSAL {
            Some(refusal) if waiter.node.is_refused() => Err(refusal),
            _ => Ok(handle),
        })
    }

    /// Ready with what the waiter's owner made of the handle: of that a subscriber is told only when there
    /// is a guard that gives back what was granted if it panics.
    #[inline(always)]
    pub(crate) fn ready<R>(self: Pin<&mut Self>, outcome: R) -> Poll<R> {
        // SAFETY: rule 5: nothing is moved out of the node.
        unsafe { self.get_unchecked_mut() }.op.ready();
        Poll::Ready(outcome)
    }

    /// The first poll when the fast path did not serve: true if it is settled after all.
    #[cold]
    fn settle_or_queue(&self, waker: Waker) -> bool {
        let request = self.node.request;
        let lock = self.queue().take_or_lock(request);
        // From here on a panic gives back what was taken, for `drop` finds a node that waits.
        self.node.is_waiting.set(true);
        let outcome = match lock {
            None => Outcome::Granted,
            Some(locked) if PolicyOf::<H>::is_refused(locked.value, request) => Outcome::Refused,
            Some(mut locked) => {
                // SAFETY: rule 5: pinned, for this is called by `poll`; new to the list, and `drop`
                // unlinks it.
                unsafe { locked.push_back(&self.node, waker) };
                drop(locked);
                self.changed();
                return false;
            }
        };
        settle(&self.node.status, outcome);
        drop(Discarded::new(waker));
        true
    }

    /// A later poll: true if the request was settled meanwhile, else the task to wake is this one.
    #[inline]
    fn poll_queued(&self, waker: &Waker) -> bool {
        // SAFETY: rule 5: the caller owns the node and has queued it.
        if unsafe { self.node.will_wake(waker) } { false } else { self.change_waker(waker) }
    }

    #[cold]
    fn change_waker(&self, waker: &Waker) -> bool {
        let waker = waker.clone();
        let Some(locked) = self.lock_while_linked() else {
            drop(Discarded::new(waker));
            return true;
        };
        // SAFETY: rule 5: locked, and linked.
        let old = unsafe { self.node.replace_waker(waker) };
        drop(locked);
        drop(Discarded::new(old));
        false
    }

    #[cold]
    fn cancel(&self) {
        let Some(mut locked) = self.lock_while_linked() else {
            if PolicyOf::<H>::REFUSAL.is_none() || !self.node.is_refused() {
                self.queue().give_back(self.node.request);
            }
            return;
        };
        // SAFETY: rule 5: locked, and linked.
        let (waker, _) = unsafe { locked.unlink(&self.node) };
        let _waker = Discarded::new(waker);
        locked.serve();
    }

    /// The lock, unless the queued node is settled before it can be had.
    fn lock_while_linked(&self) -> Option<Locked<'_, PolicyOf<H>>> {
        if self.node.is_settled() {
            return None;
        }
        let locked = self.queue().lock_if_queued()?;
        (!self.node.is_settled()).then_some(locked)
    }

    #[inline]
    fn changed(&self) {
        if let Some(handle) = &self.handle {
            handle.changed();
        }
    }

    #[inline]
    fn queue(&self) -> &WaitQueue<PolicyOf<H>> {
        debug_assert!(self.handle.is_some());
        // SAFETY: rule 9: the handle is there until the waiter is finished.
        unsafe { self.queue.as_ref() }
    }
}

impl<H: Handle> Drop for Waiter<H> {
    #[inline]
    fn drop(&mut self) {
        if self.node.is_waiting.get() {
            self.cancel();
            self.changed();
        }
    }
}
