//! Tasks that wait for one event, and then for each other.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use compio_sync::generic::{Event, Flavour};

use super::{TASKS, Workload, test_under_each_runtime};

struct Phases<F: Flavour> {
    is_started: Event<F>,
    arrived: AtomicUsize,
    all_arrived: Event<F>,
}

test_under_each_runtime!(Phases);

impl<F: Flavour> Workload for Phases<F> {
    fn new() -> Self {
        Self {
            is_started: Event::new(false),
            arrived: AtomicUsize::new(0),
            all_arrived: Event::new(false),
        }
    }

    fn waiters(&self) -> usize {
        self.is_started.waiters()
    }

    async fn stuck(self: Arc<Self>) {
        self.is_started.wait().await;
    }

    async fn task(self: Arc<Self>, _: usize) {
        self.is_started.wait().await;
        if self.arrived.fetch_add(1, Ordering::Relaxed) + 1 == TASKS {
            self.all_arrived.set();
        }
        self.all_arrived.wait().await;
        assert_eq!(self.arrived.load(Ordering::Relaxed), TASKS);
    }

    async fn start(&self) {
        assert_eq!(self.waiters(), TASKS);
        self.is_started.set();
    }

    fn assert_done(&self) {
        assert!(self.is_started.is_set() && self.all_arrived.is_set());
        assert_eq!((self.is_started.waiters(), self.all_arrived.waiters()), (0, 0));
    }
}
