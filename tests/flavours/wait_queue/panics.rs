//! Policies and closures that panic. The queue stays usable, and a waiter that was completed
//! before the panic is woken.

use std::task::Poll;

use compio_sync::wait_queue::{Arrival, Completion, Verdict};

use super::{Queue, SLOT, Script, WAITS, assert_usable, granted, ready, scripted};
#[cfg(feature = "std")]
use crate::hooked_waker::{panics_when_woken, waiting_with};
use crate::{assertions::panic_message, task::Task};

/// A request that makes the policy panic at positive values.
const BREAKS: Script = Script {
    decide: |value| if value > 0 { panic!("decide") } else { Verdict::Wait },
    release: |_| panic!("release"),
    enqueue: |value, script| {
        if value < 0 { panic!("enqueue") } else { Arrival::Enqueue(value, script) }
    },
    cancel: |_| panic!("cancel"),
};

/// A request that is only faulty in `decide`.
const BREAKS_DECISION: Script = Script { decide: BREAKS.decide, ..SLOT };

#[test]
fn panic_without_waiters_leaves_queue_usable() {
    let queue = scripted(1);
    assert_eq!(panic_message(|| queue.try_acquire(BREAKS)), "decide");
    assert_eq!(panic_message(|| queue.release(BREAKS)), "release");
    assert_eq!(panic_message(|| queue.update(|_| panic!("update"))), "update");
    let grant = granted(queue.try_acquire(Script { release: BREAKS.release, ..SLOT }).unwrap());
    assert_eq!(panic_message(|| drop(grant)), "release");
    assert_usable(&queue, 0);
}

#[test]
fn panic_with_waiters_leaves_queue_usable() {
    let queue = scripted(1);
    let grant = granted(queue.try_acquire(Script { release: BREAKS.release, ..SLOT }).unwrap());
    let mut wait = Task::waiting(queue.acquire(SLOT));
    assert_eq!(panic_message(|| queue.release(BREAKS)), "release");
    assert_eq!(panic_message(|| queue.update(|_| panic!("update"))), "update");
    assert_eq!(panic_message(|| drop(grant)), "release");
    wait.assert_pending();
    assert_eq!((queue.value(), queue.waiters()), (0, 1));
    queue.release(SLOT);
    drop(granted(wait.woken()));
    assert_usable(&queue, 1);
}

#[test]
fn wait_can_be_polled_again_after_panic() {
    for other in [None, Some(WAITS)] {
        let queue = scripted(0);
        let other = other.map(|request| Task::waiting(queue.acquire(request)));
        let mut wait = Task::new(queue.acquire(BREAKS_DECISION));
        queue.update(|_| 1);
        assert_eq!(panic_message(|| wait.poll()), "decide");
        assert_eq!(panic_message(|| wait.future.as_mut().enable()), "decide");
        assert!(!wait.future.is_queued());
        queue.update(|_| 0);
        wait.assert_pending();
        drop((wait, other));
        assert_usable(&queue, 0);
    }
}

#[test]
fn panicking_enqueue_leaves_wait_unqueued() {
    for value in [-1, 0] {
        let queue = scripted(value);
        let mut wait = Task::new(queue.acquire(Script { cancel: SLOT.cancel, ..BREAKS }));
        if value < 0 {
            assert_eq!(panic_message(|| wait.poll()), "enqueue");
            assert_eq!(panic_message(|| wait.future.as_mut().enable()), "enqueue");
            assert_eq!((wait.future.is_queued(), queue.waiters()), (false, 0));
            queue.update(|_| 0);
        }
        wait.assert_pending();
        assert_eq!(queue.waiters(), 1);
        drop(wait);
        assert_usable(&queue, 0);
    }
}

#[test]
fn panic_of_front_propagates_from_each_call_that_decides() {
    let queue = scripted(0);
    let mut front = Task::waiting(queue.acquire(BREAKS_DECISION));
    let mut next = Task::waiting(queue.acquire(SLOT));
    assert_eq!(panic_message(|| queue.update(|_| 1)), "decide");
    // The request is released while the panic unwinds, and the policy panics again.
    #[cfg(feature = "std")]
    assert_eq!(panic_message(|| queue.release(SLOT)), "decide");
    assert_eq!(panic_message(|| front.poll()), "decide");
    assert_eq!(panic_message(|| front.future.as_mut().enable()), "decide");
    assert!(queue.try_acquire(SLOT).is_none(), "a new request does not barge");
    next.assert_pending();
    assert_eq!((front.future.is_queued(), queue.waiters()), (true, 2));
    drop(front);
    drop(granted(next.woken()));
    assert_usable(&queue, queue.value());
}

