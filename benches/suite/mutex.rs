//! Mutexes: `Mutex` and its peers.

use std::{hint::black_box, ops::DerefMut, pin::pin, thread::yield_now, time::Duration};

use compio_sync::unsync;
use futures::executor::block_on;
use futures_intrusive::sync as intrusive;

use super::{
    Suite,
    floor::Floor,
    tails::{add_tails, take_turn},
    threads::on_threads,
    waits::{
        self, cancel_one_of, cancel_queued, handoff, pending, ready, repoll, spin, timed_rounds,
    },
};

const CHARTED: [&str; 7] = [
    "mutex_uncontended",
    "mutex_try_uncontended",
    "mutex_handoff_64",
    "mutex_repoll",
    "mutex_cancel_queued",
    "mutex_cancel_middle",
    "mutex_hammer_2",
];

pub(super) fn add_to(suite: &mut Suite) {
    Floor::add_to(suite, &["mutex_uncontended", "mutex_try_uncontended"]);
    add_shared::<compio_sync::Mutex<u64>>(suite);
    add_shared::<tokio::sync::Mutex<u64>>(suite);
    add_shared::<async_lock::Mutex<u64>>(suite);
    add_shared::<asyncband::mutex::Mutex<u64>>(suite);
    add_shared::<maitake_sync::Mutex<u64>>(suite);
    add_shared::<intrusive::Mutex<u64>>(suite);
    add::<unsync::Mutex<u64>>(suite);
    add::<intrusive::LocalMutex<u64>>(suite);
    add_tails_of::<compio_sync::Mutex<u64>>(suite);
    add_tails_of::<tokio::sync::Mutex<u64>>(suite);
    add_tails_of::<async_lock::Mutex<u64>>(suite);
    suite.charted.extend(CHARTED);
}

trait Subject: 'static {
    const NAME: &str;

    fn new() -> Self;
    fn lock<'s>(&'s self) -> impl Future<Output: DerefMut<Target = u64> + 's>;
    fn try_lock(&self) -> impl Sized;
}

macro_rules! mutex {
    ($($Mutex:ty = $name:literal, $new:expr);*) => {$(
        impl Subject for $Mutex {
            const NAME: &str = $name;

            fn new() -> Self {
                $new(0)
            }

            fn lock(&self) -> impl Future<Output: DerefMut<Target = u64>> {
                self.lock()
            }

            fn try_lock(&self) -> impl Sized {
                self.try_lock()
            }
        }
    )*};
}
mutex!(
    compio_sync::Mutex<u64> = "compio-sync", Self::new;
    unsync::Mutex<u64> = "compio-sync unsync", Self::new;
    tokio::sync::Mutex<u64> = "tokio", Self::new;
    async_lock::Mutex<u64> = "async-lock", Self::new;
    asyncband::mutex::Mutex<u64> = "asyncband", Self::new;
    maitake_sync::Mutex<u64> = "maitake-sync", Self::new;
    intrusive::Mutex<u64> = "futures-intrusive", |data| Self::new(data, true);
    intrusive::LocalMutex<u64> = "futures-intrusive local", |data| Self::new(data, true)
);

/// Adds the paths of a single thread.
fn add<S: Subject>(suite: &mut Suite) {
    let mut subject = suite.of(S::NAME);
    subject.path("mutex_uncontended", 50_000, uncontended::<S>);
    subject.path("mutex_try_uncontended", 50_000, try_uncontended::<S>);
    subject.path("mutex_handoff_1", 10_000, handoff_among::<S, 1>);
    subject.path("mutex_handoff_64", 10_000, handoff_among::<S, 64>);
    subject.path("mutex_repoll", 50_000, |rounds| {
        let mutex = S::new();
        let _guard = ready(pin!(mutex.lock()));
        repoll(rounds, mutex.lock())
    });
    subject.path("mutex_cancel_queued", 10_000, |rounds| {
        let mutex = S::new();
        let _guard = ready(pin!(mutex.lock()));
        cancel_queued(rounds, || black_box(&mutex).lock())
    });
    subject.path("mutex_cancel_front", 1_000, |n| cancel_one::<S>(n, waits::front));
    subject.path("mutex_cancel_back", 1_000, |n| cancel_one::<S>(n, waits::back));
    subject.path("mutex_cancel_middle", 1_000, |n| cancel_one::<S>(n, waits::middle));
    let mutex = S::new();
    let future = size_of_val(&mutex.lock());
    subject.size("Mutex<u64>", size_of::<S>(), future, move || {
        let _guard = ready(pin!(mutex.lock()));
        pending(pin!(mutex.lock()));
    });
}

/// Adds the paths of a single thread and of several threads.
fn add_shared<S: Subject + Sync>(suite: &mut Suite) {
    add::<S>(suite);
    let mut subject = suite.of(S::NAME);
    subject.path("mutex_hammer_2", 200_000, hammer::<S>);
    subject.path_sampled_every(6, "mutex_contended_16", 16_384, contend::<S, 16>);
}

/// Adds the wait latency of threads that contend for the lock.
fn add_tails_of<S: Subject + Sync>(suite: &mut Suite) {
    add_tails(suite, "mutex_wait_of", S::NAME, S::new, |lock: &S| take_turn(lock.lock()));
}

fn uncontended<S: Subject>(rounds: usize) -> Duration {
    let mutex = S::new();
    timed_rounds(rounds, || drop(ready(pin!(black_box(&mutex).lock()))))
}

fn try_uncontended<S: Subject>(rounds: usize) -> Duration {
    let mutex = S::new();
    timed_rounds(rounds, || drop(black_box(&mutex).try_lock()))
}

/// Hands off the lock to the front waiter, which enqueues again at the back.
fn handoff_among<S: Subject, const QUEUED: usize>(rounds: usize) -> Duration {
    let mutex = S::new();
    let guard = ready(pin!(mutex.lock()));
    handoff::<QUEUED, _, _>(
        rounds,
        || mutex.lock(),
        guard,
        |guard, front| {
            drop(guard);
            ready(front)
        },
    )
}

/// Cancels one of the waiters, and enqueues it again at the back.
fn cancel_one<S: Subject>(rounds: usize, choose: fn(usize) -> usize) -> Duration {
    let mutex = S::new();
    let _guard = ready(pin!(mutex.lock()));
    cancel_one_of(rounds, || mutex.lock(), choose)
}

/// Two threads lock the mutex, count, and unlock it.
fn hammer<S: Subject + Sync>(rounds: usize) -> Duration {
    let mutex = S::new();
    on_threads(2, rounds, || *spin(pin!(black_box(&mutex).lock())) += 1)
}

/// Threads compete for the lock. Its holder yields. Otherwise one thread would finish before the
/// next thread starts.
fn contend<S: Subject + Sync, const THREADS: usize>(rounds: usize) -> Duration {
    let mutex = S::new();
    on_threads(THREADS, rounds, || {
        let _guard = block_on(black_box(&mutex).lock());
        yield_now();
    })
}
