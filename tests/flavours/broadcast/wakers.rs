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

use super::{Counted, Primitive, complete_all, wait, wait_owned};
use crate::{
    assertions::assert_shows,
    hooked_waker::{Hooks, local, on_each_call, on_wake, poll_with, waiting_with},
    task::Task,
};

#[test]
fn latest_waker_is_woken() {
    let primitive = Primitive::default();
    let mut task = Task::waiting(wait(&primitive));
    let old = task.change_waker();
    task.assert_pending();
    complete_all(&primitive);
    assert_eq!(old.wakeups(), 0);
    task.woken();
}

#[test]
fn same_waker_is_cloned_once() {
    let primitive = Primitive::default();
    let clones = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&clones);
    let on_clone = local(move || {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let waker = Hooks { on_clone, ..Hooks::default() }.into_waker();
    let mut task = Task::new(wait(&primitive));
    for _ in 0..10 {
        assert!(poll_with(&mut task, &waker).is_pending());
    }
    assert_eq!(clones.load(Ordering::Relaxed), 1);
}

/// Creates a waker that uses the primitive when it is cloned, woken or dropped. Returns the waker
/// and the number of these calls.
fn reentrant_waker(primitive: &Counted<Primitive>) -> (Waker, Arc<AtomicUsize>) {
    let primitive = Counted::clone(primitive);
    on_each_call(move || {
        drop(Task::new(wait(&primitive)));
        let mut polled = Task::new(wait(&primitive));
        let _ = polled.poll();
        drop(polled);
        assert!(primitive.waiters() < 3);
        assert_shows(&*primitive, &["waiters: "]);
    })
}

#[test]
fn wakers_may_use_primitive() {
    let primitive = Counted::new(Primitive::default());
    let (waker, calls) = reentrant_waker(&primitive);
    let count = || calls.swap(0, Ordering::Relaxed);

    let mut completed = waiting_with(&waker, wait(&primitive));
    assert_eq!(count(), 1, "cloned by the first poll");

    drop(waiting_with(&waker, wait(&primitive)));
    assert_eq!(count(), 2, "cloned by the first poll, and dropped by the cancel");

    let (other, other_calls) = reentrant_waker(&primitive);
    assert!(poll_with(&mut completed, &other).is_pending());
    assert_eq!(count(), 1, "the old waker is dropped");
    assert_eq!(other_calls.load(Ordering::Relaxed), 1, "the new waker is cloned");

    complete_all(&primitive);
    assert_eq!(other_calls.load(Ordering::Relaxed), 2, "woken");
    assert!(poll_with(&mut completed, &other).is_ready());
    assert_eq!(primitive.waiters(), 0);
}

/// Creates a hook that completes all waits of the primitive.
fn broadcasts(primitive: &Counted<Primitive>) -> impl Fn() + use<> {
    let primitive = Counted::clone(primitive);
    move || complete_all(&primitive)
}

#[test]
fn broadcast_while_waker_is_cloned_completes_wait() {
    let primitive = Counted::new(Primitive::default());
    let on_clone = local(broadcasts(&primitive));
    let waker = Hooks { on_clone, ..Hooks::default() }.into_waker();
    let [mut unpolled, mut queued] = [(); 2].map(|()| Task::new(wait(&primitive)));
    assert!(queued.poll().is_pending());
    assert!(poll_with(&mut unpolled, &waker).is_ready());
    queued.woken();
}

#[test]
fn broadcast_while_new_waker_is_cloned_completes_wait() {
    let primitive = Counted::new(Primitive::default());
    let on_clone = local(broadcasts(&primitive));
    let waker = Hooks { on_clone, ..Hooks::default() }.into_waker();
    let mut queued = Task::waiting(wait(&primitive));
    assert!(poll_with(&mut queued, &waker).is_ready());
    assert_eq!(queued.wakeups(), 1, "the old waker was still in the queue");
}

#[test]
fn broadcast_while_old_waker_is_dropped_wakes_new_waker() {
    let primitive = Counted::new(Primitive::default());
    let on_drop = local(broadcasts(&primitive));
    let waker = Hooks { on_drop, ..Hooks::default() }.into_waker();
    let mut task = waiting_with(&waker, wait(&primitive));
    assert!(task.poll().is_pending());
    task.woken();
}

#[test]
fn broadcast_while_cancelled_waker_is_dropped_completes_other_waits() {
    let primitive = Counted::new(Primitive::default());
    let on_drop = local(broadcasts(&primitive));
    let waker = Hooks { on_drop, ..Hooks::default() }.into_waker();
    let cancelled = waiting_with(&waker, wait(&primitive));
    let other = Task::waiting(wait(&primitive));
    drop(cancelled);
    other.woken();
}

#[test]
fn waker_may_drop_its_own_wait() {
    let primitive = Counted::new(Primitive::default());
    let own = Rc::new(RefCell::new(None));
    let captured = Rc::clone(&own);
    let waker = on_wake(move || drop(captured.take()));
    *own.borrow_mut() = Some(waiting_with(&waker, wait_owned(&primitive)));
    let other = Task::waiting(wait(&primitive));
    complete_all(&primitive);
    assert!(own.take().is_none());
    other.woken();
}
