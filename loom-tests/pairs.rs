//! Each pair of operations, performed by two threads at once on one semaphore.
//!
//! What an operation needs, such as a permit to release or a queued future, is prepared before the
//! race.

use std::task::Poll;

use compio_sync::{Acquire, Semaphore, SemaphorePermit};
use loom::{model, thread};

use crate::{guarded::Guarded, task::Task};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operation {
    FirstPoll,
    Repoll,
    RepollWithNewWaker,
    PollAfterGrant,
    CancelQueued,
    CancelGranted,
    Release,
    ReleaseMany,
    Forget,
    AddPermits,
    ReducePermits,
    ForgetPermits,
    SetMaxPermits,
    TryAcquire,
    TryAcquireUpTo,
}

use Operation::*;

/// An operation, and the permit or future that it consumes.
struct Prepared {
    operation: Operation,
    permit: Option<SemaphorePermit<'static>>,
    task: Option<Task<Acquire<'static>>>,
}

/// The permit and the future that an operation leaves behind.
#[derive(Default)]
struct Outcome {
    permit: Option<SemaphorePermit<'static>>,
    task: Option<Task<Acquire<'static>>>,
    /// The change of the limit, or `None` if it depends on the other operation.
    limit_change: Option<isize>,
}

impl Operation {
    /// Returns the number of permits that are in use for the operation when the race begins.
    fn holds(self) -> usize {
        match self {
            PollAfterGrant | CancelGranted | Release | Forget => 1,
            ReleaseMany => 2,
            _ => 0,
        }
    }

    fn is_granted(self) -> bool {
        matches!(self, PollAfterGrant | CancelGranted)
    }

    fn is_queued(self) -> bool {
        matches!(self, Repoll | RepollWithNewWaker | CancelQueued)
    }

    fn changes_limit(self) -> bool {
        matches!(self, Forget | AddPermits | ReducePermits | ForgetPermits | SetMaxPermits)
    }
}

impl Prepared {
    fn run(mut self, guarded: &'static Guarded, exclusive: bool) -> Outcome {
        let semaphore = &guarded.semaphore;
        let mut outcome = Outcome { limit_change: Some(0), ..Outcome::default() };
        match self.operation {
            FirstPoll => {
                let mut task = Task::new(semaphore.acquire());
                match task.poll() {
                    Poll::Ready(permit) => outcome.permit = Some(permit),
                    Poll::Pending => outcome.task = Some(task),
                }
            }
            Repoll | RepollWithNewWaker | PollAfterGrant => {
                let mut task = self.task.take().unwrap();
                if self.operation == RepollWithNewWaker {
                    task.change_waker();
                }
                match task.poll() {
                    Poll::Ready(permit) => outcome.permit = Some(permit),
                    Poll::Pending => outcome.task = Some(task),
                }
            }
            CancelQueued | CancelGranted => drop(self.task.take()),
            Release | ReleaseMany => {
                let permit = self.permit.take().unwrap();
                if exclusive { guarded.write(permit) } else { drop(permit) }
            }
            Forget => {
                self.permit.take().unwrap().forget();
                // If the other operation lowers the limit to zero, the limit is not lowered
                // further.
                outcome.limit_change = None;
            }
            AddPermits => {
                semaphore.add_permits(1);
                outcome.limit_change = Some(1);
            }
            ReducePermits => outcome.limit_change = Some(-(semaphore.reduce_permits(1) as isize)),
            ForgetPermits => outcome.limit_change = Some(-(semaphore.forget_permits(1) as isize)),
            SetMaxPermits => {
                semaphore.set_max_permits(1);
                outcome.limit_change = None;
            }
            TryAcquire => outcome.permit = semaphore.try_acquire(),
            TryAcquireUpTo => outcome.permit = semaphore.try_acquire_up_to(2),
        }
        if exclusive && let Some(permit) = outcome.permit.take() {
            guarded.write(permit);
        }
        outcome
    }
}

