//! Closing, and what it leaves alone.

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
fn closing_refuses_everybody_who_is_queued_and_everybody_who_comes_later() {
    let semaphore = Counted::new(Semaphore::new(1));
    let _permit = semaphore.try_acquire().unwrap();
    let queued: Vec<_> = (0..100).map(|_| Task::waiting(semaphore.acquire())).collect();
    let owned = Task::waiting(Counted::clone(&semaphore).acquire_many_owned(2));
    let mut late = Task::new(semaphore.acquire());
    assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::NoPermits);
    semaphore.close();
    assert_eq!(semaphore.waiters(), 0);
    for task in queued {
        assert_eq!(task.woken().unwrap_err(), Closed);
    }
    assert_eq!(owned.woken().unwrap_err(), Closed);
    assert!(matches!(late.poll(), Poll::Ready(Err(Closed))));
    assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::Closed);
    assert_eq!(semaphore.try_acquire_up_to(3).unwrap_err(), TryAcquireError::Closed);
    let owned = Counted::clone(&semaphore).try_acquire_owned();
    assert_eq!(owned.unwrap_err(), TryAcquireError::Closed);
}

#[test]
fn the_queue_is_woken_in_order() {
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
fn who_was_granted_before_keeps_the_permit() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let granted = Task::waiting(semaphore.acquire());
    let refused = Task::waiting(semaphore.acquire());
    drop(permit);
    semaphore.close();
    let permit = granted.woken().unwrap();
    assert!(refused.woken().is_err());
    assert_eq!(semaphore.in_use(), 1);
    drop(permit);
    assert_eq!((semaphore.in_use(), semaphore.available_permits()), (0, 1));
}

#[test]
fn what_is_free_is_not_given_away_after_closing() {
    let semaphore = Semaphore::new(3);
    let big = Task::waiting(semaphore.acquire_many(4));
    semaphore.close();
    semaphore.add_permits(5);
    assert!(big.woken().is_err());
    assert_eq!((semaphore.available_permits(), semaphore.max_permits()), (8, 8));
    assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::Closed);
}

#[test]
fn a_request_for_nothing_is_refused_too() {
    let semaphore = Semaphore::new(0);
    assert!(semaphore.try_acquire_many(0).is_ok());
    assert!(matches!(Task::new(semaphore.acquire_many(0)).poll(), Poll::Ready(Ok(_))));
    semaphore.close();
    assert_eq!(semaphore.try_acquire_many(0).unwrap_err(), TryAcquireError::Closed);
    assert!(matches!(Task::new(semaphore.acquire_many(0)).poll(), Poll::Ready(Err(Closed))));
}

#[test]
fn closing_twice_is_nothing() {
    let semaphore = Semaphore::new(2);
    let permit = semaphore.try_acquire().unwrap();
    semaphore.close();
    let mut drain = Task::waiting(semaphore.drain());
    semaphore.close();
    drain.assert_asleep();
    assert_eq!((semaphore.in_use(), semaphore.available_permits()), (1, 1));
    drop(permit);
    drain.woken();
}

#[test]
fn the_numbers_go_on_after_closing() {
    let semaphore = Semaphore::new(5);
    let [one, other] = [(); 2].map(|()| semaphore.try_acquire_many(2).unwrap());
    semaphore.set_max_permits(3);
    // Available, debt, max, in use.
    let numbers = || {
        let limit = semaphore.max_permits();
        [semaphore.available_permits(), semaphore.debt(), limit, semaphore.in_use()]
    };
    assert_eq!(numbers(), [0, 1, 3, 4]);
    semaphore.close();
    assert_eq!(numbers(), [0, 1, 3, 4]);
    semaphore.add_permits(4);
    assert_eq!(numbers(), [3, 0, 7, 4]);
    assert_eq!(semaphore.forget_permits(9), 3);
    assert_eq!(numbers(), [0, 0, 4, 4]);
    one.forget();
    assert_eq!(numbers(), [0, 0, 2, 2]);
    drop(other);
    assert_eq!(numbers(), [2, 0, 2, 0]);
}

#[test]
fn closed_waits_until_it_is_closed() {
    let semaphore = Semaphore::new(1);
    let mut waiting = Task::waiting(semaphore.closed());
    drop(semaphore.try_acquire());
    waiting.assert_asleep();
    drop(Task::waiting(semaphore.closed()));
    semaphore.close();
    waiting.woken();
    let mut late = Task::new(semaphore.closed());
    assert!(late.poll().is_ready() && late.poll().is_ready(), "as often as it is asked");
}

