//! What the feature `tracing` reports: it wraps waiters and grants from outside, and compiles to
//! nothing without the feature.
//!
//! A subscriber is foreign code. It may panic, take its time, or use the primitive that it is
//! called for:
//!
//! - Events are emitted after the lock of the queue is released. A number is read just before it is
//!   emitted, so events of several threads may be out of order.
//! - Acquired permits have their guard before they are reported, and released permits are back. If
//!   the subscriber panics, the guard releases them. The span of a future closes inside the last
//!   poll, because a panic while the future is dropped could leak its output.
//! - Operations that a subscriber performs on a primitive while it is called are not reported,
//!   because that might never end.
//! - A second panic is caught while a panic unwinds, as for wakers.
//! - No thread waits for another one to create the span of a primitive. If two threads use it first
//!   at the same time, each may create a span, and one of the two closes at once.

#[cfg(not(all(feature = "tracing", not(loom))))]
mod disabled;
#[cfg(all(feature = "tracing", not(loom)))]
mod subscriber;
#[cfg(all(feature = "tracing", not(loom)))]
mod traced;

#[cfg(not(all(feature = "tracing", not(loom))))]
pub(crate) use self::disabled::{Grant, Op, Resource, Waiter};
#[cfg(all(feature = "tracing", not(loom)))]
pub(crate) use self::{
    subscriber::{Op, Resource},
    traced::{Grant, Waiter},
};
