//! What owns its part of the semaphore: a future and a guard that hold a counted pointer to it, which is
//! an `Arc` or an `Rc`.

use core::{
    fmt,
    future::Future,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::Semaphore;
use crate::{permits::Held, wait_queue::Waiter};

/// Permits that own their part of the semaphore. Needs the feature `alloc`.
///
/// These take the counted pointer by value, as tokio's do: the future and its guard need one of their
/// own, and who has no further use for theirs gives it away without touching its count. Who has clones
/// it: `semaphore.clone().acquire_owned()`. Nothing else is allocated or counted: the future hands its
/// pointer to the guard.
impl Semaphore {
    /// Waits for a permit that owns its part of the semaphore.
    ///
    /// # Fairness
    ///
    /// As [`acquire`](Self::acquire), and in the same queue.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped at any time, see [`Acquire`](super::Acquire).
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("Semaphore")]
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    #[doc = counted!("let semaphore = ", "::new(Semaphore::new(64));")]
    /// let mut tasks = Vec::new();
    /// for _ in 0..100 {
    ///     // Spawns no more tasks than there are permits.
    ///     let permit = semaphore.clone().acquire_owned().await;
    ///     tasks.push(compio::runtime::spawn(async move {
    ///         // Use what is limited; then:
    ///         drop(permit);
    ///     }));
    /// }
    /// for task in tasks {
    ///     task.await.unwrap();
    /// }
    /// assert_eq!(semaphore.available_permits(), 64);
    /// # });
    /// ```
    #[inline]
    pub fn acquire_owned(self: counted!(Self)) -> AcquireOwned {
        AcquireOwned::new(self, 1)
    }

    /// Waits for many permits, to get them all at once in a guard that owns its part of the semaphore.
    ///
    /// None at all is ready at once and holds nothing. A request for more than
    /// [`max_permits`](Self::max_permits) waits, and all others behind it, for the limit may rise.
    ///
    /// # Fairness
    ///
    /// As [`acquire_many`](Self::acquire_many), and in the same queue.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped at any time, see [`Acquire`](super::Acquire).
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
    #[doc = import!("Semaphore")]
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    #[doc = counted!("let bytes = ", "::new(Semaphore::new(64 * 1024));")]
    /// let buffer = bytes.clone().acquire_many_owned(4096).await;
    /// assert_eq!(bytes.available_permits(), 60 * 1024);
    /// # });
    /// ```
    #[inline]
    #[track_caller]
    pub fn acquire_many_owned(self: counted!(Self), permits: usize) -> AcquireOwned {
        Self::assert_can_be_granted(permits);
        AcquireOwned::new(self, permits)
    }

    /// Takes a permit that owns its part of the semaphore, if one is free and nobody is queued.
    ///
    #[doc = counted!("The `", "` is gone either way.")]
    ///
    /// # Fairness
    ///
    /// As [`try_acquire`](Self::try_acquire), it never passes anybody who is queued.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("Semaphore")]
    ///
    #[doc = counted!("let semaphore = ", "::new(Semaphore::new(1));")]
    /// let permit = semaphore.clone().try_acquire_owned();
    /// assert!(permit.is_some());
    /// assert!(semaphore.try_acquire_owned().is_none());
    /// ```
    #[inline]
    #[must_use = "permits are given back as soon as their guard is dropped"]
    pub fn try_acquire_owned(self: counted!(Self)) -> Option<OwnedSemaphorePermit> {
        self.try_acquire_many_owned(1)
    }

    /// Takes many permits at once in a guard that owns its part of the semaphore, if they are free and
    /// nobody is queued.
    ///
    #[doc = counted!("The `", "` is gone either way.")]
    ///
    /// # Fairness
    ///
    /// As [`try_acquire`](Self::try_acquire), it never passes anybody who is queued.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("Semaphore")]
    ///
    #[doc = counted!("let semaphore = ", "::new(Semaphore::new(5));")]
    /// let three = semaphore.clone().try_acquire_many_owned(3);
    /// assert!(three.is_some());
    /// assert!(semaphore.try_acquire_many_owned(3).is_none());
    /// ```
    #[inline]
    #[must_use = "permits are given back as soon as their guard is dropped"]
    pub fn try_acquire_many_owned(
        self: counted!(Self),
        permits: usize,
    ) -> Option<OwnedSemaphorePermit> {
        self.permits.try_take(permits).then(|| OwnedSemaphorePermit::new(self, permits))
    }
}

pin_project! {
    /// Waits for permits that own their part of the semaphore: the future of
    /// [`acquire_owned`](Semaphore::acquire_owned) and
    /// [`acquire_many_owned`](Semaphore::acquire_many_owned).
    ///
    /// It is `'static`, so it can be moved into another task before it is polled. In all else it is an
    /// [`Acquire`](super::Acquire), in the same queue.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped at any time, see [`Acquire`](super::Acquire).
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
    #[doc = import!("{AcquireOwned, Semaphore}")]
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    #[doc = counted!("let acquire: AcquireOwned = ", "::new(Semaphore::new(1)).acquire_owned();")]
    /// let permit = compio::runtime::spawn(acquire).await.unwrap();
    /// assert_eq!(permit.semaphore().in_use(), 1);
    /// # });
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct AcquireOwned {
        #[pin]
        waiter: Waiter<counted!(Semaphore)>,
    }
}

