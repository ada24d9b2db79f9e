//! The mutex: data that one task accesses at a time.

mod guard;
mod lock;
#[cfg(feature = "alloc")]
mod owned;

use core::{fmt, panic::UnwindSafe};

pub use self::{
    guard::{MappedMutexGuard, MutexGuard},
    lock::Lock,
};
use crate::{
    flavour::Flavour,
    guarded::{Exclude, Exclusive, Guarded, Guards},
    loom::const_unless_loom,
    queue::{Completion, Primitive, WaitQueue},
    trace,
};

/// A lock that gives one task at a time access to its data.
///
/// A task [locks](Self::lock) the mutex, and waits while another task holds the lock. The
/// [`MutexGuard`] dereferences to the data and unlocks the mutex when dropped. The guard may be
/// held across an `.await`. If no guard is, use `std::sync::Mutex` or a `RefCell`, which are
/// faster.
///
/// `F` is the flavour: [`Mutex`](crate::Mutex) is shared between threads, and
/// [`unsync::Mutex`](crate::unsync::Mutex) stays on one thread, like a `RefCell` whose borrow can
/// be awaited. The mutex takes three words in addition to the data and never allocates. Uncontended
/// locking and unlocking take one compare-exchange each.
///
/// # Fairness
///
/// The lock is granted in FIFO order of the first polls. An unlocked mutex has no queued waiter, so
/// [`try_lock`](Self::try_lock) never barges.
///
/// # Cancel safety
///
/// Every future of a mutex can be dropped at any time. A queued future leaves the queue. A future
/// that was granted the lock passes it to the next waiter.
///
/// A granted lock belongs to the waiter even before its task is polled. A future that is no longer
/// polled therefore blocks all other waiters. Drop such a future before the task awaits anything
/// else:
///
/// ```
/// use std::{pin::pin, time::Duration};
///
/// use compio_sync::unsync::Mutex;
/// use futures::{FutureExt, select_biased};
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let log = Mutex::new(Vec::new());
/// let busy = log.lock().await;
/// {
///     let mut lock = pin!(log.lock().fuse());
///     select_biased! {
///         mut log = lock => log.push("written"),
///         () = compio::time::sleep(Duration::from_millis(1)).fuse() => {}
///     }
///     drop(busy); // Grants the mutex to `lock`.
///     // Awaiting `log.lock()` here would deadlock, because `lock` is no longer polled.
/// }
/// // Dropping `lock` has unlocked the mutex.
/// log.lock().await.push("skipped");
/// assert_eq!(*log.lock().await, ["skipped"]);
/// # });
/// ```
///
/// # Memory ordering
///
/// Unlocking the mutex happens-before the return of the next `lock` or `try_lock` that succeeds.
///
/// # Poisoning
///
/// There is no poisoning. If a task panics while it holds the lock, the mutex is unlocked, and the
/// next task sees the data in its current state. The type is therefore not `RefUnwindSafe`.
///
/// # Wakers
///
/// Wakers run when a guard or a future is dropped, after the queue is unlocked. A waker may use the
/// mutex. If a waker panics, the lock is already granted to its waiter.
///
/// # Examples
///
/// Requests on one connection take turns, each until its response has arrived:
///
/// ```
/// use std::rc::Rc;
///
/// use compio_sync::unsync::Mutex;
///
/// struct Connection {
///     requests: usize,
/// }
///
/// impl Connection {
///     async fn request(&mut self, path: &str) -> String {
///         self.requests += 1;
///         format!("{path} is response {}", self.requests)
///     }
/// }
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let connection = Rc::new(Mutex::new(Connection { requests: 0 }));
/// let other = connection.clone();
/// let task = compio::runtime::spawn(async move { other.lock().await.request("/a").await });
/// let response = connection.lock().await.request("/b").await;
/// assert_eq!(response, "/b is response 1");
/// assert_eq!(task.await.unwrap(), "/a is response 2");
/// # });
/// ```
pub struct Mutex<F: Flavour, T: ?Sized> {
    resource: trace::Resource,
    guarded: Guarded<Exclusive, F, T>,
}

impl<F: Flavour, T> Mutex<F, T> {
    const_unless_loom! {
        /// Creates an unlocked mutex.
        ///
        /// Under `cfg(loom)` this is not a `const fn`.
        ///
        /// # Examples
        ///
        /// ```
        /// use compio_sync::Mutex;
        ///
        /// static ROUTES: Mutex<Vec<&str>> = Mutex::new(Vec::new());
        /// assert!(!ROUTES.is_locked());
        /// ```
        #[must_use]
        #[track_caller]
        pub fn new(data: T) -> Self {
            Self { resource: trace::Resource::new("Mutex"), guarded: Guarded::new(data) }
        }
    }

    /// Consumes the mutex and returns the data.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(compio_sync::Mutex::new(5).into_inner(), 5);
    /// ```
    pub fn into_inner(self) -> T {
        self.guarded.into_inner()
    }
}

