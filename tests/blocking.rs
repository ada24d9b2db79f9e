//! Threads that block on futures, in one queue with tasks.

mod condvar;
mod locks;
mod wait_queue;

use std::{
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use allocation_counter::measure;
use compio_sync::{ClosableSemaphore, Closed, Event, Notify, Semaphore};

#[cfg(feature = "tracing")]
use crate::subscriber::record_with;
use crate::{
    runtime::{on_each_driver, yield_now},
    task::Task,
};

/// Waits until `waiters` waiters are queued. They must not depend on this thread.
fn wait_until_queued(semaphore: &Semaphore, waiters: usize) {
    while semaphore.waiters() < waiters {
        thread::yield_now();
    }
}

fn passed_deadline() -> Instant {
    Instant::now()
}

fn distant_deadline() -> Instant {
    Instant::now() + Duration::from_secs(600)
}

#[test]
fn threads_and_tasks_are_granted_in_fifo_order() {
    on_each_driver(|| async {
        let semaphore = Arc::new(Semaphore::new(1));
        let order = Arc::new(Mutex::new(Vec::new()));
        let permit = semaphore.try_acquire().unwrap();
        let (mut threads, mut tasks) = (Vec::new(), Vec::new());
        for turn in 0..16 {
            let (semaphore, order) = (Arc::clone(&semaphore), Arc::clone(&order));
            if turn % 2 == 0 {
                let waiting = Arc::clone(&semaphore);
                threads.push(thread::spawn(move || {
                    let _permit = waiting.acquire().block();
                    order.lock().unwrap().push(turn);
                }));
            } else {
                let waiting = Arc::clone(&semaphore);
                tasks.push(compio::runtime::spawn(async move {
                    let _permit = waiting.acquire().await;
                    order.lock().unwrap().push(turn);
                }));
                yield_now().await;
            }
            wait_until_queued(&semaphore, turn + 1);
        }
        drop(permit);
        for task in tasks {
            task.await.unwrap();
        }
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(*order.lock().unwrap(), (0..16).collect::<Vec<_>>());
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[test]
fn available_permit_is_acquired_after_deadline() {
    let semaphore = Semaphore::new(3);
    let one = semaphore.acquire().block();
    let two = semaphore.acquire_many(2).block_until(passed_deadline()).unwrap();
    assert_eq!((one.num_permits(), two.num_permits(), semaphore.available_permits()), (1, 2, 0));
    assert!(semaphore.acquire().block_until(passed_deadline()).is_none());
    assert_eq!((semaphore.in_use(), semaphore.waiters()), (3, 0));
}

#[test]
fn deadline_cancels_wait_and_grants_next_waiter() {
    let semaphore = Semaphore::new(1);
    let soon = Instant::now() + Duration::from_millis(20);
    thread::scope(|scope| {
        let large = scope.spawn(|| semaphore.acquire_many(2).block_until(soon).is_none());
        let small = scope.spawn(|| drop(semaphore.acquire().block()));
        assert!(large.join().unwrap(), "two permits are never available");
        small.join().unwrap();
    });
    assert_eq!((semaphore.available_permits(), semaphore.waiters()), (1, 0));
}

#[test]
fn grant_before_deadline_is_returned() {
    let semaphore = Semaphore::new(0);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| semaphore.acquire().block_until(distant_deadline()).is_some());
        wait_until_queued(&semaphore, 1);
        semaphore.add_permits(1);
        assert!(waiting.join().unwrap());
    });
}

/// The deadline is close to the grant, so the thread either returns the permit or releases it.
#[test]
fn grant_at_deadline_is_held_or_released() {
    let semaphore = Semaphore::new(1);
    for round in 0..200 {
        let permit = semaphore.try_acquire().unwrap();
        let deadline = Instant::now() + Duration::from_micros(round);
        thread::scope(|scope| {
            scope.spawn(|| drop(semaphore.acquire().block_until(deadline)));
            drop(permit);
        });
        assert_eq!((semaphore.available_permits(), semaphore.waiters()), (1, 0));
    }
}

#[test]
fn blocking_does_not_allocate() {
    let semaphore = Semaphore::new(0);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let blocked = measure(|| drop(semaphore.acquire().block()));
            let late = measure(|| drop(semaphore.acquire_many(2).block_until(passed_deadline())));
            blocked.count_total + late.count_total
        });
        wait_until_queued(&semaphore, 1);
        semaphore.add_permits(1);
        assert_eq!(waiting.join().unwrap(), 0);
    });
}

