//! The policies of guarded data, which keep *One Writer*.

use crate::queue::{MAX_VALUE, Policy, Verdict};

/// A policy with a request that excludes all others.
pub trait Exclude: Policy {
    /// Asks for exclusive access.
    const EXCLUSIVE: Self::Request;

    /// The value while nothing is granted.
    const FREE: isize;
}

/// The policy of a mutex. Each request excludes all others.
#[derive(Debug)]
pub enum Exclusive {}

impl Exclude for Exclusive {
    const EXCLUSIVE: () = ();
    const FREE: isize = 1;
}

impl Policy for Exclusive {
    type Request = ();

    const IS_TRUSTED: bool = true;
    const MAY_REFUSE: bool = false;

    #[inline]
    fn decide(value: isize, (): ()) -> Verdict {
        if value == Self::FREE { Verdict::Grant(0) } else { Verdict::Wait }
    }

    #[inline]
    fn release(_: isize, (): ()) -> isize {
        Self::FREE
    }
}

/// The policy of a reader-writer lock. The value is the number of readers, or -1 for a writer.
#[derive(Debug)]
pub enum ReadWrite {}

/// What a lock is acquired for.
#[derive(Clone, Copy, Debug)]
pub enum Access {
    Read,
    Write,
}

/// The largest number of readers at the same time.
pub(crate) const MAX_READERS: usize = MAX_VALUE as usize;

const WRITER: isize = -1;
pub(super) const ONE_READER: isize = 1;

impl Exclude for ReadWrite {
    const EXCLUSIVE: Access = Access::Write;
    const FREE: isize = 0;
}

impl Policy for ReadWrite {
    type Request = Access;

    const IS_TRUSTED: bool = true;
    const MAY_REFUSE: bool = false;

    #[inline]
    fn decide(value: isize, access: Access) -> Verdict {
        match access {
            Access::Read if (0..MAX_VALUE).contains(&value) => Verdict::Grant(value + 1),
            Access::Write if value == Self::FREE => Verdict::Grant(WRITER),
            _ => Verdict::Wait,
        }
    }

    #[inline]
    fn release(value: isize, access: Access) -> isize {
        match access {
            Access::Read => value - 1,
            Access::Write => Self::FREE,
        }
    }
}

/// The policy of a cell that is initialized once. A request asks for the right to initialize it,
/// and is refused once the cell is full.
#[derive(Debug)]
pub enum Once {}

pub(super) const EMPTY: isize = 0;
const INITIALIZING: isize = 1;
pub(super) const FULL: isize = 2;

impl Policy for Once {
    type Request = ();

    const IS_TRUSTED: bool = true;

    #[inline]
    fn decide(value: isize, (): ()) -> Verdict {
        match value {
            FULL => Verdict::Refuse,
            EMPTY => Verdict::Grant(INITIALIZING),
            _ => Verdict::Wait,
        }
    }

    #[inline]
    fn release(_: isize, (): ()) -> isize {
        EMPTY
    }
}
