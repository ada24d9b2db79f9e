//! Races of a once cell. Its value is in a cell that is written before it is shared.

use std::{
    cell::Cell,
    pin::pin,
    task::{Context, Poll, Waker},
};

use compio_sync::{OnceCell, SetError};
use loom::{cell::UnsafeCell, future::block_on, model, thread};

use crate::bounded::bounded_model;

struct Value(UnsafeCell<usize>);

// SAFETY: the value is written before it is shared, and loom reports any race.
unsafe impl Sync for Value {}

impl Value {
    /// Writes the number after the allocation, so that loom sees the write.
    fn new(number: usize) -> Self {
        let value = Self(UnsafeCell::new(0));
        // SAFETY: the value is not shared yet.
        value.0.with_mut(|written| unsafe { *written = number });
        value
    }

    fn read(&self) -> usize {
        // SAFETY: the value was received from the cell, and loom reports a concurrent write.
        self.0.with(|number| unsafe { *number })
    }
}

fn cell() -> &'static OnceCell<Value> {
    Box::leak(Box::new(OnceCell::new()))
}

/// Polls the future once.
fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// A future that is pending when it is polled for the first time.
async fn suspend_once() {
    let is_first = Cell::new(true);
    std::future::poll_fn(|_| if is_first.replace(false) { Poll::Pending } else { Poll::Ready(()) })
        .await;
}

/// One of the two closures runs, and both callers see its value.
#[test]
fn init_races_init() {
    bounded_model(|| {
        let cell = cell();
        let other = thread::spawn(|| block_on(cell.get_or_init(async || Value::new(1))).read());
        let value = block_on(cell.get_or_init(async || Value::new(2))).read();
        assert_eq!(other.join().unwrap(), value);
        cell.assert_valid();
    });
}

/// The initializer is cancelled. The other caller must run its own closure.
#[test]
fn init_cancelled_passes_on() {
    model(|| {
        let cell = cell();
        let cancelled = thread::spawn(|| {
            let init = async || {
                suspend_once().await;
                Value::new(1)
            };
            // It completes only if the other caller was first.
            if let Poll::Ready(value) = poll_once(cell.get_or_init(init)) {
                assert_eq!(value.read(), 2);
            }
        });
        let value = block_on(cell.get_or_init(async || Value::new(2)));
        assert_eq!(value.read(), 2);
        cancelled.join().unwrap();
        cell.assert_valid();
    });
}

/// The initializer fails. The other caller must run its own closure.
#[test]
fn init_fails_while_others_wait() {
    bounded_model(|| {
        let cell = cell();
        let failing = thread::spawn(|| match block_on(cell.get_or_try_init(async || Err(()))) {
            Ok(value) => assert_eq!(value.read(), 2),
            Err(()) => {}
        });
        let value = block_on(cell.get_or_init(async || Value::new(2)));
        assert_eq!(value.read(), 2);
        failing.join().unwrap();
        cell.assert_valid();
    });
}

/// A thread that finds the value must see the initialized one.
#[test]
fn get_races_init() {
    model(|| {
        let cell = cell();
        let reader = thread::spawn(|| {
            if let Some(value) = cell.get() {
                assert_eq!(value.read(), 1);
            }
        });
        block_on(cell.get_or_init(async || Value::new(1)));
        reader.join().unwrap();
        assert_eq!(cell.get().unwrap().read(), 1);
    });
}

/// A task that waits for the value must not miss it.
#[test]
fn wait_races_set() {
    bounded_model(|| {
        let cell = cell();
        let waiter = thread::spawn(|| block_on(cell.wait()).read());
        assert!(cell.set(Value::new(1)).is_ok());
        assert_eq!(waiter.join().unwrap(), 1);
        cell.assert_valid();
    });
}

/// Either the closure or `set` provides the value.
#[test]
fn set_races_init() {
    bounded_model(|| {
        let cell = cell();
        let setter = thread::spawn(|| match cell.set(Value::new(1)) {
            Ok(()) => true,
            Err(SetError::AlreadyInitialized(value) | SetError::Initializing(value)) => {
                assert_eq!(value.read(), 1);
                false
            }
        });
        let value = block_on(cell.get_or_init(async || Value::new(2))).read();
        let is_set = setter.join().unwrap();
        assert_eq!(value, if is_set { 1 } else { 2 });
        cell.assert_valid();
    });
}

/// One of two calls succeeds, and the other one returns its value.
#[test]
fn set_races_set_of_cell() {
    model(|| {
        let cell = cell();
        let setter = thread::spawn(|| cell.set(Value::new(1)).is_ok());
        let is_set = cell.set(Value::new(2)).is_ok();
        assert_ne!(setter.join().unwrap(), is_set);
        assert_eq!(cell.get().unwrap().read(), if is_set { 2 } else { 1 });
        cell.assert_valid();
    });
}

/// A waiter that was woken with the initializers must find the value, although the event is not set
/// yet.
#[test]
fn wait_races_end_of_init() {
    bounded_model(|| {
        let cell = cell();
        let waiter = thread::spawn(|| {
            let value = block_on(cell.get_or_init(async || Value::new(2)));
            match poll_once(cell.wait()) {
                Poll::Ready(waited) => assert!(std::ptr::eq(waited, value)),
                Poll::Pending => panic!("the cell is full"),
            }
        });
        block_on(cell.get_or_init(async || Value::new(1)));
        waiter.join().unwrap();
    });
}
