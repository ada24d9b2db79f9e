//! Tests of `Condvar`.

#[cfg(test)]
mod buffer;
#[cfg(test)]
mod cancel;
#[cfg(test)]
mod events;
#[cfg(test)]
mod notify;
#[cfg(test)]
mod panics;
pub(crate) mod program;
#[cfg(test)]
mod property;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod wait;
#[cfg(test)]
mod wakers;

use super::{
    Counted,
    flavour::{Condvar, Mutex, MutexGuard, OwnedMutexGuard},
};
#[cfg(test)]
use {super::flavour::WaitOnCondvar, crate::task::Task};

/// A wait with a borrowed guard.
#[cfg(test)]
type Wait<'a> = WaitOnCondvar<'a, &'a Mutex<u32>>;

/// Locks a mutex that is unlocked.
#[cfg(test)]
#[track_caller]
fn locked(mutex: &Mutex<u32>) -> MutexGuard<'_, u32> {
    mutex.try_lock().expect("the mutex is unlocked")
}

/// Waits with the mutex, which must be unlocked. It is unlocked again afterwards.
#[cfg(test)]
#[track_caller]
fn waiting<'a>(condvar: &'a Condvar, mutex: &'a Mutex<u32>) -> Task<Wait<'a>> {
    Task::waiting(condvar.wait(locked(mutex)))
}

/// Polls a wait that was notified while the mutex was locked. It queues for the mutex.
#[cfg(test)]
#[track_caller]
fn locks_again(task: &mut Task<Wait<'_>>) {
    assert_eq!(task.wakeups(), 1, "the wait is notified");
    assert!(task.poll().is_pending(), "the mutex is locked");
}
