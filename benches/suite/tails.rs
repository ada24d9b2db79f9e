//! Wait latency with more threads than cores, up to the slowest wait.

use std::{
    thread::yield_now,
    time::{Duration, Instant},
};

use futures::executor::block_on;
use hdrhistogram::Histogram;

use super::{Suite, threads::run_on_threads};

/// The number of turns per sample, over all threads.
const TURNS: usize = 16_384;

/// The wait latencies of threads that contend for one subject.
pub(crate) struct Tails {
    pub(crate) name: String,
    pub(crate) subject: &'static str,
    run: Box<dyn Fn() -> Histogram<u64>>,
    waits: Histogram<u64>,
}

impl Tails {
    /// `turn` acquires and releases the subject once, and returns how long it waited.
    fn new(
        name: String,
        subject: &'static str,
        threads: usize,
        turn: impl Fn() -> Duration + Sync + 'static,
    ) -> Self {
        let run = Box::new(move || measure_waits(threads, &turn));
        Self { name, subject, run, waits: histogram() }
    }

    pub(crate) fn sample(&mut self) {
        self.waits += (self.run)();
    }

    /// Returns names and latencies in nanoseconds.
    pub(crate) fn quantiles(&self) -> [(String, u64); 4] {
        let waits = &self.waits;
        [
            ("p50", waits.value_at_quantile(0.5)),
            ("p99", waits.value_at_quantile(0.99)),
            ("p99.9", waits.value_at_quantile(0.999)),
            ("max", waits.max()),
        ]
        .map(|(quantile, wait)| (format!("{}_{quantile}", self.name), wait))
    }
}

/// Adds the wait latencies of one subject, whose threads take turns.
pub(super) fn add_tails<S: Sync + 'static>(
    suite: &mut Suite,
    path: &str,
    subject: &'static str,
    make: fn() -> S,
    turn: fn(&S) -> Duration,
) {
    for threads in [4, 16, 64] {
        let shared = make();
        let turn = move || turn(&shared);
        suite.tails.push(Tails::new(format!("{path}_{threads}"), subject, threads, turn));
    }
}

/// Waits for exclusive access, and yields the time slice while holding it. Returns the time of the
/// wait.
pub(super) fn take_turn(acquire: impl Future) -> Duration {
    let start = Instant::now();
    let guard = block_on(acquire);
    let wait = start.elapsed();
    yield_now();
    drop(guard);
    wait
}

fn histogram() -> Histogram<u64> {
    Histogram::new(3).expect("three significant digits are valid")
}

fn measure_waits(threads: usize, turn: &(impl Fn() -> Duration + Sync)) -> Histogram<u64> {
    let works = run_on_threads(threads, || {
        let mut waits = histogram();
        for _ in 0..TURNS / threads {
            waits += turn().as_nanos() as u64;
        }
        waits
    });
    works
        .into_iter()
        .map(|work| work.result)
        .reduce(|all, waits| all + waits)
        .expect("there is at least one thread")
}
