//! A policy that looks up what it returns in a table of random bytes.

use compio_sync::wait_queue::{Arrival, Policy, Verdict, WaitQueue};

const VALUES: usize = 8;
const REQUESTS: usize = 4;

/// What a policy returns: one byte for each function, value and request. Most tables break laws.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table(pub(crate) [u8; Self::BYTES]);

impl Table {
    pub(crate) const BYTES: usize = 4 * VALUES * REQUESTS;

    /// Returns what the policy decides, or `None` if it panics, as do the functions below.
    pub(crate) fn decide(&self, value: isize, request: u8) -> Option<Verdict> {
        let byte = self.byte(0, value, request);
        Some(match byte / 32 {
            0..4 => Verdict::Wait,
            4..7 => Verdict::Grant(change(value, byte)?),
            _ => Verdict::Refuse,
        })
    }

    pub(crate) fn release(&self, value: isize, request: u8) -> Option<isize> {
        change(value, self.byte(1, value, request))
    }

    pub(crate) fn enqueue(&self, value: isize, request: u8) -> Option<Arrival<u8>> {
        let byte = self.byte(2, value, request);
        Some(match byte / 64 {
            0 | 1 => Arrival::Enqueue(value, request),
            2 => Arrival::Enqueue(change(value, byte)?, byte % REQUESTS as u8),
            _ => Arrival::Grant(change(value, byte)?),
        })
    }

    pub(crate) fn cancel(&self, value: isize, request: u8) -> Option<isize> {
        let byte = self.byte(3, value, request);
        if byte < 128 { Some(value) } else { change(value, byte) }
    }

    /// Half of the rows treat all requests alike. Otherwise, broadcasts would rarely take several
    /// batches.
    fn byte(&self, function: usize, value: isize, request: u8) -> u8 {
        let row = function * VALUES + value.rem_euclid(VALUES as isize) as usize;
        let row = &self.0[row * REQUESTS..];
        if row[0] % 2 == 0 { row[0] } else { row[usize::from(request)] }
    }
}

/// Changes a value, or returns `None` to panic. Some of the new values are out of range.
pub(crate) fn change(value: isize, byte: u8) -> Option<isize> {
    type Queue = WaitQueue<RandomPolicy<true, true>>;

    match byte % 32 {
        0..4 => Some(value),
        4..8 => Some(value + 1),
        8..11 => Some(value - 1),
        11..27 => Some(isize::from(byte % VALUES as u8)),
        27 => Some(Queue::MIN_VALUE),
        28 => Some(Queue::MAX_VALUE),
        29 => Some(Queue::MAX_VALUE + 1),
        30 => Some(isize::MIN),
        _ => None,
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Request {
    pub(crate) table: Table,
    /// Less than the number of requests.
    pub(crate) index: u8,
}

impl Request {
    pub(crate) fn new(table: Table, number: u8) -> Self {
        Self { table, index: number % REQUESTS as u8 }
    }
}

pub(crate) enum RandomPolicy<const MAY_REFUSE: bool, const STORES: bool> {}

/// What the policy panics with.
pub(crate) const PANIC: &str = "the table makes the policy panic";

impl<const MAY_REFUSE: bool, const STORES: bool> Policy for RandomPolicy<MAY_REFUSE, STORES> {
    type Request = Request;
    const MAY_REFUSE: bool = MAY_REFUSE;
    const STORES: bool = STORES;

    fn decide(value: isize, request: Request) -> Verdict {
        request.table.decide(value, request.index).expect(PANIC)
    }

    fn release(value: isize, request: Request) -> isize {
        request.table.release(value, request.index).expect(PANIC)
    }

    fn enqueue(value: isize, request: Request) -> Arrival<Request> {
        match request.table.enqueue(value, request.index).expect(PANIC) {
            Arrival::Enqueue(value, index) => Arrival::Enqueue(value, Request { index, ..request }),
            Arrival::Grant(value) => Arrival::Grant(value),
        }
    }

    fn cancel(value: isize, request: Request) -> isize {
        request.table.cancel(value, request.index).expect(PANIC)
    }
}
