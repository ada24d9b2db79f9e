//! Races of notifications.

use std::{pin::Pin, sync::atomic::Ordering::Relaxed};

use compio_sync::{Notified, Notify};
use loom::{future::block_on, model, sync::atomic::AtomicBool, thread};

use crate::{
    bounded::bounded_model,
    linear::{Action::*, Operation, Reference, Setup, Start::*, Subject, races_all},
    note::Note,
    notify_reference::NotifyReference,
    task::Task,
};

/// A `Notify`, a note that is written before the notification, and a condition.
struct Channel {
    notify: Notify,
    note: Note,
    /// Accessed with `Relaxed`: the notification must order the accesses.
    condition: AtomicBool,
}

impl Channel {
    fn new() -> &'static Self {
        Box::leak(Box::new(Self {
            notify: Notify::new(),
            note: Note::new(),
            condition: AtomicBool::new(false),
        }))
    }

    fn queued(&'static self) -> Task<Notified<'static>> {
        Task::waiting(self.notify.notified())
    }

    /// Asserts that the queue is empty, and that a permit is stored exactly if `has_permit`.
    fn assert_at_rest(&self, has_permit: bool) {
        self.notify.assert_valid();
        assert_eq!(self.notify.waiters(), 0);
        assert_eq!(Task::new(self.notify.notified()).poll().is_ready(), has_permit);
    }
}

/// The waiter consumes the stored permit, or `notify_one` completes the queued waiter.
#[test]
fn notify_one_races_first_poll() {
    model(|| {
        let channel = Channel::new();
        let notifier = thread::spawn(|| {
            channel.note.write();
            channel.notify.notify_one();
        });
        block_on(channel.notify.notified());
        assert_eq!(channel.note.read(), 1);
        notifier.join().unwrap();
        channel.assert_at_rest(false);
    });
}

/// A notification for a cancelled waiter is stored.
#[test]
fn notify_one_races_cancel() {
    model(|| {
        let channel = Channel::new();
        let cancelled = channel.queued();
        let canceller = thread::spawn(|| drop(cancelled));
        channel.notify.notify_one();
        canceller.join().unwrap();
        channel.assert_at_rest(true);
    });
}

/// A notification for a cancelled waiter passes to the next waiter, with all earlier writes.
#[test]
fn cancelled_notified_passes_on() {
    model(|| {
        let channel = Channel::new();
        let [cancelled, mut next] = [(); 2].map(|()| channel.queued());
        let canceller = thread::spawn(move || {
            drop(cancelled);
            if next.poll().is_ready() {
                assert_eq!(channel.note.read(), 1);
                return None;
            }
            Some(next)
        });
        channel.note.write();
        channel.notify.notify_one();
        if let Some(next) = canceller.join().unwrap() {
            next.woken();
        }
        channel.assert_at_rest(false);
    });
}

/// A future that was created before the broadcast must complete, whether it is enqueued before it
/// or not.
#[test]
fn notify_waiters_races_first_poll() {
    model(|| {
        let channel = Channel::new();
        let notified = channel.notify.notified();
        let waiter = thread::spawn(move || {
            block_on(notified);
            assert_eq!(channel.note.read(), 1);
        });
        channel.note.write();
        channel.notify.notify_waiters();
        waiter.join().unwrap();
        channel.assert_at_rest(false);
    });
}

/// A waiter that is created after the broadcast must observe the condition set before it.
#[test]
fn notify_waiters_races_creation() {
    model(|| {
        let channel = Channel::new();
        let waiter = thread::spawn(|| {
            let notified = channel.notify.notified();
            if !channel.condition.load(Relaxed) {
                block_on(notified);
            }
        });
        channel.condition.store(true, Relaxed);
        channel.notify.notify_waiters();
        waiter.join().unwrap();
        channel.assert_at_rest(false);
    });
}

