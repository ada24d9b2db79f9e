//! The future that waits for the value of a once cell.

use core::{
    fmt,
    future::Future,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::OnceCell;
#[cfg(feature = "std")]
use crate::{blocking::blocking_methods, flavour::Shared};
use crate::{event::Event, flavour::Flavour, queue};

pin_project! {
    /// The future of [`wait`](OnceCell::wait). Its output is a reference to the value.
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
    /// use compio_sync::{OnceCell, WaitForInit};
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let cell = OnceCell::from(5);
    /// let wait: WaitForInit<'_, i32> = cell.wait();
    /// assert_eq!(*wait.await, 5);
    /// # });
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct WaitForInit<'a, F: Flavour, T> {
        cell: &'a OnceCell<F, T>,
        #[pin]
        waiter: queue::Waiter<&'a Event<F>>,
    }
}

impl<'a, F: Flavour, T> WaitForInit<'a, F, T> {
    pub(super) fn new(cell: &'a OnceCell<F, T>) -> Self {
        let filled = &cell.filled;
        Self { cell, waiter: queue::Waiter::new(filled, filled.ticket()) }
    }
}

#[cfg(feature = "std")]
impl<T> WaitForInit<'_, Shared, T> {
    blocking_methods!();
}

impl<'a, F: Flavour, T> Future for WaitForInit<'a, F, T> {
    type Output = &'a T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<&'a T> {
        let this = self.project();
        // RACE: the initializing thread wakes the other initializers before it sets the event. One
        // of them may poll this future before the event is set.
        if this.cell.get().is_none() {
            ready!(this.waiter.poll(cx));
        }
        Poll::Ready(this.cell.get().expect("the event is set after the cell is full"))
    }
}

// After a panic, each wait is still in a valid state: queued, complete or cancelled.
impl<F: Flavour, T: RefUnwindSafe + UnwindSafe> UnwindSafe for WaitForInit<'_, F, T> {}
impl<F: Flavour, T: RefUnwindSafe + UnwindSafe> RefUnwindSafe for WaitForInit<'_, F, T> {}

impl<F: Flavour, T> fmt::Debug for WaitForInit<'_, F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitForInit").finish_non_exhaustive()
    }
}
