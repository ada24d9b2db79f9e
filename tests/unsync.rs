//! The flavour for one thread.

use std::rc::Rc as Counted;

use compio_sync::unsync::{
    Acquire, AcquireOwned, OwnedSemaphorePermit, Semaphore, SemaphorePermit,
};

#[path = "semaphore/mod.rs"]
mod semaphore;
