//! Programs of operations on a once cell, and a machine that runs them.
//!
//! The machine performs each step on the cell and on the reference, and then compares the two. The
//! closure of an initializer is pending until a step lets it return.

use std::{
    cell::Cell,
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use compio_sync::SetError;

use super::{OnceCell, WaitForInit};
use crate::flavours::{
    once_cell_reference::{OnceCellReference, Outcome, State},
    waits::Waits,
};

/// One operation. A number that selects a future is reduced modulo the number of futures.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Init { poll: bool },
    Wait { poll: bool },
    Poll { future: usize, new_waker: bool },
    Finish { future: usize, outcome: Outcome },
    Cancel { future: usize },
    Set { value: usize },
    Take,
}

impl From<[u8; 2]> for Step {
    /// Each value of the first byte is a step. Steps that lengthen the queues have more values, and
    /// most closures fail, because the queues of a full cell are empty.
    fn from([kind, second]: [u8; 2]) -> Self {
        let number = usize::from(second);
        match kind % 32 {
            0..8 => Self::Init { poll: second & 6 != 0 },
            8..12 => Self::Wait { poll: second & 6 != 0 },
            12..17 => Self::Poll { future: number, new_waker: false },
            17..19 => Self::Poll { future: number, new_waker: true },
            19..24 => Self::Finish { future: number, outcome: Outcome::Error },
            24 => Self::Finish { future: number, outcome: Outcome::Value(number) },
            25..29 => Self::Cancel { future: number },
            29 => Self::Set { value: number },
            _ => Self::Take,
        }
    }
}

/// Runs the steps on a cell that is empty.
pub(crate) fn run(steps: impl IntoIterator<Item = Step>) {
    let (mut cell, mut reference) = (OnceCell::new(), OnceCellReference::new());
    let mut steps = steps.into_iter().peekable();
    while steps.peek().is_some() {
        let (waits, reference) = (Waits::new(), &mut reference);
        Machine { cell: &cell, reference, waits }.run(&mut steps);
        if reference.get().is_some() {
            assert_eq!(cell.take(), reference.take());
        }
    }
    assert_eq!(cell.into_inner(), reference.get());
}

/// What the closure of one initializer returns. It is pending before.
type Gate = Rc<Cell<Option<Outcome>>>;

enum Wait<'a> {
    Init(Pin<Box<dyn Future<Output = Option<&'a usize>> + 'a>>, Gate),
    ForValue(Pin<Box<WaitForInit<'a, usize>>>),
}

impl<'a> Wait<'a> {
    fn init(cell: &'a OnceCell<usize>) -> Self {
        let gate = Gate::default();
        let opened = Rc::clone(&gate);
        let init = cell.get_or_try_init(async move || {
            let outcome = poll_fn(|_| opened.get().map_or(Poll::Pending, Poll::Ready)).await;
            match outcome {
                Outcome::Value(value) => Ok(value),
                Outcome::Error => Err(()),
            }
        });
        Self::Init(Box::pin(async { init.await.ok() }), gate)
    }
}

impl<'a> Future for Wait<'a> {
    type Output = Option<&'a usize>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<&'a usize>> {
        match self.get_mut() {
            Self::Init(future, _) => future.as_mut().poll(context),
            Self::ForValue(future) => future.as_mut().poll(context).map(Some),
        }
    }
}

struct Machine<'a, 'r> {
    cell: &'a OnceCell<usize>,
    reference: &'r mut OnceCellReference,
    waits: Waits<Wait<'a>>,
}

impl<'a> Machine<'a, '_> {
    /// Runs the steps up to `Take` of a full cell, and then drops all futures.
    fn run(mut self, steps: &mut impl Iterator<Item = Step>) {
        for step in steps {
            if matches!(step, Step::Take) && self.reference.get().is_some() {
                break;
            }
            self.step(step);
            self.compare();
        }
        while !self.waits.is_empty() {
            self.step(Step::Cancel { future: 0 });
            self.compare();
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Init { poll } => self.create(Wait::init(self.cell), poll),
            Step::Wait { poll } => {
                self.create(Wait::ForValue(Box::pin(self.cell.wait())), poll);
            }
            Step::Poll { future, new_waker } => self.poll(future, new_waker),
            Step::Finish { future, outcome } => {
                if let Some(wait) = self.waits.select(future) {
                    if let Wait::Init(_, gate) = &wait.future {
                        gate.set(Some(outcome));
                    }
                    self.poll(future, false);
                }
            }
            Step::Cancel { future } => {
                if let Some(cancelled) = self.waits.remove(future) {
                    drop(cancelled.future);
                    self.reference.cancel(cancelled.id);
                }
            }
            Step::Set { value } => {
                let error = match self.reference.state() {
                    State::Full => Err(SetError::AlreadyInitialized(value)),
                    State::Initializing(_) => Err(SetError::Initializing(value)),
                    State::Empty => Ok(()),
                };
                assert_eq!(self.cell.set(value), error);
                assert_eq!(self.reference.set(value), error.is_ok());
            }
            Step::Take => {}
        }
    }

    fn create(&mut self, wait: Wait<'a>, poll: bool) {
        let number = self.waits.add(wait);
        if poll {
            self.poll(number, false);
        }
    }

    fn poll(&mut self, number: usize, new_waker: bool) {
        let Some(wait) = self.waits.select(number) else {
            return;
        };
        let expected = match &wait.future {
            Wait::Init(_, gate) => self.reference.poll_init(wait.id, gate.get()),
            Wait::ForValue(_) => self.reference.poll_wait(wait.id).map(Some),
        };
        let output = self.waits.poll(number, new_waker);
        assert_eq!(output.map(Option::<&usize>::copied), expected);
    }

    fn compare(&mut self) {
        self.waits.compare_wakeups(self.reference.take_woken());
        assert_eq!(self.cell.get().copied(), self.reference.get());
        #[cfg(debug_assertions)]
        self.cell.assert_valid();
    }
}
