//! The events that a barrier emits.
#![cfg(feature = "tracing")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Barrier, arrive_last, arrived, assert_follows};
use crate::{
    subscriber::{
        CLOSE_OP, events, new_op, new_resource, poll_op, record, record_with, spans, state_update,
    },
    task::Task,
};

fn state(arrived: usize, tasks: usize) -> Vec<String> {
    vec![state_update("arrived", arrived), state_update("tasks", tasks)]
}

#[test]
fn arrivals_emit_events_until_generation_is_complete() {
    let barrier = Barrier::new(2);
    let lines = record(|| {
        let mut first = Task::waiting(barrier.wait());
        first.assert_pending();
        arrive_last(&barrier);
        assert_follows(first);
    });
    let expected = [
        state(1, 2),
        vec![poll_op(false), poll_op(false)],
        state(0, 2),
        vec![poll_op(true), poll_op(true)],
    ];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn cancel_emits_state() {
    let barrier = Barrier::new(3);
    let waits = arrived(&barrier, 2);
    let lines = record(|| drop(waits));
    assert_eq!(events(&lines), [state(1, 3), state(0, 3)].concat());
}

#[test]
fn barrier_and_waits_have_spans() {
    let mut line = 0;
    let lines = record(|| {
        line = line!() + 1;
        let barrier = Barrier::new(2);
        drop(Task::waiting(barrier.wait()));
    });
    let (resource, op) = (new_resource("Barrier", file!(), line), new_op("Barrier::wait"));
    assert_eq!(spans(&lines), [&resource, &op, CLOSE_OP, "close runtime.resource"]);
}

#[test]
fn subscriber_that_panics_as_leader_completes_leaves_generation_complete() {
    let barrier = Barrier::new(3);
    let waits = arrived(&barrier, 2);
    let mut leader = Task::new(barrier.wait());
    record_with(
        || panic!("no"),
        || {
            catch_unwind(AssertUnwindSafe(|| leader.poll())).unwrap_err();
        },
    );
    drop(leader);
    waits.into_iter().for_each(assert_follows);
    let next = arrived(&barrier, 2);
    arrive_last(&barrier);
    next.into_iter().for_each(assert_follows);
}
