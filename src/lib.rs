//! Async synchronization primitives for the compio runtime.
#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod backoff;
mod loom;
mod semaphore;
mod wait_queue;

pub use self::semaphore::{Acquire, Semaphore, SemaphorePermit};
