//! The word: the value, the queue flag and the spinlock in one `usize`.
//!
//! ```text
//! word:   | value (signed, the rest of the word) | QUEUED | LOCKED |
//! ```
//!
//! | LOCKED | QUEUED | state | may write the word |
//! | --- | --- | --- | --- |
//! | 0 | 0 | the queue is empty | any thread, by compare-exchange |
//! | 0 | 1 | waiters are queued | any thread, but only to set LOCKED |
//! | 1 | 1 | waiters are queued, one is about to be, or the last one was just unlinked | the lock holder |
//! | 1 | 0 | the queue is empty, and the lock holder changes the value | the lock holder |

use crate::{
    error::out_of_range,
    flavour::{Atomic, Flavour, ThreadSafe},
    loom::{Ordering, const_unless_loom},
};

const LOCKED: usize = 0b01;
const QUEUED: usize = 0b10;
const VALUE_SHIFT: u32 = 2;

/// The largest value that a word can hold.
pub(crate) const MAX_VALUE: isize = isize::MAX >> VALUE_SHIFT;

/// The smallest value that a word can hold.
pub(crate) const MIN_VALUE: isize = isize::MIN >> VALUE_SHIFT;

/// Returns the value.
///
/// # Panics
/// If a word cannot hold the value.
#[inline(always)]
#[track_caller]
pub(super) const fn in_range(value: isize) -> isize {
    if value < MIN_VALUE || value > MAX_VALUE {
        out_of_range(value, MIN_VALUE, MAX_VALUE);
    }
    value
}

/// A `usize` in the flavour's representation.
pub(crate) struct Number<F: Flavour>(F::Usize);

// SAFETY: *Plain Words*: the words of a thread-safe flavour are atomics.
unsafe impl<F: ThreadSafe> Sync for Number<F> {}

impl<F: Flavour> Number<F> {
    #[cfg(not(loom))]
    pub(crate) const fn new(value: usize) -> Self {
        const { assert!(size_of::<F::Usize>() == size_of::<usize>()) };
        // SAFETY: *Plain Words*: `F::Usize` is represented like a `usize`. A `const fn` cannot call
        // the constructor of a generic type.
        Self(unsafe { core::mem::transmute_copy::<usize, F::Usize>(&value) })
    }

    #[cfg(loom)]
    pub(crate) fn new(value: usize) -> Self {
        Self(F::Usize::new(value))
    }

    /// Returns the number, for the lock holder.
    #[inline]
    pub(crate) fn get(&self) -> usize {
        self.0.peek()
    }

    /// Sets the number, for the lock holder.
    ///
    /// ORDERING: `Relaxed`: the lock orders the writers.
    #[inline]
    pub(crate) fn set(&self, value: usize) {
        self.0.store(value, Ordering::Relaxed);
    }
}

/// A snapshot of the word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct State(usize);

impl State {
    const fn new(value: isize, flags: usize) -> Self {
        debug_assert!(MIN_VALUE <= value && value <= MAX_VALUE);
        Self((value as usize) << VALUE_SHIFT | flags)
    }

    pub(super) const fn value(self) -> isize {
        self.0 as isize >> VALUE_SHIFT
    }

    pub(super) const fn is_locked(self) -> bool {
        self.0 & LOCKED != 0
    }

    pub(super) const fn is_queued(self) -> bool {
        self.0 & QUEUED != 0
    }

    /// Neither locked nor queued: one compare-exchange may change the value.
    pub(super) const fn is_open(self) -> bool {
        self.0 & (LOCKED | QUEUED) == 0
    }
}

pub(super) struct Word<F: Flavour>(Number<F>);

impl<F: Flavour> Word<F> {
    const_unless_loom! {
        /// The word of an empty queue.
        pub(super) fn new(value: isize) -> Self {
            Self(Number::new(State::new(value, 0).0))
        }
    }

    /// Guesses the state. A compare-exchange or [`confirm`](Self::confirm) confirms it.
    #[inline]
    pub(super) fn peek(&self) -> State {
        State(self.0.0.peek())
    }

    #[inline]
    pub(super) fn confirm(&self, guess: State) -> bool {
        F::confirm(&self.0.0, guess.0)
    }

