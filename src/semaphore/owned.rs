//! Acquiring through a counted reference, which the future and the guard then own.

use alloc::{rc::Rc, sync::Arc};

use super::{Acquire, Closable, Closing, Drain, Semaphore, SemaphorePermit};
use crate::{
    error::TryAcquireError,
    flavour::{Shared, SingleThread},
    owned::owned_methods,
};

owned_methods! { ($Counted, $F) =>
    /// Methods whose futures and guards own a reference to the semaphore. They require the `alloc`
    /// feature.
    ///
    /// The methods consume a counted reference. To keep it, clone it first:
    /// `semaphore.clone().acquire_owned()`. Nothing else is allocated or counted, because the
    /// future passes its reference on to the guard.
    impl<C: Closing> Semaphore<$F, C> {
        /// Acquires a permit that owns a reference to the semaphore.
        ///
        /// Fairness, cancel safety and output are those of `acquire`.
        ///
        /// # Examples
        ///
        /// Spawn no more tasks than there are permits:
        ///
        /// ```
        /// use std::sync::Arc;
        ///
        /// use compio_sync::Semaphore;
        ///
        /// # compio::runtime::Runtime::new().unwrap().block_on(async {
        /// let semaphore = Arc::new(Semaphore::new(64));
        /// let mut tasks = Vec::new();
        /// for _ in 0..100 {
        ///     let permit = semaphore.clone().acquire_owned().await;
        ///     tasks.push(compio::runtime::spawn(async move {
        ///         // Use the limited resource.
        ///         drop(permit);
        ///     }));
        /// }
        /// for task in tasks {
        ///     task.await.unwrap();
        /// }
        /// assert_eq!(semaphore.available_permits(), 64);
        /// # });
        /// ```
        #[inline]
        pub fn acquire_owned(self: $Counted<Self>) -> Acquire<$Counted<Self>> {
            Acquire::new(self, 1)
        }

        /// Acquires `permits` permits at once, in a guard that owns a reference to the
        /// semaphore.
        ///
        /// Fairness, cancel safety and output are those of `acquire_many`.
        ///
        /// # Panics
        ///
        /// If `permits` exceeds [`MAX_PERMITS`](Self::MAX_PERMITS).
        ///
        /// # Examples
        ///
        /// ```
        /// use std::sync::Arc;
        ///
        /// use compio_sync::Semaphore;
        ///
        /// # compio::runtime::Runtime::new().unwrap().block_on(async {
        /// let bytes = Arc::new(Semaphore::new(64 * 1024));
        /// let permit = bytes.clone().acquire_many_owned(4096).await;
        /// assert_eq!(bytes.available_permits(), 60 * 1024);
        /// # });
        /// ```
        #[inline]
        #[track_caller]
        pub fn acquire_many_owned(
            self: $Counted<Self>,
            permits: usize,
        ) -> Acquire<$Counted<Self>> {
            Self::assert_may_wait_for(permits);
            Acquire::new(self, permits)
        }
    }

    impl Semaphore<$F> {
        /// Acquires a permit that owns a reference to the semaphore, like
        /// [`try_acquire`](Self::try_acquire). The reference is consumed even if no permit is
        /// acquired.
        ///
        /// # Examples
        ///
        /// ```
        /// use std::sync::Arc;
        ///
        /// use compio_sync::Semaphore;
        ///
        /// let semaphore = Arc::new(Semaphore::new(1));
        /// let permit = semaphore.clone().try_acquire_owned();
        /// assert!(permit.is_some());
        /// assert!(semaphore.try_acquire_owned().is_none());
        /// ```
        #[inline]
        #[must_use = "a permit is released as soon as it is dropped"]
        pub fn try_acquire_owned(
            self: $Counted<Self>,
        ) -> Option<SemaphorePermit<$Counted<Self>>> {
            self.try_acquire_many_owned(1)
        }

        /// Acquires `permits` permits in a guard that owns a reference to the semaphore, like
        /// [`try_acquire_many`](Self::try_acquire_many). The reference is consumed even if no
        /// permit is acquired.
        ///
        /// # Examples
        ///
        /// ```
        /// use std::sync::Arc;
        ///
        /// use compio_sync::Semaphore;
        ///
        /// let semaphore = Arc::new(Semaphore::new(5));
        /// let permit = semaphore.clone().try_acquire_many_owned(3);
        /// assert!(permit.is_some());
        /// assert!(semaphore.try_acquire_many_owned(3).is_none());
        /// ```
        #[inline]
        #[must_use = "a permit is released as soon as it is dropped"]
        pub fn try_acquire_many_owned(
            self: $Counted<Self>,
            permits: usize,
        ) -> Option<SemaphorePermit<$Counted<Self>>> {
            self.try_acquire_raw(permits).ok()?;
            Some(SemaphorePermit::new(self, permits))
        }

        /// Acquires all available permits, but at most `permits`, in a guard that owns a
        /// reference to the semaphore, like [`try_acquire_up_to`](Self::try_acquire_up_to). The
        /// reference is consumed in any case.
        ///
        /// # Examples
        ///
        /// ```
        /// use std::sync::Arc;
        ///
        /// use compio_sync::Semaphore;
        ///
        /// let semaphore = Arc::new(Semaphore::new(2));
        /// assert_eq!(semaphore.try_acquire_up_to_owned(3).unwrap().num_permits(), 2);
        /// ```
        #[must_use = "a permit is released as soon as it is dropped"]
        pub fn try_acquire_up_to_owned(
            self: $Counted<Self>,
            permits: usize,
        ) -> Option<SemaphorePermit<$Counted<Self>>> {
            let acquired = self.try_acquire_up_to_raw(permits).ok()?;
            Some(SemaphorePermit::new(self, acquired))
        }
    }

    impl Semaphore<$F, Closable<$F>> {
        /// Acquires a permit that owns a reference to the semaphore, like
        /// [`try_acquire`](Self::try_acquire). The reference is consumed even if no permit is
        /// acquired.
        ///
        /// # Errors
        ///
        /// Those of [`try_acquire`](Self::try_acquire).
        ///
        /// # Examples
        ///
        /// ```
        /// use std::sync::Arc;
        ///
        /// use compio_sync::ClosableSemaphore;
        ///
        /// let semaphore = Arc::new(ClosableSemaphore::new(1));
        /// let permit = semaphore.clone().try_acquire_owned();
        /// assert!(permit.is_ok());
        /// assert!(semaphore.try_acquire_owned().is_err());
        /// ```
        #[inline]
        pub fn try_acquire_owned(
            self: $Counted<Self>,
        ) -> Result<SemaphorePermit<$Counted<Self>>, TryAcquireError> {
            self.try_acquire_many_owned(1)
        }

        /// Acquires `permits` permits in a guard that owns a reference to the semaphore, like
        /// [`try_acquire_many`](Self::try_acquire_many). The reference is consumed even if no
        /// permit is acquired.
        ///
        /// # Errors
        ///
        /// Those of [`try_acquire_many`](Self::try_acquire_many).
        ///
        /// # Examples
        ///
        /// ```
        /// use std::sync::Arc;
        ///
        /// use compio_sync::ClosableSemaphore;
        ///
        /// let semaphore = Arc::new(ClosableSemaphore::new(5));
        /// assert_eq!(semaphore.try_acquire_many_owned(3).unwrap().num_permits(), 3);
        /// ```
        #[inline]
        pub fn try_acquire_many_owned(
            self: $Counted<Self>,
            permits: usize,
        ) -> Result<SemaphorePermit<$Counted<Self>>, TryAcquireError> {
            self.try_acquire_raw(permits)?;
            Ok(SemaphorePermit::new(self, permits))
        }

        /// Acquires all available permits, but at most `permits`, in a guard that owns a
        /// reference to the semaphore, like [`try_acquire_up_to`](Self::try_acquire_up_to). The
        /// reference is consumed in any case.
        ///
        /// # Errors
        ///
        /// Those of [`try_acquire_up_to`](Self::try_acquire_up_to).
        ///
        /// # Examples
        ///
        /// ```
        /// use std::sync::Arc;
        ///
        /// use compio_sync::ClosableSemaphore;
        ///
        /// let semaphore = Arc::new(ClosableSemaphore::new(2));
        /// assert_eq!(semaphore.try_acquire_up_to_owned(3).unwrap().num_permits(), 2);
        /// ```
        pub fn try_acquire_up_to_owned(
            self: $Counted<Self>,
            permits: usize,
        ) -> Result<SemaphorePermit<$Counted<Self>>, TryAcquireError> {
            let acquired = self.try_acquire_up_to_raw(permits)?;
            Ok(SemaphorePermit::new(self, acquired))
        }

        /// Closes the semaphore and waits until every permit is released, like
        /// [`drain`](Self::drain), in a future that owns a reference to the semaphore.
        ///
        /// # Examples
        ///
        /// ```
        /// use std::sync::Arc;
        ///
        /// use compio_sync::ClosableSemaphore;
        ///
        /// # compio::runtime::Runtime::new().unwrap().block_on(async {
        /// let semaphore = Arc::new(ClosableSemaphore::new(2));
        /// compio::runtime::spawn(semaphore.clone().drain_owned()).await.unwrap();
        /// assert!(semaphore.is_closed());
        /// # });
        /// ```
        pub fn drain_owned(self: $Counted<Self>) -> Drain<$Counted<Self>> {
            self.close();
            Drain::new(self)
        }
    }
}
