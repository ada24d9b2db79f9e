//! The order in which requests complete, releases, and the range of values.

use std::task::Poll;

use compio_sync::wait_queue::{Completion, Verdict};

use super::{CLOSED, SLOT, Script, Scripted, Slots, WAITS, WaitQueue, granted, ready, scripted};
use crate::{
    assertions::{assert_shows, panic_message},
    task::Task,
};

const MIN: isize = WaitQueue::<Slots>::MIN_VALUE;
const MAX: isize = WaitQueue::<Slots>::MAX_VALUE;

#[test]
fn waits_are_granted_in_fifo_order() {
    let queue = WaitQueue::<Slots>::new(0);
    let mut waits: Vec<_> = (0..5).map(|_| Task::waiting(queue.acquire(1))).collect();
    assert_eq!(queue.waiters(), 5);
    while !waits.is_empty() {
        queue.release(1);
        granted(waits.remove(0).woken()).forget();
        waits.iter_mut().for_each(Task::assert_pending);
    }
    assert_eq!((queue.value(), queue.waiters()), (0, 0));
}

#[test]
fn request_without_waiters_is_granted_immediately() {
    let queue = WaitQueue::<Slots>::new(3);
    let one = granted(queue.try_acquire(1).unwrap());
    let Poll::Ready(two) = Task::new(queue.acquire(2)).poll() else {
        panic!("two slots are free");
    };
    assert_eq!((queue.value(), queue.waiters()), (0, 0));
    assert!(queue.try_acquire(1).is_none());
    drop((one, two));
    assert_eq!(queue.value(), 3);
}

#[test]
fn new_request_does_not_barge() {
    let queue = WaitQueue::<Slots>::new(1);
    let front = Task::waiting(queue.acquire(2));
    assert!(queue.try_acquire(1).is_none());
    let mut behind = Task::waiting(queue.acquire(1));
    behind.assert_pending();
    assert_eq!((queue.value(), queue.waiters()), (1, 2));
    drop(front);
    assert_eq!(queue.value(), 0);
    drop(granted(behind.woken()));
    assert!(queue.try_acquire(1).is_some());
}

#[test]
fn cancelled_grant_is_passed_on() {
    let queue = WaitQueue::<Slots>::new(0);
    let [granted_wait, next] = [(); 2].map(|()| Task::waiting(queue.acquire(1)));
    queue.release(1);
    assert_eq!(granted_wait.wakeups(), 1);
    drop(granted_wait);
    drop(granted(next.woken()));
    assert_eq!((queue.value(), queue.waiters()), (1, 0));
}

#[test]
fn close_refuses_queued_and_later_requests() {
    let queue = WaitQueue::<Slots>::new(0);
    let waits: Vec<_> = (0..3).map(|_| Task::waiting(queue.acquire(1))).collect();
    queue.update(|_| CLOSED);
    assert!(waits.into_iter().all(|wait| wait.woken().granted().is_none()));
    assert!(matches!(queue.try_acquire(1), Some(Completion::Refused)));
    assert!(matches!(Task::new(queue.acquire(1)).poll(), Poll::Ready(Completion::Refused)));
    assert_eq!((queue.value_acquire(), queue.waiters()), (CLOSED, 0));
}

#[test]
fn refused_wait_releases_nothing() {
    let queue = WaitQueue::<Slots>::new(0);
    let wait = Task::waiting(queue.acquire(1));
    queue.update(|_| CLOSED);
    queue.update(|_| 0);
    drop(wait);
    assert_eq!((queue.value(), queue.waiters()), (0, 0));
}

/// A refusal does not wait behind the queued requests.
#[test]
fn refusal_overtakes_queued_waiters() {
    const REFUSED: Script = Script { decide: |_| Verdict::Refuse, ..SLOT };
    let queue = scripted(0);
    let waits = [(); 2].map(|()| Task::waiting(queue.acquire(SLOT)));
    assert!(matches!(queue.try_acquire(REFUSED), Some(Completion::Refused)));
    assert!(matches!(Task::new(queue.acquire(REFUSED)).poll(), Poll::Ready(Completion::Refused)));
    assert!(Task::new(queue.acquire(REFUSED)).future.as_mut().enable());
    assert_eq!(queue.waiters(), 2);
    queue.release(SLOT);
    for wait in waits {
        drop(granted(wait.woken()));
    }
}

