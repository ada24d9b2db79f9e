//! A limit that is moved while it is in use, and what it has let through.

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
    /// Connections, or bytes that were read.
    pub(crate) passed: AtomicU64,
    /// Counted apart from the semaphore, to check it.
    in_flight: AtomicUsize,
    peak: AtomicUsize,
    highest: AtomicUsize,
}

impl Limit {
    pub(crate) fn new(name: &'static str, limit: usize) -> Self {
        Self {
            name,
            semaphore: Arc::new(Semaphore::new(limit)),
            passed: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            highest: AtomicUsize::new(limit),
        }
    }

    /// What a command line or a typed line may set it to.
    pub(crate) fn parse(text: &str) -> Result<usize, String> {
        let limit = text.parse().ok().filter(|limit| (1..=Semaphore::MAX_PERMITS).contains(limit));
        limit.ok_or_else(|| format!("not a number from 1 to {}", Semaphore::MAX_PERMITS))
    }

    /// Says what it was before.
    pub(crate) fn set(&self, limit: usize) -> String {
        self.highest.fetch_max(limit, Relaxed);
        let before = self.semaphore.set_max_permits(limit);
        format!("{} limit {limit}, {before} before", self.name)
    }

    /// Counts so many as in flight, until what it returns is dropped: before the permit, then.
    pub(crate) fn count(&self, amount: usize) -> Counted<'_> {
        let in_flight = self.in_flight.fetch_add(amount, Relaxed) + amount;
        self.peak.fetch_max(in_flight, Relaxed);
        Counted { limit: self, amount }
    }

    /// The most that was in flight, and the highest that the limit was.
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
