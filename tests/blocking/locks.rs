//! Threads that block on locks, and on the value of a cell.

use std::{sync::Arc, thread};

use compio_sync::{Mutex, OnceCell, RwLock, RwLockWriteGuard};

use super::{distant_deadline, passed_deadline};

/// Blocks threads on locks until this thread unlocks them.
#[test]
fn locks_block_until_unlocked() {
    let mutex = Arc::new(Mutex::new(0));
    let lock = Arc::new(RwLock::new(0));
    let guards = (mutex.try_lock().unwrap(), lock.try_write().unwrap());
    thread::scope(|scope| {
        let (owned_mutex, owned_lock) = (Arc::clone(&mutex), Arc::clone(&lock));
        let threads = [
            scope.spawn(|| *mutex.lock().block() += 1),
            scope.spawn(move || *owned_mutex.lock_owned().block() += 1),
            scope.spawn(|| *lock.write().block() += 1),
            scope.spawn(move || *owned_lock.write_owned().block() += 1),
        ];
        while mutex.waiters() + lock.waiters() < threads.len() {
            thread::yield_now();
        }
        drop(guards);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert_eq!((*mutex.lock().block(), *lock.read().block()), (2, 2));
    assert_eq!(*Arc::clone(&lock).read_owned().block(), 2);
}

#[test]
fn downgrade_wakes_blocked_readers() {
    let lock = RwLock::new(5);
    let mut writer = lock.try_write().unwrap();
    thread::scope(|scope| {
        let readers = [(); 4].map(|()| scope.spawn(|| *lock.read().block()));
        while lock.waiters() < readers.len() {
            thread::yield_now();
        }
        *writer = 6;
        let reader = RwLockWriteGuard::downgrade(writer);
        assert!(readers.into_iter().all(|reader| reader.join().unwrap() == 6));
        drop(reader);
    });
    assert!(lock.try_write().is_some());
}

#[test]
fn deadline_cancels_wait_for_lock() {
    let mutex = Mutex::new(5);
    let guard = mutex.lock().block();
    assert!(mutex.lock().block_until(passed_deadline()).is_none());
    assert_eq!(mutex.waiters(), 0);
    drop(guard);
    assert!(mutex.lock().block_until(passed_deadline()).is_some_and(|guard| *guard == 5));

    let lock = RwLock::new(5);
    let reader = lock.read().block();
    assert!(lock.read().block_until(passed_deadline()).is_some());
    assert!(lock.write().block_until(passed_deadline()).is_none());
    assert!(lock.read().block_until(passed_deadline()).is_some(), "no writer is queued");
    drop(reader);
    let writer = lock.write().block_until(distant_deadline());
    assert!(lock.read().block_until(passed_deadline()).is_none());
    drop(writer);
}

#[test]
fn wait_blocks_until_cell_is_initialized() {
    let cell = OnceCell::new();
    assert_eq!(cell.wait().block_until(passed_deadline()), None);
    thread::scope(|scope| {
        let blocked = [(); 4].map(|()| scope.spawn(|| cell.wait().block()));
        assert_eq!(cell.set(5), Ok(()));
        assert!(blocked.into_iter().all(|blocked| blocked.join().unwrap() == &5));
    });
    assert_eq!(cell.wait().block_until(passed_deadline()), Some(&5));
}
