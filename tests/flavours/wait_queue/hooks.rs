//! Policies that change the value when a request is enqueued or cancelled.

use compio_sync::wait_queue::{Arrival, Policy, Verdict};

use super::{SLOT, Script, Wait, WaitQueue, granted, ready, scripted};
use crate::task::Task;

/// A barrier of three tasks, which numbers its groups. The request becomes the number of the group.
///
/// The value is the number of the group, times four, plus the number of arrived tasks.
#[derive(Debug)]
enum Groups {}

impl Policy for Groups {
    type Request = Option<isize>;

    fn decide(value: isize, group: Option<isize>) -> Verdict {
        match group {
            Some(group) if group != value >> 2 => Verdict::Refuse,
            _ => Verdict::Wait,
        }
    }

    fn release(value: isize, _: Option<isize>) -> isize {
        value
    }

    fn enqueue(value: isize, _: Option<isize>) -> Arrival<Option<isize>> {
        let (group, arrived) = (value >> 2, value & 3);
        if arrived == 2 {
            Arrival::Grant((group + 1) << 2)
        } else {
            Arrival::Enqueue(value + 1, Some(group))
        }
    }

    fn cancel(value: isize, group: Option<isize>) -> isize {
        if group == Some(value >> 2) { value - 1 } else { value }
    }
}

fn arrive(groups: &WaitQueue<Groups>) -> Task<Wait<'_, Groups>> {
    Task::waiting(groups.acquire(None))
}

#[test]
fn enqueue_changes_value_and_request() {
    let groups = WaitQueue::<Groups>::new(5 << 2);
    let mut unpolled = Task::new(groups.acquire(None));
    let waiting = arrive(&groups);
    assert_eq!((groups.value(), groups.waiters()), (5 << 2 | 1, 1));
    assert_eq!((waiting.future.request(), unpolled.future.request()), (Some(5), None));
    assert!(!unpolled.future.as_mut().enable());
    assert_eq!((groups.value(), unpolled.future.request()), (5 << 2 | 2, Some(5)));
}

#[test]
fn repoll_does_not_call_enqueue() {
    let groups = WaitQueue::<Groups>::new(0);
    let mut waiting = arrive(&groups);
    waiting.assert_pending();
    waiting.change_waker();
    waiting.assert_pending();
    assert!(!waiting.future.as_mut().enable());
    assert_eq!(groups.value(), 1);
}

#[test]
fn try_acquire_does_not_call_enqueue() {
    let groups = WaitQueue::<Groups>::new(2);
    assert!(groups.try_acquire(None).is_none());
    assert_eq!(groups.value(), 2);
}

#[test]
fn grant_on_arrival_completes_queued_waiters() {
    let groups = WaitQueue::<Groups>::new(0);
    for group in 0..3 {
        let [first, second] = [(); 2].map(|()| arrive(&groups));
        let mut last = Task::new(groups.acquire(None));
        let last = granted(ready(&mut last));
        assert_eq!((last.request(), groups.value(), groups.waiters()), (None, (group + 1) << 2, 0));
        assert!(first.woken().granted().is_none());
        assert!(second.woken().granted().is_none());
    }
}

#[test]
fn enabled_wait_is_granted_on_arrival() {
    let groups = WaitQueue::<Groups>::new(0);
    let waits = [(); 2].map(|()| arrive(&groups));
    let mut last = Task::new(groups.acquire(None));
    assert!(last.future.as_mut().enable());
    assert!(!last.future.is_queued());
    waits.into_iter().for_each(|wait| assert!(wait.woken().granted().is_none()));
    granted(ready(&mut last)).forget();
}

#[test]
fn cancel_changes_value() {
    let groups = WaitQueue::<Groups>::new(0);
    let [first, second] = [(); 2].map(|()| arrive(&groups));
    drop(first);
    assert_eq!((groups.value(), groups.waiters()), (1, 1));
    drop(second);
    assert_eq!((groups.value(), groups.waiters()), (0, 0));
}

#[test]
fn cancel_runs_only_for_queued_waits() {
    let groups = WaitQueue::<Groups>::new(0);
    drop(Task::new(groups.acquire(None)));
    assert_eq!(groups.value(), 0);
    let refused = [(); 2].map(|()| arrive(&groups));
    drop(granted(ready(&mut Task::new(groups.acquire(None)))));
    drop(refused);
    assert_eq!(groups.value(), 1 << 2);
}

/// The request that a wait releases, and that `cancel` sees, is the changed one.
#[test]
fn changed_request_is_granted_and_released() {
    const CHANGED: Script = Script { release: |value| value + 10, ..SLOT };
    const CHANGES: Script = Script { enqueue: |value, _| Arrival::Enqueue(value, CHANGED), ..SLOT };
    let queue = scripted(0);
    let [granted_wait, dropped] = [(); 2].map(|()| Task::waiting(queue.acquire(CHANGES)));
    queue.update(|_| 2);
    drop(granted(granted_wait.woken()));
    assert_eq!(queue.value(), 10);
    drop(dropped);
    assert_eq!(queue.value(), 20);
    drop(granted(queue.try_acquire(CHANGES).unwrap()));
    assert_eq!(queue.value(), 20, "a request that does not wait is unchanged");
}

#[test]
fn enqueue_may_grant_request_that_decide_lets_wait() {
    const BARGES: Script = Script {
        decide: |_| Verdict::Wait,
        enqueue: |value, _| Arrival::Grant(value + 1),
        release: |value| value - 1,
        ..SLOT
    };
    let queue = scripted(0);
    let [first, mut second] = [(); 2].map(|()| Task::waiting(queue.acquire(SLOT)));
    let grant = granted(ready(&mut Task::new(queue.acquire(BARGES))));
    assert_eq!((queue.value(), queue.waiters()), (0, 1), "the front takes the new slot");
    granted(first.woken()).forget();
    second.assert_pending();
    drop(grant);
    assert_eq!(queue.value(), -1);
}

#[test]
fn cancel_that_frees_slots_grants_next_waiter() {
    const FREES: Script = Script { decide: |_| Verdict::Wait, cancel: |value| value + 1, ..SLOT };
    let queue = scripted(0);
    let frees = Task::waiting(queue.acquire(FREES));
    let [mut first, mut second] = [(); 2].map(|()| Task::waiting(queue.acquire(SLOT)));
    first.assert_pending();
    drop(frees);
    granted(first.woken()).forget();
    second.assert_pending();
    assert_eq!((queue.value(), queue.waiters()), (0, 1));
}
