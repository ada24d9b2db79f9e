//! Reads of a cached file on compio, 64 in flight: what a bound costs where it is for.

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

use crate::{paths::Path, subjects::Subject};

const IN_FLIGHT: usize = 64;
const READS: usize = 65_536;
const READ_SIZE: usize = 4_096;
const FILE_SIZE: usize = 16 << 20;

/// All reads of a sample, made by so many tasks.
struct Reads {
    file: File,
    begun: Cell<usize>,
    tasks: usize,
}

impl Reads {
    fn of_each_task(&self) -> usize {
        READS / self.tasks
    }

    async fn read(&self) {
        let position = self.begun.get() * READ_SIZE % FILE_SIZE;
        self.begun.set(self.begun.get() + 1);
        let read = self.file.read_exact_at(Vec::with_capacity(READ_SIZE), position as u64).await;
        read.0.expect("the file is there");
    }

    async fn task(&self) {
        for _ in 0..self.of_each_task() {
            self.read().await;
        }
    }
}

type Run = Rc<dyn Fn(Rc<Reads>) -> Pin<Box<dyn Future<Output = ()>>>>;

fn boxed<F: Future<Output = ()> + 'static>(run: fn(Rc<Reads>) -> F) -> Run {
    Rc::new(move |reads| Box::pin(run(reads)))
}

/// How compio runs.
#[derive(Clone, Copy)]
struct Setting {
    name: &'static str,
    driver: DriverType,
    /// After how many runs of tasks it looks at the driver; 61 is its default.
    event_interval: usize,
    one_turn_in: u16,
}

#[rustfmt::skip]
const SETTINGS: [Setting; 3] = [
    Setting { name: "io_uring", driver: DriverType::IoUring, event_interval: 61, one_turn_in: 5 },
    Setting { name: "io_uring_256", driver: DriverType::IoUring, event_interval: 256, one_turn_in: 5 },
    Setting { name: "polling", driver: DriverType::Poll, event_interval: 61, one_turn_in: 10 },
];

/// Of each shape, in each setting.
pub(crate) fn bounded_reads() -> Vec<Path> {
    let ways = [
        (Semaphore::NAME, boxed(permit_for_each_read::<Semaphore>)),
        (unsync::Semaphore::NAME, boxed(permit_for_each_read::<unsync::Semaphore>)),
        ("tokio", boxed(permit_for_each_read::<tokio::sync::Semaphore>)),
        ("async-lock", boxed(permit_for_each_read::<async_lock::Semaphore>)),
        ("compio-sync before spawn", boxed(spawn_after::<Semaphore>)),
        ("compio-sync unsync before spawn", boxed(spawn_after::<unsync::Semaphore>)),
        ("tokio before spawn", boxed(spawn_after::<tokio::sync::Semaphore>)),
        ("async-lock before spawn", boxed(spawn_after::<async_lock::Semaphore>)),
        ("buffer_unordered", boxed(buffer_unordered)),
        ("64 workers", boxed(workers)),
        ("64 workers that spawn", boxed(workers_that_spawn)),
        ("unbounded", boxed(unbounded)),
    ];
    let file = Rc::new(LazyCell::new(cached_file));
    let mut paths = Vec::new();
    for setting in SETTINGS {
        for tasks in [READS, READS / 16] {
            paths.extend(ways.iter().map(|(subject, run)| {
                let (run, file) = (Rc::clone(run), Rc::clone(&file));
                Path {
                    name: format!("reads_{tasks}x{}_{}", READS / tasks, setting.name),
                    subject,
                    run: Box::new(move |_| sample(setting, file.path(), tasks, &run)),
                    rounds: READS,
                    one_turn_in: setting.one_turn_in,
                }
            }));
        }
    }
    paths
}

fn cached_file() -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a file can be made");
    file.write_all(&vec![7; FILE_SIZE]).expect("there is room for it");
    file
}

fn sample(setting: Setting, file: &FilePath, tasks: usize, run: &Run) -> Duration {
    let mut proactor = ProactorBuilder::new();
    proactor.driver_type(setting.driver);
    let mut runtime = RuntimeBuilder::new();
    runtime.event_interval(setting.event_interval).with_proactor(proactor);
    runtime.build().expect("the driver is there").block_on(async {
        let file = File::open(file).await.expect("it was just written");
        let reads = Rc::new(Reads { file, begun: Cell::new(0), tasks });
        let start = Instant::now();
        run(Rc::clone(&reads)).await;
        let took = start.elapsed();
        assert_eq!(reads.begun.get(), READS);
        took
    })
}

/// So many tasks at once, to their end.
async fn all<F: Future<Output = ()> + 'static>(tasks: usize, task: impl Fn() -> F) {
    let tasks: Vec<_> = (0..tasks).map(|_| spawn(task())).collect();
    for task in tasks {
        task.await.expect("it does not panic");
    }
}

/// All tasks are there at once, and each waits for a permit for each of its reads.
async fn permit_for_each_read<S: Subject>(reads: Rc<Reads>) {
    let semaphore = Rc::new(S::new(IN_FLIGHT));
    let task = || {
        let (reads, semaphore) = (Rc::clone(&reads), Rc::clone(&semaphore));
        async move {
            for _ in 0..reads.of_each_task() {
                let _permit = semaphore.acquire().await;
                reads.read().await;
            }
        }
    };
    all(reads.tasks, task).await;
}

/// A task is spawned after there is a permit for it, and has that to its end.
async fn spawn_after<S: Subject>(reads: Rc<Reads>) {
    // Tasks want what lives for ever.
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
            while reads.begun.get() < READS {
                reads.read().await;
            }
        }
    };
    all(IN_FLIGHT, worker).await;
}

/// What tasks cost that nobody waits for but their worker.
async fn workers_that_spawn(reads: Rc<Reads>) {
    let worker = || {
        let reads = Rc::clone(&reads);
        async move {
            for _ in 0..reads.tasks / IN_FLIGHT {
                let reads = Rc::clone(&reads);
                spawn(async move { reads.task().await }).await.expect("it does not panic");
            }
        }
    };
    all(IN_FLIGHT, worker).await;
}

async fn unbounded(reads: Rc<Reads>) {
    let task = || {
        let reads = Rc::clone(&reads);
        async move { reads.task().await }
    };
    all(reads.tasks, task).await;
}
