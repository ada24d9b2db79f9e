//! Which waker is woken, and what a waker may do when it is called.

use std::{
    cell::RefCell,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Waker,
};

use super::{Counted, Primitive, lock, lock_owned, try_lock, try_lock_owned};
use crate::{
    hooked_waker::{Hooks, local, on_each_call, on_wake, poll_with, waiting_with},
    task::Task,
};

#[test]
fn latest_waker_is_woken() {
    let primitive = Primitive::new(());
    let guard = try_lock(&primitive);
    let mut task = Task::waiting(lock(&primitive));
    let old = task.change_waker();
    task.assert_pending();
    drop(guard);
    assert_eq!(old.wakeups(), 0);
    drop(task.woken());
}

/// Creates a waker that uses the lock when it is cloned, woken or dropped. Returns the waker and
/// the number of these calls.
fn reentrant_waker(primitive: &Counted<Primitive<u32>>) -> (Waker, Arc<AtomicUsize>) {
    let primitive = Counted::clone(primitive);
    on_each_call(move || {
        drop(try_lock(&primitive));
        drop(Task::new(lock(&primitive)));
        let mut task = Task::new(lock(&primitive));
        let _ = task.poll();
        drop(task);
        assert!(primitive.waiters() < 2);
        assert!(!format!("{:?}", *primitive).is_empty());
    })
}

#[test]
fn wakers_may_use_lock() {
    let primitive = Counted::new(Primitive::new(5));
    let guard = try_lock(&primitive);
    let (waker, calls) = reentrant_waker(&primitive);
    let count = || calls.swap(0, Ordering::Relaxed);

    let mut granted = waiting_with(&waker, lock(&primitive));
    assert_eq!(count(), 1, "cloned by the enqueue");

    let (other, other_calls) = reentrant_waker(&primitive);
    assert!(poll_with(&mut granted, &other).is_pending());
    assert_eq!(count(), 1, "the old waker is dropped");
    assert_eq!(other_calls.load(Ordering::Relaxed), 1, "the new waker is cloned");

    drop(guard);
    assert_eq!(other_calls.load(Ordering::Relaxed), 2, "woken");
    assert!(poll_with(&mut granted, &other).is_ready());

    let guard = try_lock(&primitive);
    drop(waiting_with(&waker, lock(&primitive)));
    assert_eq!(count(), 2, "cloned by the enqueue, and dropped by the cancel");
    drop(guard);
    assert!(try_lock(&primitive).is_some());
}

/// Creates a held lock, and a hook that unlocks it when it is first called.
fn unlocks() -> (Counted<Primitive<u32>>, impl Fn() + 'static) {
    let primitive = Counted::new(Primitive::new(5));
    let guard = RefCell::new(try_lock_owned(&primitive));
    (primitive, move || drop(guard.take()))
}

#[test]
fn unlock_while_waker_is_cloned_completes_lock() {
    let (primitive, unlock) = unlocks();
    let waker = Hooks { on_clone: local(unlock), ..Hooks::default() }.into_waker();
    let mut task = Task::new(lock(&primitive));
    assert!(poll_with(&mut task, &waker).is_ready());
    assert!(try_lock(&primitive).is_some());
}

#[test]
fn unlock_while_new_waker_is_cloned_completes_lock() {
    let (primitive, unlock) = unlocks();
    let waker = Hooks { on_clone: local(unlock), ..Hooks::default() }.into_waker();
    let mut task = Task::waiting(lock(&primitive));
    assert!(poll_with(&mut task, &waker).is_ready());
    assert_eq!(task.wakeups(), 1, "the old waker was still in the queue");
    assert!(try_lock(&primitive).is_some());
}

#[test]
fn unlock_while_old_waker_is_dropped_wakes_new_waker() {
    let (primitive, unlock) = unlocks();
    let waker = Hooks { on_drop: local(unlock), ..Hooks::default() }.into_waker();
    let mut task = waiting_with(&waker, lock(&primitive));
    assert!(task.poll().is_pending());
    drop(task.woken());
}

#[test]
fn unlock_while_cancelled_waker_is_dropped_grants_next_waiter() {
    let (primitive, unlock) = unlocks();
    let waker = Hooks { on_drop: local(unlock), ..Hooks::default() }.into_waker();
    let cancelled = waiting_with(&waker, lock(&primitive));
    let next = Task::waiting(lock(&primitive));
    drop(cancelled);
    drop(next.woken());
}

#[test]
fn waker_may_poll_its_own_future() {
    let primitive = Counted::new(Primitive::new(5));
    let guard = try_lock(&primitive);
    let own = Rc::new(RefCell::new(None::<Task<_>>));
    let captured = Rc::clone(&own);
    let waker = on_wake(move || {
        let output = captured.borrow_mut().as_mut().unwrap().poll();
        assert!(output.is_ready());
    });
    *own.borrow_mut() = Some(waiting_with(&waker, lock_owned(&primitive)));
    let next = Task::waiting(lock(&primitive));
    drop(guard);
    drop(next.woken());
    drop(own.take());
    assert!(try_lock(&primitive).is_some());
}

#[test]
fn waker_may_drop_its_own_future() {
    let primitive = Counted::new(Primitive::new(5));
    let guard = try_lock(&primitive);
    let own = Rc::new(RefCell::new(None));
    let captured = Rc::clone(&own);
    let waker = on_wake(move || drop(captured.take()));
    *own.borrow_mut() = Some(waiting_with(&waker, lock_owned(&primitive)));
    let next = Task::waiting(lock(&primitive));
    drop(guard);
    drop(next.woken());
    assert!(own.take().is_none());
}
