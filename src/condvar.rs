//! The condition variable: lets tasks unlock a mutex while they wait for a notification.

mod wait;

use core::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

pub use self::wait::WaitOnCondvar;
use crate::{
    flavour::Flavour,
    loom::const_unless_loom,
    mutex::{Mutex, MutexGuard},
    notify::UntilNotified,
    queue::{Handle, Primitive, WaitQueue},
    ticket::{Ticket, next_generation},
    trace,
};

/// A condition variable, with which a task unlocks a [`Mutex`](crate::generic::Mutex) while it
/// waits for a notification.
///
/// A task that must wait calls [`wait_while`](Self::wait_while) with a condition, and waits while
/// the condition holds. It can also call [`wait`](Self::wait) in a loop. A task that changes the
/// data calls [`notify_one`](Self::notify_one) or [`notify_all`](Self::notify_all). To wait without
/// a mutex, use [`Notify`](crate::generic::Notify), which also stores a notification.
///
/// Tasks may wait with guards of different mutexes, because each wait carries its guard.
///
/// `F` is the flavour: [`Condvar`](crate::Condvar) is shared between threads, and
/// [`unsync::Condvar`](crate::unsync::Condvar) stays on one thread. A condition variable takes
/// three words and never allocates.
///
/// # Fairness
///
/// Notifications complete waits in FIFO order. A notified task then locks the mutex again, behind
/// the tasks that are queued for it already.
///
/// # Cancel safety
///
/// A wait can be dropped at any time, and never leaves its mutex locked. `notify_one` may have
/// completed a wait that has not locked the mutex again. If that wait is dropped, it passes the
/// notification to the next waiter. So no notification is lost while another task waits.
///
/// A timeout that drops the wait drops the guard as well. Lock the mutex again to look at the data:
///
/// ```
/// use std::time::Duration;
///
/// use compio_sync::unsync::{Condvar, Mutex};
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let (is_ready, changed) = (Mutex::new(false), Condvar::new());
///
/// let guard = is_ready.lock().await;
/// let wait = changed.wait_while(guard, |is_ready| !*is_ready);
/// if compio::time::timeout(Duration::from_millis(1), wait).await.is_err() {
///     let guard = is_ready.lock().await;
///     println!("ready after the timeout: {}", *guard);
/// }
/// # });
/// ```
///
/// # Spurious wakeups
///
/// There are none: a wait completes only after a notification. Another task may still change the
/// data before the notified task locks the mutex. So check the condition again, as `wait_while`
/// does.
///
/// # Memory ordering
///
/// `notify_one` and `notify_all` happen-before the return of each wait that they complete.
///
/// # Examples
///
/// A bounded buffer:
///
/// ```
/// use std::collections::VecDeque;
///
/// use compio_sync::unsync::{Condvar, Mutex};
///
/// struct Buffer {
///     items: Mutex<VecDeque<u32>>,
///     not_empty: Condvar,
///     not_full: Condvar,
/// }
///
/// impl Buffer {
///     async fn push(&self, item: u32) {
///         let items = self.items.lock().await;
///         let mut items = self.not_full.wait_while(items, |items| items.len() == 2).await;
///         items.push_back(item);
///         self.not_empty.notify_one();
///     }
///
///     async fn pop(&self) -> u32 {
///         let items = self.items.lock().await;
///         let mut items = self.not_empty.wait_while(items, |items| items.is_empty()).await;
///         let item = items.pop_front().expect("the buffer is not empty");
///         self.not_full.notify_one();
///         item
///     }
/// }
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let items = Mutex::new(VecDeque::new());
/// let buffer = Buffer { items, not_empty: Condvar::new(), not_full: Condvar::new() };
/// let produce = async {
///     for item in 0..10 {
///         buffer.push(item).await;
///     }
/// };
/// let consume = async {
///     for item in 0..10 {
///         assert_eq!(buffer.pop().await, item);
///     }
/// };
/// futures::join!(produce, consume);
/// # });
/// ```
pub struct Condvar<F: Flavour> {
    queue: WaitQueue<UntilNotified<false>, F>,
    resource: trace::Resource,
}

impl<F: Flavour> Condvar<F> {
    const_unless_loom! {
        /// Creates a condition variable.
        ///
        /// Under `cfg(loom)` this is not a `const fn`.
        ///
        /// # Examples
        ///
        /// ```
        /// use compio_sync::{Condvar, Mutex};
        ///
        /// static JOBS: Mutex<Vec<u32>> = Mutex::new(Vec::new());
        /// static PUSHED: Condvar = Condvar::new();
        /// assert_eq!(PUSHED.waiters(), 0);
        /// ```
        #[must_use]
        #[track_caller]
        pub fn new() -> Self {
            Self { queue: WaitQueue::new(0), resource: trace::Resource::new("Condvar") }
        }
    }

