//! The ring of items, and its lock in each flavour.

use std::{cell::RefCell, collections::VecDeque};

use compio_sync::generic::{Flavour, Shared, SingleThread};

#[cfg(loom)]
use loom::sync::Mutex;
#[cfg(not(loom))]
use std::sync::Mutex;

/// A flavour, with the lock that it needs around the items of a channel.
///
/// [`Shared`] has a mutex, and [`SingleThread`] a [`RefCell`].
pub trait Storage: Flavour {
    /// The lock around a value.
    #[doc(hidden)]
    type Lock<T>: Lock<T>;
}

/// A value that one thread accesses at a time.
pub trait Lock<T> {
    fn new(value: T) -> Self;
    fn with<R>(&self, access: impl FnOnce(&mut T) -> R) -> R;
}

pub(crate) type Ring<F, T> = <F as Storage>::Lock<VecDeque<T>>;

impl Storage for Shared {
    type Lock<T> = Mutex<T>;
}

impl Storage for SingleThread {
    type Lock<T> = RefCell<T>;
}

impl<T> Lock<T> for Mutex<T> {
    fn new(value: T) -> Self {
        Self::new(value)
    }

    #[inline]
    fn with<R>(&self, access: impl FnOnce(&mut T) -> R) -> R {
        access(&mut self.lock().expect("no access panics"))
    }
}

impl<T> Lock<T> for RefCell<T> {
    fn new(value: T) -> Self {
        Self::new(value)
    }

    #[inline]
    fn with<R>(&self, access: impl FnOnce(&mut T) -> R) -> R {
        access(&mut self.borrow_mut())
    }
}
