//! Wakers that panic. A panicking waker loses no wakeup of another wait.

use std::task::Poll;

use super::{Barrier, arrive_last, arrived, assert_follows};
use crate::{
    assertions::panic_message,
    hooked_waker::{
        Hooks, panics_when_clone_is_dropped, panics_when_woken, poll_with, waiting_with,
    },
    task::Task,
};

#[test]
fn other_waits_are_woken_if_one_waker_panics() {
    for panicking in [0, 1, 31, 32, 50, 63, 64, 99] {
        assert_other_waits_are_woken(&[panicking]);
    }
}

#[cfg(feature = "std")]
#[test]
fn other_waits_are_woken_if_many_wakers_panic() {
    assert_other_waits_are_woken(&[0, 1, 30, 31, 32, 33, 98, 99]);
}

/// Completes a generation of 101 tasks, of which some wakers panic. The first panic propagates from
/// the poll of the leader.
fn assert_other_waits_are_woken(panicking: &[usize]) {
    for leader_is_dropped in [false, true] {
        let barrier = Barrier::new(101);
        let wait_as = |number: usize| match panicking.contains(&number) {
            true => waiting_with(&panics_when_woken(&number.to_string()), barrier.wait()),
            false => Task::waiting(barrier.wait()),
        };
        let waits: Vec<_> = (0..100).map(wait_as).collect();
        let mut leader = Task::new(barrier.wait());
        assert_eq!(panic_message(|| leader.poll()), panicking[0].to_string());
        assert_eq!(format!("{barrier:?}"), "Barrier { tasks: 101, arrived: 0, waiters: 0 }");
        if !leader_is_dropped {
            let result = leader.poll();
            assert!(matches!(result, Poll::Ready(result) if result.is_leader()));
        }
        drop(leader);
        for (number, mut wait) in waits.into_iter().enumerate() {
            assert_eq!(wait.wakeups(), usize::from(!panicking.contains(&number)));
            let result = wait.poll();
            assert!(matches!(result, Poll::Ready(result) if !result.is_leader()), "{number}");
        }
        let next = arrived(&barrier, 100);
        arrive_last(&barrier);
        next.into_iter().for_each(assert_follows);
    }
}

#[test]
fn panicking_drop_of_waker_of_leader_completes_generation() {
    let barrier = Barrier::new(3);
    let waits = arrived(&barrier, 2);
    let mut leader = Task::new(barrier.wait());
    let waker = panics_when_clone_is_dropped("dropped");
    assert_eq!(panic_message(|| poll_with(&mut leader, &waker)), "dropped");
    waits.into_iter().for_each(assert_follows);
    assert!(matches!(leader.poll(), Poll::Ready(result) if result.is_leader()));
}

#[cfg(feature = "std")]
#[test]
fn panicking_drop_of_waker_of_leader_after_panicking_waker_does_not_abort() {
    let barrier = Barrier::new(3);
    let mut panicking = waiting_with(&panics_when_woken("first"), barrier.wait());
    let other = Task::waiting(barrier.wait());
    let mut leader = Task::new(barrier.wait());
    let waker = panics_when_clone_is_dropped("second");
    assert_eq!(panic_message(|| poll_with(&mut leader, &waker)), "first");
    assert!(panicking.poll().is_ready());
    assert_follows(other);
}

#[test]
fn panicking_clone_does_not_arrive() {
    let barrier = Barrier::new(2);
    let waker = Hooks { on_clone: Box::new(|| panic!("no")), ..Hooks::default() }.into_waker();
    let mut unqueued = Task::new(barrier.wait());
    assert_eq!(panic_message(|| poll_with(&mut unqueued, &waker)), "no");
    let mut first = Task::waiting(barrier.wait());
    assert_eq!(panic_message(|| poll_with(&mut first, &waker)), "no");
    assert_eq!(panic_message(|| poll_with(&mut unqueued, &waker)), "no");
    assert_eq!(barrier.waiters(), 1);
    assert!(matches!(unqueued.poll(), Poll::Ready(result) if result.is_leader()));
    assert_follows(first);
}

#[test]
fn panicking_drop_of_old_waker_keeps_arrival() {
    let barrier = Barrier::new(2);
    let waker = panics_when_clone_is_dropped("dropped");
    let mut wait = waiting_with(&waker, barrier.wait());
    assert_eq!(panic_message(|| wait.poll()), "dropped");
    assert_eq!(barrier.waiters(), 1);
    arrive_last(&barrier);
    assert_follows(wait);
}

#[test]
fn panicking_drop_of_cancelled_waker_cancels_arrival() {
    let barrier = Barrier::new(2);
    let waker = panics_when_clone_is_dropped("dropped");
    let cancelled = waiting_with(&waker, barrier.wait());
    assert_eq!(panic_message(|| drop(cancelled)), "dropped");
    assert_eq!(barrier.waiters(), 0);
    let first = Task::waiting(barrier.wait());
    arrive_last(&barrier);
    assert_follows(first);
}
