//! The semaphore: a limit on how many things are in use at once.

mod acquire;
mod permit;

use core::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

pub use self::{acquire::Acquire, permit::SemaphorePermit};
use crate::{
    loom::{AtomicUsize, Ordering, const_unless_loom},
    wait_queue::{MAX_VALUE, Policy, Primitive, WaitQueue},
};

/// A fair counting semaphore.
pub struct Semaphore {
    queue: WaitQueue<Permits>,
    /// How many permits there are, free or in use. Written under the queue's lock only.
    limit: AtomicUsize,
}

/// The value of the queue is the number of free permits; a request is a number of permits.
pub(crate) struct Permits;

impl Policy for Permits {
    type Request = usize;

    #[inline]
    fn is_nothing(permits: usize) -> bool {
        permits == 0
    }

    #[inline]
    fn grant(value: isize, permits: usize) -> Option<isize> {
        let free = value.max(0) as usize;
        (permits <= free).then(|| value - permits as isize)
    }

    #[inline]
    fn give_back(value: isize, permits: usize) -> isize {
        value + permits as isize
    }
}

impl Primitive for Semaphore {
    type Policy = Permits;

    #[inline]
    fn queue(&self) -> &WaitQueue<Permits> {
        &self.queue
    }
}

impl Semaphore {
    pub const MAX_PERMITS: usize = MAX_VALUE as usize;

    const_unless_loom! {
        #[must_use]
        #[track_caller]
        pub fn new(permits: usize) -> Self {
            assert!(permits <= Self::MAX_PERMITS, "too many");
            Self { queue: WaitQueue::new(permits as isize), limit: AtomicUsize::new(permits) }
        }
    }

    #[inline]
    pub fn acquire(&self) -> Acquire<'_> {
        Acquire::new(self, 1)
    }

    #[inline]
    pub fn acquire_many(&self, permits: usize) -> Acquire<'_> {
        Acquire::new(self, permits)
    }

    #[inline]
    pub fn try_acquire(&self) -> Option<SemaphorePermit<'_>> {
        self.try_acquire_many(1)
    }

    #[inline]
    pub fn try_acquire_many(&self, permits: usize) -> Option<SemaphorePermit<'_>> {
        self.queue
            .try_take(permits)
            .then(|| SemaphorePermit::new(self, permits))
    }

    #[track_caller]
    pub fn add_permits(&self, permits: usize) {
        let mut locked = self.queue.lock();
        let limit = self.limit.load(Ordering::Relaxed);
        if permits > Self::MAX_PERMITS - limit {
            drop(locked);
            panic!("too many permits");
        }
        self.limit.store(limit + permits, Ordering::Relaxed);
        locked.value += permits as isize;
        locked.serve();
    }

    #[must_use]
    pub fn available_permits(&self) -> usize {
        self.queue.value().max(0) as usize
    }

    #[must_use]
    pub fn max_permits(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    #[must_use]
    pub fn in_use(&self) -> usize {
        self.max_permits().saturating_sub(self.available_permits())
    }
}

impl UnwindSafe for Semaphore {}
impl RefUnwindSafe for Semaphore {}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("max_permits", &self.max_permits())
            .field("available_permits", &self.available_permits())
            .field("in_use", &self.in_use())
            .finish()
    }
}
