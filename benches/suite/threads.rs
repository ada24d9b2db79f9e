//! Threads that start their work at the same time.

use std::{
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

/// The result of a thread's work, with its start and end.
pub(super) struct Work<T> {
    pub(super) result: T,
    start: Instant,
    end: Instant,
}

/// Runs the work on each of the threads, once all of them have started.
pub(super) fn run_on_threads<T: Send>(threads: usize, work: impl Fn() -> T + Sync) -> Vec<Work<T>> {
    let barrier = Barrier::new(threads);
    let thread = || {
        barrier.wait();
        let start = Instant::now();
        let result = work();
        Work { result, start, end: Instant::now() }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(thread)).collect();
        threads.into_iter().map(|thread| thread.join().expect("threads do not panic")).collect()
    })
}

/// Returns the time from the first start to the last end.
fn span<T>(works: Vec<Work<T>>) -> Duration {
    let start = works.iter().map(|work| work.start).min();
    let end = works.iter().map(|work| work.end).max();
    end.zip(start).map_or(Duration::ZERO, |(end, start)| end - start)
}

/// Distributes the rounds over threads. Returns the time from the first start to the last end.
pub(super) fn on_threads(threads: usize, rounds: usize, round: impl Fn() + Sync) -> Duration {
    span(run_on_threads(threads, || {
        for _ in 0..rounds / threads {
            round();
        }
    }))
}