/// A waiter that was enabled before it checks the condition must not miss the notification.
#[test]
fn enable_races_notify() {
    bounded_model(|| {
        let channel = Channel::new();
        let waiter = thread::spawn(|| {
            let mut notified = Box::pin(channel.notify.notified());
            let is_complete = notified.as_mut().enable();
            if !channel.condition.load(Relaxed) {
                assert!(!is_complete, "a completed `enable` must make the condition visible");
                block_on(notified);
                assert!(channel.condition.load(Relaxed));
            }
        });
        channel.condition.store(true, Relaxed);
        channel.notify.notify_one();
        waiter.join().unwrap();
        assert_eq!(channel.notify.waiters(), 0);
    });
}

/// A waiter that the broadcast completes has nothing to pass on, and the next waiter completes as
/// well.
#[test]
fn notify_waiters_races_cancel() {
    model(|| {
        let channel = Channel::new();
        let [cancelled, next] = [(); 2].map(|()| channel.queued());
        let canceller = thread::spawn(|| drop(cancelled));
        channel.notify.notify_waiters();
        canceller.join().unwrap();
        next.woken();
        channel.assert_at_rest(false);
    });
}

/// The queue is unlocked between two batches. A cancel at this point must not end the broadcast.
#[test]
fn cancel_races_batches() {
    bounded_model(|| {
        let channel = Channel::new();
        let [first, second, third, cancelled, last] = [(); 5].map(|()| channel.queued());
        let canceller = thread::spawn(|| drop(cancelled));
        channel.notify.notify_waiters();
        canceller.join().unwrap();
        [first, second, third, last].into_iter().for_each(Task::woken);
        channel.assert_at_rest(false);
    });
}

/// A woken task that waits again, while waiters of the same broadcast are still queued, waits for
/// the next notification.
#[test]
fn notify_waiters_races_requeue() {
    bounded_model(|| {
        let channel = Channel::new();
        let [mut first, second, third, last] = [(); 4].map(|()| channel.queued());
        let waiter = thread::spawn(move || first.poll().is_ready().then(|| channel.queued()));
        channel.notify.notify_waiters();
        let again = waiter.join().unwrap();
        [second, third, last].into_iter().for_each(Task::woken);
        if let Some(mut again) = again {
            again.assert_pending();
            channel.notify.notify_one();
            again.woken();
        }
        channel.assert_at_rest(false);
    });
}

/// A notification between two batches must not be spent on a waiter of the broadcast.
#[test]
fn notify_one_between_batches() {
    bounded_model(|| {
        let channel = Channel::new();
        let [mut first, second, third, last] = [(); 4].map(|()| channel.queued());
        let waiter = thread::spawn(move || {
            if first.poll().is_ready() {
                let again = channel.queued();
                channel.notify.notify_one();
                again.woken();
            }
        });
        channel.notify.notify_waiters();
        waiter.join().unwrap();
        [second, third, last].into_iter().for_each(Task::woken);
        channel.assert_at_rest(false);
    });
}

/// A task that the broadcast has woken must find every other wait complete, even if its batch is
/// still pending.
#[test]
fn poll_of_next_batch_races_notify_waiters() {
    bounded_model(|| {
        let channel = Channel::new();
        let [mut first, second, third, mut last] = [(); 4].map(|()| channel.queued());
        let waiter = thread::spawn(move || {
            if first.poll().is_ready() {
                assert!(last.poll().is_ready(), "the broadcast must complete all waits");
                assert_eq!(channel.note.read(), 1);
            }
        });
        channel.note.write();
        channel.notify.notify_waiters();
        waiter.join().unwrap();
        [second, third].into_iter().for_each(Task::woken);
        channel.assert_at_rest(false);
    });
}

