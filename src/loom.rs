//! Selects the primitives of `core` and `std`, or those of loom.
//!
//! Models run at one of two levels. At the *exhaustive* one, with `--cfg compio_sync_exhaustive`,
//! loom sees each access of this crate, for the crate's own proof. At the *compact* one, loom sees
//! one access per operation, for models of code on top: see `flavour/compact.rs`.

#[cfg(all(loom, feature = "std", not(compio_sync_exhaustive)))]
pub(crate) use ::loom::sync::atomic::AtomicUsize;
#[cfg(all(loom, compio_sync_exhaustive))]
pub(crate) use ::loom::{
    cell::UnsafeCell,
    sync::atomic::{AtomicU8, AtomicUsize},
};

#[cfg(not(loom))]
pub(crate) use core::sync::atomic::{AtomicU8, AtomicUsize};

pub(crate) use core::sync::atomic::Ordering;

#[cfg(all(feature = "std", not(loom)))]
pub(crate) use std::thread;

/// loom has no clock, so a timed park yields to the other threads instead.
#[cfg(all(feature = "std", loom))]
pub(crate) mod thread {
    pub(crate) use ::loom::thread::{Thread, current, park};

    pub(crate) fn park_timeout(_: core::time::Duration) {
        ::loom::thread::yield_now();
    }
}

/// [`core::cell::UnsafeCell`] with the interface of loom's, which sees where an access begins and
/// ends.
#[cfg(not(all(loom, compio_sync_exhaustive)))]
#[derive(Debug)]
pub(crate) struct UnsafeCell<T>(core::cell::UnsafeCell<T>);

#[cfg(not(all(loom, compio_sync_exhaustive)))]
impl<T> UnsafeCell<T> {
    #[inline(always)]
    pub(crate) const fn new(value: T) -> Self {
        Self(core::cell::UnsafeCell::new(value))
    }

    #[inline(always)]
    pub(crate) fn with<R>(&self, access: impl FnOnce(*const T) -> R) -> R {
        access(self.0.get())
    }

    #[inline(always)]
    pub(crate) fn with_mut<R>(&self, access: impl FnOnce(*mut T) -> R) -> R {
        access(self.0.get())
    }
}

/// Makes the function `const`, except under loom, whose types are made at run time.
macro_rules! const_unless_loom {
    ($(#[$attribute:meta])* $visibility:vis fn $($rest:tt)*) => {
        #[cfg(not(loom))]
        $(#[$attribute])* $visibility const fn $($rest)*
        #[cfg(loom)]
        $(#[$attribute])* $visibility fn $($rest)*
    };
}
pub(crate) use const_unless_loom;
