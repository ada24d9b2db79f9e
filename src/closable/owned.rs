//! What owns its part of the semaphore: a future and a guard that hold a counted pointer to it.

use core::{
    fmt,
    future::Future,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{ClosableSemaphore, Request};
use crate::{
    closed::{Closed, TryAcquireError},
    permits::Held,
    wait_queue::Waiter,
};

/// Permits that own their part of the semaphore. Needs the feature `alloc`.
///
/// These take the counted pointer by value, as those of the [`Semaphore`](super::super::Semaphore) do.
impl ClosableSemaphore {
    /// Waits for a permit that owns its part of the semaphore.
    ///
    /// # Fairness
    ///
    /// As [`Semaphore::acquire_owned`](super::super::Semaphore::acquire_owned).
    ///
    /// # Errors
    ///
    /// [`Closed`], when it is closed before the permit is granted.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped at any time.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("ClosableSemaphore")]
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    #[doc = counted!("let semaphore = ", "::new(ClosableSemaphore::new(64));")]
    /// let permit = semaphore.clone().acquire_owned().await.unwrap();
    /// let task = compio::runtime::spawn(async move { drop(permit) });
    /// semaphore.drain().await;
    /// # task.await.unwrap();
    /// # });
    /// ```
    #[inline]
    pub fn acquire_owned(self: counted!(Self)) -> ClosableAcquireOwned {
        ClosableAcquireOwned::new(self, 1)
    }

    /// Waits for many permits, to get them all at once in a guard that owns its part of the semaphore.
    ///
    /// # Fairness
    ///
    /// As [`Semaphore::acquire_many_owned`](super::super::Semaphore::acquire_many_owned).
    ///
    /// # Errors
    ///
    /// [`Closed`], when it is closed before the permits are granted.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped at any time.
    ///
    /// # Panics
    ///
    /// If `permits` is above [`MAX_PERMITS`](Self::MAX_PERMITS), to which no limit can rise.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("ClosableSemaphore")]
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    #[doc = counted!("let semaphore = ", "::new(ClosableSemaphore::new(5));")]
    /// assert_eq!(semaphore.acquire_many_owned(3).await.unwrap().num_permits(), 3);
    /// # });
    /// ```
    #[inline]
    #[track_caller]
    pub fn acquire_many_owned(self: counted!(Self), permits: usize) -> ClosableAcquireOwned {
        Self::assert_can_be_granted(permits);
        ClosableAcquireOwned::new(self, permits)
    }

    /// Takes a permit that owns its part of the semaphore, if one is free and nobody is queued.
    ///
    #[doc = counted!("The `", "` is gone either way.")]
    ///
    /// # Fairness
    ///
    /// As [`Semaphore::try_acquire_owned`](super::super::Semaphore::try_acquire_owned).
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::Closed`], if it is closed, else [`TryAcquireError::NoPermits`].
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("ClosableSemaphore")]
    ///
    #[doc = counted!("let semaphore = ", "::new(ClosableSemaphore::new(1));")]
    /// let permit = semaphore.clone().try_acquire_owned();
    /// assert!(permit.is_ok());
    /// assert!(semaphore.try_acquire_owned().is_err());
    /// ```
    #[inline]
    pub fn try_acquire_owned(self: counted!(Self)) -> Result<OwnedClosablePermit, TryAcquireError> {
        self.try_acquire_many_owned(1)
    }

    /// Takes many permits at once in a guard that owns its part of the semaphore, if they are free and
    /// nobody is queued.
    ///
    #[doc = counted!("The `", "` is gone either way.")]
    ///
    /// # Fairness
    ///
    /// As [`Semaphore::try_acquire_many_owned`](super::super::Semaphore::try_acquire_many_owned).
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::Closed`], if it is closed, else [`TryAcquireError::NoPermits`].
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("ClosableSemaphore")]
    ///
    #[doc = counted!("let semaphore = ", "::new(ClosableSemaphore::new(5));")]
    /// assert_eq!(semaphore.try_acquire_many_owned(3).unwrap().num_permits(), 3);
    /// ```
    #[inline]
    pub fn try_acquire_many_owned(
        self: counted!(Self),
        permits: usize,
    ) -> Result<OwnedClosablePermit, TryAcquireError> {
        self.try_take(permits)?;
        Ok(OwnedClosablePermit::new(self, permits))
    }
}

pin_project! {
    /// Waits for permits that own their part of the semaphore: the future of
    /// [`acquire_owned`](ClosableSemaphore::acquire_owned) and
    /// [`acquire_many_owned`](ClosableSemaphore::acquire_many_owned).
    ///
    /// In all else it is a [`ClosableAcquire`](super::ClosableAcquire), in the same queue.
    ///
    /// # Errors
    ///
    /// [`Closed`], when the semaphore is closed before its permits were granted.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped at any time.
    ///
    /// # Panics
    ///
    /// When it is polled again after it was ready.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("{ClosableAcquireOwned, ClosableSemaphore}")]
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    #[doc = counted!("let semaphore = ", "::new(ClosableSemaphore::new(1));")]
    /// let acquire: ClosableAcquireOwned = semaphore.acquire_owned();
    /// assert!(acquire.await.is_ok());
    /// # });
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ClosableAcquireOwned {
        #[pin]
        waiter: Waiter<counted!(ClosableSemaphore)>,
    }
}

impl ClosableAcquireOwned {
    #[inline]
    fn new(semaphore: counted!(ClosableSemaphore), permits: usize) -> Self {
        Self { waiter: Waiter::new(semaphore, Request::Permits(permits)) }
    }

    /// How many permits it waits for.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("ClosableSemaphore")]
    ///
    #[doc = counted!("let semaphore = ", "::new(ClosableSemaphore::new(5));")]
    /// assert_eq!(semaphore.acquire_many_owned(3).num_permits(), 3);
    /// ```
    #[must_use]
    pub fn num_permits(&self) -> usize {
        self.waiter.request().permits()
    }

    /// Whether it is in the queue, as [`ClosableAcquire::is_queued`](super::ClosableAcquire::is_queued).
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("ClosableSemaphore")]
    ///
    #[doc = counted!("let semaphore = ", "::new(ClosableSemaphore::new(0));")]
    /// assert!(!semaphore.acquire_owned().is_queued(), "it was never polled");
    /// ```
    #[must_use]
    pub fn is_queued(&self) -> bool {
        self.waiter.is_queued()
    }
}