#[test]
fn drain_closes_and_waits_for_the_last_permit() {
    let semaphore = Semaphore::new(4);
    let [one, other] = [(); 2].map(|()| semaphore.try_acquire_many(2).unwrap());
    let granted = Task::waiting(semaphore.acquire());
    drop(one);
    let drain = semaphore.drain();
    assert!(semaphore.is_closed(), "before it is polled");
    let mut drain = Task::waiting(drain);
    let second = Task::waiting(semaphore.drain());
    drop(Task::waiting(semaphore.drain()));
    drop(other);
    drain.assert_asleep();
    drop(granted);
    drain.woken();
    second.woken();
    assert!(Task::new(semaphore.drain()).poll().is_ready());
}

#[test]
fn a_forgotten_permit_is_not_waited_for() {
    let semaphore = Semaphore::new(2);
    let [one, other] = [(); 2].map(|()| semaphore.try_acquire().unwrap());
    let mut drain = Task::waiting(semaphore.drain());
    one.forget();
    drain.assert_asleep();
    other.forget();
    drain.woken();
}

#[test]
fn a_refused_future_that_is_dropped_gives_nothing_back() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.try_acquire().unwrap();
    let refused = Task::waiting(semaphore.acquire());
    semaphore.close();
    drop(refused);
    assert_eq!((semaphore.in_use(), semaphore.available_permits()), (1, 0));
    drop(permit);
    assert_eq!((semaphore.in_use(), semaphore.available_permits()), (0, 1));
}

#[test]
fn one_of_a_hundred_wakers_panics_and_the_queue_is_refused_all_the_same() {
    for panicking in [0, 1, 31, 32, 63, 99] {
        let semaphore = Semaphore::new(0);
        let watching = Task::waiting(semaphore.closed());
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
        watching.woken();
        for (index, mut task) in tasks.into_iter().enumerate() {
            assert_eq!(task.wakes(), usize::from(index != panicking));
            assert!(matches!(task.poll(), Poll::Ready(Err(Closed))));
        }
    }
}

#[test]
fn wakers_may_call_back_while_it_is_closed() {
    let semaphore = Counted::new(Semaphore::new(0));
    let mut tasks: Vec<_> = (0..40).map(|_| Box::pin(semaphore.acquire())).collect();
    for task in &mut tasks {
        let again = SendWrapper::new(Counted::clone(&semaphore));
        let on_wake = Box::new(move || {
            again.close();
            assert!(again.try_acquire().is_err());
            assert!(matches!(Task::new(again.acquire()).poll(), Poll::Ready(Err(Closed))));
            assert!(Task::new(again.closed()).poll().is_ready());
            assert!(Task::new(again.drain()).poll().is_ready());
        });
        let waker = Hooks { on_wake, ..Hooks::default() }.into_waker();
        assert!(task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    semaphore.close();
    assert_eq!(semaphore.waiters(), 0);
}

#[test]
fn closing_and_draining_allocate_nothing() {
    let allocated = measure(|| {
        let semaphore = Semaphore::new(1);
        let mut context = Context::from_waker(Waker::noop());
        let permit = semaphore.try_acquire();
        let mut refused = pin!(semaphore.acquire());
        assert!(refused.as_mut().poll(&mut context).is_pending());
        let mut drain = pin!(semaphore.drain());
        assert!(refused.poll(&mut context).is_ready());
        assert!(drain.as_mut().poll(&mut context).is_pending());
        drop(permit);
        assert!(drain.poll(&mut context).is_ready());
    });
    assert_eq!(allocated.count_total, 0);
}

#[test]
fn the_largest_counts_right_when_it_is_closed() {
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
fn errors_say_what_happened() {
    let error: Box<dyn std::error::Error> = Closed.into();
    assert_eq!(error.to_string(), "the semaphore is closed");
    assert_eq!(TryAcquireError::from(Closed).to_string(), error.to_string());
    assert!(TryAcquireError::NoPermits.to_string().contains("permits"));
    let shown = format!("{:?}", Semaphore::new(3));
    assert!(shown.contains("max_permits: 3") && shown.contains("is_closed: false"), "{shown}");
}
