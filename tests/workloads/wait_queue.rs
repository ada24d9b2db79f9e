//! Tasks that share a budget of bytes, which is built on the public wait queue.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use compio_sync::{
    generic::{Flavour, WaitQueue},
    wait_queue::{Policy, Queued, Verdict, Wait},
};

use super::{TASKS, Workload, test_under_each_runtime};
use crate::runtime::yield_now;

const BUDGET: isize = 4;

enum Bytes {}

impl Policy for Bytes {
    type Request = isize;
    const MAY_REFUSE: bool = false;

    fn decide(free: isize, bytes: isize) -> Verdict {
        if bytes <= free { Verdict::Grant(free - bytes) } else { Verdict::Wait }
    }

    fn release(free: isize, bytes: isize) -> isize {
        free + bytes
    }
}

struct Budget<F: Flavour> {
    free: WaitQueue<Bytes, F>,
    served: AtomicUsize,
}

test_under_each_runtime!(Budget);

impl<F: Flavour> Queued for Budget<F> {
    type Policy = Bytes;
    type Flavour = F;

    fn queue(&self) -> &WaitQueue<Bytes, F> {
        &self.free
    }
}

impl<F: Flavour> Workload for Budget<F> {
    fn new() -> Self {
        Self { free: WaitQueue::new(BUDGET), served: AtomicUsize::new(0) }
    }

    fn waiters(&self) -> usize {
        self.free.waiters()
    }

    async fn stuck(self: Arc<Self>) {
        drop(self.free.acquire(BUDGET + 1).await);
    }

    async fn task(self: Arc<Self>, number: usize) {
        let bytes = 1 + number as isize % BUDGET;
        let grant = Wait::new(self, bytes).await.granted().expect("a budget never refuses");
        assert!((0..=BUDGET - bytes).contains(&grant.handle().free.value()));
        yield_now().await;
        grant.handle().served.fetch_add(1, Ordering::Relaxed);
    }

    fn assert_done(&self) {
        assert_eq!(self.served.load(Ordering::Relaxed), TASKS);
        assert_eq!((self.free.value(), self.waiters()), (BUDGET, 0));
    }
}
