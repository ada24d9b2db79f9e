//! The reader-writer lock: data that one task writes, or several tasks read, at a time.

mod guard;
mod lock;
#[cfg(feature = "alloc")]
mod owned;

use core::{fmt, panic::UnwindSafe};

pub use self::{
    guard::{RwLockReadGuard, RwLockWriteGuard},
    lock::{ReadLock, WriteLock},
};
use crate::{
    flavour::Flavour,
    guarded::{Access, Guarded, Guards, MAX_READERS, ReadWrite},
    loom::const_unless_loom,
    queue::{Completion, Primitive, WaitQueue},
    trace,
};

/// A lock that gives several tasks at a time read access to its data, or one task write access.
///
/// A task locks the data for [reading](Self::read) or [writing](Self::write). The guard
/// dereferences to the data and releases the lock when dropped. The guard may be held across an
/// `.await`. If tasks mostly write, use the simpler [`Mutex`](crate::generic::Mutex).
///
/// `F` is the flavour: [`RwLock`](crate::RwLock) is shared between threads, and
/// [`unsync::RwLock`](crate::unsync::RwLock) stays on one thread, like a `RefCell` whose borrows
/// can be awaited. The lock takes three words in addition to the data and never allocates.
/// Uncontended locking and releasing take one compare-exchange each.
///
/// # Fairness
///
/// The lock is granted in FIFO order of the first polls. Consecutive readers in the queue are
/// granted the lock together. A reader behind a queued writer waits for that writer, even if other
/// readers hold the lock. Readers therefore cannot starve writers.
///
/// # Deadlocks
///
/// A task that holds a read guard must not lock the data for reading again. If a writer is queued
/// in between, the second read waits for the writer, and the writer waits for the first read:
///
/// ```
/// use std::{pin::pin, task::{Context, Waker}};
///
/// use compio_sync::RwLock;
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let config = RwLock::new("v1");
/// let first = config.read().await;
///
/// let mut cx = Context::from_waker(Waker::noop());
/// let mut write = pin!(config.write());
/// assert!(write.as_mut().poll(&mut cx).is_pending());
///
/// // Awaiting `second` would deadlock. `try_read` fails instead.
/// let mut second = pin!(config.read());
/// assert!(second.as_mut().poll(&mut cx).is_pending());
/// assert!(config.try_read().is_none());
/// # drop(first);
/// # });
/// ```
///
/// Pass the guard or a reference to the data to the code that reads, instead of locking again.
///
/// # Cancel safety
///
/// Every future of a lock can be dropped at any time. A queued future leaves the queue. If it was a
/// writer at the front while readers hold the lock, the readers behind it are granted the lock. A
/// future that was granted the lock passes it to the next waiter.
///
/// A granted lock belongs to the waiter even before its task is polled. A future that is no longer
/// polled therefore blocks other waiters. Drop such a future before the task awaits anything else,
/// as shown at [`Mutex`](crate::generic::Mutex).
///
/// # Memory ordering
///
/// Dropping a write guard happens-before the return of every later read or write lock. Downgrading
/// orders in the same way. Dropping a read guard happens-before the return of the next write lock.
///
/// # Poisoning
///
/// There is no poisoning. If a task panics while it holds the lock, the lock is released, and the
/// next task sees the data in its current state. The type is therefore not `RefUnwindSafe`.
///
/// # Wakers
///
/// Wakers run when a guard or a future is dropped, and when a write guard is downgraded. They run
/// after the queue is unlocked, in batches of up to 32. A waker may use the lock. If a waker
/// panics, all other waiters are woken before the panic propagates.
///
/// # Examples
///
/// Requests read a routing table that is updated occasionally:
///
/// ```
/// use std::collections::HashMap;
///
/// use compio_sync::RwLock;
///
/// async fn route(routes: &RwLock<HashMap<&str, u16>>, host: &str) -> Option<u16> {
///     routes.read().await.get(host).copied()
/// }
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let routes = RwLock::new(HashMap::new());
/// assert_eq!(route(&routes, "docs.rs").await, None);
/// routes.write().await.insert("docs.rs", 443);
/// assert_eq!(route(&routes, "docs.rs").await, Some(443));
/// # });
/// ```
pub struct RwLock<F: Flavour, T: ?Sized> {
    resource: trace::Resource,
    guarded: Guarded<ReadWrite, F, T>,
}

impl<F: Flavour, T> RwLock<F, T> {
    const_unless_loom! {
        /// Creates an unlocked `RwLock`.
        ///
        /// Under `cfg(loom)` this is not a `const fn`.
        ///
        /// # Examples
        ///
        /// ```
        /// use compio_sync::RwLock;
        ///
        /// static LEVEL: RwLock<&str> = RwLock::new("info");
        /// assert_eq!(*LEVEL.try_read().unwrap(), "info");
        /// ```
        #[must_use]
        #[track_caller]
        pub fn new(data: T) -> Self {
            Self { resource: trace::Resource::new("RwLock"), guarded: Guarded::new(data) }
        }
    }

    /// Consumes the lock and returns the data.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(compio_sync::RwLock::new(5).into_inner(), 5);
    /// ```
    pub fn into_inner(self) -> T {
        self.guarded.into_inner()
    }
}

