//! Each primitive of both flavours under each runtime.
//!
//! A [`Workload`] of a primitive is written once. All of its tasks wait behind a task that is stuck
//! until its runtime cancels it. Under compio, the tasks of a shared primitive run on two threads.

mod barrier;
mod closable_semaphore;
mod condvar;
mod event;
mod mutex;
mod notify;
mod once_cell;
mod rwlock;
mod semaphore;
mod wait_queue;

use std::{cell::Cell, num::NonZeroUsize, sync::Arc};

use compio::{
    dispatcher::Dispatcher,
    driver::DriverType,
    runtime::{JoinHandle as CompioTask, Runtime},
};
use futures::{
    future::{BoxFuture, Either, LocalBoxFuture, join, join_all, select},
    pin_mut,
};
use smol::{LocalExecutor, Task as SmolTask};
use tokio::task::{JoinHandle as TokioTask, LocalSet, spawn_local};

use crate::runtime::{proactor, runtime, until};

const TASKS: usize = 20;

/// What the tasks do with a primitive.
trait Workload: 'static {
    fn new() -> Self;

    /// Returns the number of tasks that wait.
    fn waiters(&self) -> usize;

    /// Waits for something that never happens. It is the first task that waits.
    fn stuck(self: Arc<Self>) -> impl Future<Output = ()> + 'static;

    /// Completes after the stuck task was cancelled and [`start`](Self::start) has run.
    fn task(self: Arc<Self>, number: usize) -> impl Future<Output = ()> + 'static;

    /// Starts the tasks, unless cancelling the stuck task has started them.
    async fn start(&self) {}

    /// Asserts that each task has done its part, and that the primitive is unused.
    fn assert_done(&self);
}

/// The futures of a workload, boxed so that an executor can spawn them.
struct Load<W, F> {
    work: Arc<W>,
    stuck: F,
    tasks: Vec<F>,
}

impl<W: Workload, F> Load<W, F> {
    fn new(stuck: impl FnOnce(Arc<W>) -> F, task: impl Fn(Arc<W>, usize) -> F) -> Self {
        let work = Arc::new(W::new());
        Self {
            stuck: stuck(Arc::clone(&work)),
            tasks: (0..TASKS).map(|number| task(Arc::clone(&work), number)).collect(),
            work,
        }
    }

    /// Spawns the futures, cancels the stuck one, and waits for the others.
    async fn run<H: Handle>(self, spawn: impl Fn(F) -> H) {
        let Self { work, stuck, tasks } = self;
        let stuck = spawn(stuck);
        until(|| work.waiters() == 1).await;
        let tasks: Vec<_> = tasks.into_iter().map(&spawn).collect();
        until(|| work.waiters() == 1 + TASKS).await;
        stuck.cancel().await;
        // compio drops a cancelled future later. Each future owns a reference until it is dropped.
        until(|| Arc::strong_count(&work) <= 1 + TASKS).await;
        work.start().await;
        for task in tasks {
            task.join().await;
        }
        work.assert_done();
    }
}

/// A spawned task.
trait Handle {
    /// Waits for the task, and propagates its panic.
    async fn join(self);

    /// Cancels the task, which must not be complete.
    async fn cancel(self);
}

impl Handle for CompioTask<()> {
    async fn join(self) {
        self.await.unwrap();
    }

    async fn cancel(self) {
        assert!(CompioTask::cancel(self).await.is_none());
    }
}

impl Handle for TokioTask<()> {
    async fn join(self) {
        self.await.unwrap();
    }

    async fn cancel(self) {
        self.abort();
        assert!(self.await.unwrap_err().is_cancelled());
    }
}

impl Handle for SmolTask<()> {
    async fn join(self) {
        self.await;
    }

    async fn cancel(self) {
        assert!(SmolTask::cancel(self).await.is_none());
    }
}

/// Runs every other task on a second compio thread.
fn run_on_compio<W: Workload>(driver: DriverType, load: Load<W, BoxFuture<'static, ()>>) {
    let builder = Dispatcher::builder().worker_threads(NonZeroUsize::MIN);
    let dispatcher = builder.proactor_builder(proactor(driver)).build().unwrap();
    let is_remote = Cell::new(true);
    let spawn = |future: BoxFuture<'static, ()>| {
        is_remote.set(!is_remote.get());
        if !is_remote.get() {
            return compio::runtime::spawn(future);
        }
        let start = move || {
            assert_eq!(Runtime::with_current(Runtime::driver_type), driver);
            future
        };
        let remote = dispatcher.dispatch(start).unwrap();
        compio::runtime::spawn(async { remote.await.expect("the task must not panic") })
    };
    let runtime = runtime(driver);
    runtime.block_on(load.run(spawn));
    runtime.block_on(dispatcher.join()).unwrap();
}

