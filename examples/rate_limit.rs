//! A token bucket: a semaphore whose limit is the level of the bucket. A timer adds permits at a rate, up
//! to a burst; a request takes one and forgets it.

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

/// Lets requests through at a rate, and after a rest a burst of them at once.
///
/// Checks that over no time, long or short, there were more than the rate allows for it and a burst.
/// Ctrl-C ends it with a summary.
#[derive(Parser)]
#[command(name = "rate_limit")]
struct Arguments {
    /// How many requests a second
    #[arg(long, default_value_t = 1_000, value_parser = value_parser!(u32).range(1..=100_000))]
    rate: u32,
    /// How many tokens the bucket holds; it is empty at first
    #[arg(long, default_value_t = 50, value_parser = value_parser!(u32).range(1..=1_000_000))]
    burst: u32,
    /// How many tasks make requests, as many as they are let
    #[arg(long, default_value_t = 8, value_parser = value_parser!(u16).range(1..))]
    workers: u16,
    /// How long it runs
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u32).range(1..))]
    seconds: u32,
    /// How long of that the workers rest before their first request
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    idle: u32,
}

/// The arithmetic is in billionths of a token, so that nothing is rounded: in a nanosecond `rate` of them
/// are earned.
const TOKEN: u128 = 1_000_000_000;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.idle >= arguments.seconds {
        let wrong = "--idle must be less than --seconds";
        Arguments::command().error(ErrorKind::ValueValidation, wrong).exit();
    }
    let outcome = Runtime::new().and_then(|runtime| runtime.block_on(run(&arguments)));
    match outcome {
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
    if let Ok(pressed) = timeout(end, compio::signal::ctrl_c()).await {
        pressed?;
    }
    drop(tasks);
    bucket.summarize(idle)
}

struct Bucket {
    /// Forgetting a permit lowers the limit. So the limit is the level: the tokens that are free, and
    /// those that were granted to a worker that has not spent them yet.
    tokens: Semaphore,
    rate: u32,
    burst: u32,
    started: Instant,
    filled: Cell<Duration>,
    /// What was earned of the next token.
    part: Cell<u128>,
    lost: Cell<u128>,
    highest: Cell<usize>,
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
            part: Cell::new(0),
            lost: Cell::new(0),
            highest: Cell::new(0),
            requests: RefCell::default(),
        }
    }

    async fn fill(self: Rc<Self>) {
        // Twice while it gets full, where timers are that fine: what comes late is lost.
        let tick = Duration::from_millis(500) * self.burst / self.rate;
        let tick = tick.clamp(Duration::from_millis(1), Duration::from_millis(10));
        loop {
            sleep(tick).await;
            self.earn(self.started.elapsed());
        }
    }

    /// Adds what was earned since the last time, however late this one is.
    fn earn(&self, now: Duration) {
        let since = now - self.filled.replace(now);
        let earned = self.part.get() + self.earned_in(since);
        let room = (self.burst as usize).saturating_sub(self.tokens.max_permits());
        let added = (earned / TOKEN).min(room as u128) as usize;
        self.tokens.add_permits(added);
        self.highest.set(self.highest.get().max(self.tokens.max_permits()));
        let rest = earned - added as u128 * TOKEN;
        let (part, lost) = if added == room { (0, rest) } else { (rest, 0) };
        self.part.set(part);
        self.lost.set(self.lost.get() + lost);
    }

    fn earned_in(&self, time: Duration) -> u128 {
        u128::from(self.rate) * time.as_nanos()
    }

    /// Looks at the clock each time: who never has to wait for a token leaves no time to anybody else.
    async fn work(self: Rc<Self>, idle: Duration, end: Duration) {
        sleep(idle).await;
        while self.started.elapsed() < end {
            self.take().await;
        }
    }

    async fn take(&self) {
        let token = self.tokens.acquire().await;
        // Before there is room: what was earned while the bucket was full is lost.
        let now = self.started.elapsed();
        self.earn(now);
        token.forget();
        self.requests.borrow_mut().note(now, self.earned_in(now));
    }

    /// An error if the limit was not kept.
    fn summarize(&self, idle: Duration) -> io::Result<()> {
        let now = self.started.elapsed();
        self.earn(now);
        let requests = self.requests.borrow();
        let (count, left, lost) = (requests.count, self.tokens.max_permits(), self.lost.get());
        // Who is stopped while at rest has made none.
        let seconds = now.saturating_sub(idle).as_secs_f64().max(f64::EPSILON);
        let rate = count as f64 / seconds;
        let deviation = (rate / f64::from(self.rate) - 1.0) * 100.0;
        let (burst, highest) = (self.burst, self.highest.get());
        let ahead = requests.most_ahead.div_ceil(TOKEN);
        let mut out = io::stdout().lock();
        requests.draw(&mut out)?;
        writeln!(out, "seconds  {:.3}, of which {seconds:.3} with requests", now.as_secs_f64())?;
        writeln!(out, "tokens   {count} spent, {left} left, {} lost", lost / TOKEN)?;
        writeln!(out, "rate     {rate:.1} a second, {deviation:+.2} % off {}", self.rate)?;
        writeln!(out, "burst    {ahead} beyond the rate at most, of {burst}")?;
        writeln!(out, "level    {highest} at most, of {burst}")?;
        if ahead > burst.into() || highest > burst as usize {
            return Err(io::Error::other(format!("more than the burst of {burst}")));
        }
        let all = (u128::from(count) + left as u128) * TOKEN + self.part.get() + lost;
        if all != self.earned_in(now) {
            return Err(io::Error::other("the sums do not match"));
        }
        Ok(())
    }
}

/// The requests that were let through.
#[derive(Default)]
struct Requests {
    count: u64,
    /// By how much they are ahead of the rate, of all times that end now: the one where it is most.
    ahead: u128,
    most_ahead: u128,
    /// What was earned up to the last request.
    earned: u128,
    /// How many in each tenth of a second.
    slots: Vec<u64>,
}

impl Requests {
    fn note(&mut self, now: Duration, earned: u128) {
        self.count += 1;
        self.ahead = self.ahead.saturating_sub(earned - self.earned) + TOKEN;
        self.most_ahead = self.most_ahead.max(self.ahead);
        self.earned = earned;
        let slot = (now.as_millis() / 100) as usize;
        self.slots.resize(self.slots.len().max(slot + 1), 0);
        self.slots[slot] += 1;
    }

    /// A line for ten seconds.
    fn draw(&self, out: &mut impl Write) -> io::Result<()> {
        let bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let most = self.slots.iter().max().unwrap_or(&1);
        for line in self.slots.chunks(100) {
            let line = line.iter().map(|count| bars[(count * 7 / most) as usize]);
            writeln!(out, "{}", line.collect::<String>())?;
        }
        Ok(())
    }
}
