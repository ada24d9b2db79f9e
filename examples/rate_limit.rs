//! A rate limiter: a token bucket on a semaphore whose limit is the level of the bucket.
//!
//! A timer adds permits at a fixed rate, up to the capacity of the bucket, which is the burst. A
//! request acquires a permit and forgets it.

use std::{
    cell::{Cell, RefCell},
    io::{self, Write},
    process::ExitCode,
    rc::Rc,
    time::{Duration, Instant},
};

use clap::{CommandFactory, Parser, error::ErrorKind, value_parser};
use compio::{
    runtime::{Runtime, spawn},
    time::{sleep, timeout},
};
use compio_sync::unsync::Semaphore;

/// Limits the rate of requests, and allows a burst after an idle time.
///
/// Checks that no interval has more requests than the rate times its length plus the burst. Ctrl-C
/// stops the program and prints the summary.
#[derive(Parser)]
#[command(name = "rate_limit")]
struct Arguments {
    /// Requests per second
    #[arg(long, default_value_t = 1_000, value_parser = value_parser!(u32).range(1..=100_000))]
    rate: u32,
    /// Capacity of the bucket in tokens; the bucket starts empty
    #[arg(long, default_value_t = 50, value_parser = value_parser!(u32).range(1..=1_000_000))]
    burst: u32,
    /// Number of tasks that make requests as fast as the limiter allows
    #[arg(long, default_value_t = 8, value_parser = value_parser!(u16).range(1..))]
    workers: u16,
    /// Run time in seconds
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u32).range(1..))]
    seconds: u32,
    /// Part of the run time during which the workers are idle, at the start
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    idle: u32,
}

