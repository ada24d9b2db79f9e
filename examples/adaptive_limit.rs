//! Reads files with as many reads in flight as keep their latency below a target: a semaphore whose limit
//! goes up by steps while reads are quick, and down by a quarter when they are slow.

use std::{
    cell::{Cell, RefCell},
    fs,
    future::{Future, poll_fn},
    io::{self, Write},
    path::{Path, PathBuf},
    pin::{Pin, pin},
    process::ExitCode,
    rc::Rc,
    task::Poll,
    time::{Duration, Instant},
};

use clap::{CommandFactory, Parser, error::ErrorKind, value_parser};
use compio::{BufResult, fs::File, io::AsyncReadAt, runtime::Runtime, time::timeout};
use compio_sync::unsync::Semaphore;
use tempfile::TempDir;

/// Reads files with a limit on the reads in flight that moves with their latency.
///
/// Prints a line a second. Ctrl-C ends it with a summary.
#[derive(Parser)]
#[command(name = "adaptive_limit")]
struct Arguments {
    /// Files to read, and directories of them; a sample of 16 files of 4 MiB if none is given
    paths: Vec<PathBuf>,
    /// How long to read; 0 is until Ctrl-C
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How many tasks want to read
    #[arg(long, default_value_t = 256, value_parser = value_parser!(u32).range(1..))]
    tasks: u32,
    /// How many bytes a task reads at once
    #[arg(long, value_name = "BYTES", default_value_t = 65_536, value_parser = value_parser!(u32).range(1..))]
    read_size: u32,
    /// The latency of a read that the limit is steered by, in microseconds
    #[arg(long, value_name = "MICROS", default_value_t = 500)]
    target_latency: u64,
    /// The lowest limit
    #[arg(long, default_value_t = 4, value_parser = value_parser!(u16).range(1..))]
    min: u16,
    /// The highest limit
    #[arg(long, default_value_t = 200, value_parser = value_parser!(u16).range(1..))]
    max: u16,
    /// The first limit; the highest if it is not given
    #[arg(long)]
    start: Option<u16>,
}

