//! Closing and draining.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use allocation_counter::measure;
use compio_sync::{Closed, TryAcquireError};
use send_wrapper::SendWrapper;

use super::{Counted, Semaphore};
use crate::{hooked_waker::Hooks, task::Task};

#[test]
fn close_fails_pending_and_future_acquires() {
    let semaphore = Counted::new(Semaphore::new(1));
    let _permit = semaphore.try_acquire().unwrap();
    let pending: Vec<_> = (0..100).map(|_| Task::waiting(semaphore.acquire())).collect();
    let owned = Task::waiting(Counted::clone(&semaphore).acquire_many_owned(2));
    let mut late = Task::new(semaphore.acquire());
    assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::NoPermits);
    semaphore.close();
    assert_eq!(semaphore.waiters(), 0);
    for task in pending {
        assert_eq!(task.woken().unwrap_err(), Closed);
    }
    assert_eq!(owned.woken().unwrap_err(), Closed);
    assert!(matches!(late.poll(), Poll::Ready(Err(Closed))));
    assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::Closed);
    assert_eq!(semaphore.try_acquire_up_to(3).unwrap_err(), TryAcquireError::Closed);
    let owned = Counted::clone(&semaphore).try_acquire_owned();
    assert_eq!(owned.unwrap_err(), TryAcquireError::Closed);
    let owned = Counted::clone(&semaphore).try_acquire_up_to_owned(3);
    assert_eq!(owned.unwrap_err(), TryAcquireError::Closed);
}

#[test]
fn close_wakes_waiters_in_fifo_order() {
    let semaphore = Semaphore::new(0);
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut queued: Vec<_> = (0..70).map(|_| Box::pin(semaphore.acquire())).collect();
    for (index, future) in queued.iter_mut().enumerate() {
        let order = Arc::clone(&order);
        let on_wake = Box::new(move || order.lock().unwrap().push(index));
        let waker = Hooks { on_wake, ..Hooks::default() }.into_waker();
        assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    semaphore.close();
    assert_eq!(*order.lock().unwrap(), (0..70).collect::<Vec<_>>());
}

#[test]
fn close_revokes_no_grant() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let granted = Task::waiting(semaphore.acquire());
    let pending = Task::waiting(semaphore.acquire());
    drop(permit);
    semaphore.close();
    let permit = granted.woken().unwrap();
    assert!(pending.woken().is_err());
    assert_eq!(semaphore.in_use(), 1);
    drop(permit);
    assert_eq!((semaphore.in_use(), semaphore.available_permits()), (0, 1));
}

#[test]
fn available_permits_are_not_granted_after_close() {
    let semaphore = Semaphore::new(3);
    let large = Task::waiting(semaphore.acquire_many(4));
    semaphore.close();
    semaphore.add_permits(5);
    assert!(large.woken().is_err());
    assert_eq!((semaphore.available_permits(), semaphore.max_permits()), (8, 8));
    assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::Closed);
}

#[test]
fn close_fails_requests_for_zero_permits() {
    let semaphore = Semaphore::new(0);
    assert!(semaphore.try_acquire_many(0).is_ok());
    assert!(matches!(Task::new(semaphore.acquire_many(0)).poll(), Poll::Ready(Ok(_))));
    semaphore.close();
    assert_eq!(semaphore.try_acquire_many(0).unwrap_err(), TryAcquireError::Closed);
    assert!(matches!(Task::new(semaphore.acquire_many(0)).poll(), Poll::Ready(Err(Closed))));
}

#[test]
fn close_fails_requests_above_maximum() {
    let semaphore = Semaphore::new(1);
    let _permit = semaphore.try_acquire().unwrap();
    for permits in [2, Semaphore::MAX_PERMITS + 1, usize::MAX] {
        assert_eq!(semaphore.try_acquire_many(permits).unwrap_err(), TryAcquireError::NoPermits);
    }
    semaphore.close();
    for permits in [2, Semaphore::MAX_PERMITS + 1, usize::MAX] {
        assert_eq!(semaphore.try_acquire_many(permits).unwrap_err(), TryAcquireError::Closed);
    }
}

