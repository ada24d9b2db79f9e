//! A grant, and what its waiter may be doing meanwhile.

use std::task::Poll;

use loom::{future::block_on, model, thread};

use crate::guarded::Guarded;

/// The waker that is replaced may be the one that is woken, and the new one never.
#[test]
fn repoll_with_a_new_waker_races_grant() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let queued = guarded.queued(1);
        let waiter = thread::spawn(|| guarded.write(block_on(queued.future)));
        guarded.write(permit);
        waiter.join().unwrap();
        guarded.assert_at_rest(1, 2);
    });
}

/// The owner may compare the stored waker while the granter moves it out.
#[test]
fn repoll_with_the_same_waker_races_grant() {
    model(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let mut queued = guarded.queued(1);
        let waiter = thread::spawn(move || {
            if let Poll::Ready(permit) = queued.poll() {
                guarded.write(permit);
                return 1;
            }
            0
        });
        guarded.write(permit);
        let granted = waiter.join().unwrap();
        guarded.assert_at_rest(1, 1 + granted);
    });
}

/// Between two batches the queue is unlocked: whoever leaves then may take the rest's turn along.
#[test]
fn release_serves_in_batches() {
    model(|| {
        let guarded = Guarded::new(4);
        let all = guarded.semaphore.try_acquire_many(4).unwrap();
        let [first, leaving, third, last] = [(); 4].map(|()| guarded.queued(1));
        let canceller = thread::spawn(|| drop(leaving));
        drop(all);
        canceller.join().unwrap();
        // All at once: what the first gave back would serve the others.
        drop([first, third, last].map(|queued| queued.woken()));
        guarded.assert_at_rest(4, 0);
    });
}

/// The front of the second batch leaves, and the one behind it wants more than there is.
#[test]
fn front_of_the_second_batch_leaves_and_the_next_wants_more() {
    model(|| {
        let guarded = Guarded::new(5);
        let all = guarded.semaphore.try_acquire_many(5).unwrap();
        let [first, second, third, leaving, last] = [1, 1, 1, 1, 3].map(|n| guarded.queued(n));
        let canceller = thread::spawn(|| drop(leaving));
        drop(all);
        canceller.join().unwrap();
        drop([first, second, third].map(|queued| queued.woken()));
        drop(last.woken());
        guarded.assert_at_rest(5, 0);
    });
}

/// Two releases at once: each may leave the front to the other.
#[test]
fn release_races_release() {
    model(|| {
        let guarded = Guarded::new(2);
        let (one, other) =
            (guarded.semaphore.try_acquire().unwrap(), guarded.semaphore.try_acquire().unwrap());
        let big = guarded.queued(2);
        let releaser = thread::spawn(move || drop(one));
        drop(other);
        releaser.join().unwrap();
        drop(big.woken());
        guarded.assert_at_rest(2, 0);
    });
}
