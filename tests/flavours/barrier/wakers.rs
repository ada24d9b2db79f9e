//! What a waker may do when it is called.

use std::{
    cell::RefCell,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Poll, Waker},
};

use super::{Barrier, BarrierWait, Counted, arrive_last, arrived, assert_follows};
use crate::{
    assertions::leaked,
    hooked_waker::{Hooks, local, on_each_call, on_wake, poll_with, waiting_with},
    task::Task,
};

/// Creates a waker that arrives at the barrier, and cancels the arrival, when it is cloned, woken
/// or dropped. Returns the waker and the number of these calls.
fn reentrant_waker(barrier: &Counted<Barrier>) -> (Waker, Arc<AtomicUsize>) {
    let barrier = Counted::clone(barrier);
    on_each_call(move || {
        drop(Task::new(barrier.wait()));
        let waiters = barrier.waiters();
        drop(Task::waiting(barrier.wait()));
        assert_eq!(barrier.waiters(), waiters);
        assert!(!format!("{barrier:?}").is_empty());
    })
}

#[test]
fn wakers_may_use_barrier() {
    let barrier = Counted::new(Barrier::new(4));
    let (waker, calls) = reentrant_waker(&barrier);
    let count = || calls.swap(0, Ordering::Relaxed);

    let mut first = waiting_with(&waker, barrier.wait());
    assert_eq!(count(), 1, "cloned by the first poll");
    drop(waiting_with(&waker, barrier.wait()));
    assert_eq!(count(), 2, "cloned by the first poll, and dropped by the cancel");
    let others = arrived(&barrier, 1);
    let mut third = waiting_with(&Waker::noop().clone(), barrier.wait());

    let mut leader = Task::new(barrier.wait());
    let leading = Hooks { on_drop: local(cancels(&barrier)), ..Hooks::default() }.into_waker();
    let result = poll_with(&mut leader, &leading);
    assert!(matches!(result, Poll::Ready(result) if result.is_leader()));
    assert_eq!(count(), 1, "woken");
    assert!(poll_with(&mut first, &waker).is_ready());
    assert!(third.poll().is_ready());
    others.into_iter().for_each(assert_follows);
}

/// Creates a hook that arrives at the barrier, and cancels the arrival.
fn cancels(barrier: &Counted<Barrier>) -> impl Fn() + use<> {
    let barrier = Counted::clone(barrier);
    move || drop(Task::waiting(barrier.wait()))
}

/// Creates a hook that runs once, on this thread only.
fn first_call(hook: impl Fn() + 'static) -> Box<dyn Fn() + Send + Sync> {
    let hook = RefCell::new(Some(hook));
    local(move || {
        if let Some(hook) = hook.take() {
            hook();
        }
    })
}

#[test]
fn arrival_while_waker_is_cloned_precedes_own_arrival() {
    let barrier = Counted::new(Barrier::new(2));
    let captured = Counted::clone(&barrier);
    let on_clone = local(move || arrive_last(&captured));
    let waker = Hooks { on_clone, ..Hooks::default() }.into_waker();
    let first = Task::waiting(barrier.wait());
    let mut second = waiting_with(&waker, barrier.wait());
    assert_follows(first);
    assert_eq!(barrier.waiters(), 1);
    assert!(poll_with(&mut second, &waker).is_pending());
    arrive_last(&barrier);
    assert!(second.poll().is_ready());
}

#[test]
fn completion_while_new_waker_is_cloned_completes_wait() {
    let barrier = Counted::new(Barrier::new(2));
    let captured = Counted::clone(&barrier);
    let on_clone = local(move || arrive_last(&captured));
    let waker = Hooks { on_clone, ..Hooks::default() }.into_waker();
    let mut wait = Task::waiting(barrier.wait());
    assert!(matches!(poll_with(&mut wait, &waker), Poll::Ready(result) if !result.is_leader()));
    assert_eq!(wait.wakeups(), 1, "the old waker was still in the queue");
}

#[test]
fn completion_while_old_waker_is_dropped_wakes_new_waker() {
    let barrier = Counted::new(Barrier::new(2));
    let captured = Counted::clone(&barrier);
    let on_drop = first_call(move || arrive_last(&captured));
    let waker = Hooks { on_drop, ..Hooks::default() }.into_waker();
    let mut wait = waiting_with(&waker, barrier.wait());
    assert!(wait.poll().is_pending());
    assert_follows(wait);
}

#[test]
fn completion_while_cancelled_waker_is_dropped_skips_cancelled_wait() {
    let barrier = Counted::new(Barrier::new(3));
    let captured = Counted::clone(&barrier);
    let on_drop = first_call(move || {
        let first = Task::waiting(captured.wait());
        arrive_last(&captured);
        assert_follows(first);
    });
    let waker = Hooks { on_drop, ..Hooks::default() }.into_waker();
    let cancelled = waiting_with(&waker, barrier.wait());
    let other = Task::waiting(barrier.wait());
    // The cancelled arrival leaves before its waker is dropped, so two more tasks are missing.
    drop(cancelled);
    assert_follows(other);
}

#[test]
fn waker_may_poll_or_drop_its_own_wait() {
    for polls in [false, true] {
        let barrier: &'static Barrier = leaked(Barrier::new(3));
        let own = Rc::new(RefCell::new(None::<Task<BarrierWait<'static>>>));
        let captured = Rc::clone(&own);
        let waker = on_wake(move || {
            let mut own = captured.take().unwrap();
            assert!(!polls || own.poll().is_ready());
        });
        *own.borrow_mut() = Some(waiting_with(&waker, barrier.wait()));
        let other = Task::waiting(barrier.wait());
        arrive_last(barrier);
        assert!(own.take().is_none());
        assert_follows(other);
    }
}