#[test]
fn owned_futures_block() {
    let semaphore = Arc::new(Semaphore::new(3));
    let one = Arc::clone(&semaphore).acquire_owned().block();
    let two = Arc::clone(&semaphore).acquire_many_owned(2).block_until(passed_deadline()).unwrap();
    assert_eq!((one.num_permits(), two.num_permits(), semaphore.available_permits()), (1, 2, 0));
    let late = Arc::clone(&semaphore).acquire_owned().block_until(passed_deadline());
    assert!(late.is_none());
    let shared = Arc::clone(&semaphore);
    let blocked = thread::spawn(move || shared.acquire_many_owned(3).block());
    wait_until_queued(&semaphore, 1);
    drop((one, two));
    assert_eq!(blocked.join().unwrap().num_permits(), 3);
    assert_eq!((semaphore.available_permits(), Arc::strong_count(&semaphore)), (3, 1));
}

#[test]
fn owned_closable_futures_block() {
    let semaphore = Arc::new(ClosableSemaphore::new(1));
    let permit = Arc::clone(&semaphore).acquire_owned().block().unwrap();
    let late = Arc::clone(&semaphore).acquire_owned().block_until(passed_deadline());
    assert!(late.is_none());
    let drained = Arc::clone(&semaphore).drain_owned().block_until(passed_deadline());
    assert_eq!(drained, None);
    let failed = Arc::clone(&semaphore).acquire_many_owned(2).block();
    assert_eq!(failed.unwrap_err(), Closed);
    drop(permit);
    Arc::clone(&semaphore).drain_owned().block();
    assert_eq!(Arc::strong_count(&semaphore), 1);
}

#[test]
fn close_fails_blocked_threads() {
    let semaphore = ClosableSemaphore::new(0);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| semaphore.acquire().block().map(drop));
        let until = scope.spawn(|| {
            let output = semaphore.acquire().block_until(distant_deadline());
            output.expect("the deadline has not passed").map(drop)
        });
        while semaphore.waiters() < 2 {
            thread::yield_now();
        }
        semaphore.close();
        assert_eq!(waiting.join().unwrap(), Err(Closed));
        assert_eq!(until.join().unwrap(), Err(Closed));
    });
    assert_eq!(semaphore.acquire().block().unwrap_err(), Closed);
    let late = semaphore.acquire_many(0).block_until(passed_deadline());
    assert_eq!(late.unwrap().unwrap_err(), Closed);
}

#[test]
fn deadline_of_closable_acquire_returns_none() {
    let semaphore = ClosableSemaphore::new(1);
    let permit = semaphore.acquire().block_until(passed_deadline()).unwrap().unwrap();
    assert!(semaphore.acquire().block_until(passed_deadline()).is_none());
    drop(permit);
    assert_eq!((semaphore.available_permits(), semaphore.waiters()), (1, 0));
}

#[test]
fn closed_blocks_until_close() {
    let semaphore = ClosableSemaphore::new(1);
    assert_eq!(semaphore.closed().block_until(passed_deadline()), None);
    thread::scope(|scope| {
        let blocked = scope.spawn(|| {
            semaphore.closed().block();
            semaphore.is_closed()
        });
        semaphore.close();
        assert!(blocked.join().unwrap());
    });
    assert_eq!(semaphore.closed().block_until(passed_deadline()), Some(()));
}

#[test]
fn drain_blocks_until_permits_are_released() {
    let semaphore = ClosableSemaphore::new(1);
    let permit = semaphore.acquire().block().unwrap();
    assert_eq!(semaphore.drain().block_until(passed_deadline()), None);
    assert!(semaphore.is_closed());
    thread::scope(|scope| {
        let blocked = scope.spawn(|| {
            semaphore.drain().block();
            semaphore.in_use()
        });
        while semaphore.waiters() == 0 {
            thread::yield_now();
        }
        drop(permit);
        assert_eq!(blocked.join().unwrap(), 0);
    });
    assert_eq!(semaphore.drain().block_until(passed_deadline()), Some(()));
}

