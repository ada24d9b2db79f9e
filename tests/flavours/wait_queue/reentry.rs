//! Policies and closures that use the queue which calls them.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};
#[cfg(unix)]
use std::{env, os::unix::process::ExitStatusExt, process::Command};

use compio_sync::wait_queue::Arrival;

use super::{
    Queue, SLOT, Script, Scripted, WAITS, Wait, assert_usable, finds_use_by_policy, granted,
    scripted,
};
use crate::{
    assertions::{leaked, panic_message},
    task::Task,
};

const MESSAGE: &str =
    "a policy, or a closure passed to `update`, must not use the wait queue that calls it";

type Use = fn(&'static Queue);

/// The operations that need the lock. `try_acquire` is not one of them while waiters are queued.
const WITH_LOCK: [Use; 4] = [
    |queue| queue.release(SLOT),
    |queue| _ = queue.update(|value| value),
    |queue| _ = Task::new(queue.acquire(SLOT)).poll(),
    |queue| _ = Task::new(queue.acquire(SLOT)).future.as_mut().enable(),
];

thread_local! {
    /// What the policy does once, when a function of `USES` is called at the value 5.
    static NEXT_USE: Cell<Option<(Use, &'static Queue)>> = const { Cell::new(None) };
}

fn use_at_5(value: isize) -> isize {
    if value == 5 {
        if let Some((use_queue, queue)) = NEXT_USE.take() {
            use_queue(queue);
        }
    }
    value
}

/// A request whose policy uses its queue.
const USES: Script = Script {
    decide: |value| (SLOT.decide)(use_at_5(value)),
    release: |value| use_at_5(value) + 1,
    enqueue: |value, script| Arrival::Enqueue(use_at_5(value), script),
    cancel: use_at_5,
};

/// Runs a test for each operation that needs the lock. The queue has the value 0.
#[track_caller]
fn for_each_use(test: impl Fn(&'static Queue, Use)) {
    if finds_use_by_policy() {
        for use_queue in WITH_LOCK {
            let queue = leaked(scripted(0));
            test(queue, use_queue);
            assert!(NEXT_USE.take().is_none(), "the policy must be called");
            assert_usable(queue, queue.value());
        }
    }
}

/// Asserts that a call panics if the policy uses the queue meanwhile.
#[track_caller]
fn assert_panics<R>(queue: &'static Queue, use_queue: Use, call: impl FnOnce() -> R) {
    NEXT_USE.set(Some((use_queue, queue)));
    assert_eq!(panic_message(call), MESSAGE);
}

#[test]
fn closure_that_uses_its_queue_panics() {
    for_each_use(|queue, use_queue| {
        let update = |value| {
            use_queue(queue);
            value + 1
        };
        assert_eq!(panic_message(|| queue.update(update)), MESSAGE);
    });
}

#[test]
fn closure_that_uses_its_queue_with_waiters_panics() {
    for_each_use(|queue, use_queue| {
        let mut wait = Task::waiting(queue.acquire(SLOT));
        let update = |value| {
            use_queue(queue);
            value + 1
        };
        assert_eq!(panic_message(|| queue.update(update)), MESSAGE);
        wait.assert_pending();
        queue.release(SLOT);
        drop(granted(wait.woken()));
    });
}

#[test]
fn try_acquire_in_closure_panics() {
    if finds_use_by_policy() {
        let queue = scripted(1);
        let update = |value| queue.try_acquire(SLOT).map_or(value, |_| value);
        assert_eq!(panic_message(|| queue.update(update)), MESSAGE);
        assert_usable(&queue, 1);
    }
}

/// It would wait behind them, whatever the closure returns.
#[test]
fn try_acquire_in_closure_returns_none_if_waiters_are_queued() {
    let queue = scripted(0);
    let wait = Task::waiting(queue.acquire(SLOT));
    queue.update(|value| if queue.try_acquire(SLOT).is_none() { value + 1 } else { value });
    drop(granted(wait.woken()));
    assert_usable(&queue, 1);
}

#[test]
fn decide_that_uses_its_queue_panics() {
    for_each_use(|queue, use_queue| {
        let front = Task::waiting(queue.acquire(USES));
        assert_panics(queue, use_queue, || queue.update(|_| 5));
        assert_eq!((queue.value(), queue.waiters()), (5, 1));
        drop(front);
    });
}

#[test]
fn release_that_uses_its_queue_panics() {
    for_each_use(|queue, use_queue| {
        let wait = Task::waiting(queue.acquire(WAITS));
        queue.update(|_| 5);
        assert_panics(queue, use_queue, || queue.release(USES));
        assert_eq!((queue.value(), queue.waiters()), (5, 1));
        drop(wait);
    });
}

#[test]
fn enqueue_that_uses_its_queue_panics() {
    for_each_use(|queue, use_queue| {
        queue.update(|_| 5);
        let request = Script { decide: WAITS.decide, ..USES };
        assert_panics(queue, use_queue, || Task::new(queue.acquire(request)).poll());
        let wait = Task::waiting(queue.acquire(WAITS));
        assert_panics(queue, use_queue, || Task::new(queue.acquire(request)).poll());
        assert_eq!((queue.value(), queue.waiters()), (5, 1));
        drop(wait);
    });
}

#[test]
fn cancel_that_uses_its_queue_panics() {
    for_each_use(|queue, use_queue| {
        queue.update(|_| 5);
        let wait = Task::waiting(queue.acquire(Script { decide: WAITS.decide, ..USES }));
        let next = Task::waiting(queue.acquire(SLOT));
        assert_panics(queue, use_queue, || drop(wait));
        drop(granted(next.woken()));
    });
}

#[test]
fn closure_that_drops_grant_panics() {
    if finds_use_by_policy() {
        let queue = scripted(2);
        let grant = granted(queue.try_acquire(SLOT).unwrap());
        let mut wait = Task::waiting(queue.acquire(WAITS));
        let message = panic_message(|| {
            queue.update(|value| {
                drop(grant);
                value
            })
        });
        assert_eq!(message, MESSAGE);
        wait.assert_pending();
        drop(wait);
        assert_usable(&queue, 1);
    }
}

/// A wait that is complete is not in the queue, so dropping it only releases its grant.
#[test]
fn closure_that_drops_granted_wait_panics() {
    if finds_use_by_policy() {
        let queue = scripted(0);
        let wait = Task::waiting(queue.acquire(SLOT));
        queue.release(SLOT);
        let message = panic_message(|| {
            queue.update(|value| {
                drop(wait);
                value
            })
        });
        assert_eq!(message, MESSAGE);
        assert_usable(&queue, 0);
    }
}

/// A policy without the lock is called again if it changes the value, except in `unsync`.
#[test]
fn decide_that_changes_value_without_lock_leaves_queue_usable() {
    let queue = leaked(scripted(5));
    NEXT_USE.set(Some((|queue| queue.release(SLOT), queue)));
    let acquire = || granted(queue.try_acquire(USES).expect("a slot is free")).forget();
    let is_shared = catch_unwind(AssertUnwindSafe(acquire)).is_ok();
    assert_usable(queue, if is_shared { 5 } else { 6 });
}

#[test]
fn queue_of_outer_closure_is_found() {
    if finds_use_by_policy() {
        let [a, b, c, d] = [(); 4].map(|()| scripted(1));
        let nested = |inner: &dyn Fn()| {
            a.update(|value| {
                b.update(|value| {
                    c.update(|value| {
                        d.update(|value| {
                            inner();
                            value
                        });
                        value
                    });
                    value
                });
                value
            });
        };
        for queue in [&a, &b, &c, &d] {
            assert_eq!(panic_message(|| nested(&|| queue.release(SLOT))), MESSAGE);
        }
        nested(&|| ());
        [a, b, c, d].iter().for_each(|queue| assert_usable(queue, 1));
    }
}

#[test]
fn closure_may_use_other_queue() {
    let [queue, other] = [(); 2].map(|()| scripted(1));
    let wait = Task::waiting(other.acquire(WAITS));
    let before = queue.update(|value| {
        drop(Task::waiting(other.acquire(SLOT)));
        other.update(|value| value + 1);
        other.release(SLOT);
        value + other.value()
    });
    assert_eq!((before, other.waiters()), (1, 1));
    drop(wait);
    assert_usable(&queue, 4);
    assert_usable(&other, 3);
}

/// The record of the outer queue outlives that of the inner one, also if a panic ends the latter.
#[test]
fn outer_queue_is_found_after_inner_update() {
    if finds_use_by_policy() {
        let [queue, other] = [(); 2].map(|()| scripted(0));
        let message = panic_message(|| {
            queue.update(|value| {
                other.update(|value| value);
                assert_eq!(panic_message(|| other.update(|_| panic!("inner"))), "inner");
                queue.release(SLOT);
                value
            })
        });
        assert_eq!(message, MESSAGE);
        assert_usable(&queue, 0);
        assert_usable(&other, 0);
    }
}

/// Drops a queued wait while its queue is locked, in a process of its own.
#[cfg(unix)]
#[test]
fn dropping_queued_wait_under_lock_aborts() {
    const CASE: &str = "COMPIO_SYNC_DROPS_WAIT_IN";
    const TEST: &str = concat!(module_path!(), "::dropping_queued_wait_under_lock_aborts");
    thread_local! {
        static WAIT: Cell<Option<Task<Wait<'static, Scripted>>>> = const { Cell::new(None) };
    }
    if !finds_use_by_policy() {
        return;
    }
    if let Some(case) = env::var_os(CASE) {
        let queue = leaked(scripted(0));
        let front = Task::waiting(queue.acquire(USES));
        WAIT.set(Some(Task::waiting(queue.acquire(SLOT))));
        NEXT_USE.set(Some((|_| drop(WAIT.take()), queue)));
        if case == "closure" {
            queue.update(|_| use_at_5(5));
        }
        queue.update(|_| 5);
        drop(front);
        return;
    }
    let (_, test) = TEST.split_once("::").unwrap();
    for case in ["closure", "policy"] {
        let mut child = Command::new(env::current_exe().unwrap());
        let output = child.args(["--exact", test, "--nocapture"]).env(CASE, case).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.signal(), Some(6), "the process must abort: {stderr}");
        assert!(stderr.contains("must not drop a waiter"), "{stderr}");
    }
}
