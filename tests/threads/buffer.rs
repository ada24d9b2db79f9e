//! Threads that pass items through a bounded buffer, and cancel some waits.

use std::{collections::VecDeque, pin::pin, thread};

use compio_sync::{Condvar, Mutex};

use super::{ROUNDS, THREADS, poll_and_cancel, sum_of_threads};

#[derive(Default)]
struct Buffer {
    items: Mutex<VecDeque<usize>>,
    not_empty: Condvar,
    not_full: Condvar,
}

impl Buffer {
    async fn push(&self, item: usize) {
        let items = self.items.lock().await;
        let is_full = |items: &mut VecDeque<_>| items.len() == 2;
        self.not_full.wait_while(items, is_full).await.push_back(item);
        self.not_empty.notify_one();
    }

    async fn pop(&self) -> usize {
        let items = self.items.lock().await;
        let is_empty = |items: &mut VecDeque<_>| items.is_empty();
        let item = self.not_empty.wait_while(items, is_empty).await.pop_front().unwrap();
        self.not_full.notify_one();
        item
    }

    /// Waits for a notification, and cancels the wait after other threads may have run.
    fn cancel_wait(&self) {
        let guard = pollster::block_on(self.items.lock());
        poll_and_cancel(self.not_empty.wait(guard));
        let guard = pollster::block_on(self.items.lock());
        poll_and_cancel(self.not_full.wait(guard));
    }
}

/// A cancelled wait passes its notification on. If it did not, a thread would wait forever.
#[test]
fn threads_pass_items_through_buffer_and_cancel_waits() {
    const ITEMS: usize = ROUNDS / 5;
    let buffer = Buffer::default();
    let sum = sum_of_threads(|thread| {
        let mut sum = 0;
        for item in 0..ITEMS {
            if (thread + item) % 3 == 0 {
                buffer.cancel_wait();
            }
            if thread % 2 == 0 {
                pollster::block_on(buffer.push(item));
            } else {
                sum += pollster::block_on(buffer.pop());
            }
        }
        sum
    });
    assert_eq!(sum, THREADS / 2 * (0..ITEMS).sum::<usize>());
    assert_eq!((buffer.not_empty.waiters(), buffer.not_full.waiters()), (0, 0));
    assert!(buffer.items.into_inner().is_empty());
}

#[test]
fn notify_all_completes_wait_of_each_thread() {
    let (condvar, generation) = (Condvar::new(), Mutex::new(0));
    let waited = |_| {
        let mut guard = pollster::block_on(generation.lock());
        let mut seen = 0;
        while *guard < ROUNDS {
            assert!(*guard >= seen);
            seen = *guard;
            let is_same = |generation: &mut usize| *generation == seen;
            guard = pollster::block_on(pin!(condvar.wait_while(guard, is_same)));
        }
        1
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..ROUNDS {
                *pollster::block_on(generation.lock()) += 1;
                condvar.notify_all();
            }
        });
        assert_eq!(sum_of_threads(waited), THREADS);
    });
    assert_eq!((condvar.waiters(), generation.is_locked()), (0, false));
}
