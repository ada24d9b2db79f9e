//! Tests of both flavours of all primitives, written once.
//!
//! Each module below names the types of one flavour and declares the files that test them. Such a
//! file refers to the types through `super`, and is compiled once per module that declares it. The
//! fuzz target compiles this file as well, for the programs alone.
#![allow(clippy::duplicate_mod, reason = "each file is compiled for several types")]

mod barrier_reference;
mod condvar_reference;
mod event_reference;
mod lock_reference;
mod notify_reference;
mod once_cell_reference;
// Random policies panic. Without `std`, a second panic aborts the process.
#[cfg(any(feature = "std", not(test)))]
pub(crate) mod random_policy;
mod reference;
#[cfg(all(test, feature = "std"))]
mod wait_queue_foreign;
#[cfg(any(feature = "std", not(test)))]
pub(crate) mod wait_queue_program;
#[cfg(all(test, feature = "std"))]
mod wait_queue_property;
#[cfg(any(feature = "std", not(test)))]
mod wait_queue_reference;
mod waits;

#[path = "."]
pub(crate) mod shared {
    use std::sync::Arc as Counted;

    #[cfg(test)]
    use compio_sync::wait_queue::WaitQueue;
    use compio_sync::{
        self as flavour, Acquire, AcquireOwned, Event, Notified, NotifiedOwned, Notify,
        OwnedSemaphorePermit, Semaphore, SemaphorePermit, WaitForEvent, WaitForEventOwned,
    };

    use super::never_closed::{close_if_closable, into_permit};

    pub(crate) mod barrier;
    pub(crate) mod condvar;
    pub(crate) mod event;
    #[cfg(test)]
    mod events;
    pub(crate) mod mutex;
    pub(crate) mod notify;
    pub(crate) mod once_cell;
    pub(crate) mod program;
    #[cfg(test)]
    mod property;
    pub(crate) mod rwlock;
    #[cfg(test)]
    mod semaphore;
    #[cfg(test)]
    mod wait_queue;
}

#[path = "."]
pub(crate) mod unsync {
    use std::rc::Rc as Counted;

    #[cfg(test)]
    use compio_sync::unsync::WaitQueue;
    use compio_sync::unsync::{
        self as flavour, Acquire, AcquireOwned, Event, Notified, NotifiedOwned, Notify,
        OwnedSemaphorePermit, Semaphore, SemaphorePermit, WaitForEvent, WaitForEventOwned,
    };

    use super::never_closed::{close_if_closable, into_permit};

    pub(crate) mod barrier;
    pub(crate) mod condvar;
    pub(crate) mod event;
    #[cfg(test)]
    mod events;
    pub(crate) mod mutex;
    pub(crate) mod notify;
    pub(crate) mod once_cell;
    pub(crate) mod program;
    #[cfg(test)]
    mod property;
    pub(crate) mod rwlock;
    #[cfg(test)]
    mod semaphore;
    #[cfg(test)]
    mod wait_queue;
}

#[path = "."]
pub(crate) mod closable {
    use std::sync::Arc as Counted;

    use compio_sync::{
        ClosableAcquire as Acquire, ClosableAcquireOwned as AcquireOwned,
        ClosablePermit as SemaphorePermit, ClosableSemaphore as Semaphore,
        OwnedClosablePermit as OwnedSemaphorePermit,
    };

    use super::closable_only::{close_if_closable, into_permit};

    #[cfg(test)]
    mod close_events;
    #[cfg(test)]
    mod closing;
    #[cfg(test)]
    mod events;
    pub(crate) mod program;
    #[cfg(test)]
    mod property;
}

#[path = "."]
pub(crate) mod unsync_closable {
    use std::rc::Rc as Counted;

    use compio_sync::unsync::{
        ClosableAcquire as Acquire, ClosableAcquireOwned as AcquireOwned,
        ClosablePermit as SemaphorePermit, ClosableSemaphore as Semaphore,
        OwnedClosablePermit as OwnedSemaphorePermit,
    };

    use super::closable_only::{close_if_closable, into_permit};

    #[cfg(test)]
    mod close_events;
    #[cfg(test)]
    mod closing;
    #[cfg(test)]
    mod events;
    pub(crate) mod program;
    #[cfg(test)]
    mod property;
}

mod never_closed {
    use compio_sync::generic::{Flavour, Semaphore};

    /// Returns the permit that an acquire completed with, if it did not fail.
    pub(super) fn into_permit<P>(permit: P) -> Option<P> {
        Some(permit)
    }

    /// Closes the semaphore if it can be closed. Returns whether it can.
    pub(super) fn close_if_closable<F: Flavour>(_: &Semaphore<F>) -> bool {
        false
    }
}

mod closable_only {
    use compio_sync::{
        Closed,
        generic::{ClosableSemaphore, Flavour},
    };

    /// Returns the permit that an acquire completed with, if it did not fail.
    pub(super) fn into_permit<P>(output: Result<P, Closed>) -> Option<P> {
        output.ok()
    }

    /// Closes the semaphore if it can be closed. Returns whether it can.
    pub(super) fn close_if_closable<F: Flavour>(semaphore: &ClosableSemaphore<F>) -> bool {
        semaphore.close();
        true
    }
}
