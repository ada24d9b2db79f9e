//! Notifications: `Notify` and its peers.

use std::{hint::black_box, pin::pin, time::Duration};

use compio_sync::unsync;

use super::{
    Suite,
    threads::on_threads,
    waits::{broadcast, cancel_queued, context, handoff, pending, ready, repoll, timed_rounds},
};

const CHARTED: [&str; 6] = [
    "notify_stored",
    "notify_handoff_64",
    "notify_repoll",
    "notify_cancel_queued",
    "notify_broadcast_1000",
    "notify_hammer_2",
];

pub(super) fn add_to(suite: &mut Suite) {
    add_shared::<compio_sync::Notify>(suite);
    add_shared::<tokio::sync::Notify>(suite);
    add_shared::<event_listener::Event>(suite);
    add_shared::<asyncband::event::AutoResetEvent>(suite);
    add_shared::<maitake_sync::WaitQueue>(suite);
    add::<unsync::Notify>(suite);
    suite.charted.extend(CHARTED);
}

/// A primitive that wakes one waiter, or all of them.
trait Subject: 'static {
    const NAME: &str;

    /// Whether a notification is stored if no waiter is queued.
    const STORES: bool = true;

    /// Whether all waiters can be notified at once.
    const BROADCASTS: bool = true;

    /// Whether a wait can join the queue before it is polled.
    const ENABLES: bool = true;

    fn new() -> Self;
    fn wait(&self) -> impl Future;

    /// Joins the queue without a waker, and cancels.
    fn enable(&self);

    fn notify_one(&self);
    fn notify_all(&self);
}

macro_rules! like_tokio {
    ($($Notify:ty = $name:literal),*) => {$(
        impl Subject for $Notify {
            const NAME: &str = $name;

            fn new() -> Self {
                Self::new()
            }

            fn wait(&self) -> impl Future {
                self.notified()
            }

            fn enable(&self) {
                pin!(self.notified()).enable();
            }

            fn notify_one(&self) {
                self.notify_one();
            }

            fn notify_all(&self) {
                self.notify_waiters();
            }
        }
    )*};
}
like_tokio!(
    compio_sync::Notify = "compio-sync",
    tokio::sync::Notify = "tokio",
    unsync::Notify = "compio-sync unsync"
);

/// Its waits join the queue when they are created, which allocates them.
impl Subject for event_listener::Event {
    const NAME: &str = "event-listener";
    const STORES: bool = false;

    fn new() -> Self {
        Self::new()
    }

    fn wait(&self) -> impl Future {
        self.listen()
    }

    fn enable(&self) {
        drop(self.listen());
    }

    fn notify_one(&self) {
        self.notify(1);
    }

    fn notify_all(&self) {
        self.notify(usize::MAX);
    }
}

impl Subject for asyncband::event::AutoResetEvent {
    const NAME: &str = "asyncband";
    const BROADCASTS: bool = false;
    const ENABLES: bool = false;

    fn new() -> Self {
        Self::new()
    }

    fn wait(&self) -> impl Future {
        self.wait()
    }

    fn enable(&self) {
        unreachable!("a wait joins the queue when it is first polled");
    }

    fn notify_one(&self) {
        self.set();
    }

    fn notify_all(&self) {
        unreachable!("each call notifies one waiter");
    }
}

impl Subject for maitake_sync::WaitQueue {
    const NAME: &str = "maitake-sync";

    fn new() -> Self {
        Self::new()
    }

    fn wait(&self) -> impl Future {
        self.wait()
    }

    fn enable(&self) {
        assert!(pin!(self.wait()).subscribe().is_pending(), "the wait is complete");
    }

    fn notify_one(&self) {
        self.wake();
    }

    fn notify_all(&self) {
        self.wake_all();
    }
}

/// Adds the paths of a single thread.
fn add<S: Subject>(suite: &mut Suite) {
    let mut subject = suite.of(S::NAME);
    if S::STORES {
        subject.path("notify_stored", 50_000, stored::<S>);
    }
    subject.path("notify_handoff_1", 10_000, handoff_among::<S, 1>);
    subject.path("notify_handoff_64", 10_000, handoff_among::<S, 64>);
    subject.path("notify_repoll", 50_000, |rounds| repoll(rounds, S::new().wait()));
    subject.path("notify_cancel_queued", 10_000, |rounds| {
        let notify = S::new();
        cancel_queued(rounds, || black_box(&notify).wait())
    });
    if S::ENABLES {
        subject.path("notify_enable", 10_000, enable::<S>);
    }
    if S::BROADCASTS {
        subject.path("notify_broadcast_32", 100, |n| broadcast_to::<S>(n, 32));
        subject.path("notify_broadcast_1000", 5, |n| broadcast_to::<S>(n, 1_000));
    }
    let notify = S::new();
    let future = size_of_val(&notify.wait());
    subject.size("Notify", size_of::<S>(), future, move || pending(pin!(notify.wait())));
}

/// Adds the paths of a single thread and of two threads.
fn add_shared<S: Subject + Sync>(suite: &mut Suite) {
    add::<S>(suite);
    if S::STORES {
        suite.of(S::NAME).path("notify_hammer_2", 200_000, hammer::<S>);
    }
}

/// Stores a notification, and consumes it.
fn stored<S: Subject>(rounds: usize) -> Duration {
    let notify = S::new();
    timed_rounds(rounds, || {
        black_box(&notify).notify_one();
        ready(pin!(black_box(&notify).wait()));
    })
}

/// Notifies the front waiter, which waits again at the back.
fn handoff_among<S: Subject, const QUEUED: usize>(rounds: usize) -> Duration {
    let notify = S::new();
    handoff::<QUEUED, _, _>(
        rounds,
        || notify.wait(),
        (),
        |(), front| {
            notify.notify_one();
            ready(front);
        },
    )
}

fn enable<S: Subject>(rounds: usize) -> Duration {
    let notify = S::new();
    timed_rounds(rounds, || black_box(&notify).enable())
}

fn broadcast_to<S: Subject>(rounds: usize, waiters: usize) -> Duration {
    let notify = S::new();
    let round = |_| broadcast(waiters, || notify.wait(), || notify.notify_all());
    (0..rounds).map(round).sum()
}

/// Two threads store notifications and consume them. A wait that finds none is cancelled.
fn hammer<S: Subject + Sync>(rounds: usize) -> Duration {
    let notify = S::new();
    on_threads(2, rounds, || {
        black_box(&notify).notify_one();
        let _ = black_box(pin!(black_box(&notify).wait()).poll(&mut context()).is_ready());
    })
}
