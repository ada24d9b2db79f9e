//! Two compare-exchanges: the lower bound of a primitive whose state is an atomic.

use std::{
    hint::black_box,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use super::{Suite, waits::timed_rounds};

pub(super) struct Floor(AtomicUsize);

pub(super) struct FloorPermits<'a>(&'a AtomicUsize, usize);

impl Drop for FloorPermits<'_> {
    fn drop(&mut self) {
        exchange(self.0, |free| free + self.1);
    }
}

fn exchange(free: &AtomicUsize, change: impl FnOnce(usize) -> usize) {
    let current = free.load(Ordering::Relaxed);
    let result =
        free.compare_exchange(current, change(current), Ordering::AcqRel, Ordering::Relaxed);
    assert!(result.is_ok(), "the lower bound is used by one thread");
}

impl Floor {
    pub(super) const NAME: &str = "two compare-exchanges";

    pub(super) fn new(permits: usize) -> Self {
        Self(AtomicUsize::new(permits))
    }

    pub(super) fn acquire_now(&self, permits: usize) -> FloorPermits<'_> {
        exchange(&self.0, |free| free - permits);
        FloorPermits(&self.0, permits)
    }

    /// Adds the lower bound of paths that acquire and release without waiting.
    pub(super) fn add_to(suite: &mut Suite, paths: &[&str]) {
        let mut subject = suite.of(Self::NAME);
        for &path in paths {
            subject.path(path, 50_000, Self::uncontended);
        }
    }

    fn uncontended(rounds: usize) -> Duration {
        let floor = Self::new(1);
        timed_rounds(rounds, || drop(black_box(&floor).acquire_now(1)))
    }
}
