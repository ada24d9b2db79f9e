//! Policies that panic while another panic unwinds. The second panic is caught, because it
//! would abort the process.

use std::{cell::Cell, rc::Rc};

use compio_sync::wait_queue::Verdict;

use super::{SLOT, Script, WAITS, assert_usable, granted, ready, scripted};
use crate::{
    assertions::{leaked, panic_message},
    hooked_waker::{on_wake, panics_when_clone_is_dropped, panics_when_woken, waiting_with},
    task::Task,
};

const BREAKS_RELEASE: Script = Script { release: |_| panic!("second"), ..SLOT };
const BREAKS_CANCEL: Script = Script { cancel: |_| panic!("second"), ..WAITS };
const BREAKS_DECISION: Script =
    Script { decide: |value| if value > 0 { panic!("second") } else { Verdict::Wait }, ..SLOT };

/// Drops a value while a panic unwinds. The first panic must be the one that propagates.
#[track_caller]
fn drop_during_unwind<T>(value: T) {
    let message = panic_message(|| {
        let _value = value;
        panic!("first");
    });
    assert_eq!(message, "first");
}

#[test]
fn grant_dropped_during_unwind_survives_panicking_release() {
    let queue = scripted(2);
    drop_during_unwind(granted(queue.try_acquire(BREAKS_RELEASE).unwrap()));
    let grant = granted(queue.try_acquire(BREAKS_RELEASE).unwrap());
    let mut wait = Task::waiting(queue.acquire(SLOT));
    drop_during_unwind(grant);
    wait.assert_pending();
    drop(wait);
    assert_usable(&queue, 0);
}

#[test]
fn grant_dropped_during_unwind_survives_panicking_decision() {
    let queue = scripted(1);
    let grant = granted(queue.try_acquire(SLOT).unwrap());
    let breaks = Task::waiting(queue.acquire(BREAKS_DECISION));
    drop_during_unwind(grant);
    assert_eq!((queue.value(), queue.waiters()), (1, 1));
    drop(breaks);
    assert_usable(&queue, 1);
}

#[test]
fn wait_dropped_during_unwind_survives_panicking_cancel() {
    let queue = scripted(1);
    let wait = Task::waiting(queue.acquire(BREAKS_CANCEL));
    let next = Task::waiting(queue.acquire(SLOT));
    drop_during_unwind(wait);
    assert_eq!((queue.value(), queue.waiters()), (0, 0));
    drop(granted(next.woken()));
    assert_usable(&queue, 1);
}

#[test]
fn granted_wait_dropped_during_unwind_survives_panicking_release() {
    let queue = scripted(0);
    let wait = Task::waiting(queue.acquire(BREAKS_RELEASE));
    queue.update(|_| 1);
    assert_eq!(wait.wakeups(), 1);
    drop_during_unwind(wait);
    assert_usable(&queue, 0);
}

#[test]
fn wait_dropped_during_unwind_survives_panicking_decision() {
    let queue = scripted(0);
    let wait = Task::waiting(queue.acquire(Script { cancel: |_| 2, ..WAITS }));
    let next = Task::waiting(queue.acquire(SLOT));
    let breaks = Task::waiting(queue.acquire(BREAKS_DECISION));
    drop_during_unwind(wait);
    granted(next.woken()).forget();
    assert_eq!((queue.value(), queue.waiters()), (1, 1));
    drop(breaks);
    assert_usable(&queue, 1);
}

#[test]
fn wait_dropped_during_unwind_survives_panics_of_waker_and_policy() {
    for request in [SLOT, BREAKS_CANCEL] {
        let queue = scripted(0);
        let waker = panics_when_clone_is_dropped("third");
        let wait = waiting_with(&waker, queue.acquire(request));
        let next = Task::waiting(queue.acquire(SLOT));
        drop_during_unwind(wait);
        assert_eq!(queue.waiters(), 1);
        queue.release(SLOT);
        drop(granted(next.woken()));
        assert_usable(&queue, 1);
    }
}

/// The waker of the cancelled wait panics after the policy did.
#[test]
fn wait_with_panicking_policy_and_waker_is_dropped() {
    let queue = scripted(1);
    let waker = panics_when_clone_is_dropped("third");
    let wait = waiting_with(&waker, queue.acquire(BREAKS_CANCEL));
    let mut next = waiting_with(&panics_when_woken("fourth"), queue.acquire(SLOT));
    assert_eq!(panic_message(|| drop(wait)), "second");
    drop(granted(ready(&mut next)));
    assert_usable(&queue, 1);
}

/// A release between two batches of an update first completes the waiters of the update. If the
/// policy then panics about a waiter that has come meanwhile, the request is released nevertheless.
#[test]
fn release_between_batches_survives_panic_about_new_front() {
    thread_local! {
        static IS_BROKEN: Cell<bool> = const { Cell::new(false) };
    }
    const REFUSED_LATER: Script =
        Script { decide: |value| if value > 0 { Verdict::Refuse } else { Verdict::Wait }, ..SLOT };
    const BREAKS_ONCE: Script = Script {
        decide: |value| {
            assert!(value == 0 || !IS_BROKEN.take(), "broken");
            (SLOT.decide)(value)
        },
        ..SLOT
    };
    let queue = leaked(scripted(0));
    // Runs between the two batches of the update below.
    let releases = on_wake(|| queue.release(SLOT));
    // Runs before this release locks the queue again.
    let new_front = Rc::new(Cell::new(None));
    let captured = Rc::clone(&new_front);
    let enqueues = on_wake(move || {
        queue.update(|_| 0);
        captured.set(Some(Task::waiting(queue.acquire(BREAKS_ONCE))));
        IS_BROKEN.set(true);
        assert_eq!(panic_message(|| queue.update(|_| 1)), "broken");
        IS_BROKEN.set(true);
    });
    let mut refused = vec![waiting_with(&releases, queue.acquire(REFUSED_LATER))];
    refused.extend((0..39).map(|_| Task::waiting(queue.acquire(REFUSED_LATER))));
    refused.push(waiting_with(&enqueues, queue.acquire(REFUSED_LATER)));
    assert_eq!(panic_message(|| queue.update(|_| 1)), "broken");
    assert!(!IS_BROKEN.get());
    drop(granted(new_front.take().unwrap().woken()));
    // One slot is from the second update, and one from the release.
    assert_usable(queue, 2);
}
