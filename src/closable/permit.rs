//! The guard that gives permits back.

use core::fmt;

use super::ClosableSemaphore;
use crate::permits::Held;

/// Permits of a [`ClosableSemaphore`], given back when it is dropped, whether it is closed or not.
///
/// In all else it is a [`SemaphorePermit`](super::super::SemaphorePermit).
///
/// # Examples
///
/// ```
#[doc = import!("ClosableSemaphore")]
///
/// let semaphore = ClosableSemaphore::new(2);
/// let permit = semaphore.try_acquire().unwrap();
/// semaphore.close();
/// drop(permit);
/// assert_eq!(semaphore.in_use(), 0);
/// ```
#[must_use = "permits are given back as soon as their guard is dropped"]
pub struct ClosablePermit<'a>(Held<&'a ClosableSemaphore>);

impl<'a> ClosablePermit<'a> {
    /// For permits that were taken from the semaphore.
    #[inline]
    pub(super) fn new(semaphore: &'a ClosableSemaphore, permits: usize) -> Self {
        Self(Held::new(semaphore, permits))
    }

    /// How many permits it holds.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("ClosableSemaphore")]
    ///
    /// let semaphore = ClosableSemaphore::new(5);
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
    #[doc = import!("ClosableSemaphore")]
    ///
    /// let semaphore = ClosableSemaphore::new(5);
    /// assert!(!semaphore.try_acquire().unwrap().semaphore().is_closed());
    /// ```
    #[inline]
    #[must_use]
    pub fn semaphore(&self) -> &'a ClosableSemaphore {
        self.0.semaphore
    }

    /// Takes the permits out of circulation, and lowers the limit with them. A
    /// [drain](ClosableSemaphore::drain) does not wait for them any longer.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("ClosableSemaphore")]
    ///
    /// let semaphore = ClosableSemaphore::new(5);
    /// semaphore.try_acquire_many(2).unwrap().forget();
    /// assert_eq!((semaphore.max_permits(), semaphore.in_use()), (3, 0));
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
    #[doc = import!("ClosableSemaphore")]
    ///
    /// let semaphore = ClosableSemaphore::new(5);
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
    #[doc = import!("ClosableSemaphore")]
    ///
    /// let semaphore = ClosableSemaphore::new(5);
    /// let mut permits = semaphore.try_acquire_many(5).unwrap();
    /// let two = permits.split(2).unwrap();
    /// assert_eq!((permits.num_permits(), two.num_permits()), (3, 2));
    /// ```
    #[must_use = "permits are given back as soon as their guard is dropped"]
    pub fn split(&mut self, permits: usize) -> Option<Self> {
        self.0.split(permits).map(Self)
    }
}

impl fmt::Debug for ClosablePermit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt("ClosablePermit", f)
    }
}
