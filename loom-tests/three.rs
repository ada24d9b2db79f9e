//! Races of three threads.

use loom::thread;

use crate::{bounded::bounded_model, guarded::Guarded};

/// The granted waiter and the next one are cancelled during the grant. The last waiter must be
/// granted.
#[test]
fn two_cancels_race_grant() {
    bounded_model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let [front, next, last] = [(); 3].map(|()| guarded.queued(1));
        let cancellers = [front, next].map(|cancelled| thread::spawn(|| drop(cancelled)));
        guarded.write(permit);
        for canceller in cancellers {
            canceller.join().unwrap();
        }
        guarded.write(last.woken());
        guarded.assert_at_rest(1, 2);
    });
}

/// A permit that was granted to the cancelled waiter must not be acquired by a caller that never
/// queued.
#[test]
fn cancel_and_try_acquire_race_release() {
    bounded_model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let cancelled = guarded.queued(1);
        let last = guarded.queued(1);
        let canceller = thread::spawn(|| drop(cancelled));
        let trying = thread::spawn(|| assert!(guarded.semaphore.try_acquire().is_none()));
        guarded.write(permit);
        canceller.join().unwrap();
        trying.join().unwrap();
        guarded.write(last.woken());
        guarded.assert_at_rest(1, 2);
    });
}

/// A permit passes through three threads. The last holder must see the write of the first one.
#[test]
fn three_try_acquires_race() {
    bounded_model(|| {
        let guarded = Guarded::new(1);
        let trying = [(); 2].map(|()| {
            thread::spawn(|| {
                let permit = guarded.semaphore.try_acquire();
                permit.map(|permit| guarded.write(permit)).is_some()
            })
        });
        let permit = guarded.semaphore.try_acquire();
        let mut writes = usize::from(permit.map(|permit| guarded.write(permit)).is_some());
        for thread in trying {
            writes += usize::from(thread.join().unwrap());
        }
        assert!(writes > 0, "the permit is available to the first attempt");
        guarded.assert_at_rest(1, writes);
    });
}

/// A waiter is enqueued while another one is cancelled and a permit is released. The queue flag
/// must stay set while the new waiter is queued.
#[test]
fn acquire_and_cancel_race_release() {
    bounded_model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let cancelled = guarded.queued(1);
        let canceller = thread::spawn(|| drop(cancelled));
        let waiter = thread::spawn(|| guarded.acquire_and_write());
        guarded.write(permit);
        canceller.join().unwrap();
        waiter.join().unwrap();
        guarded.assert_at_rest(1, 2);
    });
}

/// The limit is lowered and raised while a permit is released. A permit that was granted to a
/// waiter must not repay debt as well.
#[test]
fn limit_lowered_and_raised_race_release() {
    bounded_model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let waiting = guarded.queued(1);
        let adder = thread::spawn(|| guarded.semaphore.add_permits(1));
        let reducer = thread::spawn(|| guarded.semaphore.reduce_permits(1));
        drop(permit);
        adder.join().unwrap();
        assert_eq!(reducer.join().unwrap(), 1);
        drop(waiting.woken());
        guarded.assert_at_rest(1, 0);
    });
}
