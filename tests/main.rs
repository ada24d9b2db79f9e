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

mod adaptive_limit;
#[cfg(feature = "std")]
mod blocking;
mod copy_tree;
mod crawl;
mod ecosystem;
mod graceful_shutdown;
mod proxy;
mod rate_limit;
mod static_service;
mod threads;
mod traits;
