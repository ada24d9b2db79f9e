//! Programs of operations on a primitive whose waits return nothing, and a machine that runs them.
//!
//! The machine performs each step on the primitive and on the reference, and then compares the two.

use super::{Counted, Operation, Primitive, Reference, Wait, WaitOwned, compare, new, wait_owned};
use crate::flavours::waits::{Form, Waits};

/// One operation. A number that selects a future is reduced modulo the number of futures.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Create { owned: bool, poll: bool },
    Poll { future: usize, new_waker: bool },
    Cancel { future: usize },
    Operate(Operation),
}

impl From<[u8; 2]> for Step {
    /// Each value of the first byte is a step. Steps that lengthen the queue have more values.
    fn from([kind, second]: [u8; 2]) -> Self {
        let future = usize::from(second);
        match kind % 32 {
            0..12 => Self::Create { owned: second & 1 != 0, poll: second & 6 != 0 },
            12..18 => Self::Poll { future, new_waker: false },
            18..21 => Self::Poll { future, new_waker: true },
            21..24 => Self::Cancel { future },
            operation => Self::Operate(Operation::new(operation - 24, future)),
        }
    }
}

/// Runs the steps on a primitive that has a stored permit, or is set, if `flag` is true.
pub(crate) fn run(flag: bool, steps: impl IntoIterator<Item = Step>) {
    let (primitive, reference) = new(flag);
    let primitive = Counted::new(primitive);
    let mut machine = Machine { primitive: &primitive, reference, waits: Waits::new() };
    for step in steps {
        machine.step(step);
        machine.compare();
    }
    while !machine.waits.is_empty() {
        machine.step(Step::Cancel { future: 0 });
        machine.compare();
    }
    assert_eq!(Counted::strong_count(&primitive), 1, "no future has leaked its reference");
}

pub(crate) type Futures<'a> = Waits<Form<Wait<'a>, WaitOwned>>;

struct Machine<'a> {
    primitive: &'a Counted<Primitive>,
    reference: Reference,
    waits: Futures<'a>,
}

impl Machine<'_> {
    fn step(&mut self, step: Step) {
        match step {
            Step::Create { owned, poll } => self.create(owned, poll),
            Step::Poll { future, new_waker } => self.poll(future, new_waker),
            Step::Cancel { future } => {
                if let Some(cancelled) = self.waits.remove(future) {
                    drop(cancelled.future);
                    self.reference.cancel(cancelled.id);
                }
            }
            Step::Operate(operation) => {
                operation.perform(self.primitive, &mut self.reference, &mut self.waits);
            }
        }
    }

    fn create(&mut self, owned: bool, poll: bool) {
        let number = self.waits.add(if owned {
            Form::Owned(Box::pin(wait_owned(self.primitive)))
        } else {
            Form::Borrowed(Box::pin(super::wait(self.primitive)))
        });
        let created = self.waits.select(number).expect("the wait was added");
        self.reference.create(created.id);
        if poll {
            self.poll(number, false);
        }
    }

    fn poll(&mut self, number: usize, new_waker: bool) {
        if let Some(wait) = self.waits.select(number) {
            let expected = self.reference.poll(wait.id);
            assert_eq!(self.waits.poll(number, new_waker), expected);
        }
    }

    fn compare(&mut self) {
        self.waits.compare_wakeups(self.reference.take_woken());
        compare(self.primitive, &self.reference);
        #[cfg(debug_assertions)]
        self.primitive.assert_valid();
    }
}
