//! Races of threads that block. The wakers of such a thread point to its stack.

use std::time::Instant;

use compio_sync::ClosableSemaphore;
use loom::{model, thread};

use crate::guarded::Guarded;

/// A granted thread must not return while the releaser still uses its waker.
#[test]
fn blocking_acquire_races_release() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let blocked = thread::spawn(|| guarded.write(guarded.semaphore.acquire().block()));
        guarded.write(permit);
        blocked.join().unwrap();
        guarded.assert_at_rest(1, 2);
    });
}

/// The deadline passes while the permit is granted. The thread must return the permit or release
/// it.
#[test]
fn deadline_races_grant() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let blocked = thread::spawn(|| {
            let permit = guarded.semaphore.acquire().block_until(Instant::now());
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

/// The front is cancelled at its deadline. The waiter behind it must be granted.
#[test]
fn deadline_of_front_races_release() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let blocked = thread::spawn(|| {
            let permit = guarded.semaphore.acquire_many(1).block_until(Instant::now());
            drop(permit);
        });
        let behind = guarded.queued(1);
        drop(permit);
        blocked.join().unwrap();
        guarded.write(behind.woken());
        guarded.assert_at_rest(1, 1);
    });
}

/// Closing must wake a blocked thread.
#[test]
fn blocking_acquire_races_close() {
    model(|| {
        let semaphore: &ClosableSemaphore = Box::leak(Box::new(ClosableSemaphore::new(0)));
        let blocked = thread::spawn(|| semaphore.acquire().block().map(drop));
        semaphore.close();
        blocked.join().unwrap().unwrap_err();
        assert_eq!(semaphore.waiters(), 0);
    });
}
