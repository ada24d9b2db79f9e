//! The flavour for one thread: the same semaphore, at the price of a counter.
//!
//! compio is thread-per-core, and its tasks stay on their thread; most limits do, too. Here the words
//! of the queue are plain [cells](core::cell::Cell), and no operation is atomic. All else is as in the
//! shared flavour, of which this is the same algorithm from the same source: the names, the order of
//! those who wait, what cancelling does, and what a waker may do.
//!
//! A semaphore that is reached from everywhere stands in a `thread_local!`:
//!
//! ```
//! use std::rc::Rc;
//!
//! use compio_sync::unsync::{OwnedSemaphorePermit, Semaphore};
//!
//! thread_local! {
//!     static FILES: Rc<Semaphore> = Rc::new(Semaphore::new(64));
//! }
//!
//! async fn file() -> OwnedSemaphorePermit {
//!     FILES.with(Rc::clone).acquire_owned().await
//! }
//!
//! # compio::runtime::Runtime::new().unwrap().block_on(async {
//! let permit = file().await;
//! assert_eq!(permit.semaphore().available_permits(), 63);
//! # });
//! ```
//!
//! # Threads
//!
//! No semaphore, future or permit here is `Send` or `Sync`. Wakers are: one that was taken from a future of this module can be
//! woken on any thread, for to wake is a matter of the runtime, and touches no queue.
//!
//! ```compile_fail,E0277
//! let semaphore = compio_sync::unsync::Semaphore::new(1);
//! std::thread::spawn(move || semaphore.available_permits());
//! ```
//!
//! ```compile_fail,E0277
//! let semaphore = compio_sync::unsync::Semaphore::new(1);
//! std::thread::scope(|scope| {
//!     scope.spawn(|| semaphore.available_permits());
//! });
//! ```
//!
//! ```compile_fail,E0277
//! static SEMAPHORE: compio_sync::unsync::Semaphore = compio_sync::unsync::Semaphore::new(1);
//! ```
//!
//! ```compile_fail,E0277
//! let semaphore = compio_sync::unsync::Semaphore::new(1);
//! let acquire = semaphore.acquire();
//! std::thread::scope(|scope| {
//!     scope.spawn(|| drop(acquire));
//! });
//! ```
//!
//! ```compile_fail,E0277
//! let semaphore = compio_sync::unsync::Semaphore::new(1);
//! let permit = semaphore.try_acquire();
//! std::thread::scope(|scope| {
//!     scope.spawn(|| drop(permit));
//! });
//! ```
//!
//! ```compile_fail,E0277
//! let semaphore = std::rc::Rc::new(compio_sync::unsync::Semaphore::new(1));
//! let acquire = semaphore.acquire_owned();
//! std::thread::spawn(|| drop(acquire));
//! ```
//!
//! ```compile_fail,E0277
//! let semaphore = std::rc::Rc::new(compio_sync::unsync::Semaphore::new(1));
//! let permit = semaphore.try_acquire_owned();
//! std::thread::spawn(|| drop(permit));
//! ```

use core::cell::Cell;

pub use crate::{
    closed::{Closed, TryAcquireError},
    too_many::TooManyPermits,
};
pub(crate) use crate::{flavour::SingleThread as Flavour, trace::Local as Resource};

pub(crate) type Number = Cell<usize>;

/// The counted pointer of owned futures and permits: a line about it, or its type.
#[cfg(feature = "alloc")]
macro_rules! counted {
    ($before:literal, $after:literal) => {
        concat!($before, "Rc", $after)
    };
    ($T:ty) => {
        alloc::rc::Rc<$T>
    };
}

/// A line of an example that imports what it shows.
macro_rules! import {
    (counted) => {
        "use std::rc::Rc;"
    };
    ($names:literal) => {
        concat!("use compio_sync::unsync::", $names, ";")
    };
}

/// What the documentation says of this flavour alone.
macro_rules! of_flavour {
    (threads) => {
        "
While nobody waits, each is the price of a counter.

This is the flavour for one thread: it is neither `Send` nor `Sync`. What more threads share has the
[`Semaphore`](crate::Semaphore) at the root of the crate.
"
    };
    (memory_ordering) => {
        "
All that is done to it is done on one thread, in the order of the program.
"
    };
    (permit) => {
        ""
    };
}

#[path = "closable/mod.rs"]
mod closable;
#[path = "semaphore/mod.rs"]
mod semaphore;

pub use self::{closable::*, semaphore::*};