#[test]
fn refused_first_poll_clones_no_waker() {
    let semaphore = Semaphore::new(1);
    let on_clone = Box::new(|| panic!("cloned"));
    let waker = Hooks { on_clone, ..Hooks::default() }.into_waker();
    let mut cx = Context::from_waker(&waker);
    assert!(pin!(semaphore.drain()).poll(&mut cx).is_ready());
    assert!(pin!(semaphore.acquire()).poll(&mut cx).is_ready());
    assert!(pin!(semaphore.closed()).poll(&mut cx).is_ready());
}

#[test]
fn second_close_has_no_effect() {
    let semaphore = Semaphore::new(2);
    let permit = semaphore.try_acquire().unwrap();
    semaphore.close();
    let mut drain = Task::waiting(semaphore.drain());
    semaphore.close();
    drain.assert_pending();
    assert_eq!((semaphore.in_use(), semaphore.available_permits()), (1, 1));
    drop(permit);
    drain.woken();
}

#[test]
fn metrics_stay_correct_after_close() {
    let semaphore = Semaphore::new(5);
    let [one, other] = [(); 2].map(|()| semaphore.try_acquire_many(2).unwrap());
    semaphore.set_max_permits(3);
    // The available permits, the debt, the limit and the permits in use.
    let metrics = || {
        let limit = semaphore.max_permits();
        [semaphore.available_permits(), semaphore.debt(), limit, semaphore.in_use()]
    };
    assert_eq!(metrics(), [0, 1, 3, 4]);
    semaphore.close();
    assert_eq!(metrics(), [0, 1, 3, 4]);
    semaphore.add_permits(4);
    assert_eq!(metrics(), [3, 0, 7, 4]);
    assert_eq!(semaphore.forget_permits(9), 3);
    assert_eq!(metrics(), [0, 0, 4, 4]);
    one.forget();
    assert_eq!(metrics(), [0, 0, 2, 2]);
    drop(other);
    assert_eq!(metrics(), [2, 0, 2, 0]);
}

#[test]
fn closed_completes_on_close() {
    let semaphore = Semaphore::new(1);
    let mut waiting = Task::waiting(semaphore.closed());
    drop(semaphore.try_acquire());
    waiting.assert_pending();
    drop(Task::waiting(semaphore.closed()));
    semaphore.close();
    waiting.woken();
    let mut late = Task::new(semaphore.closed());
    assert!(late.poll().is_ready() && late.poll().is_ready(), "every later poll completes as well");
}

#[test]
fn drain_closes_and_waits_for_last_permit() {
    let semaphore = Semaphore::new(4);
    let [one, other] = [(); 2].map(|()| semaphore.try_acquire_many(2).unwrap());
    let granted = Task::waiting(semaphore.acquire());
    drop(one);
    let drain = semaphore.drain();
    assert!(semaphore.is_closed(), "the call closes the semaphore, not the first poll");
    let mut drain = Task::waiting(drain);
    let second = Task::waiting(semaphore.drain());
    drop(Task::waiting(semaphore.drain()));
    drop(other);
    drain.assert_pending();
    drop(granted);
    drain.woken();
    second.woken();
    assert!(Task::new(semaphore.drain()).poll().is_ready());
}

#[test]
fn owned_drain_keeps_semaphore_alive() {
    let semaphore = Counted::new(Semaphore::new(1));
    let weak = Counted::downgrade(&semaphore);
    let permit = Counted::clone(&semaphore).try_acquire_owned().unwrap();
    let mut drain = Task::waiting(semaphore.drain_owned());
    assert!(permit.semaphore().is_closed());
    drain.assert_pending();
    drop(permit);
    assert!(weak.upgrade().is_some());
    drain.woken();
    assert!(weak.upgrade().is_none());
}

#[test]
fn drain_does_not_wait_for_forgotten_permits() {
    let semaphore = Semaphore::new(2);
    let [one, other] = [(); 2].map(|()| semaphore.try_acquire().unwrap());
    let mut drain = Task::waiting(semaphore.drain());
    one.forget();
    drain.assert_pending();
    other.forget();
    drain.woken();
}

#[test]
fn dropped_failed_future_releases_nothing() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let failed = Task::waiting(semaphore.acquire());
    semaphore.close();
    drop(failed);
    assert_eq!((semaphore.in_use(), semaphore.available_permits()), (1, 0));
    drop(permit);
    assert_eq!((semaphore.in_use(), semaphore.available_permits()), (0, 1));
}

