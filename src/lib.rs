//! Async synchronization primitives for [compio](https://docs.rs/compio), and for every other
//! runtime.
//!
//! The primitives share one wait queue whose nodes live inside the futures that wait. Waiting never
//! allocates, waiters are served in strict FIFO order, and an uncontended operation is one atomic
//! compare-exchange.
//!
//! # What to use
//!
//! | I want to … | use |
//! | --- | --- |
//! | bound how many files, sockets or requests are in use | [`Semaphore`] |
//! | bound the resources of one thread, without atomics | [`unsync::Semaphore`] |
//! | turn waiters away at shutdown, and wait until all work is done | [`ClosableSemaphore`] |
//! | bound bytes instead of tasks | [`acquire_many`](Semaphore::acquire_many) |
//! | hold a permit in a spawned task or in a struct | [`acquire_owned`](Semaphore::acquire_owned) |
//! | shed load instead of waiting | [`try_acquire`](Semaphore::try_acquire) |
//! | wake one waiting task per signal, or all waiting tasks | [`Notify`] |
//! | make tasks wait for a state, such as "ready" | [`Event`] |
//! | hold exclusive access to data across an `.await` | [`Mutex`] |
//! | let many tasks read data, and one task at a time write it | [`RwLock`] |
//! | initialize data once, on first use | [`OnceCell`] |
//! | wait until data behind a mutex has changed | [`Condvar`] |
//! | make tasks start or meet together | [`Barrier`] |
//! | change a limit at run time | [`set_max_permits`](Semaphore::set_max_permits) |
//! | wait on a thread without a runtime | [`block`](Acquire::block) on any future |
//! | write a type for both flavours | [`generic`] |
//! | build a primitive of your own | [`wait_queue`] |
//!
//! Bound a resource of the whole process with a `static`:
//!
//! ```
//! use compio_sync::Semaphore;
//!
//! static FILES: Semaphore = Semaphore::new(64);
//!
//! async fn length(path: &str) -> std::io::Result<u64> {
//!     let _permit = FILES.acquire().await;
//!     Ok(compio::fs::metadata(path).await?.len())
//! }
//! # compio::runtime::Runtime::new().unwrap().block_on(async {
//! # assert!(length("Cargo.toml").await.unwrap() > 0);
//! # });
//! ```
//!
//! Bound the tasks of one thread. The permit is acquired before the task is spawned, so at most 64
//! tasks exist:
//!
//! ```
//! use std::rc::Rc;
//!
//! use compio_sync::unsync::Semaphore;
//!
//! # compio::runtime::Runtime::new().unwrap().block_on(async {
//! let in_flight = Rc::new(Semaphore::new(64));
//! for path in ["Cargo.toml", "README.md"] {
//!     let permit = in_flight.clone().acquire_owned().await;
//!     compio::runtime::spawn(async move {
//!         let _permit = permit;
//!         println!("{:?}", compio::fs::read(path).await.map(|bytes| bytes.len()));
//!     })
//!     .detach();
//! }
//! # in_flight.acquire_many(64).await;
//! # });
//! ```
//!
//! Shut a service down:
//!
//! ```
//! use compio_sync::{ClosableSemaphore, Closed};
//!
//! static REQUESTS: ClosableSemaphore = ClosableSemaphore::new(128);
//!
//! async fn handle() -> Result<(), Closed> {
//!     let _permit = REQUESTS.acquire().await?;
//!     Ok(())
//! }
//!
//! # compio::runtime::Runtime::new().unwrap().block_on(async {
//! assert_eq!(handle().await, Ok(()));
//! // Later acquires fail, and requests in flight complete.
//! REQUESTS.drain().await;
//! assert_eq!(handle().await, Err(Closed));
//! # });
//! ```
//!
//! Wait on a thread that runs no async code:
//!
//! ```
//! use std::time::{Duration, Instant};
//!
//! use compio_sync::Semaphore;
//!
//! let jobs = Semaphore::new(1);
//! let permit = jobs.acquire().block();
//! let deadline = Instant::now() + Duration::from_millis(1);
//! assert!(jobs.acquire().block_until(deadline).is_none());
//! # drop(permit);
//! ```
//!
//! # Guarantees
//!
//! - **No allocation** when a borrowed future waits, or when something is released.
//! - **Strict FIFO.** Nothing barges, `try_` methods included.
//! - **Cancel safety.** Every future can be dropped at any time, and no permit or wakeup is lost.
//!   Leaving the queue is O(1), plus O(1) for each waiter that can then be granted.
//! - **No foreign code under a lock.** Wakers run after the queue is unlocked, so they may use the
//!   primitive, and they may panic.
//! - **Model-checked.** [loom](guide::loom) explores the interleavings, and each memory ordering is
//!   shown to be necessary.
//!
//! A permit or lock is held as soon as it is granted, even before the waiter's task is polled. A
//! granted future holds it until the future is polled or dropped.
//!
//! # Flavours
//!
//! The types at the root are shared between threads. The types of the same names in [`unsync`] stay
//! on one thread: they use no atomics, and their owned forms hold an `Rc` instead of an `Arc`. Both
//! are aliases of the types in [`generic`], which share one implementation.
//!
//! # Features
//!
//! - `std` (default): the blocking methods. Threads yield if the queue's lock stays held. If a
//!   waker panics while another panic unwinds, the second panic is caught instead of aborting the
//!   process.
//! - `alloc` (implied by `std`): the owned forms.
//! - `compio`: in debug builds, the blocking methods panic on a thread that runs a compio runtime.
//! - `tracing`: primitives report their state and their waits in the form that tokio-console shows.
//!   See [`guide::tracing`].
//!
//! Without features the crate is `no_std` and needs pointer-sized atomics. A spinlock protects each
//! queue and is held for a bounded number of instructions. An interrupt handler must not use a
//! primitive that the interrupted code may use, because the handler could spin forever.
//!
//! # loom
//!
//! Built with `--cfg loom`, the crate uses the types of [loom](https://docs.rs/loom), so that a
//! model of your code explores what happens inside as well. See [`guide::loom`].
//!
//! # Guide
//!
//! The [`guide`] helps with [choosing](guide::choosing) a primitive, and explains [how it
//! works](guide::design) in a picture. It has [recipes](guide::recipes), [questions and
//! answers](guide::faq), [migration pages](guide::migration) and a
//! [comparison](guide::comparison) with other crates.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg), doc(auto_cfg(hide(doc, loom))))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod barrier;
#[cfg(feature = "std")]
mod blocking;
mod condvar;
mod error;
mod event;
mod flavour;
pub mod generic;
mod guarded;
#[cfg(doc)]
pub mod guide;
mod loom;
mod mutex;
mod notify;
mod once_cell;
#[cfg(feature = "alloc")]
mod owned;
mod queue;
mod rwlock;
mod semaphore;
mod ticket;
mod trace;
pub mod unsync;
pub mod wait_queue;

