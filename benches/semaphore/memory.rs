//! What a semaphore and a wait take of memory.

use std::{
    pin::pin,
    task::{Context, Waker},
};

use allocation_counter::measure;

use crate::{report::Row, subjects::Subject};

/// Bytes of the semaphore and of the future that waits for one permit, and allocations of such a wait.
pub(crate) fn memory<S: Subject>() -> [Row; 3] {
    let semaphore = S::new(0);
    let wait = || {
        let waits = pin!(semaphore.acquire()).poll(&mut Context::from_waker(Waker::noop()));
        assert!(waits.is_pending(), "it need not wait");
    };
    let row = |path: &str, value: usize, unit| Row {
        path: path.into(),
        subject: S::NAME,
        value: value as f64,
        unit,
    };
    wait();
    [
        row("size_of_semaphore", size_of::<S>(), "bytes"),
        row("size_of_future", size_of_val(&semaphore.acquire()), "bytes"),
        row("allocations_of_a_wait", measure(wait).count_total as usize, ""),
    ]
}
