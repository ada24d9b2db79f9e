//! Semaphores: `Semaphore`, `ClosableSemaphore` and their peers.

mod reads;
mod subjects;

use std::{hint::black_box, pin::pin, thread::yield_now, time::Duration};

use compio_sync::{ClosableSemaphore, Semaphore, unsync};
use futures::executor::block_on;
use futures_intrusive::sync as intrusive;

use self::{
    reads::add_bounded_reads,
    subjects::{Saa, Subject},
};
use super::{
    Suite,
    floor::Floor,
    tails::{add_tails, take_turn},
    threads::on_threads,
    waits::{
        self, broadcast, cancel_one_of, cancel_queued, handoff, pending, queue, ready, repoll,
        timed, timed_rounds,
    },
};

const CHARTED: [&str; 17] = [
    "uncontended",
    "uncontended_many",
    "try_uncontended",
    "handoff_1",
    "handoff_64",
    "handoff_1024",
    "repoll",
    "cancel_queued",
    "cancel_queued_front",
    "cancel_queued_random",
    "release_to_32",
    "release_to_1000",
    "hammer_2",
    "hammer_queue_2",
    "contended_16_for_1",
    "contended_16_for_4",
    "contended_64_for_1",
];

pub(super) fn add_to(suite: &mut Suite) {
    add_fast_paths::<Floor>(suite);
    add_shared::<Semaphore>(suite);
    add::<ClosableSemaphore>(suite);
    add_shared::<tokio::sync::Semaphore>(suite);
    add_shared::<async_lock::Semaphore>(suite);
    add_shared::<asyncband::semaphore::Semaphore>(suite);
    add_shared::<maitake_sync::Semaphore>(suite);
    add_shared::<intrusive::Semaphore>(suite);
    add_shared::<Saa>(suite);
    add::<unsync::Semaphore>(suite);
    add::<unsync::ClosableSemaphore>(suite);
    add::<intrusive::LocalSemaphore>(suite);
    add_bounded_reads(suite);
    add_tails_of::<Semaphore>(suite);
    add_tails_of::<tokio::sync::Semaphore>(suite);
    add_tails_of::<async_lock::Semaphore>(suite);
    suite.charted.extend(CHARTED);
}

/// Adds the paths that never wait.
fn add_fast_paths<S: Subject>(suite: &mut Suite) {
    let mut subject = suite.of(S::NAME);
    subject.path("uncontended", 50_000, uncontended::<S>);
    subject.path("try_uncontended", 50_000, try_uncontended::<S>);
    if S::MAX_PERMITS != 1 {
        subject.path("uncontended_many", 50_000, uncontended_many::<S>);
    }
}

/// Adds the paths of a single thread.
fn add<S: Subject>(suite: &mut Suite) {
    add_fast_paths::<S>(suite);
    let mut subject = suite.of(S::NAME);
    let semaphore = S::new(0);
    let future = size_of_val(&semaphore.acquire());
    subject.size("Semaphore", size_of::<S>(), future, move || pending(pin!(semaphore.acquire())));

    let rounds = 10_000 / S::ROUNDS_DIVISOR;
    subject.path("handoff_1", rounds, handoff_among::<S, 1>);
    subject.path("handoff_64", rounds, handoff_among::<S, 64>);
    subject.path("handoff_1024", rounds, handoff_among::<S, 1024>);
    subject.path("repoll", 5 * rounds, |rounds| {
        let semaphore = S::new(1);
        let _permit = ready(pin!(semaphore.acquire()));
        repoll(rounds, semaphore.acquire())
    });
    subject.path("first_poll_and_queue", rounds, first_poll_and_queue::<S>);
    subject.path("cancel_queued", rounds, |rounds| {
        let semaphore = S::new(1);
        let _permit = ready(pin!(semaphore.acquire()));
        cancel_queued(rounds, || black_box(&semaphore).acquire())
    });
    if S::ROUNDS_DIVISOR > 1 {
        return;
    }
    subject.path("cancel_queued_front", 1_000, |n| cancel_one::<S>(n, waits::front));
    subject.path("cancel_queued_back", 1_000, |n| cancel_one::<S>(n, waits::back));
    subject.path("cancel_queued_random", 1_000, |n| {
        cancel_one::<S>(n, |_| fastrand::usize(..waits::QUEUED))
    });
    subject.path("release_to_32", 100, |n| release_to_many::<S>(n, 32));
    subject.path("release_to_1000", 5, |n| release_to_many::<S>(n, 1_000));
    for (queued, sample_every) in [(1_000, 1), (10_000, 1), (100_000, 5), (1_000_000, 10)] {
        let mut add = |name, run: fn(usize) -> Duration| {
            subject.path_sampled_every(sample_every, format!("{name}_{queued}"), queued, run);
        };
        add("grow_queue", first_poll_and_queue::<S>);
        add("grow_cancel", cancel_all::<S>);
        add("grow_serve", grant_all::<S>);
    }
}

