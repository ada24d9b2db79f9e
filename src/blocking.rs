//! Threads outside of any runtime, which wait in the same queue.

use std::time::Instant;

use crate::{
    ClosablePermit, ClosableSemaphore, Closed, Semaphore, SemaphorePermit, TryAcquireError,
    wait_queue::block_on,
};

/// For threads that run no async code. Needs the feature `std`.
///
/// **A thread that runs a runtime must not call these: until there is a permit its tasks do not run, and
/// those that hold the permits may be among them.** With the feature `compio` a debug build panics when
/// that happens on a thread of compio.
impl Semaphore {
    /// Blocks the thread until it has a permit.
    ///
    /// **Not to be called on a thread that runs a runtime.** It does not allocate: its place in the
    /// queue is on its stack.
    ///
    /// # Fairness
    ///
    /// It stands in the same queue as the [futures](crate::Acquire), in the order in which they came.
    ///
    /// # Panics
    ///
    /// In a debug build with the feature `compio`, on a thread that runs compio.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    ///
    /// use compio_sync::Semaphore;
    ///
    /// static FILES: Semaphore = Semaphore::new(2);
    ///
    /// let threads: Vec<_> = (0..10)
    ///     .map(|_| thread::spawn(|| drop(FILES.acquire_blocking())))
    ///     .collect();
    /// for thread in threads {
    ///     thread.join().unwrap();
    /// }
    /// assert_eq!(FILES.available_permits(), 2);
    /// ```
    #[track_caller]
    pub fn acquire_blocking(&self) -> SemaphorePermit<'_> {
        self.acquire_many_blocking(1)
    }

    /// Blocks the thread until it has many permits at once.
    ///
    /// **Not to be called on a thread that runs a runtime.** In all else it is
    /// [`acquire_many`](Self::acquire_many).
    ///
    /// # Panics
    ///
    /// If `permits` is above [`MAX_PERMITS`](Self::MAX_PERMITS); and in a debug build with the feature
    /// `compio`, on a thread that runs compio.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(5);
    /// assert_eq!(semaphore.acquire_many_blocking(3).num_permits(), 3);
    /// ```
    #[track_caller]
    pub fn acquire_many_blocking(&self, permits: usize) -> SemaphorePermit<'_> {
        assert_may_block();
        let permit = block_on(self.acquire_many(permits), None);
        permit.expect("without a deadline it waits until there is one")
    }

    /// Blocks the thread until it has a permit, or until the deadline: then it is `None`.
    ///
    /// **Not to be called on a thread that runs a runtime.** A permit that is free is had even after
    /// the deadline. Giving up unlinks it from the queue in O(1), and loses nothing. If it is granted at
    /// that very moment it returns when whoever did so has woken it, which may be late if the wakers of
    /// others come first and block.
    ///
    /// # Panics
    ///
    /// In a debug build with the feature `compio`, on a thread that runs compio.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// use compio_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(1);
    /// let soon = Instant::now() + Duration::from_millis(1);
    /// let permit = semaphore.acquire_blocking_until(soon);
    /// assert!(permit.is_some());
    /// assert!(semaphore.acquire_blocking_until(soon).is_none());
    /// ```
    #[track_caller]
    #[must_use = "permits are given back as soon as their guard is dropped"]
    pub fn acquire_blocking_until(&self, deadline: Instant) -> Option<SemaphorePermit<'_>> {
        self.acquire_many_blocking_until(1, deadline)
    }

    /// Blocks the thread until it has many permits at once, or until the deadline: then it is `None`.
    ///
    /// **Not to be called on a thread that runs a runtime.** In all else it is
    /// [`acquire_blocking_until`](Self::acquire_blocking_until).
    ///
    /// # Panics
    ///
    /// If `permits` is above [`MAX_PERMITS`](Self::MAX_PERMITS); and in a debug build with the feature
    /// `compio`, on a thread that runs compio.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    ///
    /// use compio_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(5);
    /// assert!(semaphore.acquire_many_blocking_until(6, Instant::now()).is_none());
    /// assert_eq!(semaphore.available_permits(), 5);
    /// ```
    #[track_caller]
    #[must_use = "permits are given back as soon as their guard is dropped"]
    pub fn acquire_many_blocking_until(
        &self,
        permits: usize,
        deadline: Instant,
    ) -> Option<SemaphorePermit<'_>> {
        assert_may_block();
        block_on(self.acquire_many(permits), Some(deadline))
    }
}

