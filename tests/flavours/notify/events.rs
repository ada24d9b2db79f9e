//! The events that a `Notify` emits.
#![cfg(feature = "tracing")]

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

use send_wrapper::SendWrapper;

use super::{Counted, Primitive as Notify};
use crate::{
    subscriber::{
        CLOSE_OP, events, new_op, new_resource, poll_op, record, record_with, spans, state_update,
        sweep,
    },
    task::Task,
};

/// The lines about the state of a `Notify`.
fn state(has_permit: bool, waiters: usize) -> Vec<String> {
    vec![state_update("has_permit", has_permit), state_update("waiters", waiters)]
}

#[test]
fn wait_emits_events_until_notified() {
    let notify = Notify::new();
    let lines = record(|| {
        let mut notified = Task::waiting(notify.notified());
        notified.assert_pending();
        notify.notify_one();
        notified.woken();
    });
    let expected = [
        state(false, 1),
        vec![poll_op(false), poll_op(false)],
        state(false, 0),
        state(false, 0),
        vec![poll_op(true)],
    ];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn broadcast_emits_state_once() {
    let notify = Notify::new();
    let lines = record(|| {
        let queued = [(); 2].map(|()| Task::waiting(notify.notified()));
        notify.notify_waiters();
        queued.into_iter().for_each(Task::woken);
    });
    let expected = [
        state(false, 1),
        vec![poll_op(false)],
        state(false, 2),
        vec![poll_op(false)],
        state(false, 0),
        vec![poll_op(true), poll_op(true)],
    ];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn stored_permit_is_emitted() {
    let notify = Notify::new();
    let lines = record(|| {
        notify.notify_one();
        assert!(Task::new(notify.notified()).poll().is_ready());
    });
    let expected = [state(true, 0), state(false, 0), vec![poll_op(true)]];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn enable_emits_state() {
    let notify = Notify::new();
    let lines = record(|| {
        let mut enabled = Task::new(notify.notified());
        assert!(!enabled.future.as_mut().enable());
        assert!(enabled.poll().is_pending());
    });
    let expected = [state(false, 1), vec![poll_op(false)], state(false, 0)];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn dropped_notification_emits_state() {
    let notify = Notify::new();
    let lines = record(|| {
        let notified = Task::waiting(notify.notified());
        notify.notify_one();
        drop(notified);
    });
    let expected = [state(false, 1), vec![poll_op(false)], state(false, 0), state(true, 0)];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn notify_and_waits_have_spans() {
    let mut line = 0;
    let lines = record(|| {
        line = line!() + 1;
        let notify = Counted::new(Notify::new());
        let completed = Task::waiting(notify.notified());
        let cancelled = Task::waiting(Counted::clone(&notify).notified_owned());
        notify.notify_one();
        completed.woken();
        drop(cancelled);
    });
    let new_op = new_op("Notify::notified");
    let resource = new_resource("Notify", file!(), line);
    let expected = [&resource, &new_op, &new_op, CLOSE_OP, CLOSE_OP, "close runtime.resource"];
    assert_eq!(spans(&lines), expected);
}

#[test]
fn subscriber_that_panics_as_wait_completes_passes_notification_on() {
    let notify = Notify::new();
    let mut notified = Task::waiting(notify.notified());
    let next = Task::waiting(notify.notified());
    notify.notify_one();
    record_with(
        || panic!("no"),
        || {
            catch_unwind(AssertUnwindSafe(|| notified.poll())).unwrap_err();
        },
    );
    drop(notified);
    next.woken();
    drop(Task::waiting(notify.notified()));
}

/// Passes one notification from wait to wait. `is_sent` is set once it was sent, and `is_received`
/// once a wait has received it.
fn pass_on(notify: &Notify, is_sent: &Cell<bool>, is_received: &Cell<bool>) {
    let send = || {
        is_sent.set(true);
        notify.notify_one();
    };
    let receive = |mut task: Task<_>| is_received.set(task.poll().is_ready());
    let first = Task::waiting(notify.notified());
    let mut second = Task::new(notify.notified());
    second.future.as_mut().enable();
    send();
    drop(first);
    drop(second);
    let mut enabled = Task::new(notify.notified());
    enabled.future.as_mut().enable();
    drop(enabled);
    receive(Task::new(notify.notified()));
}

/// Passes a notification on with a subscriber that panics, see [`sweep`].
fn sweep_notification(panics_at: fn(usize, usize) -> bool) -> usize {
    sweep(panics_at, |run| {
        let (notify, is_sent, is_received) = (Notify::new(), Cell::new(false), Cell::new(false));
        let pass_on = AssertUnwindSafe(|| pass_on(&notify, &is_sent, &is_received));
        let panics = usize::from(catch_unwind(pass_on).is_err());
        let has_permit = is_sent.get() && !is_received.get();
        let expected = format!("Notify {{ has_permit: {has_permit}, waiters: 0 }}");
        assert_eq!(format!("{notify:?}"), expected, "run {run}");
        panics + usize::from(catch_unwind(AssertUnwindSafe(|| drop(notify))).is_err())
    })
}

#[test]
fn subscriber_that_panics_once_loses_no_notification() {
    let runs = sweep_notification(|call, run| call == run);
    assert!(runs > 50, "only {runs} runs");
}

#[test]
fn subscriber_that_keeps_panicking_loses_no_notification() {
    let runs = sweep_notification(|call, run| call >= run);
    assert!(runs > 50, "only {runs} runs");
}

#[test]
fn operations_of_subscriber_emit_no_events() {
    let lines = |notify: &Counted<Notify>, on_call: Box<dyn Fn() + Send + Sync>| {
        record_with(on_call, || pass_on(notify, &Cell::new(false), &Cell::new(false)))
    };
    let expected = lines(&Counted::new(Notify::new()), Box::new(|| ()));
    let notify = Counted::new(Notify::new());
    let captured = SendWrapper::new(Counted::clone(&notify));
    let use_notify = move || {
        let mut enabled = Task::new(captured.notified());
        enabled.future.as_mut().enable();
        drop(enabled);
    };
    assert_eq!(events(&lines(&notify, Box::new(use_notify))), events(&expected));
}
