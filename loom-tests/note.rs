//! Data that a primitive protects. loom fails a model in which accesses to it race.

use loom::cell::UnsafeCell;

pub(crate) struct Note(UnsafeCell<usize>);

// SAFETY: loom reports each access that is not synchronized.
unsafe impl Sync for Note {}

impl Note {
    pub(crate) fn new() -> Self {
        Self(UnsafeCell::new(0))
    }

    pub(crate) fn write(&self) {
        // SAFETY: loom reports any concurrent access.
        self.0.with_mut(|writes| unsafe { *writes += 1 });
    }

    /// Returns the number of writes.
    pub(crate) fn read(&self) -> usize {
        // SAFETY: loom reports any concurrent write.
        self.0.with(|writes| unsafe { *writes })
    }
}
