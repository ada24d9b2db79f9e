//! Blocking a thread on a future of this crate.

use std::time::Instant;

use crate::queue::block_on;

/// The blocking methods of a future of the shared flavour, written once for all of them.
macro_rules! blocking_methods {
    () => {
        /// Blocks the current thread until the future completes. Requires the `std` feature.
        ///
        /// The thread waits in the same queue as tasks, in the same order, and nothing is
        /// allocated.
        ///
        /// **Do not call it on a thread that runs an async runtime.** The tasks of that thread
        /// would not run, and one of them may hold what the thread waits for. Await the future
        /// instead.
        ///
        /// # Panics
        ///
        /// On a thread that runs a compio runtime, in debug builds with the feature `compio`.
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
        ///     .map(|_| thread::spawn(|| drop(FILES.acquire().block())))
        ///     .collect();
        /// for thread in threads {
        ///     thread.join().unwrap();
        /// }
        /// assert_eq!(FILES.available_permits(), 2);
        /// ```
        #[track_caller]
        pub fn block(self) -> <Self as Future>::Output {
            $crate::blocking::block(self)
        }

        /// Blocks the current thread until the future completes, or until the deadline. Requires
        /// the `std` feature.
        ///
        /// Returns `None` if the deadline passes first. The wait is then cancelled, and nothing is
        /// lost. A future that is ready completes even if the deadline has passed.
        ///
        /// If the wait completes just before the deadline, the thread returns only after the
        /// completing thread has run its waker. Wakers of other waiters may run before it.
        ///
        /// **Do not call it on a thread that runs an async runtime**, see [`block`](Self::block).
        ///
        /// # Panics
        ///
        /// On a thread that runs a compio runtime, in debug builds with the feature `compio`.
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
        /// let permit = semaphore.acquire().block_until(soon);
        /// assert!(permit.is_some());
        /// assert!(semaphore.acquire().block_until(soon).is_none());
        /// ```
        #[track_caller]
        #[must_use = "`None` means that the deadline passed before the future completed"]
        pub fn block_until(
            self,
            deadline: ::std::time::Instant,
        ) -> Option<<Self as Future>::Output> {
            $crate::blocking::block_until(self, deadline)
        }
    };
}
pub(crate) use blocking_methods;

#[track_caller]
pub(crate) fn block<F: Future>(future: F) -> F::Output {
    assert_may_block();
    block_on(future, None).expect("a wait without a deadline completes")
}

#[track_caller]
pub(crate) fn block_until<F: Future>(future: F, deadline: Instant) -> Option<F::Output> {
    assert_may_block();
    block_on(future, Some(deadline))
}

#[track_caller]
fn assert_may_block() {
    #[cfg(all(feature = "compio", debug_assertions, not(loom)))]
    assert!(
        compio::runtime::Runtime::try_with_current(|_| ()).is_err(),
        "cannot block a thread that runs a compio runtime; await the future instead"
    );
}
