//! A thread that waits like a task: its waker unparks it, and lives on its stack.

use core::{
    mem::ManuallyDrop,
    pin::pin,
    task::{Context, Poll, RawWaker, RawWakerVTable, Waker},
};
use std::time::Instant;

use crate::loom::{AtomicUsize, Ordering, UnsafeCell, thread};

/// Polls the future until it completes, and parks the thread in between. Returns `None` if the
/// deadline passes first.
///
/// Nothing is allocated: the wakers point to the stack of this function.
pub(crate) fn block_on<F: Future>(future: F, deadline: Option<Instant>) -> Option<F::Output> {
    let parker = Parker { thread: UnsafeCell::new(thread::current()), wakers: AtomicUsize::new(0) };
    let _wait_for_wakers = WaitForWakers(&parker);
    // SAFETY: *Parked Owner*: the parker outlives all clones of this waker. The waker itself is not
    // counted and never dropped.
    let waker = ManuallyDrop::new(unsafe { Waker::new((&raw const parker).cast(), &VTABLE) });
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        // A pending future has a waker in the queue. If that waker is gone already, foreign code
        // that ran inside the poll may have parked this thread and used up its `unpark`.
        //
        // ORDERING: `Acquire` pairs with `release`: the next poll finds the node completed.
        if parker.wakers.load(Ordering::Acquire) == 0 {
            continue;
        }
        match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
            None => thread::park(),
            Some(left) if left.is_zero() => return None,
            Some(left) => thread::park_timeout(left),
        }
    }
}

/// A waiting thread, as its wakers see it.
struct Parker {
    thread: UnsafeCell<thread::Thread>,
    /// The number of clones of the waker.
    wakers: AtomicUsize,
}

/// Waits until no waker is left: the thread that completed the node may not have woken it yet.
struct WaitForWakers<'a>(&'a Parker);

impl Drop for WaitForWakers<'_> {
    fn drop(&mut self) {
        // ORDERING: `Acquire` pairs with `release`: the last waker is done with the parker.
        while self.0.wakers.load(Ordering::Acquire) > 0 {
            thread::park();
        }
        // loom treats this access as the deallocation of the parker.
        #[cfg(debug_assertions)]
        self.0.thread.with_mut(|_| ());
    }
}

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, release, unpark, release);

fn clone(parker: *const ()) -> RawWaker {
    // SAFETY: *Parked Owner*: the waker that is cloned keeps the parker alive.
    let wakers = unsafe { &(*parker.cast::<Parker>()).wakers };
    // ORDERING: `Relaxed`: only the parked thread clones wakers, and it reads the count itself.
    wakers.fetch_add(1, Ordering::Relaxed);
    RawWaker::new(parker, &VTABLE)
}

fn unpark(parker: *const ()) {
    // SAFETY: *Parked Owner*: the waker keeps the parker alive.
    let thread = unsafe { &(*parker.cast::<Parker>()).thread };
    // SAFETY: *Parked Owner*: no thread writes it while a waker is left.
    thread.with(|thread| unsafe { &*thread }.unpark());
}

/// Waking and dropping a waker are the same: the thread looks at its future again.
fn release(parker: *const ()) {
    // SAFETY: *Parked Owner*: the waker keeps the parker alive.
    let thread = unsafe { &(*parker.cast::<Parker>()).thread };
    // SAFETY: *Parked Owner*: no thread writes it while a waker is left.
    let thread = thread.with(|thread| unsafe { &*thread }.clone());
    // SAFETY: *Parked Owner*: as above, and this is the last access.
    let wakers = unsafe { &(*parker.cast::<Parker>()).wakers };
    // ORDERING: `Release` pairs with `WaitForWakers`.
    wakers.fetch_sub(1, Ordering::Release);
    // Without this yield, loom would merge the decrement with the `unpark`, and never explore a
    // return of the thread between them.
    #[cfg(loom)]
    ::loom::thread::yield_now();
    thread.unpark();
}
