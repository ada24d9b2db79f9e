//! The notification: wakes one waiting task, or all of them.

mod notified;

#[cfg(feature = "alloc")]
use alloc::{rc::Rc, sync::Arc};
use core::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

pub use self::notified::Notified;
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

/// A notification primitive that wakes one waiting task, or all of them.
///
/// A notification carries no data. The woken task checks shared state again. A task waits with
/// [`notified`](Self::notified). [`notify_one`](Self::notify_one) completes the wait at the front
/// of the queue, or stores one permit for the next wait. [`notify_waiters`](Self::notify_waiters)
/// completes every wait that was created before it, and stores nothing.
///
/// For a persistent state, such as "shutting down", use [`Event`](crate::generic::Event). To count
/// notifications, use [`Semaphore`](crate::generic::Semaphore): a `Notify` stores at most one.
///
/// `F` is the flavour: [`Notify`](crate::Notify) is shared between threads, and
/// [`unsync::Notify`](crate::unsync::Notify) stays on one thread. A `Notify` takes three words and
/// never allocates. If the queue is empty, each method is one compare-exchange or one load.
///
/// # Waiting for a condition
///
/// A task that checks a condition and then waits could miss a notification between the two. To
/// close this gap, create or [enable](Notified::enable) the future before the check:
///
/// - A future that was **created** before the check is completed by `notify_waiters`.
/// - A future that was **enabled** before the check is also completed by `notify_one`.
///
/// # Fairness
///
/// Waits are queued in the order in which they are first polled or enabled. `notify_one` completes
/// them in FIFO order. The first wait that is polled or enabled consumes a stored permit.
///
/// # Cancel safety
///
/// A wait can be dropped at any time. If `notify_one` has completed the wait, but no poll has
/// returned `Ready`, the notification passes to the next waiter, or is stored. A permit that
/// [`enable`](Notified::enable) consumed passes on in the same way. A wait that `notify_waiters`
/// completed has nothing to pass on.
///
/// # Memory ordering
///
/// `notify_one` happens-before the return of the wait that consumes its notification, whether
/// queued or stored. `notify_waiters` happens-before the return of each wait that it completes. It
/// also happens-before the creation of every later wait.
///
/// # Wakers
///
/// Wakers run after the queue is unlocked, in batches of up to 32. They run in the call that
/// notifies, or in the drop of a future that passes its notification on. Between two batches of
/// `notify_waiters`, a concurrent call, poll or drop may run the remaining wakers. A waker may use
/// the `Notify`. If a waker panics, all other waiters are woken before the panic propagates.
///
/// # Examples
///
/// A queue whose consumer sleeps while it is empty:
///
/// ```
/// use std::{cell::RefCell, collections::VecDeque};
///
/// use compio_sync::unsync::Notify;
///
/// #[derive(Default)]
/// struct Jobs {
///     queue: RefCell<VecDeque<&'static str>>,
///     pushed: Notify,
/// }
///
/// impl Jobs {
///     fn push(&self, job: &'static str) {
///         self.queue.borrow_mut().push_back(job);
///         self.pushed.notify_one();
///     }
///
///     /// For a single consumer: one permit stands for any number of jobs.
///     async fn pop(&self) -> &'static str {
///         loop {
///             if let Some(job) = self.queue.borrow_mut().pop_front() {
///                 return job;
///             }
///             self.pushed.notified().await;
///         }
///     }
/// }
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let jobs = Jobs::default();
/// let consumer = async { [jobs.pop().await, jobs.pop().await] };
/// let producer = async {
///     jobs.push("read");
///     jobs.push("write");
/// };
/// assert_eq!(futures::join!(consumer, producer).0, ["read", "write"]);
/// # });
/// ```
pub struct Notify<F: Flavour> {
    /// The flag of the value says whether a permit is stored. A broadcast starts a generation.
    queue: WaitQueue<UntilNotified<true>, F>,
    resource: trace::Resource,
}

impl<F: Flavour> Notify<F> {
    const_unless_loom! {
        /// Creates a `Notify` without a stored permit.
        ///
        /// Under `cfg(loom)` this is not a `const fn`.
        ///
        /// # Examples
        ///
        /// ```
        /// use compio_sync::Notify;
        ///
        /// static CONFIGURATION_CHANGED: Notify = Notify::new();
        /// assert_eq!(CONFIGURATION_CHANGED.waiters(), 0);
        /// ```
        #[must_use]
        #[track_caller]
        pub fn new() -> Self {
            Self { queue: WaitQueue::new(0), resource: trace::Resource::new("Notify") }
        }
    }

