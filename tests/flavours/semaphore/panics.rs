//! Panic messages of this crate, and wakers that panic.
//!
//! A panicking waker loses neither a permit nor the wakeup of another waiter.

use std::{
    cell::RefCell,
    rc::Rc,
    sync::atomic::{AtomicBool, Ordering},
    task::Context,
};

use send_wrapper::SendWrapper;

use super::{Counted, Semaphore};
#[cfg(feature = "std")]
use crate::hooked_waker::{on_wake, panics_when_clone_is_dropped};
use crate::{
    assertions::panic_message,
    hooked_waker::{Hooks, panics_when_woken},
    task::Task,
};

#[test]
fn new_above_maximum_panics_with_values() {
    let max = Semaphore::MAX_PERMITS;
    for permits in [max + 1, usize::MAX] {
        let expected = format!("a semaphore of {permits} permits exceeds MAX_PERMITS ({max})");
        assert_eq!(panic_message(|| Semaphore::new(permits)), expected);
    }
}

#[test]
fn adding_above_maximum_panics_and_changes_nothing() {
    let semaphore = Semaphore::new(3);
    let max = Semaphore::MAX_PERMITS;
    let mut large = Task::waiting(semaphore.acquire_many(4));
    for added in [max - 2, usize::MAX] {
        let expected =
            format!("adding {added} permits to a limit of 3 exceeds MAX_PERMITS ({max})");
        assert_eq!(panic_message(|| semaphore.add_permits(added)), expected);
        assert_eq!((semaphore.max_permits(), semaphore.available_permits()), (3, 3));
        large.assert_pending();
    }
    semaphore.add_permits(1);
    drop(large.woken());
}

#[test]
fn setting_above_maximum_panics_and_changes_nothing() {
    let semaphore = Semaphore::new(3);
    let max = Semaphore::MAX_PERMITS;
    let mut large = Task::waiting(semaphore.acquire_many(4));
    for limit in [max + 1, usize::MAX] {
        let expected = format!("a limit of {limit} permits exceeds MAX_PERMITS ({max})");
        assert_eq!(panic_message(|| semaphore.set_max_permits(limit)), expected);
        assert_eq!((semaphore.max_permits(), semaphore.available_permits()), (3, 3));
        large.assert_pending();
    }
    semaphore.set_max_permits(4);
    drop(large.woken());
}

#[test]
fn request_above_maximum_panics_with_values() {
    let semaphore = Counted::new(Semaphore::new(1));
    let max = Semaphore::MAX_PERMITS;
    let permits = max + 1;
    let expected = format!("cannot wait for {permits} permits: MAX_PERMITS is {max}");
    assert_eq!(panic_message(|| drop(semaphore.acquire_many(permits))), expected);
    let owned = Counted::clone(&semaphore);
    assert_eq!(panic_message(|| drop(owned.acquire_many_owned(permits))), expected);
    assert!(semaphore.try_acquire().is_some());
}

#[test]
fn poll_after_completion_panics_and_loses_nothing() {
    let semaphore = Semaphore::new(1);
    for permits in [0, 1] {
        let mut acquire = Task::new(semaphore.acquire_many(permits));
        assert!(acquire.poll().is_ready());
        assert!(panic_message(|| acquire.poll()).contains("polled after completion"));
        drop(acquire);
        assert_eq!(semaphore.available_permits(), 1);
    }
}

