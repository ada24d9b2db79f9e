//! The events that an `Event` emits to a `tracing` subscriber.
#![cfg(feature = "tracing")]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{Counted, Primitive as Event};
use crate::{
    subscriber::{
        CLOSE_OP, events, new_op, new_resource, poll_op, record, record_with, spans, state_update,
    },
    task::Task,
};

/// The lines about the state of an event.
fn state(is_set: bool, waiters: usize) -> Vec<String> {
    vec![state_update("is_set", is_set), state_update("waiters", waiters)]
}

#[test]
fn wait_emits_events_until_set() {
    let event = Event::new(false);
    let lines = record(|| {
        let mut queued = Task::waiting(event.wait());
        queued.assert_pending();
        event.set();
        queued.woken();
        event.reset();
    });
    let expected = [
        state(false, 1),
        vec![poll_op(false), poll_op(false)],
        state(true, 0),
        vec![poll_op(true)],
        state(false, 0),
    ];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn wait_for_set_event_emits_state_and_poll() {
    let event = Event::new(true);
    let lines = record(|| assert!(Task::new(event.wait()).poll().is_ready()));
    assert_eq!(events(&lines), [state(true, 0), vec![poll_op(true)]].concat());
}

#[test]
fn cancel_emits_state() {
    let event = Event::new(false);
    let lines = record(|| drop(Task::waiting(event.wait())));
    let expected = [state(false, 1), vec![poll_op(false)], state(false, 0)];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn event_and_waits_have_spans() {
    let mut line = 0;
    let lines = record(|| {
        line = line!() + 1;
        let event = Counted::new(Event::new(false));
        let completed = Task::waiting(event.wait());
        let cancelled = Task::waiting(Counted::clone(&event).wait_owned());
        event.set();
        completed.woken();
        drop(cancelled);
    });
    let new_op = new_op("Event::wait");
    let resource = new_resource("Event", file!(), line);
    let expected = [&resource, &new_op, &new_op, CLOSE_OP, CLOSE_OP, "close runtime.resource"];
    assert_eq!(spans(&lines), expected);
}

#[test]
fn set_completes_all_waits_if_subscriber_panics() {
    let event = Event::new(false);
    let queued = [(); 2].map(|()| Task::waiting(event.wait()));
    record_with(
        || panic!("no"),
        || {
            catch_unwind(AssertUnwindSafe(|| event.set())).unwrap_err();
        },
    );
    assert!(event.is_set());
    queued.into_iter().for_each(Task::woken);
}

#[test]
fn panicking_subscriber_changes_no_completed_wait() {
    let is_armed = Arc::new(AtomicBool::new(false));
    let captured = Arc::clone(&is_armed);
    record_with(
        move || assert!(!captured.load(Ordering::Relaxed), "no"),
        || {
            let event = Event::new(false);
            let mut polled = Task::waiting(event.wait());
            let other = Task::waiting(event.wait());
            event.set();
            is_armed.store(true, Ordering::Relaxed);
            catch_unwind(AssertUnwindSafe(|| polled.poll())).unwrap_err();
            is_armed.store(false, Ordering::Relaxed);
            drop(polled);
            other.woken();
            assert_eq!((event.is_set(), event.waiters()), (true, 0));
        },
    );
}
