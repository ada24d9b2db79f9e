//! What is done to each, so and so often; each path returns how long it took without its preparation.

use std::{
    hint::black_box,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use crate::subjects::Subject;

/// A path: its name, what to do, and how many rounds make a sample.
pub(crate) struct Path<S> {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&S, usize) -> Duration,
    pub(crate) rounds: usize,
}

/// All of them, for one semaphore each that begins with no permits.
pub(crate) fn paths<S: Subject>() -> Vec<Path<S>> {
    vec![
        Path { name: "uncontended", run: uncontended, rounds: 100_000 },
        Path { name: "uncontended_many", run: uncontended_many, rounds: 100_000 },
        Path { name: "try_uncontended", run: try_uncontended, rounds: 100_000 },
        Path { name: "handoff_1", run: handoff::<S, 1>, rounds: 30_000 },
        Path { name: "handoff_64", run: handoff::<S, 64>, rounds: 30_000 },
        Path { name: "repoll", run: repoll, rounds: 100_000 },
        Path { name: "first_poll_and_queue", run: first_poll_and_queue, rounds: 10_000 },
        Path { name: "cancel_queued", run: cancel_queued, rounds: 30_000 },
        Path { name: "release_to_many", run: release_to_many::<S, 1_000>, rounds: 10 },
        Path { name: "release_to_32", run: release_to_many::<S, 32>, rounds: 300 },
    ]
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

fn timed(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn uncontended<S: Subject>(semaphore: &S, rounds: usize) -> Duration {
    semaphore.add_permits(1);
    timed(|| {
        for _ in 0..rounds {
            drop(ready(pin!(black_box(semaphore).acquire(1))));
        }
    })
}

fn uncontended_many<S: Subject>(semaphore: &S, rounds: usize) -> Duration {
    semaphore.add_permits(8);
    timed(|| {
        for _ in 0..rounds {
            drop(ready(pin!(black_box(semaphore).acquire(black_box(8)))));
        }
    })
}

fn try_uncontended<S: Subject>(semaphore: &S, rounds: usize) -> Duration {
    semaphore.add_permits(1);
    timed(|| {
        for _ in 0..rounds {
            drop(black_box(semaphore).try_acquire());
        }
    })
}

/// Gives the permit to the front of so many, who comes to the back again.
fn handoff<S: Subject, const QUEUED: usize>(semaphore: &S, rounds: usize) -> Duration {
    semaphore.add_permits(1);
    let mut permit = ready(pin!(semaphore.acquire(1)));
    let mut queue: Vec<_> = (0..QUEUED).map(|_| Box::pin(semaphore.acquire(1))).collect();
    for future in &mut queue {
        pending(future.as_mut());
    }
    let took = timed(|| {
        for round in 0..rounds {
            let front = &mut queue[round % QUEUED];
            drop(permit);
            permit = ready(front.as_mut());
            front.set(semaphore.acquire(1));
            pending(front.as_mut());
        }
    });
    drop(queue);
    took
}

fn repoll<S: Subject>(semaphore: &S, rounds: usize) -> Duration {
    let mut future = pin!(semaphore.acquire(1));
    pending(future.as_mut());
    timed(|| {
        for _ in 0..rounds {
            pending(black_box(future.as_mut()));
        }
    })
}

fn first_poll_and_queue<S: Subject>(semaphore: &S, rounds: usize) -> Duration {
    let mut queue: Vec<_> = (0..rounds).map(|_| Box::pin(semaphore.acquire(1))).collect();
    timed(|| {
        for future in &mut queue {
            pending(future.as_mut());
        }
    })
}

/// Queues behind one, and leaves.
fn cancel_queued<S: Subject>(semaphore: &S, rounds: usize) -> Duration {
    let mut front = pin!(semaphore.acquire(1));
    pending(front.as_mut());
    timed(|| {
        for _ in 0..rounds {
            pending(pin!(black_box(semaphore).acquire(1)));
        }
    })
}

/// One release that all of so many have waited for, who then look and give it back: a round is all of that.
fn release_to_many<S: Subject, const QUEUED: usize>(semaphore: &S, rounds: usize) -> Duration {
    semaphore.add_permits(QUEUED);
    let mut queue: Vec<_> = (0..QUEUED).map(|_| Box::pin(semaphore.acquire(1))).collect();
    let mut took = Duration::ZERO;
    for _ in 0..rounds {
        let all = ready(pin!(semaphore.acquire(QUEUED)));
        for future in &mut queue {
            future.set(semaphore.acquire(1));
            pending(future.as_mut());
        }
        took += timed(|| {
            drop(all);
            for future in &mut queue {
                drop(ready(future.as_mut()));
            }
        });
    }
    took
}
