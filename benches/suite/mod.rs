//! What is measured: the primitives of compio-sync beside their peers.
//!
//! Each primitive has one file, with a trait that its subjects implement and a function that adds
//! its measurements.

mod barrier;
mod condvar;
mod event;
mod floor;
mod mutex;
mod notify;
mod once_cell;
mod rwlock;
mod semaphore;
mod tails;
mod threads;
mod waits;

use std::time::Duration;

pub(crate) use self::tails::Tails;

/// The measurements of all primitives.
#[derive(Default)]
pub(crate) struct Suite {
    pub(crate) paths: Vec<Path>,
    pub(crate) tails: Vec<Tails>,
    pub(crate) sizes: Vec<Size>,
    /// The paths in the chart, from top to bottom.
    pub(crate) charted: Vec<&'static str>,
}

impl Suite {
    pub(crate) fn of_all_primitives() -> Self {
        let mut suite = Self::default();
        semaphore::add_to(&mut suite);
        notify::add_to(&mut suite);
        event::add_to(&mut suite);
        mutex::add_to(&mut suite);
        rwlock::add_to(&mut suite);
        once_cell::add_to(&mut suite);
        condvar::add_to(&mut suite);
        barrier::add_to(&mut suite);
        suite
    }

    /// Adds measurements of one subject.
    fn of(&mut self, subject: &'static str) -> OfSubject<'_> {
        OfSubject { suite: self, subject }
    }
}

/// A path through one subject.
pub(crate) struct Path {
    pub(crate) name: String,
    pub(crate) subject: &'static str,
    /// Runs a number of rounds, and returns the time without setup.
    pub(crate) run: Box<dyn Fn(usize) -> Duration>,
    /// The number of rounds per sample.
    pub(crate) rounds: usize,
    /// One of this many samples is taken. Slow paths are sampled less often.
    pub(crate) sample_every: u16,
}

impl Path {
    /// Returns the nanoseconds per round of a sample.
    pub(crate) fn nanoseconds(&self, sample: Duration) -> f64 {
        sample.as_nanos() as f64 / self.rounds as f64
    }
}

/// The memory that a primitive and a wait need.
pub(crate) struct Size {
    pub(crate) primitive: &'static str,
    pub(crate) subject: &'static str,
    /// The size of the type in bytes.
    pub(crate) of_type: usize,
    /// The size of the future in bytes.
    pub(crate) of_future: usize,
    /// Waits without success, and cancels.
    pub(crate) wait: Box<dyn Fn()>,
}

/// Collects the measurements of one subject.
struct OfSubject<'s> {
    suite: &'s mut Suite,
    subject: &'static str,
}

impl OfSubject<'_> {
    fn path(
        &mut self,
        name: impl Into<String>,
        rounds: usize,
        run: impl Fn(usize) -> Duration + 'static,
    ) {
        self.path_sampled_every(1, name, rounds, run);
    }

    fn path_sampled_every(
        &mut self,
        sample_every: u16,
        name: impl Into<String>,
        rounds: usize,
        run: impl Fn(usize) -> Duration + 'static,
    ) {
        let (name, subject, run) = (name.into(), self.subject, Box::new(run));
        self.suite.paths.push(Path { name, subject, run, rounds, sample_every });
    }

    fn size(
        &mut self,
        primitive: &'static str,
        of_type: usize,
        of_future: usize,
        wait: impl Fn() + 'static,
    ) {
        let (subject, wait) = (self.subject, Box::new(wait));
        self.suite.sizes.push(Size { primitive, subject, of_type, of_future, wait });
    }
}