#[cfg(feature = "alloc")]
use alloc::sync::Arc;

pub use self::error::{Closed, SetError, TooManyPermits, TryAcquireError};
pub use self::generic::BarrierWaitResult;
use self::generic::Shared;

/// A fair semaphore, shared between threads.
///
/// It limits how many of something are in use at once. This alias of [`generic::Semaphore`] is
/// `Send` and `Sync`, and can be a `static`. Its [`unsync`](unsync::Semaphore) twin stays on one
/// thread.
///
/// See [`generic::Semaphore`] for fairness, cancel safety, memory ordering and wakers.
///
/// # Examples
///
/// ```
/// use compio_sync::Semaphore;
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let connections = Semaphore::new(2);
///
/// let first = connections.acquire().await;
/// let second = connections.acquire().await;
/// assert!(connections.try_acquire().is_none());
///
/// drop(first);
/// assert_eq!(connections.available_permits(), 1);
/// # });
/// ```
pub type Semaphore = generic::Semaphore<Shared>;

/// A [`Semaphore`] that can be closed.
///
/// Use [`Semaphore`] if you never close it: its `acquire` is infallible. Methods that both types
/// have are documented once, with examples that use `Semaphore`.
///
/// # Examples
///
/// ```
/// use compio_sync::{ClosableSemaphore, Closed};
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let connections = ClosableSemaphore::new(2);
/// let permit = connections.acquire().await.unwrap();
///
/// connections.close();
/// assert_eq!(connections.acquire().await.unwrap_err(), Closed);
///
/// drop(permit);
/// connections.drain().await;
/// assert_eq!(connections.in_use(), 0);
/// # });
/// ```
pub type ClosableSemaphore = generic::ClosableSemaphore<Shared>;

/// The future of [`acquire`](Semaphore::acquire) and [`acquire_many`](Semaphore::acquire_many).
///
/// Its output is a [`SemaphorePermit`]. See [`generic::Acquire`] for fairness and cancel safety.
pub type Acquire<'a> = generic::Acquire<&'a Semaphore>;