impl Future for ClosableAcquireOwned {
    type Output = Result<OwnedClosablePermit, Closed>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let permits = self.num_permits();
        let mut waiter = self.project().waiter;
        let outcome = ready!(waiter.as_mut().poll(context));
        waiter.ready(outcome.and_then(|semaphore| {
            semaphore.check(permits)?;
            Ok(OwnedClosablePermit::new(semaphore, permits))
        }))
    }
}

// As for `ClosableAcquire`: a waiter is queued, granted, refused or gone.
impl UnwindSafe for ClosableAcquireOwned {}
impl RefUnwindSafe for ClosableAcquireOwned {}

impl fmt::Debug for ClosableAcquireOwned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClosableAcquireOwned")
            .field("num_permits", &self.num_permits())
            .field("is_queued", &self.is_queued())
            .finish_non_exhaustive()
    }
}

/// Permits that keep their [`ClosableSemaphore`] alive, given back when it is dropped.
///
/// In all else it is a [`ClosablePermit`](super::ClosablePermit).
///
/// # Examples
///
/// ```
#[doc = import!(counted)]
///
#[doc = import!("{ClosableSemaphore, OwnedClosablePermit}")]
///
#[doc = counted!("let semaphore = ", "::new(ClosableSemaphore::new(8));")]
/// let permit: OwnedClosablePermit = semaphore.clone().try_acquire_owned().unwrap();
/// semaphore.close();
/// drop(permit);
/// assert_eq!(semaphore.in_use(), 0);
/// ```
#[must_use = "permits are given back as soon as their guard is dropped"]
pub struct OwnedClosablePermit(Held<counted!(ClosableSemaphore)>);

impl OwnedClosablePermit {
    /// For permits that were taken from the semaphore.
    #[inline]
    fn new(semaphore: counted!(ClosableSemaphore), permits: usize) -> Self {
        Self(Held::new(semaphore, permits))
    }

    /// How many permits it holds.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("ClosableSemaphore")]
    ///
    #[doc = counted!("let semaphore = ", "::new(ClosableSemaphore::new(5));")]
    /// assert_eq!(semaphore.try_acquire_many_owned(3).unwrap().num_permits(), 3);
    /// ```
    #[inline]
    #[must_use]
    pub fn num_permits(&self) -> usize {
        self.0.permits
    }

    /// The semaphore that it gives its permits back to.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("ClosableSemaphore")]
    ///
    #[doc = counted!("let semaphore = ", "::new(ClosableSemaphore::new(5));")]
    /// let permit = semaphore.try_acquire_owned().unwrap();
    /// assert_eq!(permit.semaphore().in_use(), 1);
    /// ```
    #[inline]
    #[must_use]
    pub fn semaphore(&self) -> &counted!(ClosableSemaphore) {
        &self.0.semaphore
    }

    /// Takes the permits out of circulation, as [`ClosablePermit::forget`](super::ClosablePermit::forget)
    /// does.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("ClosableSemaphore")]
    ///
    #[doc = counted!("let semaphore = ", "::new(ClosableSemaphore::new(5));")]
    /// semaphore.clone().try_acquire_many_owned(2).unwrap().forget();
    /// assert_eq!(semaphore.max_permits(), 3);
    /// ```
    pub fn forget(self) {
        self.0.forget();
    }

    /// Takes the permits of `other` over, as [`ClosablePermit::merge`](super::ClosablePermit::merge) does.
    ///
    /// # Panics
    ///
    /// If `other` is of another semaphore. Then nothing is lost: `self` keeps its permits, and
    /// those of `other` are given back.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("ClosableSemaphore")]
    ///
    #[doc = counted!("let semaphore = ", "::new(ClosableSemaphore::new(5));")]
    /// let mut permits = semaphore.clone().try_acquire_many_owned(2).unwrap();
    /// permits.merge(semaphore.try_acquire_owned().unwrap());
    /// assert_eq!(permits.num_permits(), 3);
    /// ```
    #[track_caller]
    pub fn merge(&mut self, other: Self) {
        self.0.merge(other.0);
    }

    /// Splits `permits` off into a guard of their own, which counts as another owner of the semaphore;
    /// `None` if it holds fewer.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("ClosableSemaphore")]
    ///
    #[doc = counted!("let semaphore = ", "::new(ClosableSemaphore::new(5));")]
    /// let mut permits = semaphore.try_acquire_many_owned(5).unwrap();
    /// let two = permits.split(2).unwrap();
    /// assert_eq!((permits.num_permits(), two.num_permits()), (3, 2));
    /// ```
    #[must_use = "permits are given back as soon as their guard is dropped"]
    pub fn split(&mut self, permits: usize) -> Option<Self> {
        self.0.split(permits).map(Self)
    }
}

impl fmt::Debug for OwnedClosablePermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt("OwnedClosablePermit", f)
    }
}
