//! Locking through a counted reference, which the future and the guard then own.

use alloc::{rc::Rc, sync::Arc};

use super::{Lock, Mutex, MutexGuard};
use crate::{
    flavour::{Shared, SingleThread},
    owned::owned_methods,
};

owned_methods! { ($Counted, $F) =>
    impl<T: ?Sized> Mutex<$F, T> {
        /// Locks the mutex, like [`lock`](Self::lock). Requires the `alloc` feature.
        ///
        /// The future and its guard own the counted reference. To keep a reference, clone it first:
        /// `mutex.clone().lock_owned()`.
        ///
        /// # Examples
        ///
        /// ```
        /// use std::sync::Arc;
        ///
        /// use compio_sync::Mutex;
        ///
        /// # compio::runtime::Runtime::new().unwrap().block_on(async {
        /// let log = Arc::new(Mutex::new(Vec::new()));
        /// let mut guard = log.clone().lock_owned().await;
        /// compio::runtime::spawn(async move { guard.push("started") }).await.unwrap();
        /// assert_eq!(*log.lock().await, ["started"]);
        /// # });
        /// ```
        #[inline]
        pub fn lock_owned(self: $Counted<Self>) -> Lock<$Counted<Self>> {
            Lock::new(self)
        }

        /// Attempts to lock the mutex, like [`try_lock`](Self::try_lock). Requires the `alloc`
        /// feature.
        ///
        /// The guard owns the counted reference. The reference is dropped if the mutex is locked.
        ///
        /// # Examples
        ///
        /// ```
        /// use std::sync::Arc;
        ///
        /// use compio_sync::Mutex;
        ///
        /// let mutex = Arc::new(Mutex::new(5));
        /// let guard = mutex.clone().try_lock_owned();
        /// assert!(guard.is_some());
        /// assert!(mutex.try_lock_owned().is_none());
        /// ```
        #[inline]
        #[must_use = "the mutex is unlocked as soon as the guard is dropped"]
        pub fn try_lock_owned(self: $Counted<Self>) -> Option<MutexGuard<$Counted<Self>>> {
            self.try_lock_raw().then(|| MutexGuard::new(self))
        }
    }
}
