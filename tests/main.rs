//! The public API, polled by hand: tests are ordered by program, never by time.

mod hooked_waker;
mod program;
mod programs;
mod reference;
mod task;

mod adaptive_limit;
mod allocation;
mod cancel;
mod copy_tree;
mod limit;
mod numbers;
mod order;
mod panics;
mod permit;
mod property;
mod runtime;
mod threads;
mod traits;
mod wakers;
