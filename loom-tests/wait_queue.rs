//! Races of the public wait queue, with policies of a user.

use std::task::Poll;

use compio_sync::wait_queue::{Completion, Policy, Verdict, Wait, WaitQueue};
use loom::{future::block_on, model, thread};

use crate::{bounded::bounded_model, note::Note, task::Task};

/// A semaphore whose waiters can be refused by a broadcast.
///
/// The value is a generation, times four, plus the number of free slots. The request is the
/// generation of its creation.
enum Slots {}

const GENERATION: isize = 4;

fn generation(value: isize) -> isize {
    value / GENERATION
}

impl Policy for Slots {
    type Request = isize;

    fn decide(value: isize, ticket: isize) -> Verdict {
        if ticket != generation(value) {
            Verdict::Refuse
        } else if value % GENERATION > 0 {
            Verdict::Grant(value - 1)
        } else {
            Verdict::Wait
        }
    }

    fn release(value: isize, _: isize) -> isize {
        value + 1
    }
}

/// A queue, and a note that is written before a release or an update.
pub(crate) struct Shared<P: Policy> {
    pub(crate) queue: WaitQueue<P>,
    pub(crate) note: Note,
}

pub(crate) type Queued<P> = Task<Wait<&'static WaitQueue<P>>>;

impl<P: Policy> Shared<P> {
    pub(crate) fn new(value: isize) -> &'static Self {
        Box::leak(Box::new(Self { queue: WaitQueue::new(value), note: Note::new() }))
    }

    pub(crate) fn queued(&'static self, request: P::Request) -> Queued<P> {
        Task::waiting(self.queue.acquire(request))
    }

    pub(crate) fn assert_at_rest(&self, value: isize) {
        assert_eq!((self.queue.value(), self.queue.waiters()), (value, 0));
        self.queue.update(|unchanged| unchanged);
    }
}

impl Shared<Slots> {
    fn write_and_update(&self, change: fn(isize) -> isize) {
        self.note.write();
        self.queue.update(change);
    }
}

/// Either the update finds the waiter, or the waiter finds the new value.
#[test]
fn update_races_acquire() {
    model(|| {
        let shared = Shared::<Slots>::new(0);
        let acquire = thread::spawn(|| {
            let slot = block_on(shared.queue.acquire(0)).granted().expect("no broadcast");
            assert_eq!(shared.note.read(), 1);
            slot.forget();
        });
        shared.write_and_update(|value| value + 1);
        acquire.join().unwrap();
        shared.assert_at_rest(0);
    });
}

/// Each update runs once, and no change is lost.
#[test]
fn update_races_update_and_release() {
    model(|| {
        let shared = Shared::<Slots>::new(0);
        let queued = shared.queued(0);
        let updates = thread::spawn(|| shared.queue.update(|value| value + 1));
        shared.queue.release(0);
        let before = updates.join().unwrap();
        assert_eq!(before, 0, "the waiter has taken a slot that was released before");
        queued.woken().granted().expect("no broadcast").forget();
        shared.assert_at_rest(1);
    });
}

/// No wait of the old generation may be enqueued after the broadcast.
#[test]
fn broadcast_races_first_poll_of_user_wait() {
    model(|| {
        let shared = Shared::<Slots>::new(0);
        let acquire = thread::spawn(|| {
            assert!(block_on(shared.queue.acquire(0)).granted().is_none());
            assert_eq!(shared.note.read(), 1);
        });
        shared.write_and_update(|value| value + GENERATION);
        acquire.join().unwrap();
        shared.assert_at_rest(GENERATION);
    });
}

/// A wait that is cancelled in the middle of a broadcast must not end it.
#[test]
fn broadcast_in_batches_races_cancel() {
    bounded_model(|| {
        let shared = Shared::<Slots>::new(0);
        let [first, second, third, last] = [(); 4].map(|()| shared.queued(0));
        let cancel = thread::spawn(move || drop(last));
        shared.queue.update(|value| value + GENERATION);
        cancel.join().unwrap();
        for refused in [first, second, third] {
            assert!(refused.woken().granted().is_none());
        }
        shared.assert_at_rest(GENERATION);
    });
}

