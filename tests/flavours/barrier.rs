//! Tests of `Barrier`.

#[cfg(test)]
mod arrive;
#[cfg(test)]
mod batches;
#[cfg(test)]
mod cancel;
#[cfg(test)]
mod events;
#[cfg(test)]
mod panics;
pub(crate) mod program;
#[cfg(test)]
mod property;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod wakers;

#[cfg(test)]
use super::Counted;
use super::flavour::{Barrier, BarrierWait};
#[cfg(test)]
use crate::task::Task;

/// Arrives with several tasks, which must not complete the generation.
#[cfg(test)]
#[track_caller]
fn arrived(barrier: &Barrier, tasks: usize) -> Vec<Task<BarrierWait<'_>>> {
    (0..tasks).map(|_| Task::waiting(barrier.wait())).collect()
}

/// Arrives as the last task of the generation.
#[cfg(test)]
#[track_caller]
fn arrive_last(barrier: &Barrier) {
    let mut leader = Task::new(barrier.wait());
    match leader.poll() {
        std::task::Poll::Ready(result) => assert!(result.is_leader()),
        std::task::Poll::Pending => panic!("the last task must not wait"),
    }
}

/// Asserts that the task was woken once, and is not the leader.
#[cfg(test)]
#[track_caller]
fn assert_follows(task: Task<BarrierWait<'_>>) {
    assert!(!task.woken().is_leader());
}
