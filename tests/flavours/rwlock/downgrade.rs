//! Writers that become readers.

use std::{cell::RefCell, rc::Rc};

use super::{
    Counted, OwnedRwLockWriteGuard, Primitive as RwLock, RwLockWriteGuard, lock_owned, try_lock,
};
use crate::{
    assertions::{assert_does_not_allocate, panic_message},
    hooked_waker::{on_wake, panics_when_woken, waiting_with},
    task::Task,
};

/// There are more readers than one batch of wakeups has.
#[test]
fn downgrade_lets_readers_in() {
    let lock = RwLock::new(5);
    let mut writer = lock.try_write().unwrap();
    let readers: Vec<_> = (0..100).map(|_| Task::waiting(lock.read())).collect();
    *writer = 6;
    let reader = RwLockWriteGuard::downgrade(writer);
    assert_eq!((*reader, lock.waiters()), (6, 0));
    assert!(readers.into_iter().all(|reader| *reader.woken() == 6));
    assert!(lock.try_read().is_some());
    assert!(lock.try_write().is_none());
    drop(reader);
    assert!(lock.try_write().is_some());
}

#[test]
fn downgrade_lets_no_waiter_pass_queued_writer() {
    let lock = RwLock::new(5);
    let writer = lock.try_write().unwrap();
    let front = Task::waiting(lock.read());
    let mut next = Task::waiting(lock.write());
    let mut late = Task::waiting(lock.read());
    let reader = RwLockWriteGuard::downgrade(writer);
    drop(front.woken());
    next.assert_pending();
    late.assert_pending();
    assert!(lock.try_read().is_none());
    drop(reader);
    late.assert_pending();
    drop(next.woken());
    drop(late.woken());
}

#[test]
fn downgrade_behind_queued_writer_lets_no_waiter_in() {
    let lock = RwLock::new(5);
    let writer = lock.try_write().unwrap();
    let mut next = Task::waiting(lock.write());
    let mut late = Task::waiting(lock.read());
    let reader = RwLockWriteGuard::downgrade(writer);
    next.assert_pending();
    late.assert_pending();
    drop(reader);
    drop(next.woken());
    drop(late.woken());
}

#[test]
fn downgraded_owned_guard_keeps_its_reference() {
    let lock = Counted::new(RwLock::new(5));
    let holder = try_lock(&lock);
    let waiting = Task::waiting(lock_owned(&lock));
    drop(holder);
    let reader = OwnedRwLockWriteGuard::downgrade(waiting.woken());
    assert_eq!((*reader, Counted::strong_count(&lock)), (5, 2));
    assert!(lock.try_read().is_some());
    drop(reader);
    assert_eq!(Counted::strong_count(&lock), 1);
    assert!(lock.try_write().is_some());
}

#[test]
fn downgrade_does_not_allocate() {
    assert_does_not_allocate(|| {
        let lock = RwLock::new(5);
        drop(RwLockWriteGuard::downgrade(lock.try_write().unwrap()));
    });
}

/// A panic of `downgrade` drops the guard, after all readers were granted.
#[test]
fn panicking_waker_of_downgrade_releases_only_its_own_lock() {
    let lock = RwLock::new(5);
    let mut writer = lock.try_write().unwrap();
    *writer = 6;
    let panicking = waiting_with(&panics_when_woken("no"), lock.read());
    let reader = Task::waiting(lock.read());
    let mut next = Task::waiting(lock.write());
    assert_eq!(panic_message(|| RwLockWriteGuard::downgrade(writer)), "no");
    let reader = reader.woken();
    assert_eq!(*reader, 6);
    drop(reader);
    next.assert_pending();
    drop(panicking);
    assert_eq!(*next.woken(), 6);
    assert!(lock.try_write().is_some());
}

#[test]
fn panicking_waker_of_downgrade_leaves_lock_free_without_readers() {
    let lock = RwLock::new(5);
    let writer = lock.try_write().unwrap();
    let panicking = waiting_with(&panics_when_woken("no"), lock.read());
    assert_eq!(panic_message(|| RwLockWriteGuard::downgrade(writer)), "no");
    assert!(lock.try_write().is_none(), "the reader is granted");
    drop(panicking);
    assert!(lock.try_write().is_some());
}

#[test]
fn downgraded_lock_is_held_while_wakers_run() {
    let lock = Counted::new(RwLock::new(5));
    let reader = Rc::new(RefCell::new(None));
    let captured = (Counted::clone(&lock), Rc::clone(&reader));
    let waker = on_wake(move || {
        drop(captured.1.take());
        assert!(captured.0.try_write().is_none(), "the downgraded guard holds the lock");
        assert!(captured.0.try_read().is_some());
    });
    let writer = lock.try_write().unwrap();
    let waiting = waiting_with(&waker, Counted::clone(&lock).read_owned());
    *reader.borrow_mut() = Some(waiting);
    let downgraded = RwLockWriteGuard::downgrade(writer);
    assert!(reader.take().is_none());
    drop(downgraded);
    assert!(lock.try_write().is_some());
}

#[cfg(feature = "std")]
#[test]
fn downgrade_during_unwind_does_not_abort() {
    struct DowngradesOnDrop<'a>(Option<RwLockWriteGuard<'a, u32>>);
    impl Drop for DowngradesOnDrop<'_> {
        fn drop(&mut self) {
            drop(RwLockWriteGuard::downgrade(self.0.take().unwrap()));
        }
    }
    let lock = RwLock::new(5);
    let writer = lock.try_write();
    let mut panicking = waiting_with(&panics_when_woken("second"), lock.read());
    let reader = Task::waiting(lock.read());
    let message = panic_message(|| {
        let _downgrades = DowngradesOnDrop(writer);
        panic!("first");
    });
    assert_eq!(message, "first");
    drop(reader.woken());
    assert!(panicking.poll().is_ready());
    assert!(lock.try_write().is_some());
}
