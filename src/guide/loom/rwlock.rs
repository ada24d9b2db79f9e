use std::sync::Arc;

use compio_sync::RwLock;
use loom::thread;

/// A list that numbers names in the order of their first use. Each name has one number.
struct Names {
    names: RwLock<Vec<&'static str>>,
}

impl Names {
    async fn number(&self, name: &'static str) -> usize {
        let position = |names: &[&str]| names.iter().position(|other| *other == name);
        if let Some(number) = position(&self.names.read().await) {
            return number;
        }
        let mut names = self.names.write().await;
        // Another task may have added the name between the two locks.
        position(&names).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        })
    }
}

fn model(number: fn(&Names, &'static str) -> usize) {
    loom::model(move || {
        let names = Arc::new(Names { names: RwLock::new(Vec::new()) });
        let other = names.clone();
        let user = thread::spawn(move || number(&other, "a"));
        let first = number(&names, "a");
        assert_eq!(user.join().unwrap(), first, "a name has one number");
    });
}
