//! Threads that begin at once.

use std::{
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

/// What one of them did, and from when to when.
pub(crate) struct Work<T> {
    pub(crate) done: T,
    start: Instant,
    end: Instant,
}

pub(crate) fn at_once<T: Send>(threads: usize, work: impl Fn() -> T + Sync) -> Vec<Work<T>> {
    let barrier = Barrier::new(threads);
    let thread = || {
        barrier.wait();
        let start = Instant::now();
        let done = work();
        Work { done, start, end: Instant::now() }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(thread)).collect();
        threads.into_iter().map(|thread| thread.join().expect("it does not panic")).collect()
    })
}

/// From the first that began to the last that ended.
pub(crate) fn span<T>(works: Vec<Work<T>>) -> Duration {
    let start = works.iter().map(|work| work.start).min();
    let end = works.iter().map(|work| work.end).max();
    end.zip(start).map_or(Duration::ZERO, |(end, start)| end - start)
}
