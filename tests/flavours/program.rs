//! Programs of operations on a semaphore, and a machine that runs them.
//!
//! The machine performs each step on a semaphore and on the reference, and then compares the two.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use super::{
    Acquire, AcquireOwned, Counted, OwnedSemaphorePermit, Semaphore, SemaphorePermit,
    close_if_closable, into_permit,
};
use crate::flavours::{
    reference::{Metrics, Reference},
    waits::Waits,
};

/// One operation. A number that selects a future or a guard is reduced modulo the number of them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Acquire { permits: usize, owned: bool, poll: bool },
    TryAcquire { permits: usize, owned: bool },
    TryAcquireUpTo { permits: usize, owned: bool },
    Poll { future: usize },
    PollWithNewWaker { future: usize },
    Cancel { future: usize },
    Drop { guard: usize },
    Forget { guard: usize },
    Split { guard: usize, permits: usize },
    Merge { guard: usize, other: usize },
    Add { permits: usize },
    AddTooMany { permits: usize },
    ForgetPermits { permits: usize },
    Reduce { permits: usize },
    Set { permits: usize },
    Close,
}

impl From<[u8; 3]> for Step {
    /// Each value of the first byte is a step. Steps that lengthen the queue have more values.
    fn from([kind, first, second]: [u8; 3]) -> Self {
        let index = usize::from(first);
        let permits = usize::from(second % 5);
        match kind % 32 {
            0..8 => Self::Acquire { permits, owned: first & 1 != 0, poll: first & 6 != 0 },
            8..10 => Self::TryAcquire { permits, owned: first & 1 != 0 },
            10 => Self::TryAcquireUpTo { permits, owned: first & 1 != 0 },
            11..15 => Self::Poll { future: index },
            15..17 => Self::PollWithNewWaker { future: index },
            17..19 => Self::Cancel { future: index },
            19..23 => Self::Drop { guard: index },
            23 => Self::Forget { guard: index },
            24 => Self::Split { guard: index, permits },
            25 => Self::Merge { guard: index, other: usize::from(second) },
            26 | 27 => Self::Add { permits },
            28 if second < 224 => Self::AddTooMany { permits },
            28 => Self::Close,
            29 => Self::ForgetPermits { permits },
            30 => Self::Reduce { permits },
            _ => Self::Set { permits: usize::from(second % 9) },
        }
    }
}

/// Runs the steps on a semaphore that is created with `permits` permits.
pub(crate) fn run(permits: usize, steps: impl IntoIterator<Item = Step>) {
    let semaphore = Counted::new(Semaphore::new(permits));
    let mut machine = Machine {
        semaphore: &semaphore,
        reference: Reference::new(permits),
        waits: Waits::new(),
        guards: Vec::new(),
    };
    for step in steps {
        machine.step(step);
        machine.compare();
    }
    machine.finish();
    assert_eq!(Counted::strong_count(&semaphore), 1, "no future or guard has leaked its reference");
}

struct Machine<'a> {
    semaphore: &'a Counted<Semaphore>,
    reference: Reference,
    waits: Waits<Wait<'a>>,
    guards: Vec<Guard<'a>>,
}

enum Wait<'a> {
    Borrowed(Pin<Box<Acquire<'a>>>),
    Owned(Pin<Box<AcquireOwned>>),
}

impl Wait<'_> {
    fn num_permits(&self) -> usize {
        match self {
            Wait::Borrowed(future) => future.num_permits(),
            Wait::Owned(future) => future.num_permits(),
        }
    }

    fn is_queued(&self) -> bool {
        match self {
            Wait::Borrowed(future) => future.is_queued(),
            Wait::Owned(future) => future.is_queued(),
        }
    }
}

impl<'a> Future for Wait<'a> {
    type Output = Option<Guard<'a>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Guard<'a>>> {
        match self.get_mut() {
            Wait::Borrowed(future) => {
                let output = future.as_mut().poll(context);
                output.map(|output| into_permit(output).map(Guard::Borrowed))
            }
            Wait::Owned(future) => {
                let output = future.as_mut().poll(context);
                output.map(|output| into_permit(output).map(Guard::Owned))
            }
        }
    }
}

