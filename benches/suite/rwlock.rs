//! Reader-writer locks: `RwLock` and its peers.

use std::{hint::black_box, pin::pin, time::Duration};

use compio_sync::unsync;

use super::{
    Suite,
    floor::Floor,
    tails::{add_tails, take_turn},
    threads::on_threads,
    waits::{broadcast, cancel_queued, handoff, pending, ready, timed_rounds},
};

const CHARTED: [&str; 7] = [
    "rwlock_read",
    "rwlock_write",
    "rwlock_try_read",
    "rwlock_handoff_64",
    "rwlock_cancel_queued",
    "rwlock_release_to_1000",
    "rwlock_read_2",
];

pub(super) fn add_to(suite: &mut Suite) {
    Floor::add_to(suite, &["rwlock_read", "rwlock_write", "rwlock_try_read"]);
    add_shared::<compio_sync::RwLock<u64>>(suite);
    add_shared::<tokio::sync::RwLock<u64>>(suite);
    add_shared::<async_lock::RwLock<u64>>(suite);
    add_shared::<asyncband::rwlock::RwLock<u64>>(suite);
    add_shared::<maitake_sync::RwLock<u64>>(suite);
    add::<unsync::RwLock<u64>>(suite);
    add_tails_of::<compio_sync::RwLock<u64>>(suite);
    add_tails_of::<tokio::sync::RwLock<u64>>(suite);
    add_tails_of::<async_lock::RwLock<u64>>(suite);
    suite.charted.extend(CHARTED);
}

trait Subject: 'static {
    const NAME: &str;

    fn new() -> Self;
    fn read(&self) -> impl Future;
    fn write<'s>(&'s self) -> impl Future<Output: 's>;
    fn try_read(&self) -> impl Sized;
}

macro_rules! rwlock {
    ($($RwLock:ty = $name:literal),*) => {$(
        impl Subject for $RwLock {
            const NAME: &str = $name;

            fn new() -> Self {
                Self::new(0)
            }

            fn read(&self) -> impl Future {
                self.read()
            }

            fn write(&self) -> impl Future {
                self.write()
            }

            fn try_read(&self) -> impl Sized {
                self.try_read()
            }
        }
    )*};
}
rwlock!(
    compio_sync::RwLock<u64> = "compio-sync",
    unsync::RwLock<u64> = "compio-sync unsync",
    tokio::sync::RwLock<u64> = "tokio",
    async_lock::RwLock<u64> = "async-lock",
    asyncband::rwlock::RwLock<u64> = "asyncband",
    maitake_sync::RwLock<u64> = "maitake-sync"
);

/// Adds the paths of a single thread.
fn add<S: Subject>(suite: &mut Suite) {
    let mut subject = suite.of(S::NAME);
    subject.path("rwlock_read", 50_000, |rounds| {
        let lock = S::new();
        timed_rounds(rounds, || drop(ready(pin!(black_box(&lock).read()))))
    });
    subject.path("rwlock_write", 50_000, |rounds| {
        let lock = S::new();
        timed_rounds(rounds, || drop(ready(pin!(black_box(&lock).write()))))
    });
    subject.path("rwlock_try_read", 50_000, |rounds| {
        let lock = S::new();
        timed_rounds(rounds, || drop(black_box(&lock).try_read()))
    });
    subject.path("rwlock_handoff_1", 10_000, handoff_among::<S, 1>);
    subject.path("rwlock_handoff_64", 10_000, handoff_among::<S, 64>);
    subject.path("rwlock_cancel_queued", 10_000, |rounds| {
        let lock = S::new();
        let _guard = ready(pin!(lock.write()));
        cancel_queued(rounds, || black_box(&lock).read())
    });
    subject.path("rwlock_release_to_32", 100, |n| release_to_many::<S>(n, 32));
    subject.path("rwlock_release_to_1000", 5, |n| release_to_many::<S>(n, 1_000));
    let lock = S::new();
    let future = size_of_val(&lock.read());
    subject.size("RwLock<u64>", size_of::<S>(), future, move || {
        let _guard = ready(pin!(lock.write()));
        pending(pin!(lock.read()));
    });
}

/// Adds the paths of a single thread and of two threads.
fn add_shared<S: Subject + Sync>(suite: &mut Suite) {
    add::<S>(suite);
    suite.of(S::NAME).path("rwlock_read_2", 200_000, read_on_two_threads::<S>);
}

/// Adds the wait latency of writers on several threads.
fn add_tails_of<S: Subject + Sync>(suite: &mut Suite) {
    add_tails(suite, "rwlock_write_wait_of", S::NAME, S::new, |lock: &S| take_turn(lock.write()));
}

/// Hands off the lock to the writer at the front, which enqueues again at the back.
fn handoff_among<S: Subject, const QUEUED: usize>(rounds: usize) -> Duration {
    let lock = S::new();
    let guard = ready(pin!(lock.write()));
    handoff::<QUEUED, _, _>(
        rounds,
        || lock.write(),
        guard,
        |guard, front| {
            drop(guard);
            ready(front)
        },
    )
}

/// Releases the lock of a writer to readers. The readers then complete and release in turn. All of
/// this is one round.
fn release_to_many<S: Subject>(rounds: usize, readers: usize) -> Duration {
    let lock = S::new();
    let round = |_| {
        let guard = ready(pin!(lock.write()));
        broadcast(readers, || lock.read(), || drop(guard))
    };
    (0..rounds).map(round).sum()
}

fn read_on_two_threads<S: Subject + Sync>(rounds: usize) -> Duration {
    let lock = S::new();
    on_threads(2, rounds, || drop(ready(pin!(black_box(&lock).read()))))
}
