//! Broadcasts of `notify_waiters`: which waits they complete, and what they leave alone.

use std::{
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
};

use super::{Counted, Primitive as Notify, WaitOwned as NotifiedOwned};
use crate::{
    hooked_waker::{on_wake, waiting_with},
    task::Task,
};

#[test]
fn broadcast_stores_no_permit() {
    let notify = Notify::new();
    notify.notify_waiters();
    drop(Task::waiting(notify.notified()));
    drop(Task::waiting(notify.notified()));
}

#[test]
fn broadcast_leaves_stored_permit() {
    let notify = Notify::new();
    notify.notify_one();
    notify.notify_waiters();
    assert!(Task::new(notify.notified()).poll().is_ready());
    drop(Task::waiting(notify.notified()));
}

/// tokio had this defect in its issue 7965.
#[test]
fn wait_that_broadcast_completes_leaves_stored_permit() {
    let notify = Notify::new();
    let [mut polled, dropped, mut enabled] = [(); 3].map(|()| Task::new(notify.notified()));
    notify.notify_waiters();
    notify.notify_one();
    assert!(polled.poll().is_ready());
    assert!(enabled.future.as_mut().enable());
    drop((dropped, enabled));
    assert!(Task::new(notify.notified()).poll().is_ready());
    drop(Task::waiting(notify.notified()));
}

#[test]
fn wait_created_before_many_broadcasts_completes() {
    let notify = Notify::new();
    let mut before = Task::new(notify.notified());
    (0..100).for_each(|_| notify.notify_waiters());
    assert!(before.poll().is_ready());
}

#[test]
fn wait_created_after_broadcast_waits_for_next() {
    let notify = Notify::new();
    let before = Task::waiting(notify.notified());
    notify.notify_waiters();
    let mut after = Task::waiting(notify.notified());
    before.woken();
    after.assert_pending();
    notify.notify_waiters();
    after.woken();
}

#[test]
fn dropped_wait_that_broadcast_completed_passes_nothing_on() {
    let notify = Notify::new();
    let queued = Task::waiting(notify.notified());
    let unpolled = Task::new(notify.notified());
    notify.notify_waiters();
    let mut next = Task::waiting(notify.notified());
    drop((queued, unpolled));
    next.assert_pending();
    drop(next);
    drop(Task::waiting(notify.notified()));
}

#[test]
fn broadcast_after_notification_does_not_consume_it() {
    let notify = Notify::new();
    let notified = Task::waiting(notify.notified());
    notify.notify_one();
    notify.notify_waiters();
    let next = Task::waiting(notify.notified());
    assert_eq!(notified.wakeups(), 1);
    drop(notified);
    next.woken();

    let notified = Task::waiting(notify.notified());
    notify.notify_one();
    notify.notify_waiters();
    drop(notified);
    assert!(Task::new(notify.notified()).poll().is_ready(), "the notification is stored");
}

/// Broadcasts to 100 waits. When the first of them is woken, `between` is called. The waits from
/// number 32 on are in the next batches, and still queued then. All 100 waits must be woken, and
/// must pass nothing on.
fn broadcast_in_batches(notify: &Counted<Notify>, between: impl Fn(&Counted<Notify>) + 'static) {
    let captured = Counted::clone(notify);
    let waker = on_wake(move || {
        assert!(captured.waiters() >= 100 - 32);
        between(&captured);
    });
    let mut first = waiting_with(&waker, notify.notified());
    let mut rest: Vec<_> = (1..100).map(|_| Task::waiting(notify.notified())).collect();
    notify.notify_waiters();
    let dropped = rest.split_off(50);
    assert!(dropped.iter().all(|task| task.wakeups() == 1));
    assert!(first.poll().is_ready());
    rest.into_iter().for_each(Task::woken);
    drop(dropped);
}

type Waits = Rc<RefCell<Vec<Task<NotifiedOwned>>>>;

#[test]
fn broadcast_ends_although_woken_tasks_wait_again() {
    let notify = Counted::new(Notify::new());
    let again = Waits::default();
    let wait = |_| {
        let (captured, again) = (Counted::clone(&notify), Rc::clone(&again));
        let waker = on_wake(move || {
            again.borrow_mut().push(Task::waiting(Counted::clone(&captured).notified_owned()));
        });
        waiting_with(&waker, notify.notified())
    };
    let waits: Vec<_> = (0..100).map(wait).collect();
    notify.notify_waiters();
    assert_eq!((again.borrow().len(), notify.waiters()), (100, 100));
    for mut wait in waits {
        assert!(wait.poll().is_ready());
    }
    again.borrow_mut().iter_mut().for_each(Task::assert_pending);
    notify.notify_waiters();
    again.take().into_iter().for_each(Task::woken);
}

#[test]
fn notification_between_batches_reaches_new_wait() {
    let notify = Counted::new(Notify::new());
    let new = Waits::default();
    let captured = Rc::clone(&new);
    broadcast_in_batches(&notify, move |notify| {
        let wait = || Task::waiting(Counted::clone(notify).notified_owned());
        captured.borrow_mut().extend([wait(), wait()]);
        notify.notify_one();
        assert_eq!(captured.borrow()[0].wakeups(), 1);
    });
    let mut later = new.borrow_mut().pop().unwrap();
    new.borrow_mut().pop().unwrap().woken();
    later.assert_pending();
}

