//! Waits that are dropped before or after their generation is complete.

use super::{Barrier, arrive_last, arrived, assert_follows};
use crate::task::Task;

#[test]
fn cancelled_arrival_is_replaced_at_any_position() {
    for cancelled in 0..3 {
        let barrier = Barrier::new(4);
        let mut waits = arrived(&barrier, 3);
        drop(waits.remove(cancelled));
        assert_eq!(barrier.waiters(), 2);
        waits.push(Task::waiting(barrier.wait()));
        waits.iter_mut().for_each(Task::assert_pending);
        arrive_last(&barrier);
        waits.into_iter().for_each(assert_follows);
    }
}

#[test]
fn all_cancelled_arrivals_are_replaced() {
    let barrier = Barrier::new(50);
    for _ in 0..3 {
        drop(arrived(&barrier, 49));
        assert_eq!(format!("{barrier:?}"), "Barrier { tasks: 50, arrived: 0, waiters: 0 }");
    }
    let waits = arrived(&barrier, 49);
    arrive_last(&barrier);
    waits.into_iter().for_each(assert_follows);
}

#[test]
fn cancel_after_completion_has_no_effect() {
    let barrier = Barrier::new(3);
    let waits = arrived(&barrier, 2);
    arrive_last(&barrier);
    let next = arrived(&barrier, 2);
    drop(waits);
    assert_eq!(format!("{barrier:?}"), "Barrier { tasks: 3, arrived: 2, waiters: 2 }");
    arrive_last(&barrier);
    next.into_iter().for_each(assert_follows);
}

#[test]
fn dropped_leader_has_no_effect() {
    let barrier = Barrier::new(2);
    let first = Task::waiting(barrier.wait());
    let mut leader = Task::new(barrier.wait());
    assert!(leader.poll().is_ready());
    let next = Task::waiting(barrier.wait());
    drop(leader);
    assert_eq!(barrier.waiters(), 1);
    arrive_last(&barrier);
    assert_follows(first);
    assert_follows(next);
}

#[test]
fn unpolled_wait_does_not_arrive() {
    let barrier = Barrier::new(2);
    drop(Task::new(barrier.wait()));
    let mut first = Task::waiting(barrier.wait());
    drop(Task::new(barrier.wait()));
    first.assert_pending();
    arrive_last(&barrier);
    assert_follows(first);
}

#[test]
fn cancelled_arrival_never_leads() {
    let barrier = Barrier::new(3);
    let first = Task::waiting(barrier.wait());
    for _ in 0..10 {
        // Arrives as the second of three tasks.
        drop(Task::waiting(barrier.wait()));
    }
    let second = Task::waiting(barrier.wait());
    arrive_last(&barrier);
    assert_follows(first);
    assert_follows(second);
}

/// An old wait that is dropped 256 generations later must not count as an arrival of the new one.
#[test]
fn cancel_after_number_of_generation_wraps_around_has_no_effect() {
    let barrier = Barrier::new(2);
    let old = Task::waiting(barrier.wait());
    arrive_last(&barrier);
    for _ in 0..255 {
        let wait = Task::waiting(barrier.wait());
        arrive_last(&barrier);
        assert_follows(wait);
    }
    let next = Task::waiting(barrier.wait());
    drop(old);
    assert_eq!(format!("{barrier:?}"), "Barrier { tasks: 2, arrived: 1, waiters: 1 }");
    arrive_last(&barrier);
    assert_follows(next);
}
