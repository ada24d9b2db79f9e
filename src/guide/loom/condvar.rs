use std::sync::Arc;

use compio_sync::{Condvar, Mutex};
use loom::thread;

/// A slot with a token, which one task at a time takes out.
struct Slot {
    token: Mutex<Option<u32>>,
    filled: Condvar,
}

impl Slot {
    async fn take(&self) -> u32 {
        let token = self.token.lock().await;
        let mut token = self.filled.wait_while(token, |token| token.is_none()).await;
        token.take().expect("the slot is filled")
    }

    async fn put(&self, token: u32) {
        *self.token.lock().await = Some(token);
        self.filled.notify_one();
    }
}

fn model(increment: fn(&Slot)) {
    loom::model(move || {
        let slot = Arc::new(Slot { token: Mutex::new(Some(0)), filled: Condvar::new() });
        let other = slot.clone();
        let user = thread::spawn(move || increment(&other));
        increment(&slot);
        user.join().unwrap();
        assert_eq!(*slot.token.try_lock().unwrap(), Some(2));
    });
}
