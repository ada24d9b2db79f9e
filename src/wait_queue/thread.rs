//! A thread that waits as a task does: its waker unparks it, and lives on its stack.

use core::{
    mem::ManuallyDrop,
    pin::pin,
    task::{Context, Poll, RawWaker, RawWakerVTable, Waker},
};
use std::time::Instant;

use crate::loom::{AtomicUsize, Ordering, UnsafeCell, thread};

/// Polls the future until it is ready, parked in between; `None` if the deadline comes first.
///
/// Nothing is allocated: what the wakers point to is on the stack of this function.
pub(crate) fn block_on<F: Future>(future: F, deadline: Option<Instant>) -> Option<F::Output> {
    let sleeper =
        Sleeper { thread: UnsafeCell::new(thread::current()), wakers: AtomicUsize::new(0) };
    let _alone_in_the_end = AloneOnDrop(&sleeper);
    // SAFETY: rule 10: the sleeper is there until all clones of this are gone. Itself it is not counted,
    // and never dropped.
    let waker = ManuallyDrop::new(unsafe { Waker::new((&raw const sleeper).cast(), &VTABLE) });
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        // Who waits has a waker in the queue. If that is gone already, a subscriber that was told in between may
        // have parked this thread, and used up its `unpark`.
        //
        // ORDERING: `Acquire` pairs with `release`: the next poll finds the node settled.
        if sleeper.wakers.load(Ordering::Acquire) == 0 {
            continue;
        }
        match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
            None => thread::park(),
            Some(left) if left.is_zero() => return None,
            Some(left) => thread::park_timeout(left),
        }
    }
}

/// A thread that waits, as its wakers see it.
struct Sleeper {
    thread: UnsafeCell<thread::Thread>,
    /// How many there are.
    wakers: AtomicUsize,
}

/// Waits until no waker is left: who has settled the thread's node may not have woken it yet.
struct AloneOnDrop<'a>(&'a Sleeper);

impl Drop for AloneOnDrop<'_> {
    fn drop(&mut self) {
        // ORDERING: `Acquire` pairs with `release`: the last waker is done with the sleeper.
        while self.0.wakers.load(Ordering::Acquire) > 0 {
            thread::park();
        }
        // To loom this is what freeing the sleeper is.
        #[cfg(debug_assertions)]
        self.0.thread.with_mut(|_| ());
    }
}

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, release, unpark, release);

fn clone(sleeper: *const ()) -> RawWaker {
    // SAFETY: rule 10: the waker that is cloned keeps it.
    let wakers = unsafe { &(*sleeper.cast::<Sleeper>()).wakers };
    // ORDERING: `Relaxed`: only the thread that sleeps makes clones, and it counts them.
    wakers.fetch_add(1, Ordering::Relaxed);
    RawWaker::new(sleeper, &VTABLE)
}

fn unpark(sleeper: *const ()) {
    // SAFETY: rule 10: the waker keeps it.
    let thread = unsafe { &(*sleeper.cast::<Sleeper>()).thread };
    // SAFETY: rule 10: nobody writes it while a waker is left.
    thread.with(|thread| unsafe { &*thread }.unpark());
}

/// Waking and dropping a waker are the same: the thread looks what has become of its future.
fn release(sleeper: *const ()) {
    // SAFETY: rule 10: the waker keeps it.
    let thread = unsafe { &(*sleeper.cast::<Sleeper>()).thread };
    // SAFETY: rule 10: nobody writes it while a waker is left.
    let thread = thread.with(|thread| unsafe { &*thread }.clone());
    // SAFETY: rule 10: as above, and the last access.
    let wakers = unsafe { &(*sleeper.cast::<Sleeper>()).wakers };
    // ORDERING: `Release` pairs with `AloneOnDrop`.
    wakers.fetch_sub(1, Ordering::Release);
    // loom would make one step of this and the line above, and hide what the line above is for.
    #[cfg(loom)]
    ::loom::thread::yield_now();
    thread.unpark();
}
