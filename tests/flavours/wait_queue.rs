//! Tests of the public wait queue: its behaviour, and what happens if a policy breaks its contract.

mod acquire;
mod allocation;
mod data;
mod grant;
mod hooks;
mod panics;
mod range;
mod reentry;
#[cfg(feature = "std")]
mod unwinding;
mod update;
mod wait;

use std::{any::TypeId, task::Poll};

use compio_sync::{
    unsync,
    wait_queue::{Arrival, Completion, Policy, Verdict},
};

use super::{Counted, WaitQueue};
use crate::task::Task;

type Wait<'a, P> = compio_sync::wait_queue::Wait<&'a WaitQueue<P>>;

/// A semaphore that can be closed. A request is a number of slots.
///
/// The value is the number of free slots, or negative if the semaphore is closed.
#[derive(Debug)]
enum Slots {}

const CLOSED: isize = -1;

impl Policy for Slots {
    type Request = isize;

    fn decide(free: isize, slots: isize) -> Verdict {
        match free {
            ..0 => Verdict::Refuse,
            free if slots <= free => Verdict::Grant(free - slots),
            _ => Verdict::Wait,
        }
    }

    fn release(free: isize, slots: isize) -> isize {
        if free < 0 { free } else { free + slots }
    }
}

/// A policy whose requests decide about themselves, each with its own functions. So one queue can
/// have requests that keep the contract beside others that break it.
#[derive(Debug)]
enum Scripted<const MAY_REFUSE: bool = true, const STORES: bool = true> {}

#[derive(Clone, Copy, Debug)]
struct Script {
    decide: fn(isize) -> Verdict,
    release: fn(isize) -> isize,
    enqueue: fn(isize, Script) -> Arrival<Script>,
    cancel: fn(isize) -> isize,
}

impl<const MAY_REFUSE: bool, const STORES: bool> Policy for Scripted<MAY_REFUSE, STORES> {
    type Request = Script;
    const MAY_REFUSE: bool = MAY_REFUSE;
    const STORES: bool = STORES;

    fn decide(value: isize, script: Script) -> Verdict {
        (script.decide)(value)
    }

    fn release(value: isize, script: Script) -> isize {
        (script.release)(value)
    }

    fn enqueue(value: isize, script: Script) -> Arrival<Script> {
        (script.enqueue)(value, script)
    }

    fn cancel(value: isize, script: Script) -> isize {
        (script.cancel)(value)
    }
}

type Queue = WaitQueue<Scripted>;

/// The request of a semaphore with one slot.
const SLOT: Script = Script {
    decide: |value| if value > 0 { Verdict::Grant(value - 1) } else { Verdict::Wait },
    release: |value| value + 1,
    enqueue: Arrival::Enqueue,
    cancel: |value| value,
};

/// A request that waits until it is cancelled.
const WAITS: Script = Script { decide: |_| Verdict::Wait, ..SLOT };

/// Creates a queue whose requests decide about themselves.
fn scripted(value: isize) -> Queue {
    Queue::new(value)
}

/// Returns what was granted.
#[track_caller]
fn granted<T>(completion: Completion<T>) -> T {
    completion.granted().expect("the request must be granted")
}

/// Asserts that the queue is empty and has this value, and that it still grants in FIFO order.
#[track_caller]
fn assert_usable(queue: &Queue, value: isize) {
    assert_eq!((queue.value(), queue.waiters()), (value, 0));
    assert_eq!(queue.update(|_| 1), value);
    let slot = granted(queue.try_acquire(SLOT).expect("a slot is free"));
    let [first, second] = [(); 2].map(|()| Task::waiting(queue.acquire(SLOT)));
    drop(Task::waiting(queue.acquire(SLOT)));
    drop(slot);
    drop(granted(first.woken()));
    drop(granted(second.woken()));
    assert_eq!((queue.value(), queue.waiters()), (1, 0));
}

/// Returns whether a queue of this flavour finds out that a policy uses it.
fn finds_use_by_policy() -> bool {
    let is_unsync = TypeId::of::<Queue>() == TypeId::of::<unsync::WaitQueue<Scripted>>();
    is_unsync || cfg!(all(debug_assertions, feature = "std"))
}

/// Polls a task, which must complete.
#[track_caller]
fn ready<F: Future>(task: &mut Task<F>) -> F::Output {
    match task.poll() {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future must be complete"),
    }
}
