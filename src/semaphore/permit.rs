//! The guard that releases permits.

use core::{fmt, ptr};

use super::{Closing, Semaphore};
use crate::{
    flavour::Flavour,
    queue::{Handle, Policy, Primitive},
    trace::Grant,
};

/// A guard that releases its permits when dropped.
///
/// `S` is a reference to the semaphore: `&Semaphore`, or an `Arc` or `Rc` of it. With a counted
/// reference the guard is `'static`, so it can move into a spawned task.
///
/// # Fairness
///
/// Released permits repay the [debt](Semaphore::debt) first. The rest is granted to the front of
/// the queue as soon as it suffices.
///
/// # Memory ordering
///
/// Everything that a holder does before the release happens-before the next acquire that is granted
/// these permits returns.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use compio_sync::{OwnedSemaphorePermit, Semaphore};
///
/// /// The slot is released with the connection.
/// struct Connection {
///     _slot: OwnedSemaphorePermit,
/// }
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let slots = Arc::new(Semaphore::new(8));
/// let connection = Connection { _slot: slots.clone().acquire_owned().await };
/// assert_eq!(slots.in_use(), 1);
/// drop(connection);
/// assert_eq!(slots.in_use(), 0);
/// # });
/// ```
///
/// A borrowed guard cannot outlive its semaphore:
///
/// ```compile_fail,E0597
/// use compio_sync::Semaphore;
///
/// let permit = {
///     let semaphore = Semaphore::new(2);
///     semaphore.try_acquire()
/// };
/// drop(permit);
/// ```
///
/// So it cannot move to a thread or task that may outlive the semaphore either:
///
/// ```compile_fail,E0597
/// use compio_sync::Semaphore;
///
/// let semaphore = Semaphore::new(2);
/// let permit = semaphore.try_acquire();
/// std::thread::spawn(move || drop(permit));
/// ```
#[must_use = "a permit is released as soon as it is dropped"]
pub struct SemaphorePermit<S>(Grant<S, usize>)
where
    S: Handle<Target: Primitive<Policy: Policy<Request = usize>>>;

impl<S, F: Flavour, C: Closing> SemaphorePermit<S>
where
    S: Handle<Target = Semaphore<F, C>>,
{
    /// The guard of permits that were acquired without a wait.
    #[inline]
    pub(super) fn new(semaphore: S, permits: usize) -> Self {
        let permit = Self::granted(semaphore, permits);
        permit.semaphore().emit_state();
        permit
    }

    /// The guard of permits that a wait was granted.
    #[inline]
    pub(super) fn granted(semaphore: S, permits: usize) -> Self {
        Self(Grant::new(semaphore, permits))
    }

    /// Returns the number of permits that the guard holds.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(5);
    /// assert_eq!(semaphore.try_acquire_many(3).unwrap().num_permits(), 3);
    /// ```
    #[inline]
    #[must_use]
    pub fn num_permits(&self) -> usize {
        self.0.request()
    }

    /// Returns the semaphore that the permits are released to.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(5);
    /// let permit = semaphore.try_acquire().unwrap();
    /// assert_eq!(permit.semaphore().available_permits(), 4);
    /// ```
    #[inline]
    #[must_use]
    pub fn semaphore(&self) -> &S {
        self.0.handle()
    }

    /// Removes the permits from the semaphore: they are never released, and the limit is lowered by
    /// their number.
    ///
    /// Both [`max_permits`](Semaphore::max_permits) and [`in_use`](Semaphore::in_use) decrease by
    /// [`num_permits`](Self::num_permits). If the limit is lower than that already, it becomes
    /// zero, and the rest repays debt. A [drain](Semaphore::drain) stops waiting for the permits.
    ///
    /// # Examples
    ///
    /// A token of a rate limiter is used up:
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let tokens = Semaphore::new(5);
    /// tokens.acquire().await.forget();
    /// assert_eq!((tokens.max_permits(), tokens.available_permits()), (4, 4));
    /// # });
    /// ```
    pub fn forget(self) {
        let (semaphore, permits) = self.0.into_parts();
        semaphore.forget_acquired(permits);
    }

    /// Merges the permits of `other` into this guard, which then releases all of them.
    ///
    /// # Panics
    ///
    /// If `other` belongs to another semaphore. Nothing is lost: this guard keeps its permits, and
    /// the permits of `other` are released.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(5);
    /// let mut permits = semaphore.try_acquire_many(2).unwrap();
    /// permits.merge(semaphore.try_acquire().unwrap());
    /// assert_eq!(permits.num_permits(), 3);
    /// ```
    #[track_caller]
    pub fn merge(&mut self, other: Self) {
        assert!(
            ptr::eq::<Semaphore<F, C>>(&**self.semaphore(), &**other.semaphore()),
            "cannot merge permits of different semaphores: {self:?} and {other:?}",
        );
        let (_, permits) = other.0.into_parts();
        self.0.set_request(self.num_permits() + permits);
    }

    /// Splits `permits` permits off into a guard of their own.
    ///
    /// Returns `None` if this guard holds fewer.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(5);
    /// let mut permits = semaphore.try_acquire_many(5).unwrap();
    /// let two = permits.split(2).unwrap();
    /// assert_eq!((permits.num_permits(), two.num_permits()), (3, 2));
    /// assert!(permits.split(4).is_none());
    /// ```
    #[must_use = "a permit is released as soon as it is dropped"]
    pub fn split(&mut self, permits: usize) -> Option<Self>
    where
        S: Clone,
    {
        let left = self.num_permits().checked_sub(permits)?;
        let semaphore = self.semaphore().clone();
        self.0.set_request(left);
        Some(Self::granted(semaphore, permits))
    }
}

impl<S, F: Flavour, C: Closing> fmt::Debug for SemaphorePermit<S>
where
    S: Handle<Target = Semaphore<F, C>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SemaphorePermit")
            .field("num_permits", &self.num_permits())
            .field("semaphore", &**self.semaphore())
            .finish()
    }
}