/// For threads that run no async code. Needs the feature `std`.
///
/// **A thread that runs a runtime must not call these: until there is a permit its tasks do not run, and
/// those that hold the permits may be among them.** With the feature `compio` a debug build panics when
/// that happens on a thread of compio.
impl ClosableSemaphore {
    /// Blocks the thread until it has a permit, as
    /// [`Semaphore::acquire_blocking`](crate::Semaphore::acquire_blocking) does.
    ///
    /// **Not to be called on a thread that runs a runtime.**
    ///
    /// # Errors
    ///
    /// [`Closed`], when it is closed before the permit is granted.
    ///
    /// # Panics
    ///
    /// In a debug build with the feature `compio`, on a thread that runs compio.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::{ClosableSemaphore, Closed};
    ///
    /// let semaphore = ClosableSemaphore::new(0);
    /// std::thread::scope(|scope| {
    ///     let waiting = scope.spawn(|| semaphore.acquire_blocking().map(drop));
    ///     semaphore.close();
    ///     assert_eq!(waiting.join().unwrap(), Err(Closed));
    /// });
    /// ```
    #[track_caller]
    pub fn acquire_blocking(&self) -> Result<ClosablePermit<'_>, Closed> {
        self.acquire_many_blocking(1)
    }

    /// Blocks the thread until it has many permits at once.
    ///
    /// **Not to be called on a thread that runs a runtime.**
    ///
    /// # Errors
    ///
    /// [`Closed`], when it is closed before the permits are granted.
    ///
    /// # Panics
    ///
    /// If `permits` is above [`MAX_PERMITS`](Self::MAX_PERMITS); and in a debug build with the feature
    /// `compio`, on a thread that runs compio.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::ClosableSemaphore;
    ///
    /// let semaphore = ClosableSemaphore::new(5);
    /// assert_eq!(semaphore.acquire_many_blocking(3).unwrap().num_permits(), 3);
    /// ```
    #[track_caller]
    pub fn acquire_many_blocking(&self, permits: usize) -> Result<ClosablePermit<'_>, Closed> {
        assert_may_block();
        let outcome = block_on(self.acquire_many(permits), None);
        outcome.expect("without a deadline it waits until there is one")
    }

    /// Blocks the thread until it has a permit, or until the deadline.
    ///
    /// **Not to be called on a thread that runs a runtime.**
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::Closed`], when it is closed before the permit is granted, and
    /// [`TryAcquireError::NoPermits`] when the deadline comes before.
    ///
    /// # Panics
    ///
    /// In a debug build with the feature `compio`, on a thread that runs compio.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    ///
    /// use compio_sync::{ClosableSemaphore, TryAcquireError};
    ///
    /// let semaphore = ClosableSemaphore::new(0);
    /// let late = semaphore.acquire_blocking_until(Instant::now());
    /// assert_eq!(late.unwrap_err(), TryAcquireError::NoPermits);
    /// ```
    #[track_caller]
    pub fn acquire_blocking_until(
        &self,
        deadline: Instant,
    ) -> Result<ClosablePermit<'_>, TryAcquireError> {
        self.acquire_many_blocking_until(1, deadline)
    }

    /// Blocks the thread until it has many permits at once, or until the deadline.
    ///
    /// **Not to be called on a thread that runs a runtime.**
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::Closed`], when it is closed before the permits are granted, and
    /// [`TryAcquireError::NoPermits`] when the deadline comes before.
    ///
    /// # Panics
    ///
    /// If `permits` is above [`MAX_PERMITS`](Self::MAX_PERMITS); and in a debug build with the feature
    /// `compio`, on a thread that runs compio.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    ///
    /// use compio_sync::ClosableSemaphore;
    ///
    /// let semaphore = ClosableSemaphore::new(5);
    /// assert!(semaphore.acquire_many_blocking_until(5, Instant::now()).is_ok());
    /// ```
    #[track_caller]
    pub fn acquire_many_blocking_until(
        &self,
        permits: usize,
        deadline: Instant,
    ) -> Result<ClosablePermit<'_>, TryAcquireError> {
        assert_may_block();
        match block_on(self.acquire_many(permits), Some(deadline)) {
            Some(outcome) => Ok(outcome?),
            None => Err(TryAcquireError::NoPermits),
        }
    }
}

#[track_caller]
fn assert_may_block() {
    #[cfg(all(feature = "compio", debug_assertions, not(loom)))]
    assert!(
        compio::runtime::Runtime::try_with_current(|_| ()).is_err(),
        "a thread that runs compio must not block on a semaphore, or its tasks stand still: \
         await `acquire` instead"
    );
}
