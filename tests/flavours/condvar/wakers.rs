//! Which waker is woken, and what a waker may do when it is called.

use std::{
    cell::RefCell,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Poll, Waker},
};

use super::{Condvar, Counted, Mutex, locked, locks_again, waiting};
use crate::{
    assertions::leaked,
    hooked_waker::{Hooks, local, on_each_call, on_wake, poll_with, waiting_with},
    task::Task,
};

/// A condition variable and its mutex, which a waker can own.
type Pair = Counted<(Condvar, Counted<Mutex<u32>>)>;

fn pair() -> Pair {
    Counted::new((Condvar::new(), Counted::new(Mutex::new(5))))
}

#[test]
fn latest_waker_is_woken() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let mut wait = waiting(&condvar, &mutex);
    let old = wait.change_waker();
    wait.assert_pending();
    let guard = locked(&mutex);
    condvar.notify_one();
    assert_eq!(old.wakeups(), 0);
    locks_again(&mut wait);
    let old = wait.change_waker();
    assert!(wait.poll().is_pending());
    drop(guard);
    assert_eq!(old.wakeups(), 1, "woken by the notification only");
    drop(wait.woken());
}

/// Creates a waker that uses the condition variable and the mutex when it is cloned, woken or
/// dropped. Returns the waker and the number of these calls.
fn reentrant_waker(pair: &Pair) -> (Waker, Arc<AtomicUsize>) {
    let pair = Counted::clone(pair);
    on_each_call(move || {
        let (condvar, mutex) = &*pair;
        if let Some(guard) = mutex.try_lock() {
            let mut wait = Task::new(condvar.wait(guard));
            assert!(wait.poll().is_pending());
        }
        let mut lock = Task::new(mutex.lock());
        let _ = lock.poll();
        drop(lock);
        assert!(condvar.waiters() < 3);
        assert!(!format!("{condvar:?} {mutex:?}").is_empty());
    })
}

#[test]
fn wakers_may_use_condvar_and_mutex() {
    let pair = pair();
    let (condvar, mutex) = &*pair;
    let (waker, calls) = reentrant_waker(&pair);
    let count = || calls.swap(0, Ordering::Relaxed);

    let mut wait = waiting_with(&waker, condvar.wait(locked(mutex)));
    assert_eq!(count(), 1, "cloned by the first poll");
    drop(waiting_with(&waker, condvar.wait(locked(mutex))));
    assert_eq!(count(), 2, "cloned by the first poll, and dropped by the cancel");
    condvar.notify_one();
    assert_eq!(count(), 1, "woken by the notification");

    let guard = locked(mutex);
    assert!(poll_with(&mut wait, &waker).is_pending());
    assert_eq!(count(), 1, "cloned by the lock");
    drop(guard);
    assert_eq!(count(), 1, "woken by the unlock");
    assert!(poll_with(&mut wait, &waker).is_ready());
    assert_eq!((condvar.waiters(), mutex.is_locked()), (0, false));
}

#[test]
fn waker_of_lock_may_notify_wait_that_unlocks() {
    for notify in [Condvar::notify_one, Condvar::notify_all] {
        let pair = pair();
        let (condvar, mutex) = &*pair;
        let mut wait = Task::new(condvar.wait(locked(mutex)));
        let captured = Counted::clone(&pair);
        let waker = on_wake(move || {
            assert_eq!(captured.0.waiters(), 1, "the wait enqueues before it unlocks");
            notify(&captured.0);
        });
        let mut lock = waiting_with(&waker, mutex.lock());
        assert!(wait.poll().is_pending());
        let Poll::Ready(guard) = lock.poll() else {
            panic!("the lock is granted");
        };
        locks_again(&mut wait);
        drop(guard);
        assert_eq!(wait.wakeups(), 2);
        assert!(wait.poll().is_ready());
    }
}

#[test]
fn notification_while_waker_is_cloned_precedes_unlock() {
    let pair = pair();
    let (condvar, mutex) = &*pair;
    let captured = Counted::clone(&pair);
    let on_clone = local(move || captured.0.notify_all());
    let waker = Hooks { on_clone, ..Hooks::default() }.into_waker();
    let mut wait = Task::new(condvar.wait(locked(mutex)));
    let mut lock = Task::waiting(mutex.lock());
    let Poll::Ready(guard) = poll_with(&mut wait, &waker) else {
        panic!("the wait is notified before it is enqueued");
    };
    lock.assert_pending();
    drop(guard);
    drop(lock.woken());
}

#[test]
fn notify_one_while_waker_is_cloned_is_not_received() {
    let pair = pair();
    let (condvar, mutex) = &*pair;
    let captured = Counted::clone(&pair);
    let on_clone = local(move || captured.0.notify_one());
    let waker = Hooks { on_clone, ..Hooks::default() }.into_waker();
    let mut wait = waiting_with(&waker, condvar.wait(locked(mutex)));
    assert!(poll_with(&mut wait, &waker).is_pending(), "the same waker is not cloned again");
    assert_eq!(condvar.waiters(), 1);
}

#[test]
fn notification_while_cancelled_waker_is_dropped_completes_next_wait() {
    let pair = pair();
    let (condvar, mutex) = &*pair;
    let captured = Counted::clone(&pair);
    let on_drop = local(move || captured.0.notify_one());
    let waker = Hooks { on_drop, ..Hooks::default() }.into_waker();
    let cancelled = waiting_with(&waker, condvar.wait(locked(mutex)));
    let next = waiting(condvar, mutex);
    drop(cancelled);
    drop(next.woken());
}

#[test]
fn waker_may_drop_its_own_wait() {
    for notify in [Condvar::notify_one, Condvar::notify_all] {
        let condvar: &'static Condvar = leaked(Condvar::new());
        let mutex = Counted::new(Mutex::new(5));
        let own = Rc::new(RefCell::new(None));
        let captured = Rc::clone(&own);
        let waker = on_wake(move || drop(captured.take()));
        let guard = Counted::clone(&mutex).try_lock_owned().unwrap();
        *own.borrow_mut() = Some(waiting_with(&waker, condvar.wait(guard)));
        let next = waiting(condvar, &mutex);
        notify(condvar);
        assert!(own.take().is_none());
        drop(next.woken());
        assert_eq!((Counted::strong_count(&mutex), mutex.is_locked()), (1, false));
    }
}

#[test]
fn waker_may_poll_its_own_wait() {
    let condvar: &'static Condvar = leaked(Condvar::new());
    let mutex = Counted::new(Mutex::new(5));
    let own = Rc::new(RefCell::new(None::<Task<_>>));
    let captured = Rc::clone(&own);
    let waker = on_wake(move || {
        let output = captured.borrow_mut().as_mut().unwrap().poll();
        assert!(output.is_ready());
    });
    let guard = Counted::clone(&mutex).try_lock_owned().unwrap();
    *own.borrow_mut() = Some(waiting_with(&waker, condvar.wait(guard)));
    condvar.notify_one();
    drop(own.take());
    assert!(!mutex.is_locked());
}
