//! The seam between the flavours: what the words of a queue and the status of a node are, and how its lock is waited for.
//!
//! All above it is written once. The models of the shared flavour hold for the other too: what runs on
//! one thread, with foreign code only where nobody holds the lock (rule 7), is one of the interleavings
//! that they explore. And a [`Cell`] does what an atomic does that no other thread touches.

use core::cell::Cell;

use crate::{
    loom::{AtomicU8, AtomicUsize, Ordering},
    trace,
};

/// Which threads may touch a queue, and what that costs.
pub(crate) trait Flavour {
    type Number: Atomic<usize>;
    type Status: Atomic<u8>;
    type Backoff: Backoff;
    /// What a subscriber of `tracing` is told through.
    type Resource: trace::Resource;
}

/// What looks like one step to whoever else may touch it.
pub(crate) trait Atomic<T> {
    fn new(value: T) -> Self;
    fn load(&self, ordering: Ordering) -> T;
    fn store(&self, value: T, ordering: Ordering);

    /// False, and nothing has changed, if it is not as it was `seen`.
    fn compare_exchange(&self, seen: T, new: T, ordering: Ordering) -> bool;
}

/// How long to look away before looking at a contended word again.
pub(crate) trait Backoff {
    fn new() -> Self;

    /// After a lost compare-exchange: somebody else got on, and the word may be free already.
    fn lost_race(&mut self);

    /// While somebody holds the lock: a few instructions, unless the holder was descheduled.
    fn locked(&mut self);
}

/// A flavour whose queues, and all that waits in them, may be sent to other threads and shared with them.
#[diagnostic::on_unimplemented(
    message = "what is in `compio_sync::unsync` stays on its thread",
    note = "`compio_sync::Semaphore` is the one for all threads"
)]
pub(crate) trait ForAllThreads: Flavour<Number: Sync, Status: Sync> {}

/// For all threads.
pub(crate) enum Shared {}

impl ForAllThreads for Shared {}

impl Flavour for Shared {
    type Number = AtomicUsize;
    type Status = AtomicU8;
    type Backoff = crate::backoff::Spin;
    type Resource = trace::Shared;
}

/// For one thread, which never finds the lock taken: whoever has it calls nothing foreign (rule 7).
pub(crate) enum SingleThread {}

impl Flavour for SingleThread {
    type Number = Cell<usize>;
    type Status = Cell<u8>;
    type Backoff = Alone;
    type Resource = trace::Local;
}

macro_rules! atomic {
    ($($Atomic:ident of $T:ident),*) => {$(
        impl Atomic<$T> for $Atomic {
            fn new(value: $T) -> Self {
                $Atomic::new(value)
            }

            #[inline(always)]
            fn load(&self, ordering: Ordering) -> $T {
                self.load(ordering)
            }

            #[inline(always)]
            fn store(&self, value: $T, ordering: Ordering) {
                self.store(value, ordering);
            }

            /// ORDERING: `Relaxed` if it fails: nothing is concluded from that, but to look again.
            #[inline(always)]
            fn compare_exchange(&self, seen: $T, new: $T, ordering: Ordering) -> bool {
                self.compare_exchange(seen, new, ordering, Ordering::Relaxed).is_ok()
            }
        }
    )*};
}
atomic!(AtomicUsize of usize, AtomicU8 of u8);

impl<T: Copy + PartialEq> Atomic<T> for Cell<T> {
    fn new(value: T) -> Self {
        Cell::new(value)
    }

    #[inline(always)]
    fn load(&self, _: Ordering) -> T {
        self.get()
    }

    #[inline(always)]
    fn store(&self, value: T, _: Ordering) {
        self.set(value);
    }

    #[inline(always)]
    fn compare_exchange(&self, seen: T, new: T, _: Ordering) -> bool {
        let is_unchanged = self.get() == seen;
        if is_unchanged {
            self.set(new);
        }
        is_unchanged
    }
}

/// There is nobody to wait for, and so none of these.
pub(crate) enum Alone {}

impl Backoff for Alone {
    #[inline(always)]
    fn new() -> Self {
        unreachable!("one thread waits for nobody");
    }

    fn lost_race(&mut self) {
        match *self {}
    }

    fn locked(&mut self) {
        match *self {}
    }
}
