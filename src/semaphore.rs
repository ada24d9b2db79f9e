//! The semaphore: a limit on how many of something are in use at once.

mod acquire;
mod closable;
mod limit;
mod metrics;
#[cfg(feature = "alloc")]
mod owned;
mod permit;
mod policy;

use core::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

use self::policy::{ALL_RETURNED, CountPermits, free, is_closed, max_permits, non_negative, units};
pub use self::{
    acquire::Acquire,
    closable::{Closable, Drain, WaitForClose},
    permit::SemaphorePermit,
    policy::{Closing, NeverClosed},
};
use crate::{
    error::{Closed, TryAcquireError, too_many},
    flavour::Flavour,
    loom::const_unless_loom,
    queue::{Completion, Number, Policy, Primitive, Verdict, WaitQueue},
    trace,
};

/// A fair limit on how many of something are in use at once.
///
/// A semaphore holds a number of permits. A task [acquires](Self::acquire) a permit before it uses
/// a limited resource, and waits while no permit is available. The [`SemaphorePermit`] releases
/// itself when dropped.
///
/// `F` is the flavour. Code that is not generic over it uses the aliases:
/// [`Semaphore`](crate::Semaphore) and [`ClosableSemaphore`](crate::ClosableSemaphore) are shared
/// between threads, and [`unsync::Semaphore`](crate::unsync::Semaphore) and
/// [`unsync::ClosableSemaphore`](crate::unsync::ClosableSemaphore) stay on one thread. `C` says
/// whether the semaphore can be closed; by default it cannot, and acquiring is infallible.
///
/// A semaphore is bound to no runtime and takes four words, or seven if it can be closed. Neither
/// waiting nor releasing allocates. Without waiters, acquiring and releasing are one
/// compare-exchange each.
///
/// # Fairness
///
/// Permits are granted in FIFO order of the first polls. While a waiter is queued, available
/// permits are reserved for the front of the queue, which may need more than are available. A large
/// request is therefore granted eventually, and small requests wait behind it.
/// [`try_acquire`](Self::try_acquire) does not barge either. The only exceptions are requests for
/// zero permits, which never wait.
///
/// # Cancel safety
///
/// Every future of a semaphore can be dropped at any time, as by a timeout or `select!`. A queued
/// future leaves the queue. A future that was granted permits releases them to the next waiter. No
/// permit and no wakeup is lost.
///
/// # Memory ordering
///
/// Releasing permits happens-before the acquire that they are granted to, and so does adding
/// permits. Closing happens-before every acquire that fails because of it. Readings of the metrics,
/// such as [`available_permits`](Self::available_permits), order nothing.
///
/// # Wakers
///
/// No waker is cloned, woken or dropped while the queue is locked, so a waker may use the
/// semaphore. If a waker panics, all other waiters are woken before the panic propagates.
///
/// Wakers run inside the call that grants, one after the other, in batches of up to 32. A waker
/// that blocks delays the waiters behind it.
///
/// # Examples
///
/// At most 64 files are open at once:
///
/// ```
/// use compio_sync::Semaphore;
///
/// static FILES: Semaphore = Semaphore::new(64);
///
/// async fn length(path: &str) -> std::io::Result<u64> {
///     let _permit = FILES.acquire().await;
///     Ok(compio::fs::metadata(path).await?.len())
/// }
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// assert!(length("Cargo.toml").await.unwrap() > 0);
/// assert_eq!(FILES.available_permits(), 64);
/// # });
/// ```
pub struct Semaphore<F: Flavour, C: Closing = NeverClosed> {
    queue: WaitQueue<CountPermits<C>, F>,
    /// The number of permits, available or in use. Written under the lock of the queue only.
    limit: Number<F>,
    resource: trace::Resource,
    closing: C,
}

impl<F: Flavour, C: Closing> Semaphore<F, C> {
    /// The largest number of permits.
    ///
    /// On 64-bit targets it is 2,305,843,009,213,693,951 (2^61 - 1), or 2^60 - 1 for a closable
    /// semaphore. On 32-bit targets it is 536,870,911 (2^29 - 1), or 2^28 - 1.
    pub const MAX_PERMITS: usize = max_permits::<C>();

