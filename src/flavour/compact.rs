//! The compact level of loom models, for code on top of this crate.
//!
//! A word is plain data with a loom atomic beside it: its *order*. Each operation on the word is
//! one read-modify-write of the order, with the memory ordering of the real operation. Each is one
//! scheduling point and never finds a stale value.
//!
//! A node's status has no order of its own, because storing it would be a scheduling point of the
//! critical section. The owner of a completed node loads the order of the word instead. It thereby
//! also synchronizes with releases that follow the completion, which the real code does not.
//!
//! A critical section contains no scheduling point, so no thread finds the lock held. All writes
//! that an unlock must publish precede the lock. Locking is therefore acquire and release here, and
//! unlocking is a plain store.
//!
//! The exception is the closure of an `update`, which is code of a user. After it, the section
//! [publishes](Words::synchronize) what the closure wrote. This is a scheduling point, so another
//! thread may find the lock held. That thread then [confirms](Words::confirm) this, because loom
//! explores only orders of accesses that it sees.

use core::sync::atomic::{self, Ordering};

use super::{Atomic, Shared, Words, backoff::Spin};

impl Words for Shared {
    type Usize = AtomicUsize;
    type U8 = AtomicU8;
    type Backoff = Spin;

    fn confirm(word: &AtomicUsize, current: usize) -> bool {
        // ORDERING: `Relaxed`: a failed attempt synchronizes with nothing.
        word.load(Ordering::Relaxed) == current
    }

    fn confirm_acquire(word: &AtomicUsize, current: usize) -> bool {
        // ORDERING: `Acquire` pairs with `lock`, and with the `Release` of other operations: a
        // refused thread sees what happened before.
        word.load(Ordering::Acquire) == current
    }

    /// ORDERING: `Release` pairs with `lock`, and with the `Acquire` of other operations.
    fn synchronize(word: &AtomicUsize) {
        word.load(Ordering::Release);
    }

    fn load_number(word: &AtomicUsize, number: &AtomicUsize) -> usize {
        // ORDERING: `Relaxed`: a snapshot synchronizes with nothing.
        word.load(Ordering::Relaxed);
        number.peek()
    }

    fn load_status(word: &AtomicUsize, status: &AtomicU8) -> u8 {
        if status.peek() == 0 {
            // ORDERING: `Relaxed`: a wait that is pending synchronizes with nothing.
            word.load(Ordering::Relaxed);
        }
        if status.peek() != 0 {
            // ORDERING: `Acquire` pairs with `lock`: the owner sees what previous holders wrote.
            word.load(Ordering::Acquire);
        }
        status.peek()
    }
}

/// A word, or a number that changes under the lock of one.
#[derive(Debug)]
pub struct AtomicUsize {
    value: atomic::AtomicUsize,
    order: loom::sync::atomic::AtomicUsize,
}

impl Atomic<usize> for AtomicUsize {
    fn new(value: usize) -> Self {
        let order = loom::sync::atomic::AtomicUsize::new(0);
        Self { value: atomic::AtomicUsize::new(value), order }
    }

    fn load(&self, ordering: Ordering) -> usize {
        self.order.fetch_add(0, ordering);
        self.peek()
    }

    fn store(&self, value: usize, _: Ordering) {
        // ORDERING: `Relaxed`: loom runs one thread at a time, and `order` is what it sees.
        self.value.store(value, Ordering::Relaxed);
    }

    fn compare_exchange(&self, current: usize, new: usize, ordering: Ordering) -> bool {
        let is_current = self.load(ordering) == current;
        if is_current {
            self.store(new, ordering);
        }
        is_current
    }

    fn peek(&self) -> usize {
        // ORDERING: `Relaxed`: as above.
        self.value.load(Ordering::Relaxed)
    }

    fn peek_acquire(&self) -> usize {
        self.peek()
    }

    /// ORDERING: `AcqRel` pairs with itself, with `load_status`, and with the `Acquire` and
    /// `Release` of other operations.
    fn lock(&self, current: usize, locked: usize) -> bool {
        self.compare_exchange(current, locked, Ordering::AcqRel)
    }
}

/// The status of a node, which is written under the lock of a word.
#[derive(Debug)]
pub struct AtomicU8(atomic::AtomicU8);

impl Atomic<u8> for AtomicU8 {
    fn new(value: u8) -> Self {
        Self(atomic::AtomicU8::new(value))
    }

    fn load(&self, ordering: Ordering) -> u8 {
        self.0.load(ordering)
    }

    fn store(&self, value: u8, ordering: Ordering) {
        self.0.store(value, ordering);
    }

    fn compare_exchange(&self, current: u8, new: u8, ordering: Ordering) -> bool {
        // ORDERING: `Relaxed`: loom runs one thread at a time.
        self.0.compare_exchange(current, new, ordering, Ordering::Relaxed).is_ok()
    }
}
