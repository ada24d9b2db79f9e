//! The futures that wait for the end of a semaphore.

use core::{
    fmt,
    future::Future,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{
    super::{Flavour, Number},
    ClosableSemaphore, Request,
};
use crate::{
    loom::const_unless_loom,
    wait_queue::{Policy, Primitive, WaitQueue, Waiter, empty},
};

/// Something that happens once. The value of its queue is 0 before, and 1 after.
pub(super) struct Event {
    queue: WaitQueue<Once>,
}

pub(crate) enum Once {}

impl Policy for Once {
    type Flavour = Flavour;
    type Request = ();
    type Refusal = core::convert::Infallible;
    const REFUSAL: Option<Self::Refusal> = None;

    fn is_nothing((): ()) -> bool {
        false
    }

    fn is_refused(_: isize, (): ()) -> bool {
        false
    }

    fn grant(value: isize, (): ()) -> Option<isize> {
        (value > 0).then_some(value)
    }

    fn give_back(value: isize, (): ()) -> isize {
        value
    }
}

impl Primitive for Event {
    type Policy = Once;

    fn queue(&self) -> &WaitQueue<Once> {
        &self.queue
    }
}

impl Event {
    const_unless_loom! {
        pub(super) fn new() -> Self {
            Self { queue: WaitQueue::new(Number::new(empty(0)), Number::new(0)) }
        }
    }

    /// Lets it happen at the end of the scope that has this.
    pub(super) fn set_on_drop(&self) -> SetOnDrop<'_> {
        SetOnDrop(self)
    }
}

pub(super) struct SetOnDrop<'a>(&'a Event);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        let mut locked = self.0.queue.lock();
        locked.value = 1;
        locked.serve();
    }
}

pin_project! {
    /// Waits until a [`ClosableSemaphore`] is closed: the future of
    /// [`closed`](ClosableSemaphore::closed). Polled again after that it is ready again.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped at any time.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("{ClosableSemaphore, WaitForClose}")]
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let semaphore = ClosableSemaphore::new(1);
    /// let closed: WaitForClose<'_> = semaphore.closed();
    /// semaphore.close();
    /// closed.await;
    /// # });
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct WaitForClose<'a> {
        semaphore: &'a ClosableSemaphore,
        #[pin]
        waiter: Waiter<&'a Event>,
    }
}

impl<'a> WaitForClose<'a> {
    #[inline]
    pub(super) fn new(semaphore: &'a ClosableSemaphore) -> Self {
        Self { semaphore, waiter: Waiter::new(&semaphore.closed, ()) }
    }
}

impl Future for WaitForClose<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // Those who are refused are woken before the event is set.
        if !self.semaphore.is_closed() {
            let Ok(_) = ready!(self.project().waiter.poll(context));
        }
        Poll::Ready(())
    }
}

pin_project! {
    /// Waits until every permit of a closed [`ClosableSemaphore`] is back: the future of
    /// [`drain`](ClosableSemaphore::drain).
    ///
    /// It waits in the queue of the semaphore, as one of its [waiters](ClosableSemaphore::waiters).
    ///
    /// # Cancel safety
    ///
    /// Can be dropped at any time.
    ///
    /// # Panics
    ///
    /// When it is polled again after it was ready.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("{ClosableSemaphore, Drain}")]
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let semaphore = ClosableSemaphore::new(1);
    /// let drain: Drain<'_> = semaphore.drain();
    /// drain.await;
    /// # });
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Drain<'a> {
        #[pin]
        waiter: Waiter<&'a ClosableSemaphore>,
    }
}

impl<'a> Drain<'a> {
    #[inline]
    pub(super) fn new(semaphore: &'a ClosableSemaphore) -> Self {
        Self { waiter: Waiter::new(semaphore, Request::AllBack) }
    }
}

impl Future for Drain<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut waiter = self.project().waiter;
        let all_back = ready!(waiter.as_mut().poll(context));
        debug_assert!(all_back.is_ok(), "this is never refused");
        waiter.ready(())
    }
}

// A panic never leaves a queue half changed: a waiter is queued, granted or gone.
impl UnwindSafe for WaitForClose<'_> {}
impl RefUnwindSafe for WaitForClose<'_> {}
impl UnwindSafe for Drain<'_> {}
impl RefUnwindSafe for Drain<'_> {}

impl fmt::Debug for WaitForClose<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitForClose").finish_non_exhaustive()
    }
}

impl fmt::Debug for Drain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drain").finish_non_exhaustive()
    }
}
