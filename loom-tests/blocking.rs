//! Threads that block, with a waker on the stack of each.

use std::time::Instant;

use compio_sync::ClosableSemaphore;
use loom::{model, thread};

use crate::guarded::Guarded;

/// The thread may go on as soon as it is granted, and take the sleeper away from the one that wakes it.
#[test]
fn blocking_acquire_races_release() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let blocked = thread::spawn(|| guarded.write(guarded.semaphore.acquire_blocking()));
        guarded.write(permit);
        blocked.join().unwrap();
        guarded.assert_at_rest(1, 2);
    });
}

/// It may give up just when it is granted: then it has the permit, or gives it to the next.
#[test]
fn deadline_races_grant() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let blocked = thread::spawn(|| {
            let permit = guarded.semaphore.acquire_blocking_until(Instant::now());
            permit.map_or(0, |permit| {
                guarded.write(permit);
                1
            })
        });
        guarded.write(permit);
        let writes = blocked.join().unwrap();
        guarded.assert_at_rest(1, 1 + writes);
    });
}

/// It may give up at the front just when the one behind it must be served.
#[test]
fn deadline_at_the_front_races_release() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let blocked = thread::spawn(|| {
            let permit = guarded.semaphore.acquire_many_blocking_until(1, Instant::now());
            drop(permit);
        });
        let behind = guarded.queued(1);
        drop(permit);
        blocked.join().unwrap();
        guarded.write(behind.woken());
        guarded.assert_at_rest(1, 1);
    });
}

/// A refusal wakes it as a grant does.
#[test]
fn blocking_acquire_races_close() {
    model(|| {
        let semaphore: &ClosableSemaphore = Box::leak(Box::new(ClosableSemaphore::new(0)));
        let blocked = thread::spawn(|| semaphore.acquire_blocking().map(drop));
        semaphore.close();
        blocked.join().unwrap().unwrap_err();
        assert_eq!(semaphore.waiters(), 0);
    });
}
