//! What a semaphore and a wait take of memory. Apart from the times, for counting allocations takes some.

#[path = "semaphore/subjects.rs"]
#[allow(dead_code, reason = "this needs the part of it that waits")]
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
    println!("{:<27} semaphore    future    allocations of a wait", "bytes of");
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
        assert!(polled.is_pending(), "it need not wait");
    };
    // What is there once is none of a wait.
    wait();
    let (size, future) = (size_of::<S>(), size_of_val(&semaphore.acquire()));
    println!("{:<27} {size:>9} {future:>9} {:>10}", S::NAME, measure(wait).count_total);
}
