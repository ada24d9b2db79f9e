//! A waiter that leaves, and what may happen to the queue meanwhile.

use loom::{model, thread};

use crate::guarded::Guarded;

/// A grant to somebody who is leaving: the permit may be lost, or given back twice.
#[test]
fn cancel_races_grant() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let leaving = guarded.queued(1);
        let canceller = thread::spawn(|| drop(leaving));
        guarded.write(permit);
        canceller.join().unwrap();
        guarded.assert_at_rest(1, 1);
    });
}

/// The same with somebody behind: the grant may end with the one who left.
#[test]
fn cancel_races_grant_and_the_next_is_served() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let leaving = guarded.queued(1);
        let next = guarded.queued(1);
        let canceller = thread::spawn(|| drop(leaving));
        guarded.write(permit);
        canceller.join().unwrap();
        guarded.write(next.woken());
        guarded.assert_at_rest(1, 2);
    });
}

/// Neighbours that unlink at once may leave one another linked.
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

/// A first poll holds the lock while another waiter leaves, who may take the queue for empty, and so
/// itself for granted.
#[test]
fn cancel_races_first_poll() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let front = guarded.queued(1);
        let leaving = guarded.queued(1);
        let canceller = thread::spawn(|| drop(leaving));
        let mut next = guarded.queued(1);
        canceller.join().unwrap();
        next.assert_asleep();
        guarded.write(permit);
        guarded.write(front.woken());
        guarded.write(next.woken());
        guarded.assert_at_rest(1, 3);
    });
}

/// Who finds the queue empty was granted; without the granter's writes in sight it would have the
/// permit, but not what the last holder did with it.
#[test]
fn canceller_that_sees_an_empty_queue_sees_the_grant() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let leaving = guarded.queued(1);
        let canceller = thread::spawn(|| {
            drop(leaving);
            match guarded.semaphore.try_acquire() {
                Some(permit) => {
                    guarded.write(permit);
                    1
                }
                None => 0,
            }
        });
        guarded.write(permit);
        let written = canceller.join().unwrap();
        guarded.assert_at_rest(1, 1 + written);
    });
}

/// A big request leaves the front while what it waited for comes in: those behind it may sleep on.
#[test]
fn big_front_cancelled_while_permits_arrive() {
    model(|| {
        let guarded = Guarded::new(2);
        let (one, other) =
            (guarded.semaphore.try_acquire().unwrap(), guarded.semaphore.try_acquire().unwrap());
        let big = guarded.queued(2);
        let small = guarded.queued(1);
        let canceller = thread::spawn(|| drop(big));
        drop(one);
        canceller.join().unwrap();
        drop(small.woken());
        drop(other);
        guarded.assert_at_rest(2, 0);
    });
}
