//! Does everything that can be done to a semaphore, from many threads at random, and checks the sums.
//!
//! Then 10,000 compio tasks on four threads queue for permits that nobody gives back until half of them
//! have given up.

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

/// Uses a semaphore from many threads at random, and checks after every million operations that nothing
/// was lost.
#[derive(Parser)]
struct Arguments {
    /// Threads that do everything at random, beside one that sleeps until it is served
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=256))]
    threads: u32,
    /// Stop after so many seconds
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Stop after so many operations instead
    #[arg(long, conflicts_with = "seconds")]
    operations: Option<u64>,
    /// Where the random numbers begin
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Tasks of the second part
    #[arg(long, default_value_t = 10_000)]
    tasks: usize,
}

const ROUND: u64 = 1_000_000;
const LIMIT: usize = 4;
/// No limit that is set at random is above this.
const TOP: usize = 8;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let started = Instant::now();
    let mut done = Done::default();
    let mut rounds = 0;
    let goes_on = |done: &Done| match arguments.operations {
        Some(operations) => done.operations < operations,
        None => started.elapsed() < Duration::from_secs(arguments.seconds),
    };
    while goes_on(&done) {
        done += round(arguments.threads, arguments.seed.wrapping_add(rounds << 16));
        rounds += 1;
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{done}");
    println!("rounds checked     {rounds}, nothing lost");
    println!("seconds            {seconds:.1}");
    println!("operations/second  {:.0}", done.operations as f64 / seconds);
    give_up_by_halves(arguments.tasks);
    ExitCode::SUCCESS
}

/// What was done; each is also an operation.
#[derive(Default)]
struct Done {
    operations: u64,
    taken: u64,
    refused: u64,
    queued: u64,
    granted: u64,
    cancelled: u64,
    slept: u64,
    moved: u64,
}

impl AddAssign for Done {
    fn add_assign(&mut self, other: Self) {
        self.operations += other.operations;
        self.taken += other.taken;
        self.refused += other.refused;
        self.queued += other.queued;
        self.granted += other.granted;
        self.cancelled += other.cancelled;
        self.slept += other.slept;
        self.moved += other.moved;
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "operations         {}", self.operations)?;
        writeln!(f, "  taken at once    {}", self.taken)?;
        writeln!(f, "  refused          {}", self.refused)?;
        writeln!(f, "  queued           {}", self.queued)?;
        writeln!(f, "  granted          {}", self.granted)?;
        writeln!(f, "  cancelled        {}", self.cancelled)?;
        writeln!(f, "  slept for        {}", self.slept)?;
        write!(f, "  limit moved      {}", self.moved)
    }
}

/// A million operations; then everybody has left, and all must be as it was.
fn round(threads: u32, seed: u64) -> Done {
    let semaphore = Semaphore::new(LIMIT);
    let held = AtomicUsize::new(0);
    let done = thread::scope(|scope| {
        let busy: Vec<_> = (0..threads)
            .map(|thread| {
                let rng = Rng::with_seed(seed.wrapping_add(u64::from(thread)));
                let operations = ROUND / u64::from(threads);
                let (semaphore, held) = (&semaphore, &held);
                scope.spawn(move || Busy::new(semaphore, held, rng).run(operations))
            })
            .collect();
        let sleeper = scope.spawn(|| sleep_until_served(&semaphore));
        let mut done = Done::default();
        for thread in busy {
            done += thread.join().expect("a thread has found something wrong");
        }
        // The limit may have been left at nothing, and then nobody else would raise it.
        semaphore.set_max_permits(LIMIT);
        done += sleeper.join().expect("the sleeper has found something wrong");
        done
    });
    let numbers =
        [semaphore.available_permits(), semaphore.in_use(), semaphore.debt(), semaphore.waiters()];
    assert_eq!(numbers, [LIMIT, 0, 0, 0], "free, in use, debt, waiters after a round");
    assert!(semaphore.try_acquire_many(LIMIT).is_some(), "all can be had");
    done
}

/// A wake-up that is lost leaves this asleep for ever.
fn sleep_until_served(semaphore: &Semaphore) -> Done {
    let mut done = Done::default();
    for permits in [1, 2, 3].into_iter().cycle().take(999) {
        drop(pollster::block_on(semaphore.acquire_many(permits)));
        done.operations += 1;
        done.slept += 1;
    }
    done
}

/// A thread that holds a few permits and has a few futures under way.
struct Busy<'a> {
    semaphore: &'a Semaphore,
    /// The permits held by all threads, counted apart from the semaphore.
    held: &'a AtomicUsize,
    permits: Vec<SemaphorePermit<'a>>,
    futures: [Pin<Box<Option<Acquire<'a>>>>; 4],
    rng: Rng,
    done: Done,
}

impl<'a> Busy<'a> {
    fn new(semaphore: &'a Semaphore, held: &'a AtomicUsize, rng: Rng) -> Self {
        let futures = [(); 4].map(|()| Box::pin(None));
        Self { semaphore, held, permits: Vec::new(), futures, rng, done: Done::default() }
    }

