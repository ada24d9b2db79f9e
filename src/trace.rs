//! The feature `tracing`: wrappers around waiters and grants, which emit their spans and events.
//! Without the feature, the wrappers compile to nothing.
//!
//! A subscriber is foreign code. It may panic, take its time, or use the primitive that it is
//! called for:
//!
//! - Events are emitted after the lock of the queue is released. A number is read just before it is
//!   emitted, so events of several threads may be out of order.
//! - An acquire is emitted while a guard owns the permits, so a panic of the subscriber releases
//!   them. A release is emitted after the permits are released. The span of a future closes inside
//!   the last poll, because a panic while the future is dropped could leak its output.
//! - No event is emitted for operations that a subscriber performs inside an event of this crate.
//!   Otherwise the events could recurse without end.
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

/// Emits the state of a primitive: `emit_state!(resource, field: value, ..)`. The caller holds no
/// lock.
///
/// Each field is an event of its own, because tokio-console reads one field of an event.
macro_rules! emit_state {
    ($resource:expr, $($field:ident: $value:expr),+) => {
        #[cfg(all(feature = "tracing", not(loom)))]
        $resource.emit_state(|| {
            $(let $field = $value;)+
            $(::tracing::trace!(
                target: "runtime::resource::state_update",
                $field,
                $field.op = "override",
            );)+
        });
    };
}
pub(crate) use emit_state;
