//! Locking through a counted reference, which the future and the guard then own.

use alloc::{rc::Rc, sync::Arc};

use super::{ReadLock, RwLock, RwLockReadGuard, RwLockWriteGuard, WriteLock};
use crate::{
    flavour::{Shared, SingleThread},
    guarded::Access,
    owned::owned_methods,
};

owned_methods! { ($Counted, $F) =>
    /// Methods whose futures and guards own a reference to the lock. They require the `alloc`
    /// feature.
    ///
    /// The methods consume a counted reference. To keep it, clone it first:
    /// `lock.clone().read_owned()`.
    impl<T: ?Sized> RwLock<$F, T> {
        /// Locks the data for reading, like [`read`](Self::read).
        ///
        /// # Examples
        ///
        /// ```
        /// use std::sync::Arc;
        ///
        /// use compio_sync::RwLock;
        ///
        /// # compio::runtime::Runtime::new().unwrap().block_on(async {
        /// let lock = Arc::new(RwLock::new(5));
        /// let guard = lock.clone().read_owned().await;
        /// assert_eq!(compio::runtime::spawn(async move { *guard }).await.unwrap(), 5);
        /// # });
        /// ```
        #[inline]
        pub fn read_owned(self: $Counted<Self>) -> ReadLock<$Counted<Self>> {
            ReadLock::new(self)
        }

        /// Locks the data for writing, like [`write`](Self::write).
        ///
        /// # Examples
        ///
        /// ```
        /// use std::sync::Arc;
        ///
        /// use compio_sync::RwLock;
        ///
        /// # compio::runtime::Runtime::new().unwrap().block_on(async {
        /// let lock = Arc::new(RwLock::new(5));
        /// let mut guard = lock.clone().write_owned().await;
        /// compio::runtime::spawn(async move { *guard += 1 }).await.unwrap();
        /// assert_eq!(*lock.read().await, 6);
        /// # });
        /// ```
        #[inline]
        pub fn write_owned(self: $Counted<Self>) -> WriteLock<$Counted<Self>> {
            WriteLock::new(self)
        }

        /// Attempts to lock the data for reading, like [`try_read`](Self::try_read).
        ///
        /// The counted reference is consumed even if locking fails.
        ///
        /// # Examples
        ///
        /// ```
        /// let lock = std::sync::Arc::new(compio_sync::RwLock::new(5));
        /// assert_eq!(*lock.try_read_owned().unwrap(), 5);
        /// ```
        #[inline]
        #[must_use = "the lock is released as soon as the guard is dropped"]
        pub fn try_read_owned(self: $Counted<Self>) -> Option<RwLockReadGuard<$Counted<Self>>> {
            self.try_lock_raw(Access::Read).then(|| RwLockReadGuard::new(self))
        }

        /// Attempts to lock the data for writing, like [`try_write`](Self::try_write).
        ///
        /// The counted reference is consumed even if locking fails.
        ///
        /// # Examples
        ///
        /// ```
        /// let lock = std::sync::Arc::new(compio_sync::RwLock::new(5));
        /// *lock.clone().try_write_owned().unwrap() += 1;
        /// assert_eq!(*lock.try_read().unwrap(), 6);
        /// ```
        #[inline]
        #[must_use = "the lock is released as soon as the guard is dropped"]
        pub fn try_write_owned(self: $Counted<Self>) -> Option<RwLockWriteGuard<$Counted<Self>>> {
            self.try_lock_raw(Access::Write).then(|| RwLockWriteGuard::new(self))
        }
    }
}
