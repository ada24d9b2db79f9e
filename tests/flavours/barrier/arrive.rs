//! When a generation is complete, and which task is its leader.

use std::{
    cell::RefCell,
    pin::pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use super::{Barrier, arrive_last, arrived, assert_follows};
use crate::{
    assertions::{assert_does_not_allocate, panic_message},
    hooked_waker::{on_wake, poll_with, waiting_with},
    task::Task,
};

#[test]
fn last_task_to_arrive_is_leader() {
    for tasks in [2, 3, 33, 100] {
        let barrier = Barrier::new(tasks);
        let mut waits = arrived(&barrier, tasks - 1);
        assert_eq!(barrier.waiters(), tasks - 1);
        waits.iter_mut().for_each(Task::assert_pending);
        arrive_last(&barrier);
        assert_eq!(barrier.waiters(), 0);
        waits.into_iter().for_each(assert_follows);
    }
}

#[test]
fn barrier_for_zero_or_one_task_never_waits() {
    for barrier in [Barrier::new(0), Barrier::new(1)] {
        (0..3).for_each(|_| arrive_last(&barrier));
        assert_eq!(format!("{barrier:?}"), "Barrier { tasks: 1, arrived: 0, waiters: 0 }");
    }
}

#[test]
fn task_arrives_at_first_poll() {
    let barrier = Barrier::new(2);
    let mut last = Task::new(barrier.wait());
    assert_eq!(barrier.waiters(), 0);
    let first = Task::waiting(barrier.wait());
    assert_eq!(barrier.waiters(), 1);
    assert!(matches!(last.poll(), Poll::Ready(result) if result.is_leader()));
    assert_follows(first);
}

#[test]
fn later_poll_does_not_arrive_again() {
    let barrier = Barrier::new(3);
    let mut first = Task::waiting(barrier.wait());
    (0..5).for_each(|_| first.assert_pending());
    assert_eq!(barrier.waiters(), 1);
    let second = Task::waiting(barrier.wait());
    arrive_last(&barrier);
    assert_follows(first);
    assert_follows(second);
}

#[test]
fn completed_barrier_is_reusable_before_waits_are_polled() {
    let barrier = Barrier::new(3);
    let generations: Vec<_> = (0..5)
        .map(|_| {
            let waits = arrived(&barrier, 2);
            arrive_last(&barrier);
            waits
        })
        .collect();
    let mut next = arrived(&barrier, 2);
    generations.into_iter().flatten().for_each(assert_follows);
    next.iter_mut().for_each(Task::assert_pending);
}

/// The barrier stores eight bits of the number of the generation.
#[test]
fn waits_complete_after_number_of_generation_wraps_around() {
    let barrier = Barrier::new(3);
    let mut unpolled: Vec<_> = (0..1000)
        .map(|_| {
            let mut waits = arrived(&barrier, 2);
            waits.iter_mut().for_each(Task::assert_pending);
            arrive_last(&barrier);
            waits
        })
        .collect();
    assert_eq!(barrier.waiters(), 0);
    drop(unpolled.split_off(900));
    let mut next = arrived(&barrier, 2);
    unpolled.into_iter().flatten().for_each(assert_follows);
    next.iter_mut().for_each(Task::assert_pending);
    arrive_last(&barrier);
    next.into_iter().for_each(assert_follows);
}

#[test]
fn waits_complete_in_fifo_order_of_arrival() {
    let barrier = Barrier::new(101);
    let order = Rc::new(RefCell::new(Vec::new()));
    let wait_as = |number: usize| {
        let order = Rc::clone(&order);
        waiting_with(&on_wake(move || order.borrow_mut().push(number)), barrier.wait())
    };
    let _waits: Vec<_> = (0..100).map(wait_as).collect();
    arrive_last(&barrier);
    assert_eq!(*order.borrow(), (0..100).collect::<Vec<_>>());
}

#[test]
fn latest_waker_is_woken() {
    let barrier = Barrier::new(2);
    let mut wait = Task::waiting(barrier.wait());
    let old = wait.change_waker();
    wait.assert_pending();
    arrive_last(&barrier);
    assert_eq!(old.wakeups(), 0);
    assert_follows(wait);
}

#[test]
fn poll_after_completion_panics() {
    let barrier = Barrier::new(2);
    let mut first = Task::waiting(barrier.wait());
    let mut leader = Task::new(barrier.wait());
    assert!(leader.poll().is_ready());
    assert!(first.poll().is_ready());
    for task in [&mut first, &mut leader] {
        assert_eq!(panic_message(|| task.poll()), "future polled after completion");
    }
    drop((first, leader));
    assert_eq!(barrier.waiters(), 0);
}

#[test]
fn new_panics_above_max_tasks() {
    let max = Barrier::MAX_TASKS;
    assert_eq!(Barrier::new(max).waiters(), 0);
    for tasks in [max + 1, usize::MAX] {
        let expected = format!("a barrier for {tasks} tasks exceeds MAX_TASKS ({max})");
        assert_eq!(panic_message(|| Barrier::new(tasks)), expected);
    }
}

#[test]
fn barrier_for_max_tasks_counts_arrivals() {
    let barrier = Barrier::new(Barrier::MAX_TASKS);
    let waits = arrived(&barrier, 2);
    let shown = format!("Barrier {{ tasks: {}, arrived: 2, waiters: 2 }}", Barrier::MAX_TASKS);
    assert_eq!(format!("{barrier:?}"), shown);
    drop(waits);
}

#[test]
fn wait_cancel_and_completion_do_not_allocate() {
    assert_does_not_allocate(|| {
        let barrier = Barrier::new(2);
        let mut context = Context::from_waker(Waker::noop());
        {
            let cancelled = pin!(barrier.wait());
            assert!(cancelled.poll(&mut context).is_pending());
        }
        let mut first = pin!(barrier.wait());
        assert!(first.as_mut().poll(&mut context).is_pending());
        assert!(pin!(barrier.wait()).poll(&mut context).is_ready());
        assert!(first.poll(&mut context).is_ready());
    });
}

#[test]
fn completion_of_many_waits_does_not_allocate() {
    let barrier = Barrier::new(101);
    let mut waits: Vec<_> = (0..101).map(|_| Task::new(barrier.wait())).collect();
    assert_does_not_allocate(|| {
        let polls = waits.iter_mut().map(|wait| poll_with(wait, Waker::noop()));
        assert_eq!(polls.filter(Poll::is_ready).count(), 1);
    });
}

#[test]
fn debug_shows_arrived_tasks_and_whether_wait_is_queued() {
    let barrier = Barrier::new(2);
    let mut wait = Task::new(barrier.wait());
    assert_eq!(format!("{:?}", wait.future), "BarrierWait { is_queued: false }");
    assert!(wait.poll().is_pending());
    assert_eq!(format!("{:?}", wait.future), "BarrierWait { is_queued: true }");
    assert_eq!(format!("{barrier:?}"), "Barrier { tasks: 2, arrived: 1, waiters: 1 }");
    arrive_last(&barrier);
    assert_eq!(format!("{:?}", wait.future), "BarrierWait { is_queued: false }");
    assert_eq!(format!("{barrier:?}"), "Barrier { tasks: 2, arrived: 0, waiters: 0 }");
    assert_eq!(format!("{:?}", wait.woken()), "BarrierWaitResult { is_leader: false }");
}
