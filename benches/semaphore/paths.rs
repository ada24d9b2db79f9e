//! What is done to each, so and so often; each path returns how long it took without its preparation.

use std::{
    hint::black_box,
    iter::repeat_with,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    thread::yield_now,
    time::{Duration, Instant},
};

use futures::executor::block_on;

use crate::{
    subjects::{Floor, Subject},
    threads::{at_once, span},
};

/// A path through one kind of semaphore.
pub(crate) struct Path {
    pub(crate) name: String,
    pub(crate) subject: &'static str,
    pub(crate) run: Box<dyn Fn(usize) -> Duration>,
    /// How many make a sample.
    pub(crate) rounds: usize,
    /// In how many turns it comes once, because it takes so long.
    pub(crate) one_turn_in: u16,
}

impl Path {
    /// Nanoseconds a round, in a sample that took so long.
    pub(crate) fn nanoseconds(&self, took: Duration) -> f64 {
        took.as_nanos() as f64 / self.rounds as f64
    }
}

/// Collects the paths of one kind.
struct Paths {
    subject: &'static str,
    paths: Vec<Path>,
}

impl Paths {
    fn of<S: Subject>() -> Self {
        Self { subject: S::NAME, paths: Vec::new() }
    }

    fn add(
        &mut self,
        name: impl Into<String>,
        rounds: usize,
        run: impl Fn(usize) -> Duration + 'static,
    ) {
        self.add_one_turn_in(1, name.into(), rounds, run);
    }

    fn add_one_turn_in(
        &mut self,
        turns: u16,
        name: String,
        rounds: usize,
        run: impl Fn(usize) -> Duration + 'static,
    ) {
        let (subject, run) = (self.subject, Box::new(run));
        self.paths.push(Path { name, subject, run, rounds, one_turn_in: turns });
    }
}

/// All that one thread can do.
pub(crate) fn of_one_thread<S: Subject>() -> Vec<Path> {
    let mut paths = Paths::of::<S>();
    paths.add("uncontended", 50_000, uncontended::<S>);
    paths.add("try_uncontended", 50_000, try_uncontended::<S>);
    if S::MOST != 1 {
        paths.add("uncontended_many", 50_000, uncontended_many::<S>);
    }
    if S::MOST == Floor::MOST {
        return paths.paths;
    }
    let rounds = 10_000 / S::ONE_IN;
    paths.add("handoff_1", rounds, handoff::<S, 1>);
    paths.add("handoff_64", rounds, handoff::<S, 64>);
    paths.add("handoff_1024", rounds, handoff::<S, 1024>);
    paths.add("repoll", 5 * rounds, repoll::<S>);
    paths.add("first_poll_and_queue", rounds, first_poll_and_queue::<S>);
    paths.add("cancel_queued", rounds, cancel_queued::<S>);
    if S::ONE_IN > 1 {
        return paths.paths;
    }
    paths.add("cancel_queued_front", 1_000, |n| cancel_one_of::<S>(n, |_| 0));
    paths.add("cancel_queued_back", 1_000, |n| cancel_one_of::<S>(n, |queued| queued - 1));
    paths.add("cancel_queued_random", 1_000, |n| {
        cancel_one_of::<S>(n, |queued| fastrand::usize(..queued))
    });
    paths.add("release_to_32", 100, release_to_many::<S, 32>);
    paths.add("release_to_1000", 5, release_to_many::<S, 1_000>);
    for (queued, one_turn_in) in [(1_000, 1), (10_000, 1), (100_000, 5), (1_000_000, 10)] {
        let mut add = |name, run: fn(usize) -> Duration| {
            paths.add_one_turn_in(one_turn_in, format!("{name}_{queued}"), queued, run);
        };
        add("grow_queue", first_poll_and_queue::<S>);
        add("grow_cancel", cancel_all::<S>);
        add("grow_serve", serve_all::<S>);
    }
    paths.paths
}

/// What more threads can do.
pub(crate) fn of_threads<S: Subject + Sync>() -> Vec<Path> {
    let mut paths = Paths::of::<S>();
    paths.add("hammer_2", 200_000, hammer::<S>);
    paths.add("hammer_queue_2", 200_000 / S::ONE_IN, hammer_queue::<S>);
    for permits in [1, 4] {
        for threads in [2, 4, 16, 64] {
            let name = format!("contended_{threads}_for_{permits}");
            let run = move |rounds| contend::<S>(threads, permits, rounds);
            paths.add_one_turn_in(6, name, 16_384, run);
        }
    }
    paths.paths
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

#[inline(always)]
fn ready<F: Future>(future: Pin<&mut F>) -> F::Output {
    match future.poll(&mut context()) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it has to wait"),
    }
}

#[inline(always)]
fn pending<F: Future>(future: Pin<&mut F>) {
    assert!(future.poll(&mut context()).is_pending(), "it need not wait");
}

fn queue<F: Future>(make: impl FnMut() -> F, queued: usize) -> Vec<Pin<Box<F>>> {
    let mut queue: Vec<_> = repeat_with(make).map(Box::pin).take(queued).collect();
    queue.iter_mut().for_each(|future| pending(future.as_mut()));
    queue
}

