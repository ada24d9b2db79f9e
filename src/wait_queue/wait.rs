//! The future of a request.

use core::{
    fmt,
    future::Future,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{Completion, Grant, Queued, RequestOf};
use crate::queue::{Handle, Waiter};
#[cfg(feature = "std")]
use crate::{blocking::blocking_methods, flavour::Shared};

pin_project! {
    /// The future of [`acquire`](crate::generic::WaitQueue::acquire). Its output is a
    /// [`Completion`], with a [`Grant`] if the request was granted.
    ///
    /// `H` is a reference to the primitive: `&T`, `Arc<T>` or `Rc<T>` of a `T` that is [`Queued`].
    /// The future contains its place in the queue, so it never allocates, and it must be pinned
    /// before it is polled.
    ///
    /// # Fairness
    ///
    /// Waits complete in the order in which they were first polled or [enabled](Self::enable). Only
    /// a refusal, or a request that [`Policy::enqueue`](super::Policy::enqueue) grants on arrival,
    /// overtakes queued waits.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future removes it from the queue in O(1). If the request was already granted,
    /// it is released.
    ///
    /// A granted future holds what it was granted until it is polled or dropped.
    ///
    /// # Panics
    ///
    /// Polling panics after completion, or if the policy panics. Dropping the future panics if the
    /// policy panics.
    ///
    /// # Examples
    ///
    /// See the [module documentation](crate::wait_queue), and [`Queued`] for an owned wait.
    ///
    /// The queue points to a polled future, so it cannot be moved any more:
    ///
    /// ```compile_fail,E0277
    /// use std::{pin::Pin, task::{Context, Waker}};
    ///
    /// use compio_sync::wait_queue::{Policy, WaitQueue};
    ///
    /// fn poll_and_move<P: Policy<Request = ()>>(queue: &WaitQueue<P>) {
    ///     let mut wait = queue.acquire(());
    ///     let _ = Pin::new(&mut wait).poll(&mut Context::from_waker(Waker::noop()));
    ///     let moved = wait;
    /// }
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Wait<H: Handle<Target: Queued>> {
        #[pin]
        waiter: Waiter<H>,
    }
}

impl<H: Handle<Target: Queued>> Wait<H> {
    /// Creates the future of a request, through any reference to a primitive.
    ///
    /// With an `Arc` or `Rc`, the future and its grant own the counted reference.
    ///
    /// # Examples
    ///
    /// See [`Queued`].
    #[inline]
    pub fn new(handle: H, request: RequestOf<H>) -> Self {
        Self { waiter: Waiter::new(handle, request) }
    }

    /// Enqueues the wait without a waker, and returns whether it is complete.
    ///
    /// A later poll returns the output. Use it to take a place in the queue before doing something
    /// else: an event in between then completes the wait.
    ///
    /// # Panics
    ///
    /// If an earlier poll returned `Ready`, or if the policy panics.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::pin;
    ///
    /// use compio_sync::wait_queue::{Policy, Verdict, WaitQueue};
    ///
    /// /// The value is 1 once a reply has arrived.
    /// enum Reply {}
    ///
    /// impl Policy for Reply {
    ///     type Request = ();
    ///
    ///     fn decide(value: isize, (): ()) -> Verdict {
    ///         if value == 1 { Verdict::Grant(0) } else { Verdict::Wait }
    ///     }
    ///
    ///     fn release(_: isize, (): ()) -> isize {
    ///         1
    ///     }
    /// }
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let reply = WaitQueue::<Reply>::new(0);
    /// let mut wait = pin!(reply.acquire(()));
    /// assert!(!wait.as_mut().enable());
    /// // This wait came later, so it does not get the reply.
    /// let mut later = pin!(reply.acquire(()));
    /// assert!(!later.as_mut().enable());
    /// reply.release(());
    /// assert!(wait.await.granted().is_some());
    /// # });
    /// ```
    pub fn enable(self: Pin<&mut Self>) -> bool {
        self.project().waiter.enable()
    }

    /// Returns whether the wait is in the queue.
    ///
    /// It is `false` before the first poll or call to [`enable`](Self::enable), and once the wait
    /// is complete.
    #[must_use]
    pub fn is_queued(&self) -> bool {
        self.waiter.is_queued()
    }

    /// Returns the request.
    ///
    /// If [`Policy::enqueue`](super::Policy::enqueue) has changed the request, it is the changed
    /// one.
    #[must_use]
    pub fn request(&self) -> RequestOf<H> {
        self.waiter.request()
    }
}

#[cfg(feature = "std")]
impl<H> Wait<H>
where
    H: Handle<Target: Queued<Flavour = Shared>>,
{
    blocking_methods!();
}

impl<H: Handle<Target: Queued>> Future for Wait<H> {
    type Output = Completion<Grant<H>>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().waiter.poll(cx).map(|completed| match completed.completion {
            Completion::Granted(()) => {
                Completion::Granted(Grant::new(completed.handle, completed.request))
            }
            Completion::Refused => Completion::Refused,
        })
    }
}

// After a panic, each wait is still in a valid state: queued, complete or cancelled.
impl<H: Handle<Target: Queued> + UnwindSafe> UnwindSafe for Wait<H> {}
impl<H: Handle<Target: Queued> + RefUnwindSafe> RefUnwindSafe for Wait<H> {}

impl<H: Handle<Target: Queued>> fmt::Debug for Wait<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("is_queued", &self.is_queued()).finish()
    }
}
