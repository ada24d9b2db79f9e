//! Notifications of `notify_one`: stored, handed out in FIFO order, and passed on.

use crate::{
    assertions::{assert_does_not_allocate, assert_shows, panic_message},
    hooked_waker::{Hooks, local, on_wake, panics_when_woken, poll_with, waiting_with},
    task::Task,
};
use std::{
    pin::pin,
    task::{Context, Waker},
};

use super::{Counted, Primitive as Notify};

/// Returns whether a permit is stored, by consuming it.
fn take_permit(notify: &Notify) -> bool {
    Task::new(notify.notified()).poll().is_ready()
}

#[test]
fn stored_permit_completes_next_wait() {
    let notify = Notify::new();
    notify.notify_one();
    assert!(Task::new(notify.notified()).poll().is_ready());
    drop(Task::waiting(notify.notified()));
}

#[test]
fn at_most_one_permit_is_stored() {
    let notify = Notify::default();
    notify.notify_one();
    notify.notify_one();
    assert!(take_permit(&notify));
    assert!(!take_permit(&notify));
}

#[test]
fn permit_completes_wait_that_was_created_before() {
    let notify = Notify::new();
    let [mut one, mut other] = [(); 2].map(|()| Task::new(notify.notified()));
    notify.notify_one();
    assert!(other.poll().is_ready());
    assert!(one.poll().is_pending());
}

#[test]
fn waits_complete_in_order_of_first_poll() {
    let notify = Notify::new();
    let mut created_first = Task::new(notify.notified());
    let polled_first = Task::waiting(notify.notified());
    assert!(created_first.poll().is_pending());
    let mut last = Task::waiting(notify.notified());
    notify.notify_one();
    notify.notify_one();
    assert_eq!(notify.waiters(), 1);
    polled_first.woken();
    created_first.woken();
    last.assert_pending();
}

#[test]
fn repoll_keeps_place_in_queue() {
    let notify = Notify::new();
    let first = Task::waiting(notify.notified());
    let mut second = Task::waiting(notify.notified());
    second.assert_pending();
    notify.notify_one();
    second.assert_pending();
    first.woken();
    notify.notify_one();
    second.woken();
}

#[test]
fn notification_is_not_taken_by_later_wait() {
    let notify = Notify::new();
    let notified = Task::waiting(notify.notified());
    notify.notify_one();
    let mut later = Task::waiting(notify.notified());
    notified.woken();
    later.assert_pending();
}

#[test]
fn notification_of_dropped_wait_passes_to_next_wait() {
    let notify = Counted::new(Notify::new());
    let first = Task::waiting(notify.notified());
    let second = Task::waiting(Counted::clone(&notify).notified_owned());
    let third = Task::waiting(notify.notified());
    notify.notify_one();
    assert_eq!(first.wakeups(), 1);
    drop(first);
    assert_eq!((second.wakeups(), third.wakeups()), (1, 0));
    drop(second);
    third.woken();
    assert!(!take_permit(&notify), "the notification has been received");
}

#[test]
fn notification_of_dropped_wait_is_stored_if_queue_is_empty() {
    let notify = Notify::new();
    let notified = Task::waiting(notify.notified());
    notify.notify_one();
    assert_shows(&notify, &["Notify { has_permit: false, waiters: 0 }"]);
    drop(notified);
    assert_shows(&notify, &["Notify { has_permit: true, waiters: 0 }"]);
    assert!(take_permit(&notify));
}

#[test]
fn returned_notification_joins_stored_permit() {
    let notify = Notify::new();
    let notified = Task::waiting(notify.notified());
    notify.notify_one();
    notify.notify_one();
    drop(notified);
    assert!(take_permit(&notify));
    assert!(!take_permit(&notify));
}

#[test]
fn polled_notification_is_not_passed_on() {
    let notify = Notify::new();
    let mut notified = Task::waiting(notify.notified());
    let mut next = Task::waiting(notify.notified());
    notify.notify_one();
    assert!(notified.poll().is_ready());
    drop(notified);
    next.assert_pending();
}

#[test]
fn unpolled_wait_leaves_permit() {
    let notify = Notify::new();
    notify.notify_one();
    drop(Task::new(notify.notified()));
    assert!(take_permit(&notify));
}

#[test]
fn cancelled_front_receives_no_notification() {
    let notify = Notify::new();
    let cancelled = Task::waiting(notify.notified());
    let next = Task::waiting(notify.notified());
    drop(cancelled);
    notify.notify_one();
    next.woken();
}

#[test]
fn poll_after_completion_by_permit_panics() {
    let notify = Notify::new();
    let mut task = Task::new(notify.notified());
    notify.notify_one();
    assert!(task.poll().is_ready());
    notify.notify_one();
    assert_eq!(panic_message(|| task.poll()), "future polled after completion");
    drop(task);
    assert!(take_permit(&notify));
}

#[test]
fn notify_one_does_not_allocate() {
    assert_does_not_allocate(|| {
        let notify = Notify::new();
        let mut context = Context::from_waker(Waker::noop());
        notify.notify_one();
        assert!(pin!(notify.notified()).poll(&mut context).is_ready());
        {
            let mut notified = pin!(notify.notified());
            assert!(notified.as_mut().poll(&mut context).is_pending());
            notify.notify_one();
        }
        assert!(pin!(notify.notified()).poll(&mut context).is_ready());
    });
}

#[test]
fn waker_may_notify_next_wait() {
    let notify = Counted::new(Notify::new());
    let captured = Counted::clone(&notify);
    let waker = on_wake(move || captured.notify_one());
    let mut first = waiting_with(&waker, notify.notified());
    let second = Task::waiting(notify.notified());
    notify.notify_one();
    second.woken();
    assert!(first.poll().is_ready());
    assert!(!take_permit(&notify));
}

#[test]
fn notification_while_waker_is_cloned_completes_first_poll() {
    let notify = Counted::new(Notify::new());
    let captured = Counted::clone(&notify);
    let on_clone = local(move || captured.notify_one());
    let waker = Hooks { on_clone, ..Hooks::default() }.into_waker();
    assert!(poll_with(&mut Task::new(notify.notified()), &waker).is_ready());
    assert!(!take_permit(&notify));
}

#[test]
fn notification_while_cancelled_waker_is_dropped_reaches_next_wait() {
    let notify = Counted::new(Notify::new());
    let captured = Counted::clone(&notify);
    let on_drop = local(move || captured.notify_one());
    let waker = Hooks { on_drop, ..Hooks::default() }.into_waker();
    let cancelled = waiting_with(&waker, notify.notified());
    let next = Task::waiting(notify.notified());
    drop(cancelled);
    next.woken();
}

#[test]
fn panicking_waker_loses_no_notification() {
    let notify = Notify::new();
    let notified = waiting_with(&panics_when_woken("no"), notify.notified());
    assert_eq!(panic_message(|| notify.notify_one()), "no");
    let next = Task::waiting(notify.notified());
    drop(notified);
    next.woken();
}

#[test]
fn panicking_waker_of_next_wait_loses_no_notification() {
    let notify = Notify::new();
    let notified = Task::waiting(notify.notified());
    let next = waiting_with(&panics_when_woken("no"), notify.notified());
    notify.notify_one();
    assert_eq!(panic_message(|| drop(notified)), "no");
    drop(next);
    assert!(take_permit(&notify));
}
