//! The events that closing and draining emit.
#![cfg(feature = "tracing")]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
};

use super::Semaphore;
use crate::{
    subscriber::{CLOSE_OP, new_op, poll_op, record, record_with, state, state_update},
    task::Task,
};

#[test]
fn close_and_failed_acquires_emit_events() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire();
    let lines = record(|| {
        let failed = Task::waiting(semaphore.acquire());
        semaphore.close();
        assert!(failed.woken().is_err());
        drop(permit);
    });
    let expected = [
        vec![lines[0].clone(), lines[1].clone()],
        state(0, 1, 1),
        vec![poll_op(false), state_update("closed", true)],
        state(0, 1, 0),
        vec![poll_op(true), CLOSE_OP.into()],
        state(1, 1, 0),
    ];
    assert_eq!(lines, expected.concat());
}

#[test]
fn drain_emits_events_until_complete() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire();
    let lines = record(|| {
        let drain = Task::waiting(semaphore.drain());
        drop(permit);
        drain.woken();
    });
    let expected = [
        vec![lines[0].clone(), state_update("closed", true)],
        state(0, 1, 0),
        vec![new_op("ClosableSemaphore::drain")],
        state(0, 1, 1),
        vec![poll_op(false)],
        state(1, 1, 0),
        vec![poll_op(true), CLOSE_OP.into()],
    ];
    assert_eq!(lines, expected.concat());
}

#[test]
fn closed_future_is_woken_before_events_are_emitted() {
    let semaphore = Semaphore::new(0);
    let mut closed = Task::waiting(semaphore.closed());
    let counter = closed.change_waker();
    let wakeups = Arc::new(Mutex::new(Vec::new()));
    let recorded = Arc::clone(&wakeups);
    let on_call = move || recorded.lock().unwrap().push(counter.wakeups());
    record_with(on_call, || semaphore.close());
    let wakeups = wakeups.lock().unwrap();
    assert!(!wakeups.is_empty() && wakeups.iter().all(|&wakeups| wakeups == 1), "{wakeups:?}");
}

#[test]
fn close_wakes_all_waiters_if_subscriber_panics() {
    let semaphore = Semaphore::new(0);
    let failed = Task::waiting(semaphore.acquire());
    let closed = Task::waiting(semaphore.closed());
    record_with(
        || panic!("no"),
        || {
            catch_unwind(AssertUnwindSafe(|| semaphore.close())).unwrap_err();
        },
    );
    assert!(failed.woken().is_err());
    closed.woken();
}
