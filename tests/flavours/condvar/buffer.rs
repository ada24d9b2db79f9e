//! A bounded buffer with random producers, consumers and cancels.

use std::{cell::Cell, collections::VecDeque, pin::Pin, task::Poll};

use proptest::{collection::vec, prelude::*};

use super::{Condvar, Mutex};
use crate::task::Task;

const CAPACITY: usize = 2;

#[derive(Default)]
struct Buffer {
    items: Mutex<VecDeque<usize>>,
    not_empty: Condvar,
    not_full: Condvar,
    /// The number of items that were pushed. Item `n` is the one that was pushed after `n` others.
    pushed: Cell<usize>,
    popped: Cell<usize>,
}

impl Buffer {
    async fn push(&self) {
        let items = self.items.lock().await;
        let is_full = |items: &mut VecDeque<_>| items.len() == CAPACITY;
        let mut items = self.not_full.wait_while(items, is_full).await;
        items.push_back(self.pushed.replace(self.pushed.get() + 1));
        assert!(items.len() <= CAPACITY);
        self.not_empty.notify_one();
    }

    async fn pop(&self) {
        let items = self.items.lock().await;
        let is_empty = |items: &mut VecDeque<_>| items.is_empty();
        let mut items = self.not_empty.wait_while(items, is_empty).await;
        let item = items.pop_front().expect("the buffer is not empty");
        assert_eq!(item, self.popped.replace(self.popped.get() + 1), "items are in FIFO order");
        self.not_full.notify_one();
    }
}

/// A number that selects a task is reduced modulo the number of tasks.
#[derive(Clone, Copy, Debug)]
enum Step {
    Push,
    Pop,
    Poll { task: usize },
    Cancel { task: usize },
    Run,
}

impl From<[u8; 2]> for Step {
    fn from([kind, task]: [u8; 2]) -> Self {
        let task = usize::from(task);
        match kind % 16 {
            0..4 => Self::Push,
            4..8 => Self::Pop,
            8..12 => Self::Poll { task },
            12..15 => Self::Cancel { task },
            _ => Self::Run,
        }
    }
}

/// A producer or a consumer, and the number of its wakeups at the last poll.
struct Worker<'a> {
    is_producer: bool,
    task: Task<Pin<Box<dyn Future<Output = ()> + 'a>>>,
    polled_at: usize,
}

struct Workers<'a> {
    buffer: &'a Buffer,
    workers: Vec<Worker<'a>>,
}

impl<'a> Workers<'a> {
    fn start(&mut self, is_producer: bool) {
        let work: Pin<Box<dyn Future<Output = ()>>> = match is_producer {
            true => Box::pin(self.buffer.push()),
            false => Box::pin(self.buffer.pop()),
        };
        let mut task = Task::new(work);
        if task.poll().is_pending() {
            self.workers.push(Worker { is_producer, task, polled_at: 0 });
        }
    }

    /// Polls a task if it was woken. Returns whether it was.
    fn poll(&mut self, index: usize) -> bool {
        let worker = &mut self.workers[index];
        let wakeups = worker.task.wakeups();
        let is_woken = wakeups > worker.polled_at;
        worker.polled_at = wakeups;
        if is_woken && worker.task.poll() == Poll::Ready(()) {
            self.workers.remove(index);
        }
        is_woken
    }

    /// Polls woken tasks until all tasks wait, and asserts that they wait for a reason.
    fn run(&mut self) {
        while (0..self.workers.len()).any(|index| self.poll(index)) {}
        let items = self.buffer.items.try_lock().expect("no task holds the mutex").len();
        assert_eq!(items, self.buffer.pushed.get() - self.buffer.popped.get());
        let (producers, consumers): (Vec<_>, _) =
            self.workers.iter().partition(|worker| worker.is_producer);
        assert!(producers.is_empty() || items == CAPACITY, "a producer waits in vain");
        assert!(consumers.is_empty() || items == 0, "a consumer waits in vain");
        assert_eq!(self.buffer.not_full.waiters(), producers.len());
        assert_eq!(self.buffer.not_empty.waiters(), consumers.len());
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Push => self.start(true),
            Step::Pop => self.start(false),
            Step::Poll { task } => {
                if let Some(index) = task.checked_rem(self.workers.len()) {
                    self.poll(index);
                }
            }
            Step::Cancel { task } => {
                if let Some(index) = task.checked_rem(self.workers.len()) {
                    self.workers.remove(index);
                }
            }
            Step::Run => self.run(),
        }
    }
}

proptest! {
    #[test]
    fn bounded_buffer_loses_no_item_and_keeps_order(
        steps in vec(any::<[u8; 2]>().prop_map(Step::from), 64..256),
    ) {
        let buffer = Buffer::default();
        let mut workers = Workers { buffer: &buffer, workers: Vec::new() };
        for step in steps {
            workers.step(step);
        }
        workers.run();
        workers.workers.clear();
        workers.run();
    }
}
