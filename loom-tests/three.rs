//! Races that take three threads. Explored up to three preemptions, unless `LOOM_MAX_PREEMPTIONS` says
//! otherwise: almost every bug needs fewer, and all schedules would take days.

use loom::{model::Builder, thread};

use crate::guarded::Guarded;

fn three_threads(race: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.check(race);
}

/// The granted one and the next leave while the grant is on its way: it may end with neither of them.
#[test]
fn two_cancels_around_a_grant() {
    three_threads(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let [front, next, last] = [(); 3].map(|()| guarded.queued(1));
        let cancellers = [front, next].map(|leaving| thread::spawn(|| drop(leaving)));
        guarded.write(permit);
        for canceller in cancellers {
            canceller.join().unwrap();
        }
        guarded.write(last.woken());
        guarded.assert_at_rest(1, 2);
    });
}

/// A permit that was granted to one who leaves may be seen as free for a moment, and be taken by one
/// who never queued although another did.
#[test]
fn release_cancel_and_try() {
    three_threads(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let leaving = guarded.queued(1);
        let last = guarded.queued(1);
        let canceller = thread::spawn(|| drop(leaving));
        let taker = thread::spawn(|| assert!(guarded.semaphore.try_acquire().is_none()));
        guarded.write(permit);
        canceller.join().unwrap();
        taker.join().unwrap();
        guarded.write(last.woken());
        guarded.assert_at_rest(1, 2);
    });
}

/// A permit goes from thread to thread to thread: the last may not see what the first wrote.
#[test]
fn three_holders_in_a_row() {
    three_threads(|| {
        let guarded = Guarded::new(1);
        let takers = [(); 2].map(|()| {
            thread::spawn(|| {
                let permit = guarded.semaphore.try_acquire();
                permit.map(|permit| guarded.write(permit)).is_some()
            })
        });
        let permit = guarded.semaphore.try_acquire();
        let mut writes = usize::from(permit.map(|permit| guarded.write(permit)).is_some());
        for taker in takers {
            writes += usize::from(taker.join().unwrap());
        }
        assert!(writes > 0, "the first to look found it free");
        guarded.assert_at_rest(1, writes);
    });
}

/// One queues while another leaves and a permit comes back: the queue flag may be cleared over the head
/// of the newcomer.
#[test]
fn first_poll_cancel_and_release() {
    three_threads(|| {
        let guarded = Guarded::new(1);
        let permit = guarded.semaphore.try_acquire().unwrap();
        let leaving = guarded.queued(1);
        let canceller = thread::spawn(|| drop(leaving));
        let waiter = thread::spawn(|| guarded.acquire_and_write());
        guarded.write(permit);
        canceller.join().unwrap();
        waiter.join().unwrap();
        guarded.assert_at_rest(1, 2);
    });
}

/// The limit sinks and rises while a permit comes back: the debt may be paid with a permit that a
/// waiter was granted.
#[test]
fn reduce_add_and_release() {
    three_threads(|| {
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
