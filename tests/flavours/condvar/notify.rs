//! Which waits a notification completes.

use std::{cell::RefCell, rc::Rc, task::Poll};

use super::{Condvar, Mutex, locked, waiting};
use crate::{
    assertions::leaked,
    hooked_waker::{on_wake, waiting_with},
    task::Task,
};

#[test]
fn notify_one_completes_waits_in_fifo_order() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let waits: Vec<_> = (0..100).map(|_| waiting(&condvar, &mutex)).collect();
    for (number, wait) in waits.into_iter().enumerate() {
        assert_eq!((condvar.waiters(), wait.wakeups()), (100 - number, 0));
        condvar.notify_one();
        drop(wait.woken());
    }
    assert_eq!(condvar.waiters(), 0);
}

#[test]
fn notify_one_without_waiter_has_no_effect() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    condvar.notify_one();
    let mut unpolled = Task::new(condvar.wait(locked(&mutex)));
    condvar.notify_one();
    assert!(unpolled.poll().is_pending());
    unpolled.assert_pending();
    condvar.notify_one();
    drop(unpolled.woken());
    waiting(&condvar, &mutex).assert_pending();
}

#[test]
fn notify_all_without_waiter_has_no_effect() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    condvar.notify_all();
    waiting(&condvar, &mutex).assert_pending();
}

#[test]
fn notify_all_wakes_all_waits_in_fifo_order() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let order = Rc::new(RefCell::new(Vec::new()));
    let wait_as = |number: usize| {
        let order = Rc::clone(&order);
        let waker = on_wake(move || order.borrow_mut().push(number));
        waiting_with(&waker, condvar.wait(locked(&mutex)))
    };
    let waits: Vec<_> = (0..100).map(wait_as).collect();
    assert_eq!(condvar.waiters(), 100);
    condvar.notify_all();
    assert_eq!(*order.borrow(), (0..100).collect::<Vec<_>>());
    assert_eq!(condvar.waiters(), 0);
    for mut wait in waits {
        assert!(wait.poll().is_ready());
    }
}

#[test]
fn notify_all_before_first_poll_keeps_mutex_locked() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let mut wait = Task::new(condvar.wait(locked(&mutex)));
    let mut lock = Task::waiting(mutex.lock());
    condvar.notify_all();
    let Poll::Ready(guard) = wait.poll() else {
        panic!("the wait is notified");
    };
    lock.assert_pending();
    assert_eq!((wait.wakeups(), condvar.waiters(), mutex.waiters()), (0, 0, 1));
    drop(wait);
    lock.assert_pending();
    drop(guard);
    drop(lock.woken());
}

#[test]
fn notify_all_completes_no_later_wait() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let before = waiting(&condvar, &mutex);
    condvar.notify_all();
    let mut after = waiting(&condvar, &mutex);
    drop(before.woken());
    after.assert_pending();
    condvar.notify_all();
    drop(after.woken());
}

#[test]
fn notify_one_after_notify_all_completes_later_wait() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let before = waiting(&condvar, &mutex);
    condvar.notify_all();
    let after = waiting(&condvar, &mutex);
    condvar.notify_one();
    drop(after.woken());
    drop(before.woken());
    waiting(&condvar, &mutex).assert_pending();
}

/// The documented case in which a wait completes without a notification of its own.
#[test]
fn notify_one_between_batches_of_notify_all_is_at_most_one_spurious_wakeup() {
    let (condvar, mutex) = (Rc::new(Condvar::new()), Mutex::new(5));
    let notifying = Rc::clone(&condvar);
    let waker = on_wake(move || notifying.notify_one());
    let first = waiting_with(&waker, condvar.wait(locked(&mutex)));
    let others: Vec<_> = (1..70).map(|_| waiting(&condvar, &mutex)).collect();
    condvar.notify_all();
    assert_eq!(condvar.waiters(), 0);
    drop(first);
    for wait in others {
        drop(wait.woken());
    }
    let mut spurious = Task::new(condvar.wait(locked(&mutex)));
    drop(spurious.poll());
    waiting(&condvar, &mutex).assert_pending();
}

/// The waker of the first wait starts two new waits and calls `notify_one`. The waker of the first
/// wait of the next batch calls it again. Both new waits must complete.
#[test]
fn two_notifications_during_notify_all_reach_two_new_waits() {
    let condvar: &'static Condvar = leaked(Condvar::new());
    let mutex: &'static Mutex<u32> = leaked(Mutex::new(5));
    let new = Rc::new(RefCell::new(Vec::new()));
    let captured = Rc::clone(&new);
    let first = on_wake(move || {
        captured.borrow_mut().extend([(); 2].map(|()| waiting(condvar, mutex)));
        condvar.notify_one();
    });
    let next = on_wake(|| condvar.notify_one());
    let mut old = vec![waiting_with(&first, condvar.wait(locked(mutex)))];
    old.extend((1..32).map(|_| waiting(condvar, mutex)));
    old.push(waiting_with(&next, condvar.wait(locked(mutex))));
    old.extend((33..100).map(|_| waiting(condvar, mutex)));
    condvar.notify_all();
    for mut wait in old {
        assert!(wait.poll().is_ready());
    }
    for wait in new.take() {
        drop(wait.woken());
    }
    waiting(condvar, mutex).assert_pending();
}

/// No task waits any more when the notification takes effect.
#[test]
fn notification_during_notify_all_is_not_stored() {
    let condvar: &'static Condvar = leaked(Condvar::new());
    let mutex: &'static Mutex<u32> = leaked(Mutex::new(5));
    let first = on_wake(|| condvar.notify_one());
    let mut old = vec![waiting_with(&first, condvar.wait(locked(mutex)))];
    old.extend((1..100).map(|_| waiting(condvar, mutex)));
    condvar.notify_all();
    for mut wait in old {
        assert!(wait.poll().is_ready());
    }
    waiting(condvar, mutex).assert_pending();
}
