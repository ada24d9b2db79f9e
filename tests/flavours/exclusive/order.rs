//! In which order waiters are granted the lock.

use std::task::Poll;

use super::{Counted, Primitive, lock, lock_owned, try_lock, try_lock_owned};
use crate::{
    assertions::{assert_shows, panic_message},
    task::Task,
};

#[test]
fn free_lock_is_acquired_by_first_poll() {
    let primitive = Primitive::new(5);
    let mut task = Task::new(lock(&primitive));
    assert!(matches!(task.poll(), Poll::Ready(guard) if *guard == 5));
    assert!(try_lock(&primitive).is_some());
}

#[test]
fn waiters_are_granted_in_fifo_order() {
    let primitive = Primitive::new(Vec::new());
    let mut guard = try_lock(&primitive).unwrap();
    let tasks: Vec<_> = (0..100).map(|_| Task::waiting(lock(&primitive))).collect();
    assert_eq!(primitive.waiters(), 100);
    for (number, task) in tasks.into_iter().enumerate() {
        drop(guard);
        assert_eq!(primitive.waiters(), 99 - number);
        guard = task.woken();
        guard.push(number);
    }
    assert_eq!(*guard, (0..100).collect::<Vec<_>>());
}

#[test]
fn queue_is_in_order_of_first_polls() {
    let primitive = Primitive::new(());
    let guard = try_lock(&primitive);
    let mut second = Task::new(lock(&primitive));
    let first = Task::waiting(lock(&primitive));
    assert!(second.poll().is_pending());
    assert!(second.poll().is_pending());
    assert_eq!(primitive.waiters(), 2);
    drop(guard);
    second.assert_pending();
    drop(first.woken());
    drop(second.woken());
}

#[test]
fn try_lock_does_not_barge() {
    let primitive = Counted::new(Primitive::new(()));
    let guard = try_lock(&primitive);
    assert!(try_lock(&primitive).is_none());
    let granted = Task::waiting(lock(&primitive));
    assert!(try_lock(&primitive).is_none());
    drop(guard);
    assert!(try_lock(&primitive).is_none(), "the lock is already granted");
    assert!(try_lock_owned(&primitive).is_none());
    let guard = granted.woken();
    assert!(try_lock(&primitive).is_none());
    drop(guard);
    assert!(try_lock(&primitive).is_some());
}

#[test]
fn lock_does_not_barge() {
    let primitive = Primitive::new(());
    let guard = try_lock(&primitive);
    let granted = Task::waiting(lock(&primitive));
    drop(guard);
    let late = Task::waiting(lock(&primitive));
    drop(granted.woken());
    drop(late.woken());
}

#[test]
fn owned_and_borrowed_futures_share_queue() {
    let primitive = Counted::new(Primitive::new(()));
    let guard = try_lock_owned(&primitive);
    let borrowed = Task::waiting(lock(&primitive));
    let mut owned = Task::waiting(lock_owned(&primitive));
    assert_eq!(primitive.waiters(), 2);
    drop(guard);
    owned.assert_pending();
    drop(borrowed.woken());
    drop(owned.woken());
}

#[test]
fn poll_after_completion_panics_and_keeps_lock_free() {
    let primitive = Primitive::new(());
    let mut task = Task::new(lock(&primitive));
    assert!(task.poll().is_ready());
    assert_eq!(panic_message(|| task.poll()), "future polled after completion");
    drop(task);
    assert!(try_lock(&primitive).is_some());
}

#[test]
fn debug_shows_whether_future_is_queued() {
    let primitive = Primitive::new(());
    let guard = try_lock(&primitive);
    let mut task = Task::new(lock(&primitive));
    assert_shows(&task.future, &["is_queued: false"]);
    assert!(task.poll().is_pending());
    assert_shows(&task.future, &["is_queued: true"]);
    assert_shows(&primitive, &["waiters: 1"]);
    drop(guard);
    assert_shows(&task.future, &["is_queued: false"]);
}
