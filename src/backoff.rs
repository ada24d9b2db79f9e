//! Spinning: how threads look away from a contended word.

use crate::flavour::Backoff;

/// Grows with every call, up to a bound.
pub(crate) struct Spin {
    step: u32,
}

/// The first pause is `1 << FIRST` spin hints long, the longest `1 << LAST`.
#[cfg(not(loom))]
const FIRST: u32 = 6;
#[cfg(not(loom))]
const LAST: u32 = 8;

#[cfg(not(loom))]
impl Backoff for Spin {
    #[inline]
    fn new() -> Self {
        Self { step: 0 }
    }

    fn lost_race(&mut self) {
        for _ in 0..1_u32 << (FIRST + self.step) {
            core::hint::spin_loop();
        }
        self.step = (self.step + 1).min(LAST - FIRST);
    }

    fn locked(&mut self) {
        #[cfg(feature = "std")]
        if self.step == LAST - FIRST {
            return std::thread::yield_now();
        }
        self.lost_race();
    }
}

#[cfg(loom)]
impl Backoff for Spin {
    fn new() -> Self {
        Self { step: 0 }
    }

    /// Nothing: a lost compare-exchange is progress of another thread, so this loop is finite.
    fn lost_race(&mut self) {}

    /// Ends the schedules in which a waiter only spins once more, for loom explores those for ever.
    fn locked(&mut self) {
        if self.step > 0 {
            ::loom::skip_branch();
        }
        self.step = 1;
        ::loom::thread::yield_now();
    }
}