impl<F: Flavour, T: ?Sized> RwLock<F, T> {
    /// The largest number of readers that hold the lock at the same time. Further readers wait.
    ///
    /// On 64-bit targets it is 2,305,843,009,213,693,951 (2^61 - 1), and on 32-bit targets
    /// 536,870,911 (2^29 - 1).
    pub const MAX_READERS: usize = MAX_READERS;

    /// Locks the data for reading.
    ///
    /// # Fairness
    ///
    /// The future joins the queue when it is first polled, and waits behind a queued writer.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time, see [`ReadLock`].
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::RwLock;
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let lock = RwLock::new(5);
    /// let (one, other) = futures::join!(lock.read(), lock.read());
    /// assert_eq!(*one + *other, 10);
    /// # });
    /// ```
    #[inline]
    pub fn read(&self) -> ReadLock<&Self> {
        ReadLock::new(self)
    }

    /// Locks the data for writing.
    ///
    /// # Fairness
    ///
    /// The future joins the queue when it is first polled.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time, see [`WriteLock`].
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::RwLock;
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let lock = RwLock::new(5);
    /// *lock.write().await += 1;
    /// assert_eq!(*lock.read().await, 6);
    /// # });
    /// ```
    #[inline]
    pub fn write(&self) -> WriteLock<&Self> {
        WriteLock::new(self)
    }

    /// Attempts to lock the data for reading, without waiting. Returns `None` if a writer holds the
    /// lock.
    ///
    /// # Fairness
    ///
    /// Also returns `None` if a waiter is queued, so this method never barges.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = compio_sync::RwLock::new(5);
    /// let reader = lock.try_read().unwrap();
    /// assert!(lock.try_read().is_some());
    /// assert!(lock.try_write().is_none());
    /// # drop(reader);
    /// ```
    #[inline]
    #[must_use = "the lock is released as soon as the guard is dropped"]
    pub fn try_read(&self) -> Option<RwLockReadGuard<&Self>> {
        self.try_lock_raw(Access::Read).then(|| RwLockReadGuard::new(self))
    }

    /// Attempts to lock the data for writing, without waiting. Returns `None` if the lock is held.
    ///
    /// # Fairness
    ///
    /// A lock with a queued waiter is always held, so this method never barges.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = compio_sync::RwLock::new(5);
    /// let writer = lock.try_write().unwrap();
    /// assert!(lock.try_read().is_none());
    /// # drop(writer);
    /// ```
    #[inline]
    #[must_use = "the lock is released as soon as the guard is dropped"]
    pub fn try_write(&self) -> Option<RwLockWriteGuard<&Self>> {
        self.try_lock_raw(Access::Write).then(|| RwLockWriteGuard::new(self))
    }

    #[inline]
    fn try_lock_raw(&self, access: Access) -> bool {
        matches!(self.guarded.queue.try_grant(access), Some(Completion::Granted(_)))
    }

    /// Returns a mutable reference to the data. The exclusive borrow makes locking unnecessary.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut lock = compio_sync::RwLock::new(5);
    /// *lock.get_mut() += 1;
    /// assert_eq!(lock.into_inner(), 6);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.guarded.get_mut()
    }

    /// Returns a snapshot of the number of queued waiters.
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

impl<F: Flavour, T: ?Sized> Primitive for RwLock<F, T> {
    type Policy = ReadWrite;
    type Flavour = F;

    #[inline]
    fn queue(&self) -> &WaitQueue<ReadWrite, F> {
        &self.guarded.queue
    }

    #[inline]
    fn op(&self, access: Access) -> trace::Op {
        self.resource.op(match access {
            Access::Read => "RwLock::read",
            Access::Write => "RwLock::write",
        })
    }

    #[inline]
    fn emit_state(&self) {
        trace::emit_state!(
            self.resource,
            readers: self.guarded.queue.value().max(0) as usize,
            write_locked: self.guarded.queue.value() < 0,
            waiters: self.waiters()
        );
    }
}

impl<F: Flavour, T: ?Sized> Guards for RwLock<F, T> {
    type Data = T;

    #[inline]
    fn guarded(&self) -> &Guarded<ReadWrite, F, T> {
        &self.guarded
    }
}

/// Creates an unlocked lock with the default data.
impl<F: Flavour, T: Default> Default for RwLock<F, T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

/// Creates an unlocked lock with this data.
impl<F: Flavour, T> From<T> for RwLock<F, T> {
    #[track_caller]
    fn from(data: T) -> Self {
        Self::new(data)
    }
}

// There is no poisoning, so a reference to the lock is not unwind safe: a panic of its holder can
// leave the data half-modified.
impl<F: Flavour, T: ?Sized + UnwindSafe> UnwindSafe for RwLock<F, T> {}

/// Shows the data, or `<locked>` if a writer holds the lock or a waiter is queued. Never waits, but
/// locks the data for reading while it formats them.
impl<F: Flavour, T: ?Sized + fmt::Debug> fmt::Debug for RwLock<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("RwLock");
        match self.try_read() {
            Some(data) => debug.field("data", &&*data),
            None => debug.field("data", &format_args!("<locked>")),
        };
        debug.field("waiters", &self.waiters()).finish()
    }
}
