//! A reference `Barrier` for one thread: a `VecDeque` and a set of waits.

use std::{
    collections::{BTreeSet, VecDeque},
    task::Poll,
};

/// Identifies a wait in the program under test.
type WaitId = usize;

/// Each wait is in at most one of the collections, and in none of them after its last poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BarrierReference {
    tasks: usize,
    /// Waits that have arrived in this generation.
    queue: VecDeque<WaitId>,
    /// Waits of earlier generations that were not polled since.
    completed: BTreeSet<WaitId>,
    /// Waits that were completed in the queue, in this order. Their wakers must have been woken.
    woken: Vec<WaitId>,
}

impl BarrierReference {
    pub(crate) fn new(tasks: usize) -> Self {
        Self {
            tasks: tasks.max(1),
            queue: VecDeque::new(),
            completed: BTreeSet::new(),
            woken: Vec::new(),
        }
    }

    pub(crate) fn tasks(&self) -> usize {
        self.tasks
    }

    /// Returns the number of waits that have arrived in this generation. All of them are queued.
    pub(crate) fn waiters(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn take_woken(&mut self) -> Vec<WaitId> {
        std::mem::take(&mut self.woken)
    }

    /// Returns whether a completed wait is the leader.
    pub(crate) fn poll(&mut self, id: WaitId) -> Poll<bool> {
        if self.completed.remove(&id) {
            return Poll::Ready(false);
        }
        if self.queue.contains(&id) {
            return Poll::Pending;
        }
        if self.queue.len() + 1 < self.tasks {
            self.queue.push_back(id);
            return Poll::Pending;
        }
        self.completed.extend(&self.queue);
        self.woken.extend(self.queue.drain(..));
        Poll::Ready(true)
    }

    pub(crate) fn cancel(&mut self, id: WaitId) {
        self.queue.retain(|&queued| queued != id);
        self.completed.remove(&id);
    }
}
