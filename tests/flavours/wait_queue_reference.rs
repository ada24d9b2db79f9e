//! A reference wait queue for one thread and any table: a value, a `VecDeque`, and the state of
//! each wait.

use std::{
    collections::{BTreeMap, VecDeque},
    task::Poll,
};

use compio_sync::wait_queue::{Arrival, Completion, Verdict, WaitQueue};

use super::random_policy::{PANIC, RandomPolicy, Table, change};

/// Identifies a wait in the program under test.
type WaitId = usize;

/// What a call returns, or a part of the message that it panics with.
pub(crate) type Outcome<T> = Result<T, String>;

/// What some wakers panic with.
pub(crate) const WAKER_PANIC: &str = "a waker panics";

pub(crate) struct WaitQueueReference {
    table: Table,
    may_refuse: bool,
    stores: bool,
    value: isize,
    /// All waits, until they are dropped or polled to completion.
    waits: BTreeMap<WaitId, Wait>,
    queue: VecDeque<WaitId>,
    /// Waits that were completed in the queue, in this order. Their wakers must have been woken.
    woken: Vec<WaitId>,
}

#[derive(Clone, Copy)]
struct Wait {
    request: u8,
    state: State,
    /// Whether the stored waker panics when it is woken.
    waker_panics: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Created,
    Queued,
    Complete(Completion<u8>),
}

impl WaitQueueReference {
    pub(crate) fn new(table: Table, may_refuse: bool, stores: bool) -> Self {
        let (waits, queue, woken) = (BTreeMap::new(), VecDeque::new(), Vec::new());
        Self { table, may_refuse, stores, value: 0, waits, queue, woken }
    }

    pub(crate) fn value(&self) -> isize {
        self.value
    }

