//! Tests of `Notify`.

#[cfg(test)]
#[path = "broadcast/mod.rs"]
mod broadcast;
#[cfg(test)]
mod enable;
#[cfg(test)]
mod events;
#[cfg(test)]
mod notify_one;
#[cfg(test)]
mod notify_waiters;
#[path = "wait_program.rs"]
pub(crate) mod program;
#[cfg(test)]
#[path = "wait_property.rs"]
mod property;

use super::{Counted, Notified as Wait, NotifiedOwned as WaitOwned, Notify as Primitive};
use crate::flavours::{notify_reference::NotifyReference as Reference, waits::Form};

/// Creates a `Notify` with or without a stored permit, and its reference.
fn new(has_permit: bool) -> (Primitive, Reference) {
    let (notify, mut reference) = (Primitive::new(), Reference::new());
    if has_permit {
        notify.notify_one();
        reference.notify_one();
    }
    (notify, reference)
}

fn wait(notify: &Primitive) -> Wait<'_> {
    notify.notified()
}

fn wait_owned(notify: &Counted<Primitive>) -> WaitOwned {
    Counted::clone(notify).notified_owned()
}

/// Completes all waits that were created before.
#[cfg(test)]
fn complete_all(notify: &Primitive) {
    notify.notify_waiters();
}

/// Compares the state of a `Notify` with that of its reference. Only `Debug` shows the permit.
fn compare(notify: &Primitive, reference: &Reference) {
    let (has_permit, waiters) = (reference.has_permit(), reference.waiters());
    assert_eq!(notify.waiters(), waiters);
    let shown = format!("Notify {{ has_permit: {has_permit}, waiters: {waiters} }}");
    assert_eq!(format!("{notify:?}"), shown);
}

/// The operations of a program that only `Notify` has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    Enable { future: usize },
    NotifyOne,
    NotifyWaiters,
}

impl Operation {
    /// Each kind below eight is an operation.
    fn new(kind: u8, future: usize) -> Self {
        match kind {
            0..3 => Self::Enable { future },
            3..7 => Self::NotifyOne,
            _ => Self::NotifyWaiters,
        }
    }

    fn perform(
        self,
        notify: &Primitive,
        reference: &mut Reference,
        waits: &mut program::Futures<'_>,
    ) {
        match self {
            Self::Enable { future } => {
                if let Some(wait) = waits.select(future) {
                    let is_complete = match &mut wait.future {
                        Form::Borrowed(future) => future.as_mut().enable(),
                        Form::Owned(future) => future.as_mut().enable(),
                    };
                    assert_eq!(is_complete, reference.enable(wait.id));
                }
            }
            Self::NotifyOne => {
                notify.notify_one();
                reference.notify_one();
            }
            Self::NotifyWaiters => {
                notify.notify_waiters();
                reference.notify_waiters();
            }
        }
    }
}
