//! Wakers that panic. A panicking waker loses no notification and no unlock.

use super::{Condvar, Mutex, locked, locks_again, waiting};
use crate::{
    assertions::panic_message,
    hooked_waker::{
        Hooks, panics_when_clone_is_dropped, panics_when_woken, poll_with, waiting_with,
    },
    task::Task,
};

#[test]
fn panicking_waker_completes_its_wait() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let mut wait = waiting_with(&panics_when_woken("no"), condvar.wait(locked(&mutex)));
    let mut next = waiting(&condvar, &mutex);
    assert_eq!(panic_message(|| condvar.notify_one()), "no");
    next.assert_pending();
    assert!(wait.poll().is_ready());
}

#[test]
fn notify_all_wakes_other_waits_if_one_waker_panics() {
    for panicking in [0, 1, 31, 32, 50, 63, 64, 99] {
        let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
        let wait_as = |number| match number == panicking {
            true => waiting_with(&panics_when_woken("no"), condvar.wait(locked(&mutex))),
            false => waiting(&condvar, &mutex),
        };
        let waits: Vec<_> = (0..100).map(wait_as).collect();
        assert_eq!(panic_message(|| condvar.notify_all()), "no");
        assert_eq!(condvar.waiters(), 0);
        for (number, mut wait) in waits.into_iter().enumerate() {
            assert_eq!(wait.wakeups(), usize::from(number != panicking));
            assert!(wait.poll().is_ready(), "wait {number} is not complete");
        }
        waiting(&condvar, &mutex).assert_pending();
    }
}

/// The poll that unlocks the mutex wakes the next waiter of the mutex.
#[test]
fn panicking_waker_of_lock_propagates_from_first_poll_and_keeps_wait_queued() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let mut wait = Task::new(condvar.wait(locked(&mutex)));
    let mut lock = waiting_with(&panics_when_woken("no"), mutex.lock());
    assert_eq!(panic_message(|| wait.poll()), "no");
    assert_eq!((condvar.waiters(), mutex.waiters()), (1, 0));
    assert!(lock.poll().is_ready());
    assert!(!mutex.is_locked());
    wait.assert_pending();
    condvar.notify_one();
    drop(wait.woken());
}

#[test]
fn wait_is_cancelled_after_panic_of_first_poll() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let mut wait = Task::new(condvar.wait(locked(&mutex)));
    let lock = waiting_with(&panics_when_woken("no"), mutex.lock());
    assert_eq!(panic_message(|| wait.poll()), "no");
    drop(wait);
    assert_eq!((condvar.waiters(), mutex.is_locked()), (0, true));
    drop(lock);
    assert!(!mutex.is_locked());
}

#[test]
fn panicking_waker_of_lock_propagates_from_drop_of_unpolled_wait() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let wait = condvar.wait(locked(&mutex));
    let mut lock = waiting_with(&panics_when_woken("no"), mutex.lock());
    assert_eq!(panic_message(|| drop(wait)), "no");
    assert!(lock.poll().is_ready());
    assert!(!mutex.is_locked());
}

#[test]
fn panicking_clone_at_first_poll_keeps_mutex_locked() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let waker = Hooks { on_clone: Box::new(|| panic!("no")), ..Hooks::default() }.into_waker();
    let mut wait = Task::new(condvar.wait(locked(&mutex)));
    assert_eq!(panic_message(|| poll_with(&mut wait, &waker)), "no");
    assert_eq!((condvar.waiters(), mutex.is_locked()), (0, true));
    assert!(wait.poll().is_pending());
    assert_eq!((condvar.waiters(), mutex.is_locked()), (1, false));
    assert_eq!(panic_message(|| poll_with(&mut wait, &waker)), "no");
    condvar.notify_one();
    drop(wait.woken());
}

#[test]
fn panicking_clone_while_mutex_is_locked_keeps_notification() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let waker = Hooks { on_clone: Box::new(|| panic!("no")), ..Hooks::default() }.into_waker();
    let mut cancelled = waiting(&condvar, &mutex);
    let next = waiting(&condvar, &mutex);
    let guard = locked(&mutex);
    condvar.notify_one();
    assert_eq!(panic_message(|| poll_with(&mut cancelled, &waker)), "no");
    assert_eq!(mutex.waiters(), 0);
    locks_again(&mut cancelled);
    drop(guard);
    drop(cancelled);
    drop(next.woken());
}

#[test]
fn panicking_waker_of_next_waiter_propagates_from_cancel() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let mut cancelled = waiting(&condvar, &mutex);
    let mut next = waiting_with(&panics_when_woken("no"), condvar.wait(locked(&mutex)));
    let guard = locked(&mutex);
    condvar.notify_one();
    locks_again(&mut cancelled);
    assert_eq!(panic_message(|| drop(cancelled)), "no");
    assert_eq!((condvar.waiters(), mutex.waiters()), (0, 0));
    drop(guard);
    assert!(next.poll().is_ready());
}

#[test]
fn panicking_waker_of_next_waiter_unlocks_mutex_that_cancelled_wait_was_granted() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let mut cancelled = waiting(&condvar, &mutex);
    let mut next = waiting_with(&panics_when_woken("no"), condvar.wait(locked(&mutex)));
    let guard = locked(&mutex);
    condvar.notify_one();
    locks_again(&mut cancelled);
    drop(guard);
    assert_eq!(cancelled.wakeups(), 2);
    assert_eq!(panic_message(|| drop(cancelled)), "no");
    assert!(!mutex.is_locked());
    assert!(next.poll().is_ready());
}

#[test]
fn panicking_drop_of_old_waker_keeps_wait_queued() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let waker = panics_when_clone_is_dropped("dropped");
    let mut wait = waiting_with(&waker, condvar.wait(locked(&mutex)));
    assert_eq!(panic_message(|| wait.poll()), "dropped");
    assert_eq!((condvar.waiters(), mutex.is_locked()), (1, false));
    condvar.notify_one();
    drop(wait.woken());
}

#[test]
fn panicking_drop_of_cancelled_waker_cancels_wait() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let waker = panics_when_clone_is_dropped("dropped");
    let cancelled = waiting_with(&waker, condvar.wait(locked(&mutex)));
    let next = waiting(&condvar, &mutex);
    assert_eq!(panic_message(|| drop(cancelled)), "dropped");
    assert_eq!((condvar.waiters(), mutex.is_locked()), (1, false));
    condvar.notify_one();
    drop(next.woken());
}

#[test]
fn panicking_condition_unlocks_mutex() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let condition = |data: &mut u32| *data == 5 || panic!("no");
    let mut wait = Task::waiting(condvar.wait_while(locked(&mutex), condition));
    *locked(&mutex) = 6;
    condvar.notify_one();
    assert_eq!(panic_message(|| wait.poll()), "no");
    assert_eq!((condvar.waiters(), mutex.is_locked()), (0, false));
}
