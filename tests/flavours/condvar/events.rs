//! The events that a condition variable emits.
#![cfg(feature = "tracing")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Condvar, Mutex, locked, waiting};
use crate::{
    subscriber::{
        CLOSE_OP, events, new_op, new_resource, poll_op, record, record_with, spans, state_update,
    },
    task::Task,
};

fn waiters(waiters: usize) -> Vec<String> {
    vec![state_update("waiters", waiters)]
}

fn mutex_state(is_locked: bool) -> Vec<String> {
    vec![state_update("locked", is_locked), state_update("waiters", 0)]
}

#[test]
fn first_poll_emits_state() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let lines = record(|| drop(waiting(&condvar, &mutex)));
    let expected =
        [mutex_state(true), waiters(1), vec![poll_op(false)], mutex_state(false), waiters(0)];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn notified_wait_emits_events_until_mutex_is_locked() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let lines = record(|| {
        let wait = waiting(&condvar, &mutex);
        condvar.notify_one();
        drop(wait.woken());
    });
    let expected = [
        // By the notification, and by the wait that receives it.
        waiters(0),
        waiters(0),
        vec![poll_op(true)],
        mutex_state(true),
        vec![poll_op(true)],
        mutex_state(false),
    ];
    assert!(events(&lines).ends_with(&expected.concat()));
}

#[test]
fn notify_all_emits_state_once() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let waits = [(); 2].map(|()| waiting(&condvar, &mutex));
    let lines = record(|| condvar.notify_all());
    assert_eq!(events(&lines), waiters(0));
    drop(waits);
}

#[test]
fn cancel_emits_state() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let wait = waiting(&condvar, &mutex);
    let lines = record(|| drop(wait));
    assert_eq!(events(&lines), waiters(0));
}

#[test]
fn condvar_and_waits_have_spans() {
    let mutex = Mutex::new(5);
    let guard = locked(&mutex);
    let mut line = 0;
    let lines = record(|| {
        line = line!() + 1;
        let condvar = Condvar::new();
        let cancelled = Task::waiting(condvar.wait(guard));
        drop(cancelled);
    });
    let (resource, op) = (new_resource("Condvar", file!(), line), new_op("Condvar::wait"));
    let spans = spans(&lines);
    assert_eq!(spans.iter().filter(|&&span| span == resource).count(), 1);
    assert_eq!(spans.iter().filter(|&&span| span == op).count(), 1);
    assert_eq!(spans.iter().filter(|&&span| span == CLOSE_OP).count(), 1);
}

#[test]
fn subscriber_that_panics_as_wait_completes_passes_notification_on() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    let mut cancelled = waiting(&condvar, &mutex);
    let next = waiting(&condvar, &mutex);
    condvar.notify_one();
    record_with(
        || panic!("no"),
        || {
            catch_unwind(AssertUnwindSafe(|| cancelled.poll())).unwrap_err();
        },
    );
    drop(cancelled);
    assert!(!mutex.is_locked());
    drop(next.woken());
}
