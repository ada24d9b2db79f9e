//! Hashes all files of a directory tree with backpressure.
//!
//! The walk acquires a permit for each file that it finds, and the task of the file releases the
//! permit once the file is hashed. The walk therefore finds files no faster than they are hashed,
//! and memory use does not grow with the tree. Memory use is reported on Linux only, because it is
//! read from `/proc`.

use std::{
    cell::Cell,
    fs,
    future::{Future, poll_fn, ready},
    io::{self, Write},
    ops::Range,
    path::{Path, PathBuf},
    process::ExitCode,
    rc::Rc,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use clap::{Parser, value_parser};
use compio::{
    BufResult,
    fs::File,
    io::AsyncReadAt,
    runtime::{Runtime, spawn, spawn_blocking},
};
use compio_sync::{ClosableSemaphore, Closed, OwnedClosablePermit, unsync::Semaphore};
use walkdir::WalkDir;

/// Hashes all files of a directory tree, and finds files no faster than it hashes them.
///
/// Prints the peak backlog of files and, on Linux, the peak memory use. Symlinks are not followed.
#[derive(Parser)]
#[command(name = "crawl")]
struct Arguments {
    /// Directory or file to hash [default: a temporary sample]
    path: Option<PathBuf>,
    /// Number of files in the sample
    #[arg(
        long,
        default_value_t = 20_000,
        conflicts_with = "path",
        value_parser = value_parser!(u32).range(1..=10_000_000)
    )]
    files: u32,
    /// Maximum number of files hashed at once
    #[arg(long, default_value_t = 64, value_parser = value_parser!(u16).range(1..))]
    in_flight: u16,
    /// Let the task of each file acquire the permit, so that the walk never waits
    #[arg(long)]
    no_backpressure: bool,
}

/// The number of entries listed at once. Only these entries and the backlog are in memory.
const BATCH: usize = 1024;

