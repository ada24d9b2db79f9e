//! Tasks that wait until a shared item is available.

use std::sync::Arc;

use compio_sync::generic::{Condvar, Flavour, Mutex};

use super::{TASKS, Workload, test_under_each_runtime};
use crate::runtime::yield_now;

struct Pool<F: Flavour> {
    state: Mutex<F, State>,
    returned: Condvar<F>,
}

#[derive(Default)]
struct State {
    is_available: bool,
    served: usize,
}

test_under_each_runtime!(Pool);

impl<F: Flavour> Pool<F> {
    async fn return_item(&self) {
        self.state.lock().await.is_available = true;
        self.returned.notify_one();
    }
}

impl<F: Flavour> Workload for Pool<F> {
    fn new() -> Self {
        Self { state: Mutex::default(), returned: Condvar::new() }
    }

    fn waiters(&self) -> usize {
        self.returned.waiters()
    }

    async fn stuck(self: Arc<Self>) {
        drop(self.returned.wait(self.state.lock().await).await);
    }

    async fn task(self: Arc<Self>, _: usize) {
        let is_missing = |state: &mut State| !state.is_available;
        let mut state = self.returned.wait_while(self.state.lock().await, is_missing).await;
        state.is_available = false;
        state.served += 1;
        drop(state);
        yield_now().await;
        self.return_item().await;
    }

    async fn start(&self) {
        assert_eq!(self.waiters(), TASKS);
        self.return_item().await;
    }

    fn assert_done(&self) {
        let state = self.state.try_lock().expect("the mutex must be unlocked");
        assert_eq!((state.is_available, state.served, self.waiters()), (true, TASKS, 0));
    }
}
