use std::sync::Arc;

use compio_sync::OnceCell;
use loom::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};

/// A client that connects when it is first used.
struct Client {
    connection: OnceCell<usize>,
    connects: AtomicUsize,
}

impl Client {
    async fn connect(&self) -> usize {
        self.connects.fetch_add(1, Relaxed) + 1
    }

    async fn connection(&self) -> usize {
        *self.connection.get_or_init(|| self.connect()).await
    }
}

fn model(connection: fn(&Client) -> usize) {
    loom::model(move || {
        let connects = AtomicUsize::new(0);
        let client = Arc::new(Client { connection: OnceCell::new(), connects });
        let other = client.clone();
        let user = thread::spawn(move || connection(&other));
        let first = connection(&client);
        assert_eq!(user.join().unwrap(), first, "both threads use one connection");
        assert_eq!(client.connects.load(Relaxed), 1, "the client has connected once");
    });
}
