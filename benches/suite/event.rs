//! Manual-reset events: `Event` and its peers.

use std::{
    hint::black_box,
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use compio_sync::unsync;
use futures_intrusive::sync as intrusive;

use super::{
    Suite,
    threads::on_threads,
    waits::{broadcast, cancel_queued, pending, ready, repoll, timed_rounds},
};

const CHARTED: [&str; 5] = [
    "event_is_set",
    "event_wait_set",
    "event_set_reset",
    "event_broadcast_1000",
    "event_observe_2",
];

pub(super) fn add_to(suite: &mut Suite) {
    add_shared::<compio_sync::Event>(suite);
    add_shared::<FlagAndListeners>(suite);
    add_shared::<asyncband::event::ManualResetEvent>(suite);
    add_shared::<intrusive::ManualResetEvent>(suite);
    add::<unsync::Event>(suite);
    add::<intrusive::LocalManualResetEvent>(suite);
    suite.charted.extend(CHARTED);
}

/// An event that stays set until it is reset.
trait Subject: 'static {
    const NAME: &str;

    fn new(is_set: bool) -> Self;
    fn wait(&self) -> impl Future;
    fn is_set(&self) -> bool;
    fn set(&self);
    fn reset(&self);
}

macro_rules! event {
    ($($Event:ty = $name:literal, $new:ident);*) => {$(
        impl Subject for $Event {
            const NAME: &str = $name;

            fn new(is_set: bool) -> Self {
                Self::$new(is_set)
            }

            fn wait(&self) -> impl Future {
                self.wait()
            }

            fn is_set(&self) -> bool {
                self.is_set()
            }

            fn set(&self) {
                self.set();
            }

            fn reset(&self) {
                self.reset();
            }
        }
    )*};
}
event!(
    compio_sync::Event = "compio-sync", new;
    unsync::Event = "compio-sync unsync", new;
    asyncband::event::ManualResetEvent = "asyncband", with_state;
    intrusive::ManualResetEvent = "futures-intrusive", new;
    intrusive::LocalManualResetEvent = "futures-intrusive local", new
);

/// An event as it is built on event-listener: a flag, and the waits for a change of the flag.
struct FlagAndListeners {
    flag: AtomicBool,
    changed: event_listener::Event,
}

impl Subject for FlagAndListeners {
    const NAME: &str = "event-listener";

    fn new(is_set: bool) -> Self {
        Self { flag: AtomicBool::new(is_set), changed: event_listener::Event::new() }
    }

    fn wait(&self) -> impl Future {
        async {
            while !self.is_set() {
                let listener = self.changed.listen();
                if self.is_set() {
                    break;
                }
                listener.await;
            }
        }
    }

    fn is_set(&self) -> bool {
        self.flag.load(Ordering::Acquire)
    }

    fn set(&self) {
        self.flag.store(true, Ordering::Release);
        self.changed.notify(usize::MAX);
    }

    fn reset(&self) {
        self.flag.store(false, Ordering::Release);
    }
}

/// Adds the paths of a single thread.
fn add<S: Subject>(suite: &mut Suite) {
    let mut subject = suite.of(S::NAME);
    subject.path("event_is_set", 50_000, is_set::<S>);
    subject.path("event_wait_set", 50_000, wait_set::<S>);
    subject.path("event_set_reset", 50_000, set_reset::<S>);
    subject.path("event_repoll", 50_000, |rounds| repoll(rounds, S::new(false).wait()));
    subject.path("event_cancel_queued", 10_000, |rounds| {
        let event = S::new(false);
        cancel_queued(rounds, || black_box(&event).wait())
    });
    subject.path("event_broadcast_32", 100, |n| broadcast_to::<S>(n, 32));
    subject.path("event_broadcast_1000", 5, |n| broadcast_to::<S>(n, 1_000));
    let event = S::new(false);
    let future = size_of_val(&event.wait());
    subject.size("Event", size_of::<S>(), future, move || pending(pin!(event.wait())));
}

/// Adds the paths of a single thread and of two threads.
fn add_shared<S: Subject + Sync>(suite: &mut Suite) {
    add::<S>(suite);
    suite.of(S::NAME).path("event_observe_2", 200_000, observe::<S>);
}

fn is_set<S: Subject>(rounds: usize) -> Duration {
    let event = S::new(true);
    timed_rounds(rounds, || assert!(black_box(&event).is_set()))
}

/// Waits for an event that is set.
fn wait_set<S: Subject>(rounds: usize) -> Duration {
    let event = S::new(true);
    timed_rounds(rounds, || drop(ready(pin!(black_box(&event).wait()))))
}

fn set_reset<S: Subject>(rounds: usize) -> Duration {
    let event = S::new(false);
    timed_rounds(rounds, || {
        black_box(&event).set();
        black_box(&event).reset();
    })
}

fn broadcast_to<S: Subject>(rounds: usize, waiters: usize) -> Duration {
    let event = S::new(false);
    let round = |_| {
        event.reset();
        broadcast(waiters, || event.wait(), || event.set())
    };
    (0..rounds).map(round).sum()
}

/// Two threads wait for an event that is set.
fn observe<S: Subject + Sync>(rounds: usize) -> Duration {
    let event = S::new(true);
    on_threads(2, rounds, || drop(ready(pin!(black_box(&event).wait()))))
}