#[test]
fn close_fails_all_waiters_if_one_waker_panics() {
    for panicking in [0, 1, 31, 32, 63, 99] {
        let semaphore = Semaphore::new(0);
        let closed = Task::waiting(semaphore.closed());
        let mut tasks: Vec<_> = (0..100).map(|_| Task::new(semaphore.acquire())).collect();
        for (index, task) in tasks.iter_mut().enumerate() {
            let waker = if index == panicking {
                Hooks { on_wake: Box::new(|| panic!("no")), ..Hooks::default() }.into_waker()
            } else {
                task.waker()
            };
            assert!(task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
        catch_unwind(AssertUnwindSafe(|| semaphore.close())).unwrap_err();
        closed.woken();
        for (index, mut task) in tasks.into_iter().enumerate() {
            assert_eq!(task.wakeups(), usize::from(index != panicking));
            assert!(matches!(task.poll(), Poll::Ready(Err(Closed))));
        }
    }
}

#[test]
fn wakers_may_use_semaphore_during_close() {
    let semaphore = Counted::new(Semaphore::new(0));
    let mut tasks: Vec<_> = (0..40).map(|_| Box::pin(semaphore.acquire())).collect();
    for task in &mut tasks {
        let captured = SendWrapper::new(Counted::clone(&semaphore));
        let on_wake = Box::new(move || {
            captured.close();
            assert!(captured.try_acquire().is_err());
            assert!(matches!(Task::new(captured.acquire()).poll(), Poll::Ready(Err(Closed))));
            assert!(Task::new(captured.closed()).poll().is_ready());
            assert!(Task::new(captured.drain()).poll().is_ready());
        });
        let waker = Hooks { on_wake, ..Hooks::default() }.into_waker();
        assert!(task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    semaphore.close();
    assert_eq!(semaphore.waiters(), 0);
}

#[test]
fn close_and_drain_do_not_allocate() {
    let allocated = measure(|| {
        let semaphore = Semaphore::new(1);
        let mut context = Context::from_waker(Waker::noop());
        let permit = semaphore.try_acquire();
        let mut failed = pin!(semaphore.acquire());
        assert!(failed.as_mut().poll(&mut context).is_pending());
        let mut drain = pin!(semaphore.drain());
        assert!(failed.poll(&mut context).is_ready());
        assert!(drain.as_mut().poll(&mut context).is_pending());
        drop(permit);
        assert!(drain.poll(&mut context).is_ready());
    });
    assert_eq!(allocated.count_total, 0);
}

#[test]
fn largest_semaphore_counts_correctly_after_close() {
    let max = Semaphore::MAX_PERMITS;
    let semaphore = Semaphore::new(max);
    let all = semaphore.try_acquire_many(max).unwrap();
    semaphore.set_max_permits(0);
    semaphore.close();
    assert_eq!((semaphore.debt(), semaphore.in_use()), (max, max));
    semaphore.set_max_permits(max);
    assert_eq!((semaphore.debt(), semaphore.in_use()), (0, max));
    drop(all);
    assert_eq!((semaphore.available_permits(), semaphore.in_use()), (max, 0));
}

#[test]
fn errors_and_debug_describe_state() {
    let error: Box<dyn std::error::Error> = Closed.into();
    assert_eq!(error.to_string(), "the semaphore is closed");
    assert_eq!(TryAcquireError::from(Closed).to_string(), error.to_string());
    assert_eq!(TryAcquireError::NoPermits.to_string(), "no permits available");
    let semaphore = Semaphore::new(3);
    let shown = format!("{semaphore:?}");
    assert!(shown.starts_with("ClosableSemaphore { max_permits: 3"), "{shown}");
    assert!(shown.contains("is_closed: false"), "{shown}");
    let shown = format!("{:?}", semaphore.acquire());
    assert!(shown.starts_with("Acquire { num_permits: 1"), "{shown}");
    let shown = format!("{:?}", semaphore.try_acquire().unwrap());
    assert!(shown.starts_with("SemaphorePermit { num_permits: 1"), "{shown}");
    semaphore.close();
    let shown = format!("{semaphore:?}");
    assert!(shown.contains("is_closed: true"), "{shown}");
}
