//! Tests that fail without the patch, and pass with it.

use std::{
    future::Future,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{Arc, mpsc},
    task::{Context, Wake, Waker},
    thread,
    time::Duration,
};

use awaitgroup::{WaitGroup, Worker};

struct Noop;

impl Wake for Noop {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn dropped_wait_drops_its_waker() {
    let mut group = WaitGroup::new();
    let _worker = group.worker();
    let task = Arc::new(Noop);
    {
        let waker = Waker::from(task.clone());
        let wait = pin!(group.wait());
        assert!(wait.poll(&mut Context::from_waker(&waker)).is_pending());
    }
    assert_eq!(Arc::strong_count(&task), 1);
}

struct Panicking;

impl Wake for Panicking {
    fn wake(self: Arc<Self>) {
        panic!("the waker panics");
    }
}

#[test]
fn group_survives_panicking_waker() {
    let mut group = WaitGroup::new();
    let worker = group.worker();
    {
        let waker = Waker::from(Arc::new(Panicking));
        let mut wait = pin!(group.wait());
        assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        catch_unwind(AssertUnwindSafe(|| worker.done())).unwrap_err();
    }
    // It stays registered, because its drop would panic a second time without the patch.
    mem::forget(group.worker());
    let waker = Waker::from(Arc::new(Noop));
    assert!(pin!(group.wait()).poll(&mut Context::from_waker(&waker)).is_pending());
}

/// A task that stops working when its last waker is dropped.
struct Owner {
    _worker: Worker,
}

impl Wake for Owner {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn waker_may_drop_last_worker() {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        let mut group = WaitGroup::new();
        let owner = Waker::from(Arc::new(Owner { _worker: group.worker() }));
        let mut wait = pin!(group.wait());
        assert!(wait.as_mut().poll(&mut Context::from_waker(&owner)).is_pending());
        drop(owner);
        // This poll replaces the last waker of the owner.
        let waker = Waker::from(Arc::new(Noop));
        let _ = wait.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
        done.send(()).unwrap();
    });
    is_done.recv_timeout(Duration::from_secs(2)).expect("the poll deadlocked");
}
