//! The measured semaphores behind one interface: compio-sync, its peers, and a lower bound.

use std::future::ready;

use super::Floor;

/// A semaphore. The output of its acquire future is a guard that releases the permits when dropped.
pub(super) trait Subject: 'static {
    const NAME: &str;

    /// The maximum number of permits of an acquire: 1 if a future acquires a single permit only,
    /// and 0 for the lower bound, which cannot wait.
    const MAX_PERMITS: usize = usize::MAX;

    /// The divisor of the number of rounds on paths that wait. It is above 1 if waits are slow.
    const ROUNDS_DIVISOR: usize = 1;

    fn new(permits: usize) -> Self;
    fn acquire<'s>(&'s self) -> impl Future<Output: 's>;
    fn acquire_many(&self, permits: usize) -> impl Future;
    fn try_acquire(&self) -> impl Sized;

    /// Releases permits that have no guard.
    fn release(&self, permits: usize);
}

macro_rules! compio_sync {
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
compio_sync!(
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
    const MAX_PERMITS: usize = 1;

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

/// Semaphores whose `acquire` has the number of permits as its argument.
macro_rules! acquires_by_number {
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
acquires_by_number!(
    asyncband::semaphore::Semaphore = "asyncband", Self::new, release;
    maitake_sync::Semaphore = "maitake-sync", Self::new, add_permits;
    futures_intrusive::sync::Semaphore =
        "futures-intrusive", |permits| Self::new(true, permits), release;
    futures_intrusive::sync::LocalSemaphore =
        "futures-intrusive local", |permits| Self::new(true, permits), release
);

/// A semaphore without guards, whose permits cannot be more than its initial ones.
pub(super) struct Saa(saa::Semaphore);

struct SaaPermits<'a>(&'a saa::Semaphore, usize);

impl Drop for SaaPermits<'_> {
    fn drop(&mut self) {
        self.0.release_many(self.1);
    }
}

impl Subject for Saa {
    const NAME: &str = "saa";
    const MAX_PERMITS: usize = saa::Semaphore::MAX_PERMITS;
    const ROUNDS_DIVISOR: usize = 500;

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

impl Subject for Floor {
    const NAME: &str = Self::NAME;
    const MAX_PERMITS: usize = 0;

    fn new(permits: usize) -> Self {
        Self::new(permits)
    }

    fn acquire(&self) -> impl Future {
        ready(self.acquire_now(1))
    }

    fn acquire_many(&self, permits: usize) -> impl Future {
        ready(self.acquire_now(permits))
    }

    fn try_acquire(&self) -> impl Sized {
        self.acquire_now(1)
    }

    fn release(&self, _: usize) {
        unreachable!("the lower bound never waits");
    }
}
