//! Programs of operations on a barrier, and a machine that runs them.
//!
//! The machine performs each step on the barrier and on the reference, and then compares the two.

use std::{pin::Pin, task::Poll};

use super::{Barrier, BarrierWait};
use crate::flavours::{barrier_reference::BarrierReference, waits::Waits};

/// One operation. A number that selects a future is reduced modulo the number of futures.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Create { poll: bool },
    Poll { future: usize, new_waker: bool },
    Cancel { future: usize },
}

impl From<[u8; 2]> for Step {
    /// Each value of the first byte is a step. Steps that lengthen the queue have more values.
    fn from([kind, second]: [u8; 2]) -> Self {
        let future = usize::from(second);
        match kind % 32 {
            0..18 => Self::Create { poll: second & 7 != 0 },
            18..24 => Self::Poll { future, new_waker: false },
            24..28 => Self::Poll { future, new_waker: true },
            _ => Self::Cancel { future },
        }
    }
}

/// Runs the steps on a barrier for this number of tasks.
pub(crate) fn run(tasks: usize, steps: impl IntoIterator<Item = Step>) {
    let barrier = Barrier::new(tasks);
    let reference = BarrierReference::new(tasks);
    let mut machine = Machine { barrier: &barrier, reference, waits: Waits::new() };
    for step in steps {
        machine.step(step);
        machine.compare();
    }
    while !machine.waits.is_empty() {
        machine.step(Step::Cancel { future: 0 });
        machine.compare();
    }
    assert_eq!(barrier.waiters(), 0);
}

struct Machine<'a> {
    barrier: &'a Barrier,
    reference: BarrierReference,
    waits: Waits<Pin<Box<BarrierWait<'a>>>>,
}

impl Machine<'_> {
    fn step(&mut self, step: Step) {
        match step {
            Step::Create { poll } => {
                let number = self.waits.add(Box::pin(self.barrier.wait()));
                if poll {
                    self.poll(number, false);
                }
            }
            Step::Poll { future, new_waker } => self.poll(future, new_waker),
            Step::Cancel { future } => {
                if let Some(cancelled) = self.waits.remove(future) {
                    drop(cancelled.future);
                    self.reference.cancel(cancelled.id);
                }
            }
        }
    }

    fn poll(&mut self, number: usize, new_waker: bool) {
        if let Some(wait) = self.waits.select(number) {
            let expected: Poll<bool> = self.reference.poll(wait.id);
            let output = self.waits.poll(number, new_waker);
            assert_eq!(output.map(|result| result.is_leader()), expected);
        }
    }

    fn compare(&mut self) {
        self.waits.compare_wakeups(self.reference.take_woken());
        let (tasks, waiters) = (self.reference.tasks(), self.reference.waiters());
        assert_eq!(self.barrier.waiters(), waiters);
        let shown = format!("Barrier {{ tasks: {tasks}, arrived: {waiters}, waiters: {waiters} }}");
        assert_eq!(format!("{:?}", self.barrier), shown);
        #[cfg(debug_assertions)]
        self.barrier.assert_valid();
    }
}
