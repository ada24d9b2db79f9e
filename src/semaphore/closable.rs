//! Closing a semaphore.

use core::{
    fmt,
    future::Future,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{
    Semaphore, SemaphorePermit,
    policy::{ALL_RETURNED, close, is_closed},
};
#[cfg(feature = "std")]
use crate::{blocking::blocking_methods, flavour::Shared};
use crate::{
    error::TryAcquireError,
    event::Event,
    flavour::Flavour,
    queue::{self, Handle, Primitive},
    trace::{self, Waiter},
};

/// The [`Closing`](super::Closing) of a [`ClosableSemaphore`](crate::ClosableSemaphore).
pub struct Closable<F: Flavour> {
    /// The event that `closed()` waits for. Set after the queue is closed.
    pub(super) closed: Event<F>,
}

/// Closing a semaphore, and acquiring from it without waiting.
///
/// Until it is closed, a [`ClosableSemaphore`](crate::ClosableSemaphore) behaves like a
/// [`Semaphore`](crate::Semaphore), except that acquiring returns a `Result`. Closing fails pending
/// and future acquires with [`Closed`](crate::Closed), in FIFO order. Permits already granted
/// remain valid. [`drain`](Self::drain) waits until all of them are released.
impl<F: Flavour> Semaphore<F, Closable<F>> {
    /// Acquires a permit if one is available and the queue is empty.
    ///
    /// # Fairness
    ///
    /// It does not barge, see [`Semaphore::try_acquire`](crate::Semaphore::try_acquire).
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::Closed`] if the semaphore is closed, and [`TryAcquireError::NoPermits`]
    /// if the request would have to wait.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::{ClosableSemaphore, TryAcquireError};
    ///
    /// fn handle(requests: &ClosableSemaphore) -> &'static str {
    ///     match requests.try_acquire() {
    ///         Ok(_permit) => "200 OK",
    ///         Err(TryAcquireError::NoPermits) => "429 Too Many Requests",
    ///         Err(TryAcquireError::Closed) => "503 Service Unavailable",
    ///     }
    /// }
    ///
    /// let requests = ClosableSemaphore::new(1);
    /// assert_eq!(handle(&requests), "200 OK");
    /// requests.close();
    /// assert_eq!(handle(&requests), "503 Service Unavailable");
    /// ```
    #[inline]
    pub fn try_acquire(&self) -> Result<SemaphorePermit<&Self>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// Acquires `permits` permits at once if they are available and the queue is empty.
    ///
    /// A request for zero permits succeeds until the semaphore is closed.
    ///
    /// # Fairness
    ///
    /// It does not barge, see [`Semaphore::try_acquire`](crate::Semaphore::try_acquire).
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::Closed`] if the semaphore is closed, and [`TryAcquireError::NoPermits`]
    /// if the request would have to wait.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::ClosableSemaphore;
    ///
    /// let bytes = ClosableSemaphore::new(1024);
    /// let permit = bytes.try_acquire_many(1000);
    /// assert!(permit.is_ok());
    /// assert!(bytes.try_acquire_many(100).is_err());
    /// ```
    #[inline]
    pub fn try_acquire_many(
        &self,
        permits: usize,
    ) -> Result<SemaphorePermit<&Self>, TryAcquireError> {
        self.try_acquire_raw(permits)?;
        Ok(SemaphorePermit::new(self, permits))
    }

    /// Acquires all available permits, but at most `permits`.
    ///
    /// # Fairness
    ///
    /// It does not barge, see [`Semaphore::try_acquire`](crate::Semaphore::try_acquire).
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::Closed`] if the semaphore is closed. [`TryAcquireError::NoPermits`] if no
    /// permit is available, if a waiter is queued, or if `permits` is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::ClosableSemaphore;
    ///
    /// let semaphore = ClosableSemaphore::new(5);
    /// assert_eq!(semaphore.try_acquire_up_to(7).unwrap().num_permits(), 5);
    /// ```
    pub fn try_acquire_up_to(
        &self,
        permits: usize,
    ) -> Result<SemaphorePermit<&Self>, TryAcquireError> {
        let acquired = self.try_acquire_up_to_raw(permits)?;
        Ok(SemaphorePermit::new(self, acquired))
    }

    /// Closes the semaphore: fails pending and future acquires with [`Closed`](crate::Closed).
    ///
    /// Waiters fail in FIFO order. Permits already granted remain valid and can be released.
    /// Closing a closed semaphore has no effect. O(1) per waiter.
    ///
    /// # Memory ordering
    ///
    /// The call happens-before every acquire that fails because of it.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::ClosableSemaphore;
    ///
    /// let semaphore = ClosableSemaphore::new(1);
    /// let permit = semaphore.try_acquire().unwrap();
    /// semaphore.close();
    /// assert!(semaphore.is_closed());
    /// assert_eq!(semaphore.in_use(), 1);
    /// drop(permit);
    /// assert!(semaphore.try_acquire().is_err());
    /// ```
    pub fn close(&self) {
        // Sets the event even if a waker panics.
        let set_closed = self.closing.closed.set_on_drop();
        self.queue.update_with(|value| {
            let is_open = !is_closed::<Closable<F>>(value);
            let limit = self.limit.get();
            (if is_open { close::<Closable<F>>(value, limit) } else { value }, ())
        });
        drop(set_closed);
        trace::emit_state!(self.resource, closed: true);
        self.emit_state();
    }

    /// Returns whether the semaphore is closed.
    ///
    /// # Memory ordering
    ///
    /// If it returns `true`, the [`close`](Self::close) happens-before the return.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::ClosableSemaphore;
    ///
    /// let semaphore = ClosableSemaphore::new(1);
    /// assert!(!semaphore.is_closed());
    /// semaphore.close();
    /// assert!(semaphore.is_closed());
    /// ```
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.check_open().is_err()
    }

    /// Waits until the semaphore is closed.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time.
    ///
    /// # Examples
    ///
    /// A task that runs until the service shuts down:
    ///
    /// ```
    /// use std::{rc::Rc, time::Duration};
    ///
    /// use compio_sync::unsync::ClosableSemaphore;
    /// use futures::{FutureExt, select_biased};
    ///
    /// async fn report(connections: Rc<ClosableSemaphore>) -> usize {
    ///     let mut reports = 0;
    ///     loop {
    ///         select_biased! {
    ///             () = connections.closed().fuse() => return reports,
    ///             () = compio::time::sleep(Duration::from_millis(1)).fuse() => reports += 1,
    ///         }
    ///     }
    /// }
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let connections = Rc::new(ClosableSemaphore::new(64));
    /// let task = compio::runtime::spawn(report(connections.clone()));
    /// connections.close();
    /// assert_eq!(task.await.unwrap(), 0);
    /// # });
    /// ```
    #[inline]
    pub fn closed(&self) -> WaitForClose<'_, F> {
        let closed = &self.closing.closed;
        WaitForClose { semaphore: self, waiter: queue::Waiter::new(closed, closed.ticket()) }
    }

    /// [Closes](Self::close) the semaphore immediately, and returns a future that waits until every
    /// permit is released.
    ///
    /// Once the future completes, no permit is in use, and no acquire succeeds.
    /// [Forgotten](SemaphorePermit::forget) permits count as released.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time. The semaphore stays closed.
    ///
    /// # Memory ordering
    ///
    /// Everything that holders did before they released their permits happens-before the return.
    ///
    /// # Examples
    ///
    /// A graceful shutdown:
    ///
    /// ```
    /// use std::rc::Rc;
    ///
    /// use compio_sync::unsync::ClosableSemaphore;
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let requests = Rc::new(ClosableSemaphore::new(8));
    /// let permit = requests.clone().acquire_owned().await.unwrap();
    /// let request = compio::runtime::spawn(async move {
    ///     let _permit = permit;
    ///     "response"
    /// });
    ///
    /// requests.drain().await;
    /// assert_eq!(requests.in_use(), 0);
    /// assert_eq!(request.await.unwrap(), "response");
    /// # });
    /// ```
    pub fn drain(&self) -> Drain<&Self> {
        self.close();
        Drain::new(self)
    }
}

