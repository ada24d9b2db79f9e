//! Panics: of ours, which name what was wrong, and of foreign wakers, which cost nobody anything.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    rc::Rc,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Waker},
};

use send_wrapper::SendWrapper;

use super::{Counted, Semaphore};
use crate::{hooked_waker::Hooks, task::Task};

/// The message of the panic that this must end in.
#[track_caller]
fn message_of<R>(panics: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(panics()))) else {
        panic!("it must panic");
    };
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => payload.downcast_ref::<&str>().unwrap().to_string(),
    }
}

#[track_caller]
fn assert_names(message: &str, numbers: &[usize]) {
    for number in numbers {
        assert!(message.contains(&number.to_string()), "{message:?} must name {number}");
    }
}

#[test]
fn a_semaphore_above_the_maximum_is_refused_with_both_numbers() {
    let too_many = Semaphore::MAX_PERMITS + 1;
    let message = message_of(|| Semaphore::new(too_many));
    let max = Semaphore::MAX_PERMITS;
    let expected =
        format!("a semaphore of {too_many} permits is above MAX_PERMITS, which is {max}");
    assert_eq!(message, expected);
    assert_names(&message_of(|| Semaphore::new(usize::MAX)), &[usize::MAX]);
}

#[test]
fn adding_above_the_maximum_is_refused_and_changes_nothing() {
    let semaphore = Semaphore::new(3);
    let mut big = Task::waiting(semaphore.acquire_many(4));
    for added in [Semaphore::MAX_PERMITS - 2, usize::MAX] {
        let message = message_of(|| semaphore.add_permits(added));
        assert_names(&message, &[added, 3, Semaphore::MAX_PERMITS]);
        assert_eq!((semaphore.max_permits(), semaphore.available_permits()), (3, 3));
        big.assert_asleep();
    }
    semaphore.add_permits(1);
    drop(big.woken());
}

#[test]
fn a_request_above_the_maximum_is_refused_with_both_numbers() {
    let semaphore = Semaphore::new(1);
    let message = message_of(|| drop(semaphore.acquire_many(Semaphore::MAX_PERMITS + 1)));
    assert_names(&message, &[Semaphore::MAX_PERMITS + 1, Semaphore::MAX_PERMITS]);
    assert!(semaphore.try_acquire().is_some());
}

#[test]
fn polling_a_finished_acquire_panics_and_loses_nothing() {
    let semaphore = Semaphore::new(1);
    for permits in [0, 1] {
        let mut acquire = Task::new(semaphore.acquire_many(permits));
        assert!(acquire.poll().is_ready());
        assert!(message_of(|| acquire.poll()).contains("polled after"));
        drop(acquire);
        assert_eq!(semaphore.available_permits(), 1);
    }
}

