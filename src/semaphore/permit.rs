//! The guard that gives permits back.

use super::Semaphore;

/// Permits of a [`Semaphore`], given back when it is dropped.
///
/// # Fairness
///
/// What is given back goes to the front of the queue, as soon as that is enough for the front.
///
/// # Memory ordering
///
/// All that was done while it was held is seen by whoever gets the permits next.
///
/// # Examples
///
/// ```
/// use compio_sync::Semaphore;
///
/// let semaphore = Semaphore::new(2);
/// let permit = semaphore.try_acquire().unwrap();
/// assert_eq!(semaphore.available_permits(), 1);
/// drop(permit);
/// assert_eq!(semaphore.available_permits(), 2);
/// ```
#[derive(Debug)]
#[must_use = "a permit is given back as soon as it is dropped"]
pub struct SemaphorePermit<'a> {
    semaphore: &'a Semaphore,
    permits: usize,
}

impl<'a> SemaphorePermit<'a> {
    /// For permits that were taken from the semaphore.
    #[inline]
    pub(super) fn new(semaphore: &'a Semaphore, permits: usize) -> Self {
        Self { semaphore, permits }
    }
}

impl Drop for SemaphorePermit<'_> {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.queue.give_back(self.permits);
    }
}