fn run_on_one_compio_thread<W: Workload>(
    driver: DriverType,
    load: Load<W, LocalBoxFuture<'static, ()>>,
) {
    runtime(driver).block_on(load.run(compio::runtime::spawn));
}

fn run_on_tokio<W: Workload>(load: Load<W, BoxFuture<'static, ()>>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(load.run(tokio::spawn));
}

fn run_on_one_tokio_thread<W: Workload>(load: Load<W, LocalBoxFuture<'static, ()>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    LocalSet::new().block_on(&runtime, load.run(spawn_local));
}

fn run_on_smol<W: Workload>(load: Load<W, BoxFuture<'static, ()>>) {
    smol::block_on(load.run(smol::spawn));
}

fn run_on_one_smol_thread<W: Workload>(load: Load<W, LocalBoxFuture<'static, ()>>) {
    let executor = LocalExecutor::new();
    smol::block_on(executor.run(load.run(|future| executor.spawn(future))));
}

/// Runs all tasks in one future. `select` cancels the stuck one.
fn run_in_block_on<W: Workload, F: Future<Output = ()> + Unpin>(load: Load<W, F>) {
    let Load { work, stuck, tasks } = load;
    let cancel = async {
        let all_wait = until(|| work.waiters() == 1 + TASKS);
        pin_mut!(all_wait);
        match select(stuck, all_wait).await {
            Either::Left(_) => panic!("the stuck task must not complete"),
            Either::Right(((), stuck)) => drop(stuck),
        }
        work.start().await;
    };
    let tasks = async {
        until(|| work.waiters() == 1).await;
        join_all(tasks).await;
    };
    pollster::block_on(join(cancel, tasks));
    work.assert_done();
}

/// Defines the tests of one workload, which is generic over the flavour.
macro_rules! test_under_each_runtime {
    ($Work:ident) => {
        use compio::driver::DriverType;
        use compio_sync::generic::{Shared, SingleThread};
        use futures::{
            FutureExt,
            future::{BoxFuture, LocalBoxFuture},
        };

        use crate::workloads::*;

        fn shared() -> Load<$Work<Shared>, BoxFuture<'static, ()>> {
            type Work = $Work<Shared>;
            let task = |work, number| Work::task(work, number).boxed();
            Load::new(|work| Work::stuck(work).boxed(), task)
        }

        fn unsync() -> Load<$Work<SingleThread>, LocalBoxFuture<'static, ()>> {
            type Work = $Work<SingleThread>;
            let task = |work, number| Work::task(work, number).boxed_local();
            Load::new(|work| Work::stuck(work).boxed_local(), task)
        }

        #[cfg(target_os = "linux")]
        #[test]
        fn works_under_compio_io_uring() {
            run_on_compio(DriverType::IoUring, shared());
        }

        #[cfg(unix)]
        #[test]
        fn works_under_compio_polling() {
            run_on_compio(DriverType::Poll, shared());
        }

        #[cfg(windows)]
        #[test]
        fn works_under_compio_iocp() {
            run_on_compio(DriverType::IOCP, shared());
        }

        #[test]
        fn works_under_tokio() {
            run_on_tokio(shared());
        }

        #[test]
        fn works_under_smol() {
            run_on_smol(shared());
        }

        #[test]
        fn works_under_block_on() {
            run_in_block_on(shared());
        }

        #[cfg(target_os = "linux")]
        #[test]
        fn unsync_works_under_compio_io_uring() {
            run_on_one_compio_thread(DriverType::IoUring, unsync());
        }

        #[cfg(unix)]
        #[test]
        fn unsync_works_under_compio_polling() {
            run_on_one_compio_thread(DriverType::Poll, unsync());
        }

        #[cfg(windows)]
        #[test]
        fn unsync_works_under_compio_iocp() {
            run_on_one_compio_thread(DriverType::IOCP, unsync());
        }

        #[test]
        fn unsync_works_under_tokio() {
            run_on_one_tokio_thread(unsync());
        }

        #[test]
        fn unsync_works_under_smol() {
            run_on_one_smol_thread(unsync());
        }

        #[test]
        fn unsync_works_under_block_on() {
            run_in_block_on(unsync());
        }
    };
}
use test_under_each_runtime;
