//! Metrics, and what `Debug` shows of them.

use super::{Counted, Semaphore};
use crate::{assertions::assert_shows, task::Task};

#[test]
fn available_and_in_use_add_up_to_limit() {
    let semaphore = Semaphore::new(5);
    let two = semaphore.try_acquire_many(2).unwrap();
    assert_eq!(
        (semaphore.available_permits(), semaphore.in_use(), semaphore.max_permits()),
        (3, 2, 5)
    );
    drop(two);
    assert_eq!(
        (semaphore.available_permits(), semaphore.in_use(), semaphore.max_permits()),
        (5, 0, 5)
    );
}

#[test]
fn request_for_zero_permits_completes_immediately() {
    let semaphore = Semaphore::new(0);
    let mut waiting = Task::waiting(semaphore.acquire());
    let mut empty = Task::new(semaphore.acquire_many(0));
    assert!(empty.poll().is_ready(), "a request for zero permits never waits");
    assert!(semaphore.try_acquire_many(0).is_some());
    assert_eq!(semaphore.in_use(), 0);
    waiting.assert_pending();
}

#[test]
fn request_above_limit_waits_until_limit_is_raised() {
    let semaphore = Semaphore::new(2);
    let mut large = Task::waiting(semaphore.acquire_many(4));
    semaphore.add_permits(1);
    large.assert_pending();
    semaphore.add_permits(1);
    drop(large.woken());
    assert_eq!(semaphore.available_permits(), 4);
}

#[test]
fn added_permits_raise_limit_and_grant_waiters() {
    let semaphore = Semaphore::new(0);
    let waiters = [(); 3].map(|()| Task::waiting(semaphore.acquire()));
    semaphore.add_permits(4);
    assert_eq!((semaphore.max_permits(), semaphore.available_permits()), (4, 1));
    for waiter in waiters {
        drop(waiter.woken());
    }
    assert_eq!(semaphore.available_permits(), 4);
}

#[test]
fn adding_zero_permits_changes_nothing() {
    let semaphore = Semaphore::new(0);
    let mut waiting = Task::waiting(semaphore.acquire());
    semaphore.add_permits(0);
    waiting.assert_pending();
    assert_eq!(semaphore.max_permits(), 0);
}

#[test]
fn largest_semaphore_counts_correctly() {
    let semaphore = Semaphore::new(Semaphore::MAX_PERMITS);
    let all = semaphore.try_acquire_many(Semaphore::MAX_PERMITS).unwrap();
    assert_eq!(semaphore.available_permits(), 0);
    let one = Task::waiting(semaphore.acquire());
    drop(all);
    drop(one.woken());
    assert_eq!(semaphore.available_permits(), Semaphore::MAX_PERMITS);
    assert!(semaphore.try_acquire_many(usize::MAX).is_none());
}

#[test]
fn debug_shows_metrics() {
    let semaphore = Counted::new(Semaphore::new(3));
    let permit = semaphore.try_acquire_many(2).unwrap();
    let metrics = ["max_permits: 3", "available_permits: 1", "in_use: 2", "debt: 0", "waiters: 0"];
    assert_shows(&semaphore, &metrics);
    assert_shows(&semaphore, &["Semaphore { max_permits"]);
    assert_shows(&permit, &["SemaphorePermit { num_permits: 2", "max_permits: 3"]);
    let acquire = semaphore.acquire_many(5);
    assert_shows(&acquire, &["Acquire { num_permits: 5, is_queued: false"]);
    let acquire = Counted::clone(&semaphore).acquire_many_owned(4);
    assert_shows(&acquire, &["Acquire { num_permits: 4, is_queued: false"]);
    let permit = Counted::clone(&semaphore).try_acquire_owned().unwrap();
    assert_shows(&permit, &["SemaphorePermit { num_permits: 1", "max_permits: 3"]);
}

#[test]
fn future_returns_requested_permits() {
    let semaphore = Counted::new(Semaphore::new(3));
    assert_eq!(semaphore.acquire().num_permits(), 1);
    assert_eq!(semaphore.acquire_many(5).num_permits(), 5);
    assert_eq!(Counted::clone(&semaphore).acquire_owned().num_permits(), 1);
    assert_eq!(semaphore.acquire_many_owned(5).num_permits(), 5);
}
