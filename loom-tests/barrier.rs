//! Races of a barrier.

use std::task::Poll;

use compio_sync::{Barrier, BarrierWait};
use loom::{future::block_on, model, thread};

use crate::{
    barrier_reference::BarrierReference,
    bounded::bounded_model,
    linear::{Action::*, Operation, Reference, Setup, Start::*, Subject, races_all},
    note::Note,
    task::Task,
};

/// A barrier, and one note per thread. Each thread writes its note before it arrives.
struct Meeting {
    barrier: Barrier,
    notes: [Note; 2],
}

impl Meeting {
    fn new(tasks: usize) -> &'static Self {
        let notes = [(); 2].map(|()| Note::new());
        Box::leak(Box::new(Self { barrier: Barrier::new(tasks), notes }))
    }

    /// Writes the thread's note, waits at the barrier, and reads all notes. Returns whether the
    /// thread is the leader.
    fn write_and_meet(&self, thread: usize) -> bool {
        self.notes[thread].write();
        let is_leader = block_on(self.barrier.wait()).is_leader();
        for note in &self.notes {
            assert_eq!(note.read(), 1);
        }
        is_leader
    }

    fn queued(&'static self) -> Task<BarrierWait<'static>> {
        Task::waiting(self.barrier.wait())
    }

    fn assert_at_rest(&self) {
        self.barrier.assert_valid();
        assert_eq!(self.barrier.waiters(), 0);
    }
}

/// Both threads meet, each sees what the other one did before, and one is the leader.
#[test]
fn arrive_races_arrive() {
    bounded_model(|| {
        let meeting = Meeting::new(2);
        let other = thread::spawn(|| meeting.write_and_meet(1));
        let is_leader = meeting.write_and_meet(0);
        assert_ne!(other.join().unwrap(), is_leader);
        meeting.assert_at_rest();
    });
}

/// Either the last arrival completes the generation before the cancel, or the task counts as not
/// having arrived.
#[test]
fn cancel_races_last_arrival() {
    model(|| {
        let meeting = Meeting::new(2);
        let mut cancelled = meeting.queued();
        let counter = cancelled.change_waker();
        let canceller = thread::spawn(|| drop(cancelled));
        let mut last = Task::new(meeting.barrier.wait());
        let is_leader = match last.poll() {
            Poll::Ready(result) => result.is_leader(),
            Poll::Pending => {
                canceller.join().unwrap();
                let replacement = Task::new(meeting.barrier.wait()).poll();
                assert!(matches!(replacement, Poll::Ready(result) if result.is_leader()));
                assert!(!last.woken().is_leader());
                return meeting.assert_at_rest();
            }
        };
        assert!(is_leader);
        canceller.join().unwrap();
        assert_eq!(counter.wakeups(), 1, "the generation must have both tasks");
        // The next generation begins with no arrivals.
        let first = meeting.queued();
        drop(first);
        meeting.assert_at_rest();
    });
}

/// A cancelled arrival is replaced by another one while the last task arrives.
#[test]
fn cancelled_arrival_is_replaced() {
    bounded_model(|| {
        let meeting = Meeting::new(2);
        let cancelled = meeting.queued();
        let replacing = thread::spawn(|| {
            drop(cancelled);
            let mut task = Task::new(meeting.barrier.wait());
            match task.poll() {
                Poll::Ready(result) => {
                    assert!(result.is_leader());
                    None
                }
                Poll::Pending => Some(task),
            }
        });
        let mut last = Task::new(meeting.barrier.wait());
        let polled = last.poll();
        let replacement = replacing.join().unwrap();
        match (polled, replacement) {
            // If the cancelled task counted, the replacement waits for the next generation.
            // Otherwise, the replacement has completed with `last`.
            (Poll::Ready(result), Some(mut replacement)) => {
                assert!(result.is_leader());
                if replacement.wakeups() == 0 {
                    replacement.assert_pending();
                } else {
                    assert!(!replacement.woken().is_leader());
                }
            }
            (Poll::Ready(_), None) => panic!("two leaders of one generation"),
            (Poll::Pending, None) => assert!(!last.woken().is_leader()),
            (Poll::Pending, Some(_)) => panic!("two tasks have arrived, and both wait"),
        }
        meeting.assert_at_rest();
    });
}

