//! Reads of a cached file on compio with 64 reads in flight: the cost of a bound in real use.

use std::{
    cell::{Cell, LazyCell},
    io::Write,
    mem::forget,
    path::Path as FilePath,
    pin::Pin,
    rc::Rc,
    time::{Duration, Instant},
};

use compio::{
    driver::{DriverType, ProactorBuilder},
    fs::File,
    io::AsyncReadAtExt,
    runtime::{RuntimeBuilder, spawn},
};
use compio_sync::{Semaphore, unsync};
use futures::{StreamExt, stream};
use tempfile::NamedTempFile;

use super::{Suite, subjects::Subject};

const IN_FLIGHT: usize = 64;
const READS: usize = 65_536;
const READ_SIZE: usize = 4_096;
const FILE_SIZE: usize = 16 << 20;

/// The reads of a sample, distributed over tasks.
struct Reads {
    file: File,
    started: Cell<usize>,
    tasks: usize,
}

impl Reads {
    fn per_task(&self) -> usize {
        READS / self.tasks
    }

    async fn read(&self) {
        let position = self.started.get() * READ_SIZE % FILE_SIZE;
        self.started.set(self.started.get() + 1);
        let read = self.file.read_exact_at(Vec::with_capacity(READ_SIZE), position as u64).await;
        read.0.expect("the cached file is readable");
    }

    async fn task(&self) {
        for _ in 0..self.per_task() {
            self.read().await;
        }
    }
}

type Run = Rc<dyn Fn(Rc<Reads>) -> Pin<Box<dyn Future<Output = ()>>>>;

fn boxed<F: Future<Output = ()> + 'static>(run: fn(Rc<Reads>) -> F) -> Run {
    Rc::new(move |reads| Box::pin(run(reads)))
}

/// A configuration of compio.
#[derive(Clone, Copy)]
struct Setting {
    name: &'static str,
    driver: DriverType,
    /// The number of task polls between two polls of the driver. The default of compio is 61.
    event_interval: usize,
    sample_every: u16,
}

/// The measured configurations. io_uring needs Linux, and the poll driver needs Unix.
const SETTINGS: &[Setting] = &[
    #[cfg(target_os = "linux")]
    Setting { name: "io_uring", driver: DriverType::IoUring, event_interval: 61, sample_every: 5 },
    #[cfg(target_os = "linux")]
    Setting {
        name: "io_uring_256",
        driver: DriverType::IoUring,
        event_interval: 256,
        sample_every: 5,
    },
    #[cfg(unix)]
    Setting { name: "polling", driver: DriverType::Poll, event_interval: 61, sample_every: 10 },
];

/// Adds a path for each way to bound the reads, in each configuration.
pub(super) fn add_bounded_reads(suite: &mut Suite) {
    let ways = [
        (Semaphore::NAME, boxed(permit_for_each_read::<Semaphore>)),
        (unsync::Semaphore::NAME, boxed(permit_for_each_read::<unsync::Semaphore>)),
        ("tokio", boxed(permit_for_each_read::<tokio::sync::Semaphore>)),
        ("async-lock", boxed(permit_for_each_read::<async_lock::Semaphore>)),
        ("compio-sync before spawn", boxed(permit_before_spawn::<Semaphore>)),
        ("compio-sync unsync before spawn", boxed(permit_before_spawn::<unsync::Semaphore>)),
        ("tokio before spawn", boxed(permit_before_spawn::<tokio::sync::Semaphore>)),
        ("async-lock before spawn", boxed(permit_before_spawn::<async_lock::Semaphore>)),
        ("buffer_unordered", boxed(buffer_unordered)),
        ("64 workers", boxed(workers)),
        ("64 workers that spawn", boxed(workers_that_spawn)),
        ("unbounded", boxed(unbounded)),
    ];
    let file = Rc::new(LazyCell::new(cached_file));
    for &setting in SETTINGS {
        for tasks in [READS, READS / 16] {
            let name = format!("reads_{tasks}x{}_{}", READS / tasks, setting.name);
            for (subject, run) in &ways {
                let (run, file) = (Rc::clone(run), Rc::clone(&file));
                let sample = move |_| sample(setting, file.path(), tasks, &run);
                suite.of(subject).path_sampled_every(setting.sample_every, &name, READS, sample);
            }
        }
    }
}

