//! Races of an acquire.

use loom::{model, thread};

use crate::guarded::Guarded;

/// No wakeup may be lost: either the releaser sees the waiter, or the waiter sees the permit.
#[test]
fn acquire_races_release() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let waiter = thread::spawn(|| guarded.acquire_and_write());
        guarded.write(permit);
        waiter.join().unwrap();
        guarded.assert_at_rest(1, 2);
    });
}

/// Each waiter must be granted exactly once.
#[test]
fn two_acquires_race_release() {
    model(|| {
        let guarded = Guarded::new(1);
        let waiters = [(); 2].map(|()| thread::spawn(|| guarded.acquire_and_write()));
        for waiter in waiters {
            waiter.join().unwrap();
        }
        guarded.assert_at_rest(1, 2);
    });
}

/// A permit that is acquired while it is released must be counted exactly once.
#[test]
fn try_acquire_races_release() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let trying = thread::spawn(|| match guarded.semaphore.try_acquire() {
            Some(permit) => {
                guarded.write(permit);
                1
            }
            None => 0,
        });
        guarded.write(permit);
        let acquired = trying.join().unwrap();
        guarded.assert_at_rest(1, 1 + acquired);
    });
}

/// Both attempts must succeed, because two permits are available.
#[test]
fn try_acquire_races_try_acquire() {
    model(|| {
        let guarded = Guarded::new(2);
        let acquire = || drop(guarded.semaphore.try_acquire().expect("two permits are available"));
        let trying = thread::spawn(acquire);
        acquire();
        trying.join().unwrap();
        guarded.assert_at_rest(2, 0);
    });
}

/// A caller that never queued must not acquire the permit before the queued waiter.
#[test]
fn try_acquire_races_release_to_queued_waiter() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let queued = guarded.queued(1);
        let trying = thread::spawn(|| assert!(guarded.semaphore.try_acquire().is_none()));
        guarded.write(permit);
        let permit = queued.woken();
        trying.join().unwrap();
        guarded.write(permit);
        guarded.assert_at_rest(1, 2);
    });
}

/// The next holder must see every write of the previous holder.
#[test]
fn acquire_races_try_acquire() {
    model(|| {
        let guarded = Guarded::new(1);
        let trying = thread::spawn(|| match guarded.semaphore.try_acquire() {
            Some(permit) => {
                let writes = guarded.read(&permit);
                guarded.write(permit);
                assert!(writes <= 1);
                1
            }
            None => 0,
        });
        guarded.acquire_and_write();
        let acquired = trying.join().unwrap();
        guarded.assert_at_rest(1, 1 + acquired);
    });
}