/// A token in billionths, the unit of all sums. The bucket earns exactly `rate` billionths per
/// nanosecond, so that nothing is rounded.
const TOKEN: u128 = 1_000_000_000;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Arguments { idle, seconds, .. } = arguments;
    if idle >= seconds {
        let message = format!("--idle {idle} is not less than --seconds {seconds}");
        Arguments::command().error(ErrorKind::ValueValidation, message).exit();
    }
    match Runtime::new().and_then(|runtime| runtime.block_on(run(&arguments))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rate_limit: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> io::Result<()> {
    let bucket = Rc::new(Bucket::new(arguments));
    let idle = Duration::from_secs(arguments.idle.into());
    let end = Duration::from_secs(arguments.seconds.into());
    let workers = (0..arguments.workers).map(|_| spawn(Rc::clone(&bucket).work(idle, end)));
    let tasks: Vec<_> = workers.chain([spawn(Rc::clone(&bucket).fill())]).collect();
    if let Ok(result) = timeout(end, compio::signal::ctrl_c()).await {
        result?;
    }
    drop(tasks);
    bucket.summarize(idle)
}

struct Bucket {
    /// The limit of the semaphore is the level of the bucket, because forgetting a permit lowers
    /// the limit. The level includes tokens that are granted to a worker but not yet spent.
    tokens: Semaphore,
    rate: u32,
    burst: u32,
    started: Instant,
    filled: Cell<Duration>,
    /// The earned part of the next token.
    fraction: Cell<u128>,
    lost: Cell<u128>,
    peak_level: Cell<usize>,
    requests: RefCell<Requests>,
}

impl Bucket {
    fn new(arguments: &Arguments) -> Self {
        Self {
            tokens: Semaphore::new(0),
            rate: arguments.rate,
            burst: arguments.burst,
            started: Instant::now(),
            filled: Cell::new(Duration::ZERO),
            fraction: Cell::new(0),
            lost: Cell::new(0),
            peak_level: Cell::new(0),
            requests: RefCell::default(),
        }
    }

    async fn fill(self: Rc<Self>) {
        // Filling takes two ticks, if timers are precise enough: a full bucket loses tokens.
        let tick = Duration::from_millis(500) * self.burst / self.rate;
        let tick = tick.clamp(Duration::from_millis(1), Duration::from_millis(10));
        loop {
            sleep(tick).await;
            self.earn(self.started.elapsed());
        }
    }

    /// Adds the tokens earned since the last call, even if this call is late.
    fn earn(&self, now: Duration) {
        let since = now - self.filled.replace(now);
        let earned = self.fraction.get() + self.earned_in(since);
        let room = (self.burst as usize).saturating_sub(self.tokens.max_permits());
        let added = (earned / TOKEN).min(room as u128) as usize;
        self.tokens.add_permits(added);
        self.peak_level.set(self.peak_level.get().max(self.tokens.max_permits()));
        let rest = earned - added as u128 * TOKEN;
        let (fraction, lost) = if added == room { (0, rest) } else { (rest, 0) };
        self.fraction.set(fraction);
        self.lost.set(self.lost.get() + lost);
    }

    fn earned_in(&self, time: Duration) -> u128 {
        u128::from(self.rate) * time.as_nanos()
    }

    /// Makes requests until the end. The worker checks the clock itself, because a worker that
    /// never waits for a token does not yield to the task that stops it.
    async fn work(self: Rc<Self>, idle: Duration, end: Duration) {
        sleep(idle).await;
        while self.started.elapsed() < end {
            self.request().await;
        }
    }

    async fn request(&self) {
        let token = self.tokens.acquire().await;
        // The earned tokens are added before this request makes room: a full bucket loses them.
        let now = self.started.elapsed();
        self.earn(now);
        token.forget();
        self.requests.borrow_mut().record(now, self.earned_in(now));
    }

    /// Prints the summary. Fails if there were too many requests, or if tokens are unaccounted for.
    fn summarize(&self, idle: Duration) -> io::Result<()> {
        let now = self.started.elapsed();
        self.earn(now);
        let requests = self.requests.borrow();
        let (count, left, lost) = (requests.count, self.tokens.max_permits(), self.lost.get());
        // If Ctrl-C stops the program while the workers are idle, there are no requests.
        let seconds = now.saturating_sub(idle).as_secs_f64().max(f64::EPSILON);
        let rate = count as f64 / seconds;
        let deviation = (rate / f64::from(self.rate) - 1.0) * 100.0;
        let (burst, level) = (self.burst, self.peak_level.get());
        let ahead = requests.peak_ahead.div_ceil(TOKEN);
        let mut out = io::stdout().lock();
        requests.draw(&mut out)?;
        writeln!(out, "seconds  {:.3}, {seconds:.3} with requests", now.as_secs_f64())?;
        writeln!(out, "tokens   {count} spent, {left} left, {} lost", lost / TOKEN)?;
        writeln!(out, "rate     {rate:.1} per second, {deviation:+.2} % from {}", self.rate)?;
        writeln!(out, "burst    {ahead} requests above the rate at peak, limit {burst}")?;
        writeln!(out, "level    {level} tokens at peak, limit {burst}")?;
        if ahead > burst.into() || level > burst as usize {
            return Err(io::Error::other(format!("the burst exceeded the limit of {burst}")));
        }
        let accounted = (u128::from(count) + left as u128) * TOKEN + self.fraction.get() + lost;
        let earned = self.earned_in(now);
        if accounted != earned {
            let message =
                format!("{earned} billionths of a token earned, {accounted} accounted for");
            return Err(io::Error::other(message));
        }
        Ok(())
    }
}

/// Statistics of the requests.
#[derive(Default)]
struct Requests {
    count: u64,
    /// How far the requests are ahead of the rate: the maximum over all intervals that end at the
    /// last request.
    ahead: u128,
    peak_ahead: u128,
    /// The total earned up to the last request.
    earned: u128,
    /// The number of requests in each tenth of a second.
    slots: Vec<u64>,
}

impl Requests {
    fn record(&mut self, now: Duration, earned: u128) {
        self.count += 1;
        self.ahead = self.ahead.saturating_sub(earned - self.earned) + TOKEN;
        self.peak_ahead = self.peak_ahead.max(self.ahead);
        self.earned = earned;
        let slot = (now.as_millis() / 100) as usize;
        self.slots.resize(self.slots.len().max(slot + 1), 0);
        self.slots[slot] += 1;
    }

    /// Draws one line per ten seconds.
    fn draw(&self, out: &mut impl Write) -> io::Result<()> {
        let bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let peak = self.slots.iter().max().unwrap_or(&1);
        for line in self.slots.chunks(100) {
            let line = line.iter().map(|count| bars[(count * 7 / peak) as usize]);
            writeln!(out, "{}", line.collect::<String>())?;
        }
        Ok(())
    }
}
