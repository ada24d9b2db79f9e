//! A reference semaphore for one thread: two counters and a `VecDeque`.

use std::{collections::VecDeque, task::Poll};

/// Identifies a waiter in the program under test.
type WaiterId = usize;

#[derive(Debug)]
pub(crate) struct Reference {
    limit: usize,
    in_use: usize,
    queue: VecDeque<(WaiterId, usize)>,
    /// Waiters that were granted their permits and not polled since.
    granted: Vec<(WaiterId, usize)>,
    is_closed: bool,
    /// Waiters that the last step must wake, in this order.
    woken: Vec<WaiterId>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Metrics {
    pub(crate) available: usize,
    pub(crate) debt: usize,
    pub(crate) max: usize,
    pub(crate) in_use: usize,
    pub(crate) waiters: usize,
}

impl Reference {
    pub(crate) fn new(permits: usize) -> Self {
        Self {
            limit: permits,
            in_use: 0,
            queue: VecDeque::new(),
            granted: Vec::new(),
            is_closed: false,
            woken: Vec::new(),
        }
    }

    pub(crate) fn metrics(&self) -> Metrics {
        Metrics {
            available: self.available(),
            debt: self.in_use.saturating_sub(self.limit),
            max: self.limit,
            in_use: self.in_use,
            waiters: self.queue.len(),
        }
    }

    pub(crate) fn is_queued(&self, id: WaiterId) -> bool {
        self.queue.iter().any(|&(queued, _)| queued == id)
    }

    pub(crate) fn take_woken(&mut self) -> Vec<WaiterId> {
        std::mem::take(&mut self.woken)
    }

    /// Returns whether the permits were acquired.
    pub(crate) fn try_acquire(&mut self, permits: usize) -> bool {
        let never_waits = permits == 0;
        let is_available = self.queue.is_empty() && permits <= self.available();
        let is_acquired = (never_waits || is_available) && !self.is_closed;
        if is_acquired {
            self.in_use += permits;
        }
        is_acquired
    }

    /// Returns the number of acquired permits.
    pub(crate) fn try_acquire_up_to(&mut self, permits: usize) -> usize {
        let may_acquire = self.queue.is_empty() && !self.is_closed;
        let acquired = if may_acquire { permits.min(self.available()) } else { 0 };
        self.in_use += acquired;
        acquired
    }

    /// Returns whether the permits were granted, once the wait is complete.
    pub(crate) fn poll(&mut self, id: WaiterId, permits: usize) -> Poll<bool> {
        if let Some(index) = self.granted.iter().position(|&(granted, _)| granted == id) {
            self.granted.remove(index);
            return Poll::Ready(true);
        }
        if self.is_queued(id) {
            return Poll::Pending;
        }
        if self.is_closed {
            return Poll::Ready(false);
        }
        if self.try_acquire(permits) {
            return Poll::Ready(true);
        }
        self.queue.push_back((id, permits));
        Poll::Pending
    }

    pub(crate) fn close(&mut self) {
        self.is_closed = true;
        self.woken.extend(self.queue.drain(..).map(|(id, _)| id));
    }

    pub(crate) fn cancel(&mut self, id: WaiterId) {
        self.queue.retain(|&(queued, _)| queued != id);
        if let Some(index) = self.granted.iter().position(|&(granted, _)| granted == id) {
            let (_, permits) = self.granted.remove(index);
            self.in_use -= permits;
        }
        self.grant_waiters();
    }

    pub(crate) fn release(&mut self, permits: usize) {
        self.in_use -= permits;
        self.grant_waiters();
    }

    pub(crate) fn forget(&mut self, permits: usize) {
        self.in_use -= permits;
        self.set_limit(self.limit.saturating_sub(permits));
    }

    pub(crate) fn add(&mut self, permits: usize) {
        self.set_limit(self.limit + permits);
    }

    /// Returns the number of available permits that were removed.
    pub(crate) fn forget_permits(&mut self, permits: usize) -> usize {
        let forgotten = permits.min(self.available());
        self.set_limit(self.limit - forgotten);
        forgotten
    }

    /// Returns by how much the limit was lowered.
    pub(crate) fn reduce(&mut self, permits: usize) -> usize {
        let reduced = permits.min(self.limit);
        self.set_limit(self.limit - reduced);
        reduced
    }

    /// Returns the previous limit.
    pub(crate) fn set_limit(&mut self, permits: usize) -> usize {
        let previous = std::mem::replace(&mut self.limit, permits);
        self.grant_waiters();
        previous
    }

    fn available(&self) -> usize {
        self.limit.saturating_sub(self.in_use)
    }

    fn grant_waiters(&mut self) {
        while let Some(&(id, permits)) = self.queue.front() {
            if permits > self.available() {
                return;
            }
            self.queue.pop_front();
            self.in_use += permits;
            self.granted.push((id, permits));
            self.woken.push(id);
        }
    }
}
