//! The word that is counter, queue flag and spinlock at once, and every ordering it is used with.
//!
//! ```text
//! word:   | value (signed, the rest of the word) | QUEUED | LOCKED |
//! ```
//!
//! | LOCKED | QUEUED | state | who may write |
//! | --- | --- | --- | --- |
//! | 0 | 0 | nobody waits | anybody, by compare-exchange |
//! | 0 | 1 | somebody is queued | anybody, but only to set LOCKED |
//! | 1 | 1 | somebody is queued or about to be | the holder of the lock |
//! | 1 | 0 | nobody waits; the holder changes the value | the holder of the lock |
//!
//! The word is an atomic, or a cell in the flavour for one thread.

use crate::{flavour::Atomic, loom::Ordering};

const LOCKED: usize = 0b01;
const QUEUED: usize = 0b10;
const VALUE_SHIFT: u32 = 2;

/// The largest value that a word can hold.
pub(crate) const MAX_VALUE: isize = isize::MAX >> VALUE_SHIFT;

/// What the word was when it was read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Snapshot(usize);

impl Snapshot {
    const fn new(value: isize, flags: usize) -> Self {
        debug_assert!(value <= MAX_VALUE && value >= -MAX_VALUE);
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

/// What to make a word of, for a queue with this value and nobody in it.
pub(crate) const fn empty(value: isize) -> usize {
    Snapshot::new(value, 0).0
}

pub(super) struct Word<N>(pub(super) N);

impl<N: Atomic<usize>> Word<N> {
    /// ORDERING: `Relaxed`: a guess, confirmed by the compare-exchange that follows, or a mere reading.
    #[inline]
    pub(super) fn load(&self) -> Snapshot {
        Snapshot(self.0.load(Ordering::Relaxed))
    }

    /// ORDERING: `Acquire` pairs with [`unlock`](Self::unlock): who finds the queue empty sees all that was done to its
    /// last node. It pairs with [`publish`](Self::publish), too.
    #[inline]
    pub(super) fn load_after_unlock(&self) -> Snapshot {
        Snapshot(self.0.load(Ordering::Acquire))
    }

    /// Takes value out of an open word; false if the word has changed since it was `seen`.
    ///
    /// ORDERING: `Acquire` pairs with [`try_give`](Self::try_give) and [`unlock`](Self::unlock): who takes a permit
    /// sees what its holders wrote.
    #[inline]
    pub(super) fn try_take(&self, seen: Snapshot, value: isize) -> bool {
        debug_assert!(seen.is_open());
        let taken = Snapshot::new(value, 0);
        self.0.compare_exchange(seen.0, taken.0, Ordering::Acquire)
    }

    /// Gives value back to an open word; false if the word has changed since it was `seen`.
    ///
    /// ORDERING: `Release` pairs with [`try_take`](Self::try_take), [`try_lock`](Self::try_lock) and
    /// [`try_lock_to_queue`](Self::try_lock_to_queue): what the holder wrote goes to whoever gets the permit.
    #[inline]
    pub(super) fn try_give(&self, seen: Snapshot, value: isize) -> bool {
        debug_assert!(seen.is_open());
        let given = Snapshot::new(value, 0);
        self.0.compare_exchange(seen.0, given.0, Ordering::Release)
    }

    /// Sets LOCKED; false if the word has changed since it was `seen`.
    #[inline]
    pub(super) fn try_lock(&self, seen: Snapshot) -> bool {
        self.try_set(seen, LOCKED)
    }

    /// Sets LOCKED, and QUEUED for the node that is about to be linked; false if the word has changed since it was `seen`.
    #[inline]
    pub(super) fn try_lock_to_queue(&self, seen: Snapshot) -> bool {
        self.try_set(seen, LOCKED | QUEUED)
    }

    /// ORDERING: `Acquire` pairs with [`unlock`](Self::unlock) for the list, and with [`try_give`](Self::try_give) for
    /// the permits that the holder of the lock grants.
    #[inline]
    fn try_set(&self, seen: Snapshot, flags: usize) -> bool {
        debug_assert!(!seen.is_locked());
        self.0.compare_exchange(seen.0, seen.0 | flags, Ordering::Acquire)
    }

    /// Publishes the value, for the holder of the lock, who keeps it.
    ///
    /// ORDERING: `Release` pairs with [`load_after_unlock`](Self::load_after_unlock): who sees the value sees what was
    /// done before it became that. A plain store will do, as for [`unlock`](Self::unlock).
    #[inline]
    pub(super) fn publish(&self, value: isize) {
        debug_assert!(self.load().is_locked());
        self.0.store(Snapshot::new(value, LOCKED | QUEUED).0, Ordering::Release);
    }

    /// Publishes value and queue flag and gives up the lock, for its holder alone.
    ///
    /// ORDERING: `Release` pairs with the `Acquire` of all of the above. A plain store will do: while LOCKED is set
    /// nobody else writes the word (rule 3).
    #[inline]
    pub(super) fn unlock(&self, value: isize, queued: bool) {
        debug_assert!(self.load().is_locked());
        let flags = if queued { QUEUED } else { 0 };
        self.0.store(Snapshot::new(value, flags).0, Ordering::Release);
    }
}
