//! Setting and resetting an event.

use std::{cell::RefCell, rc::Rc};

use super::{Counted, Primitive as Event};
use crate::{
    assertions::{assert_does_not_allocate, assert_shows, panic_message},
    hooked_waker::{Hooks, local, on_wake, poll_with, waiting_with},
    task::Task,
};

#[test]
fn new_event_is_set_or_not() {
    assert!(Event::new(true).is_set());
    assert!(!Event::new(false).is_set());
    assert!(!Event::default().is_set());
}

#[test]
fn wait_for_set_event_completes_immediately() {
    let event = Counted::new(Event::new(true));
    assert!(Task::new(event.wait()).poll().is_ready());
    assert!(Task::new(Counted::clone(&event).wait_owned()).poll().is_ready());
    assert_eq!(Counted::strong_count(&event), 1);
    assert!(event.is_set(), "a wait consumes nothing");
}

#[test]
fn set_completes_queued_and_later_waits() {
    let event = Event::new(false);
    let queued = Task::waiting(event.wait());
    event.set();
    assert!(event.is_set());
    assert!(Task::new(event.wait()).poll().is_ready());
    queued.woken();
    assert!(Task::new(event.wait()).poll().is_ready());
}

#[test]
fn second_set_changes_nothing() {
    let event = Event::new(false);
    let queued = Task::waiting(event.wait());
    event.set();
    event.set();
    assert!(event.is_set());
    queued.woken();
    event.reset();
    assert!(!event.is_set());
}

#[test]
fn reset_makes_later_waits_wait() {
    let event = Event::new(true);
    event.reset();
    assert!(!event.is_set());
    let waiting = Task::waiting(event.wait());
    event.set();
    waiting.woken();
}

#[test]
fn reset_of_unset_event_changes_nothing() {
    let event = Event::new(false);
    let mut unpolled = Task::new(event.wait());
    let mut queued = Task::waiting(event.wait());
    event.reset();
    event.reset();
    queued.assert_pending();
    assert!(unpolled.poll().is_pending());
    assert_eq!(event.waiters(), 2);
    event.set();
    queued.woken();
    unpolled.woken();
}

#[test]
fn pulse_completes_each_queued_wait() {
    let event = Event::new(false);
    let queued: Vec<_> = (0..100).map(|_| Task::waiting(event.wait())).collect();
    event.set();
    event.reset();
    let mut later = Task::waiting(event.wait());
    queued.into_iter().for_each(Task::woken);
    later.assert_pending();
}

#[test]
fn wait_created_before_pulse_completes_after_it() {
    let event = Event::new(false);
    let mut unpolled = Task::new(event.wait());
    event.set();
    event.reset();
    let mut later = Task::waiting(event.wait());
    assert!(unpolled.poll().is_ready());
    later.assert_pending();
}

#[test]
fn wait_created_while_set_completes_after_reset() {
    let event = Event::new(true);
    let [mut polled, dropped] = [(); 2].map(|()| Task::new(event.wait()));
    event.reset();
    assert_eq!(event.waiters(), 0);
    assert!(polled.poll().is_ready());
    drop(dropped);
    assert!(!event.is_set(), "a dropped wait changes nothing");
}

#[test]
fn wait_created_after_reset_waits_for_next_set() {
    let event = Event::new(false);
    for _ in 0..3 {
        let mut waiting = Task::waiting(event.wait());
        waiting.assert_pending();
        event.set();
        event.reset();
        waiting.woken();
    }
}

#[test]
fn poll_after_completion_of_set_event_panics() {
    let event = Event::new(true);
    let mut wait = Task::new(event.wait());
    assert!(wait.poll().is_ready());
    assert_eq!(panic_message(|| wait.poll()), "future polled after completion");
}

#[test]
fn debug_shows_state() {
    let event = Event::new(false);
    let _waiting = Task::waiting(event.wait());
    assert_shows(&event, &["Event { is_set: false, waiters: 1 }"]);
    event.set();
    assert_shows(&event, &["Event { is_set: true, waiters: 0 }"]);
    assert_shows(&event.wait(), &["WaitForEvent { is_queued: false }"]);
}

#[test]
fn set_and_reset_do_not_allocate() {
    assert_does_not_allocate(|| {
        let event = Event::new(true);
        drop(event.wait());
        event.reset();
        event.set();
        assert!(event.is_set());
    });
}

/// Sets an event with 100 waits. The waker of each wait calls `hook`.
fn set_with_hooks(event: &Counted<Event>, hook: impl Fn(&Counted<Event>) + Clone + 'static) {
    let wait = |_| {
        let (captured, hook) = (Counted::clone(event), hook.clone());
        waiting_with(&on_wake(move || hook(&captured)), event.wait())
    };
    let mut waits: Vec<_> = (0..100).map(wait).collect();
    event.set();
    for wait in &mut waits {
        assert!(wait.poll().is_ready());
    }
}

#[test]
fn reset_between_batches_completes_waits_of_all_batches() {
    let event = Counted::new(Event::new(false));
    set_with_hooks(&event, |event| event.reset());
    assert!(!event.is_set());
    assert_eq!(event.waiters(), 0);
}

#[test]
fn broadcast_ends_although_woken_tasks_reset_and_wait_again() {
    let event = Counted::new(Event::new(false));
    let again = Rc::new(RefCell::new(Vec::new()));
    let captured = Rc::clone(&again);
    set_with_hooks(&event, move |event| {
        event.reset();
        captured.borrow_mut().push(Task::waiting(Counted::clone(event).wait_owned()));
    });
    assert_eq!((again.borrow().len(), event.waiters()), (100, 100));
    again.borrow_mut().iter_mut().for_each(Task::assert_pending);
    event.set();
    again.take().into_iter().for_each(Task::woken);
}

#[test]
fn poll_after_reset_between_batches_completes_wait() {
    let event = Counted::new(Event::new(false));
    let last = Rc::new(RefCell::new(None));
    let captured = (Counted::clone(&event), Rc::clone(&last));
    let waker = on_wake(move || {
        captured.0.reset();
        let mut last: Task<_> = captured.1.take().unwrap();
        assert!(last.poll().is_ready());
        assert_eq!(last.wakeups(), 1, "the reset has completed the rest of the queue");
    });
    let mut first = waiting_with(&waker, event.wait());
    let batches: Vec<_> = (1..69).map(|_| Task::waiting(event.wait())).collect();
    *last.borrow_mut() = Some(Task::waiting(Counted::clone(&event).wait_owned()));
    event.set();
    assert!(first.poll().is_ready());
    batches.into_iter().for_each(Task::woken);
    assert!(!event.is_set());
}

#[test]
fn set_while_waker_is_cloned_and_reset_completes_first_poll() {
    let event = Counted::new(Event::new(false));
    let captured = Counted::clone(&event);
    let on_clone = local(move || {
        captured.set();
        captured.reset();
    });
    let waker = Hooks { on_clone, ..Hooks::default() }.into_waker();
    assert!(poll_with(&mut Task::new(event.wait()), &waker).is_ready());
    assert!(!event.is_set());
}