/// The number of files per directory of the sample.
const FILES_PER_DIRECTORY: u32 = 500;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match Runtime::new().and_then(|runtime| runtime.block_on(run(&arguments))) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("crawl: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the number of failures, each of which has been printed.
async fn run(arguments: &Arguments) -> io::Result<u64> {
    let crawl = Rc::new(Crawl::new(arguments));
    close_on_ctrl_c(Arc::clone(&crawl.in_flight)).await?;
    match &arguments.path {
        Some(path) => crawl.run(path).await,
        None => {
            let sample = tempfile::tempdir()?;
            crawl.create_sample(sample.path(), arguments.files).await?;
            crawl.run(sample.path()).await
        }
    }
}

/// Installs a signal handler that closes the semaphore on Ctrl-C.
///
/// Once this function returns, Ctrl-C does not terminate the process before the sample is removed.
async fn close_on_ctrl_c(semaphore: Arc<ClosableSemaphore>) -> io::Result<()> {
    let mut ctrl_c = Box::pin(compio::signal::ctrl_c());
    // The first poll installs the signal handler.
    let install = poll_fn(|context| Poll::Ready(ctrl_c.as_mut().poll(context)));
    if let Poll::Ready(result) = install.await {
        return result;
    }
    let close = async move {
        // An error of the signal handler stops the crawl as well.
        let _ = ctrl_c.await;
        semaphore.close();
    };
    spawn(close).detach();
    Ok(())
}

/// The state of a crawl, shared by its tasks.
struct Crawl {
    /// Whether the task of each file acquires the permit, instead of the walk.
    no_backpressure: bool,
    in_flight: Arc<ClosableSemaphore>,
    found: Cell<usize>,
    /// One permit for each file that is hashed or failed. The crawl ends when it acquires as many
    /// permits as files were found.
    done: Semaphore,
    peak_backlog: Cell<usize>,
    hashed: Cell<u64>,
    failed: Cell<u64>,
    bytes: Cell<u64>,
    /// The sum of the checksums, which does not depend on their order.
    digest: Cell<u64>,
}

impl Crawl {
    fn new(arguments: &Arguments) -> Self {
        Self {
            no_backpressure: arguments.no_backpressure,
            in_flight: Arc::new(ClosableSemaphore::new(arguments.in_flight.into())),
            found: Cell::new(0),
            done: Semaphore::new(0),
            peak_backlog: Cell::new(0),
            hashed: Cell::new(0),
            failed: Cell::new(0),
            bytes: Cell::new(0),
            digest: Cell::new(0),
        }
    }

    async fn run(self: &Rc<Self>, root: &Path) -> io::Result<u64> {
        let root = with_path(root, root.canonicalize())?;
        let before = memory_use()?;
        let started = Instant::now();
        self.walk(&root).await;
        drop(self.done.acquire_many(self.found.get()).await);
        if self.in_flight.is_closed() {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted"));
        }
        self.summarize(started.elapsed(), &before, &memory_use()?)?;
        Ok(self.failed.get())
    }

    /// Finds all files. Directories are listed on another thread, because reading them may be slow.
    async fn walk(self: &Rc<Self>, root: &Path) {
        let mut entries = WalkDir::new(root).into_iter();
        loop {
            let list = move || (entries.by_ref().take(BATCH).collect::<Vec<_>>(), entries);
            let batch;
            (batch, entries) = spawn_blocking(list).await.expect("listing does not panic");
            if batch.is_empty() || self.in_flight.is_closed() {
                break;
            }
            for entry in batch {
                match entry {
                    Ok(entry) if entry.file_type().is_file() => self.find(entry.into_path()).await,
                    Ok(_) => {}
                    Err(error) => self.fail(&error.into()),
                }
            }
        }
    }

    async fn find(self: &Rc<Self>, file: PathBuf) {
        self.found.set(self.found.get() + 1);
        let backlog = self.found.get() - self.done.max_permits();
        self.peak_backlog.set(self.peak_backlog.get().max(backlog));

        let permit = Arc::clone(&self.in_flight).acquire_owned();
        let crawl = Rc::clone(self);
        if self.no_backpressure {
            spawn(crawl.hash(file, permit)).detach();
        } else {
            let permit = permit.await;
            spawn(crawl.hash(file, ready(permit))).detach();
        }
    }

    async fn hash(
        self: Rc<Self>,
        file: PathBuf,
        permit: impl Future<Output = Result<OwnedClosablePermit, Closed>>,
    ) {
        if let Ok(_permit) = permit.await {
            match with_path(&file, checksum(&file).await) {
                Ok((bytes, checksum)) => {
                    self.hashed.set(self.hashed.get() + 1);
                    self.bytes.set(self.bytes.get() + bytes);
                    self.digest.set(self.digest.get().wrapping_add(checksum.into()));
                }
                Err(error) => self.fail(&error),
            }
        }
        self.done.add_permits(1);
    }

    fn fail(&self, error: &io::Error) {
        eprintln!("crawl: {error}");
        self.failed.set(self.failed.get() + 1);
    }

    /// Creates the sample, and stops early on Ctrl-C.
    ///
    /// One thread creates all files, and prints a line when it runs. A signal that interrupts a
    /// thread while it starts would terminate the program, so tests wait for this line before they
    /// send one.
    async fn create_sample(&self, root: &Path, files: u32) -> io::Result<()> {
        let (root, in_flight) = (root.to_owned(), Arc::clone(&self.in_flight));
        let create = move || {
            writeln!(io::stdout(), "creating a sample of {files} files in {}", root.display())?;
            for first in (0..files).step_by(FILES_PER_DIRECTORY as usize) {
                if in_flight.is_closed() {
                    break;
                }
                let directory = root.join(format!("{first:07}"));
                let numbers = first..files.min(first + FILES_PER_DIRECTORY);
                with_path(&directory, create_directory(&directory, numbers))?;
            }
            Ok(())
        };
        spawn_blocking(create).await.expect("creating files does not panic")
    }

    fn summarize(&self, elapsed: Duration, before: &Memory, after: &Memory) -> io::Result<()> {
        let (seconds, files) = (elapsed.as_secs_f64(), self.hashed.get());
        let mut out = io::stdout().lock();
        writeln!(out, "files         {files}")?;
        writeln!(out, "failed        {}", self.failed.get())?;
        writeln!(out, "bytes         {}", self.bytes.get())?;
        writeln!(out, "digest        {:016x}", self.digest.get())?;
        writeln!(
            out,
            "seconds       {seconds:.2}, {:.0} files per second",
            files as f64 / seconds
        )?;
        writeln!(out, "peak backlog  {} files", self.peak_backlog.get())?;
        if let (Some(start), Some(peak)) = (before.resident, after.peak) {
            let growth = peak.saturating_sub(start);
            writeln!(out, "peak memory   {peak} KiB, {growth} KiB more than at the start")?;
        }
        Ok(())
    }
}

/// Returns the length of the file and its CRC-32.
async fn checksum(path: &Path) -> io::Result<(u64, u32)> {
    let file = File::open(path).await?;
    let (mut hasher, mut bytes) = (crc32fast::Hasher::new(), 0);
    let mut buffer = Vec::with_capacity(64 * 1024);
    loop {
        let BufResult(read, filled) = file.read_at(buffer, bytes).await;
        let read = read?;
        if read == 0 {
            return Ok((bytes, hasher.finalize()));
        }
        hasher.update(&filled);
        bytes += read as u64;
        buffer = filled;
        buffer.clear();
    }
}

/// Creates a directory of files. Each file repeats a line with its number, at most 64 times.
fn create_directory(directory: &Path, numbers: Range<u32>) -> io::Result<()> {
    fs::create_dir(directory)?;
    for number in numbers {
        let lines = format!("file {number}\n").repeat(1 + number as usize % 64);
        fs::write(directory.join(number.to_string()), lines)?;
    }
    Ok(())
}

/// The memory use of this process in KiB, where it is known.
struct Memory {
    resident: Option<u64>,
    peak: Option<u64>,
}

#[cfg(target_os = "linux")]
fn memory_use() -> io::Result<Memory> {
    use procfs::process::Process;

    let status =
        Process::myself().and_then(|process| process.status()).map_err(io::Error::other)?;
    Ok(Memory { resident: status.vmrss, peak: status.vmhwm })
}

/// Returns no figures: other systems do not have `/proc`.
#[cfg(not(target_os = "linux"))]
fn memory_use() -> io::Result<Memory> {
    Ok(Memory { resident: None, peak: None })
}

/// Adds the path to the error.
fn with_path<T>(path: &Path, result: io::Result<T>) -> io::Result<T> {
    result.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
