//! Races of a cancel.

use loom::{model, thread};

use crate::guarded::Guarded;

/// The permit that is granted to the cancelled waiter must be released exactly once.
#[test]
fn cancel_races_grant() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let cancelled = guarded.queued(1);
        let canceller = thread::spawn(|| drop(cancelled));
        guarded.write(permit);
        canceller.join().unwrap();
        guarded.assert_at_rest(1, 1);
    });
}

/// The permit must pass from the cancelled waiter to the next one.
#[test]
fn cancel_races_grant_before_next_waiter() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let cancelled = guarded.queued(1);
        let next = guarded.queued(1);
        let canceller = thread::spawn(|| drop(cancelled));
        guarded.write(permit);
        canceller.join().unwrap();
        guarded.write(next.woken());
        guarded.assert_at_rest(1, 2);
    });
}

/// Two adjacent nodes are unlinked at once. Neither may stay linked.
#[test]
fn cancel_races_cancel() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let [left, right, last] = [(); 3].map(|()| guarded.queued(1));
        let canceller = thread::spawn(|| drop(left));
        drop(right);
        canceller.join().unwrap();
        drop(permit);
        drop(last.woken());
        guarded.assert_at_rest(1, 0);
    });
}

/// While a first poll holds the lock, the cancelled waiter must not find the queue empty and
/// consider itself granted.
#[test]
fn cancel_races_first_poll() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let front = guarded.queued(1);
        let cancelled = guarded.queued(1);
        let canceller = thread::spawn(|| drop(cancelled));
        let mut next = guarded.queued(1);
        canceller.join().unwrap();
        next.assert_pending();
        guarded.write(permit);
        guarded.write(front.woken());
        guarded.write(next.woken());
        guarded.assert_at_rest(1, 3);
    });
}

/// A cancel that finds the queue empty was granted. It must see the writes of the previous holder.
#[test]
fn cancel_then_try_acquire_races_release() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let cancelled = guarded.queued(1);
        let canceller = thread::spawn(|| {
            drop(cancelled);
            match guarded.semaphore.try_acquire() {
                Some(permit) => {
                    guarded.write(permit);
                    1
                }
                None => 0,
            }
        });
        guarded.write(permit);
        let writes = canceller.join().unwrap();
        guarded.assert_at_rest(1, 1 + writes);
    });
}

/// A permit is released while a large request is cancelled at the front. The waiter behind it must
/// be granted.
#[test]
fn cancel_of_large_front_races_release() {
    model(|| {
        let guarded = Guarded::new(2);
        let [one, other] = [(); 2].map(|()| guarded.semaphore.try_acquire().unwrap());
        let large = guarded.queued(2);
        let small = guarded.queued(1);
        let canceller = thread::spawn(|| drop(large));
        drop(one);
        canceller.join().unwrap();
        drop(small.woken());
        drop(other);
        guarded.assert_at_rest(2, 0);
    });
}
