//! The future that waits at a barrier.

use core::{
    fmt,
    future::Future,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::Barrier;
#[cfg(feature = "std")]
use crate::{blocking::blocking_methods, flavour::Shared};
use crate::{
    flavour::Flavour,
    queue::{Completed, Completion, Handle, Primitive},
    trace::Waiter,
};

pin_project! {
    /// The future of [`wait`](Barrier::wait). Its output is a [`BarrierWaitResult`].
    ///
    /// `B` is a reference to the barrier. The future contains its place in the queue, so it never
    /// allocates, and it must be pinned before it is polled.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future removes it from the queue in O(1). If its generation is not complete,
    /// the task counts as not having arrived.
    ///
    /// # Panics
    ///
    /// If it is polled after completion.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::{Barrier, BarrierWait};
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let barrier = Barrier::new(1);
    /// let wait: BarrierWait<'_> = barrier.wait();
    /// assert!(wait.await.is_leader());
    /// # });
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct BarrierWait<B: Handle<Target: Primitive>> {
        #[pin]
        waiter: Waiter<B>,
    }
}

impl<B, F: Flavour> BarrierWait<B>
where
    B: Handle<Target = Barrier<F>>,
{
    #[inline]
    pub(super) fn new(barrier: B) -> Self {
        let request = barrier.request();
        Self { waiter: Waiter::new(barrier, request) }
    }
}

#[cfg(feature = "std")]
impl<B> BarrierWait<B>
where
    B: Handle<Target = Barrier<Shared>>,
{
    blocking_methods!();
}

impl<B, F: Flavour> Future for BarrierWait<B>
where
    B: Handle<Target = Barrier<F>>,
{
    type Output = BarrierWaitResult;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<BarrierWaitResult> {
        let result = |Completed { completion, .. }| BarrierWaitResult {
            is_leader: completion == Completion::Granted(()),
        };
        self.project().waiter.poll(cx).map(result)
    }
}

/// The output of a wait at a [`Barrier`].
///
/// # Examples
///
/// ```
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let result = compio_sync::Barrier::new(1).wait().await;
/// assert!(result.is_leader());
/// # });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarrierWaitResult {
    is_leader: bool,
}

impl BarrierWaitResult {
    /// Returns whether this task is the leader, which is the last task to arrive.
    ///
    /// Each generation has one leader. If a waker panics in the leader's poll, the next poll of the
    /// same future returns the result.
    ///
    /// # Examples
    ///
    /// See [`Barrier`].
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.is_leader
    }
}

// After a panic, each wait is still in a valid state: queued, complete or cancelled.
impl<B: Handle<Target: Primitive>> UnwindSafe for BarrierWait<B> {}
impl<B: Handle<Target: Primitive>> RefUnwindSafe for BarrierWait<B> {}

impl<B: Handle<Target: Primitive>> fmt::Debug for BarrierWait<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWait").field("is_queued", &self.waiter.is_queued()).finish()
    }
}