fn timed(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn uncontended<S: Subject>(rounds: usize) -> Duration {
    let semaphore = S::new(1);
    timed(|| {
        for _ in 0..rounds {
            drop(ready(pin!(black_box(&semaphore).acquire())));
        }
    })
}

fn uncontended_many<S: Subject>(rounds: usize) -> Duration {
    let semaphore = S::new(8);
    timed(|| {
        for _ in 0..rounds {
            drop(ready(pin!(black_box(&semaphore).acquire_many(black_box(8)))));
        }
    })
}

fn try_uncontended<S: Subject>(rounds: usize) -> Duration {
    let semaphore = S::new(1);
    timed(|| {
        for _ in 0..rounds {
            drop(black_box(&semaphore).try_acquire());
        }
    })
}

/// Gives the permit to the front of so many, who comes to the back again.
fn handoff<S: Subject, const QUEUED: usize>(rounds: usize) -> Duration {
    let semaphore = S::new(1);
    let mut permit = ready(pin!(semaphore.acquire()));
    let mut queue = queue(|| semaphore.acquire(), QUEUED);
    timed(|| {
        for round in 0..rounds {
            let front = &mut queue[round % QUEUED];
            drop(permit);
            permit = ready(front.as_mut());
            front.set(semaphore.acquire());
            pending(front.as_mut());
        }
        drop(permit);
    })
}

fn repoll<S: Subject>(rounds: usize) -> Duration {
    let semaphore = S::new(1);
    let _permit = ready(pin!(semaphore.acquire()));
    let mut future = pin!(semaphore.acquire());
    pending(future.as_mut());
    timed(|| {
        for _ in 0..rounds {
            pending(black_box(future.as_mut()));
        }
    })
}

/// In a queue that grows by one each round.
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

/// Queues behind one, and leaves.
fn cancel_queued<S: Subject>(rounds: usize) -> Duration {
    let semaphore = S::new(1);
    let _permit = ready(pin!(semaphore.acquire()));
    let mut front = pin!(semaphore.acquire());
    pending(front.as_mut());
    timed(|| {
        for _ in 0..rounds {
            pending(pin!(black_box(&semaphore).acquire()));
        }
    })
}

/// One of a thousand leaves, and comes to the back again.
fn cancel_one_of<S: Subject>(rounds: usize, choose: fn(usize) -> usize) -> Duration {
    let semaphore = S::new(1);
    let _permit = ready(pin!(semaphore.acquire()));
    let mut queue = std::collections::VecDeque::from(queue(|| semaphore.acquire(), 1_000));
    timed(|| {
        for _ in 0..rounds {
            let chosen = choose(queue.len());
            queue.swap(chosen, 0);
            let mut leaving = queue.pop_front().expect("a thousand are queued");
            leaving.set(semaphore.acquire());
            pending(leaving.as_mut());
            queue.push_back(leaving);
        }
    })
}

/// One release that all of so many have waited for, who then look, and give it back: a round is all of
/// that.
fn release_to_many<S: Subject, const QUEUED: usize>(rounds: usize) -> Duration {
    let mut took = Duration::ZERO;
    for _ in 0..rounds {
        let semaphore = S::new(if S::MOST == 1 { 0 } else { QUEUED });
        let all = (S::MOST != 1).then(|| ready(pin!(semaphore.acquire_many(QUEUED))));
        let mut queue = queue(|| semaphore.acquire(), QUEUED);
        took += timed(|| {
            match all {
                Some(all) => drop(all),
                None => semaphore.release(QUEUED),
            }
            for future in &mut queue {
                drop(ready(future.as_mut()));
            }
        });
    }
    took
}

/// So many leave, from the front on.
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

/// One permit goes through the hands of so many.
fn serve_all<S: Subject>(queued: usize) -> Duration {
    let semaphore = S::new(1);
    let permit = ready(pin!(semaphore.acquire()));
    let mut queue = queue(|| semaphore.acquire(), queued);
    timed(|| {
        drop(permit);
        for future in &mut queue {
            drop(ready(future.as_mut()));
        }
    })
}

/// Two threads, and a permit for each.
fn hammer<S: Subject + Sync>(rounds: usize) -> Duration {
    let semaphore = S::new(2);
    span(at_once(2, || {
        for _ in 0..rounds / 2 {
            drop(ready(pin!(black_box(&semaphore).acquire())));
        }
    }))
}

/// Two threads, and nothing for either: both queue and leave.
fn hammer_queue<S: Subject + Sync>(rounds: usize) -> Duration {
    let semaphore = S::new(1);
    let _permit = ready(pin!(semaphore.acquire()));
    span(at_once(2, || {
        for _ in 0..rounds / 2 {
            pending(pin!(black_box(&semaphore).acquire()));
        }
    }))
}

/// So many threads take turns; a round is one turn of one of them. Who has a permit lets others run, or
/// one thread would be done before the next has begun.
fn contend<S: Subject + Sync>(threads: usize, permits: usize, rounds: usize) -> Duration {
    let semaphore = S::new(permits);
    span(at_once(threads, || {
        for _ in 0..rounds / threads {
            let _permit = block_on(black_box(&semaphore).acquire());
            yield_now();
        }
    }))
}
