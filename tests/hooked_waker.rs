//! Wakers that run closures when they are cloned, woken or dropped.
#![allow(unsafe_code)]

use std::{
    panic::panic_any,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, RawWaker, RawWakerVTable, Waker},
};

use send_wrapper::SendWrapper;

use crate::task::Task;

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

/// Creates a hook that runs on this thread only.
pub(crate) fn local(hook: impl Fn() + 'static) -> Hook {
    let hook = SendWrapper::new(hook);
    Box::new(move || (*hook)())
}

/// Creates a waker that runs a closure when it is woken.
pub(crate) fn on_wake(hook: impl Fn() + 'static) -> Waker {
    Hooks { on_wake: local(hook), ..Hooks::default() }.into_waker()
}

/// Creates a waker that runs a closure when it is cloned, woken or dropped. Returns the waker and
/// the number of these calls.
pub(crate) fn on_each_call(hook: impl Fn() + Clone + 'static) -> (Waker, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counting = || {
        let (hook, calls) = (hook.clone(), Arc::clone(&calls));
        local(move || {
            calls.fetch_add(1, Ordering::Relaxed);
            hook();
        })
    };
    let hooks = Hooks { on_clone: counting(), on_wake: counting(), on_drop: counting() };
    (hooks.into_waker(), calls)
}

pub(crate) fn panics_when_woken(message: &str) -> Waker {
    let message = message.to_owned();
    on_wake(move || panic_any(message.clone()))
}

/// Creates a waker whose first clone panics when it is dropped.
pub(crate) fn panics_when_clone_is_dropped(message: &'static str) -> Waker {
    let was_dropped = AtomicBool::new(false);
    let on_drop = move || assert!(was_dropped.swap(true, Ordering::Relaxed), "{message}");
    Hooks { on_drop: Box::new(on_drop), ..Hooks::default() }.into_waker()
}

/// Polls a future with a waker instead of the one of its task.
pub(crate) fn poll_with<F: Future>(task: &mut Task<F>, waker: &Waker) -> Poll<F::Output> {
    task.future.as_mut().poll(&mut Context::from_waker(waker))
}

/// Creates a task and polls its future once with a waker. The future must be pending then.
#[track_caller]
pub(crate) fn waiting_with<F: Future>(waker: &Waker, future: F) -> Task<F> {
    let mut task = Task::new(future);
    assert!(poll_with(&mut task, waker).is_pending(), "the future must be pending");
    task
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
