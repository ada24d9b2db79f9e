//! Data that only holders of a permit may touch: loom fails a model in which two of them could meet.

use compio_sync::{Acquire, Semaphore, SemaphorePermit};
use loom::{cell::UnsafeCell, future::block_on};

use crate::task::Task;

pub(crate) struct Guarded {
    pub(crate) semaphore: Semaphore,
    writes: UnsafeCell<usize>,
}

// SAFETY: `writes` is touched by holders of a permit only; loom checks that they take turns.
unsafe impl Sync for Guarded {}

impl Guarded {
    /// Lives as long as its futures, whichever thread they end on.
    pub(crate) fn new(permits: usize) -> &'static Self {
        let semaphore = Semaphore::new(permits);
        Box::leak(Box::new(Self { semaphore, writes: UnsafeCell::new(0) }))
    }

    /// Waits for a permit, writes, and gives it back.
    pub(crate) fn acquire_and_write(&self) {
        self.write(block_on(self.semaphore.acquire()));
    }

    /// Writes as the only one that holds a permit, and gives it back.
    pub(crate) fn write(&self, permit: SemaphorePermit<'_>) {
        // SAFETY: a permit is held; loom sees who else might be here.
        self.writes.with_mut(|writes| unsafe { *writes += 1 });
        drop(permit);
    }

    /// The number of writes, for a holder of a permit.
    pub(crate) fn read(&self, _permit: &SemaphorePermit<'_>) -> usize {
        // SAFETY: a permit is held; loom sees who else might be here.
        self.writes.with(|writes| unsafe { *writes })
    }

    /// What must hold once everybody is done: all permits are back, nobody is queued, all writes are seen.
    pub(crate) fn assert_at_rest(&self, permits: usize, writes: usize) {
        assert_eq!(self.semaphore.available_permits(), permits);
        assert_eq!(self.semaphore.in_use(), 0);
        let all = self.semaphore.try_acquire_many(permits).expect("nobody is queued");
        assert_eq!(self.read(&all), writes);
    }

    /// A request that has its place in the queue.
    pub(crate) fn queued(&'static self, permits: usize) -> Task<Acquire<'static>> {
        Task::waiting(self.semaphore.acquire_many(permits))
    }
}
