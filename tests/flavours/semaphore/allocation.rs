//! Borrowed futures and guards never allocate.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use super::Semaphore;
use crate::assertions::assert_does_not_allocate;

#[test]
fn acquire_and_release_do_not_allocate() {
    assert_does_not_allocate(|| {
        let semaphore = Semaphore::new(2);
        drop(semaphore.try_acquire());
        drop(semaphore.try_acquire_many(2));
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(semaphore.acquire()).poll(&mut context).is_ready());
        semaphore.add_permits(1);
    });
}

#[test]
fn wait_grant_and_cancel_do_not_allocate() {
    assert_does_not_allocate(|| {
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
fn granting_many_waiters_does_not_allocate() {
    let semaphore = Semaphore::new(0);
    let mut context = Context::from_waker(Waker::noop());
    let mut waiting: Vec<_> = (0..100).map(|_| Box::pin(semaphore.acquire())).collect();
    assert_does_not_allocate(|| {
        for acquire in &mut waiting {
            assert!(acquire.as_mut().poll(&mut context).is_pending());
        }
        semaphore.add_permits(100);
    });
}
