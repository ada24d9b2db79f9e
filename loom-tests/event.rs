//! Races of events.

use compio_sync::{Event, WaitForEvent};
use loom::{future::block_on, model, thread};

use crate::{
    bounded::bounded_model,
    event_reference::EventReference,
    linear::{Action::*, Operation, Reference, Setup, Start::*, Subject, races_all},
    note::Note,
    task::Task,
};

/// An event, and a note that is written before the event is set.
struct Signal {
    event: Event,
    note: Note,
}

impl Signal {
    fn new() -> &'static Self {
        Box::leak(Box::new(Self { event: Event::new(false), note: Note::new() }))
    }

    fn write_and_set(&self) {
        self.note.write();
        self.event.set();
    }

    fn queued(&'static self) -> Task<WaitForEvent<'static>> {
        Task::waiting(self.event.wait())
    }

    fn assert_at_rest(&self, is_set: bool) {
        self.event.assert_valid();
        assert_eq!((self.event.waiters(), self.event.is_set()), (0, is_set));
    }
}

/// No wait may be enqueued after all waiters were completed, because it would wait forever.
#[test]
fn set_races_wait() {
    model(|| {
        let signal = Signal::new();
        let setter = thread::spawn(|| signal.write_and_set());
        block_on(signal.event.wait());
        assert_eq!(signal.note.read(), 1);
        setter.join().unwrap();
        signal.assert_at_rest(true);
    });
}

/// A caller that finds the event set must see all writes before `set`, even if the queue is still
/// locked.
#[test]
fn set_races_is_set() {
    model(|| {
        let signal = Signal::new();
        let queued = signal.queued();
        let reader = thread::spawn(|| {
            if signal.event.is_set() {
                assert_eq!(signal.note.read(), 1);
            }
        });
        signal.write_and_set();
        reader.join().unwrap();
        queued.woken();
        signal.assert_at_rest(true);
    });
}

/// A wait that was created before `set` must complete, even if the event is reset immediately.
#[test]
fn set_reset_races_wait() {
    model(|| {
        let signal = Signal::new();
        let wait = signal.event.wait();
        let waiter = thread::spawn(move || {
            block_on(wait);
            assert_eq!(signal.note.read(), 1);
        });
        signal.write_and_set();
        signal.event.reset();
        waiter.join().unwrap();
        signal.assert_at_rest(false);
    });
}

/// The event is reset between two batches. The waits of the second batch must complete.
#[test]
fn reset_between_batches() {
    bounded_model(|| {
        let signal = Signal::new();
        let [mut first, second, third, last] = [(); 4].map(|()| signal.queued());
        let waiter = thread::spawn(move || {
            first.poll().is_ready().then(|| {
                signal.event.reset();
                signal.queued()
            })
        });
        signal.event.set();
        let again = waiter.join().unwrap();
        [second, third, last].into_iter().for_each(Task::woken);
        let is_set = again.is_none();
        if let Some(mut again) = again {
            again.assert_pending();
        }
        signal.assert_at_rest(is_set);
    });
}

/// A task that `set` has woken must find every other wait complete, even if its batch is still
/// pending.
#[test]
fn poll_of_next_batch_races_set() {
    bounded_model(|| {
        let signal = Signal::new();
        let [mut first, second, third, mut last] = [(); 4].map(|()| signal.queued());
        let waiter = thread::spawn(move || {
            if first.poll().is_ready() {
                assert!(last.poll().is_ready(), "`set` must complete all waits");
            }
        });
        signal.event.set();
        waiter.join().unwrap();
        [second, third].into_iter().for_each(Task::woken);
        signal.assert_at_rest(true);
    });
}

/// A cancelled wait must not keep the next one from completing.
#[test]
fn set_races_cancel() {
    model(|| {
        let signal = Signal::new();
        let [cancelled, next] = [(); 2].map(|()| signal.queued());
        let canceller = thread::spawn(|| drop(cancelled));
        signal.event.set();
        canceller.join().unwrap();
        next.woken();
        signal.assert_at_rest(true);
    });
}

/// Two concurrent calls to `set` must complete the wait and leave the event set.
#[test]
fn set_races_set() {
    model(|| {
        let signal = Signal::new();
        let waiting = signal.queued();
        let setter = thread::spawn(|| signal.event.set());
        signal.event.set();
        setter.join().unwrap();
        waiting.woken();
        signal.assert_at_rest(true);
    });
}

/// A thread that blocks on the event is woken when it is set.
#[test]
fn set_races_block() {
    model(|| {
        let signal = Signal::new();
        let blocked = thread::spawn(|| {
            signal.event.wait().block();
            assert_eq!(signal.note.read(), 1);
        });
        signal.write_and_set();
        blocked.join().unwrap();
        signal.assert_at_rest(true);
    });
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Call {
    Set,
    Reset,
    IsSet,
    /// Sets the event and resets it, to prepare a race.
    Pulse,
}

impl Subject for Event {
    type Wait = WaitForEvent<'static>;
    type Kind = ();
    type Call = Call;

    fn new() -> Self {
        Self::new(false)
    }

    fn wait(&'static self, (): ()) -> WaitForEvent<'static> {
        self.wait()
    }

    fn waiters(&self) -> usize {
        self.waiters()
    }

    fn assert_valid(&self) {
        self.assert_valid();
    }

    fn call(&'static self, call: Call) -> bool {
        match call {
            Call::Set => self.set(),
            Call::Reset => self.reset(),
            Call::IsSet => return self.is_set(),
            Call::Pulse => {
                self.set();
                self.reset();
            }
        }
        true
    }
}

impl Reference<Event> for EventReference {
    fn new() -> Self {
        Self::new(false)
    }

    fn create(&mut self, wait: usize, (): ()) {
        self.create(wait);
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
            Call::Set => self.set(),
            Call::Reset => self.reset(),
            Call::IsSet => return self.is_set(),
            Call::Pulse => {
                self.set();
                self.reset();
            }
        }
        true
    }
}

const SETUPS: &[Setup<Call>] = &[(None, None), (None, Some(())), (Some(Call::Set), None)];

macro_rules! race_all {
    ($($name:ident: $start:expr => $action:expr,)*) => {
        const ALL: &[Operation<Call>] = &[$(($start, $action)),*];
        $(#[test] fn $name() {
            races_all::<Event, EventReference>(($start, $action), ALL, SETUPS);
        })*
    };
}

race_all! {
    creation_of_wait_races_all: NoWait => Create(()),
    first_poll_of_wait_races_all: Created(()) => Poll,
    first_poll_of_wait_after_pulse_races_all: CreatedAndCompletedBy((), Call::Pulse) => Poll,
    repoll_of_wait_races_all: Queued(()) => Poll,
    repoll_of_wait_with_new_waker_races_all: Queued(()) => PollWithNewWaker,
    poll_of_complete_wait_races_all: QueuedAndCompletedBy((), Call::Pulse) => Poll,
    cancel_of_queued_wait_races_all: Queued(()) => Cancel,
    cancel_of_complete_wait_races_all: QueuedAndCompletedBy((), Call::Pulse) => Cancel,
    set_races_all: NoWait => Perform(Call::Set),
    reset_races_all: NoWait => Perform(Call::Reset),
    is_set_races_all: NoWait => Perform(Call::IsSet),
}