/// Performs two operations at once on a semaphore that has just enough permits for both.
fn race(one: Operation, other: Operation) {
    let limit = (one.holds() + other.holds()).max(1);
    let guarded = Guarded::new(limit);
    let semaphore: &'static Semaphore = &guarded.semaphore;
    let mut all = semaphore.try_acquire_many(limit).unwrap();

    let both = [one, other];
    let granted = both.map(|operation| operation.is_granted().then(|| guarded.queued(1)));
    let queued = both.map(|operation| operation.is_queued().then(|| guarded.queued(1)));
    // A waiter behind the queued futures. It must be granted at the end.
    let bystander = both.iter().any(|operation| operation.is_queued()).then(|| guarded.queued(1));
    let permits = both.map(|operation| {
        let holds = if operation.is_granted() { 0 } else { operation.holds() };
        (holds > 0).then(|| all.split(holds).unwrap())
    });
    let grants = granted.iter().flatten().count();
    drop(all.split(grants));
    // Without a waiter, the remaining permits are available during the race.
    let rest = Some(all).filter(|all| all.num_permits() > 0 && bystander.is_some());

    let tasks = granted.into_iter().zip(queued).map(|(granted, queued)| granted.or(queued));
    let mut prepared = both
        .into_iter()
        .zip(permits)
        .zip(tasks)
        .map(|((operation, permit), task)| Prepared { operation, permit, task });
    let (first, second) = (prepared.next().unwrap(), prepared.next().unwrap());

    // If the only permit is held, its holder may write.
    let exclusive = limit == 1 && !both.iter().any(|operation| operation.changes_limit());
    let thread = thread::spawn(move || first.run(guarded, exclusive));
    let outcome = second.run(guarded, exclusive);
    let outcomes = [outcome, thread.join().unwrap()];

    semaphore.assert_valid();
    let change = outcomes.iter().map(|outcome| outcome.limit_change).sum::<Option<isize>>();
    if let Some(change) = change {
        assert_eq!(semaphore.max_permits() as isize, limit as isize + change);
    }
    drop(rest);
    let mut tasks: Vec<_> = bystander.into_iter().collect();
    for Outcome { permit, task, .. } in outcomes {
        drop(permit);
        tasks.extend(task);
    }
    // A waiter is either granted and woken, or neither. Every granted permit is released.
    while let Some(mut task) = tasks.pop() {
        if task.future.is_queued() {
            task.assert_pending();
        } else {
            drop(task.woken());
        }
        semaphore.assert_valid();
    }
    assert_eq!((semaphore.in_use(), semaphore.debt(), semaphore.waiters()), (0, 0, 0));
    assert_eq!(semaphore.available_permits(), semaphore.max_permits());
}

/// Each pair runs twice, so that each operation runs once on either thread.
///
/// loom starts with the schedule in which the main thread goes first. It remembers only the last
/// access to a word. It may therefore omit schedules in which the main thread reads a word between
/// two accesses of the other thread.
fn races_all(one: Operation) {
    for &other in ALL {
        println!("{one:?} races {other:?}");
        model(move || race(one, other));
    }
}

macro_rules! race_all {
    ($($name:ident: $operation:ident,)*) => {
        const ALL: &[Operation] = &[$($operation),*];
        $(#[test] fn $name() { races_all($operation); })*
    };
}

race_all! {
    first_poll_races_all: FirstPoll,
    repoll_races_all: Repoll,
    repoll_with_new_waker_races_all: RepollWithNewWaker,
    poll_after_grant_races_all: PollAfterGrant,
    cancel_queued_races_all: CancelQueued,
    cancel_granted_races_all: CancelGranted,
    release_races_all: Release,
    release_many_races_all: ReleaseMany,
    forget_races_all: Forget,
    add_permits_races_all: AddPermits,
    reduce_permits_races_all: ReducePermits,
    forget_permits_races_all: ForgetPermits,
    set_max_permits_races_all: SetMaxPermits,
    try_acquire_races_all: TryAcquire,
    try_acquire_up_to_races_all: TryAcquireUpTo,
}
