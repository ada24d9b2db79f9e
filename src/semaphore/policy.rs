//! How the value of the queue counts permits, for a semaphore that can be closed and one that
//! cannot.
//!
//! The value of a [`NeverClosed`] semaphore is the number of available permits, or the negated
//! debt. A [`Closable`] semaphore shifts this number left by one bit, and stores in the lowest bit
//! whether it is closed. Once it is closed, the number is the negated number of permits in use.

use core::marker::PhantomData;

use super::closable::Closable;
use crate::{
    error::Closed,
    event::Event,
    flavour::Flavour,
    queue::{MAX_VALUE, Policy, Verdict},
};

/// Whether a semaphore can be closed: [`NeverClosed`] or [`Closable`].
///
/// The trait is sealed.
pub trait Closing: Counting {
    /// The output of an acquire: a permit, or a `Result`.
    type Output<T>;

    #[doc(hidden)]
    fn output<T>(permit: Option<T>) -> Self::Output<T>;
}

/// The layout of the value. It seals [`Closing`].
pub trait Counting: Sized {
    /// The bit of the value that is set when the semaphore is closed, or 0 if it never is.
    const CLOSED: isize;

    /// The type of the semaphore, in messages.
    const NAME: &'static str;

    /// The state of an open semaphore beside the queue.
    #[cfg(not(loom))]
    const OPEN: Self;
    #[cfg(loom)]
    fn open() -> Self;
}

/// The [`Closing`] of a [`Semaphore`](crate::Semaphore), whose acquires are infallible.
#[derive(Debug)]
pub struct NeverClosed(());

impl Counting for NeverClosed {
    const CLOSED: isize = 0;
    const NAME: &'static str = "Semaphore";

    #[cfg(not(loom))]
    const OPEN: Self = Self(());
    #[cfg(loom)]
    fn open() -> Self {
        Self(())
    }
}

impl Closing for NeverClosed {
    type Output<T> = T;

    #[inline]
    fn output<T>(permit: Option<T>) -> T {
        permit.expect("a semaphore that cannot be closed refuses no request")
    }
}

impl<F: Flavour> Counting for Closable<F> {
    const CLOSED: isize = 1;
    const NAME: &'static str = "ClosableSemaphore";

    #[cfg(not(loom))]
    const OPEN: Self = Self { closed: Event::new(false) };
    #[cfg(loom)]
    fn open() -> Self {
        Self { closed: Event::new(false) }
    }
}

impl<F: Flavour> Closing for Closable<F> {
    type Output<T> = Result<T, Closed>;

    #[inline]
    fn output<T>(permit: Option<T>) -> Result<T, Closed> {
        permit.ok_or(Closed)
    }
}

/// A request for this many permits is granted once a semaphore is closed and no permit is in use.
/// It exceeds every limit.
pub(super) const ALL_RETURNED: usize = usize::MAX;

/// The policy of a semaphore. It is a type of its own, so that only semaphores can have it.
#[derive(Debug)]
pub struct CountPermits<C>(PhantomData<C>);

impl<C: Counting> Policy for CountPermits<C> {
    type Request = usize;

    const IS_TRUSTED: bool = true;
    const MAY_REFUSE: bool = C::CLOSED != 0;

    #[inline]
    fn decide(value: isize, permits: usize) -> Verdict {
        if is_closed::<C>(value) {
            let waits = permits == ALL_RETURNED && count::<C>(value) != 0;
            return if waits { Verdict::Wait } else { Verdict::Refuse };
        }
        if permits <= non_negative(count::<C>(value)) {
            Verdict::Grant(value - units::<C>(permits as isize))
        } else {
            Verdict::Wait
        }
    }

    #[inline]
    fn release(value: isize, permits: usize) -> isize {
        value + units::<C>(permits as isize)
    }
}

pub(super) const fn max_permits<C: Counting>() -> usize {
    count::<C>(MAX_VALUE) as usize
}

#[inline]
pub(super) const fn is_closed<C: Counting>(value: isize) -> bool {
    value & C::CLOSED != 0
}

/// The value without the closed bit.
#[inline]
const fn count<C: Counting>(value: isize) -> isize {
    value >> C::CLOSED
}

/// The part of the value that this many permits are.
#[inline]
pub(super) const fn units<C: Counting>(permits: isize) -> isize {
    permits << C::CLOSED
}

/// The number of available permits, or the negated debt.
pub(super) fn free<C: Counting>(value: isize, limit: usize) -> isize {
    if is_closed::<C>(value) { limit as isize + count::<C>(value) } else { count::<C>(value) }
}

/// The value after the limit has changed by `delta`.
pub(super) fn move_limit<C: Counting>(value: isize, delta: isize) -> isize {
    if is_closed::<C>(value) { value } else { value + units::<C>(delta) }
}

/// The value after the semaphore is closed.
pub(super) fn close<C: Counting>(value: isize, limit: usize) -> isize {
    let in_use = limit as isize - free::<C>(value, limit);
    units::<C>(-in_use) | C::CLOSED
}

#[inline]
pub(super) fn non_negative(number: isize) -> usize {
    number.max(0) as usize
}
