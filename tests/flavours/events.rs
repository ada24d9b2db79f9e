//! The events that a semaphore emits, and what a subscriber may do when it is called.
#![cfg(feature = "tracing")]

use std::{
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    sync::atomic::{AtomicUsize, Ordering},
};

use futures::FutureExt;
use send_wrapper::SendWrapper;

use super::{Counted, Semaphore, close_if_closable, into_permit};
use crate::{
    subscriber::{
        CLOSE_OP, events, new_op, new_resource, poll_op, record, record_with, spans, state, sweep,
    },
    task::Task,
};

#[test]
fn waiting_acquire_emits_events_until_granted() {
    let semaphore = Semaphore::new(0);
    let lines = record(|| {
        let mut acquire = Task::waiting(semaphore.acquire());
        acquire.assert_pending();
        semaphore.add_permits(1);
        drop(acquire.woken());
    });
    let expected = [
        state(0, 0, 1),
        vec![poll_op(false), poll_op(false)],
        state(0, 1, 0),
        state(0, 1, 0),
        vec![poll_op(true)],
        state(1, 1, 0),
    ];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn semaphore_and_waits_have_spans() {
    let mut line = 0;
    let lines = record(|| {
        line = line!() + 1;
        let semaphore = Semaphore::new(1);
        let owned = Counted::new(Semaphore::new(0));
        let permit = into_permit(semaphore.acquire().now_or_never().unwrap());
        drop(Task::waiting(Counted::clone(&owned).acquire_owned()));
        drop(permit);
    });
    let is_closable = close_if_closable(&Semaphore::new(0));
    let name = if is_closable { "ClosableSemaphore" } else { "Semaphore" };
    let new_op = new_op(&format!("{name}::acquire"));
    let expected = [
        &new_resource(name, file!(), line),
        &new_op,
        CLOSE_OP,
        &new_resource(name, file!(), line + 1),
        &new_op,
        CLOSE_OP,
        "close runtime.resource",
        "close runtime.resource",
    ];
    assert_eq!(spans(&lines), expected);
}

#[test]
fn try_acquire_emits_state() {
    let semaphore = Semaphore::new(5);
    let lines = record(|| drop(semaphore.try_acquire_many(2)));
    assert_eq!(events(&lines), [state(3, 5, 0), state(5, 5, 0)].concat());
}

#[test]
fn cancel_emits_state() {
    let semaphore = Semaphore::new(1);
    let _permit = semaphore.try_acquire();
    let lines = record(|| drop(Task::waiting(semaphore.acquire())));
    let expected = [state(0, 1, 1), vec![poll_op(false)], state(0, 1, 0)];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn limit_change_emits_state() {
    let semaphore = Semaphore::new(1);
    let lines = record(|| {
        semaphore.add_permits(4);
        semaphore.set_max_permits(3);
        semaphore.forget_permits(1);
        semaphore.reduce_permits(1);
    });
    let expected = [state(5, 5, 0), state(3, 3, 0), state(2, 2, 0), state(1, 1, 0)];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn late_subscriber_gets_span_of_existing_semaphore() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire();
    let lines = record(|| drop(permit));
    assert!(lines[0].starts_with("new runtime.resource "), "{lines:?}");
    assert_eq!(events(&lines), state(1, 1, 0));
}

/// Returns operations on a semaphore with one permit. After each of them the permit is available.
fn operations(semaphore: &Counted<Semaphore>) -> [Box<dyn FnOnce() + '_>; 5] {
    let owned = || Counted::clone(semaphore);
    [
        Box::new(|| drop(semaphore.try_acquire())),
        Box::new(|| drop(semaphore.acquire().now_or_never().unwrap())),
        Box::new(move || {
            let permit = owned().try_acquire_owned();
            let waiting = Task::waiting(owned().acquire_owned());
            drop(permit);
            drop(waiting.woken());
        }),
        Box::new(|| {
            let permit = semaphore.try_acquire();
            let waiting = Task::waiting(semaphore.acquire());
            drop(Task::waiting(semaphore.acquire_many(1)));
            drop(permit);
            drop(waiting);
        }),
        Box::new(|| semaphore.add_permits(0)),
    ]
}

/// Performs all operations with a subscriber that panics, see [`sweep`].
fn sweep_operations(panics_at: fn(usize, usize) -> bool) -> usize {
    sweep(panics_at, |run| {
        let semaphore = Counted::new(Semaphore::new(1));
        let mut panics = 0;
        for operation in operations(&semaphore) {
            panics += usize::from(catch_unwind(AssertUnwindSafe(operation)).is_err());
            let metrics = [semaphore.available_permits(), semaphore.in_use()];
            assert_eq!((metrics, semaphore.waiters()), ([1, 0], 0), "run {run}");
        }
        panics + usize::from(catch_unwind(AssertUnwindSafe(|| drop(semaphore))).is_err())
    })
}

#[test]
fn subscriber_that_panics_once_loses_no_permit() {
    let runs = sweep_operations(|call, run| call == run);
    assert!(runs > 100, "only {runs} runs");
}

#[test]
fn subscriber_that_keeps_panicking_loses_no_permit() {
    let runs = sweep_operations(|call, run| call >= run);
    assert!(runs > 50, "only {runs} runs");
}

#[test]
fn panicking_subscriber_during_unwind_does_not_abort() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire();
    let payload = catch_unwind(AssertUnwindSafe(|| {
        let calls = AtomicUsize::new(0);
        let panic_once = move || assert!(calls.fetch_add(1, Ordering::Relaxed) > 0, "second");
        record_with(panic_once, || {
            let _permit = permit;
            panic_any("first");
        });
    }))
    .unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"first"));
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn operations_of_subscriber_emit_no_events() {
    let semaphore = Counted::new(Semaphore::new(1));
    let captured = SendWrapper::new(Counted::clone(&semaphore));
    let use_semaphore = move || {
        drop(captured.try_acquire());
        drop(Task::new(captured.acquire()).poll());
        captured.forget_permits(0);
    };
    let lines = |semaphore: &Counted<Semaphore>, on_call: Box<dyn Fn() + Send + Sync>| {
        record_with(on_call, || operations(semaphore).into_iter().for_each(|run| run()))
    };
    let expected = lines(&Counted::new(Semaphore::new(1)), Box::new(|| ()));
    let recorded = lines(&semaphore, Box::new(use_semaphore));
    assert_eq!(events(&recorded), events(&expected));
    assert_eq!((semaphore.available_permits(), semaphore.waiters()), (1, 0));
}
