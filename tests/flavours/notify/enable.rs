//! Futures that are enabled before they are polled.

use std::{
    cell::Cell,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use super::{Counted, Primitive as Notify, Wait as Notified};
use crate::{
    assertions::{assert_does_not_allocate, assert_shows, panic_message},
    task::Task,
};

fn enable(task: &mut Task<Notified<'_>>) -> bool {
    task.future.as_mut().enable()
}

/// Creates a task whose future is enabled and not complete.
fn enabled(notify: &Notify) -> Task<Notified<'_>> {
    let mut task = Task::new(notify.notified());
    assert!(!enable(&mut task), "no permit is stored");
    task
}

#[test]
fn enable_enqueues_wait() {
    let notify = Counted::new(Notify::new());
    let task = enabled(&notify);
    assert_shows(&task.future, &["is_queued: true"]);
    let mut owned = Task::new(Counted::clone(&notify).notified_owned());
    assert!(!owned.future.as_mut().enable());
    assert_eq!(notify.waiters(), 2);
    drop(task);
    drop(owned);
    assert_eq!(notify.waiters(), 0);
}

#[test]
fn notify_one_completes_enabled_wait() {
    let notify = Notify::new();
    let mut task = enabled(&notify);
    notify.notify_one();
    assert_eq!(notify.waiters(), 0);
    assert!(enable(&mut task));
    assert!(task.poll().is_ready());
    assert_eq!(task.wakeups(), 0);
    drop(Task::waiting(notify.notified()));
}

#[test]
fn notify_waiters_completes_enabled_wait() {
    let notify = Notify::new();
    let mut task = enabled(&notify);
    notify.notify_waiters();
    assert!(enable(&mut task));
    drop(task);
    drop(Task::waiting(notify.notified()));
}

#[test]
fn enable_consumes_stored_permit() {
    let notify = Notify::new();
    notify.notify_one();
    let mut task = Task::new(notify.notified());
    assert!(enable(&mut task));
    assert!(enable(&mut task), "a second call only returns whether the future is complete");
    assert_eq!(notify.waiters(), 0);
    let mut next = Task::waiting(notify.notified());
    assert!(task.poll().is_ready());
    next.assert_pending();
}

#[test]
fn dropped_enabled_wait_passes_notification_on() {
    let notify = Notify::new();
    let notified = enabled(&notify);
    notify.notify_one();
    let next = Task::waiting(notify.notified());
    drop(notified);
    next.woken();
}

#[test]
fn dropped_enabled_wait_stores_consumed_permit_again() {
    let notify = Notify::new();
    notify.notify_one();
    let mut task = Task::new(notify.notified());
    assert!(enable(&mut task));
    drop(task);
    assert!(Task::new(notify.notified()).poll().is_ready());
}

#[test]
fn second_enable_keeps_place_in_queue() {
    let notify = Notify::new();
    let mut first = enabled(&notify);
    let mut second = enabled(&notify);
    assert!(!enable(&mut first));
    assert_eq!(notify.waiters(), 2);
    notify.notify_one();
    assert!(enable(&mut first));
    assert!(!enable(&mut second));
}

#[test]
fn poll_keeps_place_of_enabled_wait() {
    let notify = Notify::new();
    let mut enabled = enabled(&notify);
    let mut polled = Task::waiting(notify.notified());
    assert!(enabled.poll().is_pending());
    notify.notify_one();
    enabled.woken();
    polled.assert_pending();
}

#[test]
fn poll_replaces_waker_of_enabled_wait() {
    let notify = Notify::new();
    for complete in [Notify::notify_one, Notify::notify_waiters] {
        let mut task = enabled(&notify);
        assert!(task.poll().is_pending());
        complete(&notify);
        task.woken();
    }
}

#[test]
fn enable_of_polled_wait_keeps_its_waker() {
    let notify = Notify::new();
    let mut task = Task::waiting(notify.notified());
    assert!(!enable(&mut task));
    assert_eq!(notify.waiters(), 1);
    notify.notify_one();
    task.woken();
}

#[test]
fn enable_after_broadcast_returns_true_and_leaves_permit() {
    let notify = Notify::new();
    let mut task = Task::new(notify.notified());
    notify.notify_waiters();
    notify.notify_one();
    assert!(enable(&mut task));
    assert!(task.poll().is_ready());
    assert!(Task::new(notify.notified()).poll().is_ready());
}

#[test]
fn enable_after_completion_panics() {
    let notify = Notify::new();
    let mut task = Task::new(notify.notified());
    notify.notify_one();
    assert!(task.poll().is_ready());
    notify.notify_one();
    assert_eq!(panic_message(|| enable(&mut task)), "future polled after completion");
    assert_eq!(panic_message(|| task.poll()), "future polled after completion");
    drop(task);
    assert!(Task::new(notify.notified()).poll().is_ready(), "the permit is still stored");
}

#[test]
fn enable_does_not_allocate() {
    assert_does_not_allocate(|| {
        let notify = Notify::new();
        let mut notified = pin!(notify.notified());
        assert!(!notified.as_mut().enable());
        notify.notify_one();
        assert!(notified.poll(&mut Context::from_waker(Waker::noop())).is_ready());
    });
}

/// A value that tasks wait for.
#[derive(Default)]
struct Slot {
    value: Cell<Option<u32>>,
    changed: Notify,
}

impl Slot {
    fn put(&self, value: u32) {
        self.value.set(Some(value));
        self.changed.notify_one();
    }

    /// Calls `before_wait` between the check and the wait, where a notification could be missed.
    async fn take(&self, before_wait: impl Fn()) -> u32 {
        let mut changed = pin!(self.changed.notified());
        loop {
            changed.as_mut().enable();
            if let Some(value) = self.value.take() {
                return value;
            }
            before_wait();
            changed.as_mut().await;
            changed.set(self.changed.notified());
        }
    }
}

#[test]
fn notification_between_check_and_wait_is_not_missed() {
    let slot = Slot::default();
    let mut take = Task::new(slot.take(|| slot.put(1)));
    assert_eq!(take.poll(), Poll::Ready(1));
}

#[test]
fn value_of_dropped_consumer_reaches_next_one() {
    let slot = Slot::default();
    let first = Task::waiting(slot.take(|| ()));
    let second = Task::waiting(slot.take(|| ()));
    slot.put(1);
    drop(first);
    assert_eq!(second.woken(), 1);
    assert_eq!(slot.changed.waiters(), 0);
}

#[test]
fn future_may_be_replaced_while_enabled() {
    let notify = Notify::new();
    let mut notified: Pin<Box<Notified<'_>>> = Box::pin(notify.notified());
    assert!(!notified.as_mut().enable());
    notified.set(notify.notified());
    assert_eq!(notify.waiters(), 0);
    notify.notify_one();
    assert!(notified.as_mut().enable());
}
