//! Races of a change of the limit.

use loom::{future::block_on, model, thread};

use crate::guarded::Guarded;

/// The added permit must not miss a waiter that is about to be enqueued.
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

/// Neither change of the limit may be lost.
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

/// While the limit changes, the queue is locked but empty. An available permit must still be
/// acquired.
#[test]
fn limit_raised_races_try_acquire_and_release() {
    model(|| {
        let guarded = Guarded::new(1);
        let raiser = thread::spawn(|| guarded.semaphore.add_permits(1));
        thread::yield_now();
        drop(guarded.semaphore.try_acquire().expect("a permit is available throughout"));
        raiser.join().unwrap();
        guarded.assert_at_rest(2, 0);
    });
}

/// A permit that is released while the limit is lowered must either repay debt or be granted.
#[test]
fn limit_lowered_races_release() {
    model(|| {
        let guarded = Guarded::new(2);
        let permit = guarded.semaphore.try_acquire_many(2).unwrap();
        let mut waiting = guarded.queued(1);
        let reducer = thread::spawn(|| assert_eq!(guarded.semaphore.reduce_permits(2), 2));
        guarded.write(permit);
        reducer.join().unwrap();
        let writes = if waiting.wakeups() == 1 {
            assert_eq!(guarded.semaphore.debt(), 1, "the grant precedes the reduction");
            guarded.write(waiting.woken());
            2
        } else {
            assert_eq!(guarded.semaphore.debt(), 0, "the release repaid the debt");
            waiting.assert_pending();
            1
        };
        guarded.assert_at_rest(0, writes);
        assert_eq!(guarded.semaphore.max_permits(), 0);
    });
}

/// The added permit must not be lost with the cancelled waiter.
#[test]
fn limit_raised_races_cancel() {
    model(|| {
        let guarded = Guarded::new(0);
        let cancelled = guarded.queued(1);
        let next = guarded.queued(1);
        let canceller = thread::spawn(|| drop(cancelled));
        guarded.semaphore.add_permits(1);
        canceller.join().unwrap();
        guarded.write(next.woken());
        guarded.assert_at_rest(1, 1);
    });
}

/// Two permits are released at once, and the debt is one permit. Exactly one of them must repay it.
#[test]
fn release_races_release_in_debt() {
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

/// Neither change of the limit may be lost.
#[test]
fn forget_races_limit_raised() {
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

/// One of the two limits must win, and the available permits must match it.
#[test]
fn limit_set_races_limit_set() {
    model(|| {
        let guarded = Guarded::new(1);
        let setter = thread::spawn(|| guarded.semaphore.set_max_permits(0));
        let previous = guarded.semaphore.set_max_permits(3);
        let other_previous = setter.join().unwrap();
        let limit = guarded.semaphore.max_permits();
        assert!(matches!((previous, other_previous, limit), (1, 3, 0) | (0, 1, 3)));
        guarded.assert_at_rest(limit, 0);
    });
}