#[test]
fn a_waker_that_panics_alone_loses_nothing() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let mut acquire = Task::new(semaphore.acquire());
    let waker = panics_when_woken("no");
    assert!(acquire.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(message_of(|| drop(permit)), "no");
    assert_eq!(semaphore.in_use(), 1, "it was granted before it was woken");
    drop(acquire);
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn one_of_a_hundred_wakers_panics_and_the_other_ninety_nine_are_woken() {
    for panicking in [0, 1, 31, 32, 50, 63, 64, 99] {
        wake_a_hundred_of_whom_some_panic(&[panicking]);
    }
}

#[cfg(feature = "std")]
#[test]
fn many_wakers_panic_and_the_others_are_woken() {
    wake_a_hundred_of_whom_some_panic(&[0, 1, 30, 31, 32, 33, 98, 99]);
}

/// The first panic is the one that goes on.
fn wake_a_hundred_of_whom_some_panic(panicking: &[usize]) {
    let semaphore = Semaphore::new(0);
    let mut tasks: Vec<_> = (0..100).map(|_| Task::new(semaphore.acquire())).collect();
    for (index, task) in tasks.iter_mut().enumerate() {
        let waker = match panicking.contains(&index) {
            true => panics_when_woken(&index.to_string()),
            false => task.waker(),
        };
        assert!(task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    let message = message_of(|| semaphore.add_permits(100));
    assert_eq!(message, panicking[0].to_string());
    assert_eq!((semaphore.in_use(), semaphore.available_permits()), (100, 0));
    for (index, mut task) in tasks.into_iter().enumerate() {
        assert_eq!(task.wakes(), usize::from(!panicking.contains(&index)));
        assert!(task.poll().is_ready(), "waiter {index} was granted");
    }
    assert_eq!(semaphore.available_permits(), 100);
}

#[cfg(feature = "std")]
#[test]
fn a_permit_dropped_by_a_panic_may_meet_a_waker_that_panics() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let mut acquire = Task::new(semaphore.acquire());
    let waker = panics_when_woken("second");
    assert!(acquire.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let message = message_of(|| {
        let _permit = permit;
        panic!("first");
    });
    assert_eq!(message, "first");
    assert!(acquire.poll().is_ready());
}

#[test]
fn a_waker_that_panics_when_cloned_leaves_the_future_as_it_was() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let waker = Hooks { on_clone: Box::new(|| panic!("no")), ..Hooks::default() }.into_waker();
    let mut context = Context::from_waker(&waker);

    let mut unqueued = Task::new(semaphore.acquire());
    assert_eq!(message_of(|| unqueued.future.as_mut().poll(&mut context)), "no");
    let mut queued = Task::waiting(semaphore.acquire());
    assert_eq!(message_of(|| queued.future.as_mut().poll(&mut context)), "no");

    drop(permit);
    drop(queued.woken());
    assert!(unqueued.poll().is_ready());
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn a_waker_that_panics_when_dropped_loses_no_permit() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let mut acquire = Task::new(semaphore.acquire());
    let was_dropped = AtomicBool::new(false);
    let on_drop = Box::new(move || assert!(was_dropped.swap(true, Ordering::Relaxed), "no"));
    let waker = Hooks { on_drop, ..Hooks::default() }.into_waker();
    assert!(acquire.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(message_of(|| acquire.poll()), "no", "the old waker was dropped for the new one");
    drop(permit);
    drop(acquire.woken());
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn a_permit_that_comes_while_the_waker_is_cloned_is_not_lost_when_the_clone_panics_on_drop() {
    let semaphore = Counted::new(Semaphore::new(0));
    let adds = SendWrapper::new(Counted::clone(&semaphore));
    let on_clone = Box::new(move || adds.add_permits(1));
    let was_dropped = AtomicBool::new(false);
    let on_drop = Box::new(move || assert!(was_dropped.swap(true, Ordering::Relaxed), "no"));
    let waker = Hooks { on_clone, on_drop, ..Hooks::default() }.into_waker();
    let mut acquire = Task::new(semaphore.acquire());
    let poll = || acquire.future.as_mut().poll(&mut Context::from_waker(&waker));
    assert_eq!(message_of(poll), "no");
    assert_eq!(semaphore.in_use(), 1, "it has the permit");
    drop(acquire);
    assert_eq!(semaphore.available_permits(), 1);
}

/// Panics when it is dropped, but for the one that polls.
#[cfg(feature = "std")]
fn panics_when_the_clone_is_dropped(message: &'static str) -> Waker {
    let was_dropped = AtomicBool::new(false);
    let on_drop = move || assert!(was_dropped.swap(true, Ordering::Relaxed), "{message}");
    Hooks { on_drop: Box::new(on_drop), ..Hooks::default() }.into_waker()
}

#[cfg(feature = "std")]
#[test]
fn a_cancel_may_meet_a_panic_in_the_next_waker_and_in_its_own() {
    let semaphore = Semaphore::new(1);
    let mut big = Task::new(semaphore.acquire_many(2));
    let mut next = Task::new(semaphore.acquire());
    let (own, nexts) = (panics_when_the_clone_is_dropped("own"), panics_when_woken("next"));
    assert!(big.future.as_mut().poll(&mut Context::from_waker(&own)).is_pending());
    assert!(next.future.as_mut().poll(&mut Context::from_waker(&nexts)).is_pending());
    assert_eq!(message_of(|| drop(big)), "next");
    assert!(next.poll().is_ready());
    assert_eq!(semaphore.available_permits(), 1);
}

#[cfg(feature = "std")]
#[test]
fn a_waiter_dropped_by_a_panic_may_have_a_waker_that_panics_when_dropped() {
    let semaphore = Semaphore::new(0);
    let mut acquire = Task::new(semaphore.acquire());
    let waker = panics_when_the_clone_is_dropped("second");
    assert!(acquire.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let message = message_of(|| {
        let _acquire = acquire;
        panic!("first");
    });
    assert_eq!((&*message, semaphore.waiters()), ("first", 0));
}

#[cfg(feature = "std")]
#[test]
fn a_future_polled_again_by_a_panic_may_have_an_old_waker_that_panics_when_dropped() {
    struct PollsOnDrop<F: Future>(Task<F>);
    impl<F: Future> Drop for PollsOnDrop<F> {
        fn drop(&mut self) {
            assert!(self.0.poll().is_pending());
        }
    }
    let semaphore = Semaphore::new(0);
    let mut acquire = Task::new(semaphore.acquire());
    let waker = panics_when_the_clone_is_dropped("second");
    assert!(acquire.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let message = message_of(|| {
        let _polls = PollsOnDrop(acquire);
        panic!("first");
    });
    assert_eq!((&*message, semaphore.waiters()), ("first", 0));
}

#[test]
fn who_is_queued_while_a_permit_is_taken_after_all_is_served_when_it_comes_back() {
    let semaphore = Counted::new(Semaphore::new(0));
    let late = Rc::new(RefCell::new(None));
    let adds = SendWrapper::new(Counted::clone(&semaphore));
    let on_clone = Box::new(move || adds.add_permits(1));
    let queues = SendWrapper::new((Counted::clone(&semaphore), Rc::clone(&late)));
    let was_dropped = AtomicBool::new(false);
    let on_drop = Box::new(move || {
        if !was_dropped.swap(true, Ordering::Relaxed) {
            let acquire = Counted::clone(&queues.0).acquire_owned();
            *queues.1.borrow_mut() = Some(Task::waiting(acquire));
            panic!("no");
        }
    });
    let waker = Hooks { on_clone, on_drop, ..Hooks::default() }.into_waker();
    let mut acquire = Task::new(semaphore.acquire());
    let poll = || acquire.future.as_mut().poll(&mut Context::from_waker(&waker));
    assert_eq!(message_of(poll), "no");
    assert_eq!((semaphore.in_use(), semaphore.waiters()), (1, 1));
    drop(acquire);
    drop(late.take().unwrap().woken());
    assert_eq!(semaphore.available_permits(), 1);
}

#[cfg(feature = "std")]
#[test]
fn what_a_second_waker_panics_with_may_panic_when_it_is_dropped() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("third");
        }
    }
    let semaphore = Semaphore::new(0);
    let mut tasks = [(); 2].map(|()| Task::new(semaphore.acquire()));
    let bomb = Hooks { on_wake: Box::new(|| panic_any(Bomb)), ..Hooks::default() }.into_waker();
    for (task, waker) in tasks.iter_mut().zip([panics_when_woken("first"), bomb]) {
        assert!(task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    assert_eq!(message_of(|| semaphore.add_permits(2)), "first");
    assert_eq!(semaphore.in_use(), 2);
}

fn panics_when_woken(message: &str) -> Waker {
    let message = message.to_owned();
    let on_wake = Box::new(move || panic_any(message.clone()));
    Hooks { on_wake, ..Hooks::default() }.into_waker()
}
