//! The events that a semaphore emits, and what a subscriber may do when it is called.
#![cfg(feature = "tracing")]

use std::{
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::FutureExt;
use send_wrapper::SendWrapper;

use super::{Counted, Semaphore, close_if_closable, into_permit};
use crate::{
    subscriber::{poll_op, record, record_with, state},
    task::Task,
};

/// Returns the lines about events.
fn events(lines: &[String]) -> Vec<String> {
    let is_event = |line: &&String| !line.starts_with("new ") && !line.starts_with("close ");
    lines.iter().filter(is_event).cloned().collect()
}

/// Returns the lines about spans.
fn spans(lines: &[String]) -> Vec<&str> {
    let is_span = |line: &&str| line.starts_with("new ") || line.starts_with("close ");
    lines.iter().map(String::as_str).filter(is_span).collect()
}

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
    let new_resource = |line| {
        format!(
            "new runtime.resource concrete_type={name:?} kind=\"Sync\" loc.file={:?} \
             loc.line={line} is_internal=false",
            file!()
        )
    };
    let new_op = format!("new runtime.resource.async_op source=\"{name}::acquire\"");
    let expected = [
        &new_resource(line),
        &new_op,
        "close runtime.resource.async_op",
        &new_resource(line + 1),
        &new_op,
        "close runtime.resource.async_op",
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

/// Performs all operations with a subscriber that panics at some of its calls: `panics_at` gets the
/// number of the call and the number of the run. Repeats this until a run has fewer calls than its
/// number. Returns the number of runs before that.
fn sweep(panics_at: fn(usize, usize) -> bool) -> usize {
    let mut run = 0;
    loop {
        let semaphore = Counted::new(Semaphore::new(1));
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&calls);
        let on_call = move || {
            let call = counter.fetch_add(1, Ordering::Relaxed);
            assert!(!panics_at(call, run), "call {call}");
        };
        let mut panics = 0;
        record_with(on_call, || {
            for operation in operations(&semaphore) {
                panics += usize::from(catch_unwind(AssertUnwindSafe(operation)).is_err());
                let metrics = [semaphore.available_permits(), semaphore.in_use()];
                assert_eq!((metrics, semaphore.waiters()), ([1, 0], 0), "run {run}");
            }
            panics += usize::from(catch_unwind(AssertUnwindSafe(|| drop(semaphore))).is_err());
        });
        if calls.load(Ordering::Relaxed) <= run {
            return run;
        }
        assert!(panics > 0, "a panic of the subscriber must propagate");
        run += 1;
    }
}

#[test]
fn subscriber_that_panics_once_loses_no_permit() {
    let runs = sweep(|call, run| call == run);
    assert!(runs > 100, "only {runs} runs");
}

#[test]
fn subscriber_that_keeps_panicking_loses_no_permit() {
    let runs = sweep(|call, run| call >= run);
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