fn cached_file() -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a temporary file can be created");
    file.write_all(&vec![7; FILE_SIZE]).expect("the temporary directory has enough space");
    file
}

fn sample(setting: Setting, file: &FilePath, tasks: usize, run: &Run) -> Duration {
    let mut proactor = ProactorBuilder::new();
    proactor.driver_type(setting.driver);
    let mut runtime = RuntimeBuilder::new();
    runtime.event_interval(setting.event_interval).with_proactor(proactor);
    runtime.build().expect("the system supports the driver").block_on(async {
        let file = File::open(file).await.expect("the cached file exists");
        let reads = Rc::new(Reads { file, started: Cell::new(0), tasks });
        let start = Instant::now();
        run(Rc::clone(&reads)).await;
        let elapsed = start.elapsed();
        assert_eq!(reads.started.get(), READS);
        elapsed
    })
}

/// Spawns the tasks at once, and waits for all of them.
async fn spawn_all<F: Future<Output = ()> + 'static>(tasks: usize, task: impl Fn() -> F) {
    let tasks: Vec<_> = (0..tasks).map(|_| spawn(task())).collect();
    for task in tasks {
        task.await.expect("tasks do not panic");
    }
}

/// Spawns all tasks at once. Each task acquires a permit for each of its reads.
async fn permit_for_each_read<S: Subject>(reads: Rc<Reads>) {
    let semaphore = Rc::new(S::new(IN_FLIGHT));
    let task = || {
        let (reads, semaphore) = (Rc::clone(&reads), Rc::clone(&semaphore));
        async move {
            for _ in 0..reads.per_task() {
                let _permit = semaphore.acquire().await;
                reads.read().await;
            }
        }
    };
    spawn_all(reads.tasks, task).await;
}

/// Acquires a permit before each spawn. The task holds the permit until its end.
async fn permit_before_spawn<S: Subject>(reads: Rc<Reads>) {
    // The tasks need a `'static` reference.
    let semaphore: &S = Box::leak(Box::new(S::new(IN_FLIGHT)));
    for _ in 0..reads.tasks {
        let permit = semaphore.acquire().await;
        let reads = Rc::clone(&reads);
        spawn(async move {
            reads.task().await;
            drop(permit);
        })
        .detach();
    }
    for _ in 0..IN_FLIGHT {
        forget(semaphore.acquire().await);
    }
}

async fn buffer_unordered(reads: Rc<Reads>) {
    let tasks = stream::iter((0..reads.tasks).map(|_| reads.task()));
    tasks.buffer_unordered(IN_FLIGHT).for_each(|()| async {}).await;
}

async fn workers(reads: Rc<Reads>) {
    let worker = || {
        let reads = Rc::clone(&reads);
        async move {
            while reads.started.get() < READS {
                reads.read().await;
            }
        }
    };
    spawn_all(IN_FLIGHT, worker).await;
}

/// Spawns tasks from a fixed number of workers: the cost of the tasks without a semaphore.
async fn workers_that_spawn(reads: Rc<Reads>) {
    let worker = || {
        let reads = Rc::clone(&reads);
        async move {
            for _ in 0..reads.tasks / IN_FLIGHT {
                let reads = Rc::clone(&reads);
                spawn(async move { reads.task().await }).await.expect("tasks do not panic");
            }
        }
    };
    spawn_all(IN_FLIGHT, worker).await;
}

async fn unbounded(reads: Rc<Reads>) {
    let task = || {
        let reads = Rc::clone(&reads);
        async move { reads.task().await }
    };
    spawn_all(reads.tasks, task).await;
}
