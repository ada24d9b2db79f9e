//! Tests that fail without the patch, and pass with it.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    task::{Context, Wake, Waker},
    thread,
    time::Duration,
};

use triggered::Listener;

fn poll(listener: &mut Listener, waker: Waker) {
    assert!(Pin::new(listener).poll(&mut Context::from_waker(&waker)).is_pending());
}

struct Panicking(AtomicUsize);

impl Wake for Panicking {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
        panic!("the waker panics");
    }
}

#[test]
fn panicking_waker_leaves_no_listener_asleep() {
    let (trigger, listener) = triggered::trigger();
    let mut listeners = [listener.clone(), listener];
    let task = Arc::new(Panicking(AtomicUsize::new(0)));
    for listener in &mut listeners {
        poll(listener, task.clone().into());
    }
    catch_unwind(AssertUnwindSafe(|| trigger.trigger())).unwrap_err();
    assert_eq!(task.0.load(Ordering::Relaxed), 2);
}

/// A task that owns a listener, such as one that races it against other work.
struct Owner {
    _listener: Listener,
}

impl Wake for Owner {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn waker_may_drop_another_listener() {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        let (_trigger, mut listener) = triggered::trigger();
        let owner = Owner { _listener: listener.clone() };
        poll(&mut listener, Arc::new(owner).into());
        drop(listener);
        done.send(()).unwrap();
    });
    is_done.recv_timeout(Duration::from_secs(2)).expect("the drop deadlocked");
}
