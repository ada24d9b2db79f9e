//! Hashes all files of a directory tree, with backpressure: the walk takes a permit before it goes on, and
//! the file that it has found gives it back when it is hashed. So files are found no faster than they are
//! hashed, and memory does not grow with the tree.

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
use procfs::process::{Process, Status};
use walkdir::WalkDir;

/// Hashes all files of a directory tree, and finds them no faster than it hashes them.
///
/// Prints how many files waited at most, and how much memory that took. Symlinks are not followed.
#[derive(Parser)]
#[command(name = "crawl")]
struct Arguments {
    /// The directory; a sample that is removed in the end if none is given
    path: Option<PathBuf>,
    /// How many files the sample has
    #[arg(long, default_value_t = 20_000, conflicts_with = "path", value_parser = value_parser!(u32).range(1..=10_000_000))]
    files: u32,
    /// How many files are hashed at once
    #[arg(long, default_value_t = 64, value_parser = value_parser!(u16).range(1..))]
    in_flight: u16,
    /// Each file waits for its permit on its own, and the walk goes on
    #[arg(long)]
    no_backpressure: bool,
}

/// How many entries are listed at once. They and the backlog are all of the tree that is in memory.
const BATCH: usize = 1024;

/// How many files of the sample are in one directory.
const DIRECTORY: u32 = 500;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = Runtime::new().and_then(|runtime| runtime.block_on(run(&arguments)));
    match outcome {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("crawl: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns how much failed, each of which it has named by then.
async fn run(arguments: &Arguments) -> io::Result<u64> {
    let crawl = Rc::new(Crawl::new(arguments));
    close_on_ctrl_c(Arc::clone(&crawl.in_flight)).await?;
    match &arguments.path {
        Some(path) => crawl.run(path).await,
        None => {
            let sample = tempfile::tempdir()?;
            crawl.make_sample(sample.path(), arguments.files).await?;
            crawl.run(sample.path()).await
        }
    }
}

/// From here on Ctrl-C ends nothing before the sample is removed.
async fn close_on_ctrl_c(semaphore: Arc<ClosableSemaphore>) -> io::Result<()> {
    let mut ctrl_c = Box::pin(compio::signal::ctrl_c());
    // Listened to from its first poll on.
    let listen = poll_fn(|context| Poll::Ready(ctrl_c.as_mut().poll(context)));
    if let Poll::Ready(failed) = listen.await {
        return failed;
    }
    let close = async move {
        // What ends it, an error too, is a reason to stop.
        let _ = ctrl_c.await;
        semaphore.close();
    };
    spawn(close).detach();
    Ok(())
}

/// One crawl; its tasks share it.
struct Crawl {
    /// Who awaits its permits: the walk, or each file on its own.
    no_backpressure: bool,
    in_flight: Arc<ClosableSemaphore>,
    found: Cell<usize>,
    /// A permit for each file that is done with, for the walk to await as many as it has found.
    done: Semaphore,
    peak_backlog: Cell<usize>,
    hashed: Cell<u64>,
    failed: Cell<u64>,
    bytes: Cell<u64>,
    /// The sum of the checksums: the same in whatever order they come.
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
        let root = at(root, root.canonicalize())?;
        let before = memory()?;
        let started = Instant::now();
        self.walk(&root).await;
        drop(self.done.acquire_many(self.found.get()).await);
        if self.in_flight.is_closed() {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted"));
        }
        self.summarize(started.elapsed(), &before, &memory()?)?;
        Ok(self.failed.get())
    }

    /// Lists on another thread, for a directory can be slow to read.
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
            match at(&file, checksum(&file).await) {
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

    /// Ends early on Ctrl-C. All on one thread, which says when it is there: a signal that meets a thread that
    /// starts ends the program at once.
    async fn make_sample(&self, root: &Path, files: u32) -> io::Result<()> {
        let (root, in_flight) = (root.to_owned(), Arc::clone(&self.in_flight));
        let make = move || {
            writeln!(io::stdout(), "makes a sample of {files} files in {}", root.display())?;
            for first in (0..files).step_by(DIRECTORY as usize) {
                if in_flight.is_closed() {
                    break;
                }
                let directory = root.join(format!("{first:07}"));
                let numbers = first..files.min(first + DIRECTORY);
                at(&directory, make_directory(&directory, numbers))?;
            }
            Ok(())
        };
        spawn_blocking(make).await.expect("making files does not panic")
    }

    fn summarize(&self, elapsed: Duration, before: &Status, after: &Status) -> io::Result<()> {
        let (seconds, files) = (elapsed.as_secs_f64(), self.hashed.get());
        let mut out = io::stdout().lock();
        writeln!(out, "files         {files}")?;
        writeln!(out, "failed        {}", self.failed.get())?;
        writeln!(out, "bytes         {}", self.bytes.get())?;
        writeln!(out, "digest        {:016x}", self.digest.get())?;
        writeln!(out, "seconds       {seconds:.2}, {:.0} files a second", files as f64 / seconds)?;
        writeln!(out, "peak backlog  {} files", self.peak_backlog.get())?;
        if let (Some(start), Some(peak)) = (before.vmrss, after.vmhwm) {
            let grown = peak.saturating_sub(start);
            writeln!(out, "peak memory   {peak} KiB, {grown} more than at the start")?;
        }
        Ok(())
    }
}

/// How long a file is, and its CRC-32.
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

/// Each file has a line with its number, up to 64 times.
fn make_directory(directory: &Path, numbers: Range<u32>) -> io::Result<()> {
    fs::create_dir(directory)?;
    for number in numbers {
        let lines = format!("file {number}\n").repeat(1 + number as usize % 64);
        fs::write(directory.join(number.to_string()), lines)?;
    }
    Ok(())
}

/// What the system knows of this process.
fn memory() -> io::Result<Status> {
    let status = Process::myself().and_then(|process| process.status());
    status.map_err(io::Error::other)
}

/// Says which path it was.
fn at<T>(path: &Path, outcome: io::Result<T>) -> io::Result<T> {
    outcome.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
