//! Borrowed waits, grants and updates never allocate.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use super::{CLOSED, Slots, WaitQueue, granted};
use crate::assertions::assert_does_not_allocate;

#[test]
fn acquire_release_and_update_do_not_allocate() {
    assert_does_not_allocate(|| {
        let queue = WaitQueue::<Slots>::new(2);
        drop(queue.try_acquire(1));
        assert!(queue.try_acquire(3).is_none());
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(queue.acquire(2)).poll(&mut context).is_ready());
        queue.release(1);
        assert_eq!(queue.update(|_| CLOSED), 3);
        assert!(queue.try_acquire(1).is_some());
        assert!(pin!(queue.acquire(1)).poll(&mut context).is_ready());
    });
}

#[test]
fn wait_grant_and_cancel_do_not_allocate() {
    assert_does_not_allocate(|| {
        let queue = WaitQueue::<Slots>::new(1);
        let mut context = Context::from_waker(Waker::noop());
        let slot = queue.try_acquire(1);
        let mut waiting = pin!(queue.acquire(1));
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        {
            let mut cancelled = pin!(queue.acquire(1));
            assert!(!cancelled.as_mut().enable());
            assert!(cancelled.poll(&mut context).is_pending());
        }
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        drop(slot);
        let Poll::Ready(completion) = waiting.poll(&mut context) else {
            panic!("the slot is free");
        };
        granted(completion).forget();
    });
}

#[test]
fn completing_many_waiters_does_not_allocate() {
    let queue = WaitQueue::<Slots>::new(0);
    let mut context = Context::from_waker(Waker::noop());
    let mut waits: Vec<_> = (0..150).map(|_| Box::pin(queue.acquire(1))).collect();
    assert_does_not_allocate(|| {
        for wait in &mut waits {
            assert!(wait.as_mut().poll(&mut context).is_pending());
        }
        queue.update(|_| 50);
        queue.release(50);
        queue.update(|_| CLOSED);
        assert_eq!(queue.waiters(), 0);
    });
}