impl<F: Flavour, T: ?Sized> Mutex<F, T> {
    /// Locks the mutex.
    ///
    /// # Fairness
    ///
    /// The future joins the queue when it is first polled.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time, see [`Lock`].
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Mutex;
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let total = Mutex::new(0);
    /// *total.lock().await += 5;
    /// assert_eq!(*total.lock().await, 5);
    /// # });
    /// ```
    #[inline]
    pub fn lock(&self) -> Lock<&Self> {
        Lock::new(self)
    }

    /// Attempts to lock the mutex without waiting. Returns `None` if the mutex is locked.
    ///
    /// # Fairness
    ///
    /// A mutex with a queued waiter is always locked, so this method never barges.
    ///
    /// # Examples
    ///
    /// Skip a report that is being written already:
    ///
    /// ```
    /// use compio_sync::Mutex;
    ///
    /// fn write(report: &Mutex<Vec<u8>>) -> bool {
    ///     let Some(mut report) = report.try_lock() else {
    ///         return false;
    ///     };
    ///     report.push(b'.');
    ///     true
    /// }
    ///
    /// let report = Mutex::new(Vec::new());
    /// assert!(write(&report));
    /// let _busy = report.try_lock();
    /// assert!(!write(&report));
    /// ```
    #[inline]
    #[must_use = "the mutex is unlocked as soon as the guard is dropped"]
    pub fn try_lock(&self) -> Option<MutexGuard<&Self>> {
        self.try_lock_raw().then(|| MutexGuard::new(self))
    }

    #[inline]
    fn try_lock_raw(&self) -> bool {
        matches!(self.guarded.queue.try_grant(()), Some(Completion::Granted(_)))
    }

    /// Returns a mutable reference to the data. The exclusive borrow makes locking unnecessary.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut mutex = compio_sync::Mutex::new(5);
    /// *mutex.get_mut() += 1;
    /// assert_eq!(mutex.into_inner(), 6);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.guarded.get_mut()
    }

    /// Returns a snapshot of whether the mutex is locked.
    ///
    /// # Examples
    ///
    /// ```
    /// let mutex = compio_sync::Mutex::new(5);
    /// let guard = mutex.try_lock();
    /// assert!(mutex.is_locked());
    /// ```
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.guarded.queue.value() != Exclusive::FREE
    }

    /// Returns a snapshot of the number of queued waiters.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{pin::pin, task::{Context, Waker}};
    ///
    /// use compio_sync::Mutex;
    ///
    /// let mutex = Mutex::new(5);
    /// let guard = mutex.try_lock();
    /// let mut lock = pin!(mutex.lock());
    /// assert!(lock.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    /// assert_eq!(mutex.waiters(), 1);
    /// # drop(guard);
    /// ```
    #[must_use]
    pub fn waiters(&self) -> usize {
        self.guarded.queue.waiters()
    }

    /// Panics if an invariant of the wait queue does not hold, in debug builds.
    #[cfg(debug_assertions)]
    #[doc(hidden)]
    pub fn assert_valid(&self) {
        self.guarded.queue.assert_valid();
    }
}

impl<F: Flavour, T: ?Sized> Primitive for Mutex<F, T> {
    type Policy = Exclusive;
    type Flavour = F;

    #[inline]
    fn queue(&self) -> &WaitQueue<Exclusive, F> {
        &self.guarded.queue
    }

    #[inline]
    fn op(&self, (): ()) -> trace::Op {
        self.resource.op("Mutex::lock")
    }

    #[inline]
    fn emit_state(&self) {
        trace::emit_state!(self.resource, locked: self.is_locked(), waiters: self.waiters());
    }
}

impl<F: Flavour, T: ?Sized> Guards for Mutex<F, T> {
    type Data = T;

    #[inline]
    fn guarded(&self) -> &Guarded<Exclusive, F, T> {
        &self.guarded
    }
}

/// Creates an unlocked mutex with the default data.
impl<F: Flavour, T: Default> Default for Mutex<F, T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

/// Creates an unlocked mutex with this data.
impl<F: Flavour, T> From<T> for Mutex<F, T> {
    #[track_caller]
    fn from(data: T) -> Self {
        Self::new(data)
    }
}

// There is no poisoning, so a reference to the mutex is not unwind safe: a panic of its holder can
// leave the data half-modified.
impl<F: Flavour, T: ?Sized + UnwindSafe> UnwindSafe for Mutex<F, T> {}

/// Shows the data, or `<locked>` if the mutex is locked. Never waits, but locks the mutex while it
/// formats the data.
impl<F: Flavour, T: ?Sized + fmt::Debug> fmt::Debug for Mutex<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Mutex");
        match self.try_lock() {
            Some(data) => debug.field("data", &&*data),
            None => debug.field("data", &format_args!("<locked>")),
        };
        debug.field("waiters", &self.waiters()).finish()
    }
}
