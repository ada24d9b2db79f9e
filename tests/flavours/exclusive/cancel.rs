//! Futures that are dropped in each of their states.

use std::task::Poll;

use super::{Counted, Primitive, lock, lock_owned, try_lock};
use crate::task::Task;

#[test]
fn cancelled_waiter_is_skipped_at_any_position() {
    for cancelled in 0..3 {
        let primitive = Primitive::new(());
        let mut guard = try_lock(&primitive).unwrap();
        let mut tasks: Vec<_> = (0..3).map(|_| Task::waiting(lock(&primitive))).collect();
        drop(tasks.remove(cancelled));
        assert_eq!(primitive.waiters(), 2);
        tasks.iter_mut().for_each(Task::assert_pending);
        for task in tasks {
            drop(guard);
            guard = task.woken();
        }
        drop(guard);
        assert!(try_lock(&primitive).is_some());
    }
}

#[test]
fn unpolled_future_changes_nothing() {
    let primitive = Primitive::new(());
    drop(Task::new(lock(&primitive)));
    assert!(try_lock(&primitive).is_some());
    let guard = try_lock(&primitive);
    drop(Task::new(lock(&primitive)));
    assert_eq!(primitive.waiters(), 0);
    drop(guard);
}

#[test]
fn cancelled_grant_passes_to_next_waiter() {
    let primitive = Primitive::new(());
    let guard = try_lock(&primitive);
    let granted = Task::waiting(lock(&primitive));
    let next = Task::waiting(lock(&primitive));
    drop(guard);
    assert_eq!(granted.wakeups(), 1);
    drop(granted);
    assert!(try_lock(&primitive).is_none());
    drop(next.woken());
    assert!(try_lock(&primitive).is_some());
}

#[test]
fn cancelled_grant_unlocks_if_queue_is_empty() {
    let primitive = Primitive::new(());
    let guard = try_lock(&primitive);
    let granted = Task::waiting(lock(&primitive));
    drop(guard);
    assert!(try_lock(&primitive).is_none());
    drop(granted);
    assert!(try_lock(&primitive).is_some());
}

#[test]
fn dropped_completed_future_keeps_lock() {
    let primitive = Primitive::new(());
    let mut task = Task::new(lock(&primitive));
    let Poll::Ready(guard) = task.poll() else {
        panic!("the lock is free");
    };
    drop(task);
    assert!(try_lock(&primitive).is_none());
    drop(guard);
    assert!(try_lock(&primitive).is_some());
}

#[test]
fn leaked_guard_keeps_lock() {
    let mut primitive = Primitive::new(5);
    std::mem::forget(try_lock(&primitive));
    assert!(try_lock(&primitive).is_none());
    drop(Task::waiting(lock(&primitive)));
    assert_eq!(*primitive.get_mut(), 5);
    assert_eq!(primitive.into_inner(), 5);
}

#[test]
fn cancelled_owned_future_drops_its_reference() {
    let primitive = Counted::new(Primitive::new(()));
    let guard = try_lock(&primitive);
    drop(Task::new(lock_owned(&primitive)));
    drop(Task::waiting(lock_owned(&primitive)));
    assert_eq!(Counted::strong_count(&primitive), 1);
    let granted = Task::waiting(lock_owned(&primitive));
    drop(guard);
    drop(granted);
    assert_eq!(Counted::strong_count(&primitive), 1);
    assert!(try_lock(&primitive).is_some());
}
