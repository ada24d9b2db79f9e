//! Borrowed acquires and releases never allocate.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use super::Semaphore;
use allocation_counter::measure;

#[track_caller]
fn assert_allocates_nothing(run: impl FnOnce()) {
    assert_eq!(measure(run).count_total, 0);
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(Box::new(1))).count_total, 1);
}

#[test]
fn taking_and_giving_back_allocates_nothing() {
    assert_allocates_nothing(|| {
        let semaphore = Semaphore::new(2);
        drop(semaphore.try_acquire());
        drop(semaphore.try_acquire_many(2));
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(semaphore.acquire()).poll(&mut context).is_ready());
        semaphore.add_permits(1);
    });
}

#[test]
fn waiting_being_served_and_cancelling_allocates_nothing() {
    assert_allocates_nothing(|| {
        let semaphore = Semaphore::new(1);
        let mut context = Context::from_waker(Waker::noop());
        let permit = semaphore.try_acquire();
        let mut granted = pin!(semaphore.acquire());
        assert!(granted.as_mut().poll(&mut context).is_pending());
        {
            let cancelled = pin!(semaphore.acquire());
            assert!(cancelled.poll(&mut context).is_pending());
        }
        assert!(granted.as_mut().poll(&mut context).is_pending());
        drop(permit);
        assert!(matches!(granted.poll(&mut context), Poll::Ready(_)));
    });
}

#[test]
fn serving_many_at_once_allocates_nothing() {
    let semaphore = Semaphore::new(0);
    let mut context = Context::from_waker(Waker::noop());
    let mut waiting: Vec<_> = (0..100).map(|_| Box::pin(semaphore.acquire())).collect();
    assert_allocates_nothing(|| {
        for acquire in &mut waiting {
            assert!(acquire.as_mut().poll(&mut context).is_pending());
        }
        semaphore.add_permits(100);
    });
}
