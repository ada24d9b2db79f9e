//! Models of crates that use compio-sync. They use the public API only.
//!
//! They run at the compact level, which must need no more iterations than maitake-sync. It must
//! also expose the bugs of such crates: loom must find each planted bug.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Waker},
    time::Instant,
};

use compio_sync::{ClosableSemaphore, Event, Notify, Semaphore};
use loom::{cell::UnsafeCell, future::block_on, model::Builder, sync::Mutex, thread};

/// Explores a model, and returns the number of iterations.
fn explore(name: &str, bound: usize, model: impl Fn() + Send + Sync + 'static) -> usize {
    let iterations = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&iterations);
    let mut builder = Builder::new();
    builder.preemption_bound = Some(bound);
    builder.max_branches = 10_000;
    let start = Instant::now();
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let iterations = iterations.load(Ordering::Relaxed);
    println!("{name}, bound {bound}: {iterations} iterations, {:?}", start.elapsed());
    iterations
}

fn poll_once(future: impl Future) {
    let _ = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
}

/// The same models for this crate and for a peer. `acquire` takes the number of permits.
macro_rules! models {
    ($name:ident, $Semaphore:ty, $Closable:ty, $acquire:ident, $permit:expr) => {
        mod $name {
            use super::*;

            /// Two threads acquire all permits and release them, twice.
            pub(super) fn acquire_all() {
                let semaphore = Arc::new(<$Semaphore>::new(2));
                let other = Arc::clone(&semaphore);
                let acquire_all = |semaphore: &$Semaphore| {
                    for _ in 0..2 {
                        drop($permit(block_on(semaphore.$acquire(2))));
                    }
                };
                let thread = thread::spawn(move || acquire_all(&other));
                acquire_all(&semaphore);
                thread.join().unwrap();
            }

            /// Two threads poll once and cancel, while permits are added.
            pub(super) fn poll_and_cancel() {
                let semaphore = Arc::new(<$Semaphore>::new(0));
                let other = Arc::clone(&semaphore);
                let thread = thread::spawn(move || poll_once(other.$acquire(1)));
                semaphore.add_permits(1);
                poll_once(semaphore.$acquire(1));
                semaphore.add_permits(1);
                thread.join().unwrap();
            }

            /// One thread closes the semaphore while two others acquire.
            pub(super) fn close() {
                let semaphore = Arc::new(<$Closable>::new(1));
                let threads = [(); 2].map(|()| {
                    let semaphore = Arc::clone(&semaphore);
                    thread::spawn(move || drop(block_on(semaphore.$acquire(1))))
                });
                semaphore.close();
                for thread in threads {
                    thread.join().unwrap();
                }
            }

            /// Two threads acquire different numbers of permits in turn.
            pub(super) fn batch() {
                let semaphore = Arc::new(<$Semaphore>::new(10));
                let acquire = |semaphore: &$Semaphore, batches: [usize; 2]| {
                    for permits in batches {
                        drop($permit(block_on(semaphore.$acquire(permits))));
                    }
                };
                let other = Arc::clone(&semaphore);
                let thread = thread::spawn(move || acquire(&other, [4, 10]));
                acquire(&semaphore, [8, 3]);
                thread.join().unwrap();
            }

            /// Two threads use the slots of a pool.
            pub(super) fn slots() {
                struct Pool {
                    free: $Semaphore,
                    slots: Mutex<Vec<usize>>,
                }
                fn use_slot(pool: &Pool) {
                    let permit = $permit(block_on(pool.free.$acquire(1)));
                    let slot = pool.slots.lock().unwrap().pop().expect("a permit is a free slot");
                    pool.slots.lock().unwrap().push(slot);
                    drop(permit);
                }
                let pool = Pool { free: <$Semaphore>::new(1), slots: Mutex::new(vec![0]) };
                let pool = Arc::new(pool);
                let other = Arc::clone(&pool);
                let thread = thread::spawn(move || use_slot(&other));
                use_slot(&pool);
                thread.join().unwrap();
            }
        }
    };
}
models!(ours, Semaphore, ClosableSemaphore, acquire_many, |permit| permit);
models!(peer, maitake_sync::Semaphore, maitake_sync::Semaphore, acquire, |permit: Result<_, _>| {
    permit.unwrap()
});

macro_rules! no_larger_than_peer {
    ($($name:ident: $model:ident),* $(,)?) => {$(
        #[test]
        fn $name() {
            for bound in [1, 2] {
                let ours = explore("compio-sync", bound, ours::$model);
                let peer = explore("maitake-sync", bound, peer::$model);
                assert!(ours <= peer, "{ours} iterations exceed the {peer} of maitake-sync");
            }
        }
    )*};
}
no_larger_than_peer! {
    acquire_all_costs_no_more_than_peer: acquire_all,
    poll_and_cancel_costs_no_more_than_peer: poll_and_cancel,
    close_costs_no_more_than_peer: close,
    batch_costs_no_more_than_peer: batch,
    slots_cost_no_more_than_peer: slots,
}

