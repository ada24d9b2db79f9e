//! Waits that are polled by hand, and the paths that every primitive with a queue has.

use std::{
    hint::{black_box, spin_loop},
    iter::repeat_with,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    thread::yield_now,
    time::{Duration, Instant},
};

pub(super) fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

#[inline(always)]
pub(super) fn ready<F: Future>(future: Pin<&mut F>) -> F::Output {
    match future.poll(&mut context()) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the wait is pending"),
    }
}

#[inline(always)]
pub(super) fn pending<F: Future>(future: Pin<&mut F>) {
    assert!(future.poll(&mut context()).is_pending(), "the wait is complete");
}

/// Polls until the wait is complete. Unlike `block_on`, it never parks the thread, as a thread of a
/// runtime with other tasks.
#[inline(always)]
pub(super) fn spin<F: Future>(mut future: Pin<&mut F>) -> F::Output {
    for polls in 1_u32.. {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context()) {
            return output;
        }
        // The thread that the wait depends on may need this core.
        if polls % 64 == 0 {
            yield_now();
        }
        spin_loop();
    }
    unreachable!("the range has no end")
}

/// Enqueues a number of waits.
pub(super) fn queue<F: Future>(make: impl FnMut() -> F, queued: usize) -> Vec<Pin<Box<F>>> {
    let mut queue: Vec<_> = repeat_with(make).map(Box::pin).take(queued).collect();
    queue.iter_mut().for_each(|future| pending(future.as_mut()));
    queue
}

/// Polls and drops the output of each wait.
#[inline(always)]
pub(super) fn complete<F: Future>(queue: &mut [Pin<Box<F>>]) {
    for future in queue {
        drop(ready(future.as_mut()));
    }
}

/// Returns the time that `run` takes. `.ci/instructions` counts the instructions of this function.
#[inline(never)]
pub(super) fn timed(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

#[inline(always)]
pub(super) fn timed_rounds(rounds: usize, mut round: impl FnMut()) -> Duration {
    timed(|| {
        for _ in 0..rounds {
            round();
        }
    })
}

/// Completes the front waiter, which enqueues again at the back. `hand_off` gets what the previous
/// waiter was granted, and returns what it hands off to this one.
pub(super) fn handoff<const QUEUED: usize, F: Future, T>(
    rounds: usize,
    make: impl Fn() -> F,
    mut granted: T,
    hand_off: impl Fn(T, Pin<&mut F>) -> T,
) -> Duration {
    let mut queue = queue(&make, QUEUED);
    timed(|| {
        for round in 0..rounds {
            let front = &mut queue[round % QUEUED];
            granted = hand_off(granted, front.as_mut());
            front.set(make());
            pending(front.as_mut());
        }
        drop(granted);
    })
}

/// Polls a queued wait again with the same waker.
pub(super) fn repoll(rounds: usize, wait: impl Future) -> Duration {
    let mut wait = pin!(wait);
    pending(wait.as_mut());
    timed_rounds(rounds, || pending(black_box(wait.as_mut())))
}

/// Enqueues behind another waiter, and cancels.
pub(super) fn cancel_queued<F: Future>(rounds: usize, make: impl Fn() -> F) -> Duration {
    let mut front = pin!(make());
    pending(front.as_mut());
    timed_rounds(rounds, || pending(pin!(make())))
}

/// The number of waiters in the queue of [`cancel_one_of`].
pub(super) const QUEUED: usize = 1_000;

/// Cancels one of [`QUEUED`] waiters, and enqueues it again at the back. `choose` gets the number
/// of the round, and returns the index of the waiter: [`front`], [`back`] or [`middle`].
pub(super) fn cancel_one_of<F: Future>(
    rounds: usize,
    make: impl Fn() -> F,
    choose: fn(usize) -> usize,
) -> Duration {
    let mut queue = queue(&make, QUEUED);
    timed(|| {
        for round in 0..rounds {
            let waiter = &mut queue[choose(round)];
            waiter.set(make());
            pending(waiter.as_mut());
        }
    })
}

/// The front of the queue: the waiters take turns.
pub(super) fn front(round: usize) -> usize {
    round % QUEUED
}

/// The back of the queue: always the same waiter.
pub(super) fn back(_: usize) -> usize {
    QUEUED - 1
}

/// The middle of the queue: the waiters of the rear half take turns.
pub(super) fn middle(round: usize) -> usize {
    QUEUED / 2 + round % (QUEUED / 2)
}

/// Enqueues a number of waits, completes all of them with `broadcast`, and polls each. Enqueuing is
/// not measured.
pub(super) fn broadcast<F: Future>(
    queued: usize,
    make: impl FnMut() -> F,
    broadcast: impl FnOnce(),
) -> Duration {
    let mut queue = queue(make, queued);
    timed(|| {
        broadcast();
        complete(&mut queue);
    })
}
