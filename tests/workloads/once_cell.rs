//! Tasks that initialize a cell, or wait for its value.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use compio_sync::generic::{Flavour, OnceCell};

use super::{TASKS, Workload, test_under_each_runtime};
use crate::runtime::yield_now;

struct Config<F: Flavour> {
    cell: OnceCell<F, usize>,
    arrived: AtomicUsize,
    initialized: AtomicUsize,
    sum: AtomicUsize,
}

test_under_each_runtime!(Config);

impl<F: Flavour> Workload for Config<F> {
    fn new() -> Self {
        Self {
            cell: OnceCell::new(),
            arrived: AtomicUsize::new(0),
            initialized: AtomicUsize::new(0),
            sum: AtomicUsize::new(0),
        }
    }

    fn waiters(&self) -> usize {
        self.arrived.load(Ordering::Relaxed)
    }

    /// Starts to initialize the cell.
    async fn stuck(self: Arc<Self>) {
        let init = async || {
            self.arrived.fetch_add(1, Ordering::Relaxed);
            pending().await
        };
        self.cell.get_or_init(init).await;
    }

    async fn task(self: Arc<Self>, number: usize) {
        self.arrived.fetch_add(1, Ordering::Relaxed);
        let init = async || {
            self.initialized.fetch_add(1, Ordering::Relaxed);
            yield_now().await;
            number
        };
        let value = if number % 2 == 0 {
            self.cell.get_or_init(init).await
        } else {
            self.cell.wait().await
        };
        self.sum.fetch_add(*value, Ordering::Relaxed);
    }

    fn assert_done(&self) {
        let value = self.cell.get().expect("the cell must be initialized");
        let counts = [&self.initialized, &self.sum].map(|count| count.load(Ordering::Relaxed));
        assert_eq!(counts, [1, value * TASKS]);
    }
}
