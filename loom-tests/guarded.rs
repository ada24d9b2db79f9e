//! Data that only the holder of a permit may access. loom fails a model in which two threads may
//! access it at once.

use compio_sync::{Acquire, Semaphore, SemaphorePermit};
use loom::{cell::UnsafeCell, future::block_on};

use crate::task::Task;

pub(crate) struct Guarded {
    pub(crate) semaphore: Semaphore,
    writes: UnsafeCell<usize>,
}

// SAFETY: only holders of a permit access `writes`, and loom checks that they do so in turn.
unsafe impl Sync for Guarded {}

impl Guarded {
    /// Leaks the value, so that the futures and permits of every thread can borrow it.
    pub(crate) fn new(permits: usize) -> &'static Self {
        let semaphore = Semaphore::new(permits);
        Box::leak(Box::new(Self { semaphore, writes: UnsafeCell::new(0) }))
    }

    /// Acquires a permit, writes, and releases the permit.
    pub(crate) fn acquire_and_write(&self) {
        self.write(block_on(self.semaphore.acquire()));
    }

    /// Writes as the only holder of a permit, and releases the permit.
    pub(crate) fn write(&self, permit: SemaphorePermit<'_>) {
        // SAFETY: the caller holds a permit, and loom reports any concurrent access.
        self.writes.with_mut(|writes| unsafe { *writes += 1 });
        drop(permit);
    }

    /// Returns the number of writes.
    pub(crate) fn read(&self, _permit: &SemaphorePermit<'_>) -> usize {
        // SAFETY: the caller holds a permit, and loom reports any concurrent access.
        self.writes.with(|writes| unsafe { *writes })
    }

    /// Asserts the state after all threads are done: every permit is available, the queue is empty,
    /// and every write is visible.
    pub(crate) fn assert_at_rest(&self, permits: usize, writes: usize) {
        assert_eq!(self.semaphore.available_permits(), permits);
        assert_eq!(self.semaphore.in_use(), 0);
        let all = self.semaphore.try_acquire_many(permits).expect("the queue is empty");
        assert_eq!(self.read(&all), writes);
    }

    /// Creates a task whose request is queued.
    pub(crate) fn queued(&'static self, permits: usize) -> Task<Acquire<'static>> {
        Task::waiting(self.semaphore.acquire_many(permits))
    }
}
