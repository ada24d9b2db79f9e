//! The public API, polled by hand: tests are ordered by program, never by time.

mod hooked_waker;
mod task;

mod allocation;
mod cancel;
mod numbers;
mod order;
mod panics;
mod runtime;
mod threads;
mod traits;
mod wakers;
