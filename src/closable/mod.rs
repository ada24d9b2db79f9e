//! The semaphore that can be closed, on the same queue.
//!
//! Each flavour has this module once, as it has the semaphore's.

/// The type that shares its numbers and its limit with others of their kind, and lines about it.
macro_rules! semaphore {
    () => {
        super::ClosableSemaphore
    };
    (import) => {
        import!("ClosableSemaphore")
    };
    ($before:literal, $after:literal) => {
        concat!($before, "ClosableSemaphore", $after)
    };
}

mod acquire;
mod closing;
#[path = "../semaphore/limit.rs"]
mod limit;
#[path = "../semaphore/numbers.rs"]
mod numbers;
#[cfg(feature = "alloc")]
mod owned;
mod permit;

use core::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

use self::closing::Event;
#[cfg(feature = "alloc")]
pub use self::owned::{ClosableAcquireOwned, OwnedClosablePermit};
pub use self::{
    acquire::ClosableAcquire,
    closing::{Drain, WaitForClose},
    permit::ClosablePermit,
};
use super::{Flavour, Number, Resource};
use crate::{
    closed::{Closed, TryAcquireError},
    loom::const_unless_loom,
    permits::{Counting, Limited, Permits},
    too_many::too_many,
    trace::Op,
    wait_queue::{MAX_VALUE, Policy, Primitive, WaitQueue, empty},
};

/// A [`Semaphore`](super::Semaphore) that can be closed, so that a service that shuts down turns away
/// those who wait.
///
/// It is seven words long. Until it is closed it does what a [`Semaphore`](super::Semaphore) does, in
/// the same order and at nearly the same price, but that acquiring may fail. [`close`](Self::close) refuses
/// everybody who is queued and everybody who comes later. Permits that are held, or were granted
/// before, stay valid, and [`drain`](Self::drain) waits until they are back.
///
/// Its numbers and its limit go on when it is closed. But then it is [`in_use`](Self::in_use) that is one
/// reading, and [`available_permits`](Self::available_permits) and [`debt`](Self::debt) that are the
/// difference of two, off by as much as the limit moves between them; and permits that are added go to
/// nobody.
///
/// # Fairness
///
/// As the [`Semaphore`](super::Semaphore): strictly first come, first served. Closing refuses those who
/// are queued in that order, too.
///
/// # Cancel safety
///
/// All of its futures can be dropped at any time, and nothing is lost.
///
/// # Memory ordering
///
/// What was done before [`close`](Self::close) is seen by whoever learns that it is closed. Else as the
/// [`Semaphore`](super::Semaphore).
///
/// # Examples
///
/// ```
#[doc = import!("{ClosableSemaphore, Closed}")]
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let connections = ClosableSemaphore::new(2);
/// let permit = connections.acquire().await.unwrap();
///
/// connections.close();
/// assert_eq!(connections.acquire().await.unwrap_err(), Closed);
///
/// drop(permit);
/// connections.drain().await;
/// assert_eq!(connections.in_use(), 0);
/// # });
/// ```
pub struct ClosableSemaphore {
    permits: Permits<Closable>,
    /// Set after the queue is closed, for those who wait for nothing else.
    closed: Event,
}

/// The lowest bit of the value says whether it is closed. The rest is how many permits are free, and once
/// it is closed, how many are in use, below 0.
pub(crate) enum Closable {}

#[derive(Clone, Copy)]
pub(crate) enum Request {
    Permits(usize),
    /// That it is closed and nothing is in use.
    AllBack,
}

impl Request {
    /// How many permits it is for.
    #[inline]
    fn permits(self) -> usize {
        match self {
            Self::Permits(permits) => permits,
            Self::AllBack => 0,
        }
    }
}

const CLOSED: isize = 1;

const fn is_closed(value: isize) -> bool {
    value & CLOSED != 0
}

/// The rest of the value.
const fn count(value: isize) -> isize {
    value >> 1
}

/// As much of the value as so many permits are.
const fn value_of(permits: isize) -> isize {
    permits << 1
}

