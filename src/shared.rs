//! The flavour for all threads, in which a word is an atomic.

pub(crate) use crate::{
    flavour::Shared as Flavour, loom::AtomicUsize as Number, trace::Shared as Resource,
};

/// The counted pointer of owned futures and permits: a line about it, or its type.
#[cfg(feature = "alloc")]
macro_rules! counted {
    ($before:literal, $after:literal) => {
        concat!($before, "Arc", $after)
    };
    ($T:ty) => {
        alloc::sync::Arc<$T>
    };
}

/// A line of an example that imports what it shows.
macro_rules! import {
    (counted) => {
        "use std::sync::Arc;"
    };
    ($names:literal) => {
        concat!("use compio_sync::", $names, ";")
    };
}

/// What the documentation says of this flavour alone.
macro_rules! of_flavour {
    (threads) => {
        "
While nobody waits, each is one atomic compare-exchange.

This is the flavour for all threads: it is `Send + Sync`, and can stand in a `static`. What never leaves
its thread has [`unsync::Semaphore`](crate::unsync::Semaphore), for a fraction of the price.

```
use compio_sync::Semaphore;

static SOCKETS: Semaphore = Semaphore::new(128);

assert_eq!(SOCKETS.available_permits(), 128);
```
"
    };
    (memory_ordering) => {
        "
What was done before a permit was given back or added is seen by whoever gets it next: giving is a
`Release`, getting is an `Acquire`. Readings of the numbers are `Relaxed`, and order nothing.
"
    };
    (permit) => {
        "
Nor can it go to a thread or task that may:

```compile_fail,E0597
use compio_sync::Semaphore;

let semaphore = Semaphore::new(2);
let permit = semaphore.try_acquire();
std::thread::spawn(move || drop(permit));
```
"
    };
}

#[path = "closable/mod.rs"]
mod closable;
#[path = "semaphore/mod.rs"]
mod semaphore;

pub use self::{closable::*, semaphore::*};
