//! Data that only the holder of a grant accesses.
//!
//! This file contains the only `unsafe` code outside of the wait queue.
//!
//! # Invariants
//!
//! Each `SAFETY` note cites one of these names, or one of the [wait queue](crate::queue).
//!
//! - *One Writer*: while a request for exclusive access is granted, no other request is granted.
//!   The [policies](policy) keep it.
//! - *Access By Grant*: a reference to the data is borrowed from the owner of a grant, and ends
//!   before the grant is released. Only [`ReadAccess`], [`WriteAccess`] and [`MappedAccess`] lend
//!   such references. Each of them is created from a request that was just granted.
//! - *Full For Good*: once the value of a [`Once`] queue is `FULL`, the data is `Some`, and is not
//!   written through a shared reference again.
#![allow(unsafe_code)]

mod policy;

#[cfg(feature = "alloc")]
use alloc::sync::Arc;
use core::{
    cell::UnsafeCell,
    fmt,
    ops::{Deref, DerefMut},
};

pub(crate) use self::policy::{Access, Exclude, Exclusive, MAX_READERS, Once, ReadWrite};
use self::policy::{EMPTY, FULL, ONE_READER};
use crate::{
    flavour::{Flavour, ThreadSafe},
    loom::const_unless_loom,
    queue::{Handle, Policy, PolicyOf, Primitive, WaitQueue},
    trace::Grant,
};

/// Data, and the queue whose grants give access to it.
pub struct Guarded<P: Policy, F: Flavour, T: ?Sized> {
    pub(crate) queue: WaitQueue<P, F>,
    data: UnsafeCell<T>,
}

// SAFETY: *One Writer*: threads access the data in turn, and the queue orders their accesses.
unsafe impl<F: ThreadSafe, T: ?Sized + Send> Sync for Guarded<Exclusive, F, T> {}

// SAFETY: *One Writer*: as above, and several threads may read at the same time.
unsafe impl<F: ThreadSafe, T: ?Sized + Send + Sync> Sync for Guarded<ReadWrite, F, T> {}

// SAFETY: *Full For Good*: as above.
unsafe impl<F: ThreadSafe, T: Send + Sync> Sync for Guarded<Once, F, Option<T>> {}

impl<P: Policy, F: Flavour, T> Guarded<P, F, T> {
    const_unless_loom! {
        /// Creates guarded data whose queue starts at `value`.
        fn with_value(value: isize, data: T) -> Self {
            Self { queue: WaitQueue::new(value), data: UnsafeCell::new(data) }
        }
    }

    pub(crate) fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<P: Exclude, F: Flavour, T> Guarded<P, F, T> {
    const_unless_loom! {
        pub(crate) fn new(data: T) -> Self {
            Self::with_value(P::FREE, data)
        }
    }
}

impl<P: Policy, F: Flavour, T: ?Sized> Guarded<P, F, T> {
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }
}

impl<F: Flavour, T> Guarded<Once, F, Option<T>> {
    const_unless_loom! {
        pub(crate) fn empty() -> Self {
            Self::with_value(EMPTY, None)
        }
    }

    pub(crate) fn full(data: T) -> Self {
        Self::with_value(FULL, Some(data))
    }

    /// Returns the data if the cell is full. One load.
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        if self.queue.value_acquire() < FULL {
            return None;
        }
        // SAFETY: *Full For Good*: no thread writes the data any more.
        let data = unsafe { &*self.data.get() };
        // SAFETY: *Full For Good*: the data is `Some`.
        Some(unsafe { data.as_ref().unwrap_unchecked() })
    }

    /// Fills the cell, for the owner of the right to initialize it, and completes all waiters.
    pub(crate) fn fill<H>(grant: Grant<H, ()>, data: T)
    where
        H: Handle<Target: Guards<Policy = Once, Flavour = F, Data = Option<T>>>,
    {
        // SAFETY: *One Writer*: the caller owns the grant, and the cell is not full yet.
        unsafe { *grant.handle().guarded().data.get() = Some(data) };
        let (handle, ()) = grant.into_parts();
        handle.guarded().queue.change(|_| FULL);
    }

    /// Empties the cell. Returns the data if the cell was full.
    pub(crate) fn take(&mut self) -> Option<T> {
        let data = self.get_mut().take()?;
        self.queue.change(|_| EMPTY);
        Some(data)
    }
}

impl<P: Policy, F: Flavour, T: ?Sized> fmt::Debug for Guarded<P, F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("queue", &self.queue).finish_non_exhaustive()
    }
}

/// A primitive with guarded data.
pub trait Guards: Primitive {
    type Data: ?Sized;

    fn guarded(&self) -> &Guarded<Self::Policy, Self::Flavour, Self::Data>;
}

/// Shared access to the data, until it is dropped.
pub(crate) struct ReadAccess<H>(Grant<H, Access>)
where
    H: Handle<Target: Guards<Policy = ReadWrite>>;

impl<H, D: ?Sized> ReadAccess<H>
where
    H: Handle<Target: Guards<Policy = ReadWrite, Data = D>>,
{
    /// Owns a request for reading that was just granted.
    #[inline]
    pub(crate) fn new(handle: H) -> Self {
        Self(Grant::new(handle, Access::Read))
    }

    #[inline]
    pub(crate) fn handle(&self) -> &H {
        self.0.handle()
    }
}

