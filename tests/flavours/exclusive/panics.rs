//! Wakers that panic. A panicking waker loses no lock.

use super::{Primitive, lock, try_lock};
use crate::{
    assertions::panic_message,
    hooked_waker::{
        Hooks, panics_when_clone_is_dropped, panics_when_woken, poll_with, waiting_with,
    },
    task::Task,
};

#[test]
fn panicking_waker_is_granted_lock() {
    let primitive = Primitive::new(());
    let guard = try_lock(&primitive);
    let granted = waiting_with(&panics_when_woken("no"), lock(&primitive));
    let next = Task::waiting(lock(&primitive));
    assert_eq!(panic_message(|| drop(guard)), "no");
    assert!(try_lock(&primitive).is_none(), "the grant precedes the wakeup");
    drop(granted);
    drop(next.woken());
    assert!(try_lock(&primitive).is_some());
}

#[test]
fn panicking_waker_of_next_waiter_propagates_from_cancel() {
    let primitive = Primitive::new(());
    let guard = try_lock(&primitive);
    let granted = Task::waiting(lock(&primitive));
    let mut next = waiting_with(&panics_when_woken("no"), lock(&primitive));
    drop(guard);
    assert_eq!(panic_message(|| drop(granted)), "no");
    assert!(next.poll().is_ready());
    assert!(try_lock(&primitive).is_some());
}

#[cfg(feature = "std")]
#[test]
fn panicking_waker_during_unwind_does_not_abort() {
    let primitive = Primitive::new(5);
    let guard = try_lock(&primitive);
    let mut granted = waiting_with(&panics_when_woken("second"), lock(&primitive));
    let message = panic_message(|| {
        let _guard = guard;
        panic!("first");
    });
    assert_eq!(message, "first");
    assert!(granted.poll().is_ready());
}

#[test]
fn panicking_clone_leaves_future_unchanged() {
    let primitive = Primitive::new(());
    let guard = try_lock(&primitive);
    let waker = Hooks { on_clone: Box::new(|| panic!("no")), ..Hooks::default() }.into_waker();
    let mut unqueued = Task::new(lock(&primitive));
    assert_eq!(panic_message(|| poll_with(&mut unqueued, &waker)), "no");
    let mut queued = Task::waiting(lock(&primitive));
    assert_eq!(panic_message(|| poll_with(&mut queued, &waker)), "no");
    assert_eq!(primitive.waiters(), 1);
    drop(guard);
    drop(queued.woken());
    assert!(unqueued.poll().is_ready());
}

#[test]
fn panicking_drop_of_old_waker_keeps_future_queued() {
    let primitive = Primitive::new(());
    let guard = try_lock(&primitive);
    let waker = panics_when_clone_is_dropped("dropped");
    let mut task = waiting_with(&waker, lock(&primitive));
    assert_eq!(panic_message(|| task.poll()), "dropped");
    assert_eq!(primitive.waiters(), 1);
    drop(guard);
    drop(task.woken());
    assert!(try_lock(&primitive).is_some());
}

#[test]
fn panicking_drop_of_cancelled_waker_cancels_future() {
    let primitive = Primitive::new(());
    let guard = try_lock(&primitive);
    let waker = panics_when_clone_is_dropped("dropped");
    let cancelled = waiting_with(&waker, lock(&primitive));
    let next = Task::waiting(lock(&primitive));
    assert_eq!(panic_message(|| drop(cancelled)), "dropped");
    assert_eq!(primitive.waiters(), 1);
    drop(guard);
    drop(next.woken());
}

#[cfg(feature = "std")]
#[test]
fn cancel_during_unwind_survives_panicking_waker_drop() {
    let primitive = Primitive::new(());
    let guard = try_lock(&primitive);
    let waker = panics_when_clone_is_dropped("second");
    let cancelled = waiting_with(&waker, lock(&primitive));
    let message = panic_message(|| {
        let _cancelled = cancelled;
        panic!("first");
    });
    assert_eq!((&*message, primitive.waiters()), ("first", 0));
    drop(guard);
}
