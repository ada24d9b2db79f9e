//! Closures that initialize the cell: which of them run, and in which order.

use std::{
    cell::Cell,
    convert::Infallible,
    future::pending,
    pin::pin,
    task::{Context, Poll, Waker},
};

use futures::FutureExt;

use super::{OnceCell, queue, start, start_failing};
use crate::{
    assertions::{assert_does_not_allocate, panic_message},
    task::Task,
};

#[test]
fn first_closure_initializes_cell() {
    let cell = OnceCell::new();
    assert_eq!(cell.get_or_init(async || 5).now_or_never(), Some(&5));
    assert_eq!(cell.get_or_init(async || panic!("called")).now_or_never(), Some(&5));
    let fallible = cell.get_or_try_init(async || Err("called"));
    assert_eq!(fallible.now_or_never(), Some(Ok(&5)));
    assert_eq!(cell.get(), Some(&5));
}

#[test]
fn fallible_closure_initializes_cell() {
    let cell = OnceCell::new();
    let fallible = cell.get_or_try_init(async || Ok::<_, Infallible>(5));
    assert_eq!(fallible.now_or_never(), Some(Ok(&5)));
    assert_eq!(cell.get(), Some(&5));
}

#[test]
fn closure_is_not_called_before_first_poll() {
    let cell = OnceCell::new();
    drop(cell.get_or_init(async || -> u32 { panic!("called") }));
    assert_eq!(cell.set(5), Ok(()));
}

#[test]
fn queued_initializers_get_value_of_running_closure() {
    let cell = OnceCell::new();
    let running = start(&cell, 5);
    let queued: Vec<_> = (0..100).map(|_| queue(&cell, 6)).collect();
    assert_eq!(cell.get(), None);
    assert_eq!(running.woken(), &5);
    assert_eq!(cell.get(), Some(&5));
    for initializer in queued {
        assert!(std::ptr::eq(initializer.woken(), cell.get().unwrap()));
    }
}

#[test]
fn error_leaves_cell_empty() {
    let cell = OnceCell::new();
    let failing = cell.get_or_try_init(async || Err::<u32, _>("failed"));
    assert_eq!(failing.now_or_never(), Some(Err("failed")));
    assert_eq!(cell.get(), None);
    assert_eq!(cell.set(5), Ok(()));
}

#[test]
fn next_initializer_calls_its_own_closure_after_error() {
    let cell = OnceCell::new();
    let failing = start_failing(&cell);
    let mut second = Task::waiting(cell.get_or_try_init(async || Err::<u32, _>("second")));
    let mut third = queue(&cell, 3);
    let mut fourth = queue(&cell, 4);
    assert_eq!(failing.woken(), Err("failed"));
    assert_eq!(second.wakeups(), 1);
    third.assert_pending();
    fourth.assert_pending();
    assert_eq!(second.poll(), Poll::Ready(Err("second")));
    fourth.assert_pending();
    assert_eq!(third.woken(), &3);
    assert_eq!(fourth.woken(), &3);
}

#[test]
fn initializers_run_in_fifo_order_of_first_polls() {
    let cell = OnceCell::new();
    let order = Cell::new(0);
    let failing = start_failing(&cell);
    let fail = |number| {
        let order = &order;
        cell.get_or_try_init(async move || {
            assert_eq!(order.replace(number), number - 1);
            Err::<u32, _>("failed")
        })
    };
    let tasks: Vec<_> = (1..100).map(|number| Task::waiting(fail(number))).collect();
    assert!(failing.woken().is_err());
    tasks.into_iter().for_each(|task| assert!(task.woken().is_err()));
    assert_eq!((order.get(), cell.get()), (99, None));
}

#[test]
fn new_initializer_does_not_barge_past_chosen_waiter() {
    let cell = OnceCell::new();
    let failing = start_failing(&cell);
    let chosen = queue(&cell, 1);
    assert!(failing.woken().is_err());
    let late = queue(&cell, 2);
    assert!(cell.set(3).is_err());
    assert_eq!(chosen.woken(), &1);
    assert_eq!(late.woken(), &1);
}

#[test]
fn closure_sees_empty_cell() {
    let cell = OnceCell::new();
    let init = cell.get_or_init(async || {
        assert_eq!((cell.get(), format!("{cell:?}")), (None, "OnceCell(<uninit>)".into()));
        assert_eq!(cell.set(6).unwrap_err().to_string(), "the cell is being initialized");
        5
    });
    assert_eq!(init.now_or_never(), Some(&5));
}

/// Awaiting the inner future in the closure never completes.
#[test]
fn recursive_initialization_stays_pending() {
    let cell = OnceCell::new();
    let mut recursive =
        Task::waiting(cell.get_or_init(async || *cell.get_or_init(async || 5).await));
    recursive.assert_pending();
    assert_eq!(cell.get(), None);
    drop(recursive);
    assert_eq!(cell.get_or_init(async || 6).now_or_never(), Some(&6));
}

#[test]
fn closure_may_initialize_another_cell() {
    let (outer, inner) = (OnceCell::new(), OnceCell::new());
    let init = outer.get_or_init(async || *inner.get_or_init(async || 5).await + 1);
    assert_eq!(init.now_or_never(), Some(&6));
    assert_eq!(inner.get(), Some(&5));
}

#[test]
fn latest_waker_of_queued_initializer_is_woken() {
    let cell = OnceCell::new();
    let running = start(&cell, 5);
    let mut queued = queue(&cell, 6);
    let old = queued.change_waker();
    queued.assert_pending();
    assert_eq!(running.woken(), &5);
    assert_eq!(old.wakeups(), 0);
    assert_eq!(queued.woken(), &5);
}

#[test]
fn poll_of_initializer_after_completion_panics() {
    let cell = OnceCell::new();
    let mut init = Task::new(cell.get_or_init(async || 5));
    assert_eq!(init.poll(), Poll::Ready(&5));
    assert!(panic_message(|| init.poll().is_ready()).contains("resumed after completion"));
    assert_eq!(cell.get(), Some(&5));
}

#[test]
fn initialization_and_waits_do_not_allocate() {
    assert_does_not_allocate(|| {
        let cell = OnceCell::new();
        let mut context = Context::from_waker(Waker::noop());
        let mut wait = pin!(cell.wait());
        let mut queued = pin!(cell.get_or_init(async || 5));
        assert!(wait.as_mut().poll(&mut context).is_pending());
        {
            let running = pin!(cell.get_or_init(async || pending().await));
            assert!(running.poll(&mut context).is_pending());
            assert!(queued.as_mut().poll(&mut context).is_pending());
        }
        assert_eq!(queued.poll(&mut context), Poll::Ready(&5));
        assert_eq!(wait.poll(&mut context), Poll::Ready(&5));
    });
}
