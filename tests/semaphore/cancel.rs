//! Futures dropped at every point of their lives.

use std::{pin::Pin, sync::Mutex, task::Poll};

use super::Semaphore;
use crate::task::Task;

#[test]
fn a_future_that_was_never_polled_leaves_no_trace() {
    let semaphore = Semaphore::new(1);
    drop(Task::new(semaphore.acquire()));
    assert_eq!(semaphore.available_permits(), 1);
    assert!(semaphore.try_acquire().is_some());
}

#[test]
fn a_cancelled_waiter_at_the_front_the_middle_or_the_back_is_passed_over() {
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
fn the_last_to_leave_opens_the_semaphore_again() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let waiters = [(); 2].map(|()| Task::waiting(semaphore.acquire()));
    drop(waiters);
    drop(permit);
    assert!(semaphore.try_acquire().is_some());
}

#[test]
fn dropping_a_granted_acquire_hands_on() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let granted = Task::waiting(semaphore.acquire());
    let next = Task::waiting(semaphore.acquire());
    drop(permit);
    assert_eq!(granted.wakes(), 1);
    drop(granted);
    drop(next.woken());
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn dropping_a_granted_acquire_with_nobody_behind_gives_back() {
    let semaphore = Semaphore::new(2);
    let permits = semaphore.try_acquire_many(2).unwrap();
    let granted = Task::waiting(semaphore.acquire_many(2));
    drop(permits);
    assert_eq!(semaphore.in_use(), 2);
    drop(granted);
    assert_eq!(semaphore.available_permits(), 2);
}

#[test]
fn dropping_a_big_front_lets_all_that_now_fit_through_at_once() {
    let semaphore = Semaphore::new(4);
    let held = semaphore.try_acquire().unwrap();
    let big = Task::waiting(semaphore.acquire_many(4));
    let one = Task::waiting(semaphore.acquire());
    let two = Task::waiting(semaphore.acquire_many(2));
    let mut more = Task::waiting(semaphore.acquire());
    drop(big);
    more.assert_asleep();
    drop((one.woken(), two.woken()));
    drop(held);
    drop(more.woken());
    assert_eq!(semaphore.available_permits(), 4);
}

#[test]
fn dropping_a_waiter_behind_a_big_front_serves_nobody() {
    let semaphore = Semaphore::new(2);
    let held = semaphore.try_acquire().unwrap();
    let mut big = Task::waiting(semaphore.acquire_many(2));
    let leaving = Task::waiting(semaphore.acquire());
    let mut small = Task::waiting(semaphore.acquire());
    drop(leaving);
    big.assert_asleep();
    small.assert_asleep();
    drop(held);
    drop(big.woken());
    drop(small.woken());
}

#[test]
fn a_finished_acquire_can_be_dropped_before_or_after_its_permit() {
    let semaphore = Semaphore::new(1);
    let mut acquire = Task::new(semaphore.acquire());
    let Poll::Ready(permit) = acquire.poll() else {
        panic!("one is free");
    };
    drop(acquire);
    assert_eq!(semaphore.in_use(), 1, "the permit is the guard's, not the future's");
    drop(permit);
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn a_leaked_acquire_costs_its_place_and_what_is_granted_to_it() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let leaked = Task::waiting(semaphore.acquire());
    let next = Task::waiting(semaphore.acquire());
    leak(leaked.future);
    drop(permit);
    assert_eq!(semaphore.in_use(), 1, "its turn came, and its permit is gone with it");
    semaphore.add_permits(1);
    drop(next.woken());
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn a_semaphore_can_be_moved_with_a_leaked_acquire_in_its_queue() {
    let semaphore = Semaphore::new(0);
    leak(Task::waiting(semaphore.acquire()).future);
    let moved = Box::new(semaphore);
    let next = Task::waiting(moved.acquire());
    moved.add_permits(2);
    drop(next.woken());
    assert_eq!(moved.in_use(), 1);
}

/// Leaks it, but keeps its address, so that a leak checker sees that this is meant.
fn leak<F>(future: Pin<Box<F>>) {
    static LEAKED: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    LEAKED.lock().unwrap().push(&raw const *future as usize);
    std::mem::forget(future);
}
