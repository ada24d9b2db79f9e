//! The event: a flag that tasks wait for until it is set.

mod set_on_drop;
mod wait;

#[cfg(feature = "alloc")]
use alloc::{rc::Rc, sync::Arc};
use core::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

use self::set_on_drop::SetOnDrop;
pub use self::wait::WaitForEvent;
use crate::{
    flavour::Flavour,
    loom::const_unless_loom,
    queue::{Policy, Primitive, Verdict, WaitQueue},
    ticket::{FLAG, Ticket, has_flag, next_generation},
    trace,
};
#[cfg(feature = "alloc")]
use crate::{
    flavour::{Shared, SingleThread},
    owned::owned_methods,
};

/// A *manual-reset event*: a flag that tasks wait on until it is set.
///
/// [`set`](Self::set) completes all waits, and later waits complete immediately. After
/// [`reset`](Self::reset), new waits block again. Use an event for a state that many tasks observe,
/// such as "ready", "resumed" or "shutting down". To wake one task per signal, use
/// [`Notify`](crate::generic::Notify).
///
/// `F` is the flavour: [`Event`](crate::Event) is shared between threads, and
/// [`unsync::Event`](crate::unsync::Event) stays on one thread. An event takes three words and
/// never allocates. While it is set, [`is_set`](Self::is_set) and waits only load the value.
/// Threads that only observe the event therefore do not contend for its cache line.
///
/// # Fairness
///
/// `set` wakes queued waiters in FIFO order of their first polls. A wait that is polled meanwhile
/// completes at once, even if earlier waiters have not been woken yet.
///
/// # Cancel safety
///
/// A wait can be dropped at any time. No other wait is affected.
///
/// # Memory ordering
///
/// A call to `set` happens-before the return of every wait that it completes. It also
/// happens-before the return of every [`is_set`](Self::is_set) that observes it.
///
/// # Wakers
///
/// Wakers run in the call to `set`, after the queue is unlocked, in batches of up to 32. Between
/// two batches, a concurrent `set` or `reset`, or a poll or drop of a wait, may run the remaining
/// wakers. A waker may use the event. If a waker panics, all other waiters are woken before the
/// panic propagates.
///
/// # Examples
///
/// Requests wait until the configuration is loaded:
///
/// ```
/// use compio_sync::unsync::Event;
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let is_loaded = Event::new(false);
///
/// let request = async {
///     is_loaded.wait().await;
///     "200 OK"
/// };
/// let load = async { is_loaded.set() };
/// assert_eq!(futures::join!(request, load).0, "200 OK");
/// # });
/// ```
pub struct Event<F: Flavour> {
    /// The flag of the value says whether the event is set. Resetting starts a generation.
    queue: WaitQueue<UntilSet, F>,
    resource: trace::Resource,
}

impl<F: Flavour> Event<F> {
    const_unless_loom! {
        /// Creates an event, which is initially set if `is_set` is `true`.
        ///
        /// Under `cfg(loom)` this is not a `const fn`.
        ///
        /// # Examples
        ///
        /// ```
        /// use compio_sync::Event;
        ///
        /// static SHUTDOWN: Event = Event::new(false);
        /// assert!(!SHUTDOWN.is_set());
        /// ```
        #[must_use]
        #[track_caller]
        pub fn new(is_set: bool) -> Self {
            let queue = WaitQueue::new(if is_set { FLAG } else { 0 });
            Self { queue, resource: trace::Resource::new("Event") }
        }
    }

    /// Sets the event. All waits complete, and so do later waits until the event is reset.
    ///
    /// If the event is already set, no wait completes. The call still happens-before later waits
    /// and `is_set` calls that find the event set. O(1) per waiter.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Event;
    ///
    /// let event = Event::new(false);
    /// event.set();
    /// assert!(event.is_set());
    /// ```
    pub fn set(&self) {
        self.set_untraced();
        self.emit_state();
    }