    pub(crate) fn waiters(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn is_queued(&self, id: WaitId) -> bool {
        self.waits[&id].state == State::Queued
    }

    pub(crate) fn request(&self, id: WaitId) -> u8 {
        self.waits[&id].request
    }

    pub(crate) fn take_woken(&mut self) -> Vec<WaitId> {
        std::mem::take(&mut self.woken)
    }

    pub(crate) fn create(&mut self, id: WaitId, request: u8) {
        let wait = Wait { request, state: State::Created, waker_panics: false };
        self.waits.insert(id, wait);
    }

    pub(crate) fn try_acquire(&mut self, request: u8) -> Outcome<Option<Completion<u8>>> {
        Ok(match self.decide(request)? {
            Verdict::Grant(value) if self.queue.is_empty() => {
                self.value = value;
                Some(Completion::Granted(request))
            }
            Verdict::Refuse => Some(Completion::Refused),
            Verdict::Grant(_) | Verdict::Wait => None,
        })
    }

    pub(crate) fn poll(&mut self, id: WaitId, waker_panics: bool) -> Outcome<Poll<Completion<u8>>> {
        self.enable(id)?;
        let State::Complete(completion) = self.waits[&id].state else {
            self.wait_mut(id).waker_panics = waker_panics;
            return Ok(Poll::Pending);
        };
        self.waits.remove(&id);
        Ok(Poll::Ready(completion))
    }

    /// Returns whether the wait is complete.
    pub(crate) fn enable(&mut self, id: WaitId) -> Outcome<bool> {
        let Wait { request, state, .. } = self.waits[&id];
        match state {
            State::Created => self.enqueue(id)?,
            State::Queued if self.may_refuse && self.decide(request)? == Verdict::Refuse => {
                self.leave(id)?;
            }
            State::Queued | State::Complete(_) => {}
        }
        Ok(matches!(self.waits[&id].state, State::Complete(_)))
    }

    /// Drops a wait.
    pub(crate) fn cancel(&mut self, id: WaitId) -> Outcome<()> {
        let result = match self.waits[&id].state {
            State::Queued => self.leave(id),
            State::Complete(Completion::Granted(request)) => self.release(request),
            State::Created | State::Complete(Completion::Refused) => Ok(()),
        };
        self.waits.remove(&id);
        result
    }

    /// Refusals that are due come first. If that panics, the request is released nevertheless.
    pub(crate) fn release(&mut self, request: u8) -> Outcome<()> {
        let completed = if self.may_refuse { self.complete_waiters().map(drop) } else { Ok(()) };
        let released = self.release_now(request);
        completed.and(released)
    }

    fn release_now(&mut self, request: u8) -> Outcome<()> {
        if self.stores || !self.queue.is_empty() {
            self.value = in_range(self.table.release(self.value, request))?;
            self.complete_waiters()?;
        }
        Ok(())
    }

    /// Returns the previous value.
    pub(crate) fn update(&mut self, byte: u8) -> Outcome<isize> {
        let previous = self.value;
        self.value = in_range(change(previous, byte))?;
        self.complete_waiters()?;
        Ok(previous)
    }

    fn decide(&self, request: u8) -> Outcome<Verdict> {
        match self.table.decide(self.value, request).ok_or(PANIC)? {
            Verdict::Grant(value) => Ok(Verdict::Grant(in_range(Some(value))?)),
            Verdict::Refuse if !self.may_refuse => Err("its `MAY_REFUSE` is false".to_owned()),
            verdict => Ok(verdict),
        }
    }

    fn enqueue(&mut self, id: WaitId) -> Outcome<()> {
        let request = self.waits[&id].request;
        if let Some(completion) = self.try_acquire(request)? {
            self.wait_mut(id).state = State::Complete(completion);
            return Ok(());
        }
        match self.table.enqueue(self.value, request).ok_or(PANIC)? {
            Arrival::Enqueue(value, request) => {
                self.value = in_range(Some(value))?;
                let wait = Wait { request, state: State::Queued, waker_panics: false };
                self.waits.insert(id, wait);
                self.queue.push_back(id);
                Ok(())
            }
            Arrival::Grant(value) => {
                let value = in_range(Some(value))?;
                // An `Arrival::Enqueue` may have changed the value so that the front need not wait.
                if self.complete_waiters()? {
                    return self.enqueue(id);
                }
                self.wait_mut(id).state = State::Complete(Completion::Granted(request));
                self.value = value;
                self.complete_waiters()?;
                Ok(())
            }
        }
    }

    /// Leaves the queue. Waiters are completed if the front or the value has changed. If the policy
    /// panics, the value stays as it is, but the waiters behind are completed. If it panics again,
    /// only the first panic propagates.
    fn leave(&mut self, id: WaitId) -> Outcome<()> {
        let (before, was_front) = (self.value, self.queue.front() == Some(&id));
        self.queue.retain(|&queued| queued != id);
        self.wait_mut(id).state = State::Complete(Completion::Refused);
        let changed = in_range(self.table.cancel(self.value, self.waits[&id].request));
        let changed = changed.map(|value| self.value = value);
        if changed.is_ok() && !was_front && self.value == before {
            return Ok(());
        }
        changed.and(self.complete_waiters().map(drop))
    }

    /// Completes the front until it must wait, even if wakers panic. Returns whether it completed a
    /// waiter.
    fn complete_waiters(&mut self) -> Outcome<bool> {
        let first = self.woken.len();
        while let Some(&front) = self.queue.front() {
            let request = self.waits[&front].request;
            let completion = match self.decide(request)? {
                Verdict::Wait => break,
                Verdict::Refuse => Completion::Refused,
                Verdict::Grant(value) => {
                    self.value = value;
                    Completion::Granted(request)
                }
            };
            self.queue.pop_front();
            self.wait_mut(front).state = State::Complete(completion);
            self.woken.push(front);
        }
        if self.woken[first..].iter().any(|id| self.waits[id].waker_panics) {
            return Err(WAKER_PANIC.to_owned());
        }
        Ok(self.woken.len() > first)
    }

    fn wait_mut(&mut self, id: WaitId) -> &mut Wait {
        self.waits.get_mut(&id).expect("a wait that changes is not dropped")
    }
}

/// Returns the value of a function of the policy, unless it panics or the value is out of range.
fn in_range(value: Option<isize>) -> Outcome<isize> {
    type Queue = WaitQueue<RandomPolicy<true, true>>;

    let value = value.ok_or(PANIC)?;
    if (Queue::MIN_VALUE..=Queue::MAX_VALUE).contains(&value) {
        Ok(value)
    } else {
        Err(format!("the value {value} of a wait queue must be"))
    }
}
