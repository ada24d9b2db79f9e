//! Condition variables: `Condvar` and its peer.

use std::{hint::black_box, pin::pin, time::Duration};

use compio_sync::unsync;

use super::{
    Suite,
    waits::{broadcast, cancel_queued, pending, ready, timed, timed_rounds},
};

const CHARTED: [&str; 4] = [
    "condvar_wait_notify",
    "condvar_notify_none",
    "condvar_cancel_queued",
    "condvar_notify_all_1000",
];

pub(super) fn add_to(suite: &mut Suite) {
    add::<compio_sync::Condvar>(suite);
    add::<asyncband::condvar::Condvar>(suite);
    add::<unsync::Condvar>(suite);
    suite.charted.extend(CHARTED);
}

/// A condition variable, with the mutex that it is used with.
trait Subject: 'static {
    const NAME: &str;
    type Mutex: 'static;
    type Guard<'m>;

    fn new() -> Self;
    fn mutex() -> Self::Mutex;
    fn lock(mutex: &Self::Mutex) -> impl Future<Output = Self::Guard<'_>>;
    fn wait<'m>(&self, guard: Self::Guard<'m>) -> impl Future<Output = Self::Guard<'m>>;
    fn notify_one(&self);
    fn notify_all(&self);
}

macro_rules! condvar {
    ($($Condvar:ty = $name:literal, $Mutex:ty, $($Guard:ident)::+);*) => {$(
        impl Subject for $Condvar {
            const NAME: &str = $name;
            type Mutex = $Mutex;
            type Guard<'m> = $($Guard)::+<'m, u64>;

            fn new() -> Self {
                Self::new()
            }

            fn mutex() -> $Mutex {
                <$Mutex>::new(0)
            }

            fn lock(mutex: &$Mutex) -> impl Future<Output = Self::Guard<'_>> {
                mutex.lock()
            }

            fn wait<'m>(
                &self,
                guard: Self::Guard<'m>,
            ) -> impl Future<Output = Self::Guard<'m>> {
                self.wait(guard)
            }

            fn notify_one(&self) {
                self.notify_one();
            }

            fn notify_all(&self) {
                self.notify_all();
            }
        }
    )*};
}
condvar!(
    compio_sync::Condvar = "compio-sync", compio_sync::Mutex<u64>, compio_sync::MutexGuard;
    unsync::Condvar = "compio-sync unsync", unsync::Mutex<u64>, unsync::MutexGuard;
    asyncband::condvar::Condvar = "asyncband",
        asyncband::mutex::Mutex<u64>, asyncband::mutex::MutexGuard
);

fn add<S: Subject>(suite: &mut Suite) {
    let mut subject = suite.of(S::NAME);
    subject.path("condvar_wait_notify", 10_000, wait_notify::<S>);
    subject.path("condvar_notify_none", 50_000, |rounds| {
        let condvar = S::new();
        timed_rounds(rounds, || black_box(&condvar).notify_one())
    });
    subject.path("condvar_cancel_queued", 10_000, |rounds| {
        let (mutex, condvar) = (S::mutex(), S::new());
        cancel_queued(rounds, || black_box(&condvar).wait(locked::<S>(&mutex)))
    });
    subject.path("condvar_notify_all_32", 100, |n| notify_all::<S>(n, 32));
    subject.path("condvar_notify_all_1000", 5, |n| notify_all::<S>(n, 1_000));
    let (mutex, condvar) = (S::mutex(), S::new());
    let future = size_of_val(&condvar.wait(locked::<S>(&mutex)));
    subject.size("Condvar", size_of::<S>(), future, move || {
        pending(pin!(condvar.wait(locked::<S>(&mutex))));
    });
}

/// Locks a mutex that is unlocked.
#[inline(always)]
fn locked<S: Subject>(mutex: &S::Mutex) -> S::Guard<'_> {
    ready(pin!(S::lock(mutex)))
}

/// Waits, which unlocks the mutex, and is notified, which locks it again.
fn wait_notify<S: Subject>(rounds: usize) -> Duration {
    let (mutex, condvar) = (S::mutex(), S::new());
    let mut guard = locked::<S>(&mutex);
    timed(|| {
        for _ in 0..rounds {
            let mut wait = pin!(black_box(&condvar).wait(guard));
            pending(wait.as_mut());
            black_box(&condvar).notify_one();
            guard = ready(wait);
        }
        drop(guard);
    })
}

/// Notifies all waiters. Each of them locks the mutex again, and unlocks it.
fn notify_all<S: Subject>(rounds: usize, waiters: usize) -> Duration {
    let (mutex, condvar) = (S::mutex(), S::new());
    let wait = || async { condvar.wait(S::lock(&mutex).await).await };
    (0..rounds).map(|_| broadcast(waiters, wait, || condvar.notify_all())).sum()
}
