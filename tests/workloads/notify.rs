//! Tasks that pass one notification on.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use compio_sync::generic::{Flavour, Notify};

use super::{TASKS, Workload, test_under_each_runtime};
use crate::runtime::yield_now;

struct Relay<F: Flavour> {
    notify: Notify<F>,
    notified: AtomicUsize,
}

test_under_each_runtime!(Relay);

impl<F: Flavour> Workload for Relay<F> {
    fn new() -> Self {
        Self { notify: Notify::new(), notified: AtomicUsize::new(0) }
    }

    fn waiters(&self) -> usize {
        self.notify.waiters()
    }

    async fn stuck(self: Arc<Self>) {
        self.notify.notified().await;
    }

    async fn task(self: Arc<Self>, _: usize) {
        self.notify.notified().await;
        self.notified.fetch_add(1, Ordering::Relaxed);
        yield_now().await;
        self.notify.notify_one();
    }

    async fn start(&self) {
        assert_eq!(self.waiters(), TASKS);
        self.notify.notify_one();
    }

    fn assert_done(&self) {
        assert_eq!((self.notified.load(Ordering::Relaxed), self.waiters()), (TASKS, 0));
        let stored = self.notify.notified().now_or_never();
        assert!(stored.is_some(), "the last notification must be stored");
    }
}
