//! The future that waits for a notification.

use core::{
    fmt,
    future::Future,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::Notify;
#[cfg(feature = "std")]
use crate::{blocking::blocking_methods, flavour::Shared};
use crate::{
    flavour::Flavour,
    queue::{Handle, Primitive},
    ticket::Ticket,
    trace::Waiter,
};

pin_project! {
    /// The future of [`notified`](Notify::notified) and its owned form.
    ///
    /// `N` is a reference to the `Notify`: `&Notify`, or an `Arc` or `Rc` of it. The future
    /// contains its place in the queue, so it never allocates, and it must be pinned before it is
    /// polled.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future removes it from the queue in O(1). If [`notify_one`](Notify::notify_one)
    /// has completed it, the notification passes to the next waiter, or is stored.
    ///
    /// A completed future keeps its notification until it is polled or dropped.
    ///
    /// # Panics
    ///
    /// If it is polled after completion.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::{Notified, Notify};
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let notify = Notify::new();
    /// let notified: Notified<'_> = notify.notified();
    /// notify.notify_waiters();
    /// notified.await;
    /// # });
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Notified<N: Handle<Target: Primitive>> {
        #[pin]
        waiter: Waiter<N>,
    }
}

impl<N, F: Flavour> Notified<N>
where
    N: Handle<Target = Notify<F>>,
{
    #[inline]
    pub(super) fn new(notify: N) -> Self {
        let ticket = Ticket::current(&notify.queue);
        Self { waiter: Waiter::new(notify, ticket) }
    }

    /// Enqueues the future before its first poll, or consumes a stored permit. Returns whether the
    /// future is complete.
    ///
    /// Once enabled, the future can be completed by [`notify_one`](Notify::notify_one). If this
    /// returns `true`, the next poll returns `Ready`. Enabling the future again has no further
    /// effect.
    ///
    /// # Panics
    ///
    /// If a poll has returned `Ready`.
    ///
    /// # Examples
    ///
    /// Wait for a condition without missing a notification. The first check avoids waiting for a
    /// condition that is already true. The second check runs after the future is enabled:
    ///
    /// ```
    /// use std::{cell::Cell, pin::pin};
    ///
    /// use compio_sync::unsync::Notify;
    ///
    /// async fn wait_until_connected(is_connected: &Cell<bool>, changed: &Notify) {
    ///     while !is_connected.get() {
    ///         let mut notified = pin!(changed.notified());
    ///         notified.as_mut().enable();
    ///         if is_connected.get() {
    ///             return; // A notification that arrived here passes to another waiter.
    ///         }
    ///         notified.await;
    ///     }
    /// }
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let (is_connected, changed) = (Cell::new(false), Notify::new());
    /// let connect = async {
    ///     is_connected.set(true);
    ///     changed.notify_one();
    /// };
    /// futures::join!(wait_until_connected(&is_connected, &changed), connect);
    /// # });
    /// ```
    ///
    /// The condition may be an atomic that another thread sets. `Relaxed` is enough to never miss
    /// the condition, because the notification orders the accesses. If the task reads other data
    /// afterwards, store with `Release` and load with `Acquire`: a task that finds the condition
    /// true at once has received no notification.
    ///
    /// ```
    /// use std::{
    ///     pin::pin,
    ///     sync::atomic::{AtomicUsize, Ordering},
    ///     thread,
    /// };
    ///
    /// use compio_sync::Notify;
    ///
    /// static DONE: AtomicUsize = AtomicUsize::new(0);
    /// static CHANGED: Notify = Notify::new();
    ///
    /// async fn wait_until_done(tasks: usize) {
    ///     while DONE.load(Ordering::Relaxed) < tasks {
    ///         let mut notified = pin!(CHANGED.notified());
    ///         notified.as_mut().enable();
    ///         if DONE.load(Ordering::Relaxed) < tasks {
    ///             notified.await;
    ///         }
    ///     }
    /// }
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// for _ in 0..4 {
    ///     thread::spawn(|| {
    ///         DONE.fetch_add(1, Ordering::Relaxed);
    ///         CHANGED.notify_waiters();
    ///     });
    /// }
    /// wait_until_done(4).await;
    /// # });
    /// ```
    pub fn enable(self: Pin<&mut Self>) -> bool {
        self.project().waiter.enable()
    }
}

#[cfg(feature = "std")]
impl<N> Notified<N>
where
    N: Handle<Target = Notify<Shared>>,
{
    blocking_methods!();
}

impl<N, F: Flavour> Future for Notified<N>
where
    N: Handle<Target = Notify<F>>,
{
    type Output = ();

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().waiter.poll(cx).map(drop)
    }
}

// After a panic, each wait is still in a valid state: queued, complete or cancelled.
impl<N: Handle<Target: Primitive>> UnwindSafe for Notified<N> {}
impl<N: Handle<Target: Primitive>> RefUnwindSafe for Notified<N> {}

impl<N: Handle<Target: Primitive>> fmt::Debug for Notified<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notified").field("is_queued", &self.waiter.is_queued()).finish()
    }
}
