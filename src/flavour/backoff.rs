//! How a thread waits before it looks at a contended word again.

/// The backoff of a thread during one attempt to change a contended word.
pub trait Backoff {
    fn new() -> Self;

    /// Waits after a lost compare-exchange. Another thread made progress, and the word may be free.
    fn spin(&mut self);

    /// Waits while another thread holds the lock: for a few instructions, unless it was
    /// descheduled.
    fn snooze(&mut self);
}

/// Spins for longer with every call, up to a bound.
#[derive(Debug)]
pub struct Spin {
    step: u32,
}

/// The first wait is `1 << FIRST` spin hints long, the longest is `1 << LAST`.
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

    fn spin(&mut self) {
        for _ in 0..1_u32 << (FIRST + self.step) {
            core::hint::spin_loop();
        }
        self.step = (self.step + 1).min(LAST - FIRST);
    }

    fn snooze(&mut self) {
        #[cfg(feature = "std")]
        if self.step == LAST - FIRST {
            return std::thread::yield_now();
        }
        self.spin();
    }
}

#[cfg(loom)]
impl Backoff for Spin {
    fn new() -> Self {
        Self { step: 0 }
    }

    /// Does nothing: a lost compare-exchange is progress of another thread, so the loop is finite.
    fn spin(&mut self) {}

    /// Prunes the schedules in which a thread only spins again, which loom would explore for ever.
    fn snooze(&mut self) {
        if self.step > 0 {
            ::loom::skip_branch();
        }
        self.step = 1;
        ::loom::thread::yield_now();
    }
}

/// What a thread that finds its own lock held panics with.
pub(crate) const USED_BY_POLICY: &str =
    "a policy, or a closure passed to `update`, must not use the wait queue that calls it";

/// The backoff of a single thread, which is never constructed: the thread finds its own lock held
/// only inside a policy that uses its queue.
#[derive(Debug)]
pub enum NoBackoff {}

impl Backoff for NoBackoff {
    #[inline(always)]
    fn new() -> Self {
        panic!("{USED_BY_POLICY}");
    }

    fn spin(&mut self) {
        match *self {}
    }

    fn snooze(&mut self) {
        match *self {}
    }
}