#[test]
fn notification_between_batches_is_stored_if_no_new_wait_is_queued() {
    let notify = Counted::new(Notify::new());
    broadcast_in_batches(&notify, |notify| notify.notify_one());
    assert!(Task::new(notify.notified()).poll().is_ready());
    drop(Task::waiting(notify.notified()));
}

#[test]
fn returned_notification_between_batches_reaches_new_wait() {
    let notify = Counted::new(Notify::new());
    let notified =
        Rc::new(Cell::new(Some(Task::waiting(Counted::clone(&notify).notified_owned()))));
    notify.notify_one();
    let new = Waits::default();
    let captured = Rc::clone(&new);
    broadcast_in_batches(&notify, move |notify| {
        captured.borrow_mut().push(Task::waiting(Counted::clone(notify).notified_owned()));
        drop(notified.take());
    });
    new.borrow_mut().pop().unwrap().woken();
}

#[test]
fn new_wait_of_poll_between_batches_waits_for_next_broadcast() {
    let notify = Counted::new(Notify::new());
    let new = Waits::default();
    let captured = Rc::clone(&new);
    broadcast_in_batches(&notify, move |notify| {
        captured.borrow_mut().push(Task::waiting(Counted::clone(notify).notified_owned()));
    });
    let mut new = new.borrow_mut().pop().unwrap();
    new.assert_pending();
    assert_eq!(notify.waiters(), 1);
    notify.notify_waiters();
    new.woken();
}

#[test]
fn broadcast_between_batches_completes_new_wait() {
    let notify = Counted::new(Notify::new());
    let new = Waits::default();
    let captured = Rc::clone(&new);
    broadcast_in_batches(&notify, move |notify| {
        captured.borrow_mut().push(Task::waiting(Counted::clone(notify).notified_owned()));
        notify.notify_waiters();
        assert_eq!(notify.waiters(), 0);
    });
    new.borrow_mut().pop().unwrap().woken();
}

#[test]
fn enable_between_batches_completes_wait() {
    let notify = Counted::new(Notify::new());
    let queued = Rc::new(RefCell::new(None::<Task<NotifiedOwned>>));
    let captured = Rc::clone(&queued);
    let waker = on_wake(move || {
        let mut queued = captured.borrow_mut();
        assert!(queued.as_mut().unwrap().future.as_mut().enable());
    });
    let _batch: Vec<_> = (0..32).map(|_| waiting_with(&waker, notify.notified())).collect();
    *queued.borrow_mut() = Some(Task::waiting(Counted::clone(&notify).notified_owned()));
    notify.notify_waiters();
    let mut queued = queued.take().unwrap();
    assert_eq!(queued.wakeups(), 0, "the wait has left the queue");
    assert!(queued.poll().is_ready());
}

/// Broadcasts to 100 waits. The waker of the first one enqueues new waits and calls `notify_one`,
/// and the waker of the first wait of the next batch calls `next`. Returns the new waits.
fn notify_during_broadcast(
    notify: &Counted<Notify>,
    new_waits: usize,
    next: impl Fn(&Notify) + 'static,
) -> Vec<Task<NotifiedOwned>> {
    let new = Waits::default();
    let (captured, captured_new) = (Counted::clone(notify), Rc::clone(&new));
    let first = on_wake(move || {
        let wait = |_| Task::waiting(Counted::clone(&captured).notified_owned());
        captured_new.borrow_mut().extend((0..new_waits).map(wait));
        captured.notify_one();
    });
    let captured = Counted::clone(notify);
    let second = on_wake(move || next(&captured));
    let mut waits = vec![waiting_with(&first, notify.notified())];
    waits.extend((1..32).map(|_| Task::waiting(notify.notified())));
    waits.push(waiting_with(&second, notify.notified()));
    waits.extend((33..100).map(|_| Task::waiting(notify.notified())));
    notify.notify_waiters();
    for mut wait in waits {
        assert!(wait.poll().is_ready());
    }
    new.take()
}

#[test]
fn two_notifications_during_broadcast_reach_two_new_waits() {
    let notify = Counted::new(Notify::new());
    let new = notify_during_broadcast(&notify, 2, |notify| notify.notify_one());
    new.into_iter().for_each(Task::woken);
    drop(Task::waiting(notify.notified()));
}

/// The second broadcast completes the new wait before the notification takes effect.
#[test]
fn second_broadcast_during_notification_leaves_it_stored() {
    let notify = Counted::new(Notify::new());
    let new = notify_during_broadcast(&notify, 1, Notify::notify_waiters);
    new.into_iter().for_each(Task::woken);
    assert!(Task::new(notify.notified()).poll().is_ready());
    drop(Task::waiting(notify.notified()));
}

#[test]
fn notification_survives_panic_of_waker_of_broadcast() {
    let notify = Counted::new(Notify::new());
    let result = catch_unwind(AssertUnwindSafe(|| {
        notify_during_broadcast(&notify, 0, |_| panic!("no"));
    }));
    result.unwrap_err();
    assert_eq!(notify.waiters(), 0);
    assert!(Task::new(notify.notified()).poll().is_ready(), "the notification is stored");
}