/// A wait behind the front is refused when it is polled, even if the front still waits.
#[test]
fn refused_wait_behind_front_completes_when_polled() {
    const REFUSED_LATER: Script =
        Script { decide: |value| if value > 0 { Verdict::Refuse } else { Verdict::Wait }, ..SLOT };
    let queue = scripted(0);
    let front = Task::waiting(queue.acquire(WAITS));
    let mut polled = Task::waiting(queue.acquire(REFUSED_LATER));
    let mut enabled = Task::waiting(queue.acquire(REFUSED_LATER));
    queue.update(|_| 1);
    assert_eq!((polled.wakeups(), queue.waiters()), (0, 3));
    assert!(matches!(polled.poll(), Poll::Ready(Completion::Refused)));
    assert!(enabled.future.as_mut().enable());
    assert_eq!((queue.value(), queue.waiters()), (1, 1));
    assert!(matches!(enabled.poll(), Poll::Ready(Completion::Refused)));
    drop(front);
}

#[test]
fn release_without_grant_completes_waiter() {
    let queue = WaitQueue::<Slots>::new(0);
    queue.release(2);
    assert_eq!(queue.value(), 2);
    let wait = Task::waiting(queue.acquire(5));
    queue.release(3);
    granted(wait.woken()).forget();
    assert_eq!(queue.value(), 0);
}

#[test]
fn release_without_waiters_is_lost_if_policy_does_not_store() {
    let queue = WaitQueue::<Scripted<true, false>>::new(0);
    queue.release(SLOT);
    assert_eq!(queue.value(), 0);
    let [first, mut second] = [(); 2].map(|()| Task::waiting(queue.acquire(SLOT)));
    queue.release(SLOT);
    second.assert_pending();
    // The slot passes to the next waiter, and is then lost.
    drop(first.woken());
    drop(second.woken());
    assert_eq!(queue.value(), 0);
    drop(granted(ready(&mut Task::new(queue.acquire(Script { decide: Verdict::Grant, ..SLOT })))));
    assert_eq!(queue.value(), 0);
}

#[test]
fn extreme_values_are_stored() {
    for value in [MIN, MIN + 1, -1, 0, 1, MAX - 1, MAX] {
        assert_eq!(WaitQueue::<Slots>::new(value).value(), value);
        let queue = scripted(0);
        assert_eq!((queue.update(|_| value), queue.value()), (0, value));
        let wait = Task::waiting(queue.acquire(WAITS));
        assert_eq!((queue.value(), queue.waiters()), (value, 1));
        assert_eq!(queue.update(|_| 0), value);
        queue.update(|_| value);
        assert_eq!(queue.value_acquire(), value);
        drop(wait);
        assert_eq!((queue.value(), queue.waiters()), (value, 0));
    }
    assert_eq!((MAX, MIN), (isize::MAX >> 2, isize::MIN >> 2));
}

#[test]
fn policy_grants_and_releases_extreme_values() {
    const TO_MIN: Script = Script { decide: |_| Verdict::Grant(MIN), release: |_| MAX, ..SLOT };
    const TO_MIN_LATER: Script = Script {
        decide: |value| if value == MAX { Verdict::Grant(MIN) } else { Verdict::Wait },
        ..TO_MIN
    };
    let queue = scripted(0);
    let grant = granted(queue.try_acquire(TO_MIN).unwrap());
    assert_eq!(queue.value(), MIN);
    let wait = Task::waiting(queue.acquire(TO_MIN_LATER));
    drop(grant);
    let grant = granted(wait.woken());
    assert_eq!(queue.value(), MIN);
    drop(grant);
    assert_eq!(queue.value(), MAX);
}

#[test]
fn new_out_of_range_panics() {
    for value in [MAX + 1, MIN - 1, isize::MAX, isize::MIN] {
        let message = panic_message(|| WaitQueue::<Slots>::new(value));
        assert_eq!(
            message,
            format!(
                "the value {value} of a wait queue must be at least MIN_VALUE ({MIN}) \
                 and at most MAX_VALUE ({MAX})"
            )
        );
    }
}

#[test]
fn queue_is_created_in_const_context() {
    const fn three_slots() -> WaitQueue<Slots> {
        WaitQueue::new(3)
    }
    assert_eq!(const { three_slots() }.value(), 3);
}

#[test]
fn debug_shows_value_and_waiters() {
    let queue = WaitQueue::<Slots>::new(2);
    let wait = Task::waiting(queue.acquire(3));
    assert_shows(&queue, &["WaitQueue", "value: 2", "waiters: 1"]);
    assert_shows(&wait.future, &["Wait", "is_queued: true"]);
    let slots = queue.update(|slots| slots + 4);
    assert_eq!(slots, 2);
    assert_shows(&granted(wait.woken()), &["Grant", "request: 3"]);
}
