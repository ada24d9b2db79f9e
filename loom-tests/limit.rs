//! A limit that moves while the semaphore is used.

use loom::{future::block_on, model, thread};

use crate::guarded::Guarded;

/// The permit that is added may pass by a waiter that is about to queue for it.
#[test]
fn limit_raised_races_acquire() {
    model(|| {
        let guarded = Guarded::new(0);
        let waiter = thread::spawn(|| guarded.acquire_and_write());
        guarded.semaphore.add_permits(1);
        waiter.join().unwrap();
        guarded.assert_at_rest(1, 1);
    });
}

/// Two who raise at once may each take the other's limit for the old one.
#[test]
fn limit_raised_races_limit_raised() {
    model(|| {
        let guarded = Guarded::new(1);
        let raiser = thread::spawn(|| guarded.semaphore.add_permits(1));
        guarded.semaphore.add_permits(1);
        raiser.join().unwrap();
        assert_eq!(guarded.semaphore.max_permits(), 3);
        drop(block_on(guarded.semaphore.acquire_many(3)));
        guarded.assert_at_rest(3, 0);
    });
}

/// While the limit moves the word is locked though nobody waits: a free permit must be had all the same.
#[test]
fn limit_raised_races_try_acquire_and_release() {
    model(|| {
        let guarded = Guarded::new(1);
        let raiser = thread::spawn(|| guarded.semaphore.add_permits(1));
        drop(guarded.semaphore.try_acquire().expect("one is free all the time"));
        raiser.join().unwrap();
        guarded.assert_at_rest(2, 0);
    });
}
