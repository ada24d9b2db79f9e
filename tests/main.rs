//! The public API, polled by hand: tests are ordered by program, never by time.
#![allow(clippy::duplicate_mod, reason = "both flavours are tested by one text")]

mod hooked_waker;
mod programs;
mod reference;
mod runtime;
#[cfg(feature = "tracing")]
mod subscriber;
mod task;

mod shared;
mod unsync;

#[cfg(feature = "std")]
mod blocking;
mod ecosystem;
mod threads;
mod traits;
