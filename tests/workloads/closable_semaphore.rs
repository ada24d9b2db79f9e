//! Tasks that share one permit. One of them closes the semaphore, and all others drain it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use compio_sync::generic::{ClosableSemaphore, Flavour};

use super::{TASKS, Workload, test_under_each_runtime};
use crate::runtime::yield_now;

const SERVED: usize = TASKS / 2;

struct Service<F: Flavour> {
    semaphore: ClosableSemaphore<F>,
    served: AtomicUsize,
    refused: AtomicUsize,
}

test_under_each_runtime!(Service);

impl<F: Flavour> Workload for Service<F> {
    fn new() -> Self {
        Self {
            semaphore: ClosableSemaphore::new(1),
            served: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
        }
    }

    fn waiters(&self) -> usize {
        self.semaphore.waiters()
    }

    async fn stuck(self: Arc<Self>) {
        let _permits = self.semaphore.acquire_many(2).await;
    }

    async fn task(self: Arc<Self>, _: usize) {
        let Ok(_permit) = self.semaphore.acquire().await else {
            self.semaphore.drain().await;
            assert_eq!(self.semaphore.in_use(), 0);
            self.refused.fetch_add(1, Ordering::Relaxed);
            return;
        };
        yield_now().await;
        if self.served.fetch_add(1, Ordering::Relaxed) + 1 == SERVED {
            self.semaphore.close();
            yield_now().await;
        }
    }

    fn assert_done(&self) {
        let counts = [&self.served, &self.refused].map(|count| count.load(Ordering::Relaxed));
        assert_eq!(counts, [SERVED, TASKS - SERVED]);
        assert!(self.semaphore.is_closed());
        assert_eq!((self.semaphore.in_use(), self.waiters()), (0, 0));
    }
}
