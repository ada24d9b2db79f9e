//! Initializers and waits that are dropped in each of their states.

use super::{OnceCell, queue, start, start_failing};
use crate::task::Task;

#[test]
fn cancel_of_running_closure_passes_right_on() {
    let cell = OnceCell::new();
    let running = start(&cell, 1);
    let next = queue(&cell, 2);
    let last = queue(&cell, 3);
    drop(running);
    assert!(cell.set(4).is_err(), "the next waiter is chosen");
    assert_eq!(next.woken(), &2);
    assert_eq!(last.woken(), &2);
}

#[test]
fn cancel_of_running_closure_empties_cell_if_queue_is_empty() {
    let cell = OnceCell::new();
    drop(start(&cell, 1));
    assert_eq!(cell.get(), None);
    assert_eq!(cell.set(5), Ok(()));
}

#[test]
fn cancel_of_running_closure_drops_its_state_before_next_closure_runs() {
    struct SetsOnDrop<'a>(&'a OnceCell<u32>);
    impl Drop for SetsOnDrop<'_> {
        fn drop(&mut self) {
            assert!(self.0.set(1).is_err(), "the closure still has the right to initialize");
        }
    }
    let cell = OnceCell::new();
    let running = Task::waiting(cell.get_or_init(async || {
        let _sets = SetsOnDrop(&cell);
        std::future::pending().await
    }));
    let next = queue(&cell, 2);
    drop(running);
    assert_eq!(next.woken(), &2);
}

#[test]
fn cancelled_queued_initializer_is_skipped_at_any_position() {
    for cancelled in 0..3 {
        let cell = OnceCell::new();
        let failing = start_failing(&cell);
        let mut queued: Vec<_> = (0..3).map(|_| Task::waiting(fail(&cell))).collect();
        drop(queued.remove(cancelled));
        queued.iter_mut().for_each(Task::assert_pending);
        assert!(failing.woken().is_err());
        queued.into_iter().for_each(|task| assert!(task.woken().is_err()));
        assert_eq!(cell.set(5), Ok(()));
    }
}

async fn fail(cell: &OnceCell<u32>) -> Result<&u32, &'static str> {
    cell.get_or_try_init(async || Err("failed")).await
}

#[test]
fn cancelled_chosen_initializer_passes_right_on() {
    let cell = OnceCell::new();
    let failing = start_failing(&cell);
    let chosen = queue(&cell, 1);
    let mut next = queue(&cell, 2);
    assert!(failing.woken().is_err());
    assert_eq!(chosen.wakeups(), 1);
    next.assert_pending();
    drop(chosen);
    assert_eq!(next.woken(), &2);
}

#[test]
fn cancelled_chosen_initializer_empties_cell_if_queue_is_empty() {
    let cell = OnceCell::new();
    let failing = start_failing(&cell);
    let chosen = queue(&cell, 1);
    assert!(failing.woken().is_err());
    drop(chosen);
    assert_eq!(cell.set(5), Ok(()));
}

#[test]
fn cancel_after_value_changes_nothing() {
    let cell = OnceCell::new();
    let running = start(&cell, 5);
    let queued = queue(&cell, 6);
    let wait = Task::waiting(cell.wait());
    assert_eq!(running.woken(), &5);
    drop((queued, wait));
    assert_eq!(cell.get(), Some(&5));
}

#[test]
fn cancelled_wait_is_skipped_at_any_position() {
    for cancelled in 0..3 {
        let cell = OnceCell::new();
        let mut waits: Vec<_> = (0..3).map(|_| Task::waiting(cell.wait())).collect();
        drop(waits.remove(cancelled));
        waits.iter_mut().for_each(Task::assert_pending);
        assert_eq!(cell.set(5), Ok(()));
        waits.into_iter().for_each(|wait| assert_eq!(wait.woken(), &5));
    }
}

#[test]
fn unpolled_futures_change_nothing() {
    let cell = OnceCell::new();
    drop(Task::new(cell.get_or_init(async || 5)));
    drop(Task::new(cell.wait()));
    assert_eq!((cell.get(), cell.set(6)), (None, Ok(())));
}
