//! The events that a once cell emits.
#![cfg(feature = "tracing")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::FutureExt;

use super::{OnceCell, queue, start, start_failing};
use crate::{
    subscriber::{
        CLOSE_OP, events, new_op, new_resource, poll_op, record, record_with, spans, state_update,
        sweep,
    },
    task::Task,
};

/// The lines about the state of a cell.
fn state(is_initialized: bool, waiters: usize) -> Vec<String> {
    vec![state_update("initialized", is_initialized), state_update("waiters", waiters)]
}

#[test]
fn queued_initializer_emits_events_until_value() {
    let cell = OnceCell::new();
    let lines = record(|| {
        let running = start(&cell, 5);
        let queued = queue(&cell, 6);
        running.woken();
        queued.woken();
    });
    let expected = [
        state(false, 0),
        vec![poll_op(true)],
        state(false, 1),
        vec![poll_op(false)],
        state(true, 0),
        vec![poll_op(true)],
    ];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn failed_closure_and_cancel_emit_state() {
    let cell = OnceCell::<u32>::new();
    let lines = record(|| {
        let failing = start_failing(&cell);
        let chosen = queue(&cell, 5);
        assert!(failing.woken().is_err());
        drop(chosen);
    });
    let expected = [
        state(false, 0),
        vec![poll_op(true)],
        state(false, 1),
        vec![poll_op(false)],
        state(false, 0),
        state(false, 0),
    ];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn set_emits_state() {
    let cell = OnceCell::new();
    let lines = record(|| {
        assert!(cell.set(5).is_ok());
        assert!(cell.set(6).is_err());
        assert_eq!(cell.get_or_init(async || 7).now_or_never(), Some(&5));
    });
    assert_eq!(events(&lines), state(true, 0));
}

#[test]
fn take_emits_state_of_cell() {
    let mut cell = OnceCell::from(5);
    let lines = record(|| assert_eq!([cell.take(), cell.take()], [Some(5), None]));
    assert_eq!(events(&lines), state(false, 0));
}

#[test]
fn cell_and_initializers_have_spans() {
    let mut line = 0;
    let lines = record(|| {
        line = line!() + 1;
        let cell = OnceCell::new();
        let running = start(&cell, 5);
        let cancelled = queue(&cell, 6);
        drop(cancelled);
        running.woken();
    });
    let new_op = new_op("OnceCell::get_or_init");
    let resource = new_resource("OnceCell", file!(), line);
    let expected = [&resource, &new_op, CLOSE_OP, &new_op, CLOSE_OP, "close runtime.resource"];
    assert_eq!(spans(&lines), expected);
}

/// Initializes the cell after one closure has failed, with a subscriber that panics, see [`sweep`].
fn sweep_initialization(panics_at: fn(usize, usize) -> bool) -> usize {
    sweep(panics_at, |run| {
        let cell = OnceCell::new();
        let wait = Task::waiting(cell.wait());
        let initialize = || {
            let failing = start_failing(&cell);
            let chosen = queue(&cell, 5);
            let next = queue(&cell, 6);
            assert!(failing.woken().is_err());
            drop(chosen);
            next.woken();
        };
        let mut panics = usize::from(catch_unwind(AssertUnwindSafe(initialize)).is_err());
        // Fails only if the value is there. Only then, the wait is complete.
        let set = catch_unwind(AssertUnwindSafe(|| cell.set(7)));
        panics += usize::from(set.is_err());
        assert!(cell.get().is_some(), "run {run}");
        assert_eq!(wait.woken(), cell.get().unwrap(), "run {run}");
        panics + usize::from(catch_unwind(AssertUnwindSafe(|| drop(cell))).is_err())
    })
}

#[test]
fn subscriber_that_panics_once_loses_no_right_to_initialize() {
    let runs = sweep_initialization(|call, run| call == run);
    assert!(runs > 50, "only {runs} runs");
}

#[test]
fn subscriber_that_keeps_panicking_loses_no_right_to_initialize() {
    let runs = sweep_initialization(|call, run| call >= run);
    assert!(runs > 50, "only {runs} runs");
}

#[test]
fn panicking_subscriber_passes_right_on() {
    let cell = OnceCell::new();
    let failing = start_failing(&cell);
    let mut chosen = queue(&cell, 5);
    let next = queue(&cell, 6);
    assert!(failing.woken().is_err());
    record_with(
        || panic!("no"),
        || {
            catch_unwind(AssertUnwindSafe(|| chosen.poll().is_ready())).unwrap_err();
        },
    );
    assert_eq!(next.woken(), &6);
}
