//! The policies of the two queues.
//!
//! ```text
//! slots:  |              free slots               | CLOSED |
//! items:  | announced items |  items in flight    | CLOSED |
//! ```
//!
//! Each item of the channel holds one slot, so no field overflows into the next one.

use compio_sync::wait_queue::{Arrival, Policy, Verdict};

pub(crate) const CLOSED: isize = 1;
pub(crate) const SLOT: isize = 2;
pub(crate) const IN_FLIGHT: isize = 2;
const ITEM: isize = IN_FLIGHT << COUNT_BITS;

/// The width of a count. The value of a wait queue has two bits less than an `isize`.
const COUNT_BITS: u32 = (isize::BITS - 4) / 2;

/// The largest capacity of a channel.
pub(crate) const MAX_CAPACITY: usize = (1 << COUNT_BITS) - 1;

/// Returns the value after the channel is closed, for both queues.
pub(crate) fn close(value: isize) -> isize {
    value | CLOSED
}

pub(crate) fn is_closed(value: isize) -> bool {
    value & CLOSED != 0
}

/// The policy of `slots`: a sender waits for a free slot.
pub(crate) enum Slots {}

impl Policy for Slots {
    type Request = ();

    fn decide(value: isize, (): ()) -> Verdict {
        if is_closed(value) {
            Verdict::Refuse
        } else if value >= SLOT {
            Verdict::Grant(value - SLOT)
        } else {
            Verdict::Wait
        }
    }

    fn release(value: isize, (): ()) -> isize {
        value + SLOT
    }
}

/// The policy of `items`: a receiver waits for an announced item.
pub(crate) enum Items {}

impl Items {
    /// Returns the value after a sender has begun to put an item. A closed channel is unchanged.
    pub(crate) fn begin_put(value: isize) -> isize {
        if is_closed(value) { value } else { value + IN_FLIGHT }
    }

    /// Returns the number of announced items.
    pub(crate) fn announced(value: isize) -> usize {
        (value / ITEM) as usize
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A receiver acquires an item, and takes it from the ring at once.
    Take,
    /// A queued receiver acquires an item, and takes it from the ring when it is polled.
    TakeLater,
    /// A receiver that was queued has taken its item. It is only released.
    Taken,
    /// A sender has put its item, and announces it. It is only released.
    Announce,
}

impl Policy for Items {
    type Request = Step;

    fn decide(value: isize, step: Step) -> Verdict {
        // Closed, and no item is announced or in flight: this is final, because senders can begin
        // no more.
        if value == CLOSED {
            return Verdict::Refuse;
        }
        if value < ITEM {
            return Verdict::Wait;
        }
        match step {
            Step::Take => Verdict::Grant(value - ITEM),
            Step::TakeLater => Verdict::Grant(value - ITEM + IN_FLIGHT),
            Step::Taken | Step::Announce => Verdict::Wait,
        }
    }

    fn release(value: isize, step: Step) -> isize {
        match step {
            Step::Take => value + ITEM,
            Step::TakeLater | Step::Announce => value + ITEM - IN_FLIGHT,
            Step::Taken => value - IN_FLIGHT,
        }
    }

    fn enqueue(value: isize, _: Step) -> Arrival<Step> {
        Arrival::Enqueue(value, Step::TakeLater)
    }
}
