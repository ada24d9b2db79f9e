//! The events that a lock emits.
#![cfg(feature = "tracing")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Counted, NAMES, Primitive, lock, lock_owned, state, try_lock, try_lock_owned};
use crate::{
    subscriber::{
        CLOSE_OP, events, new_op, new_resource, poll_op, record, record_with, spans, sweep,
    },
    task::Task,
};

#[test]
fn waiting_lock_emits_events_until_granted() {
    let primitive = Primitive::new(());
    let guard = try_lock(&primitive);
    let lines = record(|| {
        let mut task = Task::waiting(lock(&primitive));
        task.assert_pending();
        drop(guard);
        drop(task.woken());
    });
    let expected = [
        state(true, 1),
        vec![poll_op(false), poll_op(false)],
        state(true, 0),
        state(true, 0),
        vec![poll_op(true)],
        state(false, 0),
    ];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn try_lock_emits_state() {
    let primitive = Counted::new(Primitive::new(()));
    let lines = record(|| {
        drop(try_lock(&primitive));
        drop(try_lock_owned(&primitive));
    });
    let expected = [state(true, 0), state(false, 0)].concat();
    assert_eq!(events(&lines), [expected.clone(), expected].concat());
}

#[test]
fn cancel_emits_state() {
    let primitive = Primitive::new(());
    let _guard = try_lock(&primitive);
    let lines = record(|| drop(Task::waiting(lock(&primitive))));
    let expected = [state(true, 1), vec![poll_op(false)], state(true, 0)];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn lock_and_waits_have_spans() {
    let mut line = 0;
    let lines = record(|| {
        line = line!() + 1;
        let primitive = Counted::new(Primitive::new(()));
        let guard = try_lock(&primitive);
        let completed = Task::waiting(lock(&primitive));
        let cancelled = Task::waiting(lock_owned(&primitive));
        drop(guard);
        drop(completed.woken());
        drop(cancelled);
    });
    let [name, op] = NAMES;
    let new_op = new_op(op);
    let resource = new_resource(name, file!(), line);
    let expected = [&resource, &new_op, &new_op, CLOSE_OP, CLOSE_OP, "close runtime.resource"];
    assert_eq!(spans(&lines), expected);
}

#[test]
fn debug_emits_state_and_unlocks() {
    let primitive = Primitive::new(5);
    record(|| assert!(format!("{primitive:?}").contains("data: 5")));
    assert!(try_lock(&primitive).is_some());
}

/// Returns operations after each of which the lock is free.
fn operations(primitive: &Counted<Primitive<u32>>) -> [Box<dyn FnOnce() + '_>; 4] {
    [
        Box::new(move || drop(try_lock(primitive))),
        Box::new(move || drop(format!("{primitive:?}"))),
        Box::new(move || {
            let guard = try_lock_owned(primitive);
            let waiting = Task::waiting(lock_owned(primitive));
            drop(guard);
            drop(waiting.woken());
        }),
        Box::new(move || {
            let guard = try_lock(primitive);
            let granted = Task::waiting(lock(primitive));
            drop(Task::waiting(lock(primitive)));
            drop(guard);
            drop(granted);
        }),
    ]
}

/// Performs all operations with a subscriber that panics, see [`sweep`].
fn sweep_operations(panics_at: fn(usize, usize) -> bool) -> usize {
    sweep(panics_at, |run| {
        let primitive = Counted::new(Primitive::new(5));
        let mut panics = 0;
        for operation in operations(&primitive) {
            panics += usize::from(catch_unwind(AssertUnwindSafe(operation)).is_err());
            assert_eq!(primitive.waiters(), 0, "run {run}");
            match catch_unwind(AssertUnwindSafe(|| try_lock(&primitive).is_some())) {
                Ok(is_free) => assert!(is_free, "run {run}"),
                Err(_) => panics += 1,
            }
        }
        let free = catch_unwind(AssertUnwindSafe(|| drop(Counted::into_inner(primitive).unwrap())));
        panics + usize::from(free.is_err())
    })
}

#[test]
fn subscriber_that_panics_once_loses_no_lock() {
    let runs = sweep_operations(|call, run| call == run);
    assert!(runs > 100, "only {runs} runs");
}

#[test]
fn subscriber_that_keeps_panicking_loses_no_lock() {
    let runs = sweep_operations(|call, run| call >= run);
    assert!(runs > 50, "only {runs} runs");
}

#[test]
fn panicking_subscriber_passes_granted_lock_on() {
    let primitive = Primitive::new(());
    let guard = try_lock(&primitive);
    let mut granted = Task::waiting(lock(&primitive));
    let next = Task::waiting(lock(&primitive));
    drop(guard);
    record_with(
        || panic!("no"),
        || {
            catch_unwind(AssertUnwindSafe(|| granted.poll())).unwrap_err();
        },
    );
    drop(next.woken());
    assert!(try_lock(&primitive).is_some());
}
