//! The limit, which can change while permits are in use.

use super::{
    Closing, Semaphore,
    policy::{CountPermits, free, move_limit, non_negative},
};
use crate::{
    error::TooManyPermits,
    flavour::Flavour,
    queue::{Policy, Primitive},
};

/// Changing the limit.
impl<F: Flavour, C: Closing> Semaphore<F, C> {
    /// Raises the limit by `permits`.
    ///
    /// The new permits repay [debt](Self::debt) first and are then granted to waiters. O(1) per
    /// granted waiter.
    ///
    /// # Panics
    ///
    /// If the limit would exceed [`MAX_PERMITS`](Self::MAX_PERMITS). The semaphore is unchanged.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(1);
    /// semaphore.add_permits(2);
    /// assert_eq!((semaphore.max_permits(), semaphore.available_permits()), (3, 3));
    /// ```
    #[track_caller]
    pub fn add_permits(&self, permits: usize) {
        if let Err(error) = self.try_add_permits(permits) {
            panic!("{error}");
        }
    }

    /// Raises the limit by `permits`, or returns an error where [`add_permits`](Self::add_permits)
    /// panics. Use it for a number from a configuration file or the network.
    ///
    /// # Errors
    ///
    /// If the limit would exceed [`MAX_PERMITS`](Self::MAX_PERMITS). The semaphore is unchanged.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(1);
    /// assert!(semaphore.try_add_permits(2).is_ok());
    /// assert!(semaphore.try_add_permits(usize::MAX).is_err());
    /// assert_eq!(semaphore.max_permits(), 3);
    /// ```
    pub fn try_add_permits(&self, permits: usize) -> Result<(), TooManyPermits> {
        self.change_limit(0, |limit, _| {
            let max = Self::MAX_PERMITS;
            if permits > max - limit {
                return (limit, Err(TooManyPermits { permits, added_to: Some(limit), max }));
            }
            (limit + permits, Ok(()))
        })
    }

    /// Removes up to `permits` available permits, and lowers the limit by the number removed.
    ///
    /// Returns the number of permits removed.
    ///
    /// Available permits are removed even if a waiter is queued for them. Permits in use are left
    /// alone: [`reduce_permits`](Self::reduce_permits) also lowers the limit below the permits in
    /// use.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(5);
    /// let held = semaphore.try_acquire_many(3).unwrap();
    /// assert_eq!(semaphore.forget_permits(4), 2);
    /// assert_eq!((semaphore.max_permits(), semaphore.available_permits()), (3, 0));
    /// ```
    pub fn forget_permits(&self, permits: usize) -> usize {
        self.change_limit(0, |limit, free| {
            let forgotten = permits.min(non_negative(free));
            (limit - forgotten, forgotten)
        })
    }

    /// Lowers the limit by `permits`, but not below zero.
    ///
    /// Returns the number of permits by which the limit was lowered.
    ///
    /// Available permits are removed first. Lowering the limit below the permits in use revokes
    /// none of them. The shortfall becomes a [*debt*](Self::debt), which released permits repay
    /// first.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(5);
    /// let held = semaphore.try_acquire_many(4).unwrap();
    /// assert_eq!(semaphore.reduce_permits(3), 3);
    /// assert_eq!((semaphore.max_permits(), semaphore.in_use(), semaphore.debt()), (2, 4, 2));
    ///
    /// drop(held);
    /// assert_eq!((semaphore.available_permits(), semaphore.debt()), (2, 0));
    /// ```
    pub fn reduce_permits(&self, permits: usize) -> usize {
        self.change_limit(0, |limit, _| {
            let reduced = permits.min(limit);
            (limit - reduced, reduced)
        })
    }

    /// Sets the limit to `permits`. Returns the previous limit.
    ///
    /// Raising it is like [`add_permits`](Self::add_permits), and lowering it is like
    /// [`reduce_permits`](Self::reduce_permits). O(1) per granted waiter.
    ///
    /// # Panics
    ///
    /// If `permits` exceeds [`MAX_PERMITS`](Self::MAX_PERMITS). The semaphore is unchanged.
    ///
    /// # Examples
    ///
    /// Adapt the limit to the load:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use compio_sync::Semaphore;
    ///
    /// fn adapt(requests: &Semaphore, latency: Duration) {
    ///     let limit = requests.max_permits();
    ///     if latency > Duration::from_millis(50) {
    ///         requests.set_max_permits((limit / 2).max(1));
    ///     } else {
    ///         requests.set_max_permits(limit + 1);
    ///     }
    /// }
    ///
    /// let requests = Semaphore::new(64);
    /// adapt(&requests, Duration::from_millis(80));
    /// adapt(&requests, Duration::from_millis(20));
    /// assert_eq!(requests.max_permits(), 33);
    /// ```
    #[track_caller]
    pub fn set_max_permits(&self, permits: usize) -> usize {
        match self.try_set_max_permits(permits) {
            Ok(previous) => previous,
            Err(error) => panic!("{error}"),
        }
    }

    /// Sets the limit to `permits`, or returns an error where
    /// [`set_max_permits`](Self::set_max_permits) panics.
    ///
    /// # Errors
    ///
    /// If `permits` exceeds [`MAX_PERMITS`](Self::MAX_PERMITS). The semaphore is unchanged.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(5);
    /// assert_eq!(semaphore.try_set_max_permits(2), Ok(5));
    /// let error = semaphore.try_set_max_permits(usize::MAX).unwrap_err();
    /// assert!(error.to_string().contains("exceeds MAX_PERMITS"));
    /// ```
    pub fn try_set_max_permits(&self, permits: usize) -> Result<usize, TooManyPermits> {
        let max = Self::MAX_PERMITS;
        if permits > max {
            return Err(TooManyPermits { permits, added_to: None, max });
        }
        Ok(self.change_limit(0, |limit, _| (permits, limit)))
    }

    /// Lowers the limit by permits that are in use and are never released.
    pub(super) fn forget_acquired(&self, permits: usize) {
        self.change_limit(permits, |limit, _| (limit.saturating_sub(permits), ()));
    }

    /// Returns `acquired` permits, and then changes the limit to what `change` returns for the
    /// current limit and the number of free permits.
    fn change_limit<R>(
        &self,
        acquired: usize,
        change: impl FnOnce(usize, isize) -> (usize, R),
    ) -> R {
        let result = self.queue.update_with(|value| {
            let value = CountPermits::<C>::release(value, acquired);
            let before = self.limit.get();
            let (limit, result) = change(before, free::<C>(value, before));
            self.limit.set(limit);
            (move_limit::<C>(value, limit as isize - before as isize), result)
        });
        self.emit_state();
        result
    }
}
