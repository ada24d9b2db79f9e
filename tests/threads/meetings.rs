//! Tasks of several compio threads that meet at a barrier.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use compio::runtime::Runtime;
use compio_sync::{Barrier, Event};
use futures::{
    FutureExt,
    future::{join_all, pending},
    select_biased,
};

use crate::runtime::yield_now;

const THREADS: usize = 4;
const TASKS: usize = 1000;
const ROUNDS: usize = 100;

/// What the tasks count.
#[derive(Default)]
struct Counts {
    leaders: AtomicUsize,
    followers: AtomicUsize,
    given_up: AtomicUsize,
}

/// Arrives again and again, until the barrier has completed all rounds. Gives up one in ten
/// arrivals, and replaces it by arriving again.
///
/// A generation is complete only once all tasks have arrived, so no task is ahead of another one.
async fn meet(barrier: &Barrier, is_done: &Event, counts: &Counts, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut met = 0;
    while !is_done.is_set() {
        let gives_up = random.u8(..10) == 0;
        let result = select_biased! {
            result = barrier.wait().fuse() => Some(result),
            () = is_done.wait().fuse() => return,
            () = yield_if(gives_up).fuse() => None,
        };
        let Some(result) = result else {
            counts.given_up.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        met += 1;
        assert!(met <= ROUNDS);
        let count = if result.is_leader() { &counts.leaders } else { &counts.followers };
        if count.fetch_add(1, Ordering::Relaxed) + 1 == ROUNDS && result.is_leader() {
            is_done.set();
        }
    }
}

/// Yields once, or never completes.
async fn yield_if(completes: bool) {
    yield_now().await;
    if !completes {
        pending::<()>().await;
    }
}

#[test]
fn tasks_of_four_threads_meet_and_give_up() {
    let (barrier, is_done) = (Barrier::new(TASKS), Event::new(false));
    let counts = Counts::default();
    let run = |thread: usize| {
        let tasks = (0..TASKS / THREADS)
            .map(|task| meet(&barrier, &is_done, &counts, (thread * TASKS + task) as u64));
        Runtime::new().unwrap().block_on(join_all(tasks));
    };
    let run = &run;
    thread::scope(|scope| {
        (0..THREADS).for_each(|thread| drop(scope.spawn(move || run(thread))));
    });
    let Counts { leaders, followers, given_up } = counts;
    let (followers, given_up) = (followers.into_inner(), given_up.into_inner());
    assert_eq!((leaders.into_inner(), barrier.waiters()), (ROUNDS, 0));
    assert!(given_up > 0);
    // A task that gave up, or that was done, after its generation was complete does not count it.
    assert!(followers <= ROUNDS * (TASKS - 1));
    assert!(followers + given_up + TASKS > ROUNDS * (TASKS - 1));
}
