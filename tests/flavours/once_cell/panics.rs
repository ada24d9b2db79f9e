//! Closures and wakers that panic, and wakers that use the cell.

use std::{rc::Rc, sync::atomic::Ordering, task::Poll};

use futures::FutureExt;

use super::{OnceCell, queue, start, start_failing};
use crate::{
    assertions::panic_message,
    hooked_waker::{on_each_call, panics_when_woken, poll_with, waiting_with},
    runtime::yield_now,
    task::Task,
};

#[test]
fn panic_of_closure_leaves_cell_empty() {
    let cell = OnceCell::<u32>::new();
    let message = panic_message(|| cell.get_or_init(async || panic!("no")).now_or_never());
    assert_eq!((&*message, cell.get()), ("no", None));
    assert_eq!(cell.set(5), Ok(()));
}

#[test]
fn panic_of_running_closure_passes_right_on() {
    let cell = OnceCell::new();
    let mut running = Task::waiting(cell.get_or_init(async || {
        yield_now().await;
        panic!("no")
    }));
    let next = queue(&cell, 5);
    let wait = Task::waiting(cell.wait());
    assert_eq!(panic_message(|| running.poll().is_ready()), "no");
    assert_eq!(next.woken(), &5);
    assert_eq!(wait.woken(), &5);
    drop(running);
    assert_eq!(cell.get(), Some(&5));
}

/// Fills a cell that has 100 queued initializers and 100 waits, some of whose wakers panic. All of
/// them must complete, and the first panic must be the one that propagates.
fn assert_all_complete(panicking: &[usize]) {
    let cell = OnceCell::new();
    let waker = |number: usize, task_waker| match panicking.contains(&number) {
        true => panics_when_woken(&number.to_string()),
        false => task_waker,
    };
    let mut running = start(&cell, 1);
    let mut queued: Vec<_> = (0..100).map(|_| Task::new(cell.get_or_init(async || 2))).collect();
    let mut waits: Vec<_> = (0..100).map(|_| Task::new(cell.wait())).collect();
    for (number, task) in queued.iter_mut().enumerate() {
        let waker = waker(number, task.waker());
        assert!(poll_with(task, &waker).is_pending());
    }
    for (number, task) in waits.iter_mut().enumerate() {
        let waker = waker(100 + number, task.waker());
        assert!(poll_with(task, &waker).is_pending());
    }
    let message = panic_message(|| running.poll().is_ready());

    assert_eq!((message, cell.get()), (panicking[0].to_string(), Some(&1)));
    for (number, mut task) in queued.into_iter().enumerate() {
        assert_eq!(task.wakeups(), usize::from(!panicking.contains(&number)));
        assert_eq!(task.poll(), Poll::Ready(&1));
    }
    for (number, mut task) in waits.into_iter().enumerate() {
        assert_eq!(task.wakeups(), usize::from(!panicking.contains(&(100 + number))));
        assert_eq!(task.poll(), Poll::Ready(&1));
    }
    assert_eq!(cell.wait().now_or_never(), Some(&1));
}

#[test]
fn all_waiters_complete_if_one_waker_panics() {
    for panicking in [0, 31, 32, 99, 100, 131, 132, 199] {
        assert_all_complete(&[panicking]);
    }
}

#[cfg(feature = "std")]
#[test]
fn all_waiters_complete_if_many_wakers_panic() {
    assert_all_complete(&[0, 31, 32, 99, 100, 131, 132, 199]);
}

#[test]
fn panicking_waker_propagates_from_set_and_value_stays() {
    let cell = OnceCell::new();
    let mut panicking = waiting_with(&panics_when_woken("no"), cell.wait());
    let other = Task::waiting(cell.wait());
    assert_eq!(panic_message(|| cell.set(5)), "no");
    assert_eq!((cell.get(), cell.set(6).is_err()), (Some(&5), true));
    assert_eq!(panicking.poll(), Poll::Ready(&5));
    assert_eq!(other.woken(), &5);
}

#[test]
fn panicking_waker_of_next_initializer_is_chosen() {
    let cell = OnceCell::new();
    let mut failing = start_failing(&cell);
    let mut chosen = waiting_with(&panics_when_woken("no"), cell.get_or_init(async || 5));
    let next = queue(&cell, 6);
    assert_eq!(panic_message(|| failing.poll().is_ready()), "no");
    assert!(cell.set(7).is_err());
    assert_eq!(chosen.poll(), Poll::Ready(&5));
    assert_eq!(next.woken(), &5);
}

#[cfg(feature = "std")]
#[test]
fn panicking_waker_during_unwind_does_not_abort() {
    let cell = OnceCell::new();
    let mut running = Task::waiting(cell.get_or_init(async || {
        yield_now().await;
        panic!("first")
    }));
    let mut next = waiting_with(&panics_when_woken("second"), cell.get_or_init(async || 5));
    assert_eq!(panic_message(|| running.poll().is_ready()), "first");
    assert_eq!(next.poll(), Poll::Ready(&5));
}

#[cfg(feature = "std")]
#[test]
fn set_during_unwind_completes_all_waits() {
    struct SetsOnDrop<'a>(&'a OnceCell<u32>);
    impl Drop for SetsOnDrop<'_> {
        fn drop(&mut self) {
            self.0.set(5).unwrap();
        }
    }
    let cell = OnceCell::new();
    let mut panicking = waiting_with(&panics_when_woken("second"), cell.wait());
    let other = Task::waiting(cell.wait());
    let message = panic_message(|| {
        let _sets = SetsOnDrop(&cell);
        panic!("first");
    });
    assert_eq!(message, "first");
    assert_eq!(panicking.poll(), Poll::Ready(&5));
    assert_eq!(other.woken(), &5);
}

#[test]
fn wakers_may_use_cell() {
    let cell = Rc::new(OnceCell::new());
    let captured = Rc::clone(&cell);
    let (waker, calls) = on_each_call(move || {
        assert!(captured.set(7).is_err());
        let mut init = Task::new(captured.get_or_init(async || 8));
        assert_eq!(init.poll().is_ready(), captured.get().is_some());
        let mut wait = Task::new(captured.wait());
        assert_eq!(wait.poll().is_ready(), captured.get().is_some());
    });
    let running = start(&cell, 5);
    let cancelled = waiting_with(&waker, cell.get_or_init(async || 6));
    drop(cancelled);
    assert_eq!(calls.load(Ordering::Relaxed), 2, "cloned and dropped");
    let mut queued = waiting_with(&waker, cell.get_or_init(async || 6));
    let mut wait = waiting_with(&waker, cell.wait());
    assert_eq!(running.woken(), &5);
    assert_eq!(calls.load(Ordering::Relaxed), 6, "two more are cloned and woken");
    assert_eq!((queued.poll(), wait.poll()), (Poll::Ready(&5), Poll::Ready(&5)));
}
