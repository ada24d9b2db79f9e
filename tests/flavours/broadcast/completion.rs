//! Which waits complete, in which order, and what a completed or cancelled wait leaves behind.

use std::{
    cell::RefCell,
    pin::pin,
    rc::Rc,
    task::{Context, Waker},
};

use super::{Counted, Primitive, complete_all, panics_when_cloned, wait, wait_owned};
use crate::{
    assertions::{assert_does_not_allocate, assert_shows, panic_message},
    hooked_waker::{on_wake, poll_with, waiting_with},
    task::Task,
};

#[test]
fn waits_complete_in_fifo_order() {
    let primitive = Primitive::default();
    let order = Rc::new(RefCell::new(Vec::new()));
    let wait_as = |number: usize| {
        let order = Rc::clone(&order);
        waiting_with(&on_wake(move || order.borrow_mut().push(number)), wait(&primitive))
    };
    let tasks: Vec<_> = (0..100).map(wait_as).collect();
    assert_eq!(primitive.waiters(), 100);
    complete_all(&primitive);
    assert_eq!(*order.borrow(), (0..100).collect::<Vec<_>>());
    assert_eq!(primitive.waiters(), 0);
    for mut task in tasks {
        assert!(task.poll().is_ready());
    }
}

#[test]
fn unpolled_wait_completes_and_clones_no_waker() {
    let primitive = Primitive::default();
    let mut unpolled = Task::new(wait(&primitive));
    complete_all(&primitive);
    assert!(poll_with(&mut unpolled, &panics_when_cloned()).is_ready());
    assert_eq!(primitive.waiters(), 0);
}

#[test]
fn cancelled_wait_is_skipped_at_any_position() {
    for cancelled in 0..3 {
        let primitive = Primitive::default();
        let mut tasks: Vec<_> = (0..3).map(|_| Task::waiting(wait(&primitive))).collect();
        drop(tasks.remove(cancelled));
        assert_eq!(primitive.waiters(), 2);
        tasks.iter_mut().for_each(Task::assert_pending);
        complete_all(&primitive);
        tasks.into_iter().for_each(Task::woken);
    }
}

#[test]
fn unpolled_wait_is_not_queued() {
    let primitive = Primitive::default();
    drop(Task::new(wait(&primitive)));
    let mut unpolled = Task::new(wait(&primitive));
    assert_eq!(primitive.waiters(), 0);
    assert!(unpolled.poll().is_pending());
    assert_eq!(primitive.waiters(), 1);
    unpolled.assert_pending();
    assert_eq!(primitive.waiters(), 1);
}

#[test]
fn owned_and_borrowed_waits_share_queue() {
    let primitive = Counted::new(Primitive::default());
    let borrowed = Task::waiting(wait(&primitive));
    let owned = Task::waiting(wait_owned(&primitive));
    assert_eq!(primitive.waiters(), 2);
    complete_all(&primitive);
    borrowed.woken();
    owned.woken();
}

#[test]
fn owned_wait_keeps_reference_until_it_completes() {
    let primitive = Counted::new(Primitive::default());
    drop(Task::new(wait_owned(&primitive)));
    drop(Task::waiting(wait_owned(&primitive)));
    assert_eq!(Counted::strong_count(&primitive), 1);
    let mut owned = Task::waiting(wait_owned(&primitive));
    complete_all(&primitive);
    assert_eq!(Counted::strong_count(&primitive), 2);
    assert!(owned.poll().is_ready());
    assert_eq!(Counted::strong_count(&primitive), 1, "a completed wait drops its reference");
}

#[test]
fn owned_wait_keeps_primitive_alive() {
    let primitive = Counted::new(Primitive::default());
    let weak = Counted::downgrade(&primitive);
    let owned = Task::waiting(wait_owned(&primitive));
    drop(primitive);
    complete_all(&weak.upgrade().unwrap());
    owned.woken();
    assert!(weak.upgrade().is_none());
}

#[test]
fn poll_after_completion_panics() {
    let primitive = Primitive::default();
    let mut queued = Task::waiting(wait(&primitive));
    let mut unpolled = Task::new(wait(&primitive));
    complete_all(&primitive);
    for task in [&mut queued, &mut unpolled] {
        assert!(task.poll().is_ready());
        assert_eq!(panic_message(|| task.poll()), "future polled after completion");
    }
    drop((queued, unpolled));
    assert_eq!(primitive.waiters(), 0);
}

#[test]
fn debug_shows_whether_wait_is_queued() {
    let primitive = Primitive::default();
    let mut task = Task::new(wait(&primitive));
    assert_shows(&task.future, &["is_queued: false"]);
    assert!(task.poll().is_pending());
    assert_shows(&task.future, &["is_queued: true"]);
    assert_shows(&primitive, &["waiters: 1"]);
    complete_all(&primitive);
    assert_shows(&task.future, &["is_queued: false"]);
    assert!(task.poll().is_ready());
    assert_shows(&task.future, &["is_queued: false"]);
}

#[test]
fn wait_broadcast_and_cancel_do_not_allocate() {
    assert_does_not_allocate(|| {
        let primitive = Primitive::default();
        let mut context = Context::from_waker(Waker::noop());
        let mut completed = pin!(wait(&primitive));
        assert!(completed.as_mut().poll(&mut context).is_pending());
        {
            let cancelled = pin!(wait(&primitive));
            assert!(cancelled.poll(&mut context).is_pending());
        }
        complete_all(&primitive);
        assert!(completed.poll(&mut context).is_ready());
    });
}

#[test]
fn broadcast_to_many_waits_does_not_allocate() {
    let primitive = Primitive::default();
    let mut context = Context::from_waker(Waker::noop());
    let mut waits: Vec<_> = (0..100).map(|_| Box::pin(wait(&primitive))).collect();
    assert_does_not_allocate(|| {
        for wait in &mut waits {
            assert!(wait.as_mut().poll(&mut context).is_pending());
        }
        complete_all(&primitive);
    });
}
