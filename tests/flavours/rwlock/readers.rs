//! Readers, which share the lock.

use std::{
    fmt::Debug,
    pin::pin,
    task::{Context, Waker},
};

use super::{Counted, Primitive as RwLock};
use crate::{
    assertions::{assert_does_not_allocate, panic_message},
    hooked_waker::{panics_when_woken, waiting_with},
    task::Task,
};

#[test]
fn readers_share_lock_and_exclude_writer() {
    let lock = RwLock::new(5);
    let readers = [(); 3].map(|()| lock.try_read().unwrap());
    assert!(readers.iter().all(|reader| **reader == 5));
    assert!(Task::new(lock.read()).poll().is_ready());
    assert!(lock.try_write().is_none());
    let mut writer = Task::waiting(lock.write());
    let [first, second, last] = readers;
    drop((first, second));
    writer.assert_pending();
    drop(last);
    *writer.woken() = 6;
    assert_eq!(*lock.try_read().unwrap(), 6);
}

#[test]
fn writer_excludes_readers() {
    let lock = RwLock::new(5);
    let mut writer = lock.try_write().unwrap();
    assert!(lock.try_read().is_none());
    let reader = Task::waiting(lock.read());
    *writer = 6;
    drop(writer);
    assert_eq!(*reader.woken(), 6);
}

#[test]
fn reader_behind_queued_writer_waits() {
    let lock = RwLock::new(());
    let reader = lock.try_read();
    let writer = Task::waiting(lock.write());
    let mut late = Task::waiting(lock.read());
    assert!(lock.try_read().is_none(), "`try_read` does not barge");
    assert_eq!(lock.waiters(), 2);
    drop(reader);
    late.assert_pending();
    drop(writer.woken());
    drop(late.woken());
}

/// Awaiting the second read would deadlock.
#[test]
fn recursive_read_behind_queued_writer_waits() {
    let lock = RwLock::new(());
    let outer = lock.try_read();
    let nested = Task::new(lock.read()).poll();
    assert!(nested.is_ready(), "no writer is queued");
    drop(nested);
    let writer = Task::waiting(lock.write());
    drop(Task::waiting(lock.read()));
    assert!(lock.try_read().is_none());
    drop(writer);
    assert!(lock.try_read().is_some());
    drop(outer);
}

/// There are more readers than one batch of wakeups has.
#[test]
fn consecutive_readers_enter_together() {
    let lock = RwLock::new(());
    let holder = lock.try_write();
    let readers: Vec<_> = (0..100).map(|_| Task::waiting(lock.read())).collect();
    let mut writer = Task::waiting(lock.write());
    let mut late = Task::waiting(lock.read());
    drop(holder);
    assert_eq!(lock.waiters(), 2);
    let mut guards: Vec<_> = readers.into_iter().map(Task::woken).collect();
    writer.assert_pending();
    late.assert_pending();
    let last = guards.pop();
    drop(guards);
    writer.assert_pending();
    drop(last);
    late.assert_pending();
    drop(writer.woken());
    drop(late.woken());
}

#[test]
fn readers_and_writers_alternate_in_fifo_order() {
    let lock = RwLock::new(0);
    let holder = lock.try_write();
    let tasks: Vec<_> =
        (0..10).map(|_| (Task::waiting(lock.read()), Task::waiting(lock.write()))).collect();
    drop(holder);
    for (turn, (reader, mut writer)) in tasks.into_iter().enumerate() {
        let reader = reader.woken();
        assert_eq!(*reader, turn);
        writer.assert_pending();
        drop(reader);
        *writer.woken() += 1;
    }
    assert_eq!(lock.into_inner(), 10);
}

#[test]
fn granted_reader_excludes_writer_before_its_poll() {
    let lock = RwLock::new(());
    let holder = lock.try_write();
    let reader = Task::waiting(lock.read());
    drop(holder);
    assert!(lock.try_write().is_none());
    assert!(lock.try_read().is_some(), "no writer is queued");
    drop(reader.woken());
    assert!(lock.try_write().is_some());
}

#[test]
fn owned_and_borrowed_readers_share_lock() {
    let lock = Counted::new(RwLock::new(5));
    let holder = Counted::clone(&lock).try_write_owned();
    assert!(Counted::clone(&lock).try_read_owned().is_none());
    let owned = Task::waiting(Counted::clone(&lock).read_owned());
    let borrowed = Task::waiting(lock.read());
    let mut writer = Task::waiting(Counted::clone(&lock).write_owned());
    assert_eq!(Counted::strong_count(&lock), 4);
    drop(holder);
    let readers = (owned.woken(), borrowed.woken());
    assert_eq!((*readers.0, *readers.1), (5, 5));
    writer.assert_pending();
    drop(readers);
    drop(writer.woken());
    let reader = Counted::clone(&lock).try_read_owned();
    assert_eq!(Counted::strong_count(&lock), 2);
    drop(reader);
    assert_eq!(Counted::strong_count(&lock), 1);
}

