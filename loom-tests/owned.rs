//! Futures and permits that own their part of the semaphore: who has the last handle, and when.

use std::sync::Arc;

use compio_sync::Semaphore;
use loom::{future::block_on, model, thread};

use crate::task::Task;

/// The last handle is in a permit that is given back to a waiter, whose own handle may be gone before
/// the giver is done with the queue.
#[test]
fn owned_permit_outlives_its_handles() {
    model(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        let gone = Arc::downgrade(&semaphore);
        let permit = Arc::clone(&semaphore).try_acquire_owned().unwrap();
        let waiting = Task::waiting(semaphore.acquire_owned());
        let waiter = thread::spawn(|| drop(block_on(waiting.future)));
        drop(permit);
        waiter.join().unwrap();
        assert!(gone.upgrade().is_none());
    });
}

/// The waiter leaves with the last handle but the giver's, while the giver is about to grant to it.
#[test]
fn owned_waiter_that_leaves_is_the_last_handle() {
    model(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        let gone = Arc::downgrade(&semaphore);
        let permit = Arc::clone(&semaphore).try_acquire_owned().unwrap();
        let leaving = Task::waiting(semaphore.acquire_owned());
        let canceller = thread::spawn(|| drop(leaving));
        drop(permit);
        canceller.join().unwrap();
        assert!(gone.upgrade().is_none());
    });
}
