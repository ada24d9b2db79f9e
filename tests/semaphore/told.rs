//! What a subscriber of `tracing` is told, and what it may do.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::FutureExt;
use send_wrapper::SendWrapper;

use super::{Counted, Semaphore, granted};
use crate::{
    subscriber::{numbers, polled, told, told_to},
    task::Task,
};

/// All lines but those about spans.
fn events(lines: &[String]) -> Vec<String> {
    let is_event = |line: &&String| !line.starts_with("new ") && !line.starts_with("close ");
    lines.iter().filter(is_event).cloned().collect()
}

/// All lines about spans.
fn spans(lines: &[String]) -> Vec<&str> {
    let is_span = |line: &&str| line.starts_with("new ") || line.starts_with("close ");
    lines.iter().map(String::as_str).filter(is_span).collect()
}

#[test]
fn an_acquire_that_waits_is_told_of_until_it_has_its_permit() {
    let semaphore = Semaphore::new(0);
    let lines = told(|| {
        let mut acquire = Task::waiting(semaphore.acquire());
        acquire.assert_asleep();
        semaphore.add_permits(1);
        drop(acquire.woken());
    });
    let expected = [
        numbers(0, 0, 1),
        vec![polled(false), polled(false)],
        numbers(0, 1, 0),
        numbers(0, 1, 0),
        vec![polled(true)],
        numbers(1, 1, 0),
    ];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn a_semaphore_and_each_who_waits_for_it_have_a_span() {
    let mut line = 0;
    let lines = told(|| {
        line = line!() + 1;
        let semaphore = Semaphore::new(1);
        let owned = Counted::new(Semaphore::new(0));
        let permit = granted(semaphore.acquire().now_or_never().unwrap());
        drop(Task::waiting(Counted::clone(&owned).acquire_owned()));
        drop(permit);
    });
    let name = std::any::type_name::<Semaphore>().rsplit("::").next().unwrap();
    let new_resource = |line| {
        format!(
            "new runtime.resource concrete_type={name:?} kind=\"Sync\" loc.file={:?} \
             loc.line={line} is_internal=false",
            file!()
        )
    };
    let new_op = format!("new runtime.resource.async_op source=\"{name}::acquire\"");
    let expected = [
        &new_resource(line),
        &new_op,
        "close runtime.resource.async_op",
        &new_resource(line + 1),
        &new_op,
        "close runtime.resource.async_op",
        "close runtime.resource",
        "close runtime.resource",
    ];
    assert_eq!(spans(&lines), expected);
}

#[test]
fn a_permit_that_nobody_waited_for_is_told_of_too() {
    let semaphore = Semaphore::new(5);
    let lines = told(|| drop(semaphore.try_acquire_many(2)));
    assert_eq!(events(&lines), [numbers(3, 5, 0), numbers(5, 5, 0)].concat());
}

#[test]
fn who_gives_up_is_told_of() {
    let semaphore = Semaphore::new(1);
    let _permit = semaphore.try_acquire();
    let lines = told(|| drop(Task::waiting(semaphore.acquire())));
    let expected = [numbers(0, 1, 1), vec![polled(false)], numbers(0, 1, 0)];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn a_limit_that_moves_is_told_of() {
    let semaphore = Semaphore::new(1);
    let lines = told(|| {
        semaphore.add_permits(4);
        semaphore.set_max_permits(3);
        semaphore.forget_permits(1);
        semaphore.reduce_permits(1);
    });
    let expected = [numbers(5, 5, 0), numbers(3, 3, 0), numbers(2, 2, 0), numbers(1, 1, 0)];
    assert_eq!(events(&lines), expected.concat());
}

#[test]
fn a_subscriber_that_comes_late_is_told_of_what_was_there_before() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire();
    let lines = told(|| drop(permit));
    assert!(lines[0].starts_with("new runtime.resource "), "{lines:?}");
    assert_eq!(events(&lines), numbers(1, 1, 0));
}

/// Whatever can be done to a semaphore of one permit, which is free again in the end.
fn steps(semaphore: &Counted<Semaphore>) -> [Box<dyn FnOnce() + '_>; 5] {
    let owned = || Counted::clone(semaphore);
    [
        Box::new(|| drop(semaphore.try_acquire())),
        Box::new(|| drop(semaphore.acquire().now_or_never().unwrap())),
        Box::new(move || {
            let permit = owned().try_acquire_owned();
            let waiting = Task::waiting(owned().acquire_owned());
            drop(permit);
            drop(waiting.woken());
        }),
        Box::new(|| {
            let permit = semaphore.try_acquire();
            let waiting = Task::waiting(semaphore.acquire());
            drop(Task::waiting(semaphore.acquire_many(1)));
            drop(permit);
            drop(waiting);
        }),
        Box::new(|| semaphore.add_permits(0)),
    ]
}

/// Takes all steps with a subscriber that panics at some of its calls, which are told by their number and another,
/// for that other from 0 on as long as it makes a difference. How many differences that were.
fn sweep(panics_at: fn(usize, usize) -> bool) -> usize {
    let mut number = 0;
    loop {
        let semaphore = Counted::new(Semaphore::new(1));
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let panics = move || {
            let call = counted.fetch_add(1, Ordering::Relaxed);
            assert!(!panics_at(call, number), "call {call}");
        };
        let mut panicked = 0;
        told_to(panics, || {
            for step in steps(&semaphore) {
                panicked += usize::from(catch_unwind(AssertUnwindSafe(step)).is_err());
                let numbers = [semaphore.available_permits(), semaphore.in_use()];
                assert_eq!((numbers, semaphore.waiters()), ([1, 0], 0), "number {number}");
            }
            panicked += usize::from(catch_unwind(AssertUnwindSafe(|| drop(semaphore))).is_err());
        });
        if calls.load(Ordering::Relaxed) <= number {
            return number;
        }
        assert!(panicked > 0, "a panic goes on");
        number += 1;
    }
}

#[test]
fn a_subscriber_that_panics_once_costs_nobody_a_permit() {
    let calls = sweep(|call, number| call == number);
    assert!(calls > 100, "there were {calls} calls");
}

#[test]
fn a_subscriber_that_panics_from_some_call_on_costs_nobody_a_permit() {
    let calls = sweep(|call, number| call >= number);
    assert!(calls > 50, "there were {calls} calls");
}

#[test]
fn a_permit_dropped_by_a_panic_may_meet_a_subscriber_that_panics() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire();
    let payload = catch_unwind(AssertUnwindSafe(|| {
        let panics_once = AtomicUsize::new(0);
        let panics = move || assert!(panics_once.fetch_add(1, Ordering::Relaxed) > 0, "second");
        told_to(panics, || {
            let _permit = permit;
            panic_any("first");
        });
    }))
    .unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"first"));
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn a_subscriber_may_use_the_semaphore_and_is_not_told_of_that() {
    let semaphore = Counted::new(Semaphore::new(1));
    let its_own = SendWrapper::new(Counted::clone(&semaphore));
    let uses = move || {
        drop(its_own.try_acquire());
        drop(Task::new(its_own.acquire()).poll());
        its_own.forget_permits(0);
    };
    let lines = |semaphore: &Counted<Semaphore>, uses: Box<dyn Fn() + Send + Sync>| {
        told_to(uses, || steps(semaphore).into_iter().for_each(|step| step()))
    };
    let alone = lines(&Counted::new(Semaphore::new(1)), Box::new(|| ()));
    let beside = lines(&semaphore, Box::new(uses));
    assert_eq!(events(&beside), events(&alone));
    assert_eq!((semaphore.available_permits(), semaphore.waiters()), (1, 0));
}
