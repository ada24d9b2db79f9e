//! Races of the public wait queue with a policy that panics, without and under the lock.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use compio_sync::wait_queue::{Policy, Verdict};
use loom::{model, thread};

use crate::{
    task::Task,
    wait_queue::{Queued, Shared},
};

/// A semaphore with requests that make the policy panic.
enum Faulty {}

#[derive(Clone, Copy, PartialEq)]
enum Request {
    Slot,
    /// The policy panics at a positive value.
    BreaksDecision,
    /// It waits until it is cancelled. Then the policy panics.
    BreaksCancel,
    /// The policy panics when it is released.
    BreaksRelease,
}

/// Panics without a message, which each of many interleavings would print.
fn broken() -> ! {
    resume_unwind(Box::new("broken"))
}

impl Policy for Faulty {
    type Request = Request;
    const MAY_REFUSE: bool = false;

    fn decide(value: isize, request: Request) -> Verdict {
        match request {
            Request::BreaksDecision if value > 0 => broken(),
            Request::BreaksCancel => Verdict::Wait,
            _ if value > 0 => Verdict::Grant(value - 1),
            _ => Verdict::Wait,
        }
    }

    fn release(value: isize, request: Request) -> isize {
        if request == Request::BreaksRelease { broken() } else { value + 1 }
    }

    fn cancel(value: isize, request: Request) -> isize {
        if request == Request::BreaksCancel { broken() } else { value }
    }
}

/// Runs a closure that may panic because of the policy. Returns whether it does.
fn is_broken(run: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(run)).is_err()
}

impl Shared<Faulty> {
    /// Polls a request for a slot once. Returns its task if it is queued.
    fn poll_once(&'static self) -> Option<Queued<Faulty>> {
        let mut task = Task::new(self.queue.acquire(Request::Slot));
        task.poll().is_pending().then_some(task)
    }

    /// Asserts that a request that was polled once has been granted, and releases its slot.
    fn assert_granted(&self, queued: Option<Queued<Faulty>>) {
        if let Some(queued) = queued {
            drop(queued.woken().granted().expect("the policy never refuses"));
        }
    }

    /// Asserts that the queue is empty, unlocked, and still grants in FIFO order.
    fn assert_usable(&'static self, value: isize) {
        self.assert_at_rest(value);
        self.queue.update(|_| 0);
        let [first, second] = [(); 2].map(|()| self.queued(Request::Slot));
        self.queue.release(Request::Slot);
        drop(first.woken().granted().expect("a slot is free"));
        drop(second.woken().granted().expect("the slot is passed on"));
        self.assert_at_rest(1);
    }
}

/// A panic under the lock unlocks the queue for the other thread, which then is not stuck. The
/// release of the other thread may find the faulty front as well.
#[test]
fn panicking_decision_races_acquire() {
    model(|| {
        let shared = Shared::<Faulty>::new(0);
        let faulty = shared.queued(Request::BreaksDecision);
        let acquire = thread::spawn(|| shared.poll_once());
        assert!(is_broken(|| shared.queue.release(Request::Slot)));
        drop(faulty);
        shared.assert_granted(acquire.join().unwrap());
        shared.assert_usable(1);
    });
}

#[test]
fn panicking_decision_races_cancel() {
    model(|| {
        let shared = Shared::<Faulty>::new(0);
        let [first, cancelled] = [(); 2].map(|()| shared.queued(Request::Slot));
        let faulty = shared.queued(Request::BreaksDecision);
        let last = shared.queued(Request::Slot);
        let cancel = thread::spawn(move || is_broken(|| drop(cancelled)));
        let is_update_broken = is_broken(|| {
            shared.queue.update(|_| 2);
        });
        let is_cancel_broken = cancel.join().unwrap();
        assert!(is_update_broken || is_cancel_broken);
        first.woken().granted().expect("it precedes the faulty request").forget();
        drop(faulty);
        last.woken().granted().expect("the cancelled wait needs no slot").forget();
        shared.assert_usable(0);
    });
}

/// The front leaves the queue although the policy panics. The next waiter is granted by one of the
/// two threads.
#[test]
fn panicking_cancel_races_release() {
    model(|| {
        let shared = Shared::<Faulty>::new(0);
        let faulty = shared.queued(Request::BreaksCancel);
        let next = shared.queued(Request::Slot);
        let release = thread::spawn(|| {
            shared.note.write();
            shared.queue.release(Request::Slot);
        });
        assert!(is_broken(|| drop(faulty)));
        release.join().unwrap();
        let slot = next.woken().granted().expect("the slot was released");
        assert_eq!(shared.note.read(), 1);
        drop(slot);
        shared.assert_usable(1);
    });
}

#[test]
fn panicking_cancel_races_cancel() {
    model(|| {
        let shared = Shared::<Faulty>::new(1);
        let faulty = shared.queued(Request::BreaksCancel);
        let [cancelled, last] = [(); 2].map(|()| shared.queued(Request::Slot));
        let cancel = thread::spawn(move || drop(cancelled));
        assert!(is_broken(|| drop(faulty)));
        cancel.join().unwrap();
        drop(last.woken().granted().expect("a slot is free"));
        shared.assert_usable(1);
    });
}

/// A panicking release changes nothing, and the slot of the next release is granted.
#[test]
fn panicking_release_races_acquire() {
    model(|| {
        let shared = Shared::<Faulty>::new(0);
        let acquire = thread::spawn(|| shared.poll_once());
        assert!(is_broken(|| shared.queue.release(Request::BreaksRelease)));
        shared.queue.release(Request::Slot);
        shared.assert_granted(acquire.join().unwrap());
        shared.assert_usable(1);
    });
}

/// The closure panics under the lock, with or without a waiter.
#[test]
fn panicking_update_races_acquire() {
    model(|| {
        let shared = Shared::<Faulty>::new(0);
        let acquire = thread::spawn(|| shared.poll_once());
        assert!(is_broken(|| _ = shared.queue.update(|_| broken())));
        shared.queue.release(Request::Slot);
        shared.assert_granted(acquire.join().unwrap());
        shared.assert_usable(1);
    });
}
