//! What may happen between two batches of wakeups.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use super::{Barrier, BarrierWait, arrive_last, arrived, assert_follows};
use crate::{
    assertions::leaked,
    hooked_waker::{on_wake, poll_with, waiting_with},
    task::Task,
};

type Wait = Task<BarrierWait<'static>>;

/// The waits from the second one on, each with its number.
type Waits = Vec<(usize, Wait)>;

const TASKS: usize = 71;

/// Completes 70 waits, which takes three batches. The waker of the first wait calls `between` while
/// the waits from number 32 on are still queued. Returns all waits but the first.
fn complete_in_batches(between: impl Fn(&'static Barrier, &mut Waits) + 'static) -> Waits {
    let barrier: &'static Barrier = leaked(Barrier::new(TASKS));
    let (waits, is_called) = (Rc::new(RefCell::new(Waits::new())), Rc::new(Cell::new(false)));
    let captured = (Rc::clone(&waits), Rc::clone(&is_called));
    let waker = on_wake(move || {
        assert_eq!(barrier.waiters(), TASKS - 1 - 32);
        between(barrier, &mut captured.0.borrow_mut());
        captured.1.set(true);
    });
    let mut first = waiting_with(&waker, barrier.wait());
    waits.borrow_mut().extend((1..TASKS - 1).zip(arrived(barrier, TASKS - 2)));
    arrive_last(barrier);
    assert!(is_called.get());
    assert!(matches!(first.poll(), std::task::Poll::Ready(result) if !result.is_leader()));
    assert_generation(barrier);
    waits.take()
}

/// Asserts that a generation completes with all its tasks, of which some may have arrived.
fn assert_generation(barrier: &Barrier) {
    let waits = arrived(barrier, TASKS - 1 - barrier.waiters());
    arrive_last(barrier);
    waits.into_iter().for_each(assert_follows);
    assert_eq!(barrier.waiters(), 0);
}

/// The numbers of waits in the second and third batch: front, middle and back.
const LATER_BATCHES: [usize; 5] = [32, 50, 63, 64, 69];

fn remove(waits: &mut Waits, number: usize) -> Wait {
    let index = waits.iter().position(|&(other, _)| other == number);
    waits.remove(index.expect("there is a wait with this number")).1
}

fn assert_all_follow(waits: Waits) {
    waits.into_iter().for_each(|(_, wait)| assert_follows(wait));
}

#[test]
fn task_may_arrive_between_batches() {
    for tasks in [1, 2, 69, 70] {
        let next = Rc::new(RefCell::new(Vec::new()));
        let captured = Rc::clone(&next);
        let waits = complete_in_batches(move |barrier, _| {
            let mut arrived = arrived(barrier, tasks);
            arrived.iter_mut().for_each(Task::assert_pending);
            assert_eq!(barrier.waiters(), TASKS - 1 - 32 + tasks);
            captured.borrow_mut().append(&mut arrived);
        });
        assert_all_follow(waits);
        assert_eq!(next.borrow().len(), tasks);
        next.take().into_iter().for_each(assert_follows);
    }
}

#[test]
fn arrival_between_batches_may_be_cancelled() {
    for cancelled in 0..3 {
        let waits = complete_in_batches(move |barrier, _| {
            let mut waits = arrived(barrier, 3);
            drop(waits.remove(cancelled));
            assert!(format!("{barrier:?}").contains("arrived: 2"));
            drop(waits);
            assert!(format!("{barrier:?}").contains("arrived: 0"));
        });
        assert_all_follow(waits);
    }
}

#[test]
fn arrival_between_batches_may_be_cancelled_later() {
    let next = Rc::new(RefCell::new(Vec::new()));
    let captured = Rc::clone(&next);
    let waits = complete_in_batches(move |barrier, _| {
        captured.borrow_mut().extend(arrived(barrier, 2));
        captured.borrow_mut().pop();
    });
    assert_all_follow(waits);
    next.take().into_iter().for_each(assert_follows);
}

#[test]
fn next_generation_may_complete_between_batches() {
    let waits = complete_in_batches(|barrier, waits| {
        let next = arrived(barrier, TASKS - 1);
        arrive_last(barrier);
        assert_eq!(barrier.waiters(), 0);
        assert!(waits[31..].iter().all(|(_, wait)| wait.wakeups() == 1));
        next.into_iter().for_each(assert_follows);
    });
    assert_all_follow(waits);
}

#[test]
fn poll_between_batches_completes_wait() {
    for number in LATER_BATCHES {
        let waits = complete_in_batches(move |_, waits| {
            let mut wait = remove(waits, number);
            let result = wait.poll();
            assert!(matches!(result, std::task::Poll::Ready(result) if !result.is_leader()));
            assert_eq!(wait.wakeups(), 0, "the wait has left the queue");
        });
        assert_all_follow(waits);
    }
}

#[test]
fn cancel_between_batches_affects_no_generation() {
    for number in LATER_BATCHES {
        let waits = complete_in_batches(move |barrier, waits| {
            let mut next = Task::waiting(barrier.wait());
            drop(remove(waits, number));
            assert!(format!("{barrier:?}").contains("arrived: 1"));
            next.assert_pending();
        });
        assert_eq!(waits.len(), TASKS - 3);
        assert_all_follow(waits);
    }
}

#[test]
fn cancel_of_all_later_batches_between_batches_is_harmless() {
    let waits = complete_in_batches(|barrier, waits| {
        waits.retain(|&(number, _)| number < 32);
        assert_eq!(barrier.waiters(), 0);
    });
    assert_all_follow(waits);
}

/// Tasks arrive while a leader wakes others. The generation wraps around meanwhile, and no wait may
/// be left behind.
#[test]
fn arrivals_within_wakers_leave_no_wait_behind() {
    // The last round finds waits of the first one, whose generation it has reached again.
    const ROUNDS: usize = 300;
    const TASKS: usize = 400;

    fn arrive(barrier: &'static Barrier, rounds: &Rc<Cell<usize>>, waits: &Rc<RefCell<Vec<Wait>>>) {
        rounds.set(rounds.get() + 1);
        let captured = (Rc::clone(rounds), Rc::clone(waits));
        let waker = on_wake(move || {
            if captured.0.get() < ROUNDS {
                arrive(barrier, &captured.0, &captured.1);
            }
        });
        for _ in 0..TASKS {
            let mut wait = Task::new(barrier.wait());
            if poll_with(&mut wait, &waker).is_pending() {
                waits.borrow_mut().push(wait);
            }
        }
    }
    let barrier: &'static Barrier = leaked(Barrier::new(TASKS));
    let (rounds, waits) = (Rc::default(), Rc::default());
    arrive(barrier, &rounds, &waits);
    assert_eq!((rounds.get(), barrier.waiters()), (ROUNDS, 0));
    let waits = waits.take();
    assert_eq!(waits.len(), ROUNDS * (TASKS - 1), "each round has one leader");
    for mut wait in waits {
        assert!(wait.poll().is_ready());
    }
    assert_eq!(barrier.waiters(), 0);
}
