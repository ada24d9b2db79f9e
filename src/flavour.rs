//! What differs between the flavours: the type of each word, and how a thread waits for a lock.
//!
//! All other code is shared. The loom models of the shared flavour cover the single-thread flavour
//! as well. A single thread runs foreign code only while no lock is held, and loom explores that
//! interleaving. The exception is a policy, which panics if it needs the lock that its thread
//! holds. A [`Cell`] behaves like an atomic that no other thread accesses.

#[cfg(any(not(loom), compio_sync_exhaustive))]
mod atomics;
mod backoff;
#[cfg(all(loom, not(compio_sync_exhaustive)))]
mod compact;

use core::cell::Cell;

pub(crate) use self::backoff::Backoff;
use self::backoff::NoBackoff;
#[cfg(all(debug_assertions, feature = "std", not(loom)))]
pub(crate) use self::backoff::USED_BY_POLICY;
use crate::loom::Ordering;

/// Which threads may use a primitive: [`Shared`] or [`SingleThread`].
///
/// Use it to write a type once for both flavours. The trait is sealed.
///
/// # Examples
///
/// A pool that bounds the number of its slots in use, on one thread or on many:
///
/// ```
/// use compio_sync::generic::{Flavour, Semaphore, SemaphorePermit, Shared, SingleThread};
///
/// struct Pool<F: Flavour> {
///     slots: Semaphore<F>,
/// }
///
/// impl<F: Flavour> Pool<F> {
///     const fn new(slots: usize) -> Self {
///         Self { slots: Semaphore::new(slots) }
///     }
///
///     async fn slot(&self) -> SemaphorePermit<&Semaphore<F>> {
///         self.slots.acquire().await
///     }
/// }
///
/// static POOL: Pool<Shared> = Pool::new(2);
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let local = Pool::<SingleThread>::new(1);
/// let _slot = local.slot().await;
/// assert!(local.slots.try_acquire().is_none());
/// assert_eq!(POOL.slot().await.num_permits(), 1);
/// # });
/// ```
pub trait Flavour: Words {}

/// The words of a flavour. It seals [`Flavour`].
pub trait Words: Sized + 'static {
    type Usize: Atomic<usize>;
    type U8: Atomic<u8>;
    type Backoff: Backoff;

    /// Confirms a value from `peek` when no compare-exchange does. Always `true`, except at the
    /// compact level of loom models: a stale value is acceptable.
    #[inline(always)]
    fn confirm(_word: &Self::Usize, _current: usize) -> bool {
        true
    }

    /// Confirms a value from `peek_acquire` in the same way.
    #[inline(always)]
    fn confirm_acquire(_word: &Self::Usize, _current: usize) -> bool {
        true
    }

    /// Publishes what the code of a user has written under the lock. Unlocking does so as well,
    /// except at the compact level.
    #[inline(always)]
    fn synchronize(_word: &Self::Usize) {}

    /// Loads a number that changes under the lock of the word.
    ///
    /// ORDERING: `Relaxed`: a snapshot.
    #[inline(always)]
    fn load_number(_word: &Self::Usize, number: &Self::Usize) -> usize {
        number.load(Ordering::Relaxed)
    }

    /// Loads the status of a node that is completed under the lock of the word.
    ///
    /// ORDERING: `Acquire` pairs with the `Release` that completes a node.
    #[inline(always)]
    fn load_status(_word: &Self::Usize, status: &Self::U8) -> u8 {
        status.load(Ordering::Acquire)
    }
}

/// The flavour whose primitives are shared between threads. Each word is an atomic.
#[derive(Debug)]
pub enum Shared {}

/// The flavour whose primitives stay on one thread. Each word is a [`Cell`].
#[derive(Debug)]
pub enum SingleThread {}

impl Flavour for Shared {}
impl Flavour for SingleThread {}

impl Words for SingleThread {
    type Usize = Cell<usize>;
    type U8 = Cell<u8>;
    type Backoff = NoBackoff;
}

/// A flavour whose primitives may be sent to other threads and shared with them.
#[diagnostic::on_unimplemented(
    message = "types of `compio_sync::unsync` stay on the thread that created them",
    note = "the types of the same names at the root of `compio_sync` are `Send` and `Sync`"
)]
pub trait ThreadSafe: Flavour<Usize: Sync, U8: Sync> {}

impl ThreadSafe for Shared {}

/// A word: an atomic, or a cell that behaves like one.
pub trait Atomic<T> {
    fn new(value: T) -> Self;
    fn load(&self, ordering: Ordering) -> T;
    fn store(&self, value: T, ordering: Ordering);

    /// Returns whether the word was `current`, and is `new` now.
    fn compare_exchange(&self, current: T, new: T, ordering: Ordering) -> bool;

    /// Loads a value that the caller confirms, or that changes under a lock which the caller holds.
    ///
    /// ORDERING: `Relaxed`: the lock, or what confirms the value, orders the access.
    #[inline(always)]
    fn peek(&self) -> T {
        self.load(Ordering::Relaxed)
    }

    /// Loads a value that may end a wait as it is.
    ///
    /// ORDERING: `Acquire` pairs with the `Release` that published the value: a refused thread sees
    /// what happened before.
    #[inline(always)]
    fn peek_acquire(&self) -> T {
        self.load(Ordering::Acquire)
    }

    /// Locks the word, like a compare-exchange.
    ///
    /// ORDERING: `Acquire` pairs with the `Release` of the unlock for the list, and with that of a
    /// release for what the lock holder grants.
    #[inline(always)]
    fn lock(&self, current: T, locked: T) -> bool {
        self.compare_exchange(current, locked, Ordering::Acquire)
    }
}

impl<T: Copy + PartialEq> Atomic<T> for Cell<T> {
    fn new(value: T) -> Self {
        Cell::new(value)
    }

    #[inline(always)]
    fn load(&self, _: Ordering) -> T {
        self.get()
    }

    #[inline(always)]
    fn store(&self, value: T, _: Ordering) {
        self.set(value);
    }

    #[inline(always)]
    fn compare_exchange(&self, current: T, new: T, _: Ordering) -> bool {
        let is_current = self.get() == current;
        if is_current {
            self.set(new);
        }
        is_current
    }
}
