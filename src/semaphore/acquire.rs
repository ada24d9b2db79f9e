//! The future that waits for permits.

use core::{
    fmt,
    future::Future,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{Semaphore, SemaphorePermit};
use crate::wait_queue::Waiter;

pin_project! {
    /// Waits for the permits of a [`Semaphore`]: the future of [`acquire`] and [`acquire_many`].
    ///
    /// It has a name, so it can be stored in a struct and polled without boxing. It holds its own
    /// place in the queue, so it never allocates, and must be pinned before it is polled.
    ///
    /// # Fairness
    ///
    /// The first poll decides its place in the queue, not the call that made it.
    ///
    /// # Cancel safety
    ///
    /// Dropping it gives up its place, in O(1). If its permits were granted already they go back to
    /// the semaphore, and on to the next in the queue. Nothing is lost either way.
    ///
    /// Leaking it ([`core::mem::forget`] of a `Pin<Box<Acquire>>`) is sound and costs its place in
    /// the queue: once it is at the front, its permits are granted to it and never come back.
    ///
    /// # Panics
    ///
    /// When it is polled again after it was ready.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("{Acquire, Semaphore}")]
    ///
    /// struct Open<'s> {
    ///     turn: Acquire<'s>,
    /// }
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let files = Semaphore::new(64);
    /// let open = Open { turn: files.acquire() };
    /// let permit = open.turn.await;
    /// assert_eq!(files.in_use(), 1);
    /// # });
    /// ```
    ///
    /// Once it was polled it cannot be moved, for the queue points to it:
    ///
    /// ```compile_fail,E0277
    /// use std::{pin::Pin, task::{Context, Waker}};
    ///
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(0);
    /// let mut acquire = semaphore.acquire();
    /// let _ = Pin::new(&mut acquire).poll(&mut Context::from_waker(Waker::noop()));
    /// let moved = acquire;
    /// ```
    ///
    /// [`acquire`]: Semaphore::acquire
    /// [`acquire_many`]: Semaphore::acquire_many
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Acquire<'a> {
        #[pin]
        waiter: Waiter<&'a Semaphore>,
    }
}

impl<'a> Acquire<'a> {
    #[inline]
    pub(super) fn new(semaphore: &'a Semaphore, permits: usize) -> Self {
        Self { waiter: Waiter::new(semaphore, permits) }
    }

    /// How many permits it waits for.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("Semaphore")]
    ///
    /// assert_eq!(Semaphore::new(5).acquire_many(3).num_permits(), 3);
    /// ```
    #[must_use]
    pub fn num_permits(&self) -> usize {
        self.waiter.request()
    }

    /// Whether it is in the queue: it was polled, and is not granted yet. It takes no lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{pin::pin, task::{Context, Waker}};
    ///
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(0);
    /// let mut acquire = pin!(semaphore.acquire());
    /// assert!(!acquire.is_queued());
    /// let _ = acquire.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    /// assert!(acquire.is_queued());
    /// semaphore.add_permits(1);
    /// assert!(!acquire.is_queued());
    /// ```
    #[must_use]
    pub fn is_queued(&self) -> bool {
        self.waiter.is_queued()
    }
}

impl<'a> Future for Acquire<'a> {
    type Output = SemaphorePermit<'a>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let permits = self.waiter.request();
        let mut waiter = self.project().waiter;
        let Ok(semaphore) = ready!(waiter.as_mut().poll(context));
        waiter.ready(SemaphorePermit::new(semaphore, permits))
    }
}

// A panic never leaves the queue half changed: a waiter is queued, granted or gone.
impl UnwindSafe for Acquire<'_> {}
impl RefUnwindSafe for Acquire<'_> {}

impl fmt::Debug for Acquire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire")
            .field("num_permits", &self.num_permits())
            .field("is_queued", &self.is_queued())
            .finish_non_exhaustive()
    }
}
