//! The future that waits for permits.

use core::{
    fmt,
    future::Future,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{Closing, Semaphore, SemaphorePermit};
#[cfg(feature = "std")]
use crate::{blocking::blocking_methods, flavour::Shared};
use crate::{
    flavour::Flavour,
    queue::{Completed, Completion, Handle, Primitive},
    trace::Waiter,
};

pin_project! {
    /// The future of [`acquire`](Semaphore::acquire), [`acquire_many`](Semaphore::acquire_many) and
    /// their owned forms.
    ///
    /// Its output is a [`SemaphorePermit`]. For a closable semaphore it is a `Result`, with the
    /// error [`Closed`](crate::Closed) if the semaphore is closed before the permits are granted.
    ///
    /// The future has a name, so a struct can store it without boxing it. It contains its place in
    /// the queue, so it never allocates, and it must be pinned before it is polled.
    ///
    /// `S` is a reference to the semaphore: `&Semaphore`, or an `Arc` or `Rc` of it. With a counted
    /// reference the future is `'static`.
    ///
    /// # Fairness
    ///
    /// The future joins the queue when it is first polled, not when it is created.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future removes it from the queue in O(1). If its permits were already granted,
    /// they are released to the next waiter.
    ///
    /// A granted future holds its permits until it is polled or dropped. Leaking the future is
    /// sound, but its permits stay in use forever.
    ///
    /// # Panics
    ///
    /// If it is polled after completion.
    ///
    /// # Examples
    ///
    /// Store the wait in a future of your own:
    ///
    /// ```
    /// use std::{
    ///     pin::Pin,
    ///     task::{Context, Poll, ready},
    /// };
    ///
    /// use compio_sync::{Acquire, Semaphore};
    ///
    /// pin_project_lite::pin_project! {
    ///     struct Connect<'a> {
    ///         #[pin]
    ///         turn: Acquire<'a>,
    ///         address: &'static str,
    ///     }
    /// }
    ///
    /// impl Future for Connect<'_> {
    ///     type Output = String;
    ///
    ///     fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<String> {
    ///         let this = self.project();
    ///         let _permit = ready!(this.turn.poll(cx));
    ///         Poll::Ready(format!("connected to {}", this.address))
    ///     }
    /// }
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let sockets = Semaphore::new(64);
    /// let connect = Connect { turn: sockets.acquire(), address: "[::1]:80" };
    /// assert_eq!(connect.await, "connected to [::1]:80");
    /// # });
    /// ```
    ///
    /// The queue points to a polled future, so it cannot be moved any more:
    ///
    /// ```compile_fail,E0277
    /// use std::{pin::Pin, task::{Context, Waker}};
    ///
    /// let semaphore = compio_sync::Semaphore::new(0);
    /// let mut acquire = semaphore.acquire();
    /// let _ = Pin::new(&mut acquire).poll(&mut Context::from_waker(Waker::noop()));
    /// let moved = acquire;
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Acquire<S: Handle<Target: Primitive>> {
        #[pin]
        waiter: Waiter<S>,
    }
}

impl<S, F: Flavour, C: Closing> Acquire<S>
where
    S: Handle<Target = Semaphore<F, C>>,
{
    #[inline]
    pub(super) fn new(semaphore: S, permits: usize) -> Self {
        let waiter = if permits == 0 {
            Waiter::completed(semaphore, permits, Completion::Granted(()))
        } else {
            Waiter::new(semaphore, permits)
        };
        Self { waiter }
    }

    /// Returns the number of permits that the future acquires.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// assert_eq!(Semaphore::new(5).acquire_many(3).num_permits(), 3);
    /// ```
    #[inline]
    #[must_use]
    pub fn num_permits(&self) -> usize {
        self.waiter.request()
    }

    /// Returns whether the future is queued: it was polled, and the wait is not over yet.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{pin::pin, task::{Context, Waker}};
    ///
    /// use compio_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(0);
    /// let mut acquire = pin!(semaphore.acquire());
    /// assert!(!acquire.is_queued());
    /// let _ = acquire.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    /// assert!(acquire.is_queued());
    /// semaphore.add_permits(1);
    /// assert!(!acquire.is_queued());
    /// ```
    #[must_use]
    pub fn is_queued(&self) -> bool {
        self.waiter.is_queued()
    }
}

#[cfg(feature = "std")]
impl<S, C: Closing> Acquire<S>
where
    S: Handle<Target = Semaphore<Shared, C>>,
{
    blocking_methods!();
}

impl<S, F: Flavour, C: Closing> Future for Acquire<S>
where
    S: Handle<Target = Semaphore<F, C>>,
{
    type Output = C::Output<SemaphorePermit<S>>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Completed { handle, request: permits, completion } =
            ready!(self.project().waiter.poll(cx));
        let is_refused = C::CLOSED != 0
            && (completion == Completion::Refused || permits == 0 && handle.check_open().is_err());
        Poll::Ready(C::output((!is_refused).then(|| SemaphorePermit::granted(handle, permits))))
    }
}

// After a panic, each wait is still in a valid state: queued, complete or cancelled.
impl<S: Handle<Target: Primitive>> UnwindSafe for Acquire<S> {}
impl<S: Handle<Target: Primitive>> RefUnwindSafe for Acquire<S> {}

impl<S, F: Flavour, C: Closing> fmt::Debug for Acquire<S>
where
    S: Handle<Target = Semaphore<F, C>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire")
            .field("num_permits", &self.num_permits())
            .field("is_queued", &self.is_queued())
            .finish_non_exhaustive()
    }
}
