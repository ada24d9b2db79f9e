//! A value out of range panics before it is published, and a refusal panics if the policy
//! says that it never refuses.

use compio_sync::wait_queue::{Arrival, Verdict};

use super::{Queue, SLOT, Script, Scripted, WAITS, WaitQueue, assert_usable, granted, scripted};
use crate::{assertions::panic_message, task::Task};

const TOO_LARGE: isize = Queue::MAX_VALUE + 1;
const TOO_SMALL: isize = Queue::MIN_VALUE - 1;

/// Runs a closure that must panic because of this value.
#[track_caller]
fn assert_out_of_range<R>(value: isize, run: impl FnOnce() -> R) {
    let message = panic_message(run);
    let (min, max) = (Queue::MIN_VALUE, Queue::MAX_VALUE);
    assert_eq!(
        message,
        format!(
            "the value {value} of a wait queue must be at least MIN_VALUE ({min}) \
             and at most MAX_VALUE ({max})"
        )
    );
}

/// Declares a test that runs for a value that is too large and for one that is too small.
macro_rules! out_of_range {
    ($($name:ident: $test:ident,)*) => {$(
        #[test]
        fn $name() {
            $test::<TOO_LARGE>();
            $test::<TOO_SMALL>();
        }
    )*};
}
out_of_range! {
    grant_out_of_range_panics: grant,
    grant_of_front_out_of_range_panics: grant_of_front,
    release_out_of_range_panics: release,
    release_under_lock_out_of_range_panics: release_under_lock,
    enqueue_out_of_range_panics: enqueue,
    grant_on_arrival_out_of_range_panics: grant_on_arrival,
    cancel_out_of_range_panics: cancel,
    update_out_of_range_panics: update,
}

fn grant<const VALUE: isize>() {
    let request = Script { decide: |_| Verdict::Grant(VALUE), ..SLOT };
    let queue = scripted(1);
    assert_out_of_range(VALUE, || queue.try_acquire(request));
    let mut wait = Task::new(queue.acquire(request));
    assert_out_of_range(VALUE, || wait.poll());
    assert_out_of_range(VALUE, || wait.future.as_mut().enable());
    assert!(!wait.future.is_queued());
    drop(wait);
    assert_usable(&queue, 1);
}

fn grant_of_front<const VALUE: isize>() {
    let decide = |value| if value > 4 { Verdict::Grant(VALUE) } else { Verdict::Wait };
    let queue = scripted(0);
    let mut front = Task::waiting(queue.acquire(Script { decide, ..SLOT }));
    let [mut second, third] = [(); 2].map(|()| Task::waiting(queue.acquire(SLOT)));
    assert_out_of_range(VALUE, || queue.update(|_| 5));
    assert_out_of_range(VALUE, || queue.update(|_| 6));
    assert_eq!((queue.value(), queue.waiters()), (6, 3), "the updates were in range");
    assert_out_of_range(VALUE, || front.poll());
    assert!(front.future.is_queued());
    second.assert_pending();
    drop(front);
    drop((granted(second.woken()), granted(third.woken())));
    assert_usable(&queue, 6);
}

fn release<const VALUE: isize>() {
    let request = Script { release: |_| VALUE, ..SLOT };
    let queue = scripted(1);
    assert_out_of_range(VALUE, || queue.release(request));
    let grant = granted(queue.try_acquire(request).unwrap());
    assert_out_of_range(VALUE, || drop(grant));
    assert_usable(&queue, 0);
}

fn release_under_lock<const VALUE: isize>() {
    let request = Script { release: |_| VALUE, ..SLOT };
    let queue = scripted(1);
    let grant = granted(queue.try_acquire(request).unwrap());
    let mut wait = Task::waiting(queue.acquire(SLOT));
    assert_out_of_range(VALUE, || queue.release(request));
    assert_out_of_range(VALUE, || drop(grant));
    wait.assert_pending();
    assert_eq!((queue.value(), queue.waiters()), (0, 1));
    queue.release(SLOT);
    drop(granted(wait.woken()));
    assert_usable(&queue, 1);
}

fn enqueue<const VALUE: isize>() {
    assert_arrival_panics(VALUE, |_, script| Arrival::Enqueue(VALUE, script));
}

fn grant_on_arrival<const VALUE: isize>() {
    assert_arrival_panics(VALUE, |_, _| Arrival::Grant(VALUE));
}

/// Asserts that the arrival panics, in an empty queue and behind another waiter.
#[track_caller]
fn assert_arrival_panics(value: isize, enqueue: fn(isize, Script) -> Arrival<Script>) {
    let queue = scripted(0);
    assert_not_enqueued(value, &queue, Script { enqueue, ..SLOT });
    let waiting = Task::waiting(queue.acquire(WAITS));
    assert_not_enqueued(value, &queue, Script { enqueue, ..SLOT });
    drop(waiting);
    assert_usable(&queue, 0);
}

/// Asserts that the request panics when it is about to be enqueued, and changes nothing.
#[track_caller]
fn assert_not_enqueued(value: isize, queue: &Queue, request: Script) {
    let before = (queue.value(), queue.waiters());
    let mut wait = Task::new(queue.acquire(request));
    assert_out_of_range(value, || wait.poll());
    assert_out_of_range(value, || wait.future.as_mut().enable());
    assert!(!wait.future.is_queued());
    drop(wait);
    assert_eq!((queue.value(), queue.waiters()), before);
}

fn cancel<const VALUE: isize>() {
    let queue = scripted(1);
    let wait = Task::waiting(queue.acquire(Script { cancel: |_| VALUE, ..WAITS }));
    let next = Task::waiting(queue.acquire(SLOT));
    assert_out_of_range(VALUE, || drop(wait));
    drop(granted(next.woken()));
    assert_usable(&queue, 1);
}

fn update<const VALUE: isize>() {
    let queue = scripted(0);
    assert_out_of_range(VALUE, || queue.update(|_| VALUE));
    let mut wait = Task::waiting(queue.acquire(SLOT));
    assert_out_of_range(VALUE, || queue.update(|_| VALUE));
    wait.assert_pending();
    assert_eq!((queue.value(), queue.waiters()), (0, 1));
    drop(wait);
    assert_usable(&queue, 0);
}

#[test]
fn refusal_panics_if_policy_may_not_refuse() {
    const MESSAGE: &str = "a policy must not refuse a request while its `MAY_REFUSE` is false";
    const REFUSED: Script = Script { decide: |_| Verdict::Refuse, ..SLOT };
    const REFUSED_LATER: Script =
        Script { decide: |value| if value > 0 { Verdict::Refuse } else { Verdict::Wait }, ..SLOT };
    let queue = WaitQueue::<Scripted<false>>::new(0);
    assert_eq!(panic_message(|| queue.try_acquire(REFUSED)), MESSAGE);
    let mut wait = Task::new(queue.acquire(REFUSED));
    assert_eq!(panic_message(|| wait.poll()), MESSAGE);
    assert_eq!(panic_message(|| wait.future.as_mut().enable()), MESSAGE);

    let front = Task::waiting(queue.acquire(REFUSED_LATER));
    let next = Task::waiting(queue.acquire(SLOT));
    assert_eq!(panic_message(|| queue.update(|_| 1)), MESSAGE);
    assert_eq!((queue.value(), queue.waiters()), (1, 2));
    drop(front);
    drop(granted(next.woken()));
    assert_eq!((queue.value(), queue.waiters()), (1, 0));
}
