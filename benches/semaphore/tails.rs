//! Wait latency with more threads than cores, up to the slowest wait.

use std::{thread::yield_now, time::Instant};

use futures::executor::block_on;
use hdrhistogram::Histogram;

use crate::{report::Row, subjects::Subject, threads::run_on_threads};

/// The number of acquires per sample, over all threads.
const ACQUIRES: usize = 16_384;

/// The wait latencies of a number of threads for the only permit of a semaphore.
#[derive(Clone)]
pub(crate) struct Tails {
    threads: usize,
    pub(crate) subject: &'static str,
    run: fn(usize) -> Histogram<u64>,
    waits: Histogram<u64>,
}

impl Tails {
    pub(crate) fn of<S: Subject + Sync>() -> [Self; 3] {
        let waits = Histogram::new(3).expect("three significant digits are valid");
        [4, 16, 64].map(|threads| Self {
            threads,
            subject: S::NAME,
            run: measure_waits::<S>,
            waits: waits.clone(),
        })
    }

    pub(crate) fn sample(&mut self) {
        self.waits += (self.run)(self.threads);
    }

    pub(crate) fn path(&self) -> String {
        format!("wait_of_{}", self.threads)
    }

    pub(crate) fn rows(&self) -> [Row; 4] {
        let wait = |name: &str, nanoseconds: u64| Row {
            path: format!("{}_{name}", self.path()),
            subject: self.subject,
            nanoseconds: nanoseconds as f64,
        };
        [
            wait("p50", self.waits.value_at_quantile(0.5)),
            wait("p99", self.waits.value_at_quantile(0.99)),
            wait("p99.9", self.waits.value_at_quantile(0.999)),
            wait("max", self.waits.max()),
        ]
    }
}

fn measure_waits<S: Subject + Sync>(threads: usize) -> Histogram<u64> {
    let semaphore = S::new(1);
    let waits = run_on_threads(threads, || {
        let mut waits = Histogram::new(3).expect("three significant digits are valid");
        for _ in 0..ACQUIRES / threads {
            let start = Instant::now();
            let permit = block_on(semaphore.acquire());
            waits += start.elapsed().as_nanos() as u64;
            yield_now();
            drop(permit);
        }
        waits
    });
    waits
        .into_iter()
        .map(|work| work.result)
        .reduce(|all, waits| all + waits)
        .expect("there is at least one thread")
}