/// The `'static` future of [`acquire_owned`](Semaphore::acquire_owned) and
/// [`acquire_many_owned`](Semaphore::acquire_many_owned).
///
/// Its output is an [`OwnedSemaphorePermit`]. See [`generic::Acquire`] for fairness and cancel
/// safety.
#[cfg(feature = "alloc")]
pub type AcquireOwned = generic::Acquire<Arc<Semaphore>>;

/// A guard that releases its permits when dropped.
///
/// See [`generic::SemaphorePermit`] for fairness and memory ordering.
pub type SemaphorePermit<'a> = generic::SemaphorePermit<&'a Semaphore>;

/// A `'static` guard that releases its permits when dropped.
///
/// See [`generic::SemaphorePermit`] for fairness and memory ordering.
#[cfg(feature = "alloc")]
pub type OwnedSemaphorePermit = generic::SemaphorePermit<Arc<Semaphore>>;

/// The future of [`acquire`](ClosableSemaphore::acquire) and
/// [`acquire_many`](ClosableSemaphore::acquire_many).
///
/// Its output is a `Result` of a [`ClosablePermit`] or [`Closed`]. See [`generic::Acquire`] for
/// fairness and cancel safety.
pub type ClosableAcquire<'a> = generic::Acquire<&'a ClosableSemaphore>;

/// The `'static` future of [`acquire_owned`](ClosableSemaphore::acquire_owned) and
/// [`acquire_many_owned`](ClosableSemaphore::acquire_many_owned).
///
/// Its output is a `Result` of an [`OwnedClosablePermit`] or [`Closed`]. See [`generic::Acquire`]
/// for fairness and cancel safety.
#[cfg(feature = "alloc")]
pub type ClosableAcquireOwned = generic::Acquire<Arc<ClosableSemaphore>>;

/// A guard that releases its permits when dropped.
///
/// See [`generic::SemaphorePermit`] for fairness and memory ordering.
pub type ClosablePermit<'a> = generic::SemaphorePermit<&'a ClosableSemaphore>;

/// A `'static` guard that releases its permits when dropped.
///
/// See [`generic::SemaphorePermit`] for fairness and memory ordering.
#[cfg(feature = "alloc")]
pub type OwnedClosablePermit = generic::SemaphorePermit<Arc<ClosableSemaphore>>;

/// The future of [`closed`](ClosableSemaphore::closed).
pub type WaitForClose<'a> = generic::WaitForClose<'a, Shared>;

/// The future of [`drain`](ClosableSemaphore::drain).
pub type Drain<'a> = generic::Drain<&'a ClosableSemaphore>;

/// The `'static` future of [`drain_owned`](ClosableSemaphore::drain_owned).
#[cfg(feature = "alloc")]
pub type DrainOwned = generic::Drain<Arc<ClosableSemaphore>>;

/// A notification primitive, shared between threads.
///
/// It wakes one waiting task, or all of them. This alias of [`generic::Notify`] is `Send` and
/// `Sync`, and can be a `static`. Its [`unsync`](unsync::Notify) twin stays on one thread.
///
/// See [`generic::Notify`] for fairness, cancel safety, memory ordering and wakers.
///
/// # Examples
///
/// ```
/// use compio_sync::Notify;
///
/// static CONFIGURATION_CHANGED: Notify = Notify::new();
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let changed = CONFIGURATION_CHANGED.notified();
/// CONFIGURATION_CHANGED.notify_waiters();
/// changed.await;
/// # });
/// ```
pub type Notify = generic::Notify<Shared>;

/// The future of [`notified`](Notify::notified).
///
/// See [`generic::Notified`] for cancel safety.
pub type Notified<'a> = generic::Notified<&'a Notify>;

/// The `'static` future of [`notified_owned`](Notify::notified_owned).
///
/// See [`generic::Notified`] for cancel safety.
#[cfg(feature = "alloc")]
pub type NotifiedOwned = generic::Notified<Arc<Notify>>;

/// An async event flag, shared between threads.
///
/// Tasks wait on it until it is set. This alias of [`generic::Event`] is `Send` and `Sync`, and can
/// be a `static`. Its [`unsync`](unsync::Event) twin stays on one thread.
///
/// See [`generic::Event`] for fairness, cancel safety, memory ordering and wakers.
///
/// # Examples
///
/// ```
/// use compio_sync::Event;
///
/// static READY: Event = Event::new(false);
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// std::thread::spawn(|| READY.set());
/// READY.wait().await;
/// assert!(READY.is_set());
/// # });
/// ```
pub type Event = generic::Event<Shared>;

