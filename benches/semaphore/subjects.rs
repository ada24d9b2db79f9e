//! What is measured: ours, and the peers, behind one interface.

/// A semaphore. What its future is ready with gives the permits back when it is dropped.
pub(crate) trait Subject {
    const NAME: &str;

    fn new(permits: usize) -> Self;
    fn acquire(&self, permits: usize) -> impl Future;
    fn try_acquire(&self) -> impl Sized;
    fn add_permits(&self, permits: usize);
}

macro_rules! ours {
    ($($Semaphore:ty = $name:literal),*) => {$(
        impl Subject for $Semaphore {
            const NAME: &str = $name;

            fn new(permits: usize) -> Self {
                Self::new(permits)
            }

            fn acquire(&self, permits: usize) -> impl Future {
                self.acquire_many(permits)
            }

            fn try_acquire(&self) -> impl Sized {
                self.try_acquire()
            }

            fn add_permits(&self, permits: usize) {
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

impl Subject for futures_intrusive::sync::LocalSemaphore {
    const NAME: &str = "futures-intrusive local";

    fn new(permits: usize) -> Self {
        Self::new(true, permits)
    }

    fn acquire(&self, permits: usize) -> impl Future {
        self.acquire(permits)
    }

    fn try_acquire(&self) -> impl Sized {
        self.try_acquire(1)
    }

    fn add_permits(&self, permits: usize) {
        self.release(permits);
    }
}
