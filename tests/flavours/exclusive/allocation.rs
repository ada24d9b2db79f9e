//! Borrowed futures and guards never allocate.

use std::{
    pin::pin,
    task::{Context, Waker},
};

use super::{Primitive, lock, try_lock};
use crate::assertions::assert_does_not_allocate;

#[test]
fn lock_and_unlock_do_not_allocate() {
    assert_does_not_allocate(|| {
        let primitive = Primitive::new(5);
        drop(try_lock(&primitive));
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(lock(&primitive)).poll(&mut context).is_ready());
    });
}

#[test]
fn wait_grant_and_cancel_do_not_allocate() {
    assert_does_not_allocate(|| {
        let primitive = Primitive::new(5);
        let mut context = Context::from_waker(Waker::noop());
        let guard = try_lock(&primitive);
        let mut granted = pin!(lock(&primitive));
        assert!(granted.as_mut().poll(&mut context).is_pending());
        {
            let cancelled = pin!(lock(&primitive));
            assert!(cancelled.poll(&mut context).is_pending());
        }
        assert!(granted.as_mut().poll(&mut context).is_pending());
        drop(guard);
        assert!(granted.poll(&mut context).is_ready());
    });
}
