//! The semaphore: a limit on how many things are in use at once.
//!
//! Each flavour has this module once, from this one text. What differs comes from the flavour's own
//! file: `Flavour` and `Number`, and the macros `counted!`, `import!` and `of_flavour!`.

mod acquire;
mod limit;
#[cfg(feature = "alloc")]
mod owned;
mod permit;

use core::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

#[cfg(feature = "alloc")]
pub use self::owned::{AcquireOwned, OwnedSemaphorePermit};
pub use self::{acquire::Acquire, permit::SemaphorePermit};
use super::{Flavour, Number};
use crate::{
    flavour::Atomic,
    loom::{Ordering, const_unless_loom},
    too_many::too_many,
    wait_queue::{MAX_VALUE, Policy, Primitive, WaitQueue, empty},
};

/// A limit on how many things are in use at once, fair to those who wait.
///
/// A semaphore has a number of permits. Whoever wants to use one of the limited things [acquires] a
/// permit, waits if there is none, and gives it back by dropping the [`SemaphorePermit`].
///
/// It belongs to no runtime, and is four words long. Waiting and giving back never allocate.
#[doc = of_flavour!(threads)]
///
/// # Fairness
///
/// Strictly first come, first served, by the first poll of [`Acquire`]. While somebody is queued
/// nobody else gets a permit, not even by [`try_acquire`](Self::try_acquire) and not even if permits
/// are free: those are kept for the front of the queue, which may want many of them. So a big request
/// is served in the end, however many small ones come after it; and a small one waits behind it.
///
/// # Cancel safety
///
/// An [`Acquire`] can be dropped at any time, as a timeout or a `select!` does. It gives up its place,
/// and what it was granted goes to the next in the queue: no permit and no wake-up is lost.
///
/// # Memory ordering
///
#[doc = of_flavour!(memory_ordering)]
///
/// # Wakers
///
/// No waker is cloned, woken or dropped while the queue is locked, so a waker may call back into the
/// semaphore. If one panics, the others are woken all the same before the panic goes on.
///
/// Wakers run inside the call that grants, up to 32 at a time and one after the other. One that blocks
/// holds up those behind it; one that drops what it wakes for makes the next grant from inside itself, so
/// a long queue of such takes as deep a stack.
///
/// # Examples
///
/// ```
#[doc = import!("Semaphore")]
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let connections = Semaphore::new(2);
///
/// let first = connections.acquire().await;
/// let second = connections.acquire().await;
/// assert!(connections.try_acquire().is_none());
///
/// drop(first);
/// assert_eq!(connections.available_permits(), 1);
/// assert_eq!(connections.in_use(), 1);
/// # });
/// ```
///
/// [acquires]: Self::acquire
pub struct Semaphore {
    queue: WaitQueue<Permits>,
    /// How many permits there are, free or not. Written under the queue's lock only.
    limit: Number,
}

/// The value of the queue is the number of free permits; a request is a number of permits.
pub(crate) struct Permits;

impl Policy for Permits {
    type Flavour = Flavour;
    type Request = usize;

    #[inline]
    fn is_nothing(permits: usize) -> bool {
        permits == 0
    }

    #[inline]
    fn grant(value: isize, permits: usize) -> Option<isize> {
        (permits <= free(value)).then(|| value - permits as isize)
    }

    #[inline]
    fn give_back(value: isize, permits: usize) -> isize {
        value + permits as isize
    }
}

/// How many permits are free by this value of the queue.
#[inline]
fn free(value: isize) -> usize {
    value.max(0) as usize
}

impl Primitive for Semaphore {
    type Policy = Permits;

    #[inline]
    fn queue(&self) -> &WaitQueue<Permits> {
        &self.queue
    }
}

impl Semaphore {
    /// The most permits that a semaphore can have: 2,305,843,009,213,693,951 (2^61 - 1) where a
    /// `usize` has 64 bits, and 536,870,911 (2^29 - 1) where it has 32.
    pub const MAX_PERMITS: usize = MAX_VALUE as usize;

