//! A reference `OnceCell` for one thread: an `Option`, and two `VecDeque`s.

use std::{collections::VecDeque, task::Poll};

/// Identifies a wait in the program under test.
type WaitId = usize;

/// The state of the cell, without its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    #[default]
    Empty,
    /// The wait has the right to initialize the cell.
    Initializing(WaitId),
    Full,
}

/// What the closure of an initializer returns, once the program lets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Value(usize),
    Error,
}

/// Each wait is in at most one of the queues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OnceCellReference {
    state: State,
    value: Option<usize>,
    initializers: VecDeque<WaitId>,
    /// Waits for the value, which have no right to initialize the cell.
    waits: VecDeque<WaitId>,
    /// Waits that left a queue, in this order. Their wakers must have been woken.
    woken: Vec<WaitId>,
}

impl OnceCellReference {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    pub(crate) fn get(&self) -> Option<usize> {
        self.value
    }

    pub(crate) fn take_woken(&mut self) -> Vec<WaitId> {
        std::mem::take(&mut self.woken)
    }

    /// Polls `get_or_try_init`. Its closure is pending as long as it has no outcome.
    pub(crate) fn poll_init(
        &mut self,
        id: WaitId,
        outcome: Option<Outcome>,
    ) -> Poll<Option<usize>> {
        match self.state {
            State::Full => return Poll::Ready(self.value),
            State::Empty => self.state = State::Initializing(id),
            State::Initializing(owner) if owner == id => {}
            State::Initializing(_) => {
                if !self.initializers.contains(&id) {
                    self.initializers.push_back(id);
                }
                return Poll::Pending;
            }
        }
        match outcome {
            Some(Outcome::Value(value)) => self.fill(value),
            Some(Outcome::Error) => self.pass_right_on(),
            None => return Poll::Pending,
        }
        Poll::Ready(self.value)
    }

    pub(crate) fn poll_wait(&mut self, id: WaitId) -> Poll<usize> {
        if self.value.is_none() && !self.waits.contains(&id) {
            self.waits.push_back(id);
        }
        self.value.map_or(Poll::Pending, Poll::Ready)
    }

    pub(crate) fn cancel(&mut self, id: WaitId) {
        self.initializers.retain(|&queued| queued != id);
        self.waits.retain(|&queued| queued != id);
        if self.state == State::Initializing(id) {
            self.pass_right_on();
        }
    }

    /// Returns whether the cell was empty.
    pub(crate) fn set(&mut self, value: usize) -> bool {
        let is_empty = self.state == State::Empty;
        if is_empty {
            self.fill(value);
        }
        is_empty
    }

    pub(crate) fn take(&mut self) -> Option<usize> {
        self.state = State::Empty;
        self.value.take()
    }

    fn fill(&mut self, value: usize) {
        self.value = Some(value);
        self.state = State::Full;
        self.woken.extend(self.initializers.drain(..));
        self.woken.extend(self.waits.drain(..));
    }

    fn pass_right_on(&mut self) {
        let next = self.initializers.pop_front();
        self.state = next.map_or(State::Empty, State::Initializing);
        self.woken.extend(next);
    }
}
