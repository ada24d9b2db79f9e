//! The limit, and how it moves while permits are in use.
//!
//! `available - debt = max - in_use`, and one of `available` and `debt` is 0: together they are the
//! value of the queue, which is below 0 when there is a debt. The limit moves under the queue's lock,
//! and the value with it.

use super::{Permits, Semaphore, free};
use crate::{TooManyPermits, flavour::Atomic, loom::Ordering, wait_queue::Locked};

impl Semaphore {
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
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(1);
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
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(1);
    /// assert!(semaphore.try_add_permits(2).is_ok());
    /// assert!(semaphore.try_add_permits(usize::MAX).is_err());
    /// assert_eq!(semaphore.max_permits(), 3);
    /// ```
    pub fn try_add_permits(&self, permits: usize) -> Result<(), TooManyPermits> {
        let locked = self.queue.lock();
        let limit = self.max_permits();
        if permits > Self::MAX_PERMITS - limit {
            return Err(TooManyPermits { permits, added_to: Some(limit) });
        }
        self.move_limit(locked, limit + permits);
        Ok(())
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
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(5);
    /// let held = semaphore.try_acquire_many(3).unwrap();
    /// assert_eq!(semaphore.forget_permits(4), 2);
    /// assert_eq!(semaphore.max_permits(), 3);
    /// assert_eq!(semaphore.available_permits(), 0);
    /// ```
    pub fn forget_permits(&self, permits: usize) -> usize {
        let locked = self.queue.lock();
        let taken = permits.min(free(locked.value));
        self.move_limit(locked, self.max_permits() - taken);
        taken
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
    #[doc = import!("Semaphore")]
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
        let locked = self.queue.lock();
        let limit = self.max_permits();
        let taken = permits.min(limit);
        self.move_limit(locked, limit - taken);
        taken
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
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(5);
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
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(5);
    /// assert_eq!(semaphore.try_set_max_permits(2), Ok(5));
    /// let error = semaphore.try_set_max_permits(usize::MAX).unwrap_err();
    /// assert!(error.to_string().contains("MAX_PERMITS"));
    /// ```
    pub fn try_set_max_permits(&self, permits: usize) -> Result<usize, TooManyPermits> {
        if permits > Self::MAX_PERMITS {
            return Err(TooManyPermits { permits, added_to: None });
        }
        let locked = self.queue.lock();
        let before = self.max_permits();
        self.move_limit(locked, permits);
        Ok(before)
    }

    /// How many permits are in use beyond the limit, at some moment of the call. They pay this when
    /// they come back.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(2);
    /// let held = semaphore.try_acquire_many(2).unwrap();
    /// semaphore.set_max_permits(0);
    /// assert_eq!(semaphore.debt(), 2);
    /// ```
    #[must_use]
    pub fn debt(&self) -> usize {
        free(-self.queue.value())
    }

    /// Lowers the limit by permits that were in use and never come back.
    pub(super) fn forget_held(&self, permits: usize) {
        let mut locked = self.queue.lock();
        locked.value += permits as isize;
        let limit = self.max_permits();
        self.move_limit(locked, limit.saturating_sub(permits));
    }

    /// Sets the limit, and moves the free permits, or the debt, by as much.
    fn move_limit(&self, mut locked: Locked<'_, Permits>, limit: usize) {
        let before = self.max_permits();
        // ORDERING: `Relaxed`: those who write it take turns by the lock; a reading may be late.
        Atomic::store(&self.limit, limit, Ordering::Relaxed);
        locked.value += limit as isize - before as isize;
        locked.serve();
    }
}