#[test]
fn notified_blocks_until_notification() {
    let notify = Notify::new();
    assert_eq!(notify.notified().block_until(passed_deadline()), None);
    notify.notify_one();
    assert_eq!(notify.notified().block_until(passed_deadline()), Some(()));
    for notify_thread in [Notify::notify_one, Notify::notify_waiters] {
        thread::scope(|scope| {
            let blocked = scope.spawn(|| notify.notified().block());
            while notify.waiters() < 1 {
                thread::yield_now();
            }
            notify_thread(&notify);
            blocked.join().unwrap();
        });
    }
    assert_eq!(notify.notified().block_until(passed_deadline()), None);
    assert_eq!(notify.waiters(), 0);
}

#[test]
fn wait_blocks_until_event_is_set() {
    let event = Event::new(false);
    assert_eq!(event.wait().block_until(passed_deadline()), None);
    thread::scope(|scope| {
        let blocked = scope.spawn(|| event.wait().block());
        let until = scope.spawn(|| event.wait().block_until(distant_deadline()));
        while event.waiters() < 2 {
            thread::yield_now();
        }
        event.set();
        event.reset();
        blocked.join().unwrap();
        assert_eq!(until.join().unwrap(), Some(()));
    });
    assert!(!event.is_set());
    event.set();
    assert_eq!(event.wait().block_until(passed_deadline()), Some(()));
}

#[test]
fn owned_waits_block() {
    let notify = Arc::new(Notify::new());
    let event = Arc::new(Event::new(false));
    let (notified, set) = (Arc::clone(&notify).notified_owned(), Arc::clone(&event).wait_owned());
    let blocked = thread::spawn(move || {
        notified.block();
        set.block();
    });
    notify.notify_waiters();
    event.set();
    blocked.join().unwrap();
    assert_eq!((Arc::strong_count(&notify), Arc::strong_count(&event)), (1, 1));
}

/// The deadline is close to the notification, so the thread either receives it or leaves it.
#[test]
fn notification_at_deadline_is_received_or_stored() {
    let notify = Notify::new();
    for round in 0..200 {
        let deadline = Instant::now() + Duration::from_micros(round);
        let is_received = thread::scope(|scope| {
            let waiting = scope.spawn(|| notify.notified().block_until(deadline).is_some());
            notify.notify_one();
            waiting.join().unwrap()
        });
        let is_stored = notify.notified().block_until(passed_deadline()).is_some();
        assert_eq!((is_received ^ is_stored, notify.waiters()), (true, 0));
    }
}

#[test]
fn blocked_thread_waits_behind_task() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let front = Task::waiting(semaphore.acquire());
    thread::scope(|scope| {
        let blocked = scope.spawn(|| drop(semaphore.acquire().block()));
        wait_until_queued(&semaphore, 2);
        drop(permit);
        drop(front.woken());
        blocked.join().unwrap();
    });
}

#[cfg(all(feature = "compio", debug_assertions))]
#[test]
fn blocking_compio_thread_panics() {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    on_each_driver(|| async {
        let semaphore = Semaphore::new(1);
        let blocks: [&dyn Fn(); 2] = [&|| drop(semaphore.acquire().block()), &|| {
            drop(semaphore.acquire().block_until(distant_deadline()))
        }];
        for block in blocks {
            let payload = catch_unwind(AssertUnwindSafe(block)).unwrap_err();
            assert_eq!(
                *payload.downcast::<&str>().unwrap(),
                "cannot block a thread that runs a compio runtime; await the future instead"
            );
        }
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[cfg(feature = "tracing")]
#[test]
fn subscriber_may_park_blocking_thread() {
    let semaphore = Arc::new(Semaphore::new(0));
    let captured = Arc::clone(&semaphore);
    let park = move || {
        if captured.waiters() == 1 {
            let captured = Arc::clone(&captured);
            thread::spawn(move || captured.add_permits(1)).join().unwrap();
            // Returns immediately, because the grant has unparked the thread.
            thread::park();
        }
    };
    record_with(park, || drop(semaphore.acquire().block()));
    assert_eq!(semaphore.available_permits(), 1);
}
