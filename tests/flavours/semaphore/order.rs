//! Fairness: permits are granted in FIFO order of the first polls.

use super::Semaphore;
use crate::task::Task;

#[test]
fn waiters_are_granted_in_order_of_first_poll() {
    let semaphore = Semaphore::new(1);
    let mut permit = semaphore.try_acquire().unwrap();
    let mut created_first = Task::new(semaphore.acquire());
    let polled_first = Task::waiting(semaphore.acquire());
    assert!(created_first.poll().is_pending());
    let last = Task::waiting(semaphore.acquire());
    for task in [polled_first, created_first, last] {
        drop(permit);
        permit = task.woken();
    }
}

#[test]
fn repoll_keeps_place_in_queue() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let first = Task::waiting(semaphore.acquire());
    let mut second = Task::waiting(semaphore.acquire());
    second.assert_pending();
    drop(permit);
    second.assert_pending();
    drop(first.woken());
    drop(second.woken());
}

#[test]
fn queued_waiter_is_not_overtaken() {
    let semaphore = Semaphore::new(2);
    let one = semaphore.try_acquire().unwrap();
    let other = semaphore.try_acquire().unwrap();
    let large = Task::waiting(semaphore.acquire_many(2));
    drop(one);
    assert_eq!(semaphore.available_permits(), 1);
    assert!(semaphore.try_acquire().is_none(), "the available permit is reserved for the front");
    let mut small = Task::waiting(semaphore.acquire());
    drop(other);
    small.assert_pending();
    drop(large.woken());
    drop(small.woken());
}

#[test]
fn granted_waiter_is_not_overtaken() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let waiter = Task::waiting(semaphore.acquire());
    drop(permit);
    assert_eq!(semaphore.in_use(), 1, "a granted permit is in use before the next poll");
    assert!(semaphore.try_acquire().is_none());
    let mut late = Task::waiting(semaphore.acquire());
    let permit = waiter.woken();
    late.assert_pending();
    drop(permit);
    drop(late.woken());
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn small_request_waits_behind_large_one() {
    let semaphore = Semaphore::new(3);
    let [one, other] = [(); 2].map(|()| semaphore.try_acquire().unwrap());
    let mut large = Task::waiting(semaphore.acquire_many(3));
    let mut small = Task::waiting(semaphore.acquire());
    drop(one);
    assert_eq!(semaphore.available_permits(), 2, "the small request would fit");
    large.assert_pending();
    small.assert_pending();
    drop(other);
    let permits = large.woken();
    small.assert_pending();
    drop(permits);
    drop(small.woken());
}

#[test]
fn one_release_grants_all_waiters_that_fit() {
    let semaphore = Semaphore::new(6);
    let all = semaphore.try_acquire_many(6).unwrap();
    let one = Task::waiting(semaphore.acquire());
    let two = Task::waiting(semaphore.acquire_many(2));
    let three = Task::waiting(semaphore.acquire_many(3));
    let mut more = Task::waiting(semaphore.acquire());
    drop(all);
    assert_eq!(semaphore.in_use(), 6);
    more.assert_pending();
    drop((one.woken(), two.woken(), three.woken()));
    drop(more.woken());
    assert_eq!(semaphore.available_permits(), 6);
}

#[test]
fn one_release_grants_many_batches() {
    let semaphore = Semaphore::new(0);
    let waiters: Vec<_> = (0..100).map(|_| Task::waiting(semaphore.acquire())).collect();
    semaphore.add_permits(100);
    let permits: Vec<_> = waiters.into_iter().map(Task::woken).collect();
    assert_eq!(semaphore.in_use(), 100);
    drop(permits);
    assert_eq!(semaphore.available_permits(), 100);
}

#[test]
fn first_poll_acquires_if_queue_is_empty() {
    let semaphore = Semaphore::new(2);
    let mut acquire = Task::new(semaphore.acquire_many(2));
    assert!(acquire.poll().is_ready());
    assert_eq!(acquire.wakeups(), 0);
}
