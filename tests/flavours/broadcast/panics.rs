//! Wakers that panic. A panicking waker loses no wakeup of another wait.

use super::{Primitive, Wait, complete_all, panics_when_cloned, wait};
use crate::{
    assertions::panic_message,
    hooked_waker::{panics_when_clone_is_dropped, panics_when_woken, poll_with, waiting_with},
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

/// Completes 100 waits, and asserts that all of them complete although some wakers panic. The first
/// panic must be the one that propagates.
fn assert_other_waits_are_woken(panicking: &[usize]) {
    let primitive = Primitive::default();
    let wait_as = |number: usize| match panicking.contains(&number) {
        true => waiting_with(&panics_when_woken(&number.to_string()), wait(&primitive)),
        false => Task::waiting(wait(&primitive)),
    };
    let tasks: Vec<Task<Wait<'_>>> = (0..100).map(wait_as).collect();
    let message = panic_message(|| complete_all(&primitive));
    assert_eq!(message, panicking[0].to_string());
    assert_eq!(primitive.waiters(), 0);
    for (number, mut task) in tasks.into_iter().enumerate() {
        assert_eq!(task.wakeups(), usize::from(!panicking.contains(&number)));
        assert!(task.poll().is_ready(), "wait {number} is not complete");
    }
    let later = Task::new(wait(&primitive));
    complete_all(&primitive);
    assert!({ later }.poll().is_ready());
}

#[cfg(feature = "std")]
#[test]
fn panicking_waker_during_unwind_does_not_abort() {
    struct BroadcastsOnDrop<'a>(&'a Primitive);
    impl Drop for BroadcastsOnDrop<'_> {
        fn drop(&mut self) {
            complete_all(self.0);
        }
    }
    let primitive = Primitive::default();
    let mut panicking = waiting_with(&panics_when_woken("second"), wait(&primitive));
    let other = Task::waiting(wait(&primitive));
    let message = panic_message(|| {
        let _broadcast = BroadcastsOnDrop(&primitive);
        panic!("first");
    });
    assert_eq!(message, "first");
    assert!(panicking.poll().is_ready());
    other.woken();
}

#[test]
fn panicking_clone_leaves_wait_unchanged() {
    let primitive = Primitive::default();
    let waker = panics_when_cloned();
    let mut unqueued = Task::new(wait(&primitive));
    assert_eq!(panic_message(|| poll_with(&mut unqueued, &waker)), "cloned");
    let mut queued = Task::waiting(wait(&primitive));
    assert_eq!(panic_message(|| poll_with(&mut queued, &waker)), "cloned");
    assert_eq!(primitive.waiters(), 1);
    complete_all(&primitive);
    queued.woken();
    assert!(unqueued.poll().is_ready());
}

#[test]
fn panicking_drop_of_old_waker_keeps_wait_queued() {
    let primitive = Primitive::default();
    let waker = panics_when_clone_is_dropped("dropped");
    let mut task = waiting_with(&waker, wait(&primitive));
    assert_eq!(panic_message(|| task.poll()), "dropped");
    assert_eq!(primitive.waiters(), 1);
    complete_all(&primitive);
    task.woken();
}

#[test]
fn panicking_drop_of_cancelled_waker_cancels_wait() {
    let primitive = Primitive::default();
    let waker = panics_when_clone_is_dropped("dropped");
    let cancelled = waiting_with(&waker, wait(&primitive));
    let other = Task::waiting(wait(&primitive));
    assert_eq!(panic_message(|| drop(cancelled)), "dropped");
    assert_eq!(primitive.waiters(), 1);
    complete_all(&primitive);
    other.woken();
}
