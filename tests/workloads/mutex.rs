//! Tasks that take turns at a log.

use std::sync::Arc;

use compio_sync::generic::{Flavour, Mutex};

use super::{TASKS, Workload, test_under_each_runtime};
use crate::runtime::yield_now;

struct Log<F: Flavour>(Mutex<F, Vec<usize>>);

test_under_each_runtime!(Log);

impl<F: Flavour> Workload for Log<F> {
    fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn waiters(&self) -> usize {
        self.0.waiters()
    }

    /// Waits for the lock that it holds.
    async fn stuck(self: Arc<Self>) {
        let _held = self.0.lock().await;
        drop(self.0.lock().await);
    }

    async fn task(self: Arc<Self>, number: usize) {
        for _ in 0..2 {
            let mut log = self.0.lock().await;
            let before = log.len();
            yield_now().await;
            assert_eq!(log.len(), before);
            log.push(number);
        }
    }

    fn assert_done(&self) {
        let mut log = self.0.try_lock().expect("the mutex must be unlocked");
        log.sort_unstable();
        assert_eq!(*log, (0..2 * TASKS).map(|entry| entry / 2).collect::<Vec<_>>());
        assert_eq!(self.waiters(), 0);
    }
}
