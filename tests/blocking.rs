//! Threads that block, in one queue with tasks.

use std::{
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use allocation_counter::measure;
use compio_sync::{ClosableSemaphore, Closed, Semaphore, TryAcquireError};

#[cfg(feature = "tracing")]
use crate::subscriber::told_to;
use crate::{
    runtime::{on_both_drivers, yield_now},
    task::Task,
};

/// Waits until so many are queued; whoever is on the way there needs no help of this thread.
fn until_queued(semaphore: &Semaphore, waiters: usize) {
    while semaphore.waiters() < waiters {
        thread::yield_now();
    }
}

fn long_ago() -> Instant {
    Instant::now()
}

fn far_away() -> Instant {
    Instant::now() + Duration::from_secs(600)
}

#[test]
fn eight_threads_and_eight_tasks_are_served_in_the_order_in_which_they_came() {
    on_both_drivers(|| async {
        let semaphore = Arc::new(Semaphore::new(1));
        let order = Arc::new(Mutex::new(Vec::new()));
        let permit = semaphore.try_acquire().unwrap();
        let (mut threads, mut tasks) = (Vec::new(), Vec::new());
        for turn in 0..16 {
            let (semaphore, order) = (Arc::clone(&semaphore), Arc::clone(&order));
            if turn % 2 == 0 {
                let waiting = Arc::clone(&semaphore);
                threads.push(thread::spawn(move || {
                    let _permit = waiting.acquire_blocking();
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
            until_queued(&semaphore, turn + 1);
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
fn what_is_free_is_had_at_once_even_after_the_deadline() {
    let semaphore = Semaphore::new(3);
    let one = semaphore.acquire_blocking();
    let two = semaphore.acquire_many_blocking_until(2, long_ago()).unwrap();
    assert_eq!((one.num_permits(), two.num_permits(), semaphore.available_permits()), (1, 2, 0));
    assert!(semaphore.acquire_blocking_until(long_ago()).is_none());
    assert_eq!((semaphore.in_use(), semaphore.waiters()), (3, 0));
}

#[test]
fn a_deadline_gives_up_the_place_and_lets_others_through() {
    let semaphore = Semaphore::new(1);
    let soon = Instant::now() + Duration::from_millis(20);
    thread::scope(|scope| {
        let big = scope.spawn(|| semaphore.acquire_many_blocking_until(2, soon).is_none());
        let small = scope.spawn(|| drop(semaphore.acquire_blocking()));
        assert!(big.join().unwrap(), "there are never two");
        small.join().unwrap();
    });
    assert_eq!((semaphore.available_permits(), semaphore.waiters()), (1, 0));
}

#[test]
fn a_permit_that_comes_before_the_deadline_is_had() {
    let semaphore = Semaphore::new(0);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| semaphore.acquire_blocking_until(far_away()).is_some());
        until_queued(&semaphore, 1);
        semaphore.add_permits(1);
        assert!(waiting.join().unwrap());
    });
}

/// The deadline is somewhere around the grant: either it is had, or it goes to the next.
#[test]
fn a_grant_that_meets_the_deadline_is_either_had_or_given_back() {
    let semaphore = Semaphore::new(1);
    for round in 0..200 {
        let permit = semaphore.try_acquire().unwrap();
        let deadline = Instant::now() + Duration::from_micros(round);
        thread::scope(|scope| {
            scope.spawn(|| drop(semaphore.acquire_blocking_until(deadline)));
            drop(permit);
        });
        assert_eq!((semaphore.available_permits(), semaphore.waiters()), (1, 0));
    }
}

#[test]
fn blocking_allocates_nothing() {
    let semaphore = Semaphore::new(0);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let blocked = measure(|| drop(semaphore.acquire_blocking()));
            let late = measure(|| drop(semaphore.acquire_many_blocking_until(2, long_ago())));
            blocked.count_total + late.count_total
        });
        until_queued(&semaphore, 1);
        semaphore.add_permits(1);
        assert_eq!(waiting.join().unwrap(), 0);
    });
}

#[test]
fn closing_refuses_threads_too() {
    let semaphore = ClosableSemaphore::new(0);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| semaphore.acquire_blocking().map(drop));
        let until = scope.spawn(|| semaphore.acquire_blocking_until(far_away()).map(drop));
        while semaphore.waiters() < 2 {
            thread::yield_now();
        }
        semaphore.close();
        assert_eq!(waiting.join().unwrap(), Err(Closed));
        assert_eq!(until.join().unwrap(), Err(TryAcquireError::Closed));
    });
    assert_eq!(semaphore.acquire_blocking().unwrap_err(), Closed);
    let late = semaphore.acquire_many_blocking_until(0, long_ago());
    assert_eq!(late.unwrap_err(), TryAcquireError::Closed);
}

#[test]
fn a_thread_that_polls_by_hand_may_block_as_well() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let front = Task::waiting(semaphore.acquire());
    thread::scope(|scope| {
        let blocked = scope.spawn(|| drop(semaphore.acquire_blocking()));
        until_queued(&semaphore, 2);
        drop(permit);
        drop(front.woken());
        blocked.join().unwrap();
    });
}

#[cfg(all(feature = "compio", debug_assertions))]
#[test]
fn blocking_on_a_thread_of_compio_panics_with_the_way_out() {
    on_both_drivers(|| async {
        let semaphore = Semaphore::new(1);
        let blocks = std::panic::AssertUnwindSafe(|| drop(semaphore.acquire_blocking()));
        let payload = std::panic::catch_unwind(blocks).unwrap_err();
        let message = *payload.downcast::<&str>().unwrap();
        assert!(message.contains("await `acquire` instead"), "{message}");
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[cfg(feature = "tracing")]
#[test]
fn a_subscriber_may_park_the_thread_that_is_about_to_wait() {
    let semaphore = Arc::new(Semaphore::new(0));
    let granted = Arc::clone(&semaphore);
    let parks = move || {
        if granted.waiters() == 1 {
            let granted = Arc::clone(&granted);
            thread::spawn(move || granted.add_permits(1)).join().unwrap();
            // Returns at once, for the thread was unparked.
            thread::park();
        }
    };
    told_to(parks, || drop(semaphore.acquire_blocking()));
    assert_eq!(semaphore.available_permits(), 1);
}
