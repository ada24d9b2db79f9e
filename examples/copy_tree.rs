//! Copies a directory tree with compio's file I/O.
//!
//! Each file is copied by a task of its own, and a semaphore bounds the number of files open at
//! once. Without arguments, the program creates a sample tree, copies the tree and verifies the
//! copy. On Windows, the sample has neither symlinks nor read-only files.

use std::{
    cell::{Cell, RefCell},
    fmt, fs, io,
    num::NonZeroUsize,
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

/// Copies a directory tree with a bounded number of open files.
///
/// Without SRC and DST, creates a sample tree of 2,000 files, copies the tree and verifies the
/// copy.
#[derive(Parser)]
struct Arguments {
    /// Directory to copy
    #[arg(requires = "dst")]
    src: Option<PathBuf>,
    /// Destination directory, created if it does not exist
    dst: Option<PathBuf>,
    /// Maximum number of files copied at once; each uses two file descriptors
    #[arg(long, value_name = "FILES", default_value = "64")]
    max_in_flight: NonZeroUsize,
    /// Copy all files at once, without a limit
    #[arg(long, conflicts_with = "max_in_flight")]
    unbounded: bool,
    /// I/O driver
    #[arg(long, value_enum, default_value = "auto")]
    driver: Driver,
    /// Compare the copy with the source afterwards
    #[arg(long)]
    verify: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Driver {
    /// io_uring if the system supports it, otherwise poll; IOCP on Windows
    Auto,
    IoUring,
    Poll,
}

/// An I/O error and the path on which it occurred.
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
    /// Adds the path to the error.
    fn at(self, path: &Path) -> Result<T, Failure>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, Failure> {
        self.map_err(|cause| Failure { path: path.to_owned(), cause })
    }
}

fn invalid<T>(path: &Path, reason: &str) -> Result<T, Failure> {
    Err(io::Error::new(io::ErrorKind::InvalidInput, reason)).at(path)
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match (&arguments.src, &arguments.dst) {
        (Some(source), Some(destination)) => {
            copy_and_report(source, destination, arguments.verify, &arguments)
        }
        _ => copy_sample(&arguments),
    };
    match result {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("copy_tree: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Copies the tree, prints a summary and all failures, and returns the number of failures.
fn copy_and_report(
    source: &Path,
    destination: &Path,
    verify: bool,
    arguments: &Arguments,
) -> Result<usize, Failure> {
    let runtime = runtime(arguments.driver)?;
    let (source, destination) = resolve(source, destination)?;
    let mut tree = Tree::walk(&source);
    check_links(&source, &destination, &tree.directories)?;
    let limit =
        if arguments.unbounded { tree.files.len().max(1) } else { arguments.max_in_flight.get() };
    let started = Instant::now();
    let copy = Copy::new(source, destination, limit, tree.files.len());
    copy.failures.borrow_mut().extend(tree.failures);
    copy.create_directories(&mut tree.directories)?;
    runtime.block_on(copy.clone().copy_files(tree.files.clone()));
    copy.create_links(&tree.links);
    copy.set_directory_permissions(&tree.directories);
    copy.progress.finish_and_clear();
    copy.report(started.elapsed(), runtime.driver_type());
    if verify {
        let equal = [&tree.directories, &tree.files, &tree.links].map(|paths| copy.verify(paths));
        println!("verified        {}", equal.iter().sum::<usize>());
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
    let name = driver.to_possible_value().expect("no driver is hidden from the command line");
    let option = format!("--driver {}", name.get_name());
    RuntimeBuilder::new().with_proactor(proactor).build().at(Path::new(&option))
}

/// Returns both paths in canonical form.
///
/// Fails if the destination is inside the source, because such a copy would never end.
fn resolve(source: &Path, destination: &Path) -> Result<(PathBuf, PathBuf), Failure> {
    let from = source.canonicalize().at(source)?;
    if !from.is_dir() {
        return invalid(source, "not a directory");
    }
    // Only the part of the destination that exists can be resolved. The missing part is appended to
    // it.
    let existing = destination
        .ancestors()
        .find(|path| path.exists() || path.as_os_str().is_empty())
        .unwrap_or(destination);
    let base = if existing.as_os_str().is_empty() { Path::new(".") } else { existing };
    let missing = destination.strip_prefix(existing).unwrap_or(Path::new(""));
    if missing.components().any(|part| part == std::path::Component::ParentDir) {
        return invalid(destination, "`..` follows a directory that does not exist");
    }
    let to = base.canonicalize().at(base)?.join(missing);
    if to.starts_with(&from) {
        return invalid(destination, "the destination is inside the source");
    }
    Ok((from, to))
}

/// Fails if a symlink in the destination leads back into the source.
fn check_links(source: &Path, destination: &Path, directories: &[PathBuf]) -> Result<(), Failure> {
    for directory in directories {
        let to = destination.join(directory);
        if to.canonicalize().is_ok_and(|target| target.starts_with(source)) {
            return invalid(&to, "the destination is inside the source");
        }
    }
    Ok(())
}

/// The entries to copy, with paths relative to the root.
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
                    if let Err(failure) = self.add(root, directory.join(entry.file_name())) {
                        self.failures.push(failure);
                    }
                }
            }
            Err(failure) => self.failures.push(failure),
        }
    }

    fn add(&mut self, root: &Path, relative: PathBuf) -> Result<(), Failure> {
        let path = root.join(&relative);
        let kind = path.symlink_metadata().at(&path)?.file_type();
        if kind.is_dir() {
            self.visit(root, relative);
        } else if kind.is_file() {
            self.files.push(relative);
        } else if kind.is_symlink() {
            self.links.push(relative);
        } else {
            return invalid(&path, "not a file, directory or symlink; not copied");
        }
        Ok(())
    }
}

