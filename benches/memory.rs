//! The size of each semaphore and of its acquire future, and the allocations per wait.
//!
//! This benchmark is separate from `semaphore`, because counting allocations takes time.

#[path = "semaphore/subjects.rs"]
#[allow(dead_code, reason = "this benchmark only needs to wait")]
mod subjects;

use std::{
    pin::pin,
    task::{Context, Waker},
};

use allocation_counter::measure;
use compio_sync::{ClosableSemaphore, Semaphore, unsync};
use futures_intrusive::sync as intrusive;

use self::subjects::{Saa, Subject};

fn main() {
    println!("{:<27} semaphore    future    allocations per wait", "size in bytes");
    row::<Semaphore>();
    row::<ClosableSemaphore>();
    row::<tokio::sync::Semaphore>();
    row::<async_lock::Semaphore>();
    row::<asyncband::semaphore::Semaphore>();
    row::<maitake_sync::Semaphore>();
    row::<intrusive::Semaphore>();
    row::<Saa>();
    row::<unsync::Semaphore>();
    row::<unsync::ClosableSemaphore>();
    row::<intrusive::LocalSemaphore>();
}

fn row<S: Subject>() {
    let semaphore = S::new(0);
    let wait = || {
        let polled = pin!(semaphore.acquire()).poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending(), "acquired a permit of a semaphore without permits");
    };
    // The first wait may allocate memory that later waits reuse.
    wait();
    let (size, future) = (size_of::<S>(), size_of_val(&semaphore.acquire()));
    println!("{:<27} {size:>9} {future:>9} {:>10}", S::NAME, measure(wait).count_total);
}
