//! How a semaphore behaves that can be closed, whichever flavour it has.

mod closing;
#[path = "../semaphore/program.rs"]
mod program;
#[path = "../semaphore/property.rs"]
mod property;
#[cfg(feature = "tracing")]
#[path = "../semaphore/told.rs"]
mod told;
#[cfg(feature = "tracing")]
mod told_of_the_end;

use super::{
    ClosableAcquire as Acquire, ClosableAcquireOwned as AcquireOwned,
    ClosablePermit as SemaphorePermit, ClosableSemaphore as Semaphore, Counted,
    OwnedClosablePermit as OwnedSemaphorePermit,
};

/// The permit that a future was ready with, if it has one.
fn granted<P>(output: Result<P, compio_sync::Closed>) -> Option<P> {
    output.ok()
}

/// Whether it can be closed, which it is then.
fn close(semaphore: &Semaphore) -> bool {
    semaphore.close();
    true
}
