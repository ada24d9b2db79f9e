//! Futures that are dropped in each of their states.

use std::{pin::Pin, sync::Mutex, task::Poll};

use super::Semaphore;
use crate::task::Task;

#[test]
fn unpolled_future_changes_nothing() {
    let semaphore = Semaphore::new(1);
    drop(Task::new(semaphore.acquire()));
    assert_eq!(semaphore.available_permits(), 1);
    assert!(semaphore.try_acquire().is_some());
}

#[test]
fn cancelled_waiter_is_skipped_at_any_position() {
    for cancelled in 0..3 {
        let semaphore = Semaphore::new(1);
        let mut permit = semaphore.try_acquire().unwrap();
        let mut tasks: Vec<_> = (0..3).map(|_| Task::waiting(semaphore.acquire())).collect();
        drop(tasks.remove(cancelled));
        for task in tasks {
            drop(permit);
            permit = task.woken();
        }
        drop(permit);
        assert_eq!(semaphore.available_permits(), 1);
    }
}

#[test]
fn cancel_of_all_waiters_unblocks_try_acquire() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let waiters = [(); 2].map(|()| Task::waiting(semaphore.acquire()));
    drop(waiters);
    drop(permit);
    assert!(semaphore.try_acquire().is_some());
}

#[test]
fn cancelled_grant_serves_next_waiter() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let granted = Task::waiting(semaphore.acquire());
    let next = Task::waiting(semaphore.acquire());
    drop(permit);
    assert_eq!(granted.wakeups(), 1);
    drop(granted);
    drop(next.woken());
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn cancelled_grant_is_released_if_queue_is_empty() {
    let semaphore = Semaphore::new(2);
    let permits = semaphore.try_acquire_many(2).unwrap();
    let granted = Task::waiting(semaphore.acquire_many(2));
    drop(permits);
    assert_eq!(semaphore.in_use(), 2);
    drop(granted);
    assert_eq!(semaphore.available_permits(), 2);
}

#[test]
fn cancelled_large_front_grants_all_waiters_that_fit() {
    let semaphore = Semaphore::new(4);
    let held = semaphore.try_acquire().unwrap();
    let large = Task::waiting(semaphore.acquire_many(4));
    let one = Task::waiting(semaphore.acquire());
    let two = Task::waiting(semaphore.acquire_many(2));
    let mut more = Task::waiting(semaphore.acquire());
    drop(large);
    more.assert_pending();
    drop((one.woken(), two.woken()));
    drop(held);
    drop(more.woken());
    assert_eq!(semaphore.available_permits(), 4);
}

#[test]
fn cancel_behind_large_front_grants_no_waiter() {
    let semaphore = Semaphore::new(2);
    let held = semaphore.try_acquire().unwrap();
    let mut large = Task::waiting(semaphore.acquire_many(2));
    let cancelled = Task::waiting(semaphore.acquire());
    let mut small = Task::waiting(semaphore.acquire());
    drop(cancelled);
    large.assert_pending();
    small.assert_pending();
    drop(held);
    drop(large.woken());
    drop(small.woken());
}

#[test]
fn dropped_completed_future_keeps_permit() {
    let semaphore = Semaphore::new(1);
    let mut acquire = Task::new(semaphore.acquire());
    let Poll::Ready(permit) = acquire.poll() else {
        panic!("a permit is available");
    };
    drop(acquire);
    assert_eq!(semaphore.in_use(), 1, "the guard holds the permit");
    drop(permit);
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn leaked_waiter_leaks_its_grant() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let leaked = Task::waiting(semaphore.acquire());
    let next = Task::waiting(semaphore.acquire());
    leak(leaked.future);
    drop(permit);
    assert_eq!(semaphore.in_use(), 1, "the leaked future holds its grant");
    semaphore.add_permits(1);
    drop(next.woken());
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn semaphore_moves_with_leaked_waiter_in_queue() {
    let semaphore = Semaphore::new(0);
    leak(Task::waiting(semaphore.acquire()).future);
    let moved = Box::new(semaphore);
    let next = Task::waiting(moved.acquire());
    moved.add_permits(2);
    drop(next.woken());
    assert_eq!(moved.in_use(), 1);
}

/// Leaks the future, but keeps its address, so that leak detection does not report it.
fn leak<F>(future: Pin<Box<F>>) {
    static LEAKED: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    LEAKED.lock().unwrap().push(&raw const *future as usize);
    std::mem::forget(future);
}
