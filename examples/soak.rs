//! A soak test: many threads perform random operations on a semaphore, and the totals are checked.
//!
//! In the second part, 10,000 compio tasks on four threads wait for permits. The permits are
//! released once half of the tasks have timed out.

use std::{
    fmt,
    num::NonZeroUsize,
    ops::AddAssign,
    pin::Pin,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use compio::{dispatcher::Dispatcher, runtime::Runtime, time::timeout};
use compio_sync::{Acquire, Semaphore, SemaphorePermit};
use fastrand::Rng;

/// Performs random operations on a semaphore from many threads.
///
/// After every million operations, checks that neither permits nor wakeups were lost. Then lets
/// half of the compio tasks that wait for a permit time out, and checks that the others acquire
/// theirs.
#[derive(Parser)]
struct Arguments {
    /// Number of threads that perform random operations, besides one that blocks on each acquire
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=256))]
    threads: u32,
    /// Run time of the first part in seconds
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Number of operations of the first part, instead of a run time
    #[arg(long, conflicts_with = "seconds")]
    operations: Option<u64>,
    /// Seed of the random number generator
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of tasks in the second part
    #[arg(long, default_value_t = 10_000)]
    tasks: usize,
}

const OPERATIONS_PER_ROUND: u64 = 1_000_000;
const LIMIT: usize = 4;
/// The highest limit that a random operation sets.
const HIGHEST_LIMIT: usize = 8;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let started = Instant::now();
    let mut counts = Counts::default();
    let mut rounds = 0;
    let is_unfinished = |counts: &Counts| match arguments.operations {
        Some(operations) => counts.operations < operations,
        None => started.elapsed() < Duration::from_secs(arguments.seconds),
    };
    while is_unfinished(&counts) {
        counts += run_round(arguments.threads, arguments.seed.wrapping_add(rounds << 16));
        rounds += 1;
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{counts}");
    println!("rounds checked     {rounds}, nothing lost");
    println!("seconds            {seconds:.1}");
    println!("operations/second  {:.0}", counts.operations as f64 / seconds);
    time_out_half(arguments.tasks);
    ExitCode::SUCCESS
}

/// Counts of operations and of their results.
#[derive(Default)]
struct Counts {
    operations: u64,
    immediate: u64,
    refused: u64,
    queued: u64,
    granted: u64,
    cancelled: u64,
    blocking: u64,
    limit_changes: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.operations += other.operations;
        self.immediate += other.immediate;
        self.refused += other.refused;
        self.queued += other.queued;
        self.granted += other.granted;
        self.cancelled += other.cancelled;
        self.blocking += other.blocking;
        self.limit_changes += other.limit_changes;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "operations         {}", self.operations)?;
        writeln!(f, "  acquired at once {}", self.immediate)?;
        writeln!(f, "  refused          {}", self.refused)?;
        writeln!(f, "  queued           {}", self.queued)?;
        writeln!(f, "  granted          {}", self.granted)?;
        writeln!(f, "  cancelled        {}", self.cancelled)?;
        writeln!(f, "  blocking waits   {}", self.blocking)?;
        write!(f, "  limit changes    {}", self.limit_changes)
    }
}

/// Performs a million operations, and checks that the semaphore is in its initial state afterwards.
fn run_round(threads: u32, seed: u64) -> Counts {
    let semaphore = Semaphore::new(LIMIT);
    let held = AtomicUsize::new(0);
    let counts = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                let rng = Rng::with_seed(seed.wrapping_add(u64::from(thread)));
                let operations = OPERATIONS_PER_ROUND / u64::from(threads);
                let (semaphore, held) = (&semaphore, &held);
                scope.spawn(move || Worker::new(semaphore, held, rng).run(operations))
            })
            .collect();
        let blocking_thread = scope.spawn(|| acquire_blocking(&semaphore));
        let mut counts = Counts::default();
        for worker in workers {
            counts += worker.join().expect("workers do not panic");
        }
        // The last change may have set a limit of zero, and no other thread raises the limit again.
        semaphore.set_max_permits(LIMIT);
        counts += blocking_thread.join().expect("the blocking thread does not panic");
        counts
    });
    let state =
        [semaphore.available_permits(), semaphore.in_use(), semaphore.debt(), semaphore.waiters()];
    assert_eq!(state, [LIMIT, 0, 0, 0], "available, in use, debt and waiters after a round");
    assert!(semaphore.try_acquire_many(LIMIT).is_some(), "not all permits can be acquired");
    counts
}

/// Blocks on each acquire, so that a lost wakeup hangs the program.
fn acquire_blocking(semaphore: &Semaphore) -> Counts {
    let mut counts = Counts::default();
    for permits in [1, 2, 3].into_iter().cycle().take(999) {
        drop(pollster::block_on(semaphore.acquire_many(permits)));
        counts.operations += 1;
        counts.blocking += 1;
    }
    counts
}

/// The state of a thread that holds some permits and polls some futures.
struct Worker<'a> {
    semaphore: &'a Semaphore,
    /// The permits held by all threads, counted independently of the semaphore.
    held: &'a AtomicUsize,
    permits: Vec<SemaphorePermit<'a>>,
    futures: [Pin<Box<Option<Acquire<'a>>>>; 4],
    rng: Rng,
    counts: Counts,
}

impl<'a> Worker<'a> {
    fn new(semaphore: &'a Semaphore, held: &'a AtomicUsize, rng: Rng) -> Self {
        let futures = [(); 4].map(|()| Box::pin(None));
        Self { semaphore, held, permits: Vec::new(), futures, rng, counts: Counts::default() }
    }

