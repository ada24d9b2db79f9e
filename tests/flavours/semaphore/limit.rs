//! Limits that change while permits are in use.

use std::error::Error;

use super::Semaphore;
use crate::task::Task;

/// Returns the available permits, the debt, the limit and the permits in use.
fn metrics(semaphore: &Semaphore) -> [usize; 4] {
    [semaphore.available_permits(), semaphore.debt(), semaphore.max_permits(), semaphore.in_use()]
}

#[test]
fn limit_below_permits_in_use_creates_debt() {
    let semaphore = Semaphore::new(4);
    let [one, other] = [(); 2].map(|()| semaphore.try_acquire_many(2).unwrap());
    assert_eq!(semaphore.reduce_permits(3), 3);
    assert_eq!(metrics(&semaphore), [0, 3, 1, 4]);
    let mut waiter = Task::waiting(semaphore.acquire());
    drop(one);
    assert_eq!(metrics(&semaphore), [0, 1, 1, 2]);
    waiter.assert_pending();
    drop(other);
    let permit = waiter.woken();
    assert_eq!(metrics(&semaphore), [0, 0, 1, 1]);
    drop(permit);
    assert_eq!(metrics(&semaphore), [1, 0, 1, 0]);
}

#[test]
fn lowered_limit_revokes_no_grant() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let granted = Task::waiting(semaphore.acquire());
    drop(permit);
    assert_eq!(semaphore.set_max_permits(0), 1);
    assert_eq!(metrics(&semaphore), [0, 1, 0, 1]);
    drop(granted.woken());
    assert_eq!(metrics(&semaphore), [0, 0, 0, 0]);
}

#[test]
fn reduced_limit_stops_at_zero() {
    let semaphore = Semaphore::new(2);
    assert_eq!(semaphore.reduce_permits(usize::MAX), 2);
    assert_eq!(semaphore.reduce_permits(1), 0);
    assert_eq!(metrics(&semaphore), [0, 0, 0, 0]);
}

#[test]
fn raised_limit_repays_debt_then_grants_waiters() {
    let semaphore = Semaphore::new(3);
    let _held = semaphore.try_acquire_many(3).unwrap();
    semaphore.set_max_permits(1);
    let waiters: Vec<_> = (0..100).map(|_| Task::waiting(semaphore.acquire())).collect();
    semaphore.add_permits(2);
    assert_eq!(metrics(&semaphore), [0, 0, 3, 3]);
    assert_eq!(semaphore.waiters(), 100, "the added permits repaid the debt");
    assert_eq!(semaphore.set_max_permits(200), 3);
    assert_eq!(metrics(&semaphore), [97, 0, 200, 103]);
    for waiter in waiters {
        drop(waiter.woken());
    }
}

#[test]
fn forget_permits_removes_only_available_permits() {
    let semaphore = Semaphore::new(5);
    let held = semaphore.try_acquire_many(2).unwrap();
    assert_eq!(semaphore.forget_permits(1), 1);
    assert_eq!(semaphore.forget_permits(9), 2);
    assert_eq!(semaphore.forget_permits(9), 0);
    assert_eq!(metrics(&semaphore), [0, 0, 2, 2]);
    semaphore.reduce_permits(1);
    assert_eq!(semaphore.forget_permits(9), 0, "no permit is available in debt");
    drop(held);
    assert_eq!(metrics(&semaphore), [1, 0, 1, 0]);
}

#[test]
fn forget_permits_removes_permits_reserved_for_waiter() {
    let semaphore = Semaphore::new(2);
    let mut large = Task::waiting(semaphore.acquire_many(3));
    assert_eq!(semaphore.forget_permits(2), 2);
    semaphore.add_permits(2);
    large.assert_pending();
    semaphore.add_permits(1);
    drop(large.woken());
}

#[test]
fn forgotten_permit_lowers_limit_and_in_use() {
    let semaphore = Semaphore::new(5);
    let mut waiter = Task::waiting(semaphore.acquire_many(6));
    semaphore.forget_permits(5);
    drop(waiter);
    semaphore.add_permits(5);
    let permits = semaphore.try_acquire_many(3).unwrap();
    waiter = Task::waiting(semaphore.acquire_many(3));
    permits.forget();
    assert_eq!(metrics(&semaphore), [2, 0, 2, 0]);
    waiter.assert_pending();
    semaphore.add_permits(1);
    drop(waiter.woken());
}

#[test]
fn forgotten_permits_beyond_limit_repay_debt() {
    let semaphore = Semaphore::new(5);
    let [three, two] = [3, 2].map(|permits| semaphore.try_acquire_many(permits).unwrap());
    semaphore.set_max_permits(2);
    assert_eq!(metrics(&semaphore), [0, 3, 2, 5]);
    three.forget();
    assert_eq!(metrics(&semaphore), [0, 2, 0, 2]);
    drop(two);
    assert_eq!(metrics(&semaphore), [0, 0, 0, 0]);
}

#[test]
fn limit_above_maximum_fails_with_values() {
    let semaphore = Semaphore::new(3);
    let max = Semaphore::MAX_PERMITS;
    let added: Box<dyn Error> = semaphore.try_add_permits(max - 2).unwrap_err().into();
    let expected =
        format!("adding {} permits to a limit of 3 exceeds MAX_PERMITS ({max})", max - 2);
    assert_eq!(added.to_string(), expected);
    let set = semaphore.try_set_max_permits(max + 1).unwrap_err();
    let expected = format!("a limit of {} permits exceeds MAX_PERMITS ({max})", max + 1);
    assert_eq!(set.to_string(), expected);
    assert_eq!(metrics(&semaphore), [3, 0, 3, 0]);
    semaphore.add_permits(max - 3);
    assert_eq!(metrics(&semaphore), [max, 0, max, 0], "the limit can be raised to the maximum");
    assert_eq!(semaphore.try_set_max_permits(max), Ok(max));
}

#[test]
fn limit_spans_full_range_with_all_permits_in_use() {
    let max = Semaphore::MAX_PERMITS;
    let semaphore = Semaphore::new(max);
    let all = semaphore.try_acquire_many(max).unwrap();
    assert_eq!(semaphore.set_max_permits(0), max);
    assert_eq!(metrics(&semaphore), [0, max, 0, max]);
    semaphore.set_max_permits(max);
    assert_eq!(metrics(&semaphore), [0, 0, max, max]);
    semaphore.reduce_permits(max);
    drop(all);
    assert_eq!(metrics(&semaphore), [0, 0, 0, 0]);
}

#[test]
fn try_acquire_up_to_does_not_barge() {
    let semaphore = Semaphore::new(3);
    assert_eq!(semaphore.try_acquire_up_to(2).unwrap().num_permits(), 2);
    let all = semaphore.try_acquire_up_to(9).unwrap();
    assert_eq!(all.num_permits(), 3);
    assert!(semaphore.try_acquire_up_to(1).is_none());
    drop(all);
    assert!(semaphore.try_acquire_up_to(0).is_none(), "no guard is empty");
    let _large = Task::waiting(semaphore.acquire_many(4));
    assert!(semaphore.try_acquire_up_to(1).is_none());
}
