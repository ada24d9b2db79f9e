//! When the data is dropped, and data whose `Drop` panics or uses the lock.
#![allow(clippy::arc_with_non_send_sync, reason = "the data stays on this thread")]

use std::{cell::Cell, rc::Rc};

use super::{Counted, Primitive, lock, lock_owned, try_lock, try_lock_owned};
use crate::{assertions::panic_message, task::Task};

/// Runs a closure when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn data_is_dropped_exactly_once() {
    let drops = Cell::new(0);
    let counted = || OnDrop(|| drops.set(drops.get() + 1));
    let primitive = Primitive::new(counted());
    drop(try_lock(&primitive));
    assert_eq!(drops.get(), 0);
    drop(primitive);
    assert_eq!(drops.get(), 1);
    let data = Primitive::new(counted()).into_inner();
    assert_eq!(drops.get(), 1);
    drop(data);
    assert_eq!(drops.get(), 2);
}

#[test]
fn last_owned_guard_drops_data_after_unlock() {
    let drops = Rc::new(Cell::new(0));
    let captured = Rc::clone(&drops);
    let primitive = Counted::new(Primitive::new(OnDrop(move || captured.set(captured.get() + 1))));
    let guard = try_lock_owned(&primitive).unwrap();
    let waiting = Task::waiting(lock_owned(&primitive));
    drop(primitive);
    drop(guard);
    assert_eq!(drops.get(), 0);
    let guard = waiting.woken();
    assert_eq!(drops.get(), 0);
    drop(guard);
    assert_eq!(drops.get(), 1);
}

#[test]
fn last_owned_future_drops_data() {
    let drops = Rc::new(Cell::new(0));
    let captured = Rc::clone(&drops);
    let primitive = Counted::new(Primitive::new(OnDrop(move || captured.set(captured.get() + 1))));
    let guard = try_lock_owned(&primitive).unwrap();
    let granted = Task::waiting(lock_owned(&primitive));
    drop((primitive, guard));
    drop(granted);
    assert_eq!(drops.get(), 1);
}

#[test]
fn owned_guard_drops_its_reference() {
    let primitive = Counted::new(Primitive::new(()));
    let guard = try_lock_owned(&primitive);
    assert_eq!(Counted::strong_count(&primitive), 2);
    assert!(try_lock_owned(&primitive).is_none());
    assert_eq!(Counted::strong_count(&primitive), 2);
    drop(guard);
    assert_eq!(Counted::strong_count(&primitive), 1);
}

#[test]
fn panicking_drop_of_data_unlocks() {
    let primitive = Primitive::new(Some(OnDrop(|| panic!("dropped"))));
    let mut guard = try_lock(&primitive).unwrap();
    let next = Task::waiting(lock(&primitive));
    let message = panic_message(move || *guard = None);
    assert_eq!(message, "dropped");
    assert!(next.woken().is_none());
    assert!(try_lock(&primitive).is_some());
}

#[test]
fn panicking_drop_of_data_propagates_from_last_guard() {
    let primitive = Counted::new(Primitive::new(OnDrop(|| panic!("dropped"))));
    let guard = try_lock_owned(&primitive);
    drop(primitive);
    assert_eq!(panic_message(|| drop(guard)), "dropped");
}

/// Data that uses the lock that contains it when it is dropped.
struct UsesLock {
    primitive: Counted<Primitive<Option<UsesLock>>>,
    was_locked: Rc<Cell<bool>>,
}

impl Drop for UsesLock {
    fn drop(&mut self) {
        self.was_locked.set(try_lock(&self.primitive).is_none());
        let mut waiting = Task::new(lock(&self.primitive));
        assert_eq!(waiting.poll().is_pending(), self.was_locked.get());
    }
}

#[test]
fn drop_of_data_may_use_lock() {
    let primitive = Counted::new(Primitive::new(None));
    let was_locked = Rc::new(Cell::new(false));
    let data =
        UsesLock { primitive: Counted::clone(&primitive), was_locked: Rc::clone(&was_locked) };
    *try_lock(&primitive).unwrap() = Some(data);
    let mut guard = try_lock(&primitive).unwrap();
    *guard = None;
    assert!(was_locked.get());
    assert_eq!(primitive.waiters(), 0);
    drop(guard);
    assert!(try_lock(&primitive).is_some());
    assert_eq!(Counted::strong_count(&primitive), 1);
}