    /// Guesses the state for a policy that may refuse.
    /// [`confirm_acquire`](Self::confirm_acquire) confirms that it does.
    #[inline]
    pub(super) fn peek_acquire(&self) -> State {
        State(self.0.0.peek_acquire())
    }

    #[inline]
    pub(super) fn confirm_acquire(&self, guess: State) -> bool {
        F::confirm_acquire(&self.0.0, guess.0)
    }

    /// ORDERING: `Relaxed`: a snapshot.
    #[inline]
    pub(super) fn load(&self) -> State {
        State(self.0.0.load(Ordering::Relaxed))
    }

    #[inline]
    pub(super) fn synchronize(&self) {
        F::synchronize(&self.0.0);
    }

    /// Loads a number that changes under the lock.
    #[inline]
    pub(super) fn load_number(&self, number: &Number<F>) -> usize {
        F::load_number(&self.0.0, &number.0)
    }

    /// Loads the status of a node.
    #[inline]
    pub(super) fn load_status(&self, status: &F::U8) -> u8 {
        F::load_status(&self.0.0, status)
    }

    /// ORDERING: `Acquire` pairs with [`unlock`](Self::unlock): a thread that finds the queue empty
    /// sees all accesses to its last node. It also pairs with [`publish`](Self::publish) and
    /// [`try_release`](Self::try_release): a refused thread sees what happened before.
    #[inline]
    pub(super) fn load_acquire(&self) -> State {
        State(self.0.0.load(Ordering::Acquire))
    }

    /// Changes the value of an open word to acquire something.
    ///
    /// ORDERING: `Acquire` pairs with [`try_release`](Self::try_release) and
    /// [`unlock`](Self::unlock): the new holder sees what previous holders wrote.
    #[inline]
    pub(super) fn try_acquire(&self, current: State, value: isize) -> bool {
        debug_assert!(current.is_open());
        self.0.0.compare_exchange(current.0, State::new(value, 0).0, Ordering::Acquire)
    }

    /// Changes the value of an open word to release something.
    ///
    /// ORDERING: `Release` pairs with [`try_acquire`](Self::try_acquire),
    /// [`try_lock`](Self::try_lock) and [`try_lock_to_enqueue`](Self::try_lock_to_enqueue): the
    /// next holder sees what this one wrote.
    #[inline]
    pub(super) fn try_release(&self, current: State, value: isize) -> bool {
        debug_assert!(current.is_open());
        self.0.0.compare_exchange(current.0, State::new(value, 0).0, Ordering::Release)
    }

    /// Sets LOCKED.
    #[inline]
    pub(super) fn try_lock(&self, current: State) -> bool {
        self.try_set(current, LOCKED)
    }

    /// Sets LOCKED, and QUEUED for the node that is about to be linked.
    #[inline]
    pub(super) fn try_lock_to_enqueue(&self, current: State) -> bool {
        self.try_set(current, LOCKED | QUEUED)
    }

    #[inline]
    fn try_set(&self, current: State, flags: usize) -> bool {
        debug_assert!(!current.is_locked());
        self.0.0.lock(current.0, current.0 | flags)
    }

    /// Publishes the value and keeps the lock, for the lock holder.
    ///
    /// ORDERING: `Release` pairs with [`load_acquire`](Self::load_acquire): a thread that sees the
    /// value sees what happened before. A plain store is enough, by *Lone Writer*.
    #[inline]
    pub(super) fn publish(&self, value: isize) {
        debug_assert!(self.peek().is_locked());
        self.0.0.store(State::new(value, LOCKED | QUEUED).0, Ordering::Release);
    }

    /// Publishes value and queue flag and releases the lock, for the lock holder.
    ///
    /// ORDERING: `Release` pairs with [`load_acquire`](Self::load_acquire),
    /// [`try_acquire`](Self::try_acquire) and [`Atomic::lock`]. A plain store is enough, by *Lone
    /// Writer*.
    #[inline]
    pub(super) fn unlock(&self, value: isize, is_queued: bool) {
        debug_assert!(self.peek().is_locked());
        let flags = if is_queued { QUEUED } else { 0 };
        self.0.0.store(State::new(value, flags).0, Ordering::Release);
    }
}