    /// Completes the wait at the front of the queue, or stores a permit if the queue is empty.
    ///
    /// The next wait consumes a stored permit. At most one permit is stored, regardless of the
    /// number of calls.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{pin::pin, task::{Context, Waker}};
    ///
    /// use compio_sync::Notify;
    ///
    /// let notify = Notify::new();
    /// notify.notify_one();
    /// notify.notify_one();
    ///
    /// let mut cx = Context::from_waker(Waker::noop());
    /// assert!(pin!(notify.notified()).poll(&mut cx).is_ready());
    /// assert!(pin!(notify.notified()).poll(&mut cx).is_pending());
    /// ```
    #[inline]
    pub fn notify_one(&self) {
        self.queue.release(Ticket::ANY);
        self.emit_state();
    }

    /// Completes every wait that was created before the call, whether polled or not.
    ///
    /// The call neither stores nor consumes a permit. A woken task that waits again needs another
    /// notification. O(1) per waiter.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{pin::pin, task::{Context, Waker}};
    ///
    /// use compio_sync::Notify;
    ///
    /// let notify = Notify::new();
    /// let mut before = pin!(notify.notified());
    /// notify.notify_waiters();
    /// let mut after = pin!(notify.notified());
    ///
    /// let mut cx = Context::from_waker(Waker::noop());
    /// assert!(before.as_mut().poll(&mut cx).is_ready());
    /// assert!(after.as_mut().poll(&mut cx).is_pending());
    /// ```
    pub fn notify_waiters(&self) {
        self.queue.change(next_generation);
        self.emit_state();
    }

    /// Waits for a notification.
    ///
    /// # Fairness
    ///
    /// The future joins the queue when it is first polled, or when it is
    /// [enabled](Notified::enable).
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time, see [`Notified`].
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Notify;
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let notify = Notify::new();
    /// let wait = async {
    ///     notify.notified().await;
    ///     "notified"
    /// };
    /// assert_eq!(futures::join!(wait, async { notify.notify_one() }).0, "notified");
    /// # });
    /// ```
    #[inline]
    pub fn notified(&self) -> Notified<&Self> {
        Notified::new(self)
    }

    /// Returns a snapshot of the number of queued waiters.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::pin;
    ///
    /// use compio_sync::Notify;
    ///
    /// let notify = Notify::new();
    /// let mut notified = pin!(notify.notified());
    /// notified.as_mut().enable();
    /// assert_eq!(notify.waiters(), 1);
    /// ```
    #[must_use]
    pub fn waiters(&self) -> usize {
        self.queue.waiters()
    }

    /// Returns whether a permit is stored, as a snapshot.
    fn has_permit(&self) -> bool {
        has_flag(self.queue.value())
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
    impl Notify<$F> {
        /// Waits for a notification, like [`notified`](Self::notified). The future owns a
        /// reference to the `Notify`. Requires the `alloc` feature.
        ///
        /// # Examples
        ///
        /// ```
        /// use std::sync::Arc;
        ///
        /// use compio_sync::Notify;
        ///
        /// # compio::runtime::Runtime::new().unwrap().block_on(async {
        /// let notify = Arc::new(Notify::new());
        /// let task = compio::runtime::spawn(notify.clone().notified_owned());
        /// notify.notify_waiters();
        /// task.await.unwrap();
        /// # });
        /// ```
        pub fn notified_owned(self: $Counted<Self>) -> Notified<$Counted<Self>> {
            Notified::new(self)
        }
    }
}

/// The policy of the queue. `STORES` says whether a notification is stored if no task waits.
#[derive(Debug)]
pub enum UntilNotified<const STORES: bool> {}

impl<const STORES: bool> Policy for UntilNotified<STORES> {
    type Request = Ticket;

    const IS_TRUSTED: bool = true;
    const STORES: bool = STORES;

    /// An old ticket is refused even if a permit is stored, so it leaves the permit alone.
    #[inline]
    fn decide(value: isize, ticket: Ticket) -> Verdict {
        if !ticket.is_current(value) {
            Verdict::Refuse
        } else if has_flag(value) {
            Verdict::Grant(value & !FLAG)
        } else {
            Verdict::Wait
        }
    }

    /// Passes a notification on.
    #[inline]
    fn release(value: isize, _: Ticket) -> isize {
        value | FLAG
    }
}

impl<F: Flavour> Primitive for Notify<F> {
    type Policy = UntilNotified<true>;
    type Flavour = F;

    #[inline]
    fn queue(&self) -> &WaitQueue<UntilNotified<true>, F> {
        &self.queue
    }

    #[inline]
    fn op(&self, _: Ticket) -> trace::Op {
        self.resource.op("Notify::notified")
    }

    #[inline]
    fn emit_state(&self) {
        trace::emit_state!(self.resource, has_permit: self.has_permit(), waiters: self.waiters());
    }
}

/// Creates a `Notify` without a stored permit.
impl<F: Flavour> Default for Notify<F> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

// After a panic, each wait is still in a valid state: queued, complete or cancelled.
impl<F: Flavour> UnwindSafe for Notify<F> {}
impl<F: Flavour> RefUnwindSafe for Notify<F> {}

impl<F: Flavour> fmt::Debug for Notify<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notify")
            .field("has_permit", &self.has_permit())
            .field("waiters", &self.waiters())
            .finish()
    }
}
