//! What a semaphore is, written with a counter and a `VecDeque`, for one thread.

use std::{collections::VecDeque, task::Poll};

/// A waiter, by the name that the program under test gave it.
type Name = usize;

#[derive(Debug)]
pub(crate) struct Reference {
    limit: usize,
    in_use: usize,
    queue: VecDeque<(Name, usize)>,
    /// Those that were granted and have not been polled since.
    granted: Vec<(Name, usize)>,
    is_closed: bool,
    /// Those to be woken by the last step, in this order.
    woken: Vec<Name>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Numbers {
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

    pub(crate) fn numbers(&self) -> Numbers {
        Numbers {
            available: self.free(),
            debt: self.in_use.saturating_sub(self.limit),
            max: self.limit,
            in_use: self.in_use,
            waiters: self.queue.len(),
        }
    }

    pub(crate) fn is_queued(&self, name: Name) -> bool {
        self.queue.iter().any(|&(queued, _)| queued == name)
    }

    pub(crate) fn take_woken(&mut self) -> Vec<Name> {
        std::mem::take(&mut self.woken)
    }

    /// Whether they were taken.
    pub(crate) fn try_acquire(&mut self, permits: usize) -> bool {
        let is_there = permits == 0 || (self.queue.is_empty() && permits <= self.free());
        let taken = is_there && !self.is_closed;
        if taken {
            self.in_use += permits;
        }
        taken
    }

    /// How many were taken.
    pub(crate) fn try_acquire_up_to(&mut self, permits: usize) -> usize {
        let is_open = self.queue.is_empty() && !self.is_closed;
        let taken = if is_open { permits.min(self.free()) } else { 0 };
        self.in_use += taken;
        taken
    }

    /// Whether the waiter has its permits now, if it need not wait any longer.
    pub(crate) fn poll(&mut self, name: Name, permits: usize) -> Poll<bool> {
        if let Some(index) = self.granted.iter().position(|&(granted, _)| granted == name) {
            self.granted.remove(index);
            return Poll::Ready(true);
        }
        if self.is_queued(name) {
            return Poll::Pending;
        }
        if self.is_closed {
            return Poll::Ready(false);
        }
        if self.try_acquire(permits) {
            return Poll::Ready(true);
        }
        self.queue.push_back((name, permits));
        Poll::Pending
    }

    pub(crate) fn close(&mut self) {
        self.is_closed = true;
        self.woken.extend(self.queue.drain(..).map(|(name, _)| name));
    }

    pub(crate) fn cancel(&mut self, name: Name) {
        self.queue.retain(|&(queued, _)| queued != name);
        if let Some(index) = self.granted.iter().position(|&(granted, _)| granted == name) {
            let (_, permits) = self.granted.remove(index);
            self.in_use -= permits;
        }
        self.serve();
    }

    pub(crate) fn give_back(&mut self, permits: usize) {
        self.in_use -= permits;
        self.serve();
    }

    pub(crate) fn forget(&mut self, permits: usize) {
        self.in_use -= permits;
        self.set_limit(self.limit.saturating_sub(permits));
    }

    pub(crate) fn add(&mut self, permits: usize) {
        self.set_limit(self.limit + permits);
    }

    /// How many free ones were taken away.
    pub(crate) fn forget_permits(&mut self, permits: usize) -> usize {
        let taken = permits.min(self.free());
        self.set_limit(self.limit - taken);
        taken
    }

    /// By how much the limit was lowered.
    pub(crate) fn reduce(&mut self, permits: usize) -> usize {
        let taken = permits.min(self.limit);
        self.set_limit(self.limit - taken);
        taken
    }

    /// The limit before.
    pub(crate) fn set_limit(&mut self, permits: usize) -> usize {
        let before = std::mem::replace(&mut self.limit, permits);
        self.serve();
        before
    }

    fn free(&self) -> usize {
        self.limit.saturating_sub(self.in_use)
    }

    fn serve(&mut self) {
        while let Some(&(name, permits)) = self.queue.front() {
            if permits > self.free() {
                return;
            }
            self.queue.pop_front();
            self.in_use += permits;
            self.granted.push((name, permits));
            self.woken.push(name);
        }
    }
}
