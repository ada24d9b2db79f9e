//! Tasks that read or write a number.

use std::sync::Arc;

use compio_sync::generic::{Flavour, RwLock};

use super::{TASKS, Workload, test_under_each_runtime};
use crate::runtime::yield_now;

struct Number<F: Flavour>(RwLock<F, usize>);

test_under_each_runtime!(Number);

impl<F: Flavour> Workload for Number<F> {
    fn new() -> Self {
        Self(RwLock::new(0))
    }

    fn waiters(&self) -> usize {
        self.0.waiters()
    }

    /// Waits for the write lock while it holds the read lock.
    async fn stuck(self: Arc<Self>) {
        let _held = self.0.read().await;
        drop(self.0.write().await);
    }

    async fn task(self: Arc<Self>, number: usize) {
        if number % 2 == 0 {
            let read = self.0.read().await;
            let before = *read;
            yield_now().await;
            assert_eq!(*read, before);
        } else {
            let mut written = self.0.write().await;
            let before = *written;
            yield_now().await;
            assert_eq!(*written, before);
            *written += 1;
        }
    }

    fn assert_done(&self) {
        let written = self.0.try_write().expect("the lock must be free");
        assert_eq!((*written, self.waiters()), (TASKS / 2, 0));
    }
}
