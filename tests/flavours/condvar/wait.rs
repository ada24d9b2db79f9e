//! When a wait unlocks the mutex, and when it locks the mutex again.

use std::{
    cell::Cell,
    pin::pin,
    task::{Context, Poll, Waker},
};

use super::{Condvar, Counted, Mutex, locked, locks_again, waiting};
use crate::{
    assertions::{assert_does_not_allocate, assert_shows, panic_message},
    task::Task,
};

#[test]
fn first_poll_enqueues_and_unlocks_mutex() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let mut wait = Task::new(condvar.wait(locked(&mutex)));
    assert_eq!((condvar.waiters(), mutex.is_locked()), (0, true));
    assert!(wait.poll().is_pending());
    assert_eq!((condvar.waiters(), mutex.is_locked()), (1, false));
    wait.assert_pending();
    assert_eq!((condvar.waiters(), mutex.is_locked()), (1, false));
}

#[test]
fn first_poll_grants_mutex_to_queued_lock() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let mut wait = Task::new(condvar.wait(locked(&mutex)));
    let mut lock = Task::waiting(mutex.lock());
    lock.assert_pending();
    assert!(wait.poll().is_pending());
    drop(lock.woken());
}

#[test]
fn notified_wait_locks_mutex_when_polled() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let wait = waiting(&condvar, &mutex);
    *locked(&mutex) = 6;
    condvar.notify_one();
    assert_eq!((condvar.waiters(), mutex.is_locked()), (0, false));
    let guard = wait.woken();
    assert_eq!((*guard, mutex.is_locked()), (6, true));
    drop(guard);
    assert!(!mutex.is_locked());
}

#[test]
fn notified_waits_lock_mutex_in_fifo_order_behind_queued_locks() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let [mut first, mut second] = [(); 2].map(|()| waiting(&condvar, &mutex));
    let guard = locked(&mutex);
    let lock = Task::waiting(mutex.lock());
    condvar.notify_one();
    condvar.notify_one();
    locks_again(&mut first);
    locks_again(&mut second);
    assert_eq!((condvar.waiters(), mutex.waiters()), (0, 3));
    drop(guard);
    assert_eq!((first.wakeups(), second.wakeups()), (1, 1));
    drop(lock.woken());
    assert_eq!((first.wakeups(), second.wakeups()), (2, 1));
    assert!(second.poll().is_pending());
    assert!(first.poll().is_ready());
    assert_eq!(second.wakeups(), 2);
    assert!(second.poll().is_ready());
    assert_eq!((mutex.waiters(), mutex.is_locked()), (0, false));
}

#[test]
fn wait_while_does_not_wait_if_condition_is_false() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let mut wait = Task::new(condvar.wait_while(locked(&mutex), |data| *data != 5));
    let mut lock = Task::waiting(mutex.lock());
    let Poll::Ready(guard) = wait.poll() else {
        panic!("the condition is false");
    };
    lock.assert_pending();
    drop(guard);
    drop(lock.woken());
}

#[test]
fn wait_while_checks_condition_after_each_wakeup() {
    let (condvar, mutex, checks) = (Condvar::new(), Mutex::new(0), Cell::new(0));
    let condition = |data: &mut u32| {
        checks.set(checks.get() + 1);
        *data < 3
    };
    let mut wait = Task::waiting(condvar.wait_while(locked(&mutex), condition));
    for value in 1..3 {
        *locked(&mutex) = value;
        condvar.notify_one();
        assert!(wait.poll().is_pending());
        assert_eq!((condvar.waiters(), mutex.is_locked()), (1, false));
    }
    *locked(&mutex) = 3;
    assert!(wait.poll().is_pending(), "the wait is not notified");
    assert_eq!(checks.get(), 3);
    condvar.notify_all();
    assert_eq!(wait.wakeups(), 3);
    assert!(matches!(wait.poll(), Poll::Ready(guard) if *guard == 3));
    assert_eq!(checks.get(), 4);
}

#[test]
fn wait_while_may_change_data() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(2));
    let countdown = |data: &mut u32| {
        *data -= 1;
        *data > 0
    };
    let wait = Task::waiting(condvar.wait_while(locked(&mutex), countdown));
    condvar.notify_one();
    assert_eq!(*wait.woken(), 0);
}

