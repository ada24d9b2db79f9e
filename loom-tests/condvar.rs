//! Races of a condition variable.

use std::task::Poll;

use compio_sync::{Condvar, Mutex, MutexGuard, WaitOnCondvar};
use loom::{future::block_on, model, thread};

use crate::{
    bounded::bounded_model,
    condvar_reference::CondvarReference,
    linear::{Action::*, Operation, Reference, Setup, Start::*, Subject, races_all},
    note::Note,
    task::Task,
};

/// A flag behind a mutex, and a note that is written before a notification.
struct Gate {
    is_open: Mutex<bool>,
    changed: Condvar,
    note: Note,
}

type Wait = WaitOnCondvar<'static, &'static Mutex<bool>>;

impl Gate {
    fn new() -> &'static Self {
        Box::leak(Box::new(Self {
            is_open: Mutex::new(false),
            changed: Condvar::new(),
            note: Note::new(),
        }))
    }

    fn lock(&'static self) -> MutexGuard<'static, bool> {
        self.is_open.try_lock().expect("the mutex is unlocked")
    }

    /// Creates a task that waits with the mutex unlocked.
    fn queued(&'static self) -> Task<Wait> {
        Task::waiting(self.changed.wait(self.lock()))
    }

    fn assert_at_rest(&'static self) {
        self.changed.assert_valid();
        self.is_open.assert_valid();
        assert_eq!((self.changed.waiters(), self.is_open.waiters()), (0, 0));
        drop(self.lock());
    }
}

/// The wait is enqueued before the mutex is unlocked, so the notification is not lost.
#[test]
fn unlock_and_wait_is_atomic() {
    bounded_model(|| {
        let gate = Gate::new();
        let waiter = thread::spawn(|| {
            let guard = block_on(gate.is_open.lock());
            let guard = block_on(gate.changed.wait_while(guard, |is_open| !*is_open));
            assert!(*guard);
        });
        *block_on(gate.is_open.lock()) = true;
        gate.changed.notify_one();
        waiter.join().unwrap();
        gate.assert_at_rest();
    });
}

/// The notifying thread holds the mutex.
#[test]
fn notify_races_wait() {
    bounded_model(|| {
        let gate = Gate::new();
        let waiter = thread::spawn(|| {
            let guard = block_on(gate.is_open.lock());
            drop(block_on(gate.changed.wait_while(guard, |is_open| !*is_open)));
        });
        let mut guard = block_on(gate.is_open.lock());
        *guard = true;
        gate.changed.notify_one();
        drop(guard);
        waiter.join().unwrap();
        gate.assert_at_rest();
    });
}

/// The notification of a cancelled wait passes to the next one, with all earlier writes.
#[test]
fn notify_races_cancel() {
    model(|| {
        let gate = Gate::new();
        let [cancelled, mut next] = [(); 2].map(|()| gate.queued());
        let canceller = thread::spawn(move || {
            drop(cancelled);
            if let Poll::Ready(guard) = next.poll() {
                assert_eq!(gate.note.read(), 1);
                drop(guard);
                return None;
            }
            Some(next)
        });
        gate.note.write();
        gate.changed.notify_one();
        if let Some(next) = canceller.join().unwrap() {
            drop(next.woken());
        }
        gate.assert_at_rest();
    });
}

/// A wait that is dropped after its notification, and before it has the mutex, passes the
/// notification on.
#[test]
fn notified_then_cancelled_before_the_lock_passes_on() {
    bounded_model(|| {
        let gate = Gate::new();
        let [mut cancelled, next] = [(); 2].map(|()| gate.queued());
        let guard = gate.lock();
        gate.changed.notify_one();
        assert!(cancelled.poll().is_pending(), "the mutex is locked");
        let canceller = thread::spawn(|| drop(cancelled));
        drop(guard);
        canceller.join().unwrap();
        drop(next.woken());
        gate.assert_at_rest();
    });
}

