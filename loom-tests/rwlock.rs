//! Races of a reader-writer lock. Its data is in a cell that either one thread writes, or several
//! threads read.

use std::task::Poll;

use compio_sync::{ReadLock, RwLock, RwLockReadGuard, RwLockWriteGuard, WriteLock};
use loom::{future::block_on, model, thread};

use crate::{bounded::bounded_model, note::Note, task::Task};

type Counter = RwLock<Note>;

fn counter() -> &'static Counter {
    Box::leak(Box::new(RwLock::new(Note::new())))
}

fn write(guard: RwLockWriteGuard<'_, Note>) {
    guard.write();
}

fn read(guard: &RwLockReadGuard<'_, Note>) -> usize {
    guard.read()
}

fn reader(counter: &'static Counter) -> Task<ReadLock<'static, Note>> {
    Task::waiting(counter.read())
}

fn writer(counter: &'static Counter) -> Task<WriteLock<'static, Note>> {
    Task::waiting(counter.write())
}

/// Asserts the state after all threads are done.
fn assert_at_rest(counter: &Counter, expected: usize) {
    counter.assert_valid();
    assert_eq!(counter.waiters(), 0);
    drop(counter.try_write().expect("the lock is free"));
    assert_eq!(read(&counter.try_read().expect("the lock is free")), expected);
}

/// The reader must see all of the write or nothing of it.
#[test]
fn read_races_write() {
    model(|| {
        let counter = counter();
        let reader = thread::spawn(|| assert!(read(&block_on(counter.read())) <= 1));
        write(block_on(counter.write()));
        reader.join().unwrap();
        assert_at_rest(counter, 1);
    });
}

/// Two writers take turns.
#[test]
fn write_races_write() {
    model(|| {
        let counter = counter();
        let writer = thread::spawn(|| write(block_on(counter.write())));
        write(block_on(counter.write()));
        writer.join().unwrap();
        assert_at_rest(counter, 2);
    });
}

/// The writer must wait until both readers are done, and must not write before.
#[test]
fn last_reader_races_writer() {
    model(|| {
        let counter = counter();
        let [one, other] = [(); 2].map(|()| counter.try_read().unwrap());
        let waiting = writer(counter);
        let reader = thread::spawn(move || {
            assert_eq!(read(&one), 0);
            drop(one);
        });
        assert_eq!(read(&other), 0);
        drop(other);
        reader.join().unwrap();
        write(waiting.woken());
        assert_at_rest(counter, 1);
    });
}

/// A writer gives up while a reader releases the lock. The reader behind it must be granted.
#[test]
fn write_cancelled_lets_readers_in() {
    model(|| {
        let counter = counter();
        let held = counter.try_read().unwrap();
        let cancelled = writer(counter);
        let behind = [(); 2].map(|()| reader(counter));
        let canceller = thread::spawn(|| drop(cancelled));
        drop(held);
        canceller.join().unwrap();
        let guards = behind.map(Task::woken);
        assert_eq!(guards.each_ref().map(read), [0, 0]);
        drop(guards);
        assert_at_rest(counter, 0);
    });
}

/// A reader that arrives while the lock is downgraded enters, and sees what the writer wrote.
#[test]
fn downgrade_races_read() {
    model(|| {
        let counter = counter();
        let guard = counter.try_write().unwrap();
        let arriving = thread::spawn(|| {
            let mut task = Task::new(counter.read());
            match task.poll() {
                Poll::Ready(guard) => {
                    assert_eq!(read(&guard), 1);
                    None
                }
                Poll::Pending => Some(task),
            }
        });
        guard.write();
        let guard = RwLockWriteGuard::downgrade(guard);
        assert_eq!(read(&guard), 1);
        if let Some(task) = arriving.join().unwrap() {
            assert_eq!(read(&task.woken()), 1, "a reader enters beside the downgraded writer");
        }
        drop(guard);
        assert_at_rest(counter, 1);
    });
}

/// A writer that is queued must not write before the downgraded guard is dropped.
#[test]
fn downgrade_races_write() {
    bounded_model(|| {
        let counter = counter();
        let guard = counter.try_write().unwrap();
        let arriving = thread::spawn(|| write(block_on(counter.write())));
        guard.write();
        let guard = RwLockWriteGuard::downgrade(guard);
        assert_eq!(read(&guard), 1);
        drop(guard);
        arriving.join().unwrap();
        assert_at_rest(counter, 2);
    });
}

/// All readers behind a writer are granted at once, in two batches, while one of them is cancelled.
#[test]
fn readers_behind_a_writer_enter_together() {
    bounded_model(|| {
        let counter = counter();
        let guard = counter.try_write().unwrap();
        let [first, second, cancelled, fourth, last] = [(); 5].map(|()| reader(counter));
        let canceller = thread::spawn(|| drop(cancelled));
        write(guard);
        canceller.join().unwrap();
        let guards = [first, second, fourth, last].map(Task::woken);
        assert_eq!(guards.each_ref().map(read), [1; 4]);
        drop(guards);
        assert_at_rest(counter, 1);
    });
}

/// Readers that do not wait only read, so they run beside each other.
#[test]
fn try_read_races_try_read() {
    model(|| {
        let counter = counter();
        let trying = thread::spawn(|| read(&counter.try_read().expect("no writer is there")));
        assert_eq!(read(&counter.try_read().expect("no writer is there")), 0);
        assert_eq!(trying.join().unwrap(), 0);
        assert_at_rest(counter, 0);
    });
}