    /// Unlocks the mutex, waits for a notification, and locks the mutex again.
    ///
    /// The output is a guard of the same kind, borrowed or owned. The first poll enqueues the
    /// future and only then unlocks the mutex. So no notification can be missed between the two.
    /// Until the first poll, the mutex stays locked.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time, see [`WaitOnCondvar`].
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::{Condvar, Mutex};
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let (is_ready, changed) = (Mutex::new(false), Condvar::new());
    /// let wait = async {
    ///     let mut guard = is_ready.lock().await;
    ///     while !*guard {
    ///         guard = changed.wait(guard).await;
    ///     }
    /// };
    /// let set = async {
    ///     *is_ready.lock().await = true;
    ///     changed.notify_all();
    /// };
    /// futures::join!(wait, set);
    /// # });
    /// ```
    #[inline]
    pub fn wait<M, T: ?Sized>(&self, guard: MutexGuard<M>) -> WaitOnCondvar<'_, F, M>
    where
        M: Handle<Target = Mutex<F, T>>,
    {
        WaitOnCondvar::new(self, guard)
    }

    /// Waits until `condition` returns `false`, and returns the guard.
    ///
    /// The closure runs before the first wait and after each wait, with the mutex locked.
    ///
    /// # Cancel safety
    ///
    /// Same as [`wait`](Self::wait).
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::{Condvar, Mutex};
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let (jobs, pushed) = (Mutex::new(vec!["read"]), Condvar::new());
    /// let guard = jobs.lock().await;
    /// let mut jobs = pushed.wait_while(guard, |jobs| jobs.is_empty()).await;
    /// assert_eq!(jobs.pop(), Some("read"));
    /// # });
    /// ```
    pub async fn wait_while<M, T: ?Sized>(
        &self,
        mut guard: MutexGuard<M>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> MutexGuard<M>
    where
        M: Handle<Target = Mutex<F, T>>,
    {
        while condition(&mut guard) {
            guard = self.wait(guard).await;
        }
        guard
    }

    /// Notifies the waiter at the front of the queue. Has no effect if the queue is empty.
    ///
    /// The mutex need not be locked.
    ///
    /// # Examples
    ///
    /// ```
    /// // No task waits, so this has no effect.
    /// compio_sync::Condvar::new().notify_one();
    /// ```
    pub fn notify_one(&self) {
        self.queue.release(Ticket::ANY);
        self.emit_state();
    }

    /// Notifies all waits that were created before the call, including those not polled yet.
    ///
    /// The mutex need not be locked. The notified tasks lock it again one at a time. O(1) per
    /// waiter.
    ///
    /// # Examples
    ///
    /// ```
    /// // No task waits, so this has no effect.
    /// compio_sync::Condvar::new().notify_all();
    /// ```
    pub fn notify_all(&self) {
        self.queue.change(next_generation);
        self.emit_state();
    }

    /// Returns a snapshot of the number of tasks that wait for a notification.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(compio_sync::Condvar::new().waiters(), 0);
    /// ```
    #[must_use]
    pub fn waiters(&self) -> usize {
        self.queue.waiters()
    }

    /// Panics if an invariant of the wait queue does not hold, in debug builds.
    #[cfg(debug_assertions)]
    #[doc(hidden)]
    pub fn assert_valid(&self) {
        self.queue.assert_valid();
    }
}

impl<F: Flavour> Primitive for Condvar<F> {
    type Policy = UntilNotified<false>;
    type Flavour = F;

    #[inline]
    fn queue(&self) -> &WaitQueue<UntilNotified<false>, F> {
        &self.queue
    }

    #[inline]
    fn op(&self, _: Ticket) -> trace::Op {
        self.resource.op("Condvar::wait")
    }

    #[inline]
    fn emit_state(&self) {
        trace::emit_state!(self.resource, waiters: self.waiters());
    }
}

/// Creates a condition variable without waiters.
impl<F: Flavour> Default for Condvar<F> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

// After a panic, each wait is still in a valid state: queued, complete or cancelled.
impl<F: Flavour> UnwindSafe for Condvar<F> {}
impl<F: Flavour> RefUnwindSafe for Condvar<F> {}

impl<F: Flavour> fmt::Debug for Condvar<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").field("waiters", &self.waiters()).finish()
    }
}
