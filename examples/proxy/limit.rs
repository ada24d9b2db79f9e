//! A limit that can be changed while it is in use, with statistics.

use std::{
    fmt::{self, Display},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

use compio_sync::Semaphore;

pub(crate) struct Limit {
    pub(crate) name: &'static str,
    pub(crate) semaphore: Arc<Semaphore>,
    /// The total of connections accepted, or of bytes read.
    pub(crate) total: AtomicU64,
    /// Counted independently of the semaphore, to check it.
    in_flight: AtomicUsize,
    peak: AtomicUsize,
    highest: AtomicUsize,
}

impl Limit {
    pub(crate) fn new(name: &'static str, limit: usize) -> Self {
        Self {
            name,
            semaphore: Arc::new(Semaphore::new(limit)),
            total: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            highest: AtomicUsize::new(limit),
        }
    }

    /// Parses a limit from the command line or from standard input.
    pub(crate) fn parse(text: &str) -> Result<usize, String> {
        let limit = text.parse().ok().filter(|limit| (1..=Semaphore::MAX_PERMITS).contains(limit));
        limit.ok_or_else(|| format!("expected a number from 1 to {}", Semaphore::MAX_PERMITS))
    }

    /// Changes the limit, and returns a message with the new and the previous value.
    pub(crate) fn set(&self, limit: usize) -> String {
        self.highest.fetch_max(limit, Relaxed);
        let previous = self.semaphore.set_max_permits(limit);
        format!("{} limit {limit}, was {previous}", self.name)
    }

    /// Counts the amount as in flight until the returned guard is dropped. Drop the guard before
    /// the permit.
    pub(crate) fn count(&self, amount: usize) -> Counted<'_> {
        let in_flight = self.in_flight.fetch_add(amount, Relaxed) + amount;
        self.peak.fetch_max(in_flight, Relaxed);
        Counted { limit: self, amount }
    }

    /// Returns the peak in flight and the highest limit.
    pub(crate) fn peak(&self) -> (usize, usize) {
        (self.peak.load(Relaxed), self.highest.load(Relaxed))
    }
}

impl Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_flight = self.in_flight.load(Relaxed);
        write!(f, "{} {in_flight} of {}", self.name, self.semaphore.max_permits())
    }
}

pub(crate) struct Counted<'a> {
    limit: &'a Limit,
    amount: usize,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.limit.in_flight.fetch_sub(self.amount, Relaxed);
    }
}
