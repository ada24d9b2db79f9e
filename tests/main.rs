//! Tests of the public API.
//!
//! Most of them poll futures by hand and count wakeups. The program fixes the order of all events,
//! so no test depends on time.

mod assertions;
mod flavours;
mod hooked_waker;
mod programs;
#[cfg(feature = "tracing")]
mod resource_events;
mod runtime;
#[cfg(feature = "tracing")]
mod subscriber;
mod task;

#[cfg(feature = "std")]
mod blocking;
mod ecosystem;
mod generic;
mod lock_traits;
mod std_traits;
mod threads;
mod traits;
mod wait_queue_traits;
mod workloads;
