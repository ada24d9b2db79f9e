//! Guards: splitting, merging, and owning a reference to the semaphore.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Counted, Semaphore};
use crate::task::Task;

#[test]
fn split_and_merge_keep_total() {
    let semaphore = Semaphore::new(5);
    let mut permits = semaphore.try_acquire_many(5).unwrap();
    let mut two = permits.split(2).unwrap();
    assert!(two.split(3).is_none());
    let empty = two.split(0).unwrap();
    assert_eq!((permits.num_permits(), two.num_permits(), empty.num_permits()), (3, 2, 0));
    assert_eq!(semaphore.in_use(), 5);
    permits.merge(empty);
    drop(permits);
    assert_eq!(semaphore.in_use(), 2);
    let mut three = semaphore.try_acquire_many(3).unwrap();
    three.merge(two);
    assert_eq!((three.num_permits(), semaphore.in_use()), (5, 5));
    drop(three);
    assert_eq!(semaphore.available_permits(), 5);
}

#[test]
fn merge_of_different_semaphores_panics_and_loses_nothing() {
    let [one, other] = [3, 4].map(|permits| Counted::new(Semaphore::new(permits)));
    let mut permit = one.try_acquire().unwrap();
    let other_permit = other.try_acquire_many(2).unwrap();
    let merged = catch_unwind(AssertUnwindSafe(|| permit.merge(other_permit)));
    let message = *merged.unwrap_err().downcast::<String>().unwrap();
    assert!(message.starts_with("cannot merge permits of different semaphores: "), "{message}");
    assert_eq!((permit.num_permits(), other.in_use()), (1, 0));

    let mut permit = Counted::clone(&one).try_acquire_owned().unwrap();
    let other_permit = Counted::clone(&other).try_acquire_owned().unwrap();
    catch_unwind(AssertUnwindSafe(|| permit.merge(other_permit))).unwrap_err();
    assert_eq!((permit.num_permits(), other.in_use()), (1, 0));
}

#[test]
fn owned_and_borrowed_waiters_share_queue() {
    let semaphore = Counted::new(Semaphore::new(1));
    let permit = semaphore.try_acquire().unwrap();
    let first = Task::waiting(Counted::clone(&semaphore).acquire_owned());
    let second = Task::waiting(semaphore.acquire());
    let mut third = Task::waiting(Counted::clone(&semaphore).acquire_many_owned(1));
    drop(permit);
    let permit = first.woken();
    drop(permit);
    let permit = second.woken();
    third.assert_pending();
    drop(permit);
    drop(third.woken());
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn owned_permit_keeps_semaphore_alive() {
    let semaphore = Counted::new(Semaphore::new(2));
    let weak = Counted::downgrade(&semaphore);
    let mut permit = semaphore.try_acquire_many_owned(2).unwrap();
    let split = permit.split(1).unwrap();
    drop(permit);
    assert_eq!(split.semaphore().available_permits(), 1);
    drop(split);
    assert!(weak.upgrade().is_none());
}

#[test]
fn owned_future_passes_its_reference_to_permit() {
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
fn failed_owned_try_acquire_drops_its_reference() {
    let semaphore = Counted::new(Semaphore::new(0));
    assert!(Counted::clone(&semaphore).try_acquire_owned().is_none());
    assert!(Counted::clone(&semaphore).try_acquire_many_owned(2).is_none());
    assert!(Counted::clone(&semaphore).try_acquire_up_to_owned(2).is_none());
    assert_eq!(Counted::strong_count(&semaphore), 1);
}

#[test]
fn granted_permit_may_own_last_reference() {
    let semaphore = Counted::new(Semaphore::new(1));
    let weak = Counted::downgrade(&semaphore);
    let permit = Counted::clone(&semaphore).try_acquire_owned().unwrap();
    let waiting = Task::waiting(semaphore.acquire_owned());
    drop(permit);
    let permit = waiting.woken();
    assert_eq!(Counted::strong_count(permit.semaphore()), 1);
    drop(permit);
    assert!(weak.upgrade().is_none());
}

#[test]
fn empty_permit_does_not_affect_queue() {
    let semaphore = Semaphore::new(0);
    let mut waiting = Task::waiting(semaphore.acquire());
    drop(semaphore.try_acquire_many(0));
    semaphore.try_acquire_many(0).unwrap().forget();
    waiting.assert_pending();
    assert_eq!(semaphore.max_permits(), 0);
}
