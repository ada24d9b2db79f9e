use std::sync::Arc;

use compio_sync::{ClosableSemaphore, Closed};
use loom::{
    future::block_on,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};

/// A service whose shutdown waits for the requests in flight.
struct Service {
    requests: ClosableSemaphore,
    in_flight: AtomicUsize,
}

impl Service {
    async fn handle(&self) -> Result<(), Closed> {
        let _permit = self.requests.acquire().await?;
        self.in_flight.fetch_add(1, Relaxed);
        self.in_flight.fetch_sub(1, Relaxed);
        Ok(())
    }
}

fn model(handle: fn(&Service)) {
    loom::model(move || {
        let requests = ClosableSemaphore::new(1);
        let service = Arc::new(Service { requests, in_flight: AtomicUsize::new(0) });
        let other = service.clone();
        let request = thread::spawn(move || handle(&other));
        block_on(service.requests.drain());
        assert_eq!(service.in_flight.load(Relaxed), 0, "a request outlives the shutdown");
        assert_eq!(block_on(service.handle()), Err(Closed));
        request.join().unwrap();
    });
}
