//! The errors of the crate, and a panic message that a `const fn` can format.

use core::{error::Error, fmt, str};

/// The error of an acquire that fails because the semaphore is closed.
///
/// # Examples
///
/// ```
/// use compio_sync::{ClosableSemaphore, Closed};
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let semaphore = ClosableSemaphore::new(1);
/// semaphore.close();
/// assert_eq!(semaphore.acquire().await.unwrap_err(), Closed);
/// assert_eq!(Closed.to_string(), "the semaphore is closed");
/// # });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the semaphore is closed")
    }
}

impl Error for Closed {}

/// The error of an attempt to acquire without waiting.
///
/// # Examples
///
/// ```
/// use compio_sync::{ClosableSemaphore, TryAcquireError};
///
/// let semaphore = ClosableSemaphore::new(0);
/// assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::NoPermits);
/// semaphore.close();
/// assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::Closed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryAcquireError {
    /// Too few permits are available, or a waiter is queued for them.
    NoPermits,

    /// The semaphore is closed.
    Closed,
}

impl fmt::Display for TryAcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPermits => f.write_str("no permits available"),
            Self::Closed => Closed.fmt(f),
        }
    }
}

impl Error for TryAcquireError {}

impl From<Closed> for TryAcquireError {
    fn from(_: Closed) -> Self {
        Self::Closed
    }
}

/// The error of a limit that would exceed [`MAX_PERMITS`](crate::Semaphore::MAX_PERMITS).
///
/// # Examples
///
/// ```
/// use compio_sync::Semaphore;
///
/// let semaphore = Semaphore::new(7);
/// let error = semaphore.try_add_permits(Semaphore::MAX_PERMITS).unwrap_err();
/// assert!(error.to_string().contains("to a limit of 7 exceeds MAX_PERMITS"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyPermits {
    pub(crate) permits: usize,
    /// The limit that the permits were to be added to.
    pub(crate) added_to: Option<usize>,
    pub(crate) max: usize,
}

impl fmt::Display for TooManyPermits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { permits, added_to, max } = self;
        match added_to {
            Some(limit) => write!(f, "adding {permits} permits to a limit of {limit}")?,
            None => write!(f, "a limit of {permits} permits")?,
        }
        write!(f, " exceeds MAX_PERMITS ({max})")
    }
}

impl Error for TooManyPermits {}

/// The error of [`OnceCell::set`](crate::OnceCell::set). It contains the rejected value.
///
/// # Examples
///
/// ```
/// use compio_sync::{OnceCell, SetError};
///
/// let cell = OnceCell::from("one");
/// let error = cell.set("two").unwrap_err();
/// assert_eq!(error, SetError::AlreadyInitialized("two"));
/// assert_eq!(error.to_string(), "the cell is already initialized");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SetError<T> {
    /// The cell is initialized.
    AlreadyInitialized(T),

    /// A task is initializing the cell.
    Initializing(T),
}

impl<T> fmt::Display for SetError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlreadyInitialized(_) => "the cell is already initialized",
            Self::Initializing(_) => "the cell is being initialized",
        })
    }
}

/// Omits the value, so `T` need not implement `Debug`.
impl<T> fmt::Debug for SetError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlreadyInitialized(_) => "AlreadyInitialized(..)",
            Self::Initializing(_) => "Initializing(..)",
        })
    }
}

impl<T> Error for SetError<T> {}

/// Panics in a `const fn`, which cannot use the formatting of `core`.
#[cold]
#[track_caller]
pub(crate) const fn too_many(of: &str, number: usize, exceed: &str, max: usize) -> ! {
    let mut message = Message::new();
    message.push_str(of);
    message.push_number(number);
    message.push_str(exceed);
    message.push_number(max);
    message.push_str(")");
    panic!("{}", message.as_str())
}

/// Panics in a `const fn` about the value of a wait queue.
#[cold]
#[track_caller]
pub(crate) const fn out_of_range(value: isize, min: isize, max: isize) -> ! {
    let mut message = Message::new();
    message.push_str("the value ");
    message.push_signed(value);
    message.push_str(" of a wait queue must be at least MIN_VALUE (");
    message.push_signed(min);
    message.push_str(") and at most MAX_VALUE (");
    message.push_signed(max);
    message.push_str(")");
    panic!("{}", message.as_str())
}

struct Message {
    bytes: [u8; 160],
    len: usize,
}

impl Message {
    const fn new() -> Self {
        Self { bytes: [0; 160], len: 0 }
    }

    const fn push(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    const fn push_str(&mut self, text: &str) {
        let mut at = 0;
        while at < text.len() {
            self.push(text.as_bytes()[at]);
            at += 1;
        }
    }

    const fn push_signed(&mut self, number: isize) {
        if number < 0 {
            self.push(b'-');
        }
        self.push_number(number.unsigned_abs());
    }

    const fn push_number(&mut self, number: usize) {
        if number >= 10 {
            self.push_number(number / 10);
        }
        self.push(b'0' + (number % 10) as u8);
    }

    const fn as_str(&self) -> &str {
        match str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => panic!("the message is ASCII"),
        }
    }
}
