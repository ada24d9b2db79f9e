//! Who takes a permit, and what they then see.

use loom::{model, thread};

use crate::guarded::Guarded;

/// A lost wake-up: the release does not see the waiter, and the waiter does not see the permit.
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

/// Two waiters: one release may serve one of them twice, or none.
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

/// A permit that is taken while it is given back may be there twice, or not at all.
#[test]
fn try_acquire_races_release() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let taker = thread::spawn(|| match guarded.semaphore.try_acquire() {
            Some(permit) => {
                guarded.write(permit);
                1
            }
            None => 0,
        });
        guarded.write(permit);
        let taken = taker.join().unwrap();
        guarded.assert_at_rest(1, 1 + taken);
    });
}

/// One of two takers may be told "none" although nobody else took the permit.
#[test]
fn try_acquire_races_try_acquire() {
    model(|| {
        let guarded = Guarded::new(2);
        let taker = thread::spawn(|| drop(guarded.semaphore.try_acquire().expect("two are free")));
        drop(guarded.semaphore.try_acquire().expect("two are free"));
        taker.join().unwrap();
        guarded.assert_at_rest(2, 0);
    });
}

/// A caller who never queued may take the permit from under one who did.
#[test]
fn try_acquire_passes_nobody_who_is_queued() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let queued = guarded.queued(1);
        let taker = thread::spawn(|| assert!(guarded.semaphore.try_acquire().is_none()));
        guarded.write(permit);
        let permit = queued.woken();
        taker.join().unwrap();
        guarded.write(permit);
        guarded.assert_at_rest(1, 2);
    });
}

/// The next holder may see less than the last one wrote, by whichever way the permit came to it.
#[test]
fn what_the_holder_wrote_is_seen_by_the_next() {
    model(|| {
        let guarded = Guarded::new(1);
        let trying = thread::spawn(|| match guarded.semaphore.try_acquire() {
            Some(permit) => {
                let seen = guarded.read(&permit);
                guarded.write(permit);
                assert!(seen <= 1);
                1
            }
            None => 0,
        });
        guarded.acquire_and_write();
        let tried = trying.join().unwrap();
        guarded.assert_at_rest(1, 1 + tried);
    });
}
