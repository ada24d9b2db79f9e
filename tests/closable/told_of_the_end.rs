//! What a subscriber of `tracing` is told of the end.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
};

use super::Semaphore;
use crate::{
    subscriber::{numbers, polled, state, told, told_to},
    task::Task,
};

#[test]
fn closing_and_those_who_are_refused_are_told_of() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire();
    let lines = told(|| {
        let refused = Task::waiting(semaphore.acquire());
        semaphore.close();
        assert!(refused.woken().is_err());
        drop(permit);
    });
    let expected = [
        vec![lines[0].clone(), lines[1].clone()],
        numbers(0, 1, 1),
        vec![polled(false), state("closed", true)],
        numbers(0, 1, 0),
        vec![polled(true), "close runtime.resource.async_op".into()],
        numbers(1, 1, 0),
    ];
    assert_eq!(lines, expected.concat());
}

#[test]
fn a_drain_is_told_of_until_all_is_back() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire();
    let lines = told(|| {
        let drain = Task::waiting(semaphore.drain());
        drop(permit);
        drain.woken();
    });
    let op = "new runtime.resource.async_op source=\"ClosableSemaphore::drain\"";
    let expected = [
        vec![lines[0].clone(), state("closed", true)],
        numbers(0, 1, 0),
        vec![op.into()],
        numbers(0, 1, 1),
        vec![polled(false)],
        numbers(1, 1, 0),
        vec![polled(true), "close runtime.resource.async_op".into()],
    ];
    assert_eq!(lines, expected.concat());
}

#[test]
fn who_waits_for_the_end_is_woken_before_a_subscriber_is_told_of_it() {
    let semaphore = Semaphore::new(0);
    let mut closed = Task::waiting(semaphore.closed());
    let wakes = closed.change_waker();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    told_to(move || told.lock().unwrap().push(wakes.count()), || semaphore.close());
    let seen = seen.lock().unwrap();
    assert!(!seen.is_empty() && seen.iter().all(|&wakes| wakes == 1), "{seen:?}");
}

#[test]
fn it_is_closed_for_all_even_if_the_subscriber_panics() {
    let semaphore = Semaphore::new(0);
    let refused = Task::waiting(semaphore.acquire());
    let closed = Task::waiting(semaphore.closed());
    told_to(
        || panic!("no"),
        || {
            catch_unwind(AssertUnwindSafe(|| semaphore.close())).unwrap_err();
        },
    );
    assert!(refused.woken().is_err());
    closed.woken();
}
