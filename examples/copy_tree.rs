//! Copies a directory tree with compio's file I/O: one task a file, and a semaphore that bounds how many
//! files are open at once. Without arguments it makes a sample tree, copies it and verifies the copy.

use std::{
    cell::{Cell, RefCell},
    fmt, fs, io,
    num::NonZeroUsize,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::ExitCode,
    rc::Rc,
    time::{Duration, Instant},
};

use clap::{Parser, ValueEnum};
use compio::{
    BufResult,
    driver::{DriverType, ProactorBuilder},
    fs::{File, OpenOptions},
    io::{AsyncReadAt, AsyncWriteAtExt},
    runtime::{Runtime, RuntimeBuilder},
};
use compio_sync::unsync::Semaphore;
use indicatif::{ProgressBar, ProgressStyle};

/// Copies a directory tree, with a bounded number of files open at once.
///
/// Without SRC and DST it makes a sample tree of 2,000 files, copies it and verifies the copy.
#[derive(Parser)]
struct Arguments {
    /// The directory to copy
    #[arg(requires = "dst")]
    src: Option<PathBuf>,
    /// The directory to copy it to; it is made if it is not there
    dst: Option<PathBuf>,
    /// How many files may be copied at once; each has two descriptors open
    #[arg(long, value_name = "FILES", default_value = "64")]
    max_in_flight: NonZeroUsize,
    /// Copy all files at once, however many there are
    #[arg(long, conflicts_with = "max_in_flight")]
    unbounded: bool,
    /// What drives the I/O
    #[arg(long, value_enum, default_value = "auto")]
    driver: Driver,
    /// Compare the copy with the source afterwards
    #[arg(long)]
    verify: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Driver {
    /// io_uring where the system has it, else poll
    Auto,
    IoUring,
    Poll,
}

/// What could not be done, and why.
struct Failure {
    path: PathBuf,
    cause: io::Error,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.cause)
    }
}

trait At<T> {
    /// Says which path it was.
    fn at(self, path: &Path) -> Result<T, Failure>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, Failure> {
        self.map_err(|cause| Failure { path: path.to_owned(), cause })
    }
}

