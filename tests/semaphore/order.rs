//! First come, first served.

use super::Semaphore;
use crate::task::Task;

#[test]
fn waiters_are_served_in_the_order_of_their_first_poll() {
    let semaphore = Semaphore::new(1);
    let mut permit = semaphore.try_acquire().unwrap();
    let mut made_first = Task::new(semaphore.acquire());
    let polled_first = Task::waiting(semaphore.acquire());
    assert!(made_first.poll().is_pending());
    let last = Task::waiting(semaphore.acquire());
    for task in [polled_first, made_first, last] {
        drop(permit);
        permit = task.woken();
    }
}

#[test]
fn a_poll_in_between_does_not_change_the_order() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let first = Task::waiting(semaphore.acquire());
    let mut second = Task::waiting(semaphore.acquire());
    second.assert_asleep();
    drop(permit);
    second.assert_asleep();
    drop(first.woken());
    drop(second.woken());
}

#[test]
fn nobody_passes_a_queued_waiter() {
    let semaphore = Semaphore::new(2);
    let one = semaphore.try_acquire().unwrap();
    let other = semaphore.try_acquire().unwrap();
    let big = Task::waiting(semaphore.acquire_many(2));
    drop(one);
    assert_eq!(semaphore.available_permits(), 1);
    assert!(semaphore.try_acquire().is_none(), "the free one is kept for the front");
    let mut small = Task::waiting(semaphore.acquire());
    drop(other);
    small.assert_asleep();
    drop(big.woken());
    drop(small.woken());
}

#[test]
fn nobody_passes_a_woken_waiter() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let waiter = Task::waiting(semaphore.acquire());
    drop(permit);
    assert_eq!(semaphore.in_use(), 1, "granted is in use, polled or not");
    assert!(semaphore.try_acquire().is_none());
    let mut late = Task::waiting(semaphore.acquire());
    let permit = waiter.woken();
    late.assert_asleep();
    drop(permit);
    drop(late.woken());
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn a_small_request_waits_behind_a_big_one() {
    let semaphore = Semaphore::new(3);
    let [one, other] = [(); 2].map(|()| semaphore.try_acquire().unwrap());
    let mut big = Task::waiting(semaphore.acquire_many(3));
    let mut small = Task::waiting(semaphore.acquire());
    drop(one);
    assert_eq!(semaphore.available_permits(), 2, "enough for the small one");
    big.assert_asleep();
    small.assert_asleep();
    drop(other);
    let permits = big.woken();
    small.assert_asleep();
    drop(permits);
    drop(small.woken());
}

#[test]
fn one_release_serves_all_that_it_is_enough_for() {
    let semaphore = Semaphore::new(6);
    let all = semaphore.try_acquire_many(6).unwrap();
    let one = Task::waiting(semaphore.acquire());
    let two = Task::waiting(semaphore.acquire_many(2));
    let three = Task::waiting(semaphore.acquire_many(3));
    let mut more = Task::waiting(semaphore.acquire());
    drop(all);
    assert_eq!(semaphore.in_use(), 6);
    more.assert_asleep();
    drop((one.woken(), two.woken(), three.woken()));
    drop(more.woken());
    assert_eq!(semaphore.available_permits(), 6);
}

#[test]
fn a_release_serves_many_batches() {
    let semaphore = Semaphore::new(0);
    let waiters: Vec<_> = (0..100).map(|_| Task::waiting(semaphore.acquire())).collect();
    semaphore.add_permits(100);
    let permits: Vec<_> = waiters.into_iter().map(Task::woken).collect();
    assert_eq!(semaphore.in_use(), 100);
    drop(permits);
    assert_eq!(semaphore.available_permits(), 100);
}

#[test]
fn with_nobody_queued_permits_are_had_at_once() {
    let semaphore = Semaphore::new(2);
    let mut acquire = Task::new(semaphore.acquire_many(2));
    assert!(acquire.poll().is_ready());
    assert_eq!(acquire.wakes(), 0);
}
