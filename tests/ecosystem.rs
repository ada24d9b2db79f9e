//! Other runtimes, and combinators of the `futures` crate.

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
};

use compio_sync::{Barrier, Condvar, Event, Mutex, Notify, OnceCell, RwLock, Semaphore, unsync};
use futures::{
    FutureExt, StreamExt,
    future::{join_all, pending},
    select_biased,
    stream::{self, FuturesUnordered},
};

use crate::{runtime::yield_now, task::Task};

const TASKS: usize = 20;

/// A workload of [`TASKS`] tasks that share two permits and some data, and one task that starts
/// them.
#[derive(Clone)]
struct Work {
    semaphore: Arc<Semaphore>,
    is_started: Arc<Event>,
    done: Arc<AtomicUsize>,
    progress: Arc<Notify>,
    data: Arc<Data>,
}

#[derive(Default)]
struct Data {
    log: Mutex<Vec<usize>>,
    logged: Condvar,
    written: RwLock<usize>,
    first: OnceCell<usize>,
}

impl Data {
    async fn add(&self, number: usize) {
        let mut log = self.log.lock().await;
        yield_now().await;
        log.push(number);
        drop(log);
        self.logged.notify_one();
        let before = *self.written.read().await;
        let init = async || {
            yield_now().await;
            number
        };
        assert!((1..=TASKS).contains(self.first.get_or_init(init).await));
        let mut written = self.written.write().await;
        assert!(*written >= before);
        *written += 1;
        yield_now().await;
    }
}

impl Work {
    fn new() -> Self {
        Self {
            semaphore: Arc::new(Semaphore::new(2)),
            is_started: Arc::new(Event::new(false)),
            done: Arc::default(),
            progress: Arc::new(Notify::new()),
            data: Arc::default(),
        }
    }

    /// Returns the tasks. The first one starts the others, and completes when all others are done.
    fn tasks(&self) -> impl Iterator<Item = impl Future<Output = ()> + Send + 'static> {
        (0..=TASKS).map(|number| self.clone().task(number))
    }

    async fn task(self, number: usize) {
        if number == 0 {
            yield_now().await;
            self.is_started.set();
            let log = self.data.log.lock().await;
            let is_short = |log: &mut Vec<_>| log.len() < TASKS;
            drop(self.data.logged.wait_while(log, is_short).await);
            while self.done.load(Ordering::Relaxed) < TASKS {
                self.progress.notified().await;
            }
            return;
        }
        self.is_started.wait().await;
        let _permit = self.semaphore.acquire().await;
        assert!(self.semaphore.in_use() <= 2);
        self.data.add(number).await;
        self.done.fetch_add(1, Ordering::Relaxed);
        self.progress.notify_one();
    }

    #[track_caller]
    fn assert_done(&self) {
        assert_eq!(self.done.load(Ordering::Relaxed), TASKS);
        assert_eq!(self.semaphore.available_permits(), 2);
        assert_eq!(self.semaphore.waiters(), 0);
        assert_eq!((self.is_started.waiters(), self.progress.waiters()), (0, 0));
        assert_eq!(self.data.logged.waiters(), 0);
        let mut log = self.data.log.try_lock().unwrap().clone();
        log.sort_unstable();
        assert_eq!(log, (1..=TASKS).collect::<Vec<_>>());
        assert_eq!(*self.data.written.try_write().unwrap(), TASKS);
        assert!(self.data.first.get().is_some());
    }
}

#[test]
fn works_under_compio() {
    let work = Work::new();
    compio::runtime::Runtime::new().unwrap().block_on(async {
        for task in work.tasks().map(compio::runtime::spawn).collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
    work.assert_done();
}

#[test]
fn works_under_tokio() {
    let work = Work::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        for task in work.tasks().map(tokio::spawn).collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
    work.assert_done();
}

#[test]
fn works_under_smol() {
    let work = Work::new();
    smol::block_on(async {
        for task in work.tasks().map(smol::spawn).collect::<Vec<_>>() {
            task.await;
        }
    });
    work.assert_done();
}

#[test]
fn works_under_a_bare_block_on() {
    let work = Work::new();
    pollster::block_on(join_all(work.tasks()));
    work.assert_done();
}

#[test]
fn select_cancels_wait_and_loses_nothing() {
    let semaphore = Semaphore::new(1);
    let held = semaphore.try_acquire().unwrap();
    let timed_out = async {
        select_biased! {
            _ = semaphore.acquire().fuse() => false,
            () = ready(()).fuse() => true,
        }
    };
    assert_eq!(timed_out.now_or_never(), Some(true));
    assert_eq!(semaphore.waiters(), 0);
    drop(held);
    let acquired = async {
        select_biased! {
            _ = semaphore.acquire().fuse() => true,
            () = pending().fuse() => false,
        }
    };
    assert_eq!(acquired.now_or_never(), Some(true));
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn select_cancels_notified_and_passes_notification_on() {
    let notify = Notify::new();
    let mut cancelled = Task::waiting(async {
        select_biased! {
            () = yield_now().fuse() => false,
            () = notify.notified().fuse() => true,
        }
    });
    let next = Task::waiting(notify.notified());
    notify.notify_one();
    assert_eq!(cancelled.poll(), Poll::Ready(false));
    next.woken();
}

#[test]
fn join_all_completes_when_all_are_granted() {
    let semaphore = unsync::Semaphore::new(0);
    let mut all = Task::waiting(join_all((0..100).map(|_| semaphore.acquire())));
    semaphore.add_permits(99);
    assert!(all.poll().is_pending());
    semaphore.add_permits(1);
    assert_eq!(all.poll().map(|permits| permits.len()), Poll::Ready(100));
}

#[test]
fn join_all_meets_at_barrier() {
    let barrier = Barrier::new(TASKS);
    let round = async || {
        let results = join_all((0..TASKS).map(|_| barrier.wait())).await;
        results.iter().filter(|result| result.is_leader()).count()
    };
    assert_eq!(pollster::block_on(async { [round().await, round().await] }), [1, 1]);
}

#[test]
fn select_cancels_wait_on_condvar_and_passes_notification_on() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(()));
    let mut cancelled = Task::waiting(async {
        let guard = mutex.lock().await;
        select_biased! {
            () = yield_now().fuse() => false,
            _ = condvar.wait(guard).fuse() => true,
        }
    });
    let next = Task::waiting(condvar.wait(mutex.try_lock().unwrap()));
    condvar.notify_one();
    assert_eq!(cancelled.poll(), Poll::Ready(false));
    drop(next.woken());
}

#[test]
fn futures_unordered_yields_in_fifo_order() {
    let semaphore = Semaphore::new(0);
    let numbered = (0..TASKS).map(|number| semaphore.acquire().map(move |_permit| number));
    let mut all = Task::waiting(numbered.collect::<FuturesUnordered<_>>().collect::<Vec<_>>());
    // There is one permit, which each future hands off to the next one.
    semaphore.add_permits(1);
    assert_eq!(all.poll(), Poll::Ready((0..TASKS).collect()));
}

#[test]
fn permits_bound_stream_below_its_buffer() {
    let work = Work::new();
    let all = stream::iter(work.tasks()).buffer_unordered(TASKS).for_each(ready);
    pollster::block_on(all);
    work.assert_done();
}
