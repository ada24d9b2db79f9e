//! Several threads that use one semaphore for a fixed number of rounds, and checks of the totals.

use std::{
    pin::pin,
    sync::atomic::{AtomicUsize, Ordering},
    task::{Context, Waker},
    thread,
};

use compio_sync::Semaphore;

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
