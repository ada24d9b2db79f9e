//! Barriers: `Barrier` and its peers.

use std::{hint::black_box, iter::repeat_with, pin::pin, time::Duration};

use compio_sync::unsync;

use super::{
    Suite,
    waits::{cancel_queued, complete, pending, ready, timed_rounds},
};

const CHARTED: [&str; 5] =
    ["barrier_1", "barrier_2", "barrier_32", "barrier_1000", "barrier_cancel_queued"];

pub(super) fn add_to(suite: &mut Suite) {
    add::<compio_sync::Barrier>(suite);
    add::<tokio::sync::Barrier>(suite);
    add::<async_lock::Barrier>(suite);
    add::<asyncband::barrier::Barrier>(suite);
    add::<unsync::Barrier>(suite);
    suite.charted.extend(CHARTED);
}

trait Subject: 'static {
    const NAME: &str;

    fn new(tasks: usize) -> Self;
    fn wait(&self) -> impl Future;
}

macro_rules! barrier {
    ($($Barrier:ty = $name:literal, $tasks:ty);*) => {$(
        impl Subject for $Barrier {
            const NAME: &str = $name;

            fn new(tasks: usize) -> Self {
                Self::new(tasks as $tasks)
            }

            fn wait(&self) -> impl Future {
                self.wait()
            }
        }
    )*};
}
barrier!(
    compio_sync::Barrier = "compio-sync", usize;
    unsync::Barrier = "compio-sync unsync", usize;
    tokio::sync::Barrier = "tokio", usize;
    async_lock::Barrier = "async-lock", usize;
    asyncband::barrier::Barrier = "asyncband", u32
);

fn add<S: Subject>(suite: &mut Suite) {
    let mut subject = suite.of(S::NAME);
    subject.path("barrier_1", 50_000, |n| generations::<S>(n, 1));
    subject.path("barrier_2", 10_000, |n| generations::<S>(n, 2));
    subject.path("barrier_32", 500, |n| generations::<S>(n, 32));
    subject.path("barrier_1000", 10, |n| generations::<S>(n, 1_000));
    // The peers count a task that has cancelled its wait, so the barrier needs room for all rounds.
    subject.path("barrier_cancel_queued", 10_000, |rounds| {
        let barrier = S::new(rounds + 2);
        cancel_queued(rounds, || black_box(&barrier).wait())
    });
    let barrier = S::new(1_000);
    let future = size_of_val(&barrier.wait());
    subject.size("Barrier", size_of::<S>(), future, move || pending(pin!(barrier.wait())));
}

/// All tasks arrive at the barrier, and the wait of each is polled to completion. A round is one
/// generation.
fn generations<S: Subject>(rounds: usize, tasks: usize) -> Duration {
    let barrier = S::new(tasks);
    let make = || Box::pin(black_box(&barrier).wait());
    let mut waits: Vec<_> = repeat_with(make).take(tasks - 1).collect();
    timed_rounds(rounds, || {
        for wait in &mut waits {
            wait.set(black_box(&barrier).wait());
            pending(wait.as_mut());
        }
        ready(pin!(black_box(&barrier).wait()));
        complete(&mut waits);
    })
}
