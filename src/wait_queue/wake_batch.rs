//! Wakers that were taken under the lock, to be run after it was given up (rule 7).

#[cfg(feature = "std")]
use core::mem;
use core::{mem::MaybeUninit, task::Waker};

/// How many waiters are settled under one lock; three under loom, so that a second batch is modelled.
const BATCH: usize = if cfg!(loom) { 3 } else { 32 };

/// Wakers on the stack, woken in the order in which they came.
///
/// A waker that panics costs nobody else the wake-up: dropping the batch wakes the rest.
pub(super) struct WakeBatch {
    wakers: [MaybeUninit<Waker>; BATCH],
    woken: usize,
    filled: usize,
}

impl WakeBatch {
    #[inline]
    pub(super) const fn new() -> Self {
        Self { wakers: [const { MaybeUninit::uninit() }; BATCH], woken: 0, filled: 0 }
    }

    #[inline]
    pub(super) const fn is_full(&self) -> bool {
        self.filled == BATCH
    }

    #[inline]
    pub(super) fn push(&mut self, waker: Waker) {
        self.wakers[self.filled].write(waker);
        self.filled += 1;
    }

    #[inline]
    pub(super) fn wake_all(&mut self) {
        while self.woken < self.filled {
            let waker = &self.wakers[self.woken];
            self.woken += 1;
            // SAFETY: rule 8: it was between `woken` and `filled`, and is no longer.
            let waker = unsafe { waker.assume_init_read() };
            run_foreign(|| waker.wake());
        }
        (self.woken, self.filled) = (0, 0);
    }

    #[cold]
    fn wake_rest(&mut self) {
        self.wake_all();
    }
}

impl Drop for WakeBatch {
    #[inline]
    fn drop(&mut self) {
        if self.woken < self.filled {
            self.wake_rest();
        }
    }
}

/// A waker that nobody will wake, dropped at the end of the scope that has it.
pub(super) struct Discarded(Option<Waker>);

impl Discarded {
    pub(super) const fn new(waker: Waker) -> Self {
        Self(Some(waker))
    }
}

impl Drop for Discarded {
    #[inline]
    fn drop(&mut self) {
        run_foreign(|| drop(self.0.take()));
    }
}

/// Lets no panic out while one is on its way already: a second one would abort.
#[inline]
pub(crate) fn run_foreign(foreign: impl FnOnce()) {
    #[cfg(feature = "std")]
    if std::thread::panicking() {
        return swallow_panics(foreign);
    }
    foreign();
}

#[cfg(feature = "std")]
#[cold]
fn swallow_panics(foreign: impl FnOnce()) {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    let mut panicked = catch_unwind(AssertUnwindSafe(foreign));
    // To drop what it has panicked with is to run foreign code again; if that has no end, it is leaked.
    for _ in 0..8 {
        let Err(payload) = panicked else {
            return;
        };
        panicked = catch_unwind(AssertUnwindSafe(|| drop(payload)));
    }
    mem::forget(panicked);
}
