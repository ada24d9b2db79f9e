//! Reads files with as many reads in flight as keep their latency below a target: a semaphore whose limit
//! goes up by steps while reads are quick, and down by a quarter when they are slow.

use std::{
    cell::Cell,
    fs, io,
    path::{Path, PathBuf},
    pin::pin,
    process::ExitCode,
    rc::Rc,
    time::{Duration, Instant},
};

use clap::Parser;
use compio::{BufResult, fs::File, io::AsyncReadAt, runtime::Runtime, time::timeout};
use compio_sync::Semaphore;
use tempfile::TempDir;

/// Reads files with a limit on the reads in flight that moves with their latency.
///
/// Prints a line a second. Ctrl-C ends it with a summary.
#[derive(Parser)]
struct Arguments {
    /// A directory whose files are read; a sample of 16 files of 4 MiB if none is given
    directory: Option<PathBuf>,
    /// How long to read; 0 is until Ctrl-C
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How many tasks want to read
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    tasks: u32,
    /// The latency of a read that the limit is steered by, in microseconds
    #[arg(long, value_name = "MICROS", default_value_t = 500)]
    target_latency: u64,
    /// The lowest limit
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    min: u32,
    /// The highest limit, which is also the first
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    max: u32,
}

const READ_SIZE: usize = 64 * 1024;
const CONTROL: Duration = Duration::from_millis(50);
const STEPS_A_LINE: u32 = 20;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.min > arguments.max {
        eprintln!("adaptive_limit: --min {} is above --max {}", arguments.min, arguments.max);
        return ExitCode::from(2);
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
    files: Vec<(File, u64)>,
    semaphore: Semaphore,
    stopped: Cell<bool>,
    failed: Cell<Option<io::ErrorKind>>,
    /// Of the reads since the controller last looked.
    reads: Cell<u32>,
    latency: Cell<Duration>,
}

/// Whether all permits were back in the end.
async fn run(arguments: &Arguments) -> io::Result<bool> {
    let sample = arguments.directory.is_none().then(make_sample).transpose()?;
    let directory = match (&arguments.directory, &sample) {
        (Some(directory), _) => directory.as_path(),
        (None, sample) => sample.as_ref().expect("it was made").path(),
    };
    let load = Rc::new(Load {
        files: open_files(directory).await?,
        semaphore: Semaphore::new(arguments.max as usize),
        stopped: Cell::new(false),
        failed: Cell::new(None),
        reads: Cell::new(0),
        latency: Cell::new(Duration::ZERO),
    });
    let readers: Vec<_> = (0..arguments.tasks)
        .map(|reader| compio::runtime::spawn(Rc::clone(&load).read(reader)))
        .collect();
    let started = Instant::now();
    let summary = control(&load, arguments).await;
    load.stopped.set(true);
    for reader in readers {
        reader.await.expect("a reader neither panics nor is cancelled");
    }
    if let Some(kind) = load.failed.get() {
        return Err(kind.into());
    }
    summary.print(started.elapsed(), &load.semaphore);
    let Load { semaphore, .. } = &*load;
    Ok((semaphore.in_use(), semaphore.debt(), semaphore.waiters()) == (0, 0, 0))
}

impl Load {
    async fn read(self: Rc<Self>, reader: u32) {
        let mut buffer = Vec::with_capacity(READ_SIZE);
        let mut block = u64::from(reader);
        while !self.stopped.get() {
            let _permit = self.semaphore.acquire().await;
            let (file, length) = &self.files[block as usize % self.files.len()];
            let blocks = length.div_ceil(READ_SIZE as u64).max(1);
            let started = Instant::now();
            let BufResult(read, filled) =
                file.read_at(buffer, block % blocks * READ_SIZE as u64).await;
            if let Err(error) = read {
                self.failed.set(Some(error.kind()));
                self.stopped.set(true);
            }
            self.reads.set(self.reads.get() + 1);
            self.latency.set(self.latency.get() + started.elapsed());
            buffer = filled;
            buffer.clear();
            // Any step that has no divisor in common with the number of files and blocks.
            block += 7_919;
        }
    }
}

struct Summary {
    reads: u64,
    lowest: usize,
    highest: usize,
}

/// Moves the limit until the time is over or Ctrl-C is pressed.
async fn control(load: &Load, arguments: &Arguments) -> Summary {
    let (min, max) = (arguments.min as usize, arguments.max as usize);
    let target = Duration::from_micros(arguments.target_latency);
    let semaphore = &load.semaphore;
    let mut summary = Summary { reads: 0, lowest: max, highest: min };
    let (mut step, mut reads_a_line) = (0, 0);
    let mut ctrl_c = pin!(compio::signal::ctrl_c());
    println!("limit  in use  waiters  debt   reads/s");
    while !load.stopped.get() && timeout(CONTROL, ctrl_c.as_mut()).await.is_err() {
        let reads = load.reads.take();
        let mean = load.latency.take().checked_div(reads).unwrap_or_default();
        let limit = semaphore.max_permits();
        // Additive increase, multiplicative decrease: as TCP finds out what a path will carry.
        let moved = if mean > target { limit * 3 / 4 } else { limit + 1 };
        semaphore.set_max_permits(moved.clamp(min, max));

        summary.reads += u64::from(reads);
        summary.lowest = summary.lowest.min(semaphore.max_permits());
        summary.highest = summary.highest.max(semaphore.max_permits());
        reads_a_line += reads;
        step += 1;
        if step % STEPS_A_LINE == 0 {
            draw(semaphore, max, std::mem::take(&mut reads_a_line));
        }
        if arguments.seconds > 0 && CONTROL * step >= Duration::from_secs(arguments.seconds) {
            break;
        }
    }
    summary
}

fn draw(semaphore: &Semaphore, max: usize, reads: u32) {
    let limit = semaphore.max_permits();
    println!(
        "{limit:>5}  {:>6}  {:>7}  {:>4}  {reads:>8}  {}",
        semaphore.in_use(),
        semaphore.waiters(),
        semaphore.debt(),
        "#".repeat((limit * 40).div_ceil(max)),
    );
}

impl Summary {
    fn print(&self, elapsed: Duration, semaphore: &Semaphore) {
        let reads_a_second = self.reads as f64 / elapsed.as_secs_f64();
        println!("seconds     {:.1}", elapsed.as_secs_f64());
        println!("reads       {}, {reads_a_second:.0} a second", self.reads);
        println!("limit       {} to {}", self.lowest, self.highest);
        println!("in the end  {semaphore:?}");
    }
}

fn make_sample() -> io::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    for file in 0..16_u8 {
        fs::write(folder.path().join(file.to_string()), vec![file; 4 << 20])?;
    }
    Ok(folder)
}

/// Each file and its length.
async fn open_files(directory: &Path) -> io::Result<Vec<(File, u64)>> {
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("{}: {error}", directory.display()))
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(named)? {
        let path = entry.map_err(named)?.path();
        if path.is_file() {
            let file = File::open(&path).await.map_err(named)?;
            let length = file.metadata().await.map_err(named)?.len();
            files.push((file, length));
        }
    }
    if files.is_empty() {
        return Err(named(io::Error::new(io::ErrorKind::NotFound, "no files to read")));
    }
    Ok(files)
}
