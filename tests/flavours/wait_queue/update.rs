//! Changes of the value, and the waiters that they complete.

use std::{cell::RefCell, rc::Rc};

use compio_sync::wait_queue::{Grant, Verdict};

use super::{CLOSED, Counted, SLOT, Script, Slots, WaitQueue, granted, ready, scripted};
use crate::{
    hooked_waker::{on_wake, waiting_with},
    task::Task,
};

#[test]
fn update_returns_previous_value_and_runs_once() {
    let queue = WaitQueue::<Slots>::new(3);
    let mut calls = 0;
    let mut double = |slots: isize| {
        calls += 1;
        slots * 2
    };
    assert_eq!((queue.update(&mut double), queue.value()), (3, 6));
    let wait = Task::waiting(queue.acquire(10));
    assert_eq!((queue.update(&mut double), queue.value()), (6, 2));
    assert_eq!(calls, 2);
    granted(wait.woken()).forget();
}

#[test]
fn update_accepts_closure_that_moves() {
    let queue = WaitQueue::<Slots>::new(0);
    let moved = Box::new(5);
    queue.update(move |slots| slots + *moved);
    assert_eq!(queue.value(), 5);
}

#[test]
fn update_without_change_grants_nothing() {
    let queue = WaitQueue::<Slots>::new(1);
    let mut wait = Task::waiting(queue.acquire(2));
    assert_eq!(queue.update(|slots| slots), 1);
    wait.assert_pending();
    assert_eq!((queue.value(), queue.waiters()), (1, 1));
}

/// Completes 0 to 100 waiters with one update: none, one, several, and more than one batch.
#[test]
fn update_grants_waiters_in_order() {
    for slots in [0, 1, 2, 31, 32, 33, 63, 64, 65, 99, 100] {
        let queue = WaitQueue::<Slots>::new(0);
        let order = Rc::new(RefCell::new(Vec::new()));
        let mut waits: Vec<_> = (0..100)
            .map(|number| {
                let order = Rc::clone(&order);
                let waker = on_wake(move || order.borrow_mut().push(number));
                waiting_with(&waker, queue.acquire(1))
            })
            .collect();
        queue.update(|_| slots);
        assert_eq!(*order.borrow(), (0..slots).collect::<Vec<_>>());
        assert_eq!((queue.value(), queue.waiters()), (0, 100 - slots as usize));
        for mut wait in waits.drain(..slots as usize) {
            granted(ready(&mut wait)).forget();
        }
        assert!(waits.iter_mut().all(|wait| wait.poll().is_pending()));
    }
}

#[test]
fn update_refuses_waiters_in_order() {
    let queue = WaitQueue::<Slots>::new(0);
    let order = Rc::new(RefCell::new(Vec::new()));
    let waits: Vec<_> = (0..100)
        .map(|number| {
            let order = Rc::clone(&order);
            let waker = on_wake(move || order.borrow_mut().push(number));
            waiting_with(&waker, queue.acquire(1))
        })
        .collect();
    queue.update(|_| CLOSED);
    assert_eq!(*order.borrow(), (0..100).collect::<Vec<_>>());
    assert!(waits.into_iter().all(|mut wait| ready(&mut wait).granted().is_none()));
}

/// One update grants and refuses, each waiter by its own request.
#[test]
fn update_completes_each_waiter_as_policy_decides() {
    const REFUSED_LATER: Script =
        Script { decide: |value| if value > 0 { Verdict::Refuse } else { Verdict::Wait }, ..SLOT };
    let queue = scripted(0);
    let requests = [SLOT, REFUSED_LATER, SLOT, REFUSED_LATER, SLOT];
    let waits = requests.map(|request| Task::waiting(queue.acquire(request)));
    queue.update(|_| 3);
    let is_granted = waits.map(|wait| wait.woken().granted().map(Grant::forget).is_some());
    assert_eq!(is_granted, [true, false, true, false, true]);
    assert_eq!((queue.value(), queue.waiters()), (0, 0));
}

/// The wakers run after the queue is unlocked, so they may use it.
#[test]
fn waker_may_use_queue() {
    let queue = Counted::new(WaitQueue::<Slots>::new(0));
    let captured = Counted::clone(&queue);
    let waker = on_wake(move || {
        drop(Task::waiting(captured.acquire(1)));
        assert!(captured.try_acquire(100).is_none());
        captured.release(1);
        captured.update(|slots| slots + 1);
    });
    let waits: Vec<_> = (0..40).map(|_| waiting_with(&waker, queue.acquire(1))).collect();
    queue.update(|_| 1);
    for mut wait in waits {
        granted(ready(&mut wait)).forget();
    }
    assert_eq!((queue.value(), queue.waiters()), (1 + 2 * 40 - 40, 0));
}
