//! Several threads that use one primitive for a fixed number of rounds, and checks of the totals.

use std::{
    pin::pin,
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Waker},
    thread,
};

use compio_sync::{Event, Notify, Semaphore};

const THREADS: usize = 8;
const ROUNDS: usize = 3_000;
const PERMITS: usize = 3;

#[test]
fn threads_acquire_cancel_and_hand_off() {
    let semaphore = Semaphore::new(PERMITS);
    let held = AtomicUsize::new(0);
    let enter = |permits| {
        let before = held.fetch_add(permits, Ordering::Relaxed);
        assert!(before + permits <= PERMITS, "more permits are held than exist");
    };
    let leave = |permits| {
        held.fetch_sub(permits, Ordering::Relaxed);
    };
    let run = |thread: usize| {
        let mut done = 0;
        for round in 0..ROUNDS {
            let permits = 1 + (thread + round) % PERMITS;
            match (thread * 7 + round) % 4 {
                0 => {
                    if let Some(_permit) = semaphore.try_acquire_many(permits) {
                        enter(permits);
                        leave(permits);
                    }
                }
                1 => {
                    let acquire = pin!(semaphore.acquire_many(permits));
                    let _ = acquire.poll(&mut Context::from_waker(Waker::noop()));
                }
                2 => {
                    let mut acquire = pin!(semaphore.acquire_many(permits));
                    let _ = acquire.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                    thread::yield_now();
                }
                _ => {
                    let _permit = pollster::block_on(semaphore.acquire_many(permits));
                    enter(permits);
                    leave(permits);
                    done += 1;
                }
            }
        }
        done
    };
    let done: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || run(thread))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(done, THREADS * ROUNDS / 4);
    assert_eq!(semaphore.available_permits(), PERMITS);
    assert!(semaphore.try_acquire_many(PERMITS).is_some(), "the queue must be empty");
}

#[test]
fn permits_guard_plain_data() {
    let semaphore = Semaphore::new(1);
    let (loads, stores) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    let _permit = pollster::block_on(semaphore.acquire());
                    // Without mutual exclusion, an update between the load and the stores would be
                    // lost.
                    let count = loads.load(Ordering::Relaxed);
                    stores.store(count + 1, Ordering::Relaxed);
                    loads.store(count + 1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(stores.into_inner(), THREADS * ROUNDS);
}

/// There is one notification, which all threads pass on to each other.
#[test]
fn threads_wait_cancel_and_pass_notification_on() {
    let notify = Notify::new();
    let (loads, stores) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let run = |thread: usize| {
        for round in 0..ROUNDS {
            let mut notified = pin!(notify.notified());
            match (thread * 7 + round) % 4 {
                0 => {
                    notified.as_mut().enable();
                }
                1 => {
                    notified.as_mut().enable();
                    thread::yield_now();
                }
                _ => {
                    pollster::block_on(notified);
                    // Only the thread that has the notification stores.
                    let count = loads.load(Ordering::Relaxed);
                    stores.store(count + 1, Ordering::Relaxed);
                    loads.store(count + 1, Ordering::Relaxed);
                    notify.notify_one();
                }
            }
        }
    };
    thread::scope(|scope| {
        (0..THREADS).for_each(|thread| drop(scope.spawn(move || run(thread))));
        notify.notify_one();
    });
    assert_eq!(stores.into_inner(), THREADS * ROUNDS / 2);
    assert_eq!(notify.waiters(), 0);
    pollster::block_on(notify.notified());
    let notified = pin!(notify.notified());
    assert!(!notified.enable(), "one notification is stored");
}

/// Lets all threads wait for each of many broadcasts. The first polls race the broadcast.
fn count_broadcasts<W: Future<Output = ()>>(wait: impl Fn() -> W + Sync, broadcast: impl Fn()) {
    const BROADCASTS: usize = ROUNDS / 10;
    let completed = AtomicUsize::new(0);
    let barrier = Barrier::new(THREADS + 1);
    let run = || {
        for _ in 0..BROADCASTS {
            let next = wait();
            barrier.wait();
            pollster::block_on(next);
            completed.fetch_add(1, Ordering::Relaxed);
            barrier.wait();
        }
    };
    thread::scope(|scope| {
        (0..THREADS).for_each(|_| drop(scope.spawn(run)));
        for _ in 0..BROADCASTS {
            barrier.wait();
            broadcast();
            barrier.wait();
        }
    });
    assert_eq!(completed.into_inner(), THREADS * BROADCASTS);
}

#[test]
fn notify_waiters_completes_wait_of_each_thread() {
    let notify = Notify::new();
    count_broadcasts(|| notify.notified(), || notify.notify_waiters());
    assert_eq!(notify.waiters(), 0);
}

#[test]
fn pulse_of_event_completes_wait_of_each_thread() {
    let event = Event::new(false);
    let pulse = || {
        event.set();
        event.reset();
    };
    count_broadcasts(|| event.wait(), pulse);
    assert_eq!((event.waiters(), event.is_set()), (0, false));
}

#[test]
fn threads_pass_gate_that_is_set_and_reset() {
    let gate = Event::new(false);
    let is_done = Event::new(false);
    let passed = AtomicUsize::new(0);
    let run = || {
        for _ in 0..ROUNDS {
            pollster::block_on(gate.wait());
            if passed.fetch_add(1, Ordering::Relaxed) + 1 == THREADS * ROUNDS {
                is_done.set();
            }
        }
    };
    thread::scope(|scope| {
        (0..THREADS).for_each(|_| drop(scope.spawn(run)));
        while !is_done.is_set() {
            gate.set();
            thread::yield_now();
            gate.reset();
        }
    });
    assert_eq!(passed.into_inner(), THREADS * ROUNDS);
    assert_eq!(gate.waiters(), 0);
}
