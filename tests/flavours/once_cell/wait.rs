//! Tasks that wait for the value, and have no right to initialize the cell.

use std::{
    cell::RefCell,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use futures::FutureExt;

use super::{OnceCell, queue, start, start_failing};
use crate::{
    assertions::assert_does_not_allocate,
    hooked_waker::{on_wake, waiting_with},
    task::Task,
};

#[test]
fn set_completes_all_waits_in_fifo_order() {
    let cell = OnceCell::new();
    let order = Rc::new(RefCell::new(Vec::new()));
    let wait_as = |number: usize| {
        let order = Rc::clone(&order);
        waiting_with(&on_wake(move || order.borrow_mut().push(number)), cell.wait())
    };
    let waits: Vec<_> = (0..100).map(wait_as).collect();
    assert_eq!(cell.set(5), Ok(()));
    assert_eq!(*order.borrow(), (0..100).collect::<Vec<_>>());
    for mut wait in waits {
        assert_eq!(wait.poll(), Poll::Ready(&5));
    }
}

#[test]
fn closure_completes_all_waits() {
    let cell = OnceCell::new();
    let before = Task::waiting(cell.wait());
    let running = start(&cell, 5);
    let after = Task::waiting(cell.wait());
    let queued = queue(&cell, 6);
    assert_eq!(running.woken(), &5);
    assert_eq!([before.woken(), after.woken(), queued.woken()], [&5; 3]);
}

#[test]
fn wait_completes_if_first_polled_after_value() {
    let cell = OnceCell::new();
    let mut unpolled = Task::new(cell.wait());
    assert_eq!(cell.set(5), Ok(()));
    assert_eq!(unpolled.poll(), Poll::Ready(&5));
    assert_eq!(cell.wait().now_or_never(), Some(&5));
    assert_eq!(OnceCell::from(6).wait().now_or_never(), Some(&6));
}

#[test]
fn completed_wait_may_be_polled_again() {
    let cell = OnceCell::new();
    let mut queued = Task::waiting(cell.wait());
    assert_eq!(cell.set(5), Ok(()));
    let mut unqueued = Task::new(cell.wait());
    for _ in 0..2 {
        assert_eq!((queued.poll(), unqueued.poll()), (Poll::Ready(&5), Poll::Ready(&5)));
    }
}

#[test]
fn failed_closure_completes_no_wait() {
    let cell = OnceCell::<u32>::new();
    let mut wait = Task::waiting(cell.wait());
    let failing = start_failing(&cell);
    assert!(failing.woken().is_err());
    wait.assert_pending();
    drop(start(&cell, 5));
    wait.assert_pending();
    assert_eq!(cell.set(6), Ok(()));
    assert_eq!(wait.woken(), &6);
}

#[test]
fn wait_does_not_block_initializers() {
    let cell = OnceCell::new();
    let front = Task::waiting(cell.wait());
    let failing = start_failing(&cell);
    let mut behind = Task::waiting(cell.wait());
    let next = queue(&cell, 5);
    assert!(failing.woken().is_err());
    behind.assert_pending();
    assert_eq!(next.woken(), &5);
    assert_eq!([front.woken(), behind.woken()], [&5; 2]);
}

#[test]
fn latest_waker_of_wait_is_woken() {
    let cell = OnceCell::new();
    let mut wait = Task::waiting(cell.wait());
    let old = wait.change_waker();
    wait.assert_pending();
    assert_eq!(cell.set(5), Ok(()));
    assert_eq!(old.wakeups(), 0);
    assert_eq!(wait.woken(), &5);
}

#[test]
fn many_waits_do_not_allocate() {
    let cell = OnceCell::new();
    let mut context = Context::from_waker(Waker::noop());
    let mut waits: Vec<_> = (0..100).map(|_| Box::pin(cell.wait())).collect();
    assert_does_not_allocate(|| {
        for wait in &mut waits {
            assert!(wait.as_mut().poll(&mut context).is_pending());
        }
        assert_eq!(cell.set(5), Ok(()));
    });
}

#[test]
fn debug_names_wait() {
    let cell = OnceCell::<u32>::new();
    assert_eq!(format!("{:?}", cell.wait()), "WaitForInit { .. }");
}

#[test]
fn wait_after_take_is_pending() {
    let mut cell = OnceCell::from(5);
    assert_eq!(cell.take(), Some(5));
    let wait = Task::waiting(cell.wait());
    assert_eq!(cell.set(6), Ok(()));
    assert_eq!(wait.woken(), &6);
    assert_eq!(cell.take(), Some(6));
    drop(Task::waiting(cell.wait()));
}

/// The waker of an initializer runs before the waits are woken.
#[test]
fn waker_of_initializer_may_poll_wait() {
    let cell = Rc::new(OnceCell::new());
    let running = start(&cell, 5);
    let captured = Rc::clone(&cell);
    let waker = on_wake(move || assert_eq!(captured.wait().now_or_never(), Some(&5)));
    let mut queued = waiting_with(&waker, cell.get_or_init(async || 6));
    let wait = Task::waiting(cell.wait());
    assert_eq!(running.woken(), &5);
    assert_eq!(queued.poll(), Poll::Ready(&5));
    assert_eq!(wait.woken(), &5);
}
