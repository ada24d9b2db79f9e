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
        thread::yield_now();
        drop(guarded.semaphore.try_acquire().expect("one is free all the time"));
        raiser.join().unwrap();
        guarded.assert_at_rest(2, 0);
    });
}

/// A limit that sinks while a permit comes back: the permit may pay the debt and be served as well.
#[test]
fn limit_lowered_races_release() {
    model(|| {
        let guarded = Guarded::new(2);
        let permit = guarded.semaphore.try_acquire_many(2).unwrap();
        let mut waiting = guarded.queued(1);
        let reducer = thread::spawn(|| assert_eq!(guarded.semaphore.reduce_permits(2), 2));
        guarded.write(permit);
        reducer.join().unwrap();
        let writes = if waiting.wakes() == 1 {
            assert_eq!(guarded.semaphore.debt(), 1, "served before the limit sank");
            guarded.write(waiting.woken());
            2
        } else {
            assert_eq!(guarded.semaphore.debt(), 0, "the debt was paid");
            waiting.assert_asleep();
            1
        };
        guarded.assert_at_rest(0, writes);
        assert_eq!(guarded.semaphore.max_permits(), 0);
    });
}

/// A waiter that leaves while the limit rises: what was added may be lost with it.
#[test]
fn limit_raised_races_cancel() {
    model(|| {
        let guarded = Guarded::new(0);
        let leaving = guarded.queued(1);
        let next = guarded.queued(1);
        let canceller = thread::spawn(|| drop(leaving));
        guarded.semaphore.add_permits(1);
        canceller.join().unwrap();
        guarded.write(next.woken());
        guarded.assert_at_rest(1, 1);
    });
}

/// Two permits come back at once to a debt of one: it may be paid by both, or by none.
#[test]
fn debt_is_paid_once() {
    model(|| {
        let guarded = Guarded::new(2);
        let [one, other] = [(); 2].map(|()| guarded.semaphore.try_acquire().unwrap());
        guarded.semaphore.reduce_permits(1);
        let waiting = guarded.queued(1);
        let releaser = thread::spawn(|| drop(one));
        drop(other);
        releaser.join().unwrap();
        guarded.write(waiting.woken());
        guarded.assert_at_rest(1, 1);
    });
}

/// A permit that is forgotten while the limit rises: one may be counted in the other's limit.
#[test]
fn forget_races_add() {
    model(|| {
        let guarded = Guarded::new(2);
        let permits = guarded.semaphore.try_acquire_many(2).unwrap();
        let waiting = guarded.queued(1);
        let adder = thread::spawn(|| guarded.semaphore.add_permits(1));
        permits.forget();
        adder.join().unwrap();
        guarded.write(waiting.woken());
        guarded.assert_at_rest(1, 1);
    });
}

/// Two who set the limit at once: one must win, and the free permits with it.
#[test]
fn limit_set_races_limit_set() {
    model(|| {
        let guarded = Guarded::new(1);
        let setter = thread::spawn(|| guarded.semaphore.set_max_permits(0));
        let before = guarded.semaphore.set_max_permits(3);
        let other_before = setter.join().unwrap();
        let limit = guarded.semaphore.max_permits();
        assert!(matches!((before, other_before, limit), (1, 3, 0) | (0, 1, 3)));
        guarded.assert_at_rest(limit, 0);
    });
}
