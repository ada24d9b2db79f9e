//! The future that waits for a mutex.

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{Mutex, MutexGuard};
#[cfg(feature = "std")]
use crate::{blocking::blocking_methods, flavour::Shared};
use crate::{
    flavour::Flavour,
    queue::{Completed, Handle, Primitive},
    trace::Waiter,
};

pin_project! {
    /// The future of [`lock`](Mutex::lock) and its owned form. Its output is a [`MutexGuard`].
    ///
    /// `M` is a reference to the mutex: `&Mutex`, or an `Arc` or `Rc` of it. The future contains
    /// its place in the queue, so it never allocates, and it must be pinned before it is polled.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future removes it from the queue in O(1). If the lock was already granted, it
    /// passes to the next waiter.
    ///
    /// A granted future holds the lock until it is polled or dropped.
    ///
    /// # Panics
    ///
    /// If it is polled after completion.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::{Lock, Mutex};
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let mutex = Mutex::new(5);
    /// let lock: Lock<'_, i32> = mutex.lock();
    /// assert_eq!(*lock.await, 5);
    /// # });
    /// ```
    ///
    /// The queue points to a polled future, so it cannot be moved any more:
    ///
    /// ```compile_fail,E0277
    /// use std::{pin::Pin, task::{Context, Waker}};
    ///
    /// let mutex = compio_sync::Mutex::new(5);
    /// let mut lock = mutex.lock();
    /// let _ = Pin::new(&mut lock).poll(&mut Context::from_waker(Waker::noop()));
    /// let moved = lock;
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Lock<M: Handle<Target: Primitive>> {
        #[pin]
        waiter: Waiter<M>,
    }
}

impl<M, F: Flavour, T: ?Sized> Lock<M>
where
    M: Handle<Target = Mutex<F, T>>,
{
    #[inline]
    pub(crate) fn new(mutex: M) -> Self {
        Self { waiter: Waiter::new(mutex, ()) }
    }
}

#[cfg(feature = "std")]
impl<M, T: ?Sized> Lock<M>
where
    M: Handle<Target = Mutex<Shared, T>>,
{
    blocking_methods!();
}

impl<M, F: Flavour, T: ?Sized> Future for Lock<M>
where
    M: Handle<Target = Mutex<F, T>>,
{
    type Output = MutexGuard<M>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<MutexGuard<M>> {
        let lock = |Completed { handle, .. }: Completed<M>| MutexGuard::granted(handle);
        self.project().waiter.poll(cx).map(lock)
    }
}

impl<M: Handle<Target: Primitive>> fmt::Debug for Lock<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock").field("is_queued", &self.waiter.is_queued()).finish()
    }
}
