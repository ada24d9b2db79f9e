//! Races of owned futures and permits: which of them drops the last reference to the semaphore.

use std::sync::Arc;

use compio_sync::Semaphore;
use loom::{future::block_on, model, thread};

use crate::task::Task;

/// The permit is handed off to a waiter. The waiter may drop its reference before the releaser is
/// done with the queue.
#[test]
fn owned_release_races_granted_waiter() {
    model(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        let weak = Arc::downgrade(&semaphore);
        let permit = Arc::clone(&semaphore).try_acquire_owned().unwrap();
        let waiting = Task::waiting(semaphore.acquire_owned());
        let waiter = thread::spawn(|| drop(block_on(waiting.future)));
        drop(permit);
        waiter.join().unwrap();
        assert!(weak.upgrade().is_none());
    });
}

/// The waiter is cancelled while the releaser is about to grant it. Each of them may drop the last
/// reference.
#[test]
fn owned_cancel_races_release() {
    model(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        let weak = Arc::downgrade(&semaphore);
        let permit = Arc::clone(&semaphore).try_acquire_owned().unwrap();
        let cancelled = Task::waiting(semaphore.acquire_owned());
        let canceller = thread::spawn(|| drop(cancelled));
        drop(permit);
        canceller.join().unwrap();
        assert!(weak.upgrade().is_none());
    });
}
