//! Async synchronization primitives for [compio](https://docs.rs/compio), and for every other runtime.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg), doc(auto_cfg(hide(doc, loom))))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "std")]
mod blocking;
mod error;
mod flavour;
pub mod generic;
#[cfg(doc)]
pub mod guide;
mod loom;
mod semaphore;
mod trace;
pub mod unsync;
mod wait_queue;

#[cfg(feature = "alloc")]
use alloc::sync::Arc;

pub use self::error::{Closed, TooManyPermits, TryAcquireError};
use self::generic::Shared;

/// A fair limit on how many of something are in use at once, shared between threads.
pub type Semaphore = generic::Semaphore<Shared>;

/// A [`Semaphore`] that can be closed.
pub type ClosableSemaphore = generic::ClosableSemaphore<Shared>;

/// The future of [`acquire`](Semaphore::acquire) and [`acquire_many`](Semaphore::acquire_many).
pub type Acquire<'a> = generic::Acquire<&'a Semaphore>;

/// The `'static` future of [`acquire_owned`](Semaphore::acquire_owned) and
/// [`acquire_many_owned`](Semaphore::acquire_many_owned).
#[cfg(feature = "alloc")]
pub type AcquireOwned = generic::Acquire<Arc<Semaphore>>;

/// A guard that releases its permits when dropped.
pub type SemaphorePermit<'a> = generic::SemaphorePermit<&'a Semaphore>;

/// A `'static` guard that releases its permits when dropped.
#[cfg(feature = "alloc")]
pub type OwnedSemaphorePermit = generic::SemaphorePermit<Arc<Semaphore>>;

/// The future of [`acquire`](ClosableSemaphore::acquire) and
/// [`acquire_many`](ClosableSemaphore::acquire_many).
pub type ClosableAcquire<'a> = generic::Acquire<&'a ClosableSemaphore>;

/// The `'static` future of [`acquire_owned`](ClosableSemaphore::acquire_owned) and
/// [`acquire_many_owned`](ClosableSemaphore::acquire_many_owned).
#[cfg(feature = "alloc")]
pub type ClosableAcquireOwned = generic::Acquire<Arc<ClosableSemaphore>>;

/// A guard that releases its permits when dropped.
pub type ClosablePermit<'a> = generic::SemaphorePermit<&'a ClosableSemaphore>;

/// A `'static` guard that releases its permits when dropped.
#[cfg(feature = "alloc")]
pub type OwnedClosablePermit = generic::SemaphorePermit<Arc<ClosableSemaphore>>;

/// The future of [`closed`](ClosableSemaphore::closed).
pub type WaitForClose<'a> = generic::WaitForClose<'a, Shared>;

/// The future of [`drain`](ClosableSemaphore::drain).
pub type Drain<'a> = generic::Drain<&'a ClosableSemaphore>;

/// The `'static` future of [`drain_owned`](ClosableSemaphore::drain_owned).
#[cfg(feature = "alloc")]
pub type DrainOwned = generic::Drain<Arc<ClosableSemaphore>>;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