#[test]
fn panicking_waker_loses_no_permit() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let mut acquire = Task::new(semaphore.acquire());
    let waker = panics_when_woken("no");
    assert!(acquire.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(panic_message(|| drop(permit)), "no");
    assert_eq!(semaphore.in_use(), 1, "the grant precedes the wakeup");
    drop(acquire);
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn other_waiters_are_woken_if_one_waker_panics() {
    for panicking in [0, 1, 31, 32, 50, 63, 64, 99] {
        assert_other_waiters_are_woken(&[panicking]);
    }
}

#[cfg(feature = "std")]
#[test]
fn other_waiters_are_woken_if_many_wakers_panic() {
    assert_other_waiters_are_woken(&[0, 1, 30, 31, 32, 33, 98, 99]);
}

/// Grants 100 waiters, and asserts that all of them are granted although some wakers panic. The
/// first panic must be the one that propagates.
fn assert_other_waiters_are_woken(panicking: &[usize]) {
    let semaphore = Semaphore::new(0);
    let mut tasks: Vec<_> = (0..100).map(|_| Task::new(semaphore.acquire())).collect();
    for (index, task) in tasks.iter_mut().enumerate() {
        let waker = match panicking.contains(&index) {
            true => panics_when_woken(&index.to_string()),
            false => task.waker(),
        };
        assert!(task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    let message = panic_message(|| semaphore.add_permits(100));
    assert_eq!(message, panicking[0].to_string());
    assert_eq!((semaphore.in_use(), semaphore.available_permits()), (100, 0));
    for (index, mut task) in tasks.into_iter().enumerate() {
        assert_eq!(task.wakeups(), usize::from(!panicking.contains(&index)));
        assert!(task.poll().is_ready(), "waiter {index} is not granted");
    }
    assert_eq!(semaphore.available_permits(), 100);
}

#[cfg(feature = "std")]
#[test]
fn panicking_waker_during_unwind_does_not_abort() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let mut acquire = Task::new(semaphore.acquire());
    let waker = panics_when_woken("second");
    assert!(acquire.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let message = panic_message(|| {
        let _permit = permit;
        panic!("first");
    });
    assert_eq!(message, "first");
    assert!(acquire.poll().is_ready());
}

#[test]
fn panicking_clone_leaves_future_unchanged() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let waker = Hooks { on_clone: Box::new(|| panic!("no")), ..Hooks::default() }.into_waker();
    let mut context = Context::from_waker(&waker);

    let mut unqueued = Task::new(semaphore.acquire());
    assert_eq!(panic_message(|| unqueued.future.as_mut().poll(&mut context)), "no");
    let mut queued = Task::waiting(semaphore.acquire());
    assert_eq!(panic_message(|| queued.future.as_mut().poll(&mut context)), "no");

    drop(permit);
    drop(queued.woken());
    assert!(unqueued.poll().is_ready());
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn panicking_waker_drop_loses_no_permit() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let mut acquire = Task::new(semaphore.acquire());
    let was_dropped = AtomicBool::new(false);
    let on_drop = Box::new(move || assert!(was_dropped.swap(true, Ordering::Relaxed), "no"));
    let waker = Hooks { on_drop, ..Hooks::default() }.into_waker();
    assert!(acquire.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(
        panic_message(|| acquire.poll()),
        "no",
        "the poll replaced and dropped the old waker"
    );
    drop(permit);
    drop(acquire.woken());
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn permit_added_during_clone_survives_panicking_drop() {
    let semaphore = Counted::new(Semaphore::new(0));
    let adds = SendWrapper::new(Counted::clone(&semaphore));
    let on_clone = Box::new(move || adds.add_permits(1));
    let was_dropped = AtomicBool::new(false);
    let on_drop = Box::new(move || assert!(was_dropped.swap(true, Ordering::Relaxed), "no"));
    let waker = Hooks { on_clone, on_drop, ..Hooks::default() }.into_waker();
    let mut acquire = Task::new(semaphore.acquire());
    let poll = || acquire.future.as_mut().poll(&mut Context::from_waker(&waker));
    assert_eq!(panic_message(poll), "no");
    assert_eq!(semaphore.in_use(), 1, "the future holds the permit");
    drop(acquire);
    assert_eq!(semaphore.available_permits(), 1);
}

#[cfg(feature = "std")]
#[test]
fn cancel_survives_panics_of_next_waker_and_own_waker() {
    let semaphore = Semaphore::new(1);
    let mut large = Task::new(semaphore.acquire_many(2));
    let mut next = Task::new(semaphore.acquire());
    let (own_waker, next_waker) = (panics_when_clone_is_dropped("own"), panics_when_woken("next"));
    assert!(large.future.as_mut().poll(&mut Context::from_waker(&own_waker)).is_pending());
    assert!(next.future.as_mut().poll(&mut Context::from_waker(&next_waker)).is_pending());
    assert_eq!(panic_message(|| drop(large)), "next");
    assert!(next.poll().is_ready());
    assert_eq!(semaphore.available_permits(), 1);
}

#[cfg(feature = "std")]
#[test]
fn cancel_during_unwind_survives_panicking_waker_drop() {
    let semaphore = Semaphore::new(0);
    let mut acquire = Task::new(semaphore.acquire());
    let waker = panics_when_clone_is_dropped("second");
    assert!(acquire.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let message = panic_message(|| {
        let _acquire = acquire;
        panic!("first");
    });
    assert_eq!((&*message, semaphore.waiters()), ("first", 0));
}

#[cfg(feature = "std")]
#[test]
fn repoll_during_unwind_survives_panicking_waker_drop() {
    struct PollsOnDrop<F: Future>(Task<F>);
    impl<F: Future> Drop for PollsOnDrop<F> {
        fn drop(&mut self) {
            assert!(self.0.poll().is_pending());
        }
    }
    let semaphore = Semaphore::new(0);
    let mut acquire = Task::new(semaphore.acquire());
    let waker = panics_when_clone_is_dropped("second");
    assert!(acquire.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let message = panic_message(|| {
        let _polls = PollsOnDrop(acquire);
        panic!("first");
    });
    assert_eq!((&*message, semaphore.waiters()), ("first", 0));
}

#[test]
fn waiter_enqueued_by_waker_drop_is_granted_after_release() {
    let semaphore = Counted::new(Semaphore::new(0));
    let enqueued = Rc::new(RefCell::new(None));
    let adds = SendWrapper::new(Counted::clone(&semaphore));
    let on_clone = Box::new(move || adds.add_permits(1));
    let captured = SendWrapper::new((Counted::clone(&semaphore), Rc::clone(&enqueued)));
    let was_dropped = AtomicBool::new(false);
    let on_drop = Box::new(move || {
        if !was_dropped.swap(true, Ordering::Relaxed) {
            let acquire = Counted::clone(&captured.0).acquire_owned();
            *captured.1.borrow_mut() = Some(Task::waiting(acquire));
            panic!("no");
        }
    });
    let waker = Hooks { on_clone, on_drop, ..Hooks::default() }.into_waker();
    let mut acquire = Task::new(semaphore.acquire());
    let poll = || acquire.future.as_mut().poll(&mut Context::from_waker(&waker));
    assert_eq!(panic_message(poll), "no");
    assert_eq!((semaphore.in_use(), semaphore.waiters()), (1, 1));
    drop(acquire);
    drop(enqueued.take().unwrap().woken());
    assert_eq!(semaphore.available_permits(), 1);
}

#[cfg(feature = "std")]
#[test]
fn payload_of_second_panic_may_panic_when_dropped() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("third");
        }
    }
    let semaphore = Semaphore::new(0);
    let mut tasks = [(); 2].map(|()| Task::new(semaphore.acquire()));
    let bomb = on_wake(|| std::panic::panic_any(Bomb));
    for (task, waker) in tasks.iter_mut().zip([panics_when_woken("first"), bomb]) {
        assert!(task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    assert_eq!(panic_message(|| semaphore.add_permits(2)), "first");
    assert_eq!(semaphore.in_use(), 2);
}