    fn run(mut self, operations: u64) -> Counts {
        for _ in 0..operations {
            match self.rng.u8(..100) {
                0..10 => {
                    let number = self.rng.usize(1..=3);
                    let acquired = self.semaphore.try_acquire_many(number);
                    self.keep_if_acquired(acquired);
                }
                10..15 => {
                    let acquired = self.semaphore.try_acquire_up_to(3);
                    self.keep_if_acquired(acquired);
                }
                15..45 => self.poll(),
                45..60 => self.cancel(),
                60..90 => self.release(),
                90..95 => self.split_and_merge(),
                _ => self.change_limit(),
            }
        }
        self.counts.operations += operations;
        while !self.permits.is_empty() {
            self.release();
        }
        self.counts
    }

    fn keep_if_acquired(&mut self, acquired: Option<SemaphorePermit<'a>>) {
        match acquired {
            Some(permit) => {
                self.counts.immediate += 1;
                self.keep(permit);
            }
            None => self.counts.refused += 1,
        }
    }

    /// Keeps the permit, and checks that the permits held never exceed the highest limit.
    fn keep(&mut self, permit: SemaphorePermit<'a>) {
        let before = self.held.fetch_add(permit.num_permits(), Ordering::Relaxed);
        let held = before + permit.num_permits();
        assert!(
            held <= HIGHEST_LIMIT,
            "{held} permits are held, but no limit was above {HIGHEST_LIMIT}"
        );
        self.permits.push(permit);
    }

    fn poll(&mut self) {
        let semaphore = self.semaphore;
        let future = self.rng.choice(&mut self.futures).expect("the array is not empty");
        let is_new = future.is_none();
        if is_new {
            future.set(Some(semaphore.acquire_many(self.rng.usize(1..=3))));
        }
        let acquire = future.as_mut().as_pin_mut().expect("the slot holds a future");
        let polled = acquire.poll(&mut Context::from_waker(Waker::noop()));
        match polled {
            Poll::Ready(permit) => {
                future.set(None);
                let counts = &mut self.counts;
                *(if is_new { &mut counts.immediate } else { &mut counts.granted }) += 1;
                self.keep(permit);
            }
            Poll::Pending if is_new => self.counts.queued += 1,
            Poll::Pending => {}
        }
    }

    fn cancel(&mut self) {
        let future = self.rng.choice(&mut self.futures).expect("the array is not empty");
        self.counts.cancelled += u64::from(future.is_some());
        future.set(None);
    }

    fn release(&mut self) {
        if !self.permits.is_empty() {
            let permit = self.permits.swap_remove(self.rng.usize(..self.permits.len()));
            self.held.fetch_sub(permit.num_permits(), Ordering::Relaxed);
            drop(permit);
        }
    }

    fn split_and_merge(&mut self) {
        if let Some(mut permit) = self.permits.pop() {
            self.permits.extend(permit.split(1));
            match self.permits.last_mut() {
                Some(last) if self.rng.bool() => last.merge(permit),
                _ => self.permits.push(permit),
            }
        }
    }

    fn change_limit(&mut self) {
        match self.rng.u8(..3) {
            0 => drop(self.semaphore.reduce_permits(1)),
            1 => drop(self.semaphore.forget_permits(1)),
            _ => drop(self.semaphore.set_max_permits(self.rng.usize(..=HIGHEST_LIMIT))),
        }
        self.counts.limit_changes += 1;
    }
}

/// Lets every second task time out, and only then releases the permits for the other tasks.
fn time_out_half(tasks: usize) {
    let started = Instant::now();
    let semaphore = Arc::new(Semaphore::new(LIMIT));
    let all = Arc::clone(&semaphore)
        .try_acquire_many_owned(LIMIT)
        .expect("a new semaphore has all permits available");
    let workers = NonZeroUsize::new(4).expect("4 is not 0");
    let dispatcher = Dispatcher::builder()
        .worker_threads(workers)
        .build()
        .expect("the dispatcher starts its worker threads");
    let runtime = Runtime::new().expect("the runtime starts");
    let (timed_out, acquired) = runtime.block_on(async {
        let (mut impatient, mut patient) = (Vec::new(), Vec::new());
        for task in 0..tasks {
            let semaphore = Arc::clone(&semaphore);
            let is_impatient = task % 2 == 0;
            let acquire = move || async move {
                if is_impatient {
                    timeout(Duration::from_millis(1), semaphore.acquire()).await.is_ok()
                } else {
                    drop(semaphore.acquire().await);
                    true
                }
            };
            let dispatched = dispatcher.dispatch(acquire).expect("the worker threads run");
            if is_impatient { impatient.push(dispatched) } else { patient.push(dispatched) }
        }
        let (mut timed_out, mut acquired) = (0, 0);
        for task in impatient {
            timed_out += usize::from(!task.await.expect("tasks do not panic"));
        }
        drop(all);
        for task in patient {
            acquired += usize::from(task.await.expect("tasks do not panic"));
        }
        dispatcher.join().await.expect("the worker threads do not panic");
        (timed_out, acquired)
    });
    println!("compio tasks       {tasks}: {timed_out} timed out, {acquired} acquired a permit");
    println!("seconds            {:.1}", started.elapsed().as_secs_f64());
    assert_eq!((timed_out, acquired), (tasks.div_ceil(2), tasks / 2));
    let state = [semaphore.available_permits(), semaphore.in_use(), semaphore.waiters()];
    assert_eq!(state, [LIMIT, 0, 0], "available, in use and waiters at the end");
}
