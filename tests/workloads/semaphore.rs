//! Tasks that share two permits.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use compio_sync::generic::{Flavour, Semaphore};

use super::{TASKS, Workload, test_under_each_runtime};
use crate::runtime::yield_now;

struct Permits<F: Flavour> {
    semaphore: Semaphore<F>,
    served: AtomicUsize,
}

test_under_each_runtime!(Permits);

impl<F: Flavour> Workload for Permits<F> {
    fn new() -> Self {
        Self { semaphore: Semaphore::new(2), served: AtomicUsize::new(0) }
    }

    fn waiters(&self) -> usize {
        self.semaphore.waiters()
    }

    async fn stuck(self: Arc<Self>) {
        let _permits = self.semaphore.acquire_many(3).await;
    }

    async fn task(self: Arc<Self>, _: usize) {
        let _permit = self.semaphore.acquire().await;
        assert!(self.semaphore.in_use() <= 2);
        yield_now().await;
        self.served.fetch_add(1, Ordering::Relaxed);
    }

    fn assert_done(&self) {
        assert_eq!(self.served.load(Ordering::Relaxed), TASKS);
        assert_eq!((self.semaphore.available_permits(), self.waiters()), (2, 0));
    }
}
