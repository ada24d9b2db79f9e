//! Tickets, which let a broadcast complete all waits that were created before it.
//!
//! ```text
//! value:  | generation | flag |
//! ```
//!
//! A future takes the current generation as its *ticket* when it is created. A broadcast starts the
//! next generation, and the policy refuses each ticket of an earlier one. This has four effects:
//!
//! - A broadcast is one change of the value, regardless of the number of wakeup batches.
//! - A broadcast terminates, because a woken task that waits again has a new ticket.
//! - A broadcast also completes futures that were created before it and are polled later.
//! - A broadcast grants nothing, so a future that it completes has nothing to pass on.
//!
//! Generations wrap around after 2^60 broadcasts, or 2^28 on 32-bit targets. A future that is first
//! polled after exactly that many broadcasts waits for the next broadcast.

use crate::{
    flavour::Flavour,
    queue::{MAX_VALUE, Policy, WaitQueue},
};

/// The bit of the value that each primitive uses in its own way.
pub(crate) const FLAG: isize = 1;

/// The generation in which a future was created.
#[derive(Clone, Copy, Debug)]
pub struct Ticket(isize);

impl Ticket {
    /// A ticket for operations that need none.
    pub(crate) const ANY: Self = Self(0);

    /// Takes the ticket of a future that is created now.
    ///
    /// A future that is created after a broadcast waits for the next one. Its task must therefore
    /// see what was done before the last one, such as setting a condition.
    #[inline]
    pub(crate) fn current<P: Policy, F: Flavour>(queue: &WaitQueue<P, F>) -> Self {
        Self::of(queue.value_acquire())
    }

    #[inline]
    pub(crate) const fn of(value: isize) -> Self {
        Self(value & !FLAG)
    }

    #[inline]
    pub(crate) const fn is_current(self, value: isize) -> bool {
        self.0 == value & !FLAG
    }
}

#[inline]
pub(crate) const fn has_flag(value: isize) -> bool {
    value & FLAG != 0
}

/// Returns the value of the next generation. The flag stays as it is.
#[inline]
pub(crate) const fn next_generation(value: isize) -> isize {
    (value + 2 * FLAG) & MAX_VALUE
}
