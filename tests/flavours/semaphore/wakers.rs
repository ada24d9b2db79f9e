//! Which waker is woken, and what a waker may do when it is called.

use std::{
    cell::RefCell,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Waker},
    thread,
};

use send_wrapper::SendWrapper;

use super::{Counted, Semaphore};
use crate::{
    hooked_waker::{Hooks, on_each_call},
    task::Task,
};

#[test]
fn latest_waker_is_woken() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let mut task = Task::waiting(semaphore.acquire());
    let old = task.change_waker();
    task.assert_pending();
    drop(permit);
    assert_eq!(old.wakeups(), 0);
    drop(task.woken());
}

#[test]
fn same_waker_is_cloned_once() {
    let semaphore = Semaphore::new(0);
    let clones = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&clones);
    let on_clone = Box::new(move || {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let waker = Hooks { on_clone, ..Hooks::default() }.into_waker();
    let mut acquire = Box::pin(semaphore.acquire());
    for _ in 0..10 {
        assert!(acquire.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    assert_eq!(clones.load(Ordering::Relaxed), 1);
}

#[test]
fn waker_is_dropped_by_grant_and_cancel() {
    let semaphore = Semaphore::new(1);
    for cancel in [false, true] {
        let permit = semaphore.try_acquire().unwrap();
        let captured = Arc::new(());
        let held = Arc::clone(&captured);
        let on_clone = Box::new(move || drop(Arc::clone(&held)));
        let waker = Hooks { on_clone, ..Hooks::default() }.into_waker();
        let mut acquire = Box::pin(semaphore.acquire());
        assert!(acquire.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        drop(waker);
        assert_eq!(Arc::strong_count(&captured), 2, "the queue holds the clone");
        if cancel {
            drop(acquire);
        } else {
            drop(permit);
        }
        assert_eq!(Arc::strong_count(&captured), 1);
    }
}

/// The front of the second batch is cancelled while the first batch is woken.
#[test]
fn waker_may_cancel_front_of_next_batch() {
    let semaphore = Counted::new(Semaphore::new(0));
    let cancelled = Rc::new(RefCell::new(None));
    let cancels = SendWrapper::new(Rc::clone(&cancelled));
    let on_wake = Box::new(move || drop(cancels.borrow_mut().take()));
    let waker = Hooks { on_wake, ..Hooks::default() }.into_waker();
    let mut first = Task::new(semaphore.acquire());
    assert!(first.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let batch: Vec<_> = (1..32).map(|_| Task::waiting(semaphore.acquire())).collect();
    *cancelled.borrow_mut() = Some(Task::waiting(Counted::clone(&semaphore).acquire_owned()));
    let mut last = Task::waiting(semaphore.acquire_many(3));
    semaphore.add_permits(34);
    assert_eq!((semaphore.in_use(), semaphore.waiters()), (32, 1));
    last.assert_pending();
    semaphore.add_permits(1);
    drop(last.woken());
    batch.into_iter().for_each(|task| drop(task.woken()));
    drop(first);
    assert_eq!(semaphore.available_permits(), 35);
}

#[test]
fn other_thread_may_wake_waker_at_any_time() {
    let semaphore = Semaphore::new(1);
    let first = Task::new(semaphore.acquire());
    let waker = first.waker();
    thread::scope(|scope| {
        scope.spawn(move || (0..1_000).for_each(|_| waker.wake_by_ref()));
        for round in 0..1_000 {
            let permit = semaphore.try_acquire();
            let mut acquire = Box::pin(semaphore.acquire());
            assert!(acquire.as_mut().poll(&mut Context::from_waker(&first.waker())).is_pending());
            if round % 2 == 0 {
                drop(acquire);
            }
            drop(permit);
        }
    });
    assert_eq!(first.wakeups(), 1_000 + 500, "1,000 by the other thread, and 500 by grants");
    assert_eq!((semaphore.available_permits(), semaphore.waiters()), (1, 0));
}

/// Creates a waker that uses the semaphore when it is cloned, woken or dropped. Returns the waker
/// and the number of these calls.
fn reentrant_waker(semaphore: &Counted<Semaphore>) -> (Waker, Arc<AtomicUsize>) {
    let semaphore = Counted::clone(semaphore);
    on_each_call(move || {
        drop(semaphore.try_acquire());
        drop(Task::new(semaphore.acquire()));
        let mut acquire = Task::new(semaphore.acquire());
        let _ = acquire.poll();
        drop(acquire);
        semaphore.add_permits(0);
        let _ = format!("{:?}", *semaphore);
    })
}

#[test]
fn wakers_may_use_semaphore() {
    let semaphore = Counted::new(Semaphore::new(1));
    let permit = semaphore.try_acquire().unwrap();
    let (waker, calls) = reentrant_waker(&semaphore);
    let count = || calls.swap(0, Ordering::Relaxed);

    let mut granted = Box::pin(semaphore.acquire());
    assert!(granted.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(count(), 1, "cloned by the enqueue");

    let mut cancelled = Box::pin(semaphore.acquire());
    assert!(cancelled.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(cancelled);
    assert_eq!(count(), 2, "cloned by the enqueue, and dropped by the cancel");

    let (other, other_calls) = reentrant_waker(&semaphore);
    assert!(granted.as_mut().poll(&mut Context::from_waker(&other)).is_pending());
    assert_eq!(count(), 1, "the old waker is dropped");
    assert_eq!(other_calls.load(Ordering::Relaxed), 1, "the new waker is cloned");

    drop(permit);
    assert_eq!(other_calls.load(Ordering::Relaxed), 2, "woken");
    assert!(granted.as_mut().poll(&mut Context::from_waker(&other)).is_ready());
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn waker_may_grant_next_waiter() {
    let semaphore = Counted::new(Semaphore::new(0));
    let adds = SendWrapper::new(Counted::clone(&semaphore));
    let on_wake = Box::new(move || adds.add_permits(1));
    let waker = Hooks { on_wake, ..Hooks::default() }.into_waker();
    let mut first = Box::pin(semaphore.acquire());
    assert!(first.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let second = Task::waiting(semaphore.acquire());
    semaphore.add_permits(1);
    drop(second.woken());
    assert!(first.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
    assert_eq!((semaphore.max_permits(), semaphore.available_permits()), (2, 2));
}
