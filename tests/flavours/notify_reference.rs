//! A reference `Notify` for one thread: a flag, a `VecDeque`, and sets of waits.

use std::{
    collections::{BTreeSet, VecDeque},
    task::Poll,
};

/// Identifies a wait in the program under test.
type WaitId = usize;

/// Each wait is in at most one of the collections, and in none of them after its last poll.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NotifyReference {
    has_permit: bool,
    /// Waits that were created, and neither polled nor enabled.
    created: BTreeSet<WaitId>,
    queue: VecDeque<WaitId>,
    /// Waits that hold a notification of `notify_one`.
    notified: BTreeSet<WaitId>,
    /// Waits that `notify_waiters` has completed.
    broadcast: BTreeSet<WaitId>,
    /// Waits that were completed in the queue, in this order. Their wakers must have been woken.
    woken: Vec<WaitId>,
}

impl NotifyReference {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn has_permit(&self) -> bool {
        self.has_permit
    }

    pub(crate) fn waiters(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn take_woken(&mut self) -> Vec<WaitId> {
        std::mem::take(&mut self.woken)
    }

    pub(crate) fn create(&mut self, id: WaitId) {
        self.created.insert(id);
    }

    pub(crate) fn poll(&mut self, id: WaitId) -> Poll<()> {
        if !self.enable(id) {
            return Poll::Pending;
        }
        self.notified.remove(&id);
        self.broadcast.remove(&id);
        Poll::Ready(())
    }

    /// Returns whether the wait is complete.
    pub(crate) fn enable(&mut self, id: WaitId) -> bool {
        if self.created.remove(&id) {
            if std::mem::take(&mut self.has_permit) {
                self.notified.insert(id);
            } else {
                self.queue.push_back(id);
            }
        }
        self.notified.contains(&id) || self.broadcast.contains(&id)
    }

    pub(crate) fn cancel(&mut self, id: WaitId) {
        self.created.remove(&id);
        self.queue.retain(|&queued| queued != id);
        self.broadcast.remove(&id);
        if self.notified.remove(&id) {
            self.notify_one();
        }
    }

    pub(crate) fn notify_one(&mut self) {
        if let Some(id) = self.queue.pop_front() {
            self.notified.insert(id);
            self.woken.push(id);
        } else {
            self.has_permit = true;
        }
    }

    pub(crate) fn notify_waiters(&mut self) {
        self.broadcast.append(&mut self.created);
        self.broadcast.extend(&self.queue);
        self.woken.extend(self.queue.drain(..));
    }
}
