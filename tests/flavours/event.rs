//! Tests of `Event`.

#[cfg(test)]
#[path = "broadcast/mod.rs"]
mod broadcast;
#[cfg(test)]
mod events;
#[path = "wait_program.rs"]
pub(crate) mod program;
#[cfg(test)]
#[path = "wait_property.rs"]
mod property;
#[cfg(test)]
mod set_and_reset;

use super::{Counted, Event as Primitive, WaitForEvent as Wait, WaitForEventOwned as WaitOwned};
use crate::flavours::event_reference::EventReference as Reference;

/// Creates an event and its reference.
fn new(is_set: bool) -> (Primitive, Reference) {
    (Primitive::new(is_set), Reference::new(is_set))
}

fn wait(event: &Primitive) -> Wait<'_> {
    event.wait()
}

fn wait_owned(event: &Counted<Primitive>) -> WaitOwned {
    Counted::clone(event).wait_owned()
}

/// Completes all waits that were created before.
#[cfg(test)]
fn complete_all(event: &Primitive) {
    event.set();
}

/// Compares the state of an event with that of its reference.
fn compare(event: &Primitive, reference: &Reference) {
    assert_eq!((event.is_set(), event.waiters()), (reference.is_set(), reference.waiters()));
}

/// The operations of a program that only `Event` has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    Set,
    Reset,
}

impl Operation {
    /// Each kind below eight is an operation. An event that is set has no queue, so most of them
    /// reset it.
    fn new(kind: u8, _: usize) -> Self {
        if kind < 2 { Self::Set } else { Self::Reset }
    }

    fn perform(self, event: &Primitive, reference: &mut Reference, _: &mut program::Futures<'_>) {
        match self {
            Self::Set => {
                event.set();
                reference.set();
            }
            Self::Reset => {
                event.reset();
                reference.reset();
            }
        }
    }
}