#[test]
fn wait_returns_owned_guard() {
    let (condvar, mutex) = (Condvar::new(), Counted::new(Mutex::new(5)));
    let guard = Counted::clone(&mutex).try_lock_owned().unwrap();
    let wait = Task::waiting(condvar.wait(guard));
    assert_eq!((Counted::strong_count(&mutex), mutex.is_locked()), (2, false));
    condvar.notify_one();
    let guard = wait.woken();
    assert_eq!((Counted::strong_count(&mutex), mutex.is_locked()), (2, true));
    drop(Task::waiting(condvar.wait(guard)));
    assert_eq!((Counted::strong_count(&mutex), mutex.is_locked()), (1, false));
}

#[test]
fn owned_guard_keeps_mutex_alive() {
    let (condvar, mutex) = (Condvar::new(), Counted::new(Mutex::new(5)));
    let guard = Counted::clone(&mutex).try_lock_owned().unwrap();
    let wait = Task::waiting(condvar.wait_while(guard, |data| *data == 5));
    let weak = Counted::downgrade(&mutex);
    *mutex.try_lock().unwrap() = 6;
    drop(mutex);
    condvar.notify_all();
    assert_eq!(*wait.woken(), 6);
    assert!(weak.upgrade().is_none());
}

#[test]
fn guards_of_two_mutexes_share_condvar() {
    let (condvar, one, other) = (Condvar::new(), Mutex::new(1), Mutex::new(2));
    let first = waiting(&condvar, &one);
    let second = waiting(&condvar, &other);
    let third = waiting(&condvar, &one);
    assert_eq!(condvar.waiters(), 3);
    let held = locked(&one);
    condvar.notify_one();
    condvar.notify_one();
    assert_eq!(*second.woken(), 2);
    drop(held);
    assert_eq!(*first.woken(), 1);
    condvar.notify_one();
    assert_eq!(*third.woken(), 1);
}

#[test]
fn poll_after_completion_panics() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let mut unlocked = waiting(&condvar, &mutex);
    let mut queued = waiting(&condvar, &mutex);
    let guard = locked(&mutex);
    condvar.notify_all();
    locks_again(&mut queued);
    drop(guard);
    let mut unpolled = Task::new(condvar.wait(queued_guard(&mut queued)));
    condvar.notify_all();
    assert!(unpolled.poll().is_ready());
    assert!(unlocked.poll().is_ready());
    for task in [&mut unlocked, &mut queued, &mut unpolled] {
        assert_eq!(panic_message(|| task.poll()), "future polled after completion");
    }
    drop((unlocked, queued, unpolled));
    assert_eq!((condvar.waiters(), mutex.is_locked()), (0, false));
}

/// Returns the guard of a wait that was granted the mutex.
fn queued_guard<'a>(task: &mut Task<super::Wait<'a>>) -> super::MutexGuard<'a, u32> {
    let Poll::Ready(guard) = task.poll() else {
        panic!("the wait is granted the mutex");
    };
    guard
}

#[test]
fn waits_and_notifications_do_not_allocate() {
    assert_does_not_allocate(|| {
        let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
        let mut context = Context::from_waker(Waker::noop());
        let mut granted = pin!(condvar.wait(locked(&mutex)));
        assert!(granted.as_mut().poll(&mut context).is_pending());
        {
            let cancelled = pin!(condvar.wait(locked(&mutex)));
            assert!(cancelled.poll(&mut context).is_pending());
        }
        let guard = locked(&mutex);
        condvar.notify_one();
        assert!(granted.as_mut().poll(&mut context).is_pending());
        drop(guard);
        assert!(granted.poll(&mut context).is_ready());
        let mut waiting = pin!(condvar.wait_while(locked(&mutex), |data| *data == 5));
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        *locked(&mutex) = 6;
        condvar.notify_all();
        assert!(waiting.poll(&mut context).is_ready());
    });
}

#[test]
fn debug_shows_waiters() {
    let (condvar, mutex) = (Condvar::default(), Mutex::new(5));
    assert_eq!(format!("{condvar:?}"), "Condvar { waiters: 0 }");
    let wait = waiting(&condvar, &mutex);
    assert_shows(&condvar, &["waiters: 1"]);
    assert_shows(&wait.future, &["WaitOnCondvar"]);
    condvar.notify_one();
    assert_shows(&condvar, &["waiters: 0"]);
    drop(wait.woken());
}