pin_project! {
    /// The future of [`closed`](crate::ClosableSemaphore::closed).
    ///
    /// Unlike most futures of this crate, it may be polled after completion. It then returns
    /// `Ready` again.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::{ClosableSemaphore, WaitForClose};
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let semaphore = ClosableSemaphore::new(1);
    /// let closed: WaitForClose<'_> = semaphore.closed();
    /// semaphore.close();
    /// closed.await;
    /// # });
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct WaitForClose<'a, F: Flavour> {
        semaphore: &'a Semaphore<F, Closable<F>>,
        #[pin]
        waiter: queue::Waiter<&'a Event<F>>,
    }
}

#[cfg(feature = "std")]
impl WaitForClose<'_, Shared> {
    blocking_methods!();
}

impl<F: Flavour> Future for WaitForClose<'_, F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // RACE: a thread that is closing the semaphore wakes the refused waiters before it sets the
        // event, and one of them may poll this.
        if !self.semaphore.is_closed() {
            ready!(self.project().waiter.poll(cx));
        }
        Poll::Ready(())
    }
}

pin_project! {
    /// The future of [`drain`](crate::ClosableSemaphore::drain) and its owned form.
    ///
    /// It waits in the queue of the semaphore, and counts as one of its
    /// [`waiters`](crate::ClosableSemaphore::waiters).
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time. The semaphore stays closed.
    ///
    /// # Panics
    ///
    /// If it is polled after completion.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::{ClosableSemaphore, Drain};
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let semaphore = ClosableSemaphore::new(1);
    /// let drain: Drain<'_> = semaphore.drain();
    /// drain.await;
    /// # });
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Drain<S: Handle<Target: Primitive>> {
        #[pin]
        waiter: Waiter<S>,
    }
}

impl<S, F: Flavour> Drain<S>
where
    S: Handle<Target = Semaphore<F, Closable<F>>>,
{
    #[inline]
    pub(super) fn new(semaphore: S) -> Self {
        Self { waiter: Waiter::new(semaphore, ALL_RETURNED) }
    }
}

#[cfg(feature = "std")]
impl<S> Drain<S>
where
    S: Handle<Target = Semaphore<Shared, Closable<Shared>>>,
{
    blocking_methods!();
}

impl<S, F: Flavour> Future for Drain<S>
where
    S: Handle<Target = Semaphore<F, Closable<F>>>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().waiter.poll(cx).map(drop)
    }
}

// After a panic, each wait is still in a valid state: queued, complete or cancelled.
impl<F: Flavour> UnwindSafe for WaitForClose<'_, F> {}
impl<F: Flavour> RefUnwindSafe for WaitForClose<'_, F> {}
impl<S: Handle<Target: Primitive>> UnwindSafe for Drain<S> {}
impl<S: Handle<Target: Primitive>> RefUnwindSafe for Drain<S> {}

impl<F: Flavour> fmt::Debug for Closable<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closable").finish_non_exhaustive()
    }
}

impl<F: Flavour> fmt::Debug for WaitForClose<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitForClose").finish_non_exhaustive()
    }
}

impl<S: Handle<Target: Primitive>> fmt::Debug for Drain<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drain").finish_non_exhaustive()
    }
}
