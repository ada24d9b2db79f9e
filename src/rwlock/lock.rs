//! The futures that wait for a reader-writer lock.

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{RwLock, RwLockReadGuard, RwLockWriteGuard};
#[cfg(feature = "std")]
use crate::{blocking::blocking_methods, flavour::Shared};
use crate::{
    flavour::Flavour,
    guarded::Access,
    queue::{Completed, Handle, Primitive},
    trace::Waiter,
};

pin_project! {
    /// The future of [`read`](RwLock::read) and its owned form. Its output is a
    /// [`RwLockReadGuard`].
    ///
    /// `L` is a reference to the lock: `&RwLock`, or an `Arc` or `Rc` of it. The future contains
    /// its place in the queue, so it never allocates, and it must be pinned before it is polled.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future removes it from the queue in O(1). If the lock was already granted, it
    /// is released. A granted future holds the lock until it is polled or dropped.
    ///
    /// # Panics
    ///
    /// If it is polled after completion.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::{ReadLock, RwLock};
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let lock = RwLock::new(5);
    /// let read: ReadLock<'_, i32> = lock.read();
    /// assert_eq!(*read.await, 5);
    /// # });
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ReadLock<L: Handle<Target: Primitive>> {
        #[pin]
        waiter: Waiter<L>,
    }
}

impl<L, F: Flavour, T: ?Sized> ReadLock<L>
where
    L: Handle<Target = RwLock<F, T>>,
{
    #[inline]
    pub(super) fn new(lock: L) -> Self {
        Self { waiter: Waiter::new(lock, Access::Read) }
    }
}

#[cfg(feature = "std")]
impl<L, T: ?Sized> ReadLock<L>
where
    L: Handle<Target = RwLock<Shared, T>>,
{
    blocking_methods!();
}

impl<L, F: Flavour, T: ?Sized> Future for ReadLock<L>
where
    L: Handle<Target = RwLock<F, T>>,
{
    type Output = RwLockReadGuard<L>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<RwLockReadGuard<L>> {
        let read = |Completed { handle, .. }: Completed<L>| RwLockReadGuard::granted(handle);
        self.project().waiter.poll(cx).map(read)
    }
}

pin_project! {
    /// The future of [`write`](RwLock::write) and its owned form. Its output is a
    /// [`RwLockWriteGuard`].
    ///
    /// `L` is a reference to the lock: `&RwLock`, or an `Arc` or `Rc` of it. The future contains
    /// its place in the queue, so it never allocates, and it must be pinned before it is polled.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future removes it from the queue in O(1). Readers behind it are granted the
    /// lock if only this writer kept them waiting. If the lock was already granted, it passes to
    /// the next waiter. A granted future holds the lock until it is polled or dropped.
    ///
    /// # Panics
    ///
    /// If it is polled after completion.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::{RwLock, WriteLock};
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let lock = RwLock::new(5);
    /// let write: WriteLock<'_, i32> = lock.write();
    /// *write.await += 1;
    /// # });
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct WriteLock<L: Handle<Target: Primitive>> {
        #[pin]
        waiter: Waiter<L>,
    }
}

impl<L, F: Flavour, T: ?Sized> WriteLock<L>
where
    L: Handle<Target = RwLock<F, T>>,
{
    #[inline]
    pub(super) fn new(lock: L) -> Self {
        Self { waiter: Waiter::new(lock, Access::Write) }
    }
}

#[cfg(feature = "std")]
impl<L, T: ?Sized> WriteLock<L>
where
    L: Handle<Target = RwLock<Shared, T>>,
{
    blocking_methods!();
}

impl<L, F: Flavour, T: ?Sized> Future for WriteLock<L>
where
    L: Handle<Target = RwLock<F, T>>,
{
    type Output = RwLockWriteGuard<L>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<RwLockWriteGuard<L>> {
        let write = |Completed { handle, .. }: Completed<L>| RwLockWriteGuard::granted(handle);
        self.project().waiter.poll(cx).map(write)
    }
}

impl<L: Handle<Target: Primitive>> fmt::Debug for ReadLock<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadLock").field("is_queued", &self.waiter.is_queued()).finish()
    }
}

impl<L: Handle<Target: Primitive>> fmt::Debug for WriteLock<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteLock").field("is_queued", &self.waiter.is_queued()).finish()
    }
}
