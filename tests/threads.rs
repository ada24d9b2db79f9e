//! Several threads that use one primitive for a fixed number of rounds, and checks of the totals.

mod buffer;
mod meetings;

use std::{
    pin::pin,
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Waker},
    thread,
};

use compio_sync::{Event, Mutex, Notify, OnceCell, RwLock, RwLockWriteGuard, Semaphore};

use crate::runtime::yield_now;

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

/// Runs the closure on all threads, with the number of the thread. Returns the sum of the results.
fn sum_of_threads(run: impl Fn(usize) -> usize + Sync) -> usize {
    let run = &run;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || run(thread))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

/// Polls the future once, and cancels it after another thread may have run.
fn poll_and_cancel(future: impl Future) -> bool {
    let mut future = pin!(future);
    let is_ready = future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
    thread::yield_now();
    is_ready
}

#[test]
fn threads_increment_through_mutex() {
    let mutex = Mutex::new(0);
    let increments = sum_of_threads(|thread| {
        let mut increments = 0;
        for round in 0..ROUNDS {
            let guard = match (thread * 7 + round) % 4 {
                0 => mutex.try_lock(),
                1 => {
                    poll_and_cancel(mutex.lock());
                    None
                }
                _ => Some(pollster::block_on(mutex.lock())),
            };
            if let Some(mut guard) = guard {
                *guard += 1;
                increments += 1;
            }
        }
        increments
    });
    assert!(increments >= THREADS * ROUNDS / 2);
    assert_eq!((mutex.waiters(), mutex.is_locked()), (0, false));
    assert_eq!(mutex.into_inner(), increments);
}

/// A writer changes two numbers, which each reader must see equal.
#[test]
fn threads_read_and_increment_through_rwlock() {
    let lock = RwLock::new((0, 0));
    let increments = sum_of_threads(|thread| {
        let mut increments = 0;
        for round in 0..ROUNDS {
            let number = thread * 7 + round;
            match number % 8 {
                0..3 => {
                    let reader = pollster::block_on(lock.read());
                    assert_eq!(reader.0, reader.1);
                }
                3 => drop(lock.try_read().inspect(|reader| assert_eq!(reader.0, reader.1))),
                4 => {
                    poll_and_cancel(lock.write());
                }
                5 => {
                    poll_and_cancel(lock.read());
                }
                _ => {
                    let mut writer = pollster::block_on(lock.write());
                    writer.0 += 1;
                    writer.1 += 1;
                    increments += 1;
                    let written = writer.0;
                    if number % 2 == 0 {
                        let reader = RwLockWriteGuard::downgrade(writer);
                        assert_eq!(*reader, (written, written));
                    }
                }
            }
        }
        increments
    });
    assert_eq!(increments, THREADS * ROUNDS / 4);
    assert_eq!(lock.waiters(), 0);
    assert_eq!(lock.into_inner(), (increments, increments));
}

/// In each round, some closures fail, some are cancelled, and one initializes the cell.
#[test]
fn threads_race_to_initialize_cell() {
    const CELLS: usize = ROUNDS / 10;
    let cells: Vec<_> = (0..CELLS).map(|_| OnceCell::new()).collect();
    let barrier = Barrier::new(THREADS);
    let initialized = sum_of_threads(|thread| {
        let mut initialized = 0;
        for (round, cell) in cells.iter().enumerate() {
            barrier.wait();
            match (thread + round) % THREADS {
                0 => {
                    let fail = cell.get_or_try_init(async || {
                        yield_now().await;
                        Err(())
                    });
                    let value = pollster::block_on(fail);
                    assert!(value.is_err() || cell.get().is_some());
                }
                1 => {
                    let pending = cell.get_or_init(async || std::future::pending().await);
                    assert!(!poll_and_cancel(pending) || cell.get().is_some());
                }
                2 => initialized += usize::from(cell.set([thread; 2]).is_ok()),
                3 => assert!(pollster::block_on(cell.wait())[0] < THREADS),
                _ => {
                    let mut is_called = false;
                    let init = cell.get_or_init(async || {
                        yield_now().await;
                        is_called = true;
                        [thread; 2]
                    });
                    let value = *pollster::block_on(init);
                    assert_eq!(value[0], value[1]);
                    assert!(!is_called || value[0] == thread);
                    initialized += usize::from(is_called);
                }
            }
        }
        initialized
    });
    assert_eq!(initialized, CELLS, "each cell is initialized exactly once");
    assert!(cells.into_iter().all(|cell| cell.into_inner().is_some()));
}
