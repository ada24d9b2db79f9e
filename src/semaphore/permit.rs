//! The guard that gives permits back.

use core::fmt;

use super::Semaphore;
use crate::permits::Held;

/// Permits of a [`Semaphore`], given back when it is dropped.
///
/// # Fairness
///
/// What is given back pays the semaphore's [debt](Semaphore::debt) first, if there is one, and then
/// goes to the front of the queue, as soon as that is enough for it.
///
/// # Memory ordering
///
/// All that was done while it was held is seen by whoever gets the permits next.
///
/// # Examples
///
/// ```
#[doc = import!("Semaphore")]
///
/// let semaphore = Semaphore::new(2);
/// let permit = semaphore.try_acquire().unwrap();
/// assert_eq!(semaphore.available_permits(), 1);
/// drop(permit);
/// assert_eq!(semaphore.available_permits(), 2);
/// ```
///
/// It borrows its semaphore, so it cannot outlive it:
///
/// ```compile_fail,E0597
#[doc = import!("Semaphore")]
///
/// let permit = {
///     let semaphore = Semaphore::new(2);
///     semaphore.try_acquire()
/// };
/// drop(permit);
/// ```
#[doc = of_flavour!(permit)]
#[must_use = "permits are given back as soon as their guard is dropped"]
pub struct SemaphorePermit<'a>(Held<&'a Semaphore>);

impl<'a> SemaphorePermit<'a> {
    /// For permits that were taken from the semaphore.
    #[inline]
    pub(super) fn new(semaphore: &'a Semaphore, permits: usize) -> Self {
        Self(Held::new(semaphore, permits))
    }

    /// How many permits it holds.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(5);
    /// assert_eq!(semaphore.try_acquire_many(3).unwrap().num_permits(), 3);
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
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(5);
    /// let permit = semaphore.try_acquire().unwrap();
    /// assert_eq!(permit.semaphore().available_permits(), 4);
    /// ```
    #[inline]
    #[must_use]
    pub fn semaphore(&self) -> &'a Semaphore {
        self.0.semaphore
    }

    /// Takes the permits out of circulation: they are never given back, and the limit is lowered with
    /// them.
    ///
    /// Both [`max_permits`](Semaphore::max_permits) and [`in_use`](Semaphore::in_use) sink by
    /// [`num_permits`](Self::num_permits). Where the limit was lowered below that already, it sinks to
    /// 0, and the rest pays debt.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(5);
    /// semaphore.try_acquire_many(2).unwrap().forget();
    /// assert_eq!(semaphore.max_permits(), 3);
    /// assert_eq!(semaphore.available_permits(), 3);
    /// ```
    pub fn forget(self) {
        self.0.forget();
    }

    /// Takes the permits of `other` over, so that one guard gives back all of them.
    ///
    /// # Panics
    ///
    /// If `other` is of another semaphore. Then nothing is lost: `self` keeps its permits, and those
    /// of `other` are given back.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(5);
    /// let mut permits = semaphore.try_acquire_many(2).unwrap();
    /// permits.merge(semaphore.try_acquire().unwrap());
    /// assert_eq!(permits.num_permits(), 3);
    /// ```
    #[track_caller]
    pub fn merge(&mut self, other: Self) {
        self.0.merge(other.0);
    }

    /// Splits `permits` off into a guard of their own; `None` if it holds fewer.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(5);
    /// let mut permits = semaphore.try_acquire_many(5).unwrap();
    /// let two = permits.split(2).unwrap();
    /// assert_eq!((permits.num_permits(), two.num_permits()), (3, 2));
    /// assert!(permits.split(4).is_none());
    /// ```
    #[must_use = "permits are given back as soon as their guard is dropped"]
    pub fn split(&mut self, permits: usize) -> Option<Self> {
        self.0.split(permits).map(Self)
    }
}

impl fmt::Debug for SemaphorePermit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt("SemaphorePermit", f)
    }
}
