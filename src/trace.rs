//! What a subscriber of `tracing` is told of a semaphore: nothing without the feature of that name, whose
//! part these types then play at no size and no cost.
//!
//! A subscriber is foreign code. It may panic, take its time, or use the very semaphore that it is told of:
//!
//! - It is told after the fact, when nothing is locked. A number is read for it just before, so those of
//!   several threads may come in another order than they were true in.
//! - Permits that were taken have their guard before it is told of them, and permits that are given back
//!   are back. So if it panics nothing is lost: the guard is dropped, and gives back. The span of a future ends
//!   while it is polled, for a panic that comes of dropping a future may leak what it was ready with.
//! - What it does with semaphores while it is told is not told, or that might have no end.
//! - It is kept from panicking while a panic unwinds, as wakers are.
//! - No other thread waits while it makes the span of a semaphore. Of two threads that are the first to use one, each
//!   may make a span, and one of the two is closed at once.

#[cfg(not(all(feature = "tracing", not(loom))))]
mod nobody;
#[cfg(all(feature = "tracing", not(loom)))]
mod subscriber;

#[cfg(not(all(feature = "tracing", not(loom))))]
pub(crate) use self::nobody::{Local, Op, Shared};
#[cfg(all(feature = "tracing", not(loom)))]
pub(crate) use self::subscriber::{Local, Op, Shared};

/// A semaphore, as a subscriber sees it.
pub(crate) trait Resource {
    /// Somebody is about to wait for it, by this method.
    fn op(&self, source: &'static str) -> Op;

    /// Its numbers may have changed: the free permits, the limit, and how many are queued.
    fn changed(&self, numbers: impl FnOnce() -> [usize; 3]);

    /// It is closed.
    fn closed(&self);
}