enum Guard<'a> {
    Borrowed(SemaphorePermit<'a>),
    Owned(OwnedSemaphorePermit),
}

impl Guard<'_> {
    fn num_permits(&self) -> usize {
        match self {
            Guard::Borrowed(permit) => permit.num_permits(),
            Guard::Owned(permit) => permit.num_permits(),
        }
    }
}

/// Returns the index that a number selects, or `None` if the slice is empty.
fn select<T>(from: &[T], number: usize) -> Option<usize> {
    number.checked_rem(from.len())
}

impl<'a> Machine<'a> {
    fn step(&mut self, step: Step) {
        match step {
            Step::Acquire { permits, owned, poll } => self.acquire(permits, owned, poll),
            Step::TryAcquire { permits, owned } => self.try_acquire(permits, owned),
            Step::TryAcquireUpTo { permits, owned } => self.try_acquire_up_to(permits, owned),
            Step::Poll { future } => self.poll(future, false),
            Step::PollWithNewWaker { future } => self.poll(future, true),
            Step::Cancel { future } => {
                if let Some(cancelled) = self.waits.remove(future) {
                    drop(cancelled.future);
                    self.reference.cancel(cancelled.id);
                }
            }
            Step::Drop { guard } => {
                if let Some(index) = select(&self.guards, guard) {
                    let guard = self.guards.swap_remove(index);
                    self.reference.release(guard.num_permits());
                    drop(guard);
                }
            }
            Step::Forget { guard } => {
                if let Some(index) = select(&self.guards, guard) {
                    let guard = self.guards.swap_remove(index);
                    self.reference.forget(guard.num_permits());
                    match guard {
                        Guard::Borrowed(permit) => permit.forget(),
                        Guard::Owned(permit) => permit.forget(),
                    }
                }
            }
            Step::Split { guard, permits } => self.split(guard, permits),
            Step::Merge { guard, other } => self.merge(guard, other),
            Step::Add { permits } => {
                self.semaphore.add_permits(permits);
                self.reference.add(permits);
            }
            Step::AddTooMany { permits } => {
                let limit = self.semaphore.max_permits();
                let too_many = Semaphore::MAX_PERMITS - limit + 1 + permits;
                assert!(self.semaphore.try_add_permits(too_many).is_err());
                let too_many = Semaphore::MAX_PERMITS + 1 + permits;
                assert!(self.semaphore.try_set_max_permits(too_many).is_err());
            }
            Step::ForgetPermits { permits } => {
                let forgotten = self.semaphore.forget_permits(permits);
                assert_eq!(forgotten, self.reference.forget_permits(permits));
            }
            Step::Reduce { permits } => {
                let reduced = self.semaphore.reduce_permits(permits);
                assert_eq!(reduced, self.reference.reduce(permits));
            }
            Step::Set { permits } => {
                let previous = self.semaphore.set_max_permits(permits);
                assert_eq!(previous, self.reference.set_limit(permits));
            }
            Step::Close => {
                if close_if_closable(self.semaphore) {
                    self.reference.close();
                }
            }
        }
    }

    fn acquire(&mut self, permits: usize, owned: bool, poll: bool) {
        let index = self.waits.add(if owned {
            Wait::Owned(Box::pin(Counted::clone(self.semaphore).acquire_many_owned(permits)))
        } else {
            Wait::Borrowed(Box::pin(self.semaphore.acquire_many(permits)))
        });
        if poll {
            self.poll(index, false);
        }
    }