/// A woken task arrives for the next generation while the leader still wakes the previous one.
#[test]
fn next_generation_races_broadcast() {
    bounded_model(|| {
        let meeting = Meeting::new(5);
        let [mut first, second, third, fourth] = [(); 4].map(|()| meeting.queued());
        let fast =
            thread::spawn(
                move || {
                    if first.poll().is_ready() { Ok(meeting.queued()) } else { Err(first) }
                },
            );
        let mut leader = Task::new(meeting.barrier.wait());
        assert!(matches!(leader.poll(), Poll::Ready(result) if result.is_leader()));
        let again = fast.join().unwrap();
        for task in [second, third, fourth] {
            assert!(!task.woken().is_leader());
        }
        match again {
            Ok(mut again) => again.assert_pending(),
            Err(first) => assert!(!first.woken().is_leader()),
        }
        meeting.assert_at_rest();
    });
}

/// A task that was woken by the first batch finds a wait of the second batch complete.
#[test]
fn poll_of_next_batch_races_last_arrival() {
    bounded_model(|| {
        let meeting = Meeting::new(5);
        let [mut first, second, third, mut fourth] = [(); 4].map(|()| meeting.queued());
        let fast = thread::spawn(move || {
            let is_complete = first.poll().is_ready();
            if is_complete {
                assert!(fourth.poll().is_ready(), "the generation is complete");
            }
            (!is_complete).then_some([first, fourth])
        });
        assert!(Task::new(meeting.barrier.wait()).poll().is_ready());
        let rest = fast.join().unwrap();
        for task in [second, third].into_iter().chain(rest.into_iter().flatten()) {
            assert!(!task.woken().is_leader());
        }
        meeting.assert_at_rest();
    });
}

/// A thread that blocks at the barrier is woken by the last arrival.
#[test]
fn block_races_arrival() {
    model(|| {
        let meeting = Meeting::new(2);
        let blocked = thread::spawn(|| meeting.barrier.wait().block().is_leader());
        let mut task = Task::new(meeting.barrier.wait());
        let result = task.poll();
        let other_is_leader = blocked.join().unwrap();
        match result {
            Poll::Ready(result) => assert!(result.is_leader() && !other_is_leader),
            Poll::Pending => assert!(!task.woken().is_leader() && other_is_leader),
        }
        meeting.assert_at_rest();
    });
}

/// Completes a generation, to prepare a race.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Complete;

const TASKS: usize = 3;

impl Subject for Barrier {
    type Kind = ();
    type Wait = BarrierWait<'static>;
    type Call = Complete;

    fn new() -> Self {
        Self::new(TASKS)
    }

    fn wait(&'static self, (): ()) -> BarrierWait<'static> {
        self.wait()
    }

    fn waiters(&self) -> usize {
        self.waiters()
    }

    fn assert_valid(&self) {
        self.assert_valid();
    }

    fn call(&'static self, _: Complete) -> bool {
        let missing = TASKS - self.waiters();
        let mut tasks = [(); TASKS].map(|()| Task::new(self.wait()));
        tasks[..missing].iter_mut().fold(false, |_, task| task.poll().is_ready())
    }
}

impl Reference<Barrier> for BarrierReference {
    fn new() -> Self {
        Self::new(TASKS)
    }

    fn create(&mut self, _: usize, (): ()) {}

    fn poll(&mut self, wait: usize) -> bool {
        self.poll(wait).is_ready()
    }

    fn cancel(&mut self, wait: usize) {
        self.cancel(wait);
    }

    fn waiters(&self) -> usize {
        self.waiters()
    }

    fn call(&mut self, _: Complete) -> bool {
        let missing = TASKS - self.waiters();
        let waits = 10..10 + missing;
        let is_complete = waits.clone().fold(false, |_, wait| self.poll(wait).is_ready());
        waits.for_each(|wait| self.cancel(wait));
        is_complete
    }
}

const SETUPS: &[Setup<Complete>] = &[(None, None), (None, Some(()))];

macro_rules! race_all {
    ($($name:ident: $start:expr => $action:expr,)*) => {
        const ALL: &[Operation<Complete>] = &[$(($start, $action)),*];
        $(#[test] fn $name() {
            races_all::<Barrier, BarrierReference>(($start, $action), ALL, SETUPS);
        })*
    };
}

race_all! {
    arrival_races_all: Created(()) => Poll,
    repoll_of_arrival_races_all: Queued(()) => Poll,
    repoll_of_arrival_with_new_waker_races_all: Queued(()) => PollWithNewWaker,
    poll_of_complete_arrival_races_all: QueuedAndCompletedBy((), Complete) => Poll,
    cancel_of_arrival_races_all: Queued(()) => Cancel,
    cancel_of_complete_arrival_races_all: QueuedAndCompletedBy((), Complete) => Cancel,
}