#[test]
fn reader_shows_data() {
    let lock = RwLock::new(5);
    let reader = lock.try_read().unwrap();
    assert_eq!((reader.to_string(), format!("{reader:?}")), ("5".into(), "5".into()));
    assert_eq!(format!("{lock:?}"), "RwLock { data: 5, waiters: 0 }");
    let writer = Task::waiting(lock.write());
    assert_eq!(format!("{lock:?}"), "RwLock { data: <locked>, waiters: 1 }");
    drop(writer);
}

#[test]
fn reader_of_unsized_data_shares_lock() {
    let sized = RwLock::new(5);
    let lock: &RwLock<dyn Debug> = &sized;
    let readers = [(); 2].map(|()| lock.try_read().unwrap());
    assert_eq!(format!("{:?}", &*readers[0]), "5");
    let writer = Task::waiting(lock.write());
    let late = Task::waiting(lock.read());
    drop(readers);
    drop(writer.woken());
    drop(late.woken());
    let owned: Counted<RwLock<dyn Debug>> = Counted::new(sized);
    let reader = Task::new(owned.read_owned()).poll();
    assert!(reader.is_ready());
}

#[test]
fn panic_of_reader_releases_lock() {
    let lock = RwLock::new(5);
    let reader = lock.try_read();
    let writer = Task::waiting(lock.write());
    let message = panic_message(|| {
        let _reader = reader;
        panic!("no");
    });
    assert_eq!(message, "no");
    assert_eq!(*writer.woken(), 5);
}

#[test]
fn poll_of_reader_after_completion_panics() {
    let lock = RwLock::new(5);
    let mut reader = Task::new(lock.read());
    assert!(reader.poll().is_ready());
    assert_eq!(panic_message(|| reader.poll()), "future polled after completion");
    drop(reader);
    assert!(lock.try_write().is_some());
}

#[test]
fn debug_shows_whether_reader_is_queued() {
    let lock = RwLock::new(5);
    let holder = lock.try_write();
    let mut reader = Task::new(lock.read());
    assert_eq!(format!("{:?}", reader.future), "ReadLock { is_queued: false }");
    assert!(reader.poll().is_pending());
    assert_eq!(format!("{:?}", reader.future), "ReadLock { is_queued: true }");
    drop(holder);
    drop(reader.woken());
}

#[test]
fn latest_waker_of_reader_is_woken() {
    let lock = RwLock::new(5);
    let holder = lock.try_write();
    let mut reader = Task::waiting(lock.read());
    let old = reader.change_waker();
    reader.assert_pending();
    drop(holder);
    assert_eq!(old.wakeups(), 0);
    drop(reader.woken());
}

/// Grants 100 readers, and asserts that all of them are granted although some wakers panic. The
/// first panic must be the one that propagates.
fn assert_other_readers_are_woken(panicking: &[usize]) {
    let lock = RwLock::new(5);
    let holder = lock.try_write();
    let wait_as = |number: usize| match panicking.contains(&number) {
        true => waiting_with(&panics_when_woken(&number.to_string()), lock.read()),
        false => Task::waiting(lock.read()),
    };
    let readers: Vec<_> = (0..100).map(wait_as).collect();
    assert_eq!(panic_message(|| drop(holder)), panicking[0].to_string());
    assert_eq!(lock.waiters(), 0);
    for (number, mut reader) in readers.into_iter().enumerate() {
        assert_eq!(reader.wakeups(), usize::from(!panicking.contains(&number)));
        assert!(lock.try_write().is_none(), "reader {number} is not granted");
        assert!(reader.poll().is_ready());
    }
    assert!(lock.try_write().is_some());
}

#[test]
fn other_readers_are_woken_if_one_waker_panics() {
    for panicking in [0, 1, 31, 32, 50, 63, 64, 99] {
        assert_other_readers_are_woken(&[panicking]);
    }
}

#[cfg(feature = "std")]
#[test]
fn other_readers_are_woken_if_many_wakers_panic() {
    assert_other_readers_are_woken(&[0, 1, 30, 31, 32, 33, 98, 99]);
}

#[test]
fn readers_do_not_allocate() {
    assert_does_not_allocate(|| {
        let lock = RwLock::new(5);
        let mut context = Context::from_waker(Waker::noop());
        let holder = lock.try_write();
        let mut readers = [pin!(lock.read()), pin!(lock.read())];
        for reader in &mut readers {
            assert!(reader.as_mut().poll(&mut context).is_pending());
        }
        {
            let cancelled = pin!(lock.read());
            assert!(cancelled.poll(&mut context).is_pending());
        }
        drop(holder);
        for reader in readers {
            assert!(reader.poll(&mut context).is_ready());
        }
        drop(lock.try_read());
    });
}