/// The future of [`wait`](Event::wait).
///
/// See [`generic::WaitForEvent`] for cancel safety.
pub type WaitForEvent<'a> = generic::WaitForEvent<&'a Event>;

/// The `'static` future of [`wait_owned`](Event::wait_owned).
///
/// See [`generic::WaitForEvent`] for cancel safety.
#[cfg(feature = "alloc")]
pub type WaitForEventOwned = generic::WaitForEvent<Arc<Event>>;

/// An async mutex, shared between threads.
///
/// It gives one task at a time access to its data. This alias of [`generic::Mutex`] is `Send` and
/// `Sync` if the data is `Send`, and can be a `static`. Its [`unsync`](unsync::Mutex) twin stays on
/// one thread.
///
/// See [`generic::Mutex`] for fairness, cancel safety, memory ordering and poisoning.
///
/// # Examples
///
/// ```
/// use compio_sync::Mutex;
///
/// static LOG: Mutex<Vec<&str>> = Mutex::new(Vec::new());
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// LOG.lock().await.push("started");
/// assert_eq!(LOG.lock().await.len(), 1);
/// # });
/// ```
pub type Mutex<T> = generic::Mutex<Shared, T>;

/// The future of [`lock`](Mutex::lock).
///
/// Its output is a [`MutexGuard`]. See [`generic::Lock`] for cancel safety.
pub type Lock<'a, T> = generic::Lock<&'a Mutex<T>>;

/// The future of [`lock_owned`](Mutex::lock_owned), which is `'static` if `T` is.
///
/// Its output is an [`OwnedMutexGuard`]. See [`generic::Lock`] for cancel safety.
#[cfg(feature = "alloc")]
pub type LockOwned<T> = generic::Lock<Arc<Mutex<T>>>;

/// A guard that dereferences to the data, and unlocks the mutex when dropped.
///
/// See [`generic::MutexGuard`] for the methods.
pub type MutexGuard<'a, T> = generic::MutexGuard<&'a Mutex<T>>;

/// A guard that owns a reference to its mutex, and unlocks the mutex when dropped.
///
/// See [`generic::MutexGuard`] for the methods.
#[cfg(feature = "alloc")]
pub type OwnedMutexGuard<T> = generic::MutexGuard<Arc<Mutex<T>>>;

/// A guard that dereferences to a part `U` of the data, and unlocks the mutex when dropped.
pub type MappedMutexGuard<'a, T, U> = generic::MappedMutexGuard<&'a Mutex<T>, U>;

/// A guard of a part `U` of the data that owns a reference to its mutex.
#[cfg(feature = "alloc")]
pub type OwnedMappedMutexGuard<T, U> = generic::MappedMutexGuard<Arc<Mutex<T>>, U>;

/// An async reader-writer lock, shared between threads.
///
/// It gives several tasks at a time read access to its data, or one task write access. This alias
/// of [`generic::RwLock`] is `Send` if the data is, `Sync` if the data is `Send` and `Sync`, and
/// can be a `static`. Its [`unsync`](unsync::RwLock) twin stays on one thread.
///
/// See [`generic::RwLock`] for fairness, deadlocks, cancel safety, memory ordering and poisoning.
///
/// # Examples
///
/// ```
/// use compio_sync::RwLock;
///
/// static LEVEL: RwLock<&str> = RwLock::new("info");
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// *LEVEL.write().await = "debug";
/// assert_eq!(*LEVEL.read().await, "debug");
/// # });
/// ```
pub type RwLock<T> = generic::RwLock<Shared, T>;

/// The future of [`read`](RwLock::read).
///
/// Its output is a [`RwLockReadGuard`]. See [`generic::ReadLock`] for cancel safety.
pub type ReadLock<'a, T> = generic::ReadLock<&'a RwLock<T>>;

/// The future of [`read_owned`](RwLock::read_owned), which is `'static` if `T` is.
///
/// Its output is an [`OwnedRwLockReadGuard`]. See [`generic::ReadLock`] for cancel safety.
#[cfg(feature = "alloc")]
pub type ReadLockOwned<T> = generic::ReadLock<Arc<RwLock<T>>>;

/// The future of [`write`](RwLock::write).
///
/// Its output is a [`RwLockWriteGuard`]. See [`generic::WriteLock`] for cancel safety.
pub type WriteLock<'a, T> = generic::WriteLock<&'a RwLock<T>>;