    const_unless_loom! {
        /// A semaphore with this many permits, all of them free.
        ///
        /// It is a `const fn`, except under `cfg(loom)`. With no permits everybody waits until some
        /// are [added](Self::add_permits).
        ///
        /// # Panics
        ///
        /// If `permits` is above [`MAX_PERMITS`](Self::MAX_PERMITS); in a `const` or a `static` that
        /// is an error of compilation.
        ///
        /// # Examples
        ///
        /// ```
        #[doc = import!("Semaphore")]
        ///
        /// const SOCKETS: usize = 128;
        ///
        /// let sockets = Semaphore::new(SOCKETS);
        /// assert_eq!(sockets.available_permits(), 128);
        /// ```
        #[must_use]
        #[track_caller]
        pub fn new(permits: usize) -> Self {
            if permits > Self::MAX_PERMITS {
                too_many(permits);
            }
            let word = Number::new(empty(permits as isize));
            Self {
                queue: WaitQueue::new(word, Number::new(0)),
                limit: Number::new(permits),
            }
        }
    }

    /// Waits for a permit.
    ///
    /// # Fairness
    ///
    /// Its place in the queue is the one of its first poll. From the moment a permit is granted to it
    /// that permit counts as in use, although it has not been polled yet.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped at any time, see [`Acquire`].
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("Semaphore")]
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let files = Semaphore::new(64);
    /// let permit = files.acquire().await;
    /// // Open, read and close a file; then:
    /// drop(permit);
    /// # });
    /// ```
    #[inline]
    pub fn acquire(&self) -> Acquire<'_> {
        Acquire::new(self, 1)
    }

    /// Waits for many permits, and gets them all at once.
    ///
    /// None at all is ready at once and holds nothing. A request for more than
    /// [`max_permits`](Self::max_permits) waits, and all others behind it, for the limit may rise.
    ///
    /// # Fairness
    ///
    /// A big request has the place of its first poll like any other. While it is at the front, free
    /// permits are kept for it until they are enough.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped at any time, see [`Acquire`]. Once a big request is gone from the front, all
    /// that now have enough are served at once.
    ///
    /// # Panics
    ///
    /// If `permits` is above [`MAX_PERMITS`](Self::MAX_PERMITS), to which no limit can rise.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("Semaphore")]
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// // A limit on the bytes in flight.
    /// let bytes = Semaphore::new(64 * 1024);
    /// let buffer = bytes.acquire_many(4096).await;
    /// assert_eq!(bytes.available_permits(), 60 * 1024);
    /// # });
    /// ```
    #[inline]
    #[track_caller]
    pub fn acquire_many(&self, permits: usize) -> Acquire<'_> {
        Self::assert_can_be_granted(permits);
        Acquire::new(self, permits)
    }

    #[inline]
    #[track_caller]
    fn assert_can_be_granted(permits: usize) {
        assert!(
            permits <= Self::MAX_PERMITS,
            "waiting for {permits} permits would never end: Semaphore::MAX_PERMITS is {}",
            Self::MAX_PERMITS
        );
    }

    /// Takes a permit if one is free and nobody is queued.
    ///
    /// # Fairness
    ///
    /// It never passes anybody who is queued, so it may return `None` although
    /// [`available_permits`](Self::available_permits) is not 0: those are kept for the front.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(1);
    /// let permit = semaphore.try_acquire();
    /// assert!(permit.is_some());
    /// assert!(semaphore.try_acquire().is_none());
    /// ```
    #[inline]
    #[must_use = "permits are given back as soon as their guard is dropped"]
    pub fn try_acquire(&self) -> Option<SemaphorePermit<'_>> {
        self.try_acquire_many(1)
    }

    /// Takes many permits at once if they are free and nobody is queued; none at all is always there.
    ///
    /// # Fairness
    ///
    /// As [`try_acquire`](Self::try_acquire), it never passes anybody who is queued.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(5);
    /// let three = semaphore.try_acquire_many(3);
    /// assert!(three.is_some());
    /// assert!(semaphore.try_acquire_many(3).is_none());
    /// assert_eq!(semaphore.available_permits(), 2);
    /// ```
    #[inline]
    #[must_use = "permits are given back as soon as their guard is dropped"]
    pub fn try_acquire_many(&self, permits: usize) -> Option<SemaphorePermit<'_>> {
        self.queue.try_take(permits).then(|| SemaphorePermit::new(self, permits))
    }

    /// Takes what is free, but at most `permits`; `None` if that is nothing, or somebody is queued.
    ///
    /// # Fairness
    ///
    /// As [`try_acquire`](Self::try_acquire), it never passes anybody who is queued.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(5);
    /// let permits = semaphore.try_acquire_up_to(3).unwrap();
    /// assert_eq!(permits.num_permits(), 3);
    /// let permits = semaphore.try_acquire_up_to(3).unwrap();
    /// assert_eq!(permits.num_permits(), 2);
    /// ```
    #[must_use = "permits are given back as soon as their guard is dropped"]
    pub fn try_acquire_up_to(&self, permits: usize) -> Option<SemaphorePermit<'_>> {
        let up_to = move |value| permits.min(free(value));
        let before = self.queue.try_take_by(|value| match up_to(value) {
            0 => None,
            taken => Some(value - taken as isize),
        })?;
        Some(SemaphorePermit::new(self, up_to(before)))
    }

    /// How many permits are free at some moment of the call.
    ///
    /// While somebody is queued these are kept for the front of the queue.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(3);
    /// let permit = semaphore.try_acquire();
    /// assert_eq!(semaphore.available_permits(), 2);
    /// ```
    #[must_use]
    pub fn available_permits(&self) -> usize {
        free(self.queue.value())
    }

    /// How many permits there are at some moment of the call, free or in use: the limit.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(3);
    /// let permit = semaphore.try_acquire();
    /// assert_eq!(semaphore.max_permits(), 3);
    /// ```
    #[must_use]
    pub fn max_permits(&self) -> usize {
        // ORDERING: `Relaxed`: a mere reading; it is changed under the queue's lock.
        Atomic::load(&self.limit, Ordering::Relaxed)
    }

    /// How many permits are held, or were granted to an [`Acquire`] that has not been polled since.
    ///
    /// It is the difference of two readings, the limit and what is free of it. If the limit moves
    /// between the two, it is off by as much, though never below 0.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(3);
    /// let permit = semaphore.try_acquire_many(2);
    /// assert_eq!(semaphore.in_use(), 2);
    /// ```
    #[must_use]
    pub fn in_use(&self) -> usize {
        free(self.max_permits() as isize - self.queue.value())
    }

    /// How many are queued at some moment of the call. It takes no lock.
    ///
    /// A future that was granted its permits is not queued any more, even before it is polled.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{pin::pin, task::{Context, Waker}};
    ///
    #[doc = import!("Semaphore")]
    ///
    /// let semaphore = Semaphore::new(0);
    /// let acquire = pin!(semaphore.acquire());
    /// assert_eq!(semaphore.waiters(), 0);
    /// let _ = acquire.poll(&mut Context::from_waker(Waker::noop()));
    /// assert_eq!(semaphore.waiters(), 1);
    /// ```
    #[must_use]
    pub fn waiters(&self) -> usize {
        self.queue.waiters()
    }

    /// For tests: panics if the queue is not what it must be when nobody is just changing it.
    #[cfg(debug_assertions)]
    #[doc(hidden)]
    pub fn assert_valid(&self) {
        self.queue.assert_valid();
    }
}

// A panic never leaves the queue half changed: a permit is free, held or granted.
impl UnwindSafe for Semaphore {}
impl RefUnwindSafe for Semaphore {}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("max_permits", &self.max_permits())
            .field("available_permits", &self.available_permits())
            .field("in_use", &self.in_use())
            .field("debt", &self.debt())
            .field("waiters", &self.waiters())
            .finish()
    }
}
