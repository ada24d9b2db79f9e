//! A reference `Mutex` and `RwLock` for one thread: a count of readers, a flag and a `VecDeque`.
//!
//! A mutex has only writers.

use std::{
    collections::{BTreeMap, VecDeque},
    task::Poll,
};

/// Identifies a wait in the program under test.
type WaitId = usize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Each wait is in at most one of the collections, and in none of them after its last poll.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LockReference {
    readers: usize,
    has_writer: bool,
    queue: VecDeque<(WaitId, Access)>,
    /// Waits that were granted the lock and not polled since.
    granted: BTreeMap<WaitId, Access>,
    /// Waits that were granted the lock in the queue, in this order. Their wakers must have been
    /// woken.
    woken: Vec<WaitId>,
}

impl LockReference {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn is_free(&self) -> bool {
        self.readers == 0 && !self.has_writer
    }

    pub(crate) fn waiters(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn take_woken(&mut self) -> Vec<WaitId> {
        std::mem::take(&mut self.woken)
    }

    /// Returns whether `try_lock` would acquire the lock.
    pub(crate) fn is_available(&self, access: Access) -> bool {
        self.queue.is_empty() && self.admits(access)
    }

    /// Returns whether the lock was acquired.
    pub(crate) fn try_lock(&mut self, access: Access) -> bool {
        let is_available = self.is_available(access);
        if is_available {
            self.enter(access);
        }
        is_available
    }

    pub(crate) fn poll(&mut self, id: WaitId, access: Access) -> Poll<()> {
        if self.granted.remove(&id).is_some() {
            return Poll::Ready(());
        }
        let is_queued = self.queue.iter().any(|&(queued, _)| queued == id);
        if !is_queued {
            if self.try_lock(access) {
                return Poll::Ready(());
            }
            self.queue.push_back((id, access));
        }
        Poll::Pending
    }

    pub(crate) fn cancel(&mut self, id: WaitId) {
        self.queue.retain(|&(queued, _)| queued != id);
        if let Some(access) = self.granted.remove(&id) {
            self.leave(access);
        }
        self.grant_waiters();
    }

    pub(crate) fn release(&mut self, access: Access) {
        self.leave(access);
        self.grant_waiters();
    }

    pub(crate) fn downgrade(&mut self) {
        self.leave(Access::Write);
        self.enter(Access::Read);
        self.grant_waiters();
    }

    fn admits(&self, access: Access) -> bool {
        match access {
            Access::Read => !self.has_writer,
            Access::Write => self.is_free(),
        }
    }

    fn enter(&mut self, access: Access) {
        match access {
            Access::Read => self.readers += 1,
            Access::Write => self.has_writer = true,
        }
    }

    fn leave(&mut self, access: Access) {
        match access {
            Access::Read => self.readers -= 1,
            Access::Write => self.has_writer = false,
        }
    }

    fn grant_waiters(&mut self) {
        while let Some(&(id, access)) = self.queue.front().filter(|(_, next)| self.admits(*next)) {
            self.queue.pop_front();
            self.enter(access);
            self.granted.insert(id, access);
            self.woken.push(id);
        }
    }
}
