//! How a semaphore behaves, whichever flavour it has: each flavour has these tests once.

mod allocation;
mod cancel;
mod limit;
mod numbers;
mod order;
mod panics;
mod permit;
mod program;
mod property;
mod tasks;
#[cfg(feature = "tracing")]
mod told;
mod wakers;

use super::{Acquire, AcquireOwned, Counted, OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// The permit that a future was ready with, if it has one.
fn granted<P>(output: P) -> Option<P> {
    Some(output)
}

/// Whether it can be closed, which it is then.
fn close(_: &Semaphore) -> bool {
    false
}
