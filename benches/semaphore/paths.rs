//! The measured paths. Each runs a number of rounds and returns the time without setup.

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
    threads::{run_on_threads, span},
};

/// A path through one semaphore.
pub(crate) struct Path {
    pub(crate) name: String,
    pub(crate) subject: &'static str,
    pub(crate) run: Box<dyn Fn(usize) -> Duration>,
    /// The number of rounds per sample.
    pub(crate) rounds: usize,
    /// One of this many samples is taken. Slow paths are sampled less often.
    pub(crate) sample_every: u16,
}

impl Path {
    /// Returns the nanoseconds per round of a sample.
    pub(crate) fn nanoseconds(&self, sample: Duration) -> f64 {
        sample.as_nanos() as f64 / self.rounds as f64
    }
}

/// Collects the paths of one semaphore.
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
        self.add_sampled_every(1, name.into(), rounds, run);
    }

    fn add_sampled_every(
        &mut self,
        sample_every: u16,
        name: String,
        rounds: usize,
        run: impl Fn(usize) -> Duration + 'static,
    ) {
        let (subject, run) = (self.subject, Box::new(run));
        self.paths.push(Path { name, subject, run, rounds, sample_every });
    }
}

/// Returns the paths of a single thread.
pub(crate) fn single_thread<S: Subject>() -> Vec<Path> {
    let mut paths = Paths::of::<S>();
    paths.add("uncontended", 50_000, uncontended::<S>);
    paths.add("try_uncontended", 50_000, try_uncontended::<S>);
    if S::MAX_PERMITS != 1 {
        paths.add("uncontended_many", 50_000, uncontended_many::<S>);
    }
    if S::MAX_PERMITS == Floor::MAX_PERMITS {
        return paths.paths;
    }
    let rounds = 10_000 / S::ROUNDS_DIVISOR;
    paths.add("handoff_1", rounds, handoff::<S, 1>);
    paths.add("handoff_64", rounds, handoff::<S, 64>);
    paths.add("handoff_1024", rounds, handoff::<S, 1024>);
    paths.add("repoll", 5 * rounds, repoll::<S>);
    paths.add("first_poll_and_queue", rounds, first_poll_and_queue::<S>);
    paths.add("cancel_queued", rounds, cancel_queued::<S>);
    if S::ROUNDS_DIVISOR > 1 {
        return paths.paths;
    }
    paths.add("cancel_queued_front", 1_000, |n| cancel_one_of::<S>(n, |_| 0));
    paths.add("cancel_queued_back", 1_000, |n| cancel_one_of::<S>(n, |queued| queued - 1));
    paths.add("cancel_queued_random", 1_000, |n| {
        cancel_one_of::<S>(n, |queued| fastrand::usize(..queued))
    });
    paths.add("release_to_32", 100, release_to_many::<S, 32>);
    paths.add("release_to_1000", 5, release_to_many::<S, 1_000>);
    for (queued, sample_every) in [(1_000, 1), (10_000, 1), (100_000, 5), (1_000_000, 10)] {
        let mut add = |name, run: fn(usize) -> Duration| {
            paths.add_sampled_every(sample_every, format!("{name}_{queued}"), queued, run);
        };
        add("grow_queue", first_poll_and_queue::<S>);
        add("grow_cancel", cancel_all::<S>);
        add("grow_serve", grant_all::<S>);
    }
    paths.paths
}

/// Returns the paths of several threads.
pub(crate) fn multi_thread<S: Subject + Sync>() -> Vec<Path> {
    let mut paths = Paths::of::<S>();
    paths.add("hammer_2", 200_000, hammer::<S>);
    paths.add("hammer_queue_2", 200_000 / S::ROUNDS_DIVISOR, hammer_queue::<S>);
    for permits in [1, 4] {
        for threads in [2, 4, 16, 64] {
            let name = format!("contended_{threads}_for_{permits}");
            let run = move |rounds| contend::<S>(threads, permits, rounds);
            paths.add_sampled_every(6, name, 16_384, run);
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
        Poll::Pending => panic!("no permit is available"),
    }
}

#[inline(always)]
fn pending<F: Future>(future: Pin<&mut F>) {
    assert!(future.poll(&mut context()).is_pending(), "a permit is available");
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

/// Hands off the permit to the front waiter, which enqueues again at the back.
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

/// Enqueues behind another waiter, and cancels.
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

/// Cancels one of a thousand waiters, and enqueues it again at the back.
fn cancel_one_of<S: Subject>(rounds: usize, choose: fn(usize) -> usize) -> Duration {
    let semaphore = S::new(1);
    let _permit = ready(pin!(semaphore.acquire()));
    let mut queue = std::collections::VecDeque::from(queue(|| semaphore.acquire(), 1_000));
    timed(|| {
        for _ in 0..rounds {
            let chosen = choose(queue.len());
            queue.swap(chosen, 0);
            let mut waiter = queue.pop_front().expect("the queue has a thousand waiters");
            waiter.set(semaphore.acquire());
            pending(waiter.as_mut());
            queue.push_back(waiter);
        }
    })
}

/// Releases a permit for each of the waiters at once. The waiters then complete and release in
/// turn. All of this is one round.
fn release_to_many<S: Subject, const QUEUED: usize>(rounds: usize) -> Duration {
    let mut total = Duration::ZERO;
    for _ in 0..rounds {
        let semaphore = S::new(if S::MAX_PERMITS == 1 { 0 } else { QUEUED });
        let all = (S::MAX_PERMITS != 1).then(|| ready(pin!(semaphore.acquire_many(QUEUED))));
        let mut queue = queue(|| semaphore.acquire(), QUEUED);
        total += timed(|| {
            match all {
                Some(all) => drop(all),
                None => semaphore.release(QUEUED),
            }
            for future in &mut queue {
                drop(ready(future.as_mut()));
            }
        });
    }
    total
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
    let mut queue = queue(|| semaphore.acquire(), queued);
    timed(|| {
        drop(permit);
        for future in &mut queue {
            drop(ready(future.as_mut()));
        }
    })
}

/// Two threads acquire and release, with a permit for each.
fn hammer<S: Subject + Sync>(rounds: usize) -> Duration {
    let semaphore = S::new(2);
    span(run_on_threads(2, || {
        for _ in 0..rounds / 2 {
            drop(ready(pin!(black_box(&semaphore).acquire())));
        }
    }))
}

/// Two threads enqueue and cancel while no permit is available.
fn hammer_queue<S: Subject + Sync>(rounds: usize) -> Duration {
    let semaphore = S::new(1);
    let _permit = ready(pin!(semaphore.acquire()));
    span(run_on_threads(2, || {
        for _ in 0..rounds / 2 {
            pending(pin!(black_box(&semaphore).acquire()));
        }
    }))
}

/// Threads compete for permits. A round is one acquire and release of one thread.
///
/// The holder of a permit yields. Otherwise one thread would finish before the next thread starts.
fn contend<S: Subject + Sync>(threads: usize, permits: usize, rounds: usize) -> Duration {
    let semaphore = S::new(permits);
    span(run_on_threads(threads, || {
        for _ in 0..rounds / threads {
            let _permit = block_on(black_box(&semaphore).acquire());
            yield_now();
        }
    }))
}
