//! Every interleaving of the operations that can meet on one semaphore, one model for each race.
//!
//! ```text
//! RUSTFLAGS="--cfg loom -C debug-assertions" CARGO_TARGET_DIR=target/loom cargo test --release --test loom
//! ```
#![cfg(loom)]
#![allow(unsafe_code)]

mod guarded;
#[path = "../tests/task.rs"]
mod task;

mod cancel;
mod grant;
mod limit;
mod pairs;
mod slots;
mod taking;
mod three;
