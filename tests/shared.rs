//! The flavour for all threads.

use std::sync::Arc as Counted;

use compio_sync::{
    Acquire, AcquireOwned, ClosableAcquire, ClosableAcquireOwned, ClosablePermit,
    ClosableSemaphore, OwnedClosablePermit, OwnedSemaphorePermit, Semaphore, SemaphorePermit,
};

#[path = "closable/mod.rs"]
mod closable;
#[path = "semaphore/mod.rs"]
mod semaphore;