/// Data that one of the primitives protects, or that a faulty user leaves unprotected.
struct Guarded {
    semaphore: Semaphore,
    closable: ClosableSemaphore,
    notify: Notify,
    event: Event,
    data: UnsafeCell<usize>,
}

// SAFETY: loom reports each access that is not synchronized.
unsafe impl Sync for Guarded {}

impl Guarded {
    fn new(permits: usize) -> &'static Self {
        Box::leak(Box::new(Self {
            semaphore: Semaphore::new(permits),
            closable: ClosableSemaphore::new(permits),
            notify: Notify::new(),
            event: Event::new(false),
            data: UnsafeCell::new(0),
        }))
    }

    fn read(&self) -> usize {
        // SAFETY: loom reports an access that races.
        self.data.with(|data| unsafe { *data })
    }

    fn write(&self) {
        // SAFETY: loom reports an access that races.
        self.data.with_mut(|data| unsafe { *data += 1 });
    }
}

/// Runs two users of the same data on two threads.
fn race(permits: usize, one: fn(&Guarded), other: fn(&Guarded)) {
    explore("users", 2, move || {
        let guarded = Guarded::new(permits);
        let thread = thread::spawn(move || one(guarded));
        other(guarded);
        thread.join().unwrap();
    });
}

fn write_and_release(guarded: &Guarded) {
    guarded.write();
    guarded.semaphore.add_permits(1);
}

#[test]
fn data_behind_acquire_is_visible() {
    race(0, write_and_release, |guarded| {
        let _permit = block_on(guarded.semaphore.acquire());
        assert_eq!(guarded.read(), 1);
    });
}

#[test]
fn data_behind_failed_acquire_is_visible() {
    let close = |guarded: &Guarded| {
        guarded.write();
        guarded.closable.close();
    };
    race(0, close, |guarded| {
        block_on(guarded.closable.acquire()).unwrap_err();
        assert_eq!(guarded.read(), 1);
    });
}

#[test]
fn data_behind_notification_is_visible() {
    let notify = |guarded: &Guarded| {
        guarded.write();
        guarded.notify.notify_one();
    };
    race(0, notify, |guarded| {
        block_on(guarded.notify.notified());
        assert_eq!(guarded.read(), 1);
    });
}

/// The condition is checked after the future is created, and before it waits.
#[test]
fn data_behind_broadcast_is_visible() {
    let notify = |guarded: &Guarded| {
        guarded.write();
        guarded.event.set();
        guarded.notify.notify_waiters();
    };
    race(0, notify, |guarded| {
        let notified = guarded.notify.notified();
        if !guarded.event.is_set() {
            block_on(notified);
        }
        assert_eq!(guarded.read(), 1);
    });
}

#[test]
fn data_behind_event_is_visible() {
    let set = |guarded: &Guarded| {
        guarded.write();
        guarded.event.set();
    };
    race(0, set, |guarded| {
        block_on(guarded.event.wait());
        assert_eq!(guarded.read(), 1);
    });
}

/// The number of waiters does not synchronize with the notification that completed one.
#[test]
#[should_panic(expected = "Causality violation")]
fn data_behind_waiters_of_notify_races() {
    let notify = |guarded: &Guarded| {
        guarded.write();
        let mut notified = Box::pin(guarded.notify.notified());
        notified.as_mut().enable();
        std::mem::forget(notified);
    };
    race(0, notify, |guarded| {
        if guarded.notify.waiters() == 1 {
            guarded.read();
        }
    });
}

#[test]
#[should_panic(expected = "Causality violation")]
fn data_behind_available_permits_races() {
    race(0, write_and_release, |guarded| {
        if guarded.semaphore.available_permits() == 1 {
            guarded.read();
        }
    });
}

#[test]
#[should_panic(expected = "Causality violation")]
fn data_behind_max_permits_races() {
    race(0, write_and_release, |guarded| {
        if guarded.semaphore.max_permits() == 1 {
            guarded.read();
        }
    });
}

/// The holder writes while it holds the permit; a failed attempt does not synchronize with it.
#[test]
#[should_panic(expected = "Causality violation")]
fn data_behind_failed_try_acquire_races() {
    let hold = |guarded: &Guarded| {
        guarded.write();
        std::mem::forget(guarded.semaphore.try_acquire());
    };
    race(1, hold, |guarded| {
        if guarded.semaphore.try_acquire().is_none() {
            guarded.read();
        }
    });
}

/// The length of the queue does not synchronize with the waiter.
#[test]
#[should_panic(expected = "Causality violation")]
fn data_behind_waiters_races() {
    let enqueue = |guarded: &Guarded| {
        guarded.write();
        poll_once(guarded.semaphore.acquire());
    };
    race(0, enqueue, |guarded| {
        if guarded.semaphore.waiters() == 1 {
            guarded.read();
        }
    });
}

#[test]
#[should_panic(expected = "Causality violation")]
fn write_after_release_races_next_holder() {
    fn release_early(guarded: &Guarded) {
        drop(block_on(guarded.semaphore.acquire()));
        guarded.write();
    }
    race(1, release_early, release_early);
}