/// All waits complete, and each task gets the mutex in turn.
#[test]
fn notify_all_races_wait() {
    bounded_model(|| {
        let gate = Gate::new();
        let queued = gate.queued();
        let waiter = thread::spawn(|| {
            let guard = block_on(gate.is_open.lock());
            drop(block_on(gate.changed.wait_while(guard, |is_open| !*is_open)));
        });
        *block_on(gate.is_open.lock()) = true;
        gate.changed.notify_all();
        waiter.join().unwrap();
        drop(queued.woken());
        gate.assert_at_rest();
    });
}

/// The second of two waits is cancelled while one notification is sent. The first wait receives the
/// notification.
#[test]
fn two_waits_one_notify_one_cancel() {
    model(|| {
        let gate = Gate::new();
        let [first, cancelled] = [(); 2].map(|()| gate.queued());
        let canceller = thread::spawn(|| drop(cancelled));
        gate.changed.notify_one();
        canceller.join().unwrap();
        drop(first.woken());
        gate.assert_at_rest();
    });
}

/// A notification that finds no waiter is not stored, even if it races with a cancel.
#[test]
fn notify_without_waiter_races_cancel() {
    model(|| {
        let gate = Gate::new();
        let cancelled = gate.queued();
        let canceller = thread::spawn(|| drop(cancelled));
        gate.changed.notify_one();
        canceller.join().unwrap();
        gate.queued().assert_pending();
        gate.assert_at_rest();
    });
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Call {
    NotifyOne,
    NotifyAll,
}

/// Each wait has a mutex of its own, so that its poll is one operation on the condition variable.
impl Subject for Condvar {
    type Kind = ();
    type Wait = Wait;
    type Call = Call;

    fn new() -> Self {
        Self::new()
    }

    fn wait(&'static self, (): ()) -> Wait {
        let mutex: &'static Mutex<bool> = Box::leak(Box::new(Mutex::new(false)));
        self.wait(mutex.try_lock().expect("the mutex is new"))
    }

    fn waiters(&self) -> usize {
        self.waiters()
    }

    fn assert_valid(&self) {
        self.assert_valid();
    }

    fn call(&'static self, call: Call) -> bool {
        match call {
            Call::NotifyOne => self.notify_one(),
            Call::NotifyAll => self.notify_all(),
        }
        true
    }
}

impl Reference<Condvar> for CondvarReference {
    fn new() -> Self {
        // One mutex for each wait.
        Self::new(4)
    }

    fn create(&mut self, wait: usize, (): ()) {
        assert!(self.try_lock(wait));
        self.wait(wait, wait);
    }

    fn poll(&mut self, wait: usize) -> bool {
        self.poll(wait).is_ready()
    }

    fn cancel(&mut self, wait: usize) {
        self.cancel(wait);
    }

    fn waiters(&self) -> usize {
        self.waiters()
    }

    fn call(&mut self, call: Call) -> bool {
        match call {
            Call::NotifyOne => self.notify_one(),
            Call::NotifyAll => self.notify_all(),
        }
        true
    }
}

const SETUPS: &[Setup<Call>] = &[(None, None), (None, Some(()))];

macro_rules! race_all {
    ($($name:ident: $start:expr => $action:expr,)*) => {
        const ALL: &[Operation<Call>] = &[$(($start, $action)),*];
        $(#[test] fn $name() {
            races_all::<Condvar, CondvarReference>(($start, $action), ALL, SETUPS);
        })*
    };
}

race_all! {
    creation_of_condvar_wait_races_all: NoWait => Create(()),
    first_poll_of_condvar_wait_races_all: Created(()) => Poll,
    first_poll_after_notify_all_races_all: CreatedAndCompletedBy((), Call::NotifyAll) => Poll,
    repoll_of_condvar_wait_races_all: Queued(()) => Poll,
    repoll_of_condvar_wait_with_new_waker_races_all: Queued(()) => PollWithNewWaker,
    poll_of_notified_condvar_wait_races_all: QueuedAndCompletedBy((), Call::NotifyOne) => Poll,
    cancel_of_condvar_wait_races_all: Queued(()) => Cancel,
    cancel_of_notified_condvar_wait_races_all: QueuedAndCompletedBy((), Call::NotifyOne) => Cancel,
    notify_one_of_condvar_races_all: NoWait => Perform(Call::NotifyOne),
    notify_all_of_condvar_races_all: NoWait => Perform(Call::NotifyAll),
}
