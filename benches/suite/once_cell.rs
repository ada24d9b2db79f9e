//! Once cells: `OnceCell` and its peers.

use std::{
    cell::{self, Cell},
    future::{pending as never, poll_fn},
    hint::black_box,
    pin::pin,
    sync::OnceLock,
    task::Poll,
    time::Duration,
};

use compio_sync::unsync;

use super::{
    Suite,
    threads::on_threads,
    waits::{broadcast, pending, ready, timed_rounds},
};

const CHARTED: [&str; 5] =
    ["once_get", "once_get_or_init_set", "once_init", "once_init_for_1000", "once_get_2"];

pub(super) fn add_to(suite: &mut Suite) {
    add_shared::<compio_sync::OnceCell<u64>>(suite);
    add_shared_get::<OnceLock<u64>>(suite);
    add_shared::<tokio::sync::OnceCell<u64>>(suite);
    add_shared::<async_lock::OnceCell<u64>>(suite);
    add_shared::<asyncband::once::OnceCell<u64>>(suite);
    add::<unsync::OnceCell<u64>>(suite);
    add_get::<cell::OnceCell<u64>>(suite);
    add_waits::<compio_sync::OnceCell<u64>>(suite);
    add_waits::<async_lock::OnceCell<u64>>(suite);
    add_waits::<unsync::OnceCell<u64>>(suite);
    suite.charted.extend(CHARTED);
}

/// A cell that can be read.
trait Get: 'static {
    const NAME: &str;

    fn new() -> Self;
    fn set(&self, value: u64);
    fn get(&self) -> Option<&u64>;
}

/// A cell that is initialized by a future.
trait Subject: Get {
    fn get_or_init(&self, init: impl Future<Output = u64>) -> impl Future<Output = &u64>;
}

/// A cell whose value can be waited for.
trait Wait: Get {
    fn wait(&self) -> impl Future;
}

macro_rules! get {
    ($($Cell:ty = $name:literal, $set:expr);*) => {$(
        impl Get for $Cell {
            const NAME: &str = $name;

            fn new() -> Self {
                Self::new()
            }

            fn set(&self, value: u64) {
                ($set)(self, value).expect("the cell is empty");
            }

            fn get(&self) -> Option<&u64> {
                self.get()
            }
        }
    )*};
}
get!(
    compio_sync::OnceCell<u64> = "compio-sync", Self::set;
    unsync::OnceCell<u64> = "compio-sync unsync", Self::set;
    OnceLock<u64> = "std", Self::set;
    cell::OnceCell<u64> = "std local", Self::set;
    tokio::sync::OnceCell<u64> = "tokio", Self::set;
    async_lock::OnceCell<u64> = "async-lock", Self::try_set;
    asyncband::once::OnceCell<u64> = "asyncband", |cell: &Self, value| ready(pin!(cell.set(value)))
);

macro_rules! subject {
    ($($Cell:ty: $init:ident => $closure:expr),*) => {$(
        impl Subject for $Cell {
            fn get_or_init(&self, $init: impl Future<Output = u64>) -> impl Future<Output = &u64> {
                self.get_or_init($closure)
            }
        }
    )*};
}
subject!(
    compio_sync::OnceCell<u64>: init => async || init.await,
    unsync::OnceCell<u64>: init => async || init.await,
    tokio::sync::OnceCell<u64>: init => || init,
    async_lock::OnceCell<u64>: init => || init,
    asyncband::once::OnceCell<u64>: init => async || init.await
);

macro_rules! wait {
    ($($Cell:ty),*) => {$(
        impl Wait for $Cell {
            fn wait(&self) -> impl Future {
                self.wait()
            }
        }
    )*};
}
wait!(compio_sync::OnceCell<u64>, unsync::OnceCell<u64>, async_lock::OnceCell<u64>);

fn add_get<S: Get>(suite: &mut Suite) {
    suite.of(S::NAME).path("once_get", 50_000, |rounds| {
        let cell = full::<S>();
        timed_rounds(rounds, || get_full(&cell))
    });
}

fn add_shared_get<S: Get + Sync>(suite: &mut Suite) {
    add_get::<S>(suite);
    suite.of(S::NAME).path("once_get_2", 200_000, |rounds| {
        let cell = full::<S>();
        on_threads(2, rounds, || get_full(&cell))
    });
}

/// Adds the paths of a single thread.
fn add<S: Subject>(suite: &mut Suite) {
    add_get::<S>(suite);
    add_init::<S>(suite);
}

/// Adds the paths of a single thread and of two threads.
fn add_shared<S: Subject + Sync>(suite: &mut Suite) {
    add_shared_get::<S>(suite);
    add_init::<S>(suite);
}

fn add_init<S: Subject>(suite: &mut Suite) {
    let mut subject = suite.of(S::NAME);
    subject.path("once_get_or_init_set", 50_000, |rounds| {
        let cell = full::<S>();
        timed_rounds(rounds, || {
            black_box(ready(pin!(black_box(&cell).get_or_init(five()))));
        })
    });
    subject.path("once_init", 50_000, |rounds| {
        timed_rounds(rounds, || {
            black_box(ready(pin!(black_box(&S::new()).get_or_init(five()))));
        })
    });
    subject.path("once_init_for_1000", 5, |n| init_for_many::<S>(n, 1_000));
    let cell = S::new();
    let future = size_of_val(&cell.get_or_init(five()));
    subject.size("OnceCell<u64>", size_of::<S>(), future, move || {
        let mut initializer = pin!(cell.get_or_init(never()));
        pending(initializer.as_mut());
        pending(pin!(cell.get_or_init(five())));
    });
}

fn add_waits<S: Wait>(suite: &mut Suite) {
    suite.of(S::NAME).path("once_wait_1000", 5, |n| wait_for_value::<S>(n, 1_000));
}

fn full<S: Get>() -> S {
    let cell = S::new();
    cell.set(5);
    cell
}

/// An initializer without state.
async fn five() -> u64 {
    5
}

fn get_full(cell: &impl Get) {
    black_box(*black_box(cell).get().expect("the cell is full"));
}

/// Completes an initializer. The other tasks that call `get_or_init` then complete in turn. All of
/// this is one round.
fn init_for_many<S: Subject>(rounds: usize, waiters: usize) -> Duration {
    let round = |_| {
        let (cell, is_ready) = (S::new(), Cell::new(false));
        let init = || poll_fn(|_| if is_ready.get() { Poll::Ready(5) } else { Poll::Pending });
        let mut initializer = pin!(cell.get_or_init(init()));
        pending(initializer.as_mut());
        let complete = || {
            is_ready.set(true);
            ready(initializer);
        };
        broadcast(waiters, || cell.get_or_init(init()), complete)
    };
    (0..rounds).map(round).sum()
}

/// Sets the value that tasks wait for. The tasks then complete in turn. All of this is one round.
fn wait_for_value<S: Wait>(rounds: usize, waiters: usize) -> Duration {
    let round = |_| {
        let cell = S::new();
        broadcast(waiters, || cell.wait(), || cell.set(5))
    };
    (0..rounds).map(round).sum()
}
