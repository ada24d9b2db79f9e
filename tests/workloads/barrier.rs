//! Tasks that meet twice.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use compio_sync::generic::{Barrier, Flavour};
use futures::join;

use super::{TASKS, Workload, test_under_each_runtime};

struct Meeting<F: Flavour> {
    barrier: Barrier<F>,
    leaders: AtomicUsize,
}

test_under_each_runtime!(Meeting);

impl<F: Flavour> Meeting<F> {
    async fn meet_twice(&self) {
        for _ in 0..2 {
            let is_leader = self.barrier.wait().await.is_leader();
            self.leaders.fetch_add(usize::from(is_leader), Ordering::Relaxed);
        }
    }
}

impl<F: Flavour> Workload for Meeting<F> {
    fn new() -> Self {
        Self { barrier: Barrier::new(TASKS + 2), leaders: AtomicUsize::new(0) }
    }

    fn waiters(&self) -> usize {
        self.barrier.waiters()
    }

    async fn stuck(self: Arc<Self>) {
        self.barrier.wait().await;
    }

    async fn task(self: Arc<Self>, _: usize) {
        self.meet_twice().await;
    }

    /// Arrives twice: for the stuck task, which has not arrived once it is cancelled, and for the
    /// task that completes the meeting.
    async fn start(&self) {
        assert_eq!(self.waiters(), TASKS);
        join!(self.meet_twice(), self.meet_twice());
    }

    fn assert_done(&self) {
        assert_eq!((self.leaders.load(Ordering::Relaxed), self.waiters()), (2, 0));
    }
}