    fn try_acquire(&mut self, permits: usize, owned: bool) {
        let guard = if owned {
            let owned = Counted::clone(self.semaphore).try_acquire_many_owned(permits);
            owned.into_iter().next().map(Guard::Owned)
        } else {
            let borrowed = self.semaphore.try_acquire_many(permits);
            borrowed.into_iter().next().map(Guard::Borrowed)
        };
        assert_eq!(guard.is_some(), self.reference.try_acquire(permits));
        self.guards.extend(guard);
    }

    fn try_acquire_up_to(&mut self, permits: usize, owned: bool) {
        let guard = if owned {
            let owned = Counted::clone(self.semaphore).try_acquire_up_to_owned(permits);
            owned.into_iter().next().map(Guard::Owned)
        } else {
            let borrowed = self.semaphore.try_acquire_up_to(permits);
            borrowed.into_iter().next().map(Guard::Borrowed)
        };
        let acquired = guard.as_ref().map_or(0, Guard::num_permits);
        assert_eq!(acquired, self.reference.try_acquire_up_to(permits));
        self.guards.extend(guard);
    }

    fn poll(&mut self, number: usize, new_waker: bool) {
        let Some(wait) = self.waits.select(number) else {
            return;
        };
        let (id, permits) = (wait.id, wait.future.num_permits());
        let output = self.waits.poll(number, new_waker);
        let expected = self.reference.poll(id, permits);
        let Poll::Ready(guard) = output else {
            return assert_eq!(expected, Poll::Pending);
        };
        assert_eq!(expected, Poll::Ready(guard.is_some()));
        assert!(guard.iter().all(|guard| guard.num_permits() == permits));
        self.guards.extend(guard);
    }

    fn split(&mut self, guard: usize, permits: usize) {
        let Some(index) = select(&self.guards, guard) else {
            return;
        };
        let before = self.guards[index].num_permits();
        let split = match &mut self.guards[index] {
            Guard::Borrowed(permit) => permit.split(permits).map(Guard::Borrowed),
            Guard::Owned(permit) => permit.split(permits).map(Guard::Owned),
        };
        assert_eq!(split.is_some(), permits <= before);
        let split_off = split.as_ref().map_or(0, Guard::num_permits);
        assert_eq!(self.guards[index].num_permits() + split_off, before);
        self.guards.extend(split);
    }

    fn merge(&mut self, guard: usize, other: usize) {
        let (Some(guard), Some(other)) = (select(&self.guards, guard), select(&self.guards, other))
        else {
            return;
        };
        let is_owned = |index: usize| matches!(self.guards[index], Guard::Owned(_));
        if guard == other || is_owned(guard) != is_owned(other) {
            return;
        }
        let mut into = self.guards.swap_remove(guard.max(other));
        let from = self.guards.swap_remove(guard.min(other));
        match (&mut into, from) {
            (Guard::Borrowed(into), Guard::Borrowed(from)) => into.merge(from),
            (Guard::Owned(into), Guard::Owned(from)) => into.merge(from),
            _ => unreachable!("both guards are borrowed, or both are owned"),
        }
        self.guards.push(into);
    }

    fn compare(&mut self) {
        self.waits.compare_wakeups(self.reference.take_woken());
        for wait in self.waits.iter() {
            assert_eq!(wait.future.is_queued(), self.reference.is_queued(wait.id));
        }
        let semaphore = &self.semaphore;
        let metrics = Metrics {
            available: semaphore.available_permits(),
            debt: semaphore.debt(),
            max: semaphore.max_permits(),
            in_use: semaphore.in_use(),
            waiters: semaphore.waiters(),
        };
        assert_eq!(metrics, self.reference.metrics());
        #[cfg(debug_assertions)]
        semaphore.assert_valid();
    }

    /// Drops all futures and guards. No permit is in use then.
    fn finish(mut self) {
        while !self.waits.is_empty() {
            self.step(Step::Cancel { future: 0 });
            self.compare();
        }
        while !self.guards.is_empty() {
            self.step(Step::Drop { guard: 0 });
            self.compare();
        }
        assert_eq!(self.semaphore.available_permits(), self.semaphore.max_permits());
    }
}
