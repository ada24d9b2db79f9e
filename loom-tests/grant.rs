//! Races of a grant with the poll or the cancel of a waiter.

use std::task::Poll;

use loom::{future::block_on, model, thread};

use crate::guarded::Guarded;

/// The wakeup must not get lost with the replaced waker.
#[test]
fn repoll_with_new_waker_races_grant() {
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

/// The owner compares the stored waker while the releaser moves it out.
#[test]
fn repoll_with_same_waker_races_grant() {
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

/// The queue is unlocked between two batches. A cancel at this point must not end the hand-off
/// early.
#[test]
fn cancel_races_release_in_batches() {
    model(|| {
        let guarded = Guarded::new(4);
        let all = guarded.semaphore.try_acquire_many(4).unwrap();
        let [first, cancelled, third, last] = [(); 4].map(|()| guarded.queued(1));
        let canceller = thread::spawn(|| drop(cancelled));
        drop(all);
        canceller.join().unwrap();
        // All at once, because a released permit would grant the others.
        drop([first, third, last].map(|queued| queued.woken()));
        guarded.assert_at_rest(4, 0);
    });
}

/// The front of the second batch is cancelled, and the next waiter needs more than one permit.
#[test]
fn cancel_of_second_batch_front_races_release() {
    model(|| {
        let guarded = Guarded::new(5);
        let all = guarded.semaphore.try_acquire_many(5).unwrap();
        let [first, second, third, cancelled, last] = [1, 1, 1, 1, 3].map(|n| guarded.queued(n));
        let canceller = thread::spawn(|| drop(cancelled));
        drop(all);
        canceller.join().unwrap();
        drop([first, second, third].map(|queued| queued.woken()));
        drop(last.woken());
        guarded.assert_at_rest(5, 0);
    });
}

/// One of the two releases must grant the front.
#[test]
fn release_races_release() {
    model(|| {
        let guarded = Guarded::new(2);
        let [one, other] = [(); 2].map(|()| guarded.semaphore.try_acquire().unwrap());
        let large = guarded.queued(2);
        let releaser = thread::spawn(move || drop(one));
        drop(other);
        releaser.join().unwrap();
        drop(large.woken());
        guarded.assert_at_rest(2, 0);
    });
}
