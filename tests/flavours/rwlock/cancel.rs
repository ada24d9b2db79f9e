//! Readers and writers that are cancelled in the queue, or after they were granted the lock.

use super::Primitive as RwLock;
use crate::task::Task;

/// There are more readers than one batch of wakeups has.
#[test]
fn cancelled_writer_at_front_lets_readers_in() {
    let lock = RwLock::new(());
    let holder = lock.try_read();
    let front = Task::waiting(lock.write());
    let readers: Vec<_> = (0..100).map(|_| Task::waiting(lock.read())).collect();
    let mut writer = Task::waiting(lock.write());
    let mut late = Task::waiting(lock.read());
    drop(front);
    assert_eq!(lock.waiters(), 2);
    let readers: Vec<_> = readers.into_iter().map(Task::woken).collect();
    writer.assert_pending();
    late.assert_pending();
    drop((holder, readers));
    drop(writer.woken());
    drop(late.woken());
}

#[test]
fn cancelled_writer_at_front_lets_only_readers_in() {
    let lock = RwLock::new(());
    let holder = lock.try_read();
    let front = Task::waiting(lock.write());
    let mut next = Task::waiting(lock.write());
    let mut late = Task::waiting(lock.read());
    drop(front);
    next.assert_pending();
    late.assert_pending();
    drop(holder);
    drop(next.woken());
    drop(late.woken());
}

#[test]
fn cancelled_writer_behind_front_lets_no_waiter_in() {
    let lock = RwLock::new(());
    let holder = lock.try_read();
    let mut front = Task::waiting(lock.write());
    let cancelled = Task::waiting(lock.write());
    let mut reader = Task::waiting(lock.read());
    drop(cancelled);
    front.assert_pending();
    reader.assert_pending();
    drop(holder);
    reader.assert_pending();
    drop(front.woken());
    drop(reader.woken());
}

#[test]
fn cancelled_writer_at_front_of_writer_lets_no_waiter_in() {
    let lock = RwLock::new(());
    let holder = lock.try_write();
    let front = Task::waiting(lock.write());
    let mut reader = Task::waiting(lock.read());
    drop(front);
    reader.assert_pending();
    drop(holder);
    drop(reader.woken());
}

#[test]
fn cancelled_granted_writer_lets_readers_in() {
    let lock = RwLock::new(());
    let holder = lock.try_write();
    let granted = Task::waiting(lock.write());
    let readers = [(); 2].map(|()| Task::waiting(lock.read()));
    drop(holder);
    drop(granted);
    let readers = readers.map(Task::woken);
    assert!(lock.try_write().is_none());
    drop(readers);
    assert!(lock.try_write().is_some());
}

#[test]
fn cancelled_granted_readers_let_writer_in() {
    let lock = RwLock::new(());
    let holder = lock.try_write();
    let [first, last] = [(); 2].map(|()| Task::waiting(lock.read()));
    let mut writer = Task::waiting(lock.write());
    drop(holder);
    drop(first);
    writer.assert_pending();
    drop(last);
    drop(writer.woken());
    assert!(lock.try_write().is_some());
}

#[test]
fn cancelled_granted_reader_releases_lock_if_queue_is_empty() {
    let lock = RwLock::new(());
    let holder = lock.try_write();
    let granted = Task::waiting(lock.read());
    drop(holder);
    drop(granted);
    assert!(lock.try_write().is_some());
}

#[test]
fn cancelled_reader_is_skipped_at_any_position() {
    for cancelled in 0..3 {
        let lock = RwLock::new(());
        let holder = lock.try_write();
        let mut readers: Vec<_> = (0..3).map(|_| Task::waiting(lock.read())).collect();
        let writer = Task::waiting(lock.write());
        drop(readers.remove(cancelled));
        assert_eq!(lock.waiters(), 3);
        drop(holder);
        readers.into_iter().for_each(|reader| drop(reader.woken()));
        drop(writer.woken());
    }
}

#[test]
fn unpolled_reader_changes_nothing() {
    let lock = RwLock::new(());
    drop(Task::new(lock.read()));
    assert!(lock.try_write().is_some());
}
