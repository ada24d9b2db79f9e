//! What is measured: ours, the peers, and the floor, behind one interface.

use std::{
    future::ready,
    sync::atomic::{AtomicUsize, Ordering},
};

/// A semaphore. What its future is ready with gives the permits back when it is dropped.
pub(crate) trait Subject: 'static {
    const NAME: &str;

    /// The most permits that it can have, or that can be asked for at once; 1 where there is no asking
    /// for many.
    const MOST: usize = usize::MAX;

    /// Of how many rounds one is made, where a round with waiting takes so long.
    const ONE_IN: usize = 1;

    fn new(permits: usize) -> Self;
    fn acquire<'s>(&'s self) -> impl Future<Output: 's>;
    fn acquire_many(&self, permits: usize) -> impl Future;
    fn try_acquire(&self) -> impl Sized;

    /// Gives back permits of which there is no guard.
    fn release(&self, permits: usize);
}

macro_rules! ours {
    ($($Semaphore:ty = $name:literal),*) => {$(
        impl Subject for $Semaphore {
            const NAME: &str = $name;

            fn new(permits: usize) -> Self {
                Self::new(permits)
            }

            fn acquire(&self) -> impl Future {
                self.acquire()
            }

            fn acquire_many(&self, permits: usize) -> impl Future {
                self.acquire_many(permits)
            }

            fn try_acquire(&self) -> impl Sized {
                self.try_acquire()
            }

            fn release(&self, permits: usize) {
                self.add_permits(permits);
            }
        }
    )*};
}
ours!(
    compio_sync::Semaphore = "compio-sync",
    compio_sync::ClosableSemaphore = "compio-sync closable",
    compio_sync::unsync::Semaphore = "compio-sync unsync",
    compio_sync::unsync::ClosableSemaphore = "compio-sync unsync closable"
);

impl Subject for tokio::sync::Semaphore {
    const NAME: &str = "tokio";

    fn new(permits: usize) -> Self {
        Self::new(permits)
    }

    fn acquire(&self) -> impl Future {
        self.acquire()
    }

    fn acquire_many(&self, permits: usize) -> impl Future {
        self.acquire_many(permits as u32)
    }

    fn try_acquire(&self) -> impl Sized {
        self.try_acquire()
    }

    fn release(&self, permits: usize) {
        self.add_permits(permits);
    }
}

impl Subject for async_lock::Semaphore {
    const NAME: &str = "async-lock";
    const MOST: usize = 1;

    fn new(permits: usize) -> Self {
        Self::new(permits)
    }

    fn acquire(&self) -> impl Future {
        self.acquire()
    }

    fn acquire_many(&self, _: usize) -> impl Future {
        self.acquire()
    }

    fn try_acquire(&self) -> impl Sized {
        self.try_acquire()
    }

    fn release(&self, permits: usize) {
        self.add_permits(permits);
    }
}

/// Those that are asked for a number of permits, be it one.
macro_rules! by_number {
    ($($Semaphore:ty = $name:literal, $new:expr, $release:ident);*) => {$(
        impl Subject for $Semaphore {
            const NAME: &str = $name;

            fn new(permits: usize) -> Self {
                $new(permits)
            }

            fn acquire(&self) -> impl Future {
                self.acquire(1)
            }

            fn acquire_many(&self, permits: usize) -> impl Future {
                self.acquire(permits)
            }

            fn try_acquire(&self) -> impl Sized {
                self.try_acquire(1)
            }

            fn release(&self, permits: usize) {
                self.$release(permits);
            }
        }
    )*};
}
by_number!(
    asyncband::semaphore::Semaphore = "asyncband", Self::new, release;
    maitake_sync::Semaphore = "maitake-sync", Self::new, add_permits;
    futures_intrusive::sync::Semaphore = "futures-intrusive", |permits| Self::new(true, permits), release;
    futures_intrusive::sync::LocalSemaphore = "futures-intrusive local", |permits| Self::new(true, permits), release
);

/// It has no guards and no permits but those that it begins with.
pub(crate) struct Saa(saa::Semaphore);

struct SaaPermits<'a>(&'a saa::Semaphore, usize);

impl Drop for SaaPermits<'_> {
    fn drop(&mut self) {
        self.0.release_many(self.1);
    }
}

impl Subject for Saa {
    const NAME: &str = "saa";
    const MOST: usize = saa::Semaphore::MAX_PERMITS;
    const ONE_IN: usize = 500;

    fn new(permits: usize) -> Self {
        Self(saa::Semaphore::with_permits(permits))
    }

    fn acquire(&self) -> impl Future {
        async {
            self.0.acquire_async().await;
            SaaPermits(&self.0, 1)
        }
    }

    fn acquire_many(&self, permits: usize) -> impl Future {
        async move {
            self.0.acquire_many_async(permits).await;
            SaaPermits(&self.0, permits)
        }
    }

    fn try_acquire(&self) -> impl Sized {
        self.0.try_acquire().then(|| SaaPermits(&self.0, 1))
    }

    fn release(&self, permits: usize) {
        self.0.release_many(permits);
    }
}

/// Two bare compare-exchanges: nothing that counts permits in an atomic can be faster.
pub(crate) struct Floor(AtomicUsize);

struct FloorPermits<'a>(&'a AtomicUsize, usize);

impl Drop for FloorPermits<'_> {
    fn drop(&mut self) {
        exchange(self.0, |free| free + self.1);
    }
}

fn exchange(free: &AtomicUsize, change: impl FnOnce(usize) -> usize) {
    let seen = free.load(Ordering::Relaxed);
    let changed = free.compare_exchange(seen, change(seen), Ordering::AcqRel, Ordering::Relaxed);
    assert!(changed.is_ok(), "it is for one thread");
}

impl Floor {
    fn take(&self, permits: usize) -> FloorPermits<'_> {
        exchange(&self.0, |free| free - permits);
        FloorPermits(&self.0, permits)
    }
}

impl Subject for Floor {
    const NAME: &str = "two compare-exchanges";
    const MOST: usize = 0;

    fn new(permits: usize) -> Self {
        Self(AtomicUsize::new(permits))
    }

    fn acquire(&self) -> impl Future {
        ready(self.take(1))
    }

    fn acquire_many(&self, permits: usize) -> impl Future {
        ready(self.take(permits))
    }

    fn try_acquire(&self) -> impl Sized {
        self.take(1)
    }

    fn release(&self, _: usize) {
        unreachable!("nobody waits for it");
    }
}