fn refuse<T>(path: &Path, why: &str) -> Result<T, Failure> {
    Err(io::Error::new(io::ErrorKind::InvalidInput, why)).at(path)
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match (&arguments.src, &arguments.dst) {
        (Some(source), Some(destination)) => {
            copy_and_report(source, destination, arguments.verify, &arguments)
        }
        _ => copy_sample(&arguments),
    };
    match outcome {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("copy_tree: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Returns how much failed, each of which it has named by then.
fn copy_and_report(
    source: &Path,
    destination: &Path,
    verify: bool,
    arguments: &Arguments,
) -> Result<usize, Failure> {
    let runtime = runtime(arguments.driver)?;
    let (source, destination) = check_places(source, destination)?;
    let mut tree = Tree::walk(&source);
    check_links(&source, &destination, &tree.directories)?;
    let limit =
        if arguments.unbounded { tree.files.len().max(1) } else { arguments.max_in_flight.get() };
    let started = Instant::now();
    let copy = Copy::new(source, destination, limit, tree.files.len());
    copy.failures.borrow_mut().extend(tree.failures);
    copy.make_directories(&mut tree.directories)?;
    runtime.block_on(copy.clone().copy_files(tree.files.clone()));
    copy.make_links(&tree.links);
    copy.set_directory_modes(&tree.directories);
    copy.progress.finish_and_clear();
    let seconds = started.elapsed();
    copy.report(seconds, runtime.driver_type());
    if verify {
        let checked = [&tree.directories, &tree.files, &tree.links].map(|paths| copy.verify(paths));
        println!("verified        {}", checked.iter().sum::<usize>());
    }
    let failures = copy.failures.borrow();
    for failure in failures.iter() {
        eprintln!("copy_tree: {failure}");
    }
    Ok(failures.len())
}

fn runtime(driver: Driver) -> Result<Runtime, Failure> {
    let mut proactor = ProactorBuilder::new();
    match driver {
        Driver::Auto => {}
        Driver::IoUring => drop(proactor.driver_type(DriverType::IoUring)),
        Driver::Poll => drop(proactor.driver_type(DriverType::Poll)),
    }
    let name = driver.to_possible_value().expect("none is hidden");
    let option = format!("--driver {}", name.get_name());
    RuntimeBuilder::new().with_proactor(proactor).build().at(Path::new(&option))
}

/// Both places without links and dots, if a copy from one to the other can end.
fn check_places(source: &Path, destination: &Path) -> Result<(PathBuf, PathBuf), Failure> {
    let from = source.canonicalize().at(source)?;
    if !from.is_dir() {
        return refuse(source, "not a directory");
    }
    // Of what is not there yet, the part that is decides.
    let there = destination.ancestors().find(|path| path.exists() || path.as_os_str().is_empty());
    let there = there.unwrap_or(destination);
    let base = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    let missing = destination.strip_prefix(there).unwrap_or(Path::new(""));
    if missing.components().any(|part| part == std::path::Component::ParentDir) {
        return refuse(destination, "goes up from a directory that does not exist");
    }
    let to = base.canonicalize().at(base)?.join(missing);
    if to.starts_with(&from) {
        return refuse(destination, "the destination is inside the source");
    }
    Ok((from, to))
}

/// A link in the destination may stand in the place of a directory, and lead back.
fn check_links(source: &Path, destination: &Path, directories: &[PathBuf]) -> Result<(), Failure> {
    for directory in directories {
        let to = destination.join(directory);
        if to.canonicalize().is_ok_and(|place| place.starts_with(source)) {
            return refuse(&to, "the destination is inside the source");
        }
    }
    Ok(())
}

/// What there is to copy, by path from the root.
#[derive(Default)]
struct Tree {
    directories: Vec<PathBuf>,
    files: Vec<PathBuf>,
    links: Vec<PathBuf>,
    failures: Vec<Failure>,
}

impl Tree {
    fn walk(root: &Path) -> Self {
        let mut tree = Self::default();
        tree.visit(root, PathBuf::new());
        tree
    }

    fn visit(&mut self, root: &Path, directory: PathBuf) {
        let path = root.join(&directory);
        match fs::read_dir(&path).and_then(Iterator::collect::<io::Result<Vec<_>>>).at(&path) {
            Ok(entries) => {
                self.directories.push(directory.clone());
                for entry in entries {
                    if let Err(failure) = self.sort(root, directory.join(entry.file_name())) {
                        self.failures.push(failure);
                    }
                }
            }
            Err(failure) => self.failures.push(failure),
        }
    }

    fn sort(&mut self, root: &Path, relative: PathBuf) -> Result<(), Failure> {
        let path = root.join(&relative);
        let kind = path.symlink_metadata().at(&path)?.file_type();
        if kind.is_dir() {
            self.visit(root, relative);
        } else if kind.is_file() {
            self.files.push(relative);
        } else if kind.is_symlink() {
            self.links.push(relative);
        } else {
            return refuse(&path, "neither file, directory nor symlink: not copied");
        }
        Ok(())
    }
}

/// One copy of a tree; its tasks share it.
struct Copy {
    source: PathBuf,
    destination: PathBuf,
    limit: usize,
    semaphore: Semaphore,
    /// Counted apart from the semaphore, to check it.
    in_flight: Cell<usize>,
    peak: Cell<usize>,
    files: Cell<usize>,
    bytes: Cell<u64>,
    failures: RefCell<Vec<Failure>>,
    progress: ProgressBar,
}

impl Copy {
    fn new(source: PathBuf, destination: PathBuf, limit: usize, files: usize) -> Rc<Self> {
        // It hides itself where stderr is no terminal.
        let progress = ProgressBar::new(files as u64).with_style(
            ProgressStyle::with_template("{bar:40} {pos}/{len} files, {msg}")
                .expect("the template is right"),
        );
        Rc::new(Self {
            source,
            destination,
            limit,
            semaphore: Semaphore::new(limit.min(Semaphore::MAX_PERMITS)),
            in_flight: Cell::new(0),
            peak: Cell::new(0),
            files: Cell::new(0),
            bytes: Cell::new(0),
            failures: RefCell::new(Vec::new()),
            progress,
        })
    }

    fn note<T>(&self, outcome: Result<T, Failure>) -> Option<T> {
        outcome.map_err(|failure| self.failures.borrow_mut().push(failure)).ok()
    }

    /// Writable ones until all is in them; without the first there is no copy. Only those that are there
    /// then are kept in the list.
    fn make_directories(&self, directories: &mut Vec<PathBuf>) -> Result<(), Failure> {
        fs::create_dir_all(&self.destination).at(&self.destination)?;
        directories.retain(|directory| {
            let path = self.destination.join(directory);
            let made = fs::create_dir(&path);
            let made = made.or_else(|error| if path.is_dir() { Ok(()) } else { Err(error) });
            self.note(made.at(&path)).is_some()
        });
        Ok(())
    }

    /// With enough files the peak is the limit, by order and not by luck: a task that is woken runs after
    /// all that wait to run, so each has asked for its permit before one can give its own back.
    async fn copy_files(self: Rc<Self>, files: Vec<PathBuf>) {
        let tasks: Vec<_> = files
            .into_iter()
            .map(|file| compio::runtime::spawn(Rc::clone(&self).copy_file(file)))
            .collect();
        for task in tasks {
            task.await.expect("a task neither panics nor is cancelled");
        }
    }

    async fn copy_file(self: Rc<Self>, file: PathBuf) {
        let permit = self.semaphore.acquire().await;
        self.in_flight.set(self.in_flight.get() + 1);
        self.peak.set(self.peak.get().max(self.in_flight.get()));

        let copied = copy_contents(&self.source.join(&file), &self.destination.join(&file)).await;

        self.in_flight.set(self.in_flight.get() - 1);
        drop(permit);
        if let Some(bytes) = self.note(copied) {
            self.files.set(self.files.get() + 1);
            self.bytes.set(self.bytes.get() + bytes);
        }
        self.progress.set_message(format!("{} in flight", self.in_flight.get()));
        self.progress.inc(1);
    }

    fn make_links(&self, links: &[PathBuf]) {
        for link in links {
            let (from, to) = (self.source.join(link), self.destination.join(link));
            let partial = partial_of(&to);
            let made = fs::read_link(&from).at(&from).and_then(|target| {
                symlink(target, &partial).at(&to)?;
                fs::rename(&partial, &to).inspect_err(|_| drop(fs::remove_file(&partial))).at(&to)
            });
            self.note(made);
        }
    }

    /// The deepest first, for a read-only one takes nothing more.
    fn set_directory_modes(&self, directories: &[PathBuf]) {
        for directory in directories.iter().rev() {
            let (from, to) = (self.source.join(directory), self.destination.join(directory));
            let metadata = fs::metadata(&from).at(&from);
            self.note(
                metadata.and_then(|from| fs::set_permissions(&to, from.permissions()).at(&to)),
            );
        }
    }

    fn report(&self, elapsed: Duration, driver: DriverType) {
        println!("files copied    {}", self.files.get());
        println!("failed          {}", self.failures.borrow().len());
        println!("bytes           {}", self.bytes.get());
        println!("seconds         {:.2}", elapsed.as_secs_f64());
        println!("peak in flight  {} of {}", self.peak.get(), self.limit);
        println!("driver          {}", if driver.is_iouring() { "io-uring" } else { "poll" });
    }

    /// How many are the same; the others are noted, but for those that are not there because copying
    /// them failed, which was noted then.
    fn verify(&self, paths: &[PathBuf]) -> usize {
        let all_copied = self.failures.borrow().is_empty();
        let is_expected =
            |path: &&PathBuf| all_copied || self.destination.join(path).symlink_metadata().is_ok();
        let same = |path: &PathBuf| {
            let (from, to) = (self.source.join(path), self.destination.join(path));
            match is_same(&from, &to).at(&to) {
                Ok(false) => refuse(&to, "differs from its source"),
                outcome => outcome,
            }
        };
        paths.iter().filter(is_expected).filter_map(|path| self.note(same(path))).count()
    }
}

/// Where a copy is made before it gets its real name: beside it, so that renaming is one step; short, for
/// the real one may be as long as a name can be; random, so that neither a file nor what a crash has left
/// is in the way.
fn partial_of(to: &Path) -> PathBuf {
    to.with_file_name(format!(".copy_tree-{:016x}", fastrand::u64(..)))
}

/// Returns how many bytes it has copied.
async fn copy_contents(from: &Path, to: &Path) -> Result<u64, Failure> {
    let source = File::open(from).await.at(from)?;
    let partial = partial_of(to);
    let mut options = OpenOptions::new();
    let options = options.write(true).create_new(true).mode(0o600);
    let copy = options.open(&partial).await.at(to)?;
    let outcome = match fill((source, from), (copy, to)).await {
        Ok(bytes) => compio::fs::rename(&partial, to).await.at(to).map(|()| bytes),
        failed => failed,
    };
    if outcome.is_err() {
        // The first error is the one to tell.
        let _ = compio::fs::remove_file(&partial).await;
    }
    outcome
}

/// Copies all there is, however long the file was said to be, and the mode.
async fn fill(
    (source, from): (File, &Path),
    (mut copy, to): (File, &Path),
) -> Result<u64, Failure> {
    let (mut buffer, mut bytes) = (Vec::with_capacity(64 * 1024), 0);
    loop {
        let BufResult(read, filled) = source.read_at(buffer, bytes).await;
        let read = read.at(from)?;
        if read == 0 {
            break;
        }
        let BufResult(written, filled) = copy.write_all_at(filled, bytes).await;
        written.at(to)?;
        buffer = filled;
        buffer.clear();
        bytes += read as u64;
    }
    let permissions = source.metadata().await.at(from)?.permissions();
    copy.set_permissions(permissions).await.at(to)?;
    // A descriptor is free when closing has ended, not when it was begun.
    copy.close().await.at(to)?;
    source.close().await.at(from)?;
    Ok(bytes)
}

fn is_same(from: &Path, to: &Path) -> io::Result<bool> {
    let (one, other) = (from.symlink_metadata()?, to.symlink_metadata()?);
    if one.file_type() != other.file_type() {
        return Ok(false);
    }
    if one.is_symlink() {
        return Ok(fs::read_link(from)? == fs::read_link(to)?);
    }
    let same_mode = one.permissions().mode() == other.permissions().mode();
    Ok(same_mode && (one.is_dir() || fs::read(from)? == fs::read(to)?))
}

fn copy_sample(arguments: &Arguments) -> Result<usize, Failure> {
    let folder = tempfile::tempdir().at(&std::env::temp_dir())?;
    let (source, destination) = (folder.path().join("sample"), folder.path().join("copy"));
    make_sample(&source).at(&source)?;
    copy_and_report(&source, &destination, true, arguments)
}

/// 2,000 files in 40 directories: empty, small, and every 200th of 8 MiB.
fn make_sample(root: &Path) -> io::Result<()> {
    for number in 0..2_000_usize {
        let directory = root.join(format!("{:02}/{}", number % 20, number % 2));
        fs::create_dir_all(&directory)?;
        let file = directory.join(format!("{number:04}"));
        let length = match number {
            _ if number % 200 == 100 => 8 << 20,
            _ if number % 50 == 0 => 0,
            _ => number * 7_919 % 40_000,
        };
        let contents: Vec<u8> =
            (0..length).map(|byte| ((byte * (number + 3)) >> 3) as u8).collect();
        fs::write(&file, contents)?;
        let mode = if number % 3 == 0 { 0o444 } else { 0o640 };
        fs::set_permissions(&file, fs::Permissions::from_mode(mode))?;
        if number % 100 == 0 {
            symlink(format!("{number:04}"), directory.join(format!("{number:04}.link")))?;
        }
    }
    Ok(())
}
