//! The guard of a locked mutex.

use core::{
    fmt,
    ops::{Deref, DerefMut},
};

use super::Mutex;
use crate::{
    flavour::Flavour,
    guarded::{Exclusive, Guards, MappedAccess, WriteAccess},
    queue::{Handle, Primitive},
};

/// A guard that dereferences to the data of a [`Mutex`], and unlocks the mutex when dropped.
///
/// `M` is a reference to the mutex: `&Mutex`, or an `Arc` or `Rc` of it. With a counted reference
/// the guard is `'static` if the data is, so it can move into a spawned task.
///
/// A guard of the shared flavour is `Send` if the data is `Send`, and `Sync` if the data is `Send`
/// and `Sync`.
///
/// # Examples
///
/// ```
/// use compio_sync::{Mutex, MutexGuard};
///
/// fn add(mut total: MutexGuard<'_, u32>, amount: u32) {
///     *total += amount;
/// }
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let total = Mutex::new(0);
/// add(total.lock().await, 5);
/// assert_eq!(total.into_inner(), 5);
/// # });
/// ```
///
/// A borrowed guard cannot outlive its mutex, and data that is not `Send` stays on its thread:
///
/// ```compile_fail,E0597
/// let guard = {
///     let mutex = compio_sync::Mutex::new(5);
///     mutex.try_lock()
/// };
/// drop(guard);
/// ```
///
/// ```compile_fail,E0277
/// let mutex = compio_sync::Mutex::new(std::rc::Rc::new(5));
/// let guard = mutex.try_lock();
/// std::thread::scope(|scope| {
///     scope.spawn(|| drop(guard));
/// });
/// ```
///
/// Data that is not `Sync` is not shared through a guard:
///
/// ```compile_fail,E0277
/// let mutex = compio_sync::Mutex::new(std::cell::Cell::new(5));
/// let guard = mutex.try_lock().unwrap();
/// std::thread::scope(|scope| {
///     scope.spawn(|| guard.set(6));
/// });
/// ```
///
/// A guard of data that contains references does not accept shorter-lived ones:
///
/// ```compile_fail
/// fn shorten<'g, 'a>(
///     guard: compio_sync::MutexGuard<'g, &'static str>,
///     _: &'g &'a (),
/// ) -> compio_sync::MutexGuard<'g, &'a str> {
///     guard
/// }
/// ```
#[must_use = "the mutex is unlocked as soon as the guard is dropped"]
pub struct MutexGuard<M>(WriteAccess<M, ()>)
where
    M: Handle<Target: Guards<Policy = Exclusive>>;

impl<M, F: Flavour, T: ?Sized> MutexGuard<M>
where
    M: Handle<Target = Mutex<F, T>>,
{
    /// The guard of a lock that was acquired without a wait.
    #[inline]
    pub(super) fn new(mutex: M) -> Self {
        let guard = Self::granted(mutex);
        Self::mutex(&guard).emit_state();
        guard
    }

    /// The guard of a lock that was granted to a wait.
    #[inline]
    pub(super) fn granted(mutex: M) -> Self {
        Self(WriteAccess::new(mutex))
    }

    /// Returns the mutex, which stays locked.
    pub(crate) fn into_locked_mutex(guard: Self) -> M {
        guard.0.into_handle()
    }

    /// Returns the mutex that the guard unlocks.
    ///
    /// This is an associated function: `MutexGuard::mutex(&guard)`.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::{Mutex, MutexGuard};
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let mutex = Mutex::new(5);
    /// let guard = mutex.lock().await;
    /// assert!(MutexGuard::mutex(&guard).is_locked());
    /// # });
    /// ```
    #[inline]
    #[must_use]
    pub fn mutex(guard: &Self) -> &M {
        guard.0.handle()
    }

    /// Narrows the guard to a part of the data.
    ///
    /// This is an associated function: `MutexGuard::map(guard, |data| &mut data.part)`.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::{Mutex, MutexGuard};
    ///
    /// struct Cache {
    ///     entries: Vec<&'static str>,
    /// }
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let cache = Mutex::new(Cache { entries: Vec::new() });
    /// let mut entries = MutexGuard::map(cache.lock().await, |cache| &mut cache.entries);
    /// entries.push("index.html");
    /// # });
    /// ```
    pub fn map<U: ?Sized>(
        guard: Self,
        part: impl FnOnce(&mut T) -> &mut U,
    ) -> MappedMutexGuard<M, U> {
        MappedMutexGuard(guard.0.map(part))
    }
}

impl<M, F: Flavour, T: ?Sized> Deref for MutexGuard<M>
where
    M: Handle<Target = Mutex<F, T>>,
{
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<M, F: Flavour, T: ?Sized> DerefMut for MutexGuard<M>
where
    M: Handle<Target = Mutex<F, T>>,
{
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<M, F: Flavour, T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<M>
where
    M: Handle<Target = Mutex<F, T>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<M, F: Flavour, T: ?Sized + fmt::Display> fmt::Display for MutexGuard<M>
where
    M: Handle<Target = Mutex<F, T>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// A guard that dereferences to a part of the data of a [`Mutex`], and unlocks the mutex when
/// dropped.
///
/// [`MutexGuard::map`] returns it. `U` is the type of the part.
///
/// # Examples
///
/// ```
/// use compio_sync::{MappedMutexGuard, Mutex, MutexGuard};
///
/// type Entry = (u32, String);
///
/// fn name(entry: MutexGuard<'_, Entry>) -> MappedMutexGuard<'_, Entry, String> {
///     MutexGuard::map(entry, |(_, name)| name)
/// }
///
/// let entry = Mutex::new((1, String::from("a")));
/// name(entry.try_lock().unwrap()).push('b');
/// assert_eq!(entry.into_inner().1, "ab");
/// ```
///
/// A guard of a part that contains references does not accept shorter-lived ones:
///
/// ```compile_fail
/// fn shorten<'a>(
///     guard: compio_sync::MappedMutexGuard<'static, u8, &'static str>,
/// ) -> compio_sync::MappedMutexGuard<'static, u8, &'a str> {
///     guard
/// }
/// ```
#[must_use = "the mutex is unlocked as soon as the guard is dropped"]
pub struct MappedMutexGuard<M, U: ?Sized>(MappedAccess<M, (), U>)
where
    M: Handle<Target: Guards<Policy = Exclusive>>;

impl<M, U: ?Sized> Deref for MappedMutexGuard<M, U>
where
    M: Handle<Target: Guards<Policy = Exclusive>>,
{
    type Target = U;

    #[inline]
    fn deref(&self) -> &U {
        self.0.get()
    }
}

impl<M, U: ?Sized> DerefMut for MappedMutexGuard<M, U>
where
    M: Handle<Target: Guards<Policy = Exclusive>>,
{
    #[inline]
    fn deref_mut(&mut self) -> &mut U {
        self.0.get_mut()
    }
}

impl<M, U: ?Sized + fmt::Debug> fmt::Debug for MappedMutexGuard<M, U>
where
    M: Handle<Target: Guards<Policy = Exclusive>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<M, U: ?Sized + fmt::Display> fmt::Display for MappedMutexGuard<M, U>
where
    M: Handle<Target: Guards<Policy = Exclusive>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
