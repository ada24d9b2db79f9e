//! What may happen between two batches of wakeups.

use std::{cell::RefCell, rc::Rc};

use super::{Counted, Primitive, WaitOwned, complete_all, panics_when_cloned, wait, wait_owned};
use crate::{
    hooked_waker::{on_wake, poll_with, waiting_with},
    task::Task,
};

/// Completes 70 waits, which takes three batches. The waker of the first wait calls `between` while
/// the waits from number 32 on are still queued. Returns all waits but the first.
fn complete_in_batches(between: impl Fn(&Primitive, &mut Waits) + 'static) -> Waits {
    let primitive = Counted::new(Primitive::default());
    let waits = Rc::new(RefCell::new(Waits::new()));
    let captured = (Counted::clone(&primitive), Rc::clone(&waits));
    let waker = on_wake(move || {
        assert_eq!(captured.0.waiters(), 70 - 32);
        between(&captured.0, &mut captured.1.borrow_mut());
    });
    let mut first = waiting_with(&waker, wait(&primitive));
    for number in 1..70 {
        waits.borrow_mut().push((number, Task::waiting(wait_owned(&primitive))));
    }
    complete_all(&primitive);
    assert!(first.poll().is_ready());
    assert_eq!(primitive.waiters(), 0);
    waits.take()
}

type Waits = Vec<(usize, Task<WaitOwned>)>;

/// The numbers of waits in the second and third batch: front, middle and back.
const LATER_BATCHES: [usize; 5] = [32, 50, 63, 64, 69];

fn remove(waits: &mut Waits, number: usize) -> Task<WaitOwned> {
    let index = waits.iter().position(|&(other, _)| other == number);
    waits.remove(index.expect("there is a wait with this number")).1
}

#[test]
fn poll_between_batches_completes_wait() {
    for number in LATER_BATCHES {
        let polled = Rc::new(RefCell::new(None));
        let captured = Rc::clone(&polled);
        let waits = complete_in_batches(move |primitive, waits| {
            let mut task = remove(waits, number);
            assert!(task.poll().is_ready());
            assert!(primitive.waiters() < 70 - 32);
            *captured.borrow_mut() = Some(task);
        });
        assert_eq!(polled.take().unwrap().wakeups(), 0, "the wait has left the queue");
        waits.into_iter().for_each(|(_, task)| task.woken());
    }
}

#[test]
fn poll_with_new_waker_between_batches_completes_wait() {
    for number in LATER_BATCHES {
        let waits = complete_in_batches(move |_, waits| {
            let mut task = remove(waits, number);
            assert!(poll_with(&mut task, &panics_when_cloned()).is_ready());
        });
        waits.into_iter().for_each(|(_, task)| task.woken());
    }
}

#[test]
fn cancel_between_batches_affects_no_other_wait() {
    for number in LATER_BATCHES {
        let waits = complete_in_batches(move |primitive, waits| {
            drop(remove(waits, number));
            assert!(primitive.waiters() < 70 - 32);
        });
        assert_eq!(waits.len(), 68);
        waits.into_iter().for_each(|(_, task)| task.woken());
    }
}

#[test]
fn cancel_of_all_later_batches_between_batches_is_harmless() {
    let waits = complete_in_batches(|primitive, waits| {
        waits.retain(|&(number, _)| number < 32);
        assert_eq!(primitive.waiters(), 0);
    });
    waits.into_iter().for_each(|(_, task)| task.woken());
}

#[test]
fn second_broadcast_between_batches_wakes_rest_once() {
    let waits = complete_in_batches(|primitive, waits| {
        complete_all(primitive);
        assert_eq!(primitive.waiters(), 0);
        assert!(waits[31..].iter().all(|(_, task)| task.wakeups() == 1));
    });
    waits.into_iter().for_each(|(_, task)| task.woken());
}
