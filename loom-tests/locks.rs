//! Models of crates that use locks and cells of compio-sync, at the compact level.

use std::collections::VecDeque;

use compio_sync::{Condvar, Mutex, OnceCell, RwLock};
use loom::{future::block_on, model, thread};

use crate::{bounded::bounded_model, note::Note};

/// Data beside a lock, which a faulty user accesses without it.
struct Unprotected<L> {
    lock: L,
    data: Note,
}

impl<L: Sync + 'static> Unprotected<L> {
    fn new(lock: L) -> &'static Self {
        Box::leak(Box::new(Self { lock, data: Note::new() }))
    }
}

#[test]
fn data_behind_mutex_is_visible() {
    model(|| {
        let shared = Unprotected::new(Mutex::new(()));
        let write = || {
            let _guard = block_on(shared.lock.lock());
            shared.data.write();
        };
        let thread = thread::spawn(write);
        write();
        thread.join().unwrap();
        assert_eq!(shared.data.read(), 2);
    });
}

#[test]
fn data_behind_write_lock_is_visible_to_readers() {
    model(|| {
        let shared = Unprotected::new(RwLock::new(()));
        let thread = thread::spawn(|| {
            let _guard = block_on(shared.lock.write());
            shared.data.write();
        });
        let guard = block_on(shared.lock.read());
        assert!(shared.data.read() <= 1);
        drop(guard);
        thread.join().unwrap();
    });
}

/// A failed attempt does not synchronize with the holder.
#[test]
#[should_panic(expected = "Causality violation")]
fn data_behind_failed_try_lock_races() {
    model(|| {
        let shared = Unprotected::new(Mutex::new(()));
        let thread = thread::spawn(|| {
            shared.data.write();
            std::mem::forget(shared.lock.try_lock());
        });
        if shared.lock.try_lock().is_none() {
            shared.data.read();
        }
        thread.join().unwrap();
    });
}

#[test]
fn data_behind_once_cell_is_visible() {
    model(|| {
        let shared = Unprotected::new(OnceCell::new());
        let init = || {
            let value = block_on(shared.lock.get_or_init(async || {
                shared.data.write();
                5
            }));
            assert_eq!((*value, shared.data.read()), (5, 1));
        };
        let thread = thread::spawn(init);
        init();
        thread.join().unwrap();
    });
}

/// The planted bug: the count is read under one lock and written under another.
#[test]
#[should_panic(expected = "both threads have counted")]
fn unlock_between_read_and_write_loses_count() {
    model(|| {
        let count: &'static Mutex<usize> = Box::leak(Box::new(Mutex::new(0)));
        let increment = || {
            let before = *block_on(count.lock());
            *block_on(count.lock()) = before + 1;
        };
        let thread = thread::spawn(increment);
        increment();
        thread.join().unwrap();
        assert_eq!(*block_on(count.lock()), 2, "both threads have counted");
    });
}

/// A buffer of one item: a producer and a consumer wait for each other.
#[test]
fn producer_races_consumer() {
    bounded_model(|| {
        struct Buffer {
            items: Mutex<VecDeque<usize>>,
            not_full: Condvar,
            not_empty: Condvar,
        }
        let buffer: &'static Buffer = Box::leak(Box::new(Buffer {
            items: Mutex::new(VecDeque::new()),
            not_full: Condvar::new(),
            not_empty: Condvar::new(),
        }));
        let producer = thread::spawn(|| {
            for item in 0..2 {
                let items = block_on(buffer.items.lock());
                let mut items =
                    block_on(buffer.not_full.wait_while(items, |items| items.len() == 1));
                items.push_back(item);
                buffer.not_empty.notify_one();
            }
        });
        for item in 0..2 {
            let items = block_on(buffer.items.lock());
            let mut items = block_on(buffer.not_empty.wait_while(items, |items| items.is_empty()));
            assert_eq!(items.pop_front(), Some(item));
            buffer.not_full.notify_one();
        }
        producer.join().unwrap();
    });
}
