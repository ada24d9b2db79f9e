//! The flavour for one thread.

use std::rc::Rc as Counted;

use compio_sync::unsync::{
    Acquire, AcquireOwned, ClosableAcquire, ClosableAcquireOwned, ClosablePermit,
    ClosableSemaphore, OwnedClosablePermit, OwnedSemaphorePermit, Semaphore, SemaphorePermit,
};

#[path = "closable/mod.rs"]
mod closable;
#[path = "semaphore/mod.rs"]
mod semaphore;