/// How often the limit is moved.
const TICK: Duration = Duration::from_millis(50);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Arguments { min, max, start, .. } = arguments;
    if !(min..=max).contains(&start.unwrap_or(max)) {
        let wrong = "--min, --start and --max must be in this order";
        Arguments::command().error(ErrorKind::ValueValidation, wrong).exit();
    }
    let outcome = Runtime::new().and_then(|runtime| runtime.block_on(run(&arguments)));
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("adaptive_limit: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What the readers share with the controller; all of it on one thread.
struct Load {
    files: Vec<Source>,
    read_size: usize,
    semaphore: Semaphore,
    stopped: Cell<bool>,
    failed: RefCell<Option<io::Error>>,
    reads: Cell<u64>,
    bytes: Cell<u64>,
    /// Of all reads together.
    latency: Cell<Duration>,
}

struct Source {
    path: PathBuf,
    file: File,
    length: u64,
}

/// Whether all permits were back in the end.
async fn run(arguments: &Arguments) -> io::Result<bool> {
    let mut ctrl_c = pin!(compio::signal::ctrl_c());
    // Listened to from its first poll on: from here it ends nothing before the sample is removed.
    if let Poll::Ready(failed) = poll_fn(|context| Poll::Ready(ctrl_c.as_mut().poll(context))).await
    {
        failed?;
    }
    let sample = arguments.paths.is_empty().then(make_sample).transpose()?;
    let paths = match &sample {
        Some(folder) => vec![folder.path().to_owned()],
        None => arguments.paths.clone(),
    };
    let load = Rc::new(Load {
        files: open_files(&paths).await?,
        read_size: arguments.read_size as usize,
        semaphore: Semaphore::new(arguments.start.unwrap_or(arguments.max).into()),
        stopped: Cell::new(false),
        failed: RefCell::new(None),
        reads: Cell::new(0),
        bytes: Cell::new(0),
        latency: Cell::new(Duration::ZERO),
    });
    let started = Instant::now();
    let readers: Vec<_> = (0..arguments.tasks)
        .map(|reader| compio::runtime::spawn(Rc::clone(&load).read(reader)))
        .collect();
    let limits = control(&load, arguments, started, ctrl_c).await;
    load.stopped.set(true);
    for reader in readers {
        reader.await.expect("a reader neither panics nor is cancelled");
    }
    if let Some(error) = load.failed.take() {
        return Err(error);
    }
    load.summarize(started.elapsed(), limits?)
}

impl Load {
    async fn read(self: Rc<Self>, reader: u32) {
        let mut buffer = Vec::with_capacity(self.read_size);
        let mut block = u64::from(reader);
        loop {
            let _permit = self.semaphore.acquire().await;
            // After the wait, so that those who are queued at the end do not read once more.
            if self.stopped.get() {
                return;
            }
            let source = &self.files[(block % self.files.len() as u64) as usize];
            let blocks = source.length.div_ceil(self.read_size as u64);
            let offset = block / self.files.len() as u64 % blocks * self.read_size as u64;
            let started = Instant::now();
            let BufResult(read, filled) = source.file.read_at(buffer, offset).await;
            self.latency.set(self.latency.get() + started.elapsed());
            self.reads.set(self.reads.get() + 1);
            match at(&source.path, read) {
                Ok(bytes) => self.bytes.set(self.bytes.get() + bytes as u64),
                Err(error) => {
                    self.failed.replace(Some(error));
                    self.stopped.set(true);
                }
            }
            buffer = filled;
            buffer.clear();
            // A prime, so that a reader comes by all blocks of all files.
            block += 7_919;
        }
    }

    /// Whether all permits are back.
    fn summarize(&self, elapsed: Duration, limits: Limits) -> io::Result<bool> {
        let (seconds, reads) = (elapsed.as_secs_f64(), self.reads.get());
        let semaphore = &self.semaphore;
        let Limits { lowest, highest } = limits;
        let mut out = io::stdout().lock();
        writeln!(out, "seconds     {seconds:.1}")?;
        writeln!(out, "reads       {reads}, {:.0} a second", reads as f64 / seconds)?;
        writeln!(out, "bytes       {}", self.bytes.get())?;
        writeln!(out, "limit       {lowest} to {highest}, {} at last", semaphore.max_permits())?;
        writeln!(out, "in the end  {semaphore:?}")?;
        Ok((semaphore.in_use(), semaphore.debt(), semaphore.waiters()) == (0, 0, 0))
    }
}

struct Limits {
    lowest: usize,
    highest: usize,
}

/// Moves the limit until the time is over or Ctrl-C is pressed.
async fn control(
    load: &Load,
    arguments: &Arguments,
    started: Instant,
    mut ctrl_c: Pin<&mut impl Future<Output = io::Result<()>>>,
) -> io::Result<Limits> {
    let (min, max) = (arguments.min.into(), arguments.max.into());
    let target = Duration::from_micros(arguments.target_latency);
    let semaphore = &load.semaphore;
    let mut limits = Limits { lowest: semaphore.max_permits(), highest: semaphore.max_permits() };
    let (mut measured, mut drawn, mut drawn_reads) = (Measured::default(), 0, 0);
    writeln!(io::stdout(), "limit  in use  waiters  debt   reads/s")?;
    while !load.stopped.get() {
        if let Ok(pressed) = timeout(to_next_tick(started), ctrl_c.as_mut()).await {
            pressed?;
            break;
        }
        // Where no read has ended nothing was measured, and nothing is moved.
        if let Some(mean) = measured.mean_since(load) {
            let limit = semaphore.max_permits();
            // Additive increase, multiplicative decrease: as TCP finds out what a path will carry.
            let moved = if mean > target { limit * 3 / 4 } else { limit + 1 };
            semaphore.set_max_permits(moved.clamp(min, max));
            limits.lowest = limits.lowest.min(semaphore.max_permits());
            limits.highest = limits.highest.max(semaphore.max_permits());
        }
        let seconds = started.elapsed().as_secs();
        if seconds > drawn {
            let reads = load.reads.get() - drawn_reads;
            draw(semaphore, max, reads / (seconds - drawn))?;
            (drawn, drawn_reads) = (seconds, load.reads.get());
        }
        if arguments.seconds > 0 && seconds >= arguments.seconds {
            break;
        }
    }
    Ok(limits)
}

/// Ticks are even from the start, however late one was.
fn to_next_tick(started: Instant) -> Duration {
    let since_tick = started.elapsed().as_nanos() % TICK.as_nanos();
    TICK - Duration::from_nanos(since_tick as u64)
}

/// What the controller had seen when it last looked.
#[derive(Default)]
struct Measured {
    reads: u64,
    latency: Duration,
}

impl Measured {
    /// The mean latency of the reads since it was last asked for; `None` if there were none.
    fn mean_since(&mut self, load: &Load) -> Option<Duration> {
        let before =
            std::mem::replace(self, Self { reads: load.reads.get(), latency: load.latency.get() });
        let reads = u32::try_from(self.reads - before.reads).unwrap_or(u32::MAX);
        (self.latency - before.latency).checked_div(reads)
    }
}

fn draw(semaphore: &Semaphore, max: usize, reads: u64) -> io::Result<()> {
    let limit = semaphore.max_permits();
    writeln!(
        io::stdout(),
        "{limit:>5}  {:>6}  {:>7}  {:>4}  {reads:>8}  {}",
        semaphore.in_use(),
        semaphore.waiters(),
        semaphore.debt(),
        "#".repeat((limit * 40).div_ceil(max)),
    )
}

fn make_sample() -> io::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    for file in 0..16_u8 {
        fs::write(folder.path().join(file.to_string()), vec![file; 4 << 20])?;
    }
    Ok(folder)
}

/// All files of the paths that have something to read.
async fn open_files(paths: &[PathBuf]) -> io::Result<Vec<Source>> {
    let mut files = Vec::new();
    for path in paths {
        if at(path, fs::metadata(path))?.is_file() {
            files.push(path.clone());
            continue;
        }
        for entry in at(path, fs::read_dir(path))? {
            files.push(at(path, entry)?.path());
        }
        files.retain(|path| path.is_file());
    }
    let mut sources = Vec::new();
    for path in files {
        let file = at(&path, File::open(&path).await)?;
        let length = at(&path, file.metadata().await)?.len();
        if length > 0 {
            sources.push(Source { path, file, length });
        }
    }
    if sources.is_empty() {
        let named: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(io::Error::other(format!("{}: no files to read", named.join(", "))));
    }
    Ok(sources)
}

/// Says which path it was.
fn at<T>(path: &Path, outcome: io::Result<T>) -> io::Result<T> {
    outcome.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
