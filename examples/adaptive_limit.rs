//! Adapts the number of concurrent file reads to their latency.
//!
//! A controller changes the limit of a semaphore 20 times per second. It raises the limit by one
//! while the mean latency is within the target, and lowers the limit by a quarter when it is not.

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

/// Reads files, and adapts the number of concurrent reads to their latency.
///
/// Prints one line per second. Ctrl-C stops the program and prints the summary.
#[derive(Parser)]
#[command(name = "adaptive_limit")]
struct Arguments {
    /// Files, or directories of files, to read [default: a temporary sample of 16 files of 4 MiB]
    paths: Vec<PathBuf>,
    /// Run time in seconds; 0 runs until Ctrl-C
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Number of tasks that read
    #[arg(long, default_value_t = 256, value_parser = value_parser!(u32).range(1..))]
    tasks: u32,
    /// Size of a read in bytes
    #[arg(
        long,
        value_name = "BYTES",
        default_value_t = 65_536,
        value_parser = value_parser!(u32).range(1..)
    )]
    read_size: u32,
    /// Target for the mean latency of a read, in microseconds
    #[arg(long, value_name = "MICROS", default_value_t = 500)]
    target_latency: u64,
    /// Lowest limit
    #[arg(long, default_value_t = 4, value_parser = value_parser!(u16).range(1..))]
    min: u16,
    /// Highest limit
    #[arg(long, default_value_t = 200, value_parser = value_parser!(u16).range(1..))]
    max: u16,
    /// Initial limit [default: the value of --max]
    #[arg(long)]
    start: Option<u16>,
}

/// The time between two changes of the limit.
const TICK: Duration = Duration::from_millis(50);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Arguments { min, max, start, .. } = arguments;
    let start = start.unwrap_or(max);
    if !(min..=max).contains(&start) {
        let message = format!("--start {start} is not within --min {min} to --max {max}");
        Arguments::command().error(ErrorKind::ValueValidation, message).exit();
    }
    match Runtime::new().and_then(|runtime| runtime.block_on(run(&arguments))) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("adaptive_limit: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The state shared by the readers and the controller, which run on one thread.
struct Load {
    files: Vec<Source>,
    read_size: usize,
    semaphore: Semaphore,
    stopped: Cell<bool>,
    failed: RefCell<Option<io::Error>>,
    reads: Cell<u64>,
    bytes: Cell<u64>,
    /// The sum of the latencies of all reads.
    latency: Cell<Duration>,
}

struct Source {
    path: PathBuf,
    file: File,
    length: u64,
}

/// Returns whether all permits were released at the end.
async fn run(arguments: &Arguments) -> io::Result<bool> {
    let mut ctrl_c = pin!(compio::signal::ctrl_c());
    // The first poll installs the signal handler. From here on, Ctrl-C does not terminate the
    // process before the sample is removed.
    if let Poll::Ready(result) = poll_fn(|context| Poll::Ready(ctrl_c.as_mut().poll(context))).await
    {
        result?;
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
        reader.await.expect("readers neither panic nor are cancelled");
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
            // Checked after the wait, so that queued readers do not read again after the end.
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
            match with_path(&source.path, read) {
                Ok(bytes) => self.bytes.set(self.bytes.get() + bytes as u64),
                Err(error) => {
                    self.failed.replace(Some(error));
                    self.stopped.set(true);
                }
            }
            buffer = filled;
            buffer.clear();
            // The step is prime, so that each reader visits all blocks of all files.
            block += 7_919;
        }
    }

    /// Prints the summary and returns whether all permits were released.
    fn summarize(&self, elapsed: Duration, limits: Limits) -> io::Result<bool> {
        let (seconds, reads) = (elapsed.as_secs_f64(), self.reads.get());
        let semaphore = &self.semaphore;
        let Limits { lowest, highest } = limits;
        let mut out = io::stdout().lock();
        writeln!(out, "seconds     {seconds:.1}")?;
        writeln!(out, "reads       {reads}, {:.0} per second", reads as f64 / seconds)?;
        writeln!(out, "bytes       {}", self.bytes.get())?;
        writeln!(out, "limit       {lowest} to {highest}, {} at the end", semaphore.max_permits())?;
        writeln!(out, "at the end  {semaphore:?}")?;
        Ok((semaphore.in_use(), semaphore.debt(), semaphore.waiters()) == (0, 0, 0))
    }
}