    fn run(mut self, operations: u64) -> Done {
        for _ in 0..operations {
            match self.rng.u8(..100) {
                0..10 => {
                    let number = self.rng.usize(1..=3);
                    let taken = self.semaphore.try_acquire_many(number);
                    self.tried(taken);
                }
                10..15 => {
                    let taken = self.semaphore.try_acquire_up_to(3);
                    self.tried(taken);
                }
                15..45 => self.poll(),
                45..60 => self.cancel(),
                60..90 => self.give_back(),
                90..95 => self.share_out(),
                _ => self.move_limit(),
            }
        }
        self.done.operations += operations;
        while !self.permits.is_empty() {
            self.give_back();
        }
        self.done
    }

    fn tried(&mut self, taken: Option<SemaphorePermit<'a>>) {
        match taken {
            Some(permit) => {
                self.done.taken += 1;
                self.keep(permit);
            }
            None => self.done.refused += 1,
        }
    }

    /// Whatever the limit is now, no more can be held than it ever was.
    fn keep(&mut self, permit: SemaphorePermit<'a>) {
        let before = self.held.fetch_add(permit.num_permits(), Ordering::Relaxed);
        assert!(before + permit.num_permits() <= TOP, "more are held than there ever were");
        self.permits.push(permit);
    }

    fn poll(&mut self) {
        let semaphore = self.semaphore;
        let future = self.rng.choice(&mut self.futures).expect("there are some");
        let is_new = future.is_none();
        if is_new {
            future.set(Some(semaphore.acquire_many(self.rng.usize(1..=3))));
        }
        let acquire = future.as_mut().as_pin_mut().expect("it is there");
        let polled = acquire.poll(&mut Context::from_waker(Waker::noop()));
        match polled {
            Poll::Ready(permit) => {
                future.set(None);
                *(if is_new { &mut self.done.taken } else { &mut self.done.granted }) += 1;
                self.keep(permit);
            }
            Poll::Pending if is_new => self.done.queued += 1,
            Poll::Pending => {}
        }
    }

    fn cancel(&mut self) {
        let future = self.rng.choice(&mut self.futures).expect("there are some");
        self.done.cancelled += u64::from(future.is_some());
        future.set(None);
    }

    fn give_back(&mut self) {
        if !self.permits.is_empty() {
            let permit = self.permits.swap_remove(self.rng.usize(..self.permits.len()));
            self.held.fetch_sub(permit.num_permits(), Ordering::Relaxed);
            drop(permit);
        }
    }

    fn share_out(&mut self) {
        if let Some(mut permit) = self.permits.pop() {
            self.permits.extend(permit.split(1));
            match self.permits.last_mut() {
                Some(last) if self.rng.bool() => last.merge(permit),
                _ => self.permits.push(permit),
            }
        }
    }

    fn move_limit(&mut self) {
        match self.rng.u8(..3) {
            0 => drop(self.semaphore.reduce_permits(1)),
            1 => drop(self.semaphore.forget_permits(1)),
            _ => drop(self.semaphore.set_max_permits(self.rng.usize(..=TOP))),
        }
        self.done.moved += 1;
    }
}

/// Every second task gives up, and only then the permits come back for the others.
fn give_up_by_halves(tasks: usize) {
    let started = Instant::now();
    let semaphore = Arc::new(Semaphore::new(LIMIT));
    let all = Arc::clone(&semaphore).try_acquire_many_owned(LIMIT).expect("all are free");
    let workers = NonZeroUsize::new(4).expect("4 is not 0");
    let dispatcher = Dispatcher::builder().worker_threads(workers).build().expect("four workers");
    let runtime = Runtime::new().expect("a runtime");
    let (given_up, served) = runtime.block_on(async {
        let (mut hasty, mut patient) = (Vec::new(), Vec::new());
        for task in 0..tasks {
            let semaphore = Arc::clone(&semaphore);
            let is_hasty = task % 2 == 0;
            let acquire = move || async move {
                if is_hasty {
                    timeout(Duration::from_millis(1), semaphore.acquire()).await.is_ok()
                } else {
                    drop(semaphore.acquire().await);
                    true
                }
            };
            let dispatched = dispatcher.dispatch(acquire).expect("the workers live");
            if is_hasty { hasty.push(dispatched) } else { patient.push(dispatched) }
        }
        let (mut given_up, mut served) = (0, 0);
        for task in hasty {
            given_up += usize::from(!task.await.expect("a task has found something wrong"));
        }
        drop(all);
        for task in patient {
            served += usize::from(task.await.expect("a task has found something wrong"));
        }
        dispatcher.join().await.expect("the workers end");
        (given_up, served)
    });
    println!("compio tasks       {tasks}: {given_up} gave up, {served} were served");
    println!("seconds            {:.1}", started.elapsed().as_secs_f64());
    assert_eq!((given_up, served), (tasks.div_ceil(2), tasks / 2));
    let numbers = [semaphore.available_permits(), semaphore.in_use(), semaphore.waiters()];
    assert_eq!(numbers, [LIMIT, 0, 0], "free, in use, waiters in the end");
}