/// The state of a copy, shared by its tasks.
struct Copy {
    source: PathBuf,
    destination: PathBuf,
    limit: usize,
    semaphore: Semaphore,
    /// Counted independently of the semaphore, to check it.
    in_flight: Cell<usize>,
    peak: Cell<usize>,
    files: Cell<usize>,
    bytes: Cell<u64>,
    failures: RefCell<Vec<Failure>>,
    progress: ProgressBar,
}

impl Copy {
    fn new(source: PathBuf, destination: PathBuf, limit: usize, files: usize) -> Rc<Self> {
        // The bar is hidden if stderr is not a terminal.
        let progress = ProgressBar::new(files as u64).with_style(
            ProgressStyle::with_template("{bar:40} {pos}/{len} files, {msg}")
                .expect("the template is valid"),
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

    /// Records the failure, if any.
    fn record<T>(&self, result: Result<T, Failure>) -> Option<T> {
        result.map_err(|failure| self.failures.borrow_mut().push(failure)).ok()
    }

    /// Creates the directories, and removes those that cannot be created from the list.
    ///
    /// The directories are writable until [`set_directory_permissions`] is called. Fails if the
    /// destination itself cannot be created.
    ///
    /// [`set_directory_permissions`]: Self::set_directory_permissions
    fn create_directories(&self, directories: &mut Vec<PathBuf>) -> Result<(), Failure> {
        fs::create_dir_all(&self.destination).at(&self.destination)?;
        directories.retain(|directory| {
            let path = self.destination.join(directory);
            let created = fs::create_dir(&path);
            let created = created.or_else(|error| if path.is_dir() { Ok(()) } else { Err(error) });
            self.record(created.at(&path)).is_some()
        });
        Ok(())
    }

    /// Copies each file in a task of its own.
    ///
    /// If there are enough files, the peak always reaches the limit. A woken task runs after all
    /// tasks that are ready, so every task requests its permit before the first permit is released.
    async fn copy_files(self: Rc<Self>, files: Vec<PathBuf>) {
        let tasks: Vec<_> = files
            .into_iter()
            .map(|file| compio::runtime::spawn(Rc::clone(&self).copy_file(file)))
            .collect();
        for task in tasks {
            task.await.expect("tasks neither panic nor are cancelled");
        }
    }

    async fn copy_file(self: Rc<Self>, file: PathBuf) {
        let permit = self.semaphore.acquire().await;
        self.in_flight.set(self.in_flight.get() + 1);
        self.peak.set(self.peak.get().max(self.in_flight.get()));

        let copied = copy_contents(&self.source.join(&file), &self.destination.join(&file)).await;

        self.in_flight.set(self.in_flight.get() - 1);
        drop(permit);
        if let Some(bytes) = self.record(copied) {
            self.files.set(self.files.get() + 1);
            self.bytes.set(self.bytes.get() + bytes);
        }
        self.progress.set_message(format!("{} in flight", self.in_flight.get()));
        self.progress.inc(1);
    }

    fn create_links(&self, links: &[PathBuf]) {
        for link in links {
            let (from, to) = (self.source.join(link), self.destination.join(link));
            let partial = partial_of(&to);
            let created = fs::read_link(&from).at(&from).and_then(|target| {
                symlink(&target, &partial).at(&to)?;
                fs::rename(&partial, &to).inspect_err(|_| drop(fs::remove_file(&partial))).at(&to)
            });
            self.record(created);
        }
    }

    /// Sets the permissions of the deepest directories first, because the entries of a read-only
    /// directory cannot be changed.
    fn set_directory_permissions(&self, directories: &[PathBuf]) {
        for directory in directories.iter().rev() {
            let (from, to) = (self.source.join(directory), self.destination.join(directory));
            let metadata = fs::metadata(&from).at(&from);
            self.record(
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
        let driver = match driver {
            DriverType::IoUring => "io-uring",
            DriverType::Poll => "poll",
            DriverType::IOCP => "iocp",
        };
        println!("driver          {driver}");
    }

    /// Returns the number of entries that are equal in the source and the destination.
    ///
    /// Differences are recorded as failures. If the copy had failures, entries that are missing in
    /// the destination are skipped, because their failures are recorded already.
    fn verify(&self, paths: &[PathBuf]) -> usize {
        let all_copied = self.failures.borrow().is_empty();
        let is_expected =
            |path: &&PathBuf| all_copied || self.destination.join(path).symlink_metadata().is_ok();
        let compare = |path: &PathBuf| {
            let (from, to) = (self.source.join(path), self.destination.join(path));
            match is_equal(&from, &to).at(&to) {
                Ok(false) => invalid(&to, "differs from the source"),
                result => result,
            }
        };
        paths.iter().filter(is_expected).filter_map(|path| self.record(compare(path))).count()
    }
}

/// Returns a temporary path in the same directory, so that the finished copy is renamed atomically.
///
/// The name is short, because the final name may have the maximum length. The name is random, so
/// that it collides neither with other files nor with the remains of a crash.
fn partial_of(to: &Path) -> PathBuf {
    to.with_file_name(format!(".copy_tree-{:016x}", fastrand::u64(..)))
}

/// Copies a file and returns its length in bytes.
async fn copy_contents(from: &Path, to: &Path) -> Result<u64, Failure> {
    let source = File::open(from).await.at(from)?;
    let partial = partial_of(to);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let copy = options.open(&partial).await.at(to)?;
    let result = match copy_data((source, from), (copy, to)).await {
        Ok(bytes) => compio::fs::rename(&partial, to).await.at(to).map(|()| bytes),
        failed => failed,
    };
    if result.is_err() {
        // The first error is returned. An error of the cleanup is ignored.
        let _ = compio::fs::remove_file(&partial).await;
    }
    result
}

/// Copies the data up to the end of the file, whatever its metadata says, and then the permissions.
async fn copy_data(
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
    // Dropping a file only starts to close it. Awaiting the close frees its descriptor before the
    // permit is released.
    copy.close().await.at(to)?;
    source.close().await.at(from)?;
    Ok(bytes)
}

fn is_equal(from: &Path, to: &Path) -> io::Result<bool> {
    let (source, copy) = (from.symlink_metadata()?, to.symlink_metadata()?);
    if source.file_type() != copy.file_type() {
        return Ok(false);
    }
    if source.is_symlink() {
        return Ok(fs::read_link(from)? == fs::read_link(to)?);
    }
    let is_equal = source.permissions() == copy.permissions();
    Ok(is_equal && (source.is_dir() || fs::read(from)? == fs::read(to)?))
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

/// Creates a symlink to a file: Windows distinguishes these from symlinks to directories.
#[cfg(windows)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, link)
}

fn copy_sample(arguments: &Arguments) -> Result<usize, Failure> {
    let folder = tempfile::tempdir().at(&std::env::temp_dir())?;
    let (source, destination) = (folder.path().join("sample"), folder.path().join("copy"));
    create_sample(&source).at(&source)?;
    copy_and_report(&source, &destination, true, arguments)
}

/// Creates 2,000 files in 40 directories. Most files are small, some are empty, and every 200th has
/// 8 MiB.
fn create_sample(root: &Path) -> io::Result<()> {
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
        add_permissions_and_link(number, &file)?;
    }
    Ok(())
}

/// Makes every third file of the sample read-only, and adds a symlink to every hundredth.
#[cfg(unix)]
fn add_permissions_and_link(number: usize, file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let mode = if number % 3 == 0 { 0o444 } else { 0o640 };
    fs::set_permissions(file, fs::Permissions::from_mode(mode))?;
    if number % 100 == 0 {
        symlink(Path::new(&format!("{number:04}")), &file.with_extension("link"))?;
    }
    Ok(())
}

/// Does nothing: Windows has no file modes, and only privileged users may create symlinks.
#[cfg(not(unix))]
fn add_permissions_and_link(_: usize, _: &Path) -> io::Result<()> {
    Ok(())
}
