use std::sync::Arc;

use compio_sync::Mutex;
use loom::{future::block_on, thread};

/// An account that cannot be overdrawn.
struct Account {
    balance: Mutex<i32>,
}

impl Account {
    async fn withdraw(&self, amount: i32) -> bool {
        let mut balance = self.balance.lock().await;
        let is_covered = *balance >= amount;
        if is_covered {
            *balance -= amount;
        }
        is_covered
    }
}

fn model(withdraw: fn(&Account, i32) -> bool) {
    loom::model(move || {
        let account = Arc::new(Account { balance: Mutex::new(5) });
        let other = account.clone();
        let customer = thread::spawn(move || withdraw(&other, 4));
        let is_paid = withdraw(&account, 4);
        assert!(is_paid != customer.join().unwrap(), "the account is overdrawn");
        assert_eq!(*block_on(account.balance.lock()), 1);
    });
}
