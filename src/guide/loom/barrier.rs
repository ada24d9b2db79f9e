use std::sync::Arc;

use compio_sync::Barrier;
use loom::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};

/// An exchange of results between two workers.
struct Exchange {
    results: [AtomicUsize; 2],
    all_written: Barrier,
}

impl Exchange {
    /// Publishes the result of `worker`, and returns the result of the other worker.
    async fn swap(&self, worker: usize, result: usize) -> usize {
        self.results[worker].store(result, Relaxed);
        self.all_written.wait().await;
        self.results[1 - worker].load(Relaxed)
    }
}

fn model(swap: fn(&Exchange, usize, usize) -> usize) {
    loom::model(move || {
        let results = [AtomicUsize::new(0), AtomicUsize::new(0)];
        let exchange = Arc::new(Exchange { results, all_written: Barrier::new(2) });
        let other = exchange.clone();
        let worker = thread::spawn(move || swap(&other, 1, 20));
        assert_eq!(swap(&exchange, 0, 10), 20, "the other result is written");
        assert_eq!(worker.join().unwrap(), 10, "the other result is written");
    });
}
