//! The limit, and how it moves while permits are in use.

use crate::permits::Limited;
use crate::too_many::TooManyPermits;

impl semaphore!() {
    /// Raises the limit by `permits`. They pay [debt](Self::debt) first, and then go to those who are
    /// queued.
    ///
    /// O(1) for each waiter that is served.
    ///
    /// # Panics
    ///
    /// If the limit would rise above [`MAX_PERMITS`](Self::MAX_PERMITS); then nothing has changed.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = semaphore!(import)]
    ///
    #[doc = semaphore!("let semaphore = ", "::new(1);")]
    /// semaphore.add_permits(2);
    /// assert_eq!(semaphore.max_permits(), 3);
    /// assert_eq!(semaphore.available_permits(), 3);
    /// ```
    #[track_caller]
    pub fn add_permits(&self, permits: usize) {
        match self.try_add_permits(permits) {
            Ok(()) => {}
            Err(too_many) => panic!("{too_many}"),
        }
    }

    /// Raises the limit as [`add_permits`](Self::add_permits) does, for a number that comes from
    /// elsewhere.
    ///
    /// # Errors
    ///
    /// If the limit would rise above [`MAX_PERMITS`](Self::MAX_PERMITS); then nothing has changed.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = semaphore!(import)]
    ///
    #[doc = semaphore!("let semaphore = ", "::new(1);")]
    /// assert!(semaphore.try_add_permits(2).is_ok());
    /// assert!(semaphore.try_add_permits(usize::MAX).is_err());
    /// assert_eq!(semaphore.max_permits(), 3);
    /// ```
    pub fn try_add_permits(&self, permits: usize) -> Result<(), TooManyPermits> {
        self.permits().try_add(permits)
    }

    /// Takes up to `permits` free permits away at once and lowers the limit by as many; returns how
    /// many.
    ///
    /// Free permits are taken even if somebody is queued for more of them than there are. What is in
    /// use is left alone: to lower the limit below that, [`reduce_permits`](Self::reduce_permits).
    ///
    /// # Examples
    ///
    /// ```
    #[doc = semaphore!(import)]
    ///
    #[doc = semaphore!("let semaphore = ", "::new(5);")]
    /// let held = semaphore.try_acquire_many(3).unwrap();
    /// assert_eq!(semaphore.forget_permits(4), 2);
    /// assert_eq!(semaphore.max_permits(), 3);
    /// assert_eq!(semaphore.available_permits(), 0);
    /// ```
    pub fn forget_permits(&self, permits: usize) -> usize {
        self.permits().forget(permits)
    }

    /// Lowers the limit by `permits`, or to 0 if it is less; returns by how much.
    ///
    /// Free permits go first. What is in use beyond the new limit becomes [debt](Self::debt): no
    /// holder and no waiter that was granted loses anything, and permits that come back pay the debt
    /// before anybody is served.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = semaphore!(import)]
    ///
    #[doc = semaphore!("let semaphore = ", "::new(5);")]
    /// let held = semaphore.try_acquire_many(4).unwrap();
    /// assert_eq!(semaphore.reduce_permits(3), 3);
    /// assert_eq!((semaphore.max_permits(), semaphore.in_use(), semaphore.debt()), (2, 4, 2));
    ///
    /// drop(held);
    /// assert_eq!((semaphore.available_permits(), semaphore.debt()), (2, 0));
    /// ```
    pub fn reduce_permits(&self, permits: usize) -> usize {
        self.permits().reduce(permits)
    }

    /// Sets the limit to `permits`; returns the one before.
    ///
    /// Raised, it is as if permits were [added](Self::add_permits); lowered, as if they were
    /// [reduced](Self::reduce_permits).
    ///
    /// O(1) for each waiter that is served.
    ///
    /// # Panics
    ///
    /// If `permits` is above [`MAX_PERMITS`](Self::MAX_PERMITS); then nothing has changed.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = semaphore!(import)]
    ///
    #[doc = semaphore!("let semaphore = ", "::new(5);")]
    /// assert_eq!(semaphore.set_max_permits(2), 5);
    /// assert_eq!(semaphore.available_permits(), 2);
    /// ```
    #[track_caller]
    pub fn set_max_permits(&self, permits: usize) -> usize {
        match self.try_set_max_permits(permits) {
            Ok(before) => before,
            Err(too_many) => panic!("{too_many}"),
        }
    }

    /// Sets the limit as [`set_max_permits`](Self::set_max_permits) does, for a number that comes from
    /// elsewhere.
    ///
    /// # Errors
    ///
    /// If `permits` is above [`MAX_PERMITS`](Self::MAX_PERMITS); then nothing has changed.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = semaphore!(import)]
    ///
    #[doc = semaphore!("let semaphore = ", "::new(5);")]
    /// assert_eq!(semaphore.try_set_max_permits(2), Ok(5));
    /// let error = semaphore.try_set_max_permits(usize::MAX).unwrap_err();
    /// assert!(error.to_string().contains("MAX_PERMITS"));
    /// ```
    pub fn try_set_max_permits(&self, permits: usize) -> Result<usize, TooManyPermits> {
        self.permits().try_set(permits)
    }

    /// How many permits are in use beyond the limit, at some moment of the call. They pay this when
    /// they come back.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = semaphore!(import)]
    ///
    #[doc = semaphore!("let semaphore = ", "::new(2);")]
    /// let held = semaphore.try_acquire_many(2).unwrap();
    /// semaphore.set_max_permits(0);
    /// assert_eq!(semaphore.debt(), 2);
    /// ```
    #[must_use]
    pub fn debt(&self) -> usize {
        self.permits().debt()
    }
}
