//! A waker that runs closures when it is cloned, woken or dropped.
#![allow(unsafe_code)]

use std::{
    sync::Arc,
    task::{RawWaker, RawWakerVTable, Waker},
};

type Hook = Box<dyn Fn() + Send + Sync>;

pub(crate) struct Hooks {
    pub(crate) on_clone: Hook,
    pub(crate) on_wake: Hook,
    pub(crate) on_drop: Hook,
}

impl Default for Hooks {
    fn default() -> Self {
        Self { on_clone: Box::new(|| ()), on_wake: Box::new(|| ()), on_drop: Box::new(|| ()) }
    }
}

impl Hooks {
    pub(crate) fn into_waker(self) -> Waker {
        let data = Arc::into_raw(Arc::new(self)).cast();
        // SAFETY: each waker owns one count of the `Arc`, and the hooks are `Send` and `Sync`.
        unsafe { Waker::new(data, &VTABLE) }
    }
}

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

fn clone(data: *const ()) -> RawWaker {
    // SAFETY: the waker that is cloned owns a count.
    let hooks = unsafe { &*data.cast::<Hooks>() };
    (hooks.on_clone)();
    // SAFETY: as above; the new count goes to the clone.
    unsafe { Arc::increment_strong_count(data.cast::<Hooks>()) };
    RawWaker::new(data, &VTABLE)
}

fn wake(data: *const ()) {
    // SAFETY: the waker is consumed, and its count with it.
    let hooks = unsafe { Arc::from_raw(data.cast::<Hooks>()) };
    (hooks.on_wake)();
}

fn wake_by_ref(data: *const ()) {
    // SAFETY: the waker owns a count.
    let hooks = unsafe { &*data.cast::<Hooks>() };
    (hooks.on_wake)();
}

fn drop_waker(data: *const ()) {
    // SAFETY: the waker is dropped, and its count with it.
    let hooks = unsafe { Arc::from_raw(data.cast::<Hooks>()) };
    (hooks.on_drop)();
}
