//! The methods of a wait, and its end.

use std::{
    pin::pin,
    sync::atomic::Ordering,
    task::{Context, Poll, Waker},
};

use compio_sync::wait_queue::Completion;

use super::{CLOSED, SLOT, Scripted, Slots, Wait, WaitQueue, granted, ready};
use crate::{assertions::panic_message, hooked_waker::on_each_call, task::Task};

#[test]
fn wait_is_queued_from_first_poll_to_completion() {
    let queue = WaitQueue::<Slots>::new(0);
    let mut wait = Task::new(queue.acquire(1));
    assert!(!wait.future.is_queued());
    assert_eq!(queue.waiters(), 0);
    assert!(wait.poll().is_pending());
    assert!(wait.future.is_queued());
    queue.release(1);
    assert!(!wait.future.is_queued(), "a granted wait is not in the queue");
    let completion = ready(&mut wait);
    assert!(!wait.future.is_queued());
    assert_eq!((wait.future.request(), granted(completion).request()), (1, 1));
}

#[test]
fn enabled_wait_is_queued_without_waker() {
    let queue = WaitQueue::<Slots>::new(0);
    let mut wait = Task::new(queue.acquire(1));
    assert!(!wait.future.as_mut().enable());
    assert!(wait.future.is_queued());
    let mut later = Task::waiting(queue.acquire(1));
    queue.release(1);
    assert_eq!(wait.wakeups(), 0);
    later.assert_pending();
    assert!(wait.future.as_mut().enable());
    let completion = ready(&mut wait);
    granted(completion).forget();
}

#[test]
fn enabled_wait_is_woken_once_it_was_polled() {
    let queue = WaitQueue::<Slots>::new(0);
    let mut wait = Task::new(queue.acquire(1));
    assert!(!wait.future.as_mut().enable());
    wait.assert_pending();
    assert!(!wait.future.as_mut().enable(), "an enable keeps the waker");
    queue.release(1);
    drop(granted(wait.woken()));
}

#[test]
fn enable_acquires_what_is_free() {
    let queue = WaitQueue::<Slots>::new(1);
    let mut wait = Task::new(queue.acquire(1));
    assert!(wait.future.as_mut().enable());
    assert!(wait.future.as_mut().enable(), "a second call changes nothing");
    assert_eq!((queue.value(), wait.future.is_queued()), (0, false));
    // The wait owns its grant before it is polled.
    drop(wait);
    assert_eq!(queue.value(), 1);
}

#[test]
fn enable_returns_true_for_refused_request() {
    let queue = WaitQueue::<Slots>::new(CLOSED);
    let mut wait = Task::new(queue.acquire(1));
    assert!(wait.future.as_mut().enable());
    assert!(matches!(wait.poll(), Poll::Ready(Completion::Refused)));
}

/// Creates waits that have returned `Ready`, after a grant at once, a grant later and a refusal.
fn completed(queue: &WaitQueue<Slots>) -> [Task<Wait<'_, Slots>>; 3] {
    queue.update(|_| 1);
    let mut at_once = Task::new(queue.acquire(1));
    let slot = ready(&mut at_once);
    let mut later = Task::waiting(queue.acquire(1));
    drop(slot);
    let slot = ready(&mut later);
    let mut refused = Task::waiting(queue.acquire(1));
    queue.update(|_| CLOSED);
    assert_eq!(ready(&mut refused).granted().map(drop), None);
    drop(slot);
    [at_once, later, refused]
}

#[test]
fn poll_after_completion_panics() {
    let queue = WaitQueue::<Slots>::new(0);
    for value in [0, 5, CLOSED] {
        for mut wait in completed(&queue) {
            queue.update(|_| value);
            assert_eq!(panic_message(|| wait.poll()), "future polled after completion");
            let enable = panic_message(|| wait.future.as_mut().enable());
            assert_eq!(enable, "future polled after completion");
            assert_eq!((queue.value(), queue.waiters()), (value, 0));
        }
    }
}

#[test]
fn repoll_with_same_waker_does_not_clone_it() {
    let queue = WaitQueue::<Slots>::new(0);
    let (waker, calls) = on_each_call(|| ());
    let mut context = Context::from_waker(&waker);
    let mut wait = pin!(queue.acquire(1));
    for _ in 0..3 {
        assert!(wait.as_mut().poll(&mut context).is_pending());
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }
    let mut other = Context::from_waker(Waker::noop());
    assert!(wait.as_mut().poll(&mut other).is_pending());
    assert_eq!(calls.load(Ordering::Relaxed), 2, "the old waker is dropped");
}

#[test]
fn wait_without_refusals_completes() {
    let queue = WaitQueue::<Scripted<false>>::new(0);
    let mut front = Task::waiting(queue.acquire(SLOT));
    let cancelled = Task::waiting(queue.acquire(SLOT));
    let next = Task::waiting(queue.acquire(SLOT));
    front.assert_pending();
    drop(cancelled);
    queue.release(SLOT);
    drop(granted(front.woken()));
    drop(granted(next.woken()));
    assert_eq!((queue.value(), queue.waiters()), (1, 0));
}
