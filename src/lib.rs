//! Async synchronization primitives for [compio](https://docs.rs/compio), and for any other runtime.
//!
//! There is one so far, the semaphore: a limit on how many files, sockets or requests are in use at
//! once. It has two flavours, of the same names and from the same source:
//!
//! - [`Semaphore`] is for all threads. While nobody waits, taking and giving back are one atomic
//!   compare-exchange each.
//! - [`unsync::Semaphore`] is for one thread, as compio's tasks are, and costs what a counter costs.
//!
//! [`ClosableSemaphore`] and [`unsync::ClosableSemaphore`] can be closed as well, so that a service that
//! shuts down turns away who waits; and threads outside of a runtime can [block](Semaphore::acquire_blocking).
//!
//! All stand on a queue of waiters that live in the futures that wait:
//!
//! - Waiting never allocates, and neither does giving back.
//! - Strictly first come, first served, and nobody passes by `try_acquire` either.
//! - A future can be dropped at any moment, and neither a permit nor a wake-up is lost.
//! - A waker never runs while the queue is locked, so it may call back into the semaphore.
//!
//! ```
//! use compio_sync::Semaphore;
//!
//! static FILES: Semaphore = Semaphore::new(64);
//!
//! async fn length(path: &str) -> std::io::Result<u64> {
//!     let _permit = FILES.acquire().await;
//!     Ok(compio::fs::metadata(path).await?.len())
//! }
//!
//! # compio::runtime::Runtime::new().unwrap().block_on(async {
//! assert!(length("Cargo.toml").await.unwrap() > 0);
//! assert_eq!(FILES.available_permits(), 64);
//! # });
//! ```
//!
//! Pages beside the reference: [how it works](guide::design), in a picture; [from tokio and
//! async-lock](guide::migration), name by name; and [a wait that is stored and polled by hand](guide::polling).
//!
//! # Features
//!
//! - `std` (default): threads can [block](Semaphore::acquire_blocking); a thread that finds the queue
//!   locked for long yields to the one that holds the lock; and a waker that panics when it is woken or
//!   dropped while another panic unwinds does not abort the process.
//! - `alloc` (implied by `std`): links `alloc`.
//! - `compio`: debug builds panic when a thread that runs compio is blocked by
//!   [`acquire_blocking`](Semaphore::acquire_blocking) and its like.
//! - `tracing`: a subscriber is told what happens to a semaphore, [see below](#tracing).
//!
//! Without either the crate is `no_std` and needs nothing but atomics of a word's size. Waiters lock the
//! queue for a few instructions by spinning, so an interrupt handler must not use a semaphore that the
//! code it has interrupted uses.
//!
//! # tracing
//!
//! With the feature `tracing` the subscriber of [tracing](https://docs.rs/tracing) is told of every
//! semaphore, at level `TRACE`, by the names that [tokio-console](https://docs.rs/tokio-console) reads: it
//! lists semaphores among its resources, with their numbers and those who wait.
//!
//! | | target | fields |
//! | --- | --- | --- |
//! | span `runtime.resource`: a semaphore, from its first use on | `compio_sync` | `concrete_type`, `kind`, `is_internal`; where it was made: `loc.file`, `loc.line`, `loc.col` |
//! | event in it, for each number after every change | `runtime::resource::state_update` | `permits` (those that are free), `limit`, `waiters`, or `closed` |
//! | span `runtime.resource.async_op`: a future, until it is ready or dropped | `compio_sync` | `source` |
//! | event in it, for each poll | `runtime::resource::poll_op` | `op_name`, `is_ready` |
//!
//! It is told after the fact, when nothing is locked, and may use the semaphore itself; what it does there is
//! not told. When it is called for something else it is told of what it does as everybody is, so it must not
//! use a semaphore under a lock of its own. If it panics, no permit and no wake-up is lost. A number is read just
//! before it is told, so those that several threads tell at once may come out of order.
//!
//! A semaphore belongs to the subscriber that listens when it is first used, and keeps it alive; one that
//! keeps the semaphore in turn is never freed.
//!
//! Without the feature all this costs nothing. With it, on 64 bits, a semaphore is nine words longer and a future
//! ten, a semaphore has a destructor, so that no `const fn` can drop one, and as long as nobody listens at that
//! level each operation checks that a few times; a subscriber takes the time that it takes, and may allocate.
//! Under `cfg(loom)` nothing is told.
//!
//! The package `console` in the repository is a program for tokio-console to watch.
//!
//! # loom
//!
//! Built with `--cfg loom`, the crate uses the atomics of [loom](https://docs.rs/loom), so that code on
//! top of it can be model-checked with all that happens inside. Constructors are not `const` then, and a
//! `static` semaphore wants `loom::lazy_static`. Batches are of three, so that a second one is modelled.
//! The lists of [`unsync`] are watched by loom as well, so it works within a model only, too.
//!
//! ```text
//! [target.'cfg(loom)'.dev-dependencies]
//! loom = { version = "0.7", features = ["futures"] }
//! ```
//!
//! ```text
//! #[test]
//! fn two_users_take_turns() {
//!     loom::model(|| {
//!         let semaphore = std::sync::Arc::new(compio_sync::Semaphore::new(1));
//!         let other = semaphore.clone();
//!         let user = loom::thread::spawn(move || drop(loom::future::block_on(other.acquire())));
//!         drop(loom::future::block_on(semaphore.acquire()));
//!         user.join().unwrap();
//!     });
//! }
//! ```
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test --release
//! ```
//!
//! `loom-tests/slots.rs` in the repository is such a model of a small type, and of a bug in it.
//!
//! # With compio's `with_cancel`
//!
//! Inside a future that was given a cancel token, compio makes a new waker for every poll: each clone
//! allocates, and polling again replaces the stored waker under the lock. It is correct all the same.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg), doc(auto_cfg(hide(doc, loom))))]
#![allow(clippy::duplicate_mod, reason = "both flavours have their semaphore from one text")]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod backoff;
#[cfg(feature = "std")]
mod blocking;
mod closed;
mod flavour;
#[cfg(doc)]
pub mod guide;
mod loom;
mod permits;
mod shared;
mod too_many;
mod trace;
pub mod unsync;
mod wait_queue;

pub use self::{
    closed::{Closed, TryAcquireError},
    shared::*,
    too_many::TooManyPermits,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
