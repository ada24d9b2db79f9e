//! The guards of a reader-writer lock.

use core::{
    fmt,
    ops::{Deref, DerefMut},
};

use super::RwLock;
use crate::{
    flavour::Flavour,
    guarded::{Access, Guards, ReadAccess, ReadWrite, WriteAccess},
    queue::{Handle, Primitive},
};

/// A guard that dereferences to the data of a [`RwLock`], and releases its read lock when dropped.
///
/// `L` is a reference to the lock: `&RwLock`, or an `Arc` or `Rc` of it. With a counted reference
/// the guard is `'static` if the data is.
///
/// A borrowed guard of the shared flavour is `Send` if the data is `Sync`. An owned guard is `Send`
/// if the data is `Send` and `Sync`, because it may drop the data. Unlike
/// [`MutexGuard`](crate::generic::MutexGuard), the guard does not expose its lock. Another thread
/// could otherwise lock it for writing and move data that is not `Send`.
///
/// # Examples
///
/// ```
/// use compio_sync::{RwLock, RwLockReadGuard};
///
/// fn sum(numbers: &RwLockReadGuard<'_, Vec<u32>>) -> u32 {
///     numbers.iter().sum()
/// }
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let numbers = RwLock::new(vec![1, 2, 3]);
/// assert_eq!(sum(&numbers.read().await), 6);
/// # });
/// ```
///
/// It lends the data for reading only, and data that is not `Sync` stays on its thread:
///
/// ```compile_fail,E0594
/// let lock = compio_sync::RwLock::new(5);
/// let mut guard = lock.try_read().unwrap();
/// *guard = 6;
/// ```
///
/// ```compile_fail,E0277
/// let lock = compio_sync::RwLock::new(std::cell::Cell::new(5));
/// let guard = lock.try_read();
/// std::thread::scope(|scope| {
///     scope.spawn(|| drop(guard));
/// });
/// ```
#[must_use = "the lock is released as soon as the guard is dropped"]
pub struct RwLockReadGuard<L>(ReadAccess<L>)
where
    L: Handle<Target: Guards<Policy = ReadWrite>>;

impl<L, F: Flavour, T: ?Sized> RwLockReadGuard<L>
where
    L: Handle<Target = RwLock<F, T>>,
{
    /// The guard of a lock that was acquired without a wait.
    #[inline]
    pub(super) fn new(lock: L) -> Self {
        let guard = Self::granted(lock);
        guard.0.handle().emit_state();
        guard
    }

    /// The guard of a lock that was granted to a wait.
    #[inline]
    pub(super) fn granted(lock: L) -> Self {
        Self(ReadAccess::new(lock))
    }
}

impl<L, F: Flavour, T: ?Sized> Deref for RwLockReadGuard<L>
where
    L: Handle<Target = RwLock<F, T>>,
{
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

/// A guard that dereferences to the data of a [`RwLock`], and releases its write lock when dropped.
///
/// `L` is a reference to the lock: `&RwLock`, or an `Arc` or `Rc` of it. With a counted reference
/// the guard is `'static` if the data is. A guard of the shared flavour is `Send` and `Sync` if the
/// data is both.
///
/// # Examples
///
/// ```
/// use compio_sync::{RwLock, RwLockWriteGuard};
///
/// fn add(mut numbers: RwLockWriteGuard<'_, Vec<u32>>, number: u32) {
///     numbers.push(number);
/// }
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let numbers = RwLock::new(vec![1, 2]);
/// add(numbers.write().await, 3);
/// assert_eq!(*numbers.read().await, [1, 2, 3]);
/// # });
/// ```
#[must_use = "the lock is released as soon as the guard is dropped"]
pub struct RwLockWriteGuard<L>(WriteAccess<L, Access>)
where
    L: Handle<Target: Guards<Policy = ReadWrite>>;

impl<L, F: Flavour, T: ?Sized> RwLockWriteGuard<L>
where
    L: Handle<Target = RwLock<F, T>>,
{
    /// The guard of a lock that was acquired without a wait.
    #[inline]
    pub(super) fn new(lock: L) -> Self {
        let guard = Self::granted(lock);
        guard.0.handle().emit_state();
        guard
    }

    /// The guard of a lock that was granted to a wait.
    #[inline]
    pub(super) fn granted(lock: L) -> Self {
        Self(WriteAccess::new(lock))
    }

    /// Atomically downgrades the write lock to a read lock.
    ///
    /// No writer can lock the data in between. Readers at the front of the queue are granted the
    /// lock at once. Writers wait until all readers have released the lock.
    ///
    /// This is an associated function: `RwLockWriteGuard::downgrade(guard)`.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::{RwLock, RwLockWriteGuard};
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let total = RwLock::new(5);
    /// let mut write = total.write().await;
    /// *write += 1;
    /// let read = RwLockWriteGuard::downgrade(write);
    /// assert_eq!((*read, *total.read().await), (6, 6));
    /// # });
    /// ```
    pub fn downgrade(guard: Self) -> RwLockReadGuard<L> {
        let guard = RwLockReadGuard(guard.0.downgrade());
        guard.0.handle().emit_state();
        guard
    }
}

impl<L, F: Flavour, T: ?Sized> Deref for RwLockWriteGuard<L>
where
    L: Handle<Target = RwLock<F, T>>,
{
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<L, F: Flavour, T: ?Sized> DerefMut for RwLockWriteGuard<L>
where
    L: Handle<Target = RwLock<F, T>>,
{
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<L, F: Flavour, T: ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<L>
where
    L: Handle<Target = RwLock<F, T>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<L, F: Flavour, T: ?Sized + fmt::Display> fmt::Display for RwLockReadGuard<L>
where
    L: Handle<Target = RwLock<F, T>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<L, F: Flavour, T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<L>
where
    L: Handle<Target = RwLock<F, T>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<L, F: Flavour, T: ?Sized + fmt::Display> fmt::Display for RwLockWriteGuard<L>
where
    L: Handle<Target = RwLock<F, T>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
