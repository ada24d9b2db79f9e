//! Every operation beside every other: what one thread does to a semaphore while another does something
//! else to it, with whatever either needs made ready before.

use std::task::Poll;

use compio_sync::{Acquire, Semaphore, SemaphorePermit};
use loom::{model, thread};

use crate::{guarded::Guarded, task::Task};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operation {
    FirstPoll,
    PollAgain,
    PollWithNewWaker,
    PollGranted,
    CancelQueued,
    CancelGranted,
    Release,
    ReleaseMany,
    Forget,
    Add,
    Reduce,
    ForgetFree,
    Set,
    Try,
    TryUpTo,
}

use Operation::*;

/// An operation with what it needs: a permit to give back, a future to poll or drop.
struct Ready {
    operation: Operation,
    permit: Option<SemaphorePermit<'static>>,
    task: Option<Task<Acquire<'static>>>,
}

/// What is left when an operation is over.
#[derive(Default)]
struct Left {
    permit: Option<SemaphorePermit<'static>>,
    task: Option<Task<Acquire<'static>>>,
    /// By how much it has moved the limit; `None` if that depends on the other.
    moved: Option<isize>,
}

impl Operation {
    /// How many permits are in use for it when it begins.
    fn holds(self) -> usize {
        match self {
            PollGranted | CancelGranted | Release | Forget => 1,
            ReleaseMany => 2,
            _ => 0,
        }
    }

    fn is_granted(self) -> bool {
        matches!(self, PollGranted | CancelGranted)
    }

    fn is_queued(self) -> bool {
        matches!(self, PollAgain | PollWithNewWaker | CancelQueued)
    }

    fn moves_limit(self) -> bool {
        matches!(self, Forget | Add | Reduce | ForgetFree | Set)
    }
}

impl Ready {
    fn run(mut self, guarded: &'static Guarded, exclusive: bool) -> Left {
        let semaphore = &guarded.semaphore;
        let mut left = Left { moved: Some(0), ..Left::default() };
        match self.operation {
            FirstPoll => {
                let mut task = Task::new(semaphore.acquire());
                match task.poll() {
                    Poll::Ready(permit) => left.permit = Some(permit),
                    Poll::Pending => left.task = Some(task),
                }
            }
            PollAgain | PollWithNewWaker | PollGranted => {
                let mut task = self.task.take().unwrap();
                if self.operation == PollWithNewWaker {
                    task.change_waker();
                }
                match task.poll() {
                    Poll::Ready(permit) => left.permit = Some(permit),
                    Poll::Pending => left.task = Some(task),
                }
            }
            CancelQueued | CancelGranted => drop(self.task.take()),
            Release | ReleaseMany => {
                let permit = self.permit.take().unwrap();
                if exclusive { guarded.write(permit) } else { drop(permit) }
            }
            Forget => {
                self.permit.take().unwrap().forget();
                // Beside one that lowers the limit it may find nothing left to lower.
                left.moved = None;
            }
            Add => {
                semaphore.add_permits(1);
                left.moved = Some(1);
            }
            Reduce => left.moved = Some(-(semaphore.reduce_permits(1) as isize)),
            ForgetFree => left.moved = Some(-(semaphore.forget_permits(1) as isize)),
            Set => {
                semaphore.set_max_permits(1);
                left.moved = None;
            }
            Try => left.permit = semaphore.try_acquire(),
            TryUpTo => left.permit = semaphore.try_acquire_up_to(2),
        }
        if exclusive && let Some(permit) = left.permit.take() {
            guarded.write(permit);
        }
        left
    }
}

/// One run of two operations at once, from a semaphore that is just large enough for both.
fn race(one: Operation, other: Operation) {
    let limit = (one.holds() + other.holds()).max(1);
    let guarded = Guarded::new(limit);
    let semaphore: &'static Semaphore = &guarded.semaphore;
    let mut all = semaphore.try_acquire_many(limit).unwrap();

    let both = [one, other];
    let granted = both.map(|operation| operation.is_granted().then(|| guarded.queued(1)));
    let queued = both.map(|operation| operation.is_queued().then(|| guarded.queued(1)));
    // Somebody behind those who are queued, who must not be forgotten.
    let bystander = both.iter().any(|operation| operation.is_queued()).then(|| guarded.queued(1));
    let permits = both.map(|operation| {
        let holds = if operation.is_granted() { 0 } else { operation.holds() };
        (holds > 0).then(|| all.split(holds).unwrap())
    });
    let grants = granted.iter().flatten().count();
    drop(all.split(grants));
    // With nothing held and nobody queued, what is left is free for the taking.
    let rest = Some(all).filter(|all| all.num_permits() > 0 && bystander.is_some());

    let tasks = granted.into_iter().zip(queued).map(|(granted, queued)| granted.or(queued));
    let mut ready = both
        .into_iter()
        .zip(permits)
        .zip(tasks)
        .map(|((operation, permit), task)| Ready { operation, permit, task });
    let (first, second) = (ready.next().unwrap(), ready.next().unwrap());

    // With one permit in all, whoever has it may write.
    let exclusive = limit == 1 && !both.iter().any(|operation| operation.moves_limit());
    let thread = thread::spawn(move || first.run(guarded, exclusive));
    let left = second.run(guarded, exclusive);
    let left = [left, thread.join().unwrap()];

    semaphore.assert_valid();
    let moved = left.iter().map(|left| left.moved).sum::<Option<isize>>();
    if let Some(moved) = moved {
        assert_eq!(semaphore.max_permits() as isize, limit as isize + moved);
    }
    drop(rest);
    let mut tasks: Vec<_> = bystander.into_iter().collect();
    for Left { permit, task, .. } in left {
        drop(permit);
        tasks.extend(task);
    }
    // Whoever waits is either granted and woken, or neither; and all that is granted comes back.
    while let Some(mut task) = tasks.pop() {
        if task.future.is_queued() {
            task.assert_asleep();
        } else {
            drop(task.woken());
        }
        semaphore.assert_valid();
    }
    assert_eq!((semaphore.in_use(), semaphore.debt(), semaphore.waiters()), (0, 0, 0));
    assert_eq!(semaphore.available_permits(), semaphore.max_permits());
}

/// Each pair comes twice, once from either side: loom begins with the schedule in which this thread goes
/// first, and from there it may leave out those in which a read of ours comes between a read and a write
/// of the other thread, for it remembers the last access to a word only.
fn races_all(one: Operation) {
    for &other in ALL {
        println!("{one:?} beside {other:?}");
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
    poll_again_races_all: PollAgain,
    poll_with_new_waker_races_all: PollWithNewWaker,
    poll_granted_races_all: PollGranted,
    cancel_queued_races_all: CancelQueued,
    cancel_granted_races_all: CancelGranted,
    release_races_all: Release,
    release_many_races_all: ReleaseMany,
    forget_races_all: Forget,
    add_races_all: Add,
    reduce_races_all: Reduce,
    forget_free_races_all: ForgetFree,
    set_races_all: Set,
    try_races_all: Try,
    try_up_to_races_all: TryUpTo,
}
