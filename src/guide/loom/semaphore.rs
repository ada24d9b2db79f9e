use std::sync::Arc;

use compio_sync::Semaphore;
use loom::{sync::Mutex, thread};

/// A pool of buffers. Each permit stands for a buffer that is not in use.
struct Pool {
    free: Semaphore,
    buffers: Mutex<Vec<u32>>,
}

impl Pool {
    async fn with_buffer(&self, work: impl FnOnce(&mut u32)) {
        let _permit = self.free.acquire().await;
        let mut buffer = self.buffers.lock().unwrap().pop().expect("a permit is a free buffer");
        work(&mut buffer);
        self.buffers.lock().unwrap().push(buffer);
    }
}

fn model(use_buffer: fn(&Pool)) {
    loom::model(move || {
        let buffers = Mutex::new(vec![0]);
        let pool = Arc::new(Pool { free: Semaphore::new(1), buffers });
        let other = pool.clone();
        let user = thread::spawn(move || use_buffer(&other));
        use_buffer(&pool);
        user.join().unwrap();
        assert_eq!(*pool.buffers.lock().unwrap(), [2]);
    });
}
