//! What can be read of a semaphore.

use crate::permits::Limited;

impl semaphore!() {
    /// How many permits are free at some moment of the call.
    ///
    /// While somebody is queued these are kept for the front of the queue.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = semaphore!(import)]
    ///
    #[doc = semaphore!("let semaphore = ", "::new(3);")]
    /// let permit = semaphore.try_acquire();
    /// assert_eq!(semaphore.available_permits(), 2);
    /// ```
    #[must_use]
    pub fn available_permits(&self) -> usize {
        self.permits().available()
    }

    /// How many permits there are at some moment of the call, free or in use: the limit.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = semaphore!(import)]
    ///
    #[doc = semaphore!("let semaphore = ", "::new(3);")]
    /// let permit = semaphore.try_acquire();
    /// assert_eq!(semaphore.max_permits(), 3);
    /// ```
    #[must_use]
    pub fn max_permits(&self) -> usize {
        self.permits().max()
    }

    /// How many permits are held, or were granted to a [future](Self::acquire) that has not been polled since.
    ///
    /// It is the difference of two readings, the limit and what is free of it. If the limit moves
    /// between the two, it is off by as much, though never below 0.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = semaphore!(import)]
    ///
    #[doc = semaphore!("let semaphore = ", "::new(3);")]
    /// let permit = semaphore.try_acquire_many(2);
    /// assert_eq!(semaphore.in_use(), 2);
    /// ```
    #[must_use]
    pub fn in_use(&self) -> usize {
        self.permits().in_use()
    }

    /// How many are queued at some moment of the call. It takes no lock.
    ///
    /// A future that was granted its permits is not queued any more, even before it is polled.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{pin::pin, task::{Context, Waker}};
    ///
    #[doc = semaphore!(import)]
    ///
    #[doc = semaphore!("let semaphore = ", "::new(0);")]
    /// let acquire = pin!(semaphore.acquire());
    /// assert_eq!(semaphore.waiters(), 0);
    /// let _ = acquire.poll(&mut Context::from_waker(Waker::noop()));
    /// assert_eq!(semaphore.waiters(), 1);
    /// ```
    #[must_use]
    pub fn waiters(&self) -> usize {
        self.permits().queue().waiters()
    }

    /// For tests: panics if the queue is not what it must be when nobody is just changing it.
    #[cfg(debug_assertions)]
    #[doc(hidden)]
    pub fn assert_valid(&self) {
        self.permits().queue().assert_valid();
    }
}
