//! A limit that moves while permits are in use.

use std::error::Error;

use super::Semaphore;
use crate::task::Task;

/// Available, debt, max, in use.
fn numbers(semaphore: &Semaphore) -> [usize; 4] {
    [semaphore.available_permits(), semaphore.debt(), semaphore.max_permits(), semaphore.in_use()]
}

#[test]
fn lowering_below_what_is_held_makes_a_debt_that_is_paid_first() {
    let semaphore = Semaphore::new(4);
    let [one, other] = [(); 2].map(|()| semaphore.try_acquire_many(2).unwrap());
    assert_eq!(semaphore.reduce_permits(3), 3);
    assert_eq!(numbers(&semaphore), [0, 3, 1, 4]);
    let mut waiter = Task::waiting(semaphore.acquire());
    drop(one);
    assert_eq!(numbers(&semaphore), [0, 1, 1, 2]);
    waiter.assert_asleep();
    drop(other);
    let permit = waiter.woken();
    assert_eq!(numbers(&semaphore), [0, 0, 1, 1]);
    drop(permit);
    assert_eq!(numbers(&semaphore), [1, 0, 1, 0]);
}

#[test]
fn lowering_takes_nothing_from_a_waiter_that_was_granted() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let granted = Task::waiting(semaphore.acquire());
    drop(permit);
    assert_eq!(semaphore.set_max_permits(0), 1);
    assert_eq!(numbers(&semaphore), [0, 1, 0, 1]);
    drop(granted.woken());
    assert_eq!(numbers(&semaphore), [0, 0, 0, 0]);
}

#[test]
fn the_limit_is_lowered_to_nothing_at_the_most() {
    let semaphore = Semaphore::new(2);
    assert_eq!(semaphore.reduce_permits(usize::MAX), 2);
    assert_eq!(semaphore.reduce_permits(1), 0);
    assert_eq!(numbers(&semaphore), [0, 0, 0, 0]);
}

#[test]
fn raising_pays_the_debt_and_then_serves_the_queue_at_once() {
    let semaphore = Semaphore::new(3);
    let _held = semaphore.try_acquire_many(3).unwrap();
    semaphore.set_max_permits(1);
    let waiters: Vec<_> = (0..100).map(|_| Task::waiting(semaphore.acquire())).collect();
    semaphore.add_permits(2);
    assert_eq!(numbers(&semaphore), [0, 0, 3, 3]);
    assert_eq!(semaphore.waiters(), 100, "what was added has paid the debt");
    assert_eq!(semaphore.set_max_permits(200), 3);
    assert_eq!(numbers(&semaphore), [97, 0, 200, 103]);
    for waiter in waiters {
        drop(waiter.woken());
    }
}

#[test]
fn forgetting_free_permits_takes_no_more_than_are_free() {
    let semaphore = Semaphore::new(5);
    let held = semaphore.try_acquire_many(2).unwrap();
    assert_eq!(semaphore.forget_permits(1), 1);
    assert_eq!(semaphore.forget_permits(9), 2);
    assert_eq!(semaphore.forget_permits(9), 0);
    assert_eq!(numbers(&semaphore), [0, 0, 2, 2]);
    semaphore.reduce_permits(1);
    assert_eq!(semaphore.forget_permits(9), 0, "a debt leaves nothing free");
    drop(held);
    assert_eq!(numbers(&semaphore), [1, 0, 1, 0]);
}

#[test]
fn free_permits_can_be_forgotten_from_under_a_waiter_that_wants_more() {
    let semaphore = Semaphore::new(2);
    let mut big = Task::waiting(semaphore.acquire_many(3));
    assert_eq!(semaphore.forget_permits(2), 2);
    semaphore.add_permits(2);
    big.assert_asleep();
    semaphore.add_permits(1);
    drop(big.woken());
}

#[test]
fn a_forgotten_permit_lowers_limit_and_in_use_alike() {
    let semaphore = Semaphore::new(5);
    let mut waiter = Task::waiting(semaphore.acquire_many(6));
    semaphore.forget_permits(5);
    drop(waiter);
    semaphore.add_permits(5);
    let permits = semaphore.try_acquire_many(3).unwrap();
    waiter = Task::waiting(semaphore.acquire_many(3));
    permits.forget();
    assert_eq!(numbers(&semaphore), [2, 0, 2, 0]);
    waiter.assert_asleep();
    semaphore.add_permits(1);
    drop(waiter.woken());
}

#[test]
fn a_permit_forgotten_when_the_limit_is_lower_pays_the_rest_of_the_debt() {
    let semaphore = Semaphore::new(5);
    let [three, two] = [3, 2].map(|permits| semaphore.try_acquire_many(permits).unwrap());
    semaphore.set_max_permits(2);
    assert_eq!(numbers(&semaphore), [0, 3, 2, 5]);
    three.forget();
    assert_eq!(numbers(&semaphore), [0, 2, 0, 2]);
    drop(two);
    assert_eq!(numbers(&semaphore), [0, 0, 0, 0]);
}

#[test]
fn a_limit_above_the_maximum_is_an_error_that_names_the_numbers() {
    let semaphore = Semaphore::new(3);
    let max = Semaphore::MAX_PERMITS;
    let added: Box<dyn Error> = semaphore.try_add_permits(max - 2).unwrap_err().into();
    for number in [3, max - 2, max] {
        assert!(added.to_string().contains(&number.to_string()), "{added} must name {number}");
    }
    let set = semaphore.try_set_max_permits(max + 1).unwrap_err();
    for number in [max + 1, max] {
        assert!(set.to_string().contains(&number.to_string()), "{set} must name {number}");
    }
    assert_eq!(numbers(&semaphore), [3, 0, 3, 0]);
    semaphore.add_permits(max - 3);
    assert_eq!(numbers(&semaphore), [max, 0, max, 0], "up to the maximum it can rise");
    assert_eq!(semaphore.try_set_max_permits(max), Ok(max));
}

#[test]
fn the_limit_can_go_from_end_to_end_with_everything_in_use() {
    let max = Semaphore::MAX_PERMITS;
    let semaphore = Semaphore::new(max);
    let all = semaphore.try_acquire_many(max).unwrap();
    assert_eq!(semaphore.set_max_permits(0), max);
    assert_eq!(numbers(&semaphore), [0, max, 0, max]);
    semaphore.set_max_permits(max);
    assert_eq!(numbers(&semaphore), [0, 0, max, max]);
    semaphore.reduce_permits(max);
    drop(all);
    assert_eq!(numbers(&semaphore), [0, 0, 0, 0]);
}

#[test]
fn up_to_takes_what_is_free_but_passes_nobody() {
    let semaphore = Semaphore::new(3);
    assert_eq!(semaphore.try_acquire_up_to(2).unwrap().num_permits(), 2);
    let all = semaphore.try_acquire_up_to(9).unwrap();
    assert_eq!(all.num_permits(), 3);
    assert!(semaphore.try_acquire_up_to(1).is_none());
    drop(all);
    assert!(semaphore.try_acquire_up_to(0).is_none(), "nothing is not a permit");
    let _big = Task::waiting(semaphore.acquire_many(4));
    assert!(semaphore.try_acquire_up_to(1).is_none());
}
