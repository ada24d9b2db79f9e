//! What those are told who come to a closed semaphore.

use core::{error::Error, fmt};

/// The semaphore is closed: nobody gets a permit any more.
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

/// Why there was no permit at once.
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
    /// Too few are free, or those that are free are kept for somebody who is queued.
    NoPermits,

    /// Nobody gets one any more.
    Closed,
}

impl fmt::Display for TryAcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPermits => {
                f.write_str("too few permits are free, or somebody is queued for them")
            }
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