impl<H, D: ?Sized> Deref for ReadAccess<H>
where
    H: Handle<Target: Guards<Policy = ReadWrite, Data = D>>,
{
    type Target = D;

    #[inline]
    fn deref(&self) -> &D {
        // SAFETY: *Access By Grant*: readers are granted, so no writer is.
        unsafe { &*self.0.handle().guarded().data.get() }
    }
}

// SAFETY: *Access By Grant*: the other thread only reads the data and releases the lock.
unsafe impl<P> Send for ReadAccess<&P> where
    P: ?Sized + Guards<Policy = ReadWrite, Flavour: ThreadSafe, Data: Sync>
{
}

// SAFETY: as above; the other thread may also drop the lock and its data.
#[cfg(feature = "alloc")]
unsafe impl<P> Send for ReadAccess<Arc<P>>
where
    P: ?Sized + Guards<Policy = ReadWrite, Data: Sync>,
    Arc<P>: Send,
{
}

/// Exclusive access to the data, until it is dropped. `R` is the request of the primitive.
pub(crate) struct WriteAccess<H, R: Copy>(Grant<H, R>)
where
    H: Handle<Target: Guards<Policy: Exclude<Request = R>>>;

impl<H, R: Copy, D: ?Sized> WriteAccess<H, R>
where
    H: Handle<Target: Guards<Policy: Exclude<Request = R>, Data = D>>,
{
    /// Owns a request for exclusive access that was just granted.
    #[inline]
    pub(crate) fn new(handle: H) -> Self {
        Self(Grant::new(handle, PolicyOf::<H>::EXCLUSIVE))
    }

    #[inline]
    pub(crate) fn handle(&self) -> &H {
        self.0.handle()
    }

    /// Returns the handle, and releases nothing.
    pub(crate) fn into_handle(self) -> H {
        self.0.into_parts().0
    }

    pub(crate) fn map<U: ?Sized>(
        mut self,
        part: impl FnOnce(&mut D) -> &mut U,
    ) -> MappedAccess<H, R, U> {
        MappedAccess { part: part(&mut self), _access: self }
    }
}

impl<H, R: Copy, D: ?Sized> Deref for WriteAccess<H, R>
where
    H: Handle<Target: Guards<Policy: Exclude<Request = R>, Data = D>>,
{
    type Target = D;

    #[inline]
    fn deref(&self) -> &D {
        // SAFETY: *Access By Grant*, *One Writer*: only this owner has access.
        unsafe { &*self.0.handle().guarded().data.get() }
    }
}

impl<H, R: Copy, D: ?Sized> DerefMut for WriteAccess<H, R>
where
    H: Handle<Target: Guards<Policy: Exclude<Request = R>, Data = D>>,
{
    #[inline]
    fn deref_mut(&mut self) -> &mut D {
        // SAFETY: *Access By Grant*, *One Writer*: only this owner has access.
        unsafe { &mut *self.0.handle().guarded().data.get() }
    }
}

// SAFETY: *Access By Grant*: `&WriteAccess` lends `&D`, so several threads may read the data.
unsafe impl<H: Sync, R: Copy + Sync, D: ?Sized + Sync> Sync for WriteAccess<H, R> where
    H: Handle<Target: Guards<Policy: Exclude<Request = R>, Data = D>>
{
}

impl<H> WriteAccess<H, Access>
where
    H: Handle<Target: Guards<Policy = ReadWrite>>,
{
    /// Downgrades to read access, and grants the readers at the front of the queue.
    pub(crate) fn downgrade(self) -> ReadAccess<H> {
        let (handle, _) = self.0.into_parts();
        // Owns the read lock before a waker can panic.
        let access = ReadAccess(Grant::new(handle, Access::Read));
        access.0.handle().guarded().queue.change(|_| ONE_READER);
        access
    }
}

/// Exclusive access to a part of the data, until it is dropped.
pub(crate) struct MappedAccess<H, R: Copy, U: ?Sized>
where
    H: Handle<Target: Guards<Policy: Exclude<Request = R>>>,
{
    part: *mut U,
    _access: WriteAccess<H, R>,
}

impl<H, R: Copy, U: ?Sized> MappedAccess<H, R, U>
where
    H: Handle<Target: Guards<Policy: Exclude<Request = R>>>,
{
    #[inline]
    pub(crate) fn get(&self) -> &U {
        // SAFETY: *Access By Grant*: `_access` lends nothing while its part is lent.
        unsafe { &*self.part }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self) -> &mut U {
        // SAFETY: *Access By Grant*: as above.
        unsafe { &mut *self.part }
    }
}

// SAFETY: *Access By Grant*: the other thread accesses the part and releases the grant.
unsafe impl<H, R: Copy, U: ?Sized + Send> Send for MappedAccess<H, R, U>
where
    H: Handle<Target: Guards<Policy: Exclude<Request = R>>>,
    WriteAccess<H, R>: Send,
{
}

// SAFETY: *Access By Grant*: `&MappedAccess` lends `&U`.
unsafe impl<H, R: Copy, U: ?Sized + Sync> Sync for MappedAccess<H, R, U>
where
    H: Handle<Target: Guards<Policy: Exclude<Request = R>>>,
    WriteAccess<H, R>: Sync,
{
}
