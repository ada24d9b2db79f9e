//! Guards that are split, merged and owned.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Counted, Semaphore};
use crate::task::Task;

#[test]
fn permits_split_and_merge_and_their_sum_stays() {
    let semaphore = Semaphore::new(5);
    let mut permits = semaphore.try_acquire_many(5).unwrap();
    let mut two = permits.split(2).unwrap();
    assert!(two.split(3).is_none());
    let none = two.split(0).unwrap();
    assert_eq!((permits.num_permits(), two.num_permits(), none.num_permits()), (3, 2, 0));
    assert_eq!(semaphore.in_use(), 5);
    permits.merge(none);
    drop(permits);
    assert_eq!(semaphore.in_use(), 2);
    let mut three = semaphore.try_acquire_many(3).unwrap();
    three.merge(two);
    assert_eq!((three.num_permits(), semaphore.in_use()), (5, 5));
    drop(three);
    assert_eq!(semaphore.available_permits(), 5);
}

#[test]
fn merging_permits_of_two_semaphores_panics_and_loses_nothing() {
    let [one, other] = [3, 4].map(|permits| Counted::new(Semaphore::new(permits)));
    let mut permit = one.try_acquire().unwrap();
    let foreign = other.try_acquire_many(2).unwrap();
    let merged = catch_unwind(AssertUnwindSafe(|| permit.merge(foreign)));
    let message = *merged.unwrap_err().downcast::<String>().unwrap();
    assert!(message.contains("different semaphores"), "{message}");
    assert_eq!((permit.num_permits(), other.in_use()), (1, 0));

    let mut permit = Counted::clone(&one).try_acquire_owned().unwrap();
    let foreign = Counted::clone(&other).try_acquire_owned().unwrap();
    catch_unwind(AssertUnwindSafe(|| permit.merge(foreign))).unwrap_err();
    assert_eq!((permit.num_permits(), other.in_use()), (1, 0));
}

#[test]
fn owned_and_borrowed_waiters_stand_in_one_queue() {
    let semaphore = Counted::new(Semaphore::new(1));
    let permit = semaphore.try_acquire().unwrap();
    let first = Task::waiting(Counted::clone(&semaphore).acquire_owned());
    let second = Task::waiting(semaphore.acquire());
    let mut third = Task::waiting(Counted::clone(&semaphore).acquire_many_owned(1));
    drop(permit);
    let permit = first.woken();
    drop(permit);
    let permit = second.woken();
    third.assert_asleep();
    drop(permit);
    drop(third.woken());
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn an_owned_permit_keeps_its_semaphore() {
    let semaphore = Counted::new(Semaphore::new(2));
    let gone = Counted::downgrade(&semaphore);
    let mut permit = semaphore.try_acquire_many_owned(2).unwrap();
    let split = permit.split(1).unwrap();
    drop(permit);
    assert_eq!(split.semaphore().available_permits(), 1);
    drop(split);
    assert!(gone.upgrade().is_none());
}

#[test]
fn an_owned_acquire_keeps_its_semaphore_and_hands_it_to_its_permit() {
    let semaphore = Counted::new(Semaphore::new(0));
    let waiting = Task::waiting(Counted::clone(&semaphore).acquire_owned());
    assert_eq!(Counted::strong_count(&semaphore), 2);
    semaphore.add_permits(1);
    let permit = waiting.woken();
    assert_eq!(Counted::strong_count(&semaphore), 2);
    drop(permit);
    assert_eq!(Counted::strong_count(&semaphore), 1);
    drop(Task::waiting(Counted::clone(&semaphore).acquire_many_owned(2)));
    assert_eq!(Counted::strong_count(&semaphore), 1);
}

#[test]
fn a_refused_owned_acquire_keeps_nothing() {
    let semaphore = Counted::new(Semaphore::new(0));
    assert!(Counted::clone(&semaphore).try_acquire_owned().is_none());
    assert!(Counted::clone(&semaphore).try_acquire_many_owned(2).is_none());
    assert_eq!(Counted::strong_count(&semaphore), 1);
}

#[test]
fn the_last_handle_may_be_in_a_permit_that_is_handed_over() {
    let semaphore = Counted::new(Semaphore::new(1));
    let gone = Counted::downgrade(&semaphore);
    let permit = Counted::clone(&semaphore).try_acquire_owned().unwrap();
    let waiting = Task::waiting(semaphore.acquire_owned());
    drop(permit);
    let permit = waiting.woken();
    assert_eq!(Counted::strong_count(permit.semaphore()), 1);
    drop(permit);
    assert!(gone.upgrade().is_none());
}

#[test]
fn an_empty_permit_leaves_the_queue_alone() {
    let semaphore = Semaphore::new(0);
    let mut waiting = Task::waiting(semaphore.acquire());
    drop(semaphore.try_acquire_many(0));
    semaphore.try_acquire_many(0).unwrap().forget();
    waiting.assert_asleep();
    assert_eq!(semaphore.max_permits(), 0);
}