    pub(crate) fn set_on_drop(&self) -> SetOnDrop<'_, F> {
        SetOnDrop(self)
    }

    fn set_untraced(&self) {
        self.queue.change(|value| value | FLAG);
    }

    /// Resets the event. Later waits block until the event is set again.
    ///
    /// If the event is set, every wait that was created before the call still completes. Otherwise,
    /// the call has no effect. While the event is set, a woken task that waits again completes at
    /// once, so `set` and `reset` are no barrier between rounds.
    ///
    /// # Examples
    ///
    /// A pulse completes all waits that exist, and no later ones:
    ///
    /// ```
    /// use std::{pin::pin, task::{Context, Waker}};
    ///
    /// use compio_sync::Event;
    ///
    /// let event = Event::new(false);
    /// let mut before = pin!(event.wait());
    /// event.set();
    /// event.reset();
    /// let mut after = pin!(event.wait());
    ///
    /// let mut cx = Context::from_waker(Waker::noop());
    /// assert!(before.as_mut().poll(&mut cx).is_ready());
    /// assert!(after.as_mut().poll(&mut cx).is_pending());
    /// ```
    pub fn reset(&self) {
        self.reset_untraced();
        self.emit_state();
    }

    pub(crate) fn reset_untraced(&self) {
        let reset = |value| if has_flag(value) { next_generation(value) ^ FLAG } else { value };
        self.queue.change(reset);
    }

    /// Returns whether the event is set.
    ///
    /// # Memory ordering
    ///
    /// If it returns `true`, the [`set`](Self::set) happens-before the return.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Event;
    ///
    /// fn handle(shutdown: &Event) -> &'static str {
    ///     if shutdown.is_set() { "503 Service Unavailable" } else { "200 OK" }
    /// }
    ///
    /// let shutdown = Event::new(false);
    /// assert_eq!(handle(&shutdown), "200 OK");
    /// shutdown.set();
    /// assert_eq!(handle(&shutdown), "503 Service Unavailable");
    /// ```
    #[inline]
    #[must_use]
    pub fn is_set(&self) -> bool {
        has_flag(self.queue.value_acquire())
    }

    /// Waits until the event is set.
    ///
    /// The future completes if the event is set at its creation or later. It completes even if the
    /// event is reset before the future is polled.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time.
    ///
    /// # Examples
    ///
    /// A task that runs until shutdown:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use compio_sync::Event;
    /// use futures::{FutureExt, select_biased};
    ///
    /// async fn report(shutdown: &Event) -> usize {
    ///     let mut reports = 0;
    ///     loop {
    ///         select_biased! {
    ///             () = shutdown.wait().fuse() => return reports,
    ///             () = compio::time::sleep(Duration::from_millis(1)).fuse() => reports += 1,
    ///         }
    ///     }
    /// }
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let shutdown = Event::new(false);
    /// let (reports, ()) = futures::join!(report(&shutdown), async { shutdown.set() });
    /// assert_eq!(reports, 0);
    /// # });
    /// ```
    #[inline]
    pub fn wait(&self) -> WaitForEvent<&Self> {
        WaitForEvent::new(self)
    }

    /// Returns a snapshot of the number of queued waiters.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{pin::pin, task::{Context, Waker}};
    ///
    /// use compio_sync::Event;
    ///
    /// let event = Event::new(false);
    /// let mut wait = pin!(event.wait());
    /// assert!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    /// assert_eq!(event.waiters(), 1);
    /// ```
    #[must_use]
    pub fn waiters(&self) -> usize {
        self.queue.waiters()
    }

    pub(crate) fn ticket(&self) -> Ticket {
        Ticket::current(&self.queue)
    }

    /// Panics if an invariant of the wait queue does not hold, in debug builds.
    #[cfg(debug_assertions)]
    #[doc(hidden)]
    pub fn assert_valid(&self) {
        self.queue.assert_valid();
    }
}

#[cfg(feature = "alloc")]
owned_methods! { ($Counted, $F) =>
    impl Event<$F> {
        /// Waits until the event is set, like [`wait`](Self::wait). The future owns a reference to
        /// the event. Requires the `alloc` feature.
        ///
        /// # Examples
        ///
        /// ```
        /// use std::sync::Arc;
        ///
        /// use compio_sync::Event;
        ///
        /// # compio::runtime::Runtime::new().unwrap().block_on(async {
        /// let event = Arc::new(Event::new(false));
        /// let task = compio::runtime::spawn(event.clone().wait_owned());
        /// event.set();
        /// task.await.unwrap();
        /// # });
        /// ```
        pub fn wait_owned(self: $Counted<Self>) -> WaitForEvent<$Counted<Self>> {
            WaitForEvent::new(self)
        }
    }
}

/// The policy of the queue. It grants nothing, so nothing is released.
#[derive(Debug)]
pub enum UntilSet {}

impl Policy for UntilSet {
    type Request = Ticket;

    const IS_TRUSTED: bool = true;

    #[inline]
    fn decide(value: isize, ticket: Ticket) -> Verdict {
        if ticket.is_current(value) && !has_flag(value) { Verdict::Wait } else { Verdict::Refuse }
    }

    fn release(value: isize, _: Ticket) -> isize {
        value
    }
}

impl<F: Flavour> Primitive for Event<F> {
    type Policy = UntilSet;
    type Flavour = F;

    #[inline]
    fn queue(&self) -> &WaitQueue<UntilSet, F> {
        &self.queue
    }

    #[inline]
    fn op(&self, _: Ticket) -> trace::Op {
        self.resource.op("Event::wait")
    }

    #[inline]
    fn emit_state(&self) {
        trace::emit_state!(self.resource, is_set: self.is_set(), waiters: self.waiters());
    }
}

/// Creates an event that is not set.
impl<F: Flavour> Default for Event<F> {
    #[track_caller]
    fn default() -> Self {
        Self::new(false)
    }
}

// After a panic, each wait is still in a valid state: queued, complete or cancelled.
impl<F: Flavour> UnwindSafe for Event<F> {}
impl<F: Flavour> RefUnwindSafe for Event<F> {}

impl<F: Flavour> fmt::Debug for Event<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("is_set", &self.is_set())
            .field("waiters", &self.waiters())
            .finish()
    }
}
