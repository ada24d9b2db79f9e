//! The flavour for all threads.

use std::sync::Arc as Counted;

use compio_sync::{Acquire, AcquireOwned, OwnedSemaphorePermit, Semaphore, SemaphorePermit};

#[path = "semaphore/mod.rs"]
mod semaphore;
