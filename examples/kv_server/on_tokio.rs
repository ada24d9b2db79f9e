//! The server on tokio's primitives, under the names of compio-sync.

use std::sync::Arc;

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, watch};
use tokio::sync::{Barrier, Notify, OnceCell, RwLock};

#[path = "log.rs"]
mod log;
#[path = "server.rs"]
pub(crate) mod server;
#[path = "store.rs"]
mod store;

/// A semaphore whose `drain` acquires all permits, because tokio's semaphore has no such method.
struct ClosableSemaphore(Arc<Semaphore>, u32);

impl ClosableSemaphore {
    fn new(limit: usize) -> Self {
        Self(Arc::new(Semaphore::new(limit)), limit.try_into().expect("a limit below 2^32"))
    }

    async fn acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, AcquireError> {
        Arc::clone(&self.0).acquire_owned().await
    }

    async fn drain(&self) {
        let _all = self.0.acquire_many(self.1).await;
        self.0.close();
    }
}

#[derive(Default)]
struct Event(watch::Sender<bool>);

impl Event {
    fn set(&self) {
        self.0.send_replace(true);
    }

    async fn wait(&self) {
        let _ = self.0.subscribe().wait_for(|is_set| *is_set).await;
    }
}
