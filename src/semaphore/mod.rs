//! The semaphore: a limit on how many things are in use at once.
//!
//! Each flavour has this module once, from this one text. What differs comes from the flavour's own
//! file: `Flavour` and `Number`, and the macros `counted!`, `import!` and `of_flavour!`.

/// The type that shares its numbers and its limit with others of their kind, and lines about it.
macro_rules! semaphore {
    () => {
        super::Semaphore
    };
    (import) => {
        import!("Semaphore")
    };
    ($before:literal, $after:literal) => {
        concat!($before, "Semaphore", $after)
    };
}

mod acquire;
mod limit;
mod numbers;
#[cfg(feature = "alloc")]
mod owned;
mod permit;

use core::{
    convert::Infallible,
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

#[cfg(feature = "alloc")]
pub use self::owned::{AcquireOwned, OwnedSemaphorePermit};
pub use self::{acquire::Acquire, permit::SemaphorePermit};
use super::{Flavour, Number, Resource};
use crate::{
    loom::const_unless_loom,
    permits::{Counting, Limited, Permits},
    too_many::too_many,
    trace::Op,
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
    permits: Permits<Open>,
}

/// Never closed: the value of the queue is the number of free permits, and a request is a number of them.
pub(crate) enum Open {}

impl Policy for Open {
    type Flavour = Flavour;
    type Request = usize;
    type Refusal = Infallible;
    const REFUSAL: Option<Infallible> = None;

    #[inline]
    fn is_nothing(permits: usize) -> bool {
        permits == 0
    }

    #[inline]
    fn is_refused(_: isize, _: usize) -> bool {
        false
    }

    #[inline]
    fn grant(value: isize, permits: usize) -> Option<isize> {
        (permits <= value.max(0) as usize).then(|| value - permits as isize)
    }

    #[inline]
    fn give_back(value: isize, permits: usize) -> isize {
        value + permits as isize
    }
}

impl Counting for Open {
    const MAX: usize = MAX_VALUE as usize;

    #[inline]
    fn request(permits: usize) -> usize {
        permits
    }

    fn free(value: isize, _: usize) -> isize {
        value
    }

    fn moved(value: isize, by: isize) -> isize {
        value + by
    }
}

impl Primitive for Semaphore {
    type Policy = Open;

    #[inline]
    fn queue(&self) -> &WaitQueue<Open> {
        self.permits.queue()
    }

    #[inline]
    fn op(&self, _: usize) -> Op {
        self.permits.op("Semaphore::acquire")
    }

    #[inline]
    fn changed(&self) {
        self.permits.changed();
    }
}

impl Limited for Semaphore {
    #[inline]
    fn permits(&self) -> &Permits<Open> {
        &self.permits
    }
}

impl Semaphore {
    /// The most permits that a semaphore can have: 2,305,843,009,213,693,951 (2^61 - 1) where a
    /// `usize` has 64 bits, and 536,870,911 (2^29 - 1) where it has 32.
    pub const MAX_PERMITS: usize = Open::MAX;

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
                too_many(permits, Self::MAX_PERMITS);
            }
            let queue = WaitQueue::new(Number::new(empty(permits as isize)), Number::new(0));
            let resource = Resource::new("Semaphore");
            Self { permits: Permits::new(queue, Number::new(permits), resource) }
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
        self.permits.try_take(permits).then(|| SemaphorePermit::new(self, permits))
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
        let taken = self.permits.try_take_up_to(permits)?;
        Some(SemaphorePermit::new(self, taken))
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
