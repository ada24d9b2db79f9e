//! Wakers that were taken out of the queue under the lock, and run after it is released.

#[cfg(feature = "std")]
use core::mem;
use core::{
    mem::{ManuallyDrop, MaybeUninit},
    ptr,
    task::Waker,
};

/// The number of waiters completed under one lock: three under loom, so that models have a second
/// batch.
const BATCH: usize = if cfg!(loom) { 3 } else { 32 };

/// Wakers on the stack, woken in FIFO order. `wakers[woken..filled]` are initialized, no others.
///
/// If a waker panics, dropping the batch wakes the rest.
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
        // A panic that is caught leaves wakers behind.
        while self.woken < self.filled {
            guard_double_panic(|| self.wake_each());
        }
        (self.woken, self.filled) = (0, 0);
    }

    #[inline]
    fn wake_each(&mut self) {
        while self.woken < self.filled {
            let waker = &self.wakers[self.woken];
            self.woken += 1;
            // SAFETY: *Moved Once*: its index was in `woken..filled`, and no longer is.
            unsafe { waker.assume_init_read() }.wake();
        }
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

/// A waker to drop without waking it, at the end of the scope that owns this value.
pub(super) struct DeferredDrop(ManuallyDrop<Waker>);

impl DeferredDrop {
    #[inline]
    pub(super) const fn new(waker: Waker) -> Self {
        Self(ManuallyDrop::new(waker))
    }

    #[inline]
    pub(super) fn into_waker(self) -> Waker {
        let deferred = ManuallyDrop::new(self);
        // SAFETY: *Moved Once*: `deferred` is not dropped.
        unsafe { ptr::read(&*deferred.0) }
    }
}

impl Drop for DeferredDrop {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: *Moved Once*: taken by the destructor.
        let waker = unsafe { ManuallyDrop::take(&mut self.0) };
        guard_double_panic(|| drop(waker));
    }
}

/// A waker that is woken at the end of the scope that owns this value.
pub(super) struct WakeOnDrop(Option<Waker>);

impl WakeOnDrop {
    pub(super) const fn new(waker: Waker) -> Self {
        Self(Some(waker))
    }

    pub(super) fn into_waker(mut self) -> Waker {
        self.0.take().expect("the waker is there until it is woken")
    }
}

impl Drop for WakeOnDrop {
    #[inline]
    fn drop(&mut self) {
        if let Some(waker) = self.0.take() {
            guard_double_panic(|| waker.wake());
        }
    }
}

/// Runs foreign code. While a panic unwinds, catches a second one, which would abort the process.
#[inline]
pub(crate) fn guard_double_panic(foreign: impl FnOnce()) {
    #[cfg(feature = "std")]
    if std::thread::panicking() {
        return catch_panics(foreign);
    }
    foreign();
}

#[cfg(feature = "std")]
#[cold]
fn catch_panics(foreign: impl FnOnce()) {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    let mut result = catch_unwind(AssertUnwindSafe(foreign));
    // Dropping the payload runs foreign code again. If every payload panics, the last one is
    // leaked.
    for _ in 0..8 {
        let Err(payload) = result else {
            return;
        };
        result = catch_unwind(AssertUnwindSafe(|| drop(payload)));
    }
    mem::forget(result);
}