impl Policy for Closable {
    type Flavour = Flavour;
    type Request = Request;
    type Refusal = Closed;
    const REFUSAL: Option<Closed> = Some(Closed);

    #[inline]
    fn is_nothing(request: Request) -> bool {
        matches!(request, Request::Permits(0))
    }

    #[inline]
    fn is_refused(value: isize, request: Request) -> bool {
        is_closed(value) && matches!(request, Request::Permits(_))
    }

    #[inline]
    fn grant(value: isize, request: Request) -> Option<isize> {
        match request {
            // None is free once it is closed, for then the count is not above 0.
            Request::Permits(permits) => (permits <= count(value).max(0) as usize)
                .then(|| value - value_of(permits as isize)),
            Request::AllBack => (is_closed(value) && count(value) == 0).then_some(value),
        }
    }

    #[inline]
    fn give_back(value: isize, request: Request) -> isize {
        match request {
            Request::Permits(permits) => value + value_of(permits as isize),
            Request::AllBack => value,
        }
    }
}

impl Counting for Closable {
    const MAX: usize = count(MAX_VALUE) as usize;

    #[inline]
    fn request(permits: usize) -> Request {
        Request::Permits(permits)
    }

    fn free(value: isize, limit: usize) -> isize {
        if is_closed(value) { limit as isize + count(value) } else { count(value) }
    }

    fn moved(value: isize, by: isize) -> isize {
        if is_closed(value) { value } else { value + value_of(by) }
    }
}

impl Primitive for ClosableSemaphore {
    type Policy = Closable;

    #[inline]
    fn queue(&self) -> &WaitQueue<Closable> {
        self.permits.queue()
    }

    #[inline]
    fn op(&self, request: Request) -> Op {
        self.permits.op(match request {
            Request::Permits(_) => "ClosableSemaphore::acquire",
            Request::AllBack => "ClosableSemaphore::drain",
        })
    }

    #[inline]
    fn changed(&self) {
        self.permits.changed();
    }
}

impl Limited for ClosableSemaphore {
    #[inline]
    fn permits(&self) -> &Permits<Closable> {
        &self.permits
    }
}

impl ClosableSemaphore {
    /// The most permits that it can have: 1,152,921,504,606,846,975 (2^60 - 1) where a `usize` has 64
    /// bits, and 268,435,455 (2^28 - 1) where it has 32. It is half of what a
    /// [`Semaphore`](super::Semaphore) can have: one bit says whether it is closed.
    pub const MAX_PERMITS: usize = Closable::MAX;

    const_unless_loom! {
        /// A semaphore with this many permits, all of them free, that is not closed.
        ///
        /// It is a `const fn`, except under `cfg(loom)`.
        ///
        /// # Panics
        ///
        /// If `permits` is above [`MAX_PERMITS`](Self::MAX_PERMITS); in a `const` or a `static` that
        /// is an error of compilation.
        ///
        /// # Examples
        ///
        /// ```
        #[doc = import!("ClosableSemaphore")]
        ///
        /// let sockets = ClosableSemaphore::new(128);
        /// assert_eq!(sockets.available_permits(), 128);
        /// ```
        #[must_use]
        #[track_caller]
        pub fn new(permits: usize) -> Self {
            if permits > Self::MAX_PERMITS {
                too_many(permits, Self::MAX_PERMITS);
            }
            let word = Number::new(empty(value_of(permits as isize)));
            let queue = WaitQueue::new(word, Number::new(0));
            let resource = Resource::new("ClosableSemaphore");
            let permits = Permits::new(queue, Number::new(permits), resource);
            Self { permits, closed: Event::new() }
        }
    }