#[test]
fn panicking_cancel_unlinks_wait_and_grants_next_waiter() {
    for later in [1, 2, 40] {
        let queue = scripted(later);
        let cancelled = Task::waiting(queue.acquire(Script { cancel: BREAKS.cancel, ..WAITS }));
        let waits: Vec<_> = (0..later).map(|_| Task::waiting(queue.acquire(SLOT))).collect();
        assert_eq!(panic_message(|| drop(cancelled)), "cancel");
        assert_eq!((queue.value(), queue.waiters()), (0, 0));
        waits.into_iter().for_each(|wait| drop(granted(wait.woken())));
        assert_usable(&queue, later);
    }
}

/// A poll that finds the wait refused cancels it. If that panics, the wait is complete.
#[test]
fn panicking_cancel_of_refused_wait_completes_it() {
    const REFUSED_LATER: Script = Script {
        decide: |value| if value > 0 { Verdict::Refuse } else { Verdict::Wait },
        cancel: BREAKS.cancel,
        ..SLOT
    };
    let queue = scripted(0);
    let front = Task::waiting(queue.acquire(WAITS));
    let [mut polled, mut enabled] = [(); 2].map(|()| Task::waiting(queue.acquire(REFUSED_LATER)));
    queue.update(|_| 1);
    assert_eq!(panic_message(|| polled.poll()), "cancel");
    assert_eq!(panic_message(|| enabled.future.as_mut().enable()), "cancel");
    assert_eq!((polled.future.is_queued(), queue.waiters()), (false, 1));
    assert!(matches!(ready(&mut polled), Completion::Refused));
    assert!(matches!(ready(&mut enabled), Completion::Refused));
    drop(front);
    assert_usable(&queue, 1);
}

/// A wait that is granted on arrival owns its grant, even if a decision about the front panics.
#[test]
fn panic_after_grant_on_arrival_keeps_grant() {
    const ARRIVES: Script =
        Script { enqueue: |value, _| Arrival::Grant(value + 5), release: |_| 0, ..WAITS };
    for is_polled_again in [false, true] {
        let queue = scripted(0);
        let front = Task::waiting(queue.acquire(BREAKS_DECISION));
        let mut arriving = Task::new(queue.acquire(ARRIVES));
        assert_eq!(panic_message(|| arriving.poll()), "decide");
        assert_eq!((queue.value(), arriving.future.is_queued()), (5, false));
        if is_polled_again {
            let grant = granted(ready(&mut arriving));
            drop(front);
            drop(grant);
        } else {
            drop((front, arriving));
        }
        assert_usable(&queue, 0);
    }
}

/// Without `std`, a policy that panics again while the rest of a batch is granted aborts.
#[cfg(not(feature = "std"))]
const FAULTY: &[usize] = &[0, 1];
/// The first waiter, the second one, and waiters within and at the ends of the first two batches.
#[cfg(feature = "std")]
const FAULTY: &[usize] = &[0, 1, 2, 3, 30, 31, 32, 33, 50, 63, 64, 65, 99];

/// Completes 100 waiters, one of which makes the policy panic.
fn assert_completed_waiters_are_woken(complete_all: impl Fn(&Queue)) {
    for &faulty in FAULTY {
        let queue = scripted(0);
        let request = |number| if number == faulty { BREAKS_DECISION } else { SLOT };
        let mut tasks: Vec<_> =
            (0..100).map(|number| Task::waiting(queue.acquire(request(number)))).collect();
        assert_eq!(panic_message(|| complete_all(&queue)), "decide");
        assert_eq!(queue.waiters(), 100 - faulty);
        assert_eq!(queue.value(), 1000 - faulty as isize);
        for task in tasks.drain(..faulty) {
            granted(task.woken()).forget();
        }
        drop(tasks.remove(0));
        assert_eq!(queue.waiters(), 0);
        for task in tasks {
            granted(task.woken()).forget();
        }
        assert_usable(&queue, 1000 - 99);
    }
}

