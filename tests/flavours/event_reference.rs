//! A reference `Event` for one thread: a flag, a `VecDeque`, and sets of waits.

use std::{
    collections::{BTreeSet, VecDeque},
    task::Poll,
};

/// Identifies a wait in the program under test.
type WaitId = usize;

/// Each wait is in at most one of the collections, and in none of them after its last poll.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EventReference {
    is_set: bool,
    /// Waits that were created and not polled.
    created: BTreeSet<WaitId>,
    queue: VecDeque<WaitId>,
    complete: BTreeSet<WaitId>,
    /// Waits that were completed in the queue, in this order. Their wakers must have been woken.
    woken: Vec<WaitId>,
}

impl EventReference {
    pub(crate) fn new(is_set: bool) -> Self {
        Self { is_set, ..Self::default() }
    }

    pub(crate) fn is_set(&self) -> bool {
        self.is_set
    }

    pub(crate) fn waiters(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn take_woken(&mut self) -> Vec<WaitId> {
        std::mem::take(&mut self.woken)
    }

    pub(crate) fn create(&mut self, id: WaitId) {
        let waits = if self.is_set { &mut self.complete } else { &mut self.created };
        waits.insert(id);
    }

    pub(crate) fn poll(&mut self, id: WaitId) -> Poll<()> {
        if self.created.remove(&id) {
            self.queue.push_back(id);
        }
        if self.complete.remove(&id) { Poll::Ready(()) } else { Poll::Pending }
    }

    pub(crate) fn cancel(&mut self, id: WaitId) {
        self.created.remove(&id);
        self.complete.remove(&id);
        self.queue.retain(|&queued| queued != id);
    }

    pub(crate) fn set(&mut self) {
        self.is_set = true;
        self.complete.append(&mut self.created);
        self.complete.extend(&self.queue);
        self.woken.extend(self.queue.drain(..));
    }

    pub(crate) fn reset(&mut self) {
        self.is_set = false;
    }
}
