//! Waits that are dropped in each of their states.

use super::{Condvar, Mutex, Wait, locked, locks_again, waiting};
use crate::task::Task;

#[test]
fn cancelled_wait_leaves_queue_at_any_position() {
    for cancelled in 0..3 {
        let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
        let mut waits: Vec<_> = (0..3).map(|_| waiting(&condvar, &mutex)).collect();
        drop(waits.remove(cancelled));
        assert_eq!((condvar.waiters(), mutex.is_locked()), (2, false));
        waits.iter_mut().for_each(Task::assert_pending);
        for wait in waits {
            condvar.notify_one();
            drop(wait.woken());
        }
        assert_eq!(condvar.waiters(), 0);
    }
}

#[test]
fn cancelled_wait_does_not_unlock_mutex_of_other_task() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let wait = waiting(&condvar, &mutex);
    let guard = locked(&mutex);
    drop(wait);
    assert!(mutex.is_locked());
    drop(guard);
}

#[test]
fn dropped_unpolled_wait_unlocks_mutex() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let wait = condvar.wait(locked(&mutex));
    let lock = Task::waiting(mutex.lock());
    drop(wait);
    assert_eq!(condvar.waiters(), 0);
    drop(lock.woken());
    drop(condvar.wait_while(locked(&mutex), |_| true));
    assert!(!mutex.is_locked());
}

#[test]
fn dropped_wait_that_is_notified_before_first_poll_unlocks_mutex() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let wait = condvar.wait(locked(&mutex));
    condvar.notify_all();
    drop(wait);
    assert!(!mutex.is_locked());
    waiting(&condvar, &mutex).assert_pending();
}

/// What a wait does between its notification and its cancellation.
type BeforeCancel = fn(&Mutex<u32>, &mut Task<Wait<'_>>);

const BEFORE_CANCEL: [BeforeCancel; 3] = [
    |_, _| (),
    |mutex, wait| {
        let _guard = locked(mutex);
        locks_again(wait);
        assert_eq!(mutex.waiters(), 1);
    },
    |mutex, wait| {
        let guard = locked(mutex);
        locks_again(wait);
        drop(guard);
        assert_eq!((wait.wakeups(), mutex.is_locked()), (2, true));
    },
];

#[test]
fn cancelled_notification_passes_to_next_waiter() {
    for before_cancel in BEFORE_CANCEL {
        let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
        let mut cancelled = waiting(&condvar, &mutex);
        let next = waiting(&condvar, &mutex);
        let mut last = waiting(&condvar, &mutex);
        condvar.notify_one();
        before_cancel(&mutex, &mut cancelled);
        assert_eq!(next.wakeups(), 0);
        drop(cancelled);
        assert_eq!((condvar.waiters(), mutex.is_locked()), (1, false));
        drop(next.woken());
        last.assert_pending();
    }
}

#[test]
fn notification_passes_on_while_cancelled_wait_is_queued_for_mutex() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let mut cancelled = waiting(&condvar, &mutex);
    let mut next = waiting(&condvar, &mutex);
    let guard = locked(&mutex);
    condvar.notify_one();
    locks_again(&mut cancelled);
    drop(cancelled);
    assert_eq!((condvar.waiters(), mutex.waiters()), (0, 0));
    locks_again(&mut next);
    drop(guard);
    assert_eq!(next.wakeups(), 2);
    assert!(next.poll().is_ready());
}

#[test]
fn cancelled_notification_passes_through_several_waits() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let waits: Vec<_> = (0..50).map(|_| waiting(&condvar, &mutex)).collect();
    condvar.notify_one();
    for wait in waits {
        assert_eq!(wait.wakeups(), 1);
        drop(wait);
    }
    waiting(&condvar, &mutex).assert_pending();
}

#[test]
fn cancelled_notification_is_not_stored() {
    for before_cancel in BEFORE_CANCEL {
        let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
        let mut cancelled = waiting(&condvar, &mutex);
        condvar.notify_one();
        before_cancel(&mutex, &mut cancelled);
        drop(cancelled);
        waiting(&condvar, &mutex).assert_pending();
    }
}

#[test]
fn cancel_after_notify_all_passes_nothing_on() {
    for before_cancel in BEFORE_CANCEL {
        let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
        let mut cancelled = waiting(&condvar, &mutex);
        condvar.notify_all();
        let mut later = waiting(&condvar, &mutex);
        before_cancel(&mutex, &mut cancelled);
        drop(cancelled);
        later.assert_pending();
        assert_eq!((condvar.waiters(), mutex.is_locked()), (1, false));
    }
}

#[test]
fn completed_wait_passes_nothing_on() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let mut complete = waiting(&condvar, &mutex);
    let mut next = waiting(&condvar, &mutex);
    condvar.notify_one();
    let output = complete.poll();
    assert!(output.is_ready());
    drop(complete);
    assert!(mutex.is_locked(), "the guard is returned");
    drop(output);
    next.assert_pending();
}

#[test]
fn cancel_while_queued_for_mutex_lets_next_lock_proceed() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let mut cancelled = waiting(&condvar, &mutex);
    let guard = locked(&mutex);
    condvar.notify_one();
    locks_again(&mut cancelled);
    let lock = Task::waiting(mutex.lock());
    assert_eq!(mutex.waiters(), 2);
    drop(cancelled);
    assert_eq!(mutex.waiters(), 1);
    drop(guard);
    drop(lock.woken());
}

#[test]
fn cancel_after_grant_of_mutex_grants_it_to_next_lock() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let mut cancelled = waiting(&condvar, &mutex);
    let guard = locked(&mutex);
    condvar.notify_one();
    locks_again(&mut cancelled);
    let lock = Task::waiting(mutex.lock());
    drop(guard);
    assert_eq!(lock.wakeups(), 0);
    drop(cancelled);
    drop(lock.woken());
}