/// The slot goes to the waiter, or is stored for the next generation.
#[test]
fn broadcast_races_release() {
    model(|| {
        let shared = Shared::<Slots>::new(0);
        let queued = shared.queued(0);
        let release = thread::spawn(|| shared.queue.release(0));
        shared.queue.update(|value| value + GENERATION);
        release.join().unwrap();
        let is_granted = match queued.woken() {
            Completion::Granted(slot) => {
                slot.forget();
                1
            }
            Completion::Refused => 0,
        };
        shared.assert_at_rest(GENERATION + 1 - is_granted);
    });
}

/// A thread that observes the broadcast finds each of its waits complete.
#[test]
fn broadcast_in_batches_races_poll_of_user_wait() {
    bounded_model(|| {
        let shared = Shared::<Slots>::new(0);
        let [mut first, second, third, mut last] = [(); 4].map(|()| shared.queued(0));
        let polls = thread::spawn(move || {
            let is_first_complete = first.poll().is_ready();
            assert!(!is_first_complete || last.poll().is_ready(), "all waits must be complete");
            (first, last)
        });
        shared.queue.update(|value| value + GENERATION);
        drop(polls.join().unwrap());
        for refused in [second, third] {
            assert!(refused.woken().granted().is_none());
        }
        shared.assert_at_rest(GENERATION);
    });
}

/// A thread that reads the new value sees the writes before its release, also under the lock.
#[test]
fn value_acquire_races_release() {
    for waiters in [0, 1] {
        model(move || {
            let shared = Shared::<Slots>::new(0);
            let waits: Vec<_> = (0..waiters).map(|_| shared.queued(0)).collect();
            let update = thread::spawn(|| shared.write_and_update(|value| value + GENERATION));
            if generation(shared.queue.value_acquire()) == 1 {
                assert_eq!(shared.note.read(), 1);
            }
            update.join().unwrap();
            assert!(waits.into_iter().all(|wait| wait.woken().granted().is_none()));
            shared.assert_at_rest(GENERATION);
        });
    }
}

/// The same for a release, which is one compare-exchange if no waiter is queued.
#[test]
fn value_acquire_races_lock_free_release() {
    model(|| {
        let shared = Shared::<Slots>::new(0);
        let release = thread::spawn(|| {
            shared.note.write();
            shared.queue.release(0);
        });
        if shared.queue.value_acquire() == 1 {
            assert_eq!(shared.note.read(), 1);
        }
        release.join().unwrap();
        shared.assert_at_rest(1);
    });
}

/// The enable takes the slot, or a place in the queue, so that the slot is not lost.
#[test]
fn enable_races_release() {
    model(|| {
        let shared = Shared::<Slots>::new(0);
        let release = thread::spawn(|| {
            shared.note.write();
            shared.queue.release(0);
        });
        let mut wait = Task::new(shared.queue.acquire(0));
        if wait.future.as_mut().enable() {
            assert_eq!(shared.note.read(), 1);
        }
        release.join().unwrap();
        let Poll::Ready(completion) = wait.poll() else {
            panic!("the slot was released");
        };
        completion.granted().expect("no broadcast").forget();
        shared.assert_at_rest(0);
    });
}

/// The next holder of the slot sees the data that the previous one wrote.
#[test]
fn data_of_granted_request_races_next_holder() {
    model(|| {
        let shared = Shared::<Slots>::new(1);
        let slot = shared.queue.try_acquire(0);
        let next = thread::spawn(|| {
            let _slot = block_on(shared.queue.acquire(0));
            shared.note.write();
        });
        shared.note.write();
        drop(slot);
        next.join().unwrap();
        let slot = shared.queue.try_acquire(0);
        assert_eq!(shared.note.read(), 2);
        drop(slot);
        shared.assert_at_rest(1);
    });
}

/// The closure of an update runs under the lock, so updates may change data outside the value.
#[test]
fn data_in_update_races_update() {
    model(|| {
        let shared = Shared::<Slots>::new(0);
        let queued = shared.queued(0);
        let update = || {
            shared.queue.update(|value| {
                shared.note.write();
                value + 1
            })
        };
        let other = thread::spawn(update);
        update();
        other.join().unwrap();
        queued.woken().granted().expect("no broadcast").forget();
        shared.queue.update(|value| {
            assert_eq!(shared.note.read(), 2);
            value
        });
        shared.assert_at_rest(1);
    });
}