#[test]
fn waiters_before_panic_in_update_are_woken() {
    assert_completed_waiters_are_woken(|queue| {
        queue.update(|_| 1000);
    });
}

#[test]
fn waiters_before_panic_in_release_are_woken() {
    assert_completed_waiters_are_woken(|queue| {
        queue.release(Script { release: |_| 1000, ..SLOT });
    });
}

/// The arriving wait is granted, and is dropped while the panic unwinds.
#[cfg(feature = "std")]
#[test]
fn waiters_before_panic_in_arrival_are_woken() {
    assert_completed_waiters_are_woken(|queue| {
        let enqueue = |_, _| Arrival::Grant(1000);
        let release = |value| value;
        drop(Task::new(queue.acquire(Script { enqueue, release, ..WAITS })).poll());
    });
}

#[test]
fn waiters_before_panic_in_cancel_are_woken() {
    for &faulty in FAULTY {
        let queue = scripted(0);
        let cancel = |_| 1000;
        let front = Task::waiting(queue.acquire(Script { cancel, ..WAITS }));
        let tasks: Vec<_> = (0..faulty).map(|_| Task::waiting(queue.acquire(SLOT))).collect();
        let breaks = Task::waiting(queue.acquire(BREAKS_DECISION));
        assert_eq!(panic_message(|| drop(front)), "decide");
        assert_eq!(queue.waiters(), 1);
        drop(breaks);
        tasks.into_iter().for_each(|task| drop(granted(task.woken())));
        assert_usable(&queue, 1000);
    }
}

/// A waker panics, and then the policy does, while the rest of the queue is granted.
#[cfg(feature = "std")]
#[test]
fn panics_of_waker_and_policy_do_not_abort() {
    for (wakes, breaks) in [(0, 1), (0, 2), (1, 20), (0, 40), (20, 40), (33, 40), (33, 90)] {
        let queue = scripted(0);
        let mut tasks: Vec<_> = (0..100)
            .map(|number| match number {
                _ if number == wakes => {
                    waiting_with(&panics_when_woken("waker"), queue.acquire(SLOT))
                }
                _ if number == breaks => Task::waiting(queue.acquire(BREAKS_DECISION)),
                _ => Task::waiting(queue.acquire(SLOT)),
            })
            .collect();
        let message = panic_message(|| queue.update(|_| 1000));
        // Wakers run when the batch is full, so the policy panics first within the same batch.
        let is_same_batch = wakes / 32 == breaks / 32;
        assert_eq!(message, if is_same_batch { "decide" } else { "waker" }, "{wakes} {breaks}");
        assert_eq!(queue.waiters(), 100 - breaks);
        for (number, task) in tasks.drain(..breaks).enumerate() {
            assert_eq!(task.wakeups(), usize::from(number != wakes));
            granted(ready(&mut { task })).forget();
        }
        drop(tasks.remove(0));
        tasks.into_iter().for_each(|task| drop(granted(task.woken())));
        assert_usable(&queue, 1000 - breaks as isize);
    }
}

/// The value of an update is published, even if a decision after it panics.
#[test]
fn panic_keeps_value_that_policy_returned_last() {
    let queue = scripted(0);
    let first = Task::waiting(queue.acquire(SLOT));
    let breaks = Task::waiting(queue.acquire(BREAKS_DECISION));
    assert_eq!(panic_message(|| queue.update(|_| 7)), "decide");
    assert_eq!((queue.value(), queue.value_acquire(), queue.waiters()), (6, 6, 1));
    granted(first.woken()).forget();
    drop(breaks);
    assert_usable(&queue, 6);
}

#[test]
fn panicking_decision_of_repoll_keeps_wait_queued() {
    let queue = scripted(0);
    let front = Task::waiting(queue.acquire(WAITS));
    let mut wait = Task::waiting(queue.acquire(BREAKS_DECISION));
    queue.update(|_| 1);
    wait.change_waker();
    assert_eq!(panic_message(|| wait.poll()), "decide");
    assert!(wait.future.is_queued());
    queue.update(|_| 0);
    assert!(matches!(wait.poll(), Poll::Pending));
    drop((front, wait));
    assert_usable(&queue, 0);
}