/// Like `poll_of_next_batch_races_notify_waiters`, with `enable`.
#[test]
fn enable_of_next_batch_races_notify_waiters() {
    bounded_model(|| {
        let channel = Channel::new();
        let [mut first, second, third, mut last] = [(); 4].map(|()| channel.queued());
        let waiter = thread::spawn(move || {
            if first.poll().is_ready() {
                assert!(last.future.as_mut().enable(), "the broadcast must complete all waits");
                assert!(last.poll().is_ready());
            }
        });
        channel.notify.notify_waiters();
        waiter.join().unwrap();
        [second, third].into_iter().for_each(Task::woken);
        channel.assert_at_rest(false);
    });
}

/// Two notifications complete two waiters.
#[test]
fn notify_one_races_notify_one() {
    model(|| {
        let channel = Channel::new();
        let [first, second] = [(); 2].map(|()| channel.queued());
        let notifier = thread::spawn(|| channel.notify.notify_one());
        channel.notify.notify_one();
        notifier.join().unwrap();
        first.woken();
        second.woken();
        channel.assert_at_rest(false);
    });
}

/// A thread that blocks on a notification is woken by it.
#[test]
fn notify_one_races_block() {
    model(|| {
        let channel = Channel::new();
        let blocked = thread::spawn(|| {
            channel.notify.notified().block();
            assert_eq!(channel.note.read(), 1);
        });
        channel.note.write();
        channel.notify.notify_one();
        blocked.join().unwrap();
        channel.assert_at_rest(false);
    });
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Call {
    NotifyOne,
    NotifyWaiters,
}

impl Subject for Notify {
    type Wait = Notified<'static>;
    type Kind = ();
    type Call = Call;

    fn new() -> Self {
        Self::new()
    }

    fn wait(&'static self, (): ()) -> Notified<'static> {
        self.notified()
    }

    fn enable(wait: Pin<&mut Notified<'static>>) -> bool {
        wait.enable()
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
            Call::NotifyWaiters => self.notify_waiters(),
        }
        true
    }
}

impl Reference<Notify> for NotifyReference {
    fn new() -> Self {
        Self::new()
    }

    fn create(&mut self, wait: usize, (): ()) {
        self.create(wait);
    }

    fn poll(&mut self, wait: usize) -> bool {
        self.poll(wait).is_ready()
    }

    fn enable(&mut self, wait: usize) -> bool {
        self.enable(wait)
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
            Call::NotifyWaiters => self.notify_waiters(),
        }
        true
    }
}

const SETUPS: &[Setup<Call>] = &[(None, None), (None, Some(())), (Some(Call::NotifyOne), None)];

macro_rules! race_all {
    ($($name:ident: $start:expr => $action:expr,)*) => {
        const ALL: &[Operation<Call>] = &[$(($start, $action)),*];
        $(#[test] fn $name() {
            races_all::<Notify, NotifyReference>(($start, $action), ALL, SETUPS);
        })*
    };
}

race_all! {
    creation_of_notified_races_all: NoWait => Create(()),
    first_poll_of_notified_races_all: Created(()) => Poll,
    first_poll_with_old_ticket_races_all: CreatedAndCompletedBy((), Call::NotifyWaiters) => Poll,
    enable_races_all: Created(()) => Enable,
    enable_of_queued_races_all: Queued(()) => Enable,
    repoll_of_notified_races_all: Queued(()) => Poll,
    repoll_of_notified_with_new_waker_races_all: Queued(()) => PollWithNewWaker,
    poll_after_notify_one_races_all: QueuedAndCompletedBy((), Call::NotifyOne) => Poll,
    poll_after_notify_waiters_races_all: QueuedAndCompletedBy((), Call::NotifyWaiters) => Poll,
    cancel_of_queued_notified_races_all: Queued(()) => Cancel,
    cancel_after_notify_one_races_all: QueuedAndCompletedBy((), Call::NotifyOne) => Cancel,
    cancel_after_notify_waiters_races_all: QueuedAndCompletedBy((), Call::NotifyWaiters) => Cancel,
    notify_one_races_all: NoWait => Perform(Call::NotifyOne),
    notify_waiters_races_all: NoWait => Perform(Call::NotifyWaiters),
}