    const_unless_loom! {
        /// Creates a semaphore with `permits` available permits.
        ///
        /// With zero permits, every acquire waits until permits are [added](Self::add_permits).
        /// Under `cfg(loom)` this is not a `const fn`.
        ///
        /// # Panics
        ///
        /// If `permits` exceeds [`MAX_PERMITS`](Self::MAX_PERMITS). In a `const` or `static` that
        /// is a compile-time error.
        ///
        /// # Examples
        ///
        /// ```
        /// use compio_sync::{Semaphore, unsync};
        ///
        /// static SOCKETS: Semaphore = Semaphore::new(128);
        ///
        /// let files = unsync::Semaphore::new(64);
        /// assert_eq!(SOCKETS.available_permits() + files.available_permits(), 192);
        /// ```
        #[must_use]
        #[track_caller]
        pub fn new(permits: usize) -> Self {
            if permits > Self::MAX_PERMITS {
                too_many("a semaphore of ", permits, " permits exceeds MAX_PERMITS (", Self::MAX_PERMITS);
            }
            Self {
                queue: WaitQueue::new(units::<C>(permits as isize)),
                limit: Number::new(permits),
                resource: trace::Resource::new(C::NAME),
                #[cfg(not(loom))]
                closing: C::OPEN,
                #[cfg(loom)]
                closing: C::open(),
            }
        }
    }

    /// Acquires a permit.
    ///
    /// # Fairness
    ///
    /// The future joins the queue when it is first polled. A permit is in use from the moment it is
    /// granted, even before the future is polled again.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time, see [`Acquire`].
    ///
    /// # Errors
    ///
    /// None, unless the semaphore can be closed. Then the output is a `Result`, with the error
    /// [`Closed`] if the semaphore is closed before the permit is granted.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::{ClosableSemaphore, Closed, Semaphore};
    ///
    /// async fn handle(requests: &Semaphore) {
    ///     let _permit = requests.acquire().await;
    /// }
    ///
    /// async fn handle_until_closed(requests: &ClosableSemaphore) -> Result<(), Closed> {
    ///     let _permit = requests.acquire().await?;
    ///     Ok(())
    /// }
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// handle(&Semaphore::new(64)).await;
    ///
    /// let requests = ClosableSemaphore::new(64);
    /// assert_eq!(handle_until_closed(&requests).await, Ok(()));
    /// requests.close();
    /// assert_eq!(handle_until_closed(&requests).await, Err(Closed));
    /// # });
    /// ```
    #[inline]
    pub fn acquire(&self) -> Acquire<&Self> {
        Acquire::new(self, 1)
    }

    /// Acquires `permits` permits at once.
    ///
    /// A request for zero permits completes immediately. A request above
    /// [`max_permits`](Self::max_permits) waits until the limit is raised, and later requests wait
    /// behind it.
    ///
    /// # Fairness
    ///
    /// While a large request is at the front of the queue, available permits are reserved for it
    /// until they suffice.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time, see [`Acquire`]. When a large request leaves the
    /// front, the waiters that it was blocking are granted at once.
    ///
    /// # Panics
    ///
    /// If `permits` exceeds [`MAX_PERMITS`](Self::MAX_PERMITS).
    ///
    /// # Errors
    ///
    /// Those of [`acquire`](Self::acquire). Once a semaphore is closed, requests for zero permits
    /// fail as well.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// // At most 64 KiB of buffers are in flight.
    /// let bytes = Semaphore::new(64 * 1024);
    ///
    /// let permit = bytes.acquire_many(4096).await;
    /// let buffer = vec![0_u8; permit.num_permits()];
    /// assert_eq!(bytes.available_permits(), 60 * 1024);
    /// # drop(buffer);
    /// # });
    /// ```
    #[inline]
    #[track_caller]
    pub fn acquire_many(&self, permits: usize) -> Acquire<&Self> {
        Self::assert_may_wait_for(permits);
        Acquire::new(self, permits)
    }

    #[inline]
    #[track_caller]
    fn assert_may_wait_for(permits: usize) {
        assert!(
            permits <= Self::MAX_PERMITS,
            "cannot wait for {permits} permits: MAX_PERMITS is {}",
            Self::MAX_PERMITS
        );
    }

    /// Acquires permits without a guard.
    #[inline]
    fn try_acquire_raw(&self, permits: usize) -> Result<(), TryAcquireError> {
        if permits == 0 {
            return Ok(self.check_open()?);
        }
        // A larger request fails as well, and cannot be taken for `ALL_RETURNED`.
        match self.queue.try_grant(permits.min(Self::MAX_PERMITS + 1)) {
            Some(Completion::Granted(_)) => Ok(()),
            None => Err(TryAcquireError::NoPermits),
            Some(Completion::Refused) => Err(TryAcquireError::Closed),
        }
    }

    /// Acquires all available permits without a guard, but at most `permits`; returns how many.
    fn try_acquire_up_to_raw(&self, permits: usize) -> Result<usize, TryAcquireError> {
        let limit = self.max_permits();
        let up_to = |value| permits.min(non_negative(free::<C>(value, limit)));
        let attempt = self.queue.try_grant_with(|value| match up_to(value) {
            0 if !is_closed::<C>(value) => Verdict::Wait,
            permits => CountPermits::<C>::decide(value, permits),
        });
        match attempt {
            Some(Completion::Granted(at)) => Ok(up_to(at)),
            None => Err(TryAcquireError::NoPermits),
            Some(Completion::Refused) => Err(TryAcquireError::Closed),
        }
    }