/// Adds the paths of a single thread and of several threads.
fn add_shared<S: Subject + Sync>(suite: &mut Suite) {
    add::<S>(suite);
    let mut subject = suite.of(S::NAME);
    subject.path("hammer_2", 200_000, hammer::<S>);
    subject.path("hammer_queue_2", 200_000 / S::ROUNDS_DIVISOR, hammer_queue::<S>);
    for permits in [1, 4] {
        for threads in [2, 4, 16, 64] {
            let name = format!("contended_{threads}_for_{permits}");
            let run = move |rounds| contend::<S>(threads, permits, rounds);
            subject.path_sampled_every(6, name, 16_384, run);
        }
    }
}

/// Adds the wait latency of threads that contend for one permit.
fn add_tails_of<S: Subject + Sync>(suite: &mut Suite) {
    let turn = |semaphore: &S| take_turn(semaphore.acquire());
    add_tails(suite, "wait_of", S::NAME, || S::new(1), turn);
}

fn uncontended<S: Subject>(rounds: usize) -> Duration {
    let semaphore = S::new(1);
    timed_rounds(rounds, || drop(ready(pin!(black_box(&semaphore).acquire()))))
}

fn uncontended_many<S: Subject>(rounds: usize) -> Duration {
    let semaphore = S::new(8);
    timed_rounds(rounds, || drop(ready(pin!(black_box(&semaphore).acquire_many(black_box(8))))))
}

fn try_uncontended<S: Subject>(rounds: usize) -> Duration {
    let semaphore = S::new(1);
    timed_rounds(rounds, || drop(black_box(&semaphore).try_acquire()))
}

/// Hands off the permit to the front waiter, which enqueues again at the back.
fn handoff_among<S: Subject, const QUEUED: usize>(rounds: usize) -> Duration {
    let semaphore = S::new(1);
    let permit = ready(pin!(semaphore.acquire()));
    handoff::<QUEUED, _, _>(
        rounds,
        || semaphore.acquire(),
        permit,
        |permit, front| {
            drop(permit);
            ready(front)
        },
    )
}

/// Enqueues a waiter per round, so that the queue grows.
fn first_poll_and_queue<S: Subject>(rounds: usize) -> Duration {
    let semaphore = S::new(1);
    let _permit = ready(pin!(semaphore.acquire()));
    let mut queue: Vec<_> = (0..rounds).map(|_| Box::pin(semaphore.acquire())).collect();
    timed(|| {
        for future in &mut queue {
            pending(future.as_mut());
        }
    })
}

/// Cancels one of the waiters, and enqueues it again at the back.
fn cancel_one<S: Subject>(rounds: usize, choose: fn(usize) -> usize) -> Duration {
    let semaphore = S::new(1);
    let _permit = ready(pin!(semaphore.acquire()));
    cancel_one_of(rounds, || semaphore.acquire(), choose)
}

/// Releases a permit for each of the waiters at once. The waiters then complete and release in
/// turn. All of this is one round.
fn release_to_many<S: Subject>(rounds: usize, waiters: usize) -> Duration {
    let round = |_| {
        let semaphore = S::new(if S::MAX_PERMITS == 1 { 0 } else { waiters });
        let all = (S::MAX_PERMITS != 1).then(|| ready(pin!(semaphore.acquire_many(waiters))));
        let release = || match all {
            Some(all) => drop(all),
            None => semaphore.release(waiters),
        };
        broadcast(waiters, || semaphore.acquire(), release)
    };
    (0..rounds).map(round).sum()
}

/// Cancels all waiters, from front to back.
fn cancel_all<S: Subject>(queued: usize) -> Duration {
    let semaphore = S::new(1);
    let _permit = ready(pin!(semaphore.acquire()));
    let mut queue = queue(|| semaphore.acquire(), queued);
    timed(|| {
        for future in &mut queue {
            future.set(semaphore.acquire());
        }
    })
}

/// Hands off one permit through the entire queue.
fn grant_all<S: Subject>(queued: usize) -> Duration {
    let semaphore = S::new(1);
    let permit = ready(pin!(semaphore.acquire()));
    broadcast(queued, || semaphore.acquire(), || drop(permit))
}

/// Two threads acquire and release, with a permit for each.
fn hammer<S: Subject + Sync>(rounds: usize) -> Duration {
    let semaphore = S::new(2);
    on_threads(2, rounds, || drop(ready(pin!(black_box(&semaphore).acquire()))))
}

/// Two threads enqueue and cancel while no permit is available.
fn hammer_queue<S: Subject + Sync>(rounds: usize) -> Duration {
    let semaphore = S::new(1);
    let _permit = ready(pin!(semaphore.acquire()));
    on_threads(2, rounds, || pending(pin!(black_box(&semaphore).acquire())))
}

/// Threads compete for permits. A round is one acquire and release of one thread.
///
/// The holder of a permit yields. Otherwise one thread would finish before the next thread starts.
fn contend<S: Subject + Sync>(threads: usize, permits: usize, rounds: usize) -> Duration {
    let semaphore = S::new(permits);
    on_threads(threads, rounds, || {
        let _permit = block_on(black_box(&semaphore).acquire());
        yield_now();
    })
}
