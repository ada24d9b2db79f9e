//! The metrics of a semaphore.

use super::{
    Closing, Semaphore,
    policy::{free, non_negative},
};
use crate::flavour::Flavour;

/// Metrics. Each method returns a snapshot and takes no lock.
///
/// In every state, `available_permits - debt = max_permits - in_use`, but two calls may see two
/// states. Some methods subtract two readings. If another thread changes the limit between them,
/// the result is off by that change, but never negative.
impl<F: Flavour, C: Closing> Semaphore<F, C> {
    /// Returns the number of available permits.
    ///
    /// While a waiter is queued, they are reserved for the front of the queue. Once the semaphore
    /// is closed, this is the difference of two readings.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(3);
    /// let permit = semaphore.try_acquire();
    /// assert_eq!(semaphore.available_permits(), 2);
    /// ```
    #[must_use]
    pub fn available_permits(&self) -> usize {
        non_negative(self.free())
    }

    /// Returns the limit: the number of permits, available or in use.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(3);
    /// let permit = semaphore.try_acquire();
    /// assert_eq!(semaphore.max_permits(), 3);
    /// ```
    #[must_use]
    pub fn max_permits(&self) -> usize {
        self.queue.load_number(&self.limit)
    }

    /// Returns the number of permits that are held, or granted to a future that has not been polled
    /// since.
    ///
    /// Until the semaphore is closed, this is the difference of two readings.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(3);
    /// let permit = semaphore.try_acquire_many(2);
    /// assert_eq!(semaphore.in_use(), 2);
    /// ```
    #[must_use]
    pub fn in_use(&self) -> usize {
        let limit = self.max_permits();
        non_negative(limit as isize - free::<C>(self.queue.value(), limit))
    }

    /// Returns the number of permits in use beyond the limit.
    ///
    /// Released permits repay the debt before they become available. Once the semaphore is closed,
    /// this is the difference of two readings.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(2);
    /// let permits = semaphore.try_acquire_many(2).unwrap();
    /// semaphore.set_max_permits(0);
    /// assert_eq!(semaphore.debt(), 2);
    /// ```
    #[must_use]
    pub fn debt(&self) -> usize {
        non_negative(-self.free())
    }

    fn free(&self) -> isize {
        free::<C>(self.queue.value(), self.max_permits())
    }

    /// Returns the queue length.
    ///
    /// A future that was granted its permits is not queued any more, even before it is polled.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{pin::pin, task::{Context, Waker}};
    ///
    /// use compio_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(0);
    /// let acquire = pin!(semaphore.acquire());
    /// assert_eq!(semaphore.waiters(), 0);
    /// let _ = acquire.poll(&mut Context::from_waker(Waker::noop()));
    /// assert_eq!(semaphore.waiters(), 1);
    /// ```
    #[must_use]
    pub fn waiters(&self) -> usize {
        self.queue.waiters()
    }

    /// Panics if the queue violates an invariant, for tests. No other thread may use the semaphore.
    #[cfg(debug_assertions)]
    #[doc(hidden)]
    pub fn assert_valid(&self) {
        self.queue.assert_valid();
    }
}