impl AcquireOwned {
    #[inline]
    fn new(semaphore: counted!(Semaphore), permits: usize) -> Self {
        Self { waiter: Waiter::new(semaphore, permits) }
    }

    /// How many permits it waits for.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("Semaphore")]
    ///
    #[doc = counted!("let semaphore = ", "::new(Semaphore::new(5));")]
    /// assert_eq!(semaphore.acquire_many_owned(3).num_permits(), 3);
    /// ```
    #[must_use]
    pub fn num_permits(&self) -> usize {
        self.waiter.request()
    }

    /// Whether it is in the queue, as [`Acquire::is_queued`](super::Acquire::is_queued).
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("Semaphore")]
    ///
    #[doc = counted!("assert!(!", "::new(Semaphore::new(0)).acquire_owned().is_queued(), \"it was never polled\");")]
    /// ```
    #[must_use]
    pub fn is_queued(&self) -> bool {
        self.waiter.is_queued()
    }
}

impl Future for AcquireOwned {
    type Output = OwnedSemaphorePermit;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let permits = self.waiter.request();
        let mut waiter = self.project().waiter;
        let Ok(semaphore) = ready!(waiter.as_mut().poll(context));
        waiter.ready(OwnedSemaphorePermit::new(semaphore, permits))
    }
}

// As for `Acquire`: a waiter is queued, granted or gone.
impl UnwindSafe for AcquireOwned {}
impl RefUnwindSafe for AcquireOwned {}

impl fmt::Debug for AcquireOwned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcquireOwned")
            .field("num_permits", &self.num_permits())
            .field("is_queued", &self.is_queued())
            .finish_non_exhaustive()
    }
}

/// Permits that keep their [`Semaphore`] alive, given back when it is dropped.
///
/// It is `'static`, so it can be moved into a spawned task, or into whatever it limits. Otherwise it is a [`SemaphorePermit`](super::SemaphorePermit).
///
/// # Examples
///
/// ```
#[doc = import!(counted)]
///
#[doc = import!("{OwnedSemaphorePermit, Semaphore}")]
///
/// struct Connection {
///     _permit: OwnedSemaphorePermit,
/// }
///
#[doc = counted!("let semaphore = ", "::new(Semaphore::new(8));")]
/// let permit = semaphore.clone().try_acquire_owned().unwrap();
/// let connection = Connection { _permit: permit };
/// assert_eq!(semaphore.in_use(), 1);
/// drop(connection);
/// assert_eq!(semaphore.in_use(), 0);
/// ```
#[must_use = "permits are given back as soon as their guard is dropped"]
pub struct OwnedSemaphorePermit(Held<counted!(Semaphore)>);

impl OwnedSemaphorePermit {
    /// For permits that were taken from the semaphore.
    #[inline]
    pub(super) fn new(semaphore: counted!(Semaphore), permits: usize) -> Self {
        Self(Held::new(semaphore, permits))
    }

    /// How many permits it holds.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("Semaphore")]
    ///
    #[doc = counted!("let semaphore = ", "::new(Semaphore::new(5));")]
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
    #[doc = import!("Semaphore")]
    ///
    #[doc = counted!("let permit = ", "::new(Semaphore::new(5)).try_acquire_owned().unwrap();")]
    /// let semaphore = permit.semaphore().clone();
    /// drop(permit);
    /// assert_eq!(semaphore.available_permits(), 5);
    /// ```
    #[inline]
    #[must_use]
    pub fn semaphore(&self) -> &counted!(Semaphore) {
        &self.0.semaphore
    }

    /// Takes the permits out of circulation, as [`SemaphorePermit::forget`](super::SemaphorePermit::forget) does.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!(counted)]
    ///
    #[doc = import!("Semaphore")]
    ///
    #[doc = counted!("let semaphore = ", "::new(Semaphore::new(5));")]
    /// semaphore.clone().try_acquire_many_owned(2).unwrap().forget();
    /// assert_eq!(semaphore.max_permits(), 3);
    /// ```
    pub fn forget(self) {
        self.0.forget();
    }

    /// Takes the permits of `other` over, as [`SemaphorePermit::merge`](super::SemaphorePermit::merge) does.
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
    #[doc = import!("Semaphore")]
    ///
    #[doc = counted!("let semaphore = ", "::new(Semaphore::new(5));")]
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
    #[doc = import!("Semaphore")]
    ///
    #[doc = counted!("let mut permits = ", "::new(Semaphore::new(5)).try_acquire_many_owned(5).unwrap();")]
    /// let two = permits.split(2).unwrap();
    /// assert_eq!((permits.num_permits(), two.num_permits()), (3, 2));
    /// ```
    #[must_use = "permits are given back as soon as their guard is dropped"]
    pub fn split(&mut self, permits: usize) -> Option<Self> {
        self.0.split(permits).map(Self)
    }
}

impl fmt::Debug for OwnedSemaphorePermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt("OwnedSemaphorePermit", f)
    }
}