    /// Fails if the semaphore is closed, even for a request that never waits.
    #[inline]
    fn check_open(&self) -> Result<(), Closed> {
        if C::CLOSED != 0 && is_closed::<C>(self.queue.value_acquire()) {
            Err(Closed)
        } else {
            Ok(())
        }
    }
}

/// Acquiring without waiting, from a semaphore that cannot be closed.
impl<F: Flavour> Semaphore<F> {
    /// Acquires a permit if one is available and the queue is empty.
    ///
    /// # Fairness
    ///
    /// It does not barge. While a waiter is queued it returns `None`, even if
    /// [`available_permits`](Self::available_permits) is not zero.
    ///
    /// # Examples
    ///
    /// Shed load instead of waiting:
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// fn handle(requests: &Semaphore) -> &'static str {
    ///     match requests.try_acquire() {
    ///         Some(_permit) => "200 OK",
    ///         None => "503 Service Unavailable",
    ///     }
    /// }
    ///
    /// let requests = Semaphore::new(1);
    /// assert_eq!(handle(&requests), "200 OK");
    /// let _other = requests.try_acquire();
    /// assert_eq!(handle(&requests), "503 Service Unavailable");
    /// ```
    #[inline]
    #[must_use = "a permit is released as soon as it is dropped"]
    pub fn try_acquire(&self) -> Option<SemaphorePermit<&Self>> {
        self.try_acquire_many(1)
    }

    /// Acquires `permits` permits at once if they are available and the queue is empty.
    ///
    /// A request for zero permits always succeeds.
    ///
    /// # Fairness
    ///
    /// It does not barge, see [`try_acquire`](Self::try_acquire).
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// let bytes = Semaphore::new(1024);
    /// let permit = bytes.try_acquire_many(1000);
    /// assert!(permit.is_some());
    /// assert!(bytes.try_acquire_many(100).is_none());
    /// ```
    #[inline]
    #[must_use = "a permit is released as soon as it is dropped"]
    pub fn try_acquire_many(&self, permits: usize) -> Option<SemaphorePermit<&Self>> {
        self.try_acquire_raw(permits).ok()?;
        Some(SemaphorePermit::new(self, permits))
    }

    /// Acquires all available permits, but at most `permits`.
    ///
    /// Returns `None` if no permit is available, if a waiter is queued, or if `permits` is zero.
    ///
    /// # Fairness
    ///
    /// It does not barge, see [`try_acquire`](Self::try_acquire).
    ///
    /// # Examples
    ///
    /// Take jobs in batches, as large as the limit allows:
    ///
    /// ```
    /// use compio_sync::Semaphore;
    ///
    /// let jobs = Semaphore::new(5);
    /// let batch = jobs.try_acquire_up_to(3).unwrap();
    /// assert_eq!(batch.num_permits(), 3);
    /// let rest = jobs.try_acquire_up_to(3).unwrap();
    /// assert_eq!(rest.num_permits(), 2);
    /// ```
    #[must_use = "a permit is released as soon as it is dropped"]
    pub fn try_acquire_up_to(&self, permits: usize) -> Option<SemaphorePermit<&Self>> {
        let acquired = self.try_acquire_up_to_raw(permits).ok()?;
        Some(SemaphorePermit::new(self, acquired))
    }
}

impl<F: Flavour, C: Closing> Primitive for Semaphore<F, C> {
    type Policy = CountPermits<C>;
    type Flavour = F;

    #[inline]
    fn queue(&self) -> &WaitQueue<CountPermits<C>, F> {
        &self.queue
    }

    #[inline]
    fn op(&self, permits: usize) -> trace::Op {
        self.resource.op(match permits {
            ALL_RETURNED => "ClosableSemaphore::drain",
            _ if C::CLOSED != 0 => "ClosableSemaphore::acquire",
            _ => "Semaphore::acquire",
        })
    }

    #[inline]
    fn emit_state(&self) {
        trace::emit_state!(
            self.resource,
            permits: self.available_permits(),
            limit: self.max_permits(),
            waiters: self.waiters()
        );
    }
}

// After a panic, each permit is still in a valid state: available, in use or granted.
impl<F: Flavour, C: Closing> UnwindSafe for Semaphore<F, C> {}
impl<F: Flavour, C: Closing> RefUnwindSafe for Semaphore<F, C> {}

impl<F: Flavour, C: Closing> fmt::Debug for Semaphore<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct(C::NAME);
        debug
            .field("max_permits", &self.max_permits())
            .field("available_permits", &self.available_permits())
            .field("in_use", &self.in_use())
            .field("debt", &self.debt())
            .field("waiters", &self.waiters());
        if C::CLOSED != 0 {
            debug.field("is_closed", &self.check_open().is_err());
        }
        debug.finish()
    }
}
