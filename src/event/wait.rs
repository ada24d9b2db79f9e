//! The future that waits for an event.

use core::{
    fmt,
    future::Future,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::Event;
#[cfg(feature = "std")]
use crate::{blocking::blocking_methods, flavour::Shared};
use crate::{
    flavour::Flavour,
    queue::{Completion, Handle, Primitive},
    ticket::{Ticket, has_flag},
    trace::Waiter,
};

pin_project! {
    /// The future of [`wait`](Event::wait) and its owned form.
    ///
    /// `E` is a reference to the event: `&Event`, or an `Arc` or `Rc` of it. The future contains
    /// its place in the queue, so it never allocates, and it must be pinned before it is polled.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time, which removes it from the queue in O(1).
    ///
    /// # Panics
    ///
    /// If it is polled after completion.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::{Event, WaitForEvent};
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let event = Event::new(true);
    /// let wait: WaitForEvent<'_> = event.wait();
    /// wait.await;
    /// # });
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct WaitForEvent<E: Handle<Target: Primitive>> {
        #[pin]
        waiter: Waiter<E>,
    }
}

impl<E, F: Flavour> WaitForEvent<E>
where
    E: Handle<Target = Event<F>>,
{
    #[inline]
    pub(super) fn new(event: E) -> Self {
        let value = event.queue.value_acquire();
        let ticket = Ticket::of(value);
        // A wait for a set event is complete already, so that its poll need not load the value.
        let waiter = if has_flag(value) {
            Waiter::completed(event, ticket, Completion::Refused)
        } else {
            Waiter::new(event, ticket)
        };
        Self { waiter }
    }
}

#[cfg(feature = "std")]
impl<E> WaitForEvent<E>
where
    E: Handle<Target = Event<Shared>>,
{
    blocking_methods!();
}

impl<E, F: Flavour> Future for WaitForEvent<E>
where
    E: Handle<Target = Event<F>>,
{
    type Output = ();

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().waiter.poll(cx).map(drop)
    }
}

// After a panic, each wait is still in a valid state: queued, complete or cancelled.
impl<E: Handle<Target: Primitive>> UnwindSafe for WaitForEvent<E> {}
impl<E: Handle<Target: Primitive>> RefUnwindSafe for WaitForEvent<E> {}

impl<E: Handle<Target: Primitive>> fmt::Debug for WaitForEvent<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitForEvent").field("is_queued", &self.waiter.is_queued()).finish()
    }
}
