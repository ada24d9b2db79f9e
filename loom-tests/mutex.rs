//! Races of a mutex. Its data is in a cell that only one thread may access at a time.

use std::task::Poll;

use compio_sync::{Lock, Mutex, MutexGuard};
use loom::{future::block_on, model, thread};

use crate::{note::Note, task::Task};

type Counter = Mutex<Note>;

fn counter() -> &'static Counter {
    Box::leak(Box::new(Mutex::new(Note::new())))
}

fn increment(guard: MutexGuard<'_, Note>) {
    guard.write();
}

fn queued(counter: &'static Counter) -> Task<Lock<'static, Note>> {
    Task::waiting(counter.lock())
}

/// Asserts the state after all threads are done.
fn assert_at_rest(counter: &Counter, expected: usize) {
    counter.assert_valid();
    assert_eq!(counter.waiters(), 0);
    let guard = counter.try_lock().expect("the mutex is unlocked");
    assert_eq!(guard.read(), expected);
}

/// The next holder must see what the previous one wrote, and no wakeup may be lost.
#[test]
fn lock_races_unlock() {
    model(|| {
        let counter = counter();
        let guard = counter.try_lock().unwrap();
        let waiter = thread::spawn(|| increment(block_on(counter.lock())));
        increment(guard);
        waiter.join().unwrap();
        assert_at_rest(counter, 2);
    });
}

/// The lock must pass from a cancelled waiter to the next one.
#[test]
fn cancel_races_unlock() {
    model(|| {
        let counter = counter();
        let guard = counter.try_lock().unwrap();
        let cancelled = queued(counter);
        let next = queued(counter);
        let canceller = thread::spawn(|| drop(cancelled));
        increment(guard);
        canceller.join().unwrap();
        increment(next.woken());
        assert_at_rest(counter, 2);
    });
}

/// A caller that does not wait either locks the mutex after the holder, or fails.
#[test]
fn try_lock_races_unlock() {
    model(|| {
        let counter = counter();
        let guard = counter.try_lock().unwrap();
        let trying = thread::spawn(|| counter.try_lock().map(increment).is_some());
        increment(guard);
        let locked = trying.join().unwrap();
        assert_at_rest(counter, 1 + usize::from(locked));
    });
}

/// All waiters leave while the guard is dropped. The mutex must be unlocked at the end.
#[test]
fn guard_dropped_while_queue_is_cancelled() {
    model(|| {
        let counter = counter();
        let guard = counter.try_lock().unwrap();
        let [front, back] = [(); 2].map(|()| queued(counter));
        let canceller = thread::spawn(|| {
            drop(front);
            drop(back);
        });
        increment(guard);
        canceller.join().unwrap();
        assert_at_rest(counter, 1);
    });
}

/// A waiter that is polled with a new waker while it is granted the lock must not miss it.
#[test]
fn repoll_of_lock_races_unlock() {
    model(|| {
        let counter = counter();
        let guard = counter.try_lock().unwrap();
        let mut task = queued(counter);
        let waiter = thread::spawn(move || {
            task.change_waker();
            match task.poll() {
                Poll::Ready(guard) => {
                    increment(guard);
                    None
                }
                Poll::Pending => Some(task),
            }
        });
        increment(guard);
        if let Some(task) = waiter.join().unwrap() {
            increment(task.woken());
        }
        assert_at_rest(counter, 2);
    });
}

/// A thread that blocks on the lock is woken when the mutex is unlocked.
#[test]
fn block_races_unlock() {
    model(|| {
        let counter = counter();
        let guard = counter.try_lock().unwrap();
        let blocked = thread::spawn(|| increment(counter.lock().block()));
        increment(guard);
        blocked.join().unwrap();
        assert_at_rest(counter, 2);
    });
}
