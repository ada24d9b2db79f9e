use std::sync::Arc;

use compio_sync::Event;
use loom::{
    future::block_on,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};

/// A port that is known once the server listens.
struct Port {
    number: AtomicUsize,
    is_known: Event,
}

impl Port {
    fn announce(&self, number: usize) {
        self.number.store(number, Relaxed);
        self.is_known.set();
    }

    async fn number(&self) -> usize {
        self.is_known.wait().await;
        self.number.load(Relaxed)
    }
}

fn model(announce: fn(&Port, usize)) {
    loom::model(move || {
        let number = AtomicUsize::new(0);
        let port = Arc::new(Port { number, is_known: Event::new(false) });
        let other = port.clone();
        let server = thread::spawn(move || announce(&other, 80));
        assert_eq!(block_on(port.number()), 80, "the port is not known yet");
        server.join().unwrap();
    });
}