struct Limits {
    lowest: usize,
    highest: usize,
}

/// Adjusts the limit until the run time is over, a read fails or Ctrl-C is pressed.
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
    let (mut totals, mut printed, mut printed_reads) = (Totals::default(), 0, 0);
    writeln!(io::stdout(), "limit  in use  waiters  debt   reads/s")?;
    while !load.stopped.get() {
        if let Ok(result) = timeout(time_to_next_tick(started), ctrl_c.as_mut()).await {
            result?;
            break;
        }
        // A tick in which no read completed leaves the limit as it is.
        if let Some(mean) = totals.mean_latency_since(load) {
            let limit = semaphore.max_permits();
            // Additive increase, multiplicative decrease, as in TCP congestion control.
            let adjusted = if mean > target { limit * 3 / 4 } else { limit + 1 };
            semaphore.set_max_permits(adjusted.clamp(min, max));
            limits.lowest = limits.lowest.min(semaphore.max_permits());
            limits.highest = limits.highest.max(semaphore.max_permits());
        }
        let seconds = started.elapsed().as_secs();
        if seconds > printed {
            let reads = load.reads.get() - printed_reads;
            print_line(semaphore, max, reads / (seconds - printed))?;
            (printed, printed_reads) = (seconds, load.reads.get());
        }
        if arguments.seconds > 0 && seconds >= arguments.seconds {
            break;
        }
    }
    Ok(limits)
}

/// Returns the time to the next tick. Ticks are multiples of `TICK` since the start, so that a late
/// tick does not delay later ones.
fn time_to_next_tick(started: Instant) -> Duration {
    let since_tick = started.elapsed().as_nanos() % TICK.as_nanos();
    TICK - Duration::from_nanos(since_tick as u64)
}

/// The totals of `Load` at the previous tick.
#[derive(Default)]
struct Totals {
    reads: u64,
    latency: Duration,
}

impl Totals {
    /// Returns the mean latency of the reads since the previous call, or `None` if no read
    /// completed.
    fn mean_latency_since(&mut self, load: &Load) -> Option<Duration> {
        let current = Self { reads: load.reads.get(), latency: load.latency.get() };
        let previous = std::mem::replace(self, current);
        let reads = u32::try_from(self.reads - previous.reads).unwrap_or(u32::MAX);
        (self.latency - previous.latency).checked_div(reads)
    }
}

fn print_line(semaphore: &Semaphore, max: usize, reads: u64) -> io::Result<()> {
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

/// Opens all files at the paths, except empty ones.
async fn open_files(paths: &[PathBuf]) -> io::Result<Vec<Source>> {
    let mut files = Vec::new();
    for path in paths {
        if with_path(path, fs::metadata(path))?.is_file() {
            files.push(path.clone());
            continue;
        }
        for entry in with_path(path, fs::read_dir(path))? {
            files.push(with_path(path, entry)?.path());
        }
        files.retain(|path| path.is_file());
    }
    let mut sources = Vec::new();
    for path in files {
        let file = with_path(&path, File::open(&path).await)?;
        let length = with_path(&path, file.metadata().await)?.len();
        if length > 0 {
            sources.push(Source { path, file, length });
        }
    }
    if sources.is_empty() {
        let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(io::Error::other(format!("{}: no files to read", paths.join(", "))));
    }
    Ok(sources)
}

/// Adds the path to the error.
fn with_path<T>(path: &Path, result: io::Result<T>) -> io::Result<T> {
    result.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