    /// Waits for a permit, as [`Semaphore::acquire`](super::Semaphore::acquire) does.
    ///
    /// # Fairness
    ///
    /// As [`Semaphore::acquire`](super::Semaphore::acquire).
    ///
    /// # Errors
    ///
    /// [`Closed`], when it is closed before the permit is granted.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped at any time, see [`ClosableAcquire`].
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("{ClosableSemaphore, Closed}")]
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// async fn serve(connections: &ClosableSemaphore) -> Result<(), Closed> {
    ///     let _permit = connections.acquire().await?;
    ///     Ok(())
    /// }
    ///
    /// let connections = ClosableSemaphore::new(64);
    /// assert_eq!(serve(&connections).await, Ok(()));
    /// connections.close();
    /// assert_eq!(serve(&connections).await, Err(Closed));
    /// # });
    /// ```
    #[inline]
    pub fn acquire(&self) -> ClosableAcquire<'_> {
        ClosableAcquire::new(self, 1)
    }

    /// Waits for many permits, as [`Semaphore::acquire_many`](super::Semaphore::acquire_many) does.
    ///
    /// # Fairness
    ///
    /// As [`Semaphore::acquire_many`](super::Semaphore::acquire_many).
    ///
    /// # Errors
    ///
    /// [`Closed`], when it is closed before the permits are granted.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped at any time, see [`ClosableAcquire`].
    ///
    /// # Panics
    ///
    /// If `permits` is above [`MAX_PERMITS`](Self::MAX_PERMITS), to which no limit can rise.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("ClosableSemaphore")]
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let bytes = ClosableSemaphore::new(64 * 1024);
    /// let buffer = bytes.acquire_many(4096).await.unwrap();
    /// assert_eq!(buffer.num_permits(), 4096);
    /// # });
    /// ```
    #[inline]
    #[track_caller]
    pub fn acquire_many(&self, permits: usize) -> ClosableAcquire<'_> {
        Self::assert_can_be_granted(permits);
        ClosableAcquire::new(self, permits)
    }

    #[inline]
    #[track_caller]
    fn assert_can_be_granted(permits: usize) {
        assert!(
            permits <= Self::MAX_PERMITS,
            "waiting for {permits} permits would never end: ClosableSemaphore::MAX_PERMITS is {}",
            Self::MAX_PERMITS
        );
    }

    /// Takes a permit if one is free and nobody is queued.
    ///
    /// # Fairness
    ///
    /// As [`Semaphore::try_acquire`](super::Semaphore::try_acquire).
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::Closed`], if it is closed, else [`TryAcquireError::NoPermits`].
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("{ClosableSemaphore, TryAcquireError}")]
    ///
    /// let semaphore = ClosableSemaphore::new(1);
    /// let permit = semaphore.try_acquire();
    /// assert!(permit.is_ok());
    /// assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::NoPermits);
    /// ```
    #[inline]
    pub fn try_acquire(&self) -> Result<ClosablePermit<'_>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// Takes many permits at once if they are free and nobody is queued; none at all is there until it is
    /// closed.
    ///
    /// # Fairness
    ///
    /// As [`Semaphore::try_acquire_many`](super::Semaphore::try_acquire_many).
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::Closed`], if it is closed, else [`TryAcquireError::NoPermits`].
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("ClosableSemaphore")]
    ///
    /// let semaphore = ClosableSemaphore::new(5);
    /// let three = semaphore.try_acquire_many(3);
    /// assert!(three.is_ok());
    /// assert!(semaphore.try_acquire_many(3).is_err());
    /// ```
    #[inline]
    pub fn try_acquire_many(&self, permits: usize) -> Result<ClosablePermit<'_>, TryAcquireError> {
        self.try_take(permits)?;
        Ok(ClosablePermit::new(self, permits))
    }

    /// Takes what is free, but at most `permits`.
    ///
    /// # Fairness
    ///
    /// As [`Semaphore::try_acquire_up_to`](super::Semaphore::try_acquire_up_to).
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::Closed`], if it is closed, else [`TryAcquireError::NoPermits`] if that is
    /// nothing, or somebody is queued.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("ClosableSemaphore")]
    ///
    /// let semaphore = ClosableSemaphore::new(5);
    /// assert_eq!(semaphore.try_acquire_up_to(7).unwrap().num_permits(), 5);
    /// ```
    pub fn try_acquire_up_to(&self, permits: usize) -> Result<ClosablePermit<'_>, TryAcquireError> {
        match self.permits.try_take_up_to(permits) {
            Some(taken) => Ok(ClosablePermit::new(self, taken)),
            None => Err(self.why_not()),
        }
    }

    #[inline]
    fn try_take(&self, permits: usize) -> Result<(), TryAcquireError> {
        if self.permits.try_take(permits) { Ok(self.check(permits)?) } else { Err(self.why_not()) }
    }

    /// Permits that were taken are; but no permits are always there, and after closing not even those.
    #[inline]
    fn check(&self, permits: usize) -> Result<(), Closed> {
        if permits == 0 && self.is_closed() { Err(Closed) } else { Ok(()) }
    }

    fn why_not(&self) -> TryAcquireError {
        if self.is_closed() { TryAcquireError::Closed } else { TryAcquireError::NoPermits }
    }

    /// Closes it: everybody who is queued is refused and woken, in order, and nobody gets a permit any
    /// more.
    ///
    /// Permits that are held stay valid and can come back, and who was granted before has his. Closing
    /// it again changes nothing.
    ///
    /// O(1) for each that is refused.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("ClosableSemaphore")]
    ///
    /// let semaphore = ClosableSemaphore::new(1);
    /// let permit = semaphore.try_acquire().unwrap();
    /// semaphore.close();
    /// assert!(semaphore.is_closed());
    /// assert_eq!(semaphore.in_use(), 1);
    /// drop(permit);
    /// assert!(semaphore.try_acquire().is_err());
    /// ```
    pub fn close(&self) {
        let even_if_a_waker_panics = self.closed.set_on_drop();
        let mut locked = self.permits.queue().lock();
        if !is_closed(locked.value) {
            let in_use = self.max_permits() as isize - count(locked.value);
            locked.value = value_of(-in_use) | CLOSED;
        }
        locked.serve();
        drop(even_if_a_waker_panics);
        self.permits.closed();
    }

    /// Whether it is closed.
    ///
    /// # Memory ordering
    ///
    /// Who is told that it is closed sees what was done before it was.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("ClosableSemaphore")]
    ///
    /// let semaphore = ClosableSemaphore::new(1);
    /// assert!(!semaphore.is_closed());
    /// semaphore.close();
    /// assert!(semaphore.is_closed());
    /// ```
    #[must_use]
    pub fn is_closed(&self) -> bool {
        is_closed(self.permits.queue().value_after_unlock())
    }

    /// Waits until it is closed.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped at any time.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("ClosableSemaphore")]
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let semaphore = ClosableSemaphore::new(1);
    /// semaphore.close();
    /// semaphore.closed().await;
    /// # });
    /// ```
    #[inline]
    pub fn closed(&self) -> WaitForClose<'_> {
        WaitForClose::new(self)
    }

    /// [Closes](Self::close) it, at once, and then waits until every permit is back: nothing is in use, and
    /// nothing will be.
    ///
    /// Permits that are [forgotten](ClosablePermit::forget) count as back.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped at any time. It stays closed.
    ///
    /// # Memory ordering
    ///
    /// All that was done while permits were held is seen when it is ready.
    ///
    /// # Examples
    ///
    /// ```
    #[doc = import!("ClosableSemaphore")]
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let semaphore = ClosableSemaphore::new(2);
    /// let permit = semaphore.try_acquire().unwrap();
    /// let drain = semaphore.drain();
    /// assert!(semaphore.is_closed());
    /// drop(permit);
    /// drain.await;
    /// # });
    /// ```
    pub fn drain(&self) -> Drain<'_> {
        self.close();
        Drain::new(self)
    }
}

// A panic never leaves the queue half changed: a permit is free, held or granted.
impl UnwindSafe for ClosableSemaphore {}
impl RefUnwindSafe for ClosableSemaphore {}

impl fmt::Debug for ClosableSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClosableSemaphore")
            .field("max_permits", &self.max_permits())
            .field("available_permits", &self.available_permits())
            .field("in_use", &self.in_use())
            .field("debt", &self.debt())
            .field("waiters", &self.waiters())
            .field("is_closed", &self.is_closed())
            .finish()
    }
}
