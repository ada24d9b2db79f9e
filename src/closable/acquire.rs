//! The future that waits for permits, or to be refused.

use core::{
    fmt,
    future::Future,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{ClosablePermit, ClosableSemaphore, Request};
use crate::{closed::Closed, wait_queue::Waiter};

pin_project! {
    /// Waits for the permits of a [`ClosableSemaphore`]: the future of
    /// [`acquire`](ClosableSemaphore::acquire) and [`acquire_many`](ClosableSemaphore::acquire_many).
    ///
    /// It is to [`Acquire`](super::super::Acquire) as the [`ClosableSemaphore`] is to the
    /// [`Semaphore`](super::super::Semaphore): it never allocates, and the first poll decides its place
    /// in the queue.
    ///
    /// # Errors
    ///
    /// [`Closed`], when the semaphore is closed before its permits were granted.
    ///
    /// # Cancel safety
    ///
    /// Dropping it gives up its place, in O(1). If its permits were granted already they go back.
    ///
    /// # Panics
    ///
    /// When it is polled again after it was ready.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("{ClosableAcquire, ClosableSemaphore}")]
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let semaphore = ClosableSemaphore::new(1);
    /// let acquire: ClosableAcquire<'_> = semaphore.acquire();
    /// assert!(acquire.await.is_ok());
    /// # });
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ClosableAcquire<'a> {
        #[pin]
        waiter: Waiter<&'a ClosableSemaphore>,
    }
}

impl<'a> ClosableAcquire<'a> {
    #[inline]
    pub(super) fn new(semaphore: &'a ClosableSemaphore, permits: usize) -> Self {
        Self { waiter: Waiter::new(semaphore, Request::Permits(permits)) }
    }

    /// How many permits it waits for.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("ClosableSemaphore")]
    ///
    /// assert_eq!(ClosableSemaphore::new(5).acquire_many(3).num_permits(), 3);
    /// ```
    #[must_use]
    pub fn num_permits(&self) -> usize {
        self.waiter.request().permits()
    }

    /// Whether it is in the queue: it was polled, and is neither granted nor refused yet.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("ClosableSemaphore")]
    ///
    /// assert!(!ClosableSemaphore::new(0).acquire().is_queued(), "it was never polled");
    /// ```
    #[must_use]
    pub fn is_queued(&self) -> bool {
        self.waiter.is_queued()
    }
}

impl<'a> Future for ClosableAcquire<'a> {
    type Output = Result<ClosablePermit<'a>, Closed>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let permits = self.num_permits();
        let mut waiter = self.project().waiter;
        let outcome = ready!(waiter.as_mut().poll(context));
        waiter.ready(outcome.and_then(|semaphore| {
            semaphore.check(permits)?;
            Ok(ClosablePermit::new(semaphore, permits))
        }))
    }
}

// A panic never leaves the queue half changed: a waiter is queued, granted, refused or gone.
impl UnwindSafe for ClosableAcquire<'_> {}
impl RefUnwindSafe for ClosableAcquire<'_> {}

impl fmt::Debug for ClosableAcquire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClosableAcquire")
            .field("num_permits", &self.num_permits())
            .field("is_queued", &self.is_queued())
            .finish_non_exhaustive()
    }
}
