use std::sync::Arc;

use compio_sync::Notify;
use loom::{future::block_on, sync::Mutex, thread};

/// A queue of jobs for one consumer.
struct Jobs {
    queue: Mutex<Vec<u32>>,
    pushed: Notify,
}

impl Jobs {
    fn push(&self, job: u32) {
        self.queue.lock().unwrap().push(job);
        self.pushed.notify_one();
    }

    async fn pop(&self) -> u32 {
        loop {
            if let Some(job) = self.queue.lock().unwrap().pop() {
                return job;
            }
            self.pushed.notified().await;
        }
    }
}

fn model(push: fn(&Jobs, u32)) {
    loom::model(move || {
        let jobs = Arc::new(Jobs { queue: Mutex::new(Vec::new()), pushed: Notify::new() });
        let other = jobs.clone();
        let producer = thread::spawn(move || {
            push(&other, 1);
            push(&other, 2);
        });
        assert_eq!(block_on(jobs.pop()) + block_on(jobs.pop()), 3);
        producer.join().unwrap();
    });
}