/// The future of [`write_owned`](RwLock::write_owned), which is `'static` if `T` is.
///
/// Its output is an [`OwnedRwLockWriteGuard`]. See [`generic::WriteLock`] for cancel safety.
#[cfg(feature = "alloc")]
pub type WriteLockOwned<T> = generic::WriteLock<Arc<RwLock<T>>>;

/// A guard that dereferences to the data, and releases the read lock when dropped.
pub type RwLockReadGuard<'a, T> = generic::RwLockReadGuard<&'a RwLock<T>>;

/// A guard that owns a reference to its lock, and releases the read lock when dropped.
#[cfg(feature = "alloc")]
pub type OwnedRwLockReadGuard<T> = generic::RwLockReadGuard<Arc<RwLock<T>>>;

/// A guard that dereferences to the data, and releases the write lock when dropped.
///
/// See [`generic::RwLockWriteGuard`] for the methods.
pub type RwLockWriteGuard<'a, T> = generic::RwLockWriteGuard<&'a RwLock<T>>;

/// A guard that owns a reference to its lock, and releases the write lock when dropped.
///
/// See [`generic::RwLockWriteGuard`] for the methods.
#[cfg(feature = "alloc")]
pub type OwnedRwLockWriteGuard<T> = generic::RwLockWriteGuard<Arc<RwLock<T>>>;

/// An async cell that is initialized once, shared between threads.
///
/// The first task that needs the value initializes the cell. This alias of [`generic::OnceCell`] is
/// `Send` if the value is, `Sync` if the value is `Send` and `Sync`, and can be a `static`. Its
/// [`unsync`](unsync::OnceCell) twin stays on one thread.
///
/// See [`generic::OnceCell`] for fairness, cancel safety, deadlocks and memory ordering.
///
/// # Examples
///
/// ```
/// use compio_sync::OnceCell;
///
/// static CONFIG: OnceCell<String> = OnceCell::new();
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let config = CONFIG.get_or_init(async || String::from("level = info")).await;
/// assert_eq!(config, "level = info");
/// # });
/// ```
pub type OnceCell<T> = generic::OnceCell<Shared, T>;

/// The future of [`wait`](OnceCell::wait).
///
/// See [`generic::WaitForInit`] for cancel safety.
pub type WaitForInit<'a, T> = generic::WaitForInit<'a, Shared, T>;

/// An async condition variable, shared between threads.
///
/// A task releases a [`Mutex`] and waits until it is notified that the data has changed. This alias
/// of [`generic::Condvar`] is `Send` and `Sync`, and can be a `static`. Its
/// [`unsync`](unsync::Condvar) twin stays on one thread.
///
/// See [`generic::Condvar`] for fairness, cancel safety, spurious wakeups and memory ordering.
///
/// # Examples
///
/// ```
/// use compio_sync::{Condvar, Mutex};
///
/// static JOBS: Mutex<Vec<&str>> = Mutex::new(Vec::new());
/// static PUSHED: Condvar = Condvar::new();
///
/// async fn push(job: &'static str) {
///     JOBS.lock().await.push(job);
///     PUSHED.notify_one();
/// }
///
/// async fn pop() -> &'static str {
///     let mut jobs = PUSHED.wait_while(JOBS.lock().await, |jobs| jobs.is_empty()).await;
///     jobs.pop().expect("a job was pushed")
/// }
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// assert_eq!(futures::join!(pop(), push("read")).0, "read");
/// # });
/// ```
pub type Condvar = generic::Condvar<Shared>;

/// The future of [`wait`](Condvar::wait). `M` is the reference to the mutex, such as `&Mutex<T>`.
///
/// See [`generic::WaitOnCondvar`] for cancel safety.
pub type WaitOnCondvar<'a, M> = generic::WaitOnCondvar<'a, Shared, M>;

/// An async barrier, shared between threads.
///
/// Tasks wait at it until a number of them have arrived. This alias of [`generic::Barrier`] is
/// `Send` and `Sync`, and can be a `static`. Its [`unsync`](unsync::Barrier) twin stays on one
/// thread.
///
/// See [`generic::Barrier`] for fairness, cancel safety and memory ordering.
///
/// # Examples
///
/// ```
/// use compio_sync::Barrier;
///
/// static START: Barrier = Barrier::new(2);
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let worker = std::thread::spawn(|| START.wait().block());
/// START.wait().await;
/// worker.join().unwrap();
/// # });
/// ```
pub type Barrier = generic::Barrier<Shared>;

/// The future of [`wait`](Barrier::wait).
///
/// See [`generic::BarrierWait`] for cancel safety.
pub type BarrierWait<'a> = generic::BarrierWait<&'a Barrier>;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
