//! Primitives for one thread, without atomics.
//!
//! compio is thread-per-core: tasks stay on their thread, and most limits apply to one thread. The
//! types of this module have the names, the API and the guarantees of those at the root of the
//! crate. They use plain [cells](core::cell::Cell) instead of atomics, and owned futures and guards
//! hold an `Rc` instead of an `Arc`. The examples in their documentation import the shared types.
//! Replace `compio_sync` with `compio_sync::unsync`, and `Arc` with `Rc`.
//!
//! A `thread_local!` holds a semaphore that every task of the thread uses:
//!
//! ```
//! use std::rc::Rc;
//!
//! use compio_sync::unsync::{OwnedSemaphorePermit, Semaphore};
//!
//! thread_local! {
//!     static FILES: Rc<Semaphore> = Rc::new(Semaphore::new(64));
//! }
//!
//! async fn open_slot() -> OwnedSemaphorePermit {
//!     FILES.with(Rc::clone).acquire_owned().await
//! }
//!
//! # compio::runtime::Runtime::new().unwrap().block_on(async {
//! let permit = open_slot().await;
//! assert_eq!(permit.semaphore().available_permits(), 63);
//! # });
//! ```
//!
//! # Threads
//!
//! No primitive, future or guard of this module is `Send` or `Sync`. Wakers may still cross
//! threads: waking only schedules the task, so any thread can do it.
//!
//! There are no blocking methods. A blocked thread could not run the task that it waits for.
//!
//! None of these examples compiles:
//!
//! ```compile_fail,E0277
//! let semaphore = compio_sync::unsync::Semaphore::new(1);
//! std::thread::spawn(move || semaphore.available_permits());
//! ```
//!
//! ```compile_fail,E0277
//! let semaphore = compio_sync::unsync::Semaphore::new(1);
//! std::thread::scope(|scope| {
//!     scope.spawn(|| semaphore.available_permits());
//! });
//! ```
//!
//! ```compile_fail,E0277
//! static SEMAPHORE: compio_sync::unsync::Semaphore = compio_sync::unsync::Semaphore::new(1);
//! ```
//!
//! ```compile_fail,E0277
//! let semaphore = compio_sync::unsync::Semaphore::new(1);
//! let acquire = semaphore.acquire();
//! std::thread::scope(|scope| {
//!     scope.spawn(|| drop(acquire));
//! });
//! ```
//!
//! ```compile_fail,E0277
//! let semaphore = compio_sync::unsync::Semaphore::new(1);
//! let permit = semaphore.try_acquire();
//! std::thread::scope(|scope| {
//!     scope.spawn(|| drop(permit));
//! });
//! ```
//!
//! ```compile_fail,E0277
//! let semaphore = std::rc::Rc::new(compio_sync::unsync::Semaphore::new(1));
//! let acquire = semaphore.acquire_owned();
//! std::thread::spawn(|| drop(acquire));
//! ```
//!
//! ```compile_fail,E0277
//! let semaphore = std::rc::Rc::new(compio_sync::unsync::Semaphore::new(1));
//! let permit = semaphore.try_acquire_owned();
//! std::thread::spawn(|| drop(permit));
//! ```
//!
//! ```compile_fail,E0599
//! compio_sync::unsync::Semaphore::new(1).acquire().block();
//! ```
//!
//! ```compile_fail,E0277
//! static CHANGED: compio_sync::unsync::Notify = compio_sync::unsync::Notify::new();
//! ```
//!
//! ```compile_fail,E0277
//! static READY: compio_sync::unsync::Event = compio_sync::unsync::Event::new(false);
//! ```
//!
//! ```compile_fail,E0277
//! static LOG: compio_sync::unsync::Mutex<u32> = compio_sync::unsync::Mutex::new(5);
//! ```
//!
//! ```compile_fail,E0277
//! let mutex = compio_sync::unsync::Mutex::new(5);
//! let guard = mutex.try_lock();
//! std::thread::scope(|scope| {
//!     scope.spawn(|| drop(guard));
//! });
//! ```
//!
//! ```compile_fail,E0277
//! let lock = compio_sync::unsync::RwLock::new(5);
//! let guard = lock.try_read();
//! std::thread::scope(|scope| {
//!     scope.spawn(|| drop(guard));
//! });
//! ```
//!
//! ```compile_fail,E0277
//! static CONFIG: compio_sync::unsync::OnceCell<u32> = compio_sync::unsync::OnceCell::new();
//! ```
//!
//! ```compile_fail,E0277
//! static PUSHED: compio_sync::unsync::Condvar = compio_sync::unsync::Condvar::new();
//! ```
//!
//! ```compile_fail,E0277
//! static START: compio_sync::unsync::Barrier = compio_sync::unsync::Barrier::new(2);
//! ```
//!
//! ```compile_fail,E0277
//! # use compio_sync::wait_queue::{Policy, Verdict};
//! # enum Slots {}
//! # impl Policy for Slots {
//! #     type Request = ();
//! #     fn decide(_: isize, (): ()) -> Verdict {
//! #         Verdict::Wait
//! #     }
//! #     fn release(slots: isize, (): ()) -> isize {
//! #         slots
//! #     }
//! # }
//! static SLOTS: compio_sync::unsync::WaitQueue<Slots> = compio_sync::unsync::WaitQueue::new(2);
//! ```
//!
//! ```compile_fail,E0277
//! # use compio_sync::wait_queue::{Policy, Verdict};
//! # enum Slots {}
//! # impl Policy for Slots {
//! #     type Request = ();
//! #     fn decide(_: isize, (): ()) -> Verdict {
//! #         Verdict::Wait
//! #     }
//! #     fn release(slots: isize, (): ()) -> isize {
//! #         slots
//! #     }
//! # }
//! let queue = compio_sync::unsync::WaitQueue::<Slots>::new(2);
//! let wait = queue.acquire(());
//! std::thread::scope(|scope| {
//!     scope.spawn(|| drop(wait));
//! });
//! ```
//!
//! ```compile_fail,E0277
//! # use compio_sync::wait_queue::{Policy, Verdict};
//! # enum Slots {}
//! # impl Policy for Slots {
//! #     type Request = ();
//! #     fn decide(_: isize, (): ()) -> Verdict {
//! #         Verdict::Wait
//! #     }
//! #     fn release(slots: isize, (): ()) -> isize {
//! #         slots
//! #     }
//! # }
//! let queue = compio_sync::unsync::WaitQueue::<Slots>::new(2);
//! let grant = queue.try_acquire(());
//! std::thread::scope(|scope| {
//!     scope.spawn(|| drop(grant));
//! });
//! ```

#[cfg(feature = "alloc")]
use alloc::rc::Rc;

pub use crate::error::{Closed, SetError, TooManyPermits, TryAcquireError};
pub use crate::generic::BarrierWaitResult;
use crate::generic::{self, SingleThread};

/// A fair semaphore for one thread, see [`Semaphore`](crate::Semaphore).
pub type Semaphore = generic::Semaphore<SingleThread>;

/// A semaphore for one thread that can be closed, see
/// [`ClosableSemaphore`](crate::ClosableSemaphore).
pub type ClosableSemaphore = generic::ClosableSemaphore<SingleThread>;

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
pub type AcquireOwned = generic::Acquire<Rc<Semaphore>>;

/// A guard that releases its permits when dropped.
///
/// See [`generic::SemaphorePermit`] for fairness and memory ordering.
pub type SemaphorePermit<'a> = generic::SemaphorePermit<&'a Semaphore>;

/// A `'static` guard that releases its permits when dropped.
///
/// See [`generic::SemaphorePermit`] for fairness and memory ordering.
#[cfg(feature = "alloc")]
pub type OwnedSemaphorePermit = generic::SemaphorePermit<Rc<Semaphore>>;

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
pub type ClosableAcquireOwned = generic::Acquire<Rc<ClosableSemaphore>>;

/// A guard that releases its permits when dropped.
///
/// See [`generic::SemaphorePermit`] for fairness and memory ordering.
pub type ClosablePermit<'a> = generic::SemaphorePermit<&'a ClosableSemaphore>;

/// A `'static` guard that releases its permits when dropped.
///
/// See [`generic::SemaphorePermit`] for fairness and memory ordering.
#[cfg(feature = "alloc")]
pub type OwnedClosablePermit = generic::SemaphorePermit<Rc<ClosableSemaphore>>;

/// The future of [`closed`](ClosableSemaphore::closed).
pub type WaitForClose<'a> = generic::WaitForClose<'a, SingleThread>;

/// The future of [`drain`](ClosableSemaphore::drain).
pub type Drain<'a> = generic::Drain<&'a ClosableSemaphore>;

/// The `'static` future of [`drain_owned`](ClosableSemaphore::drain_owned).
#[cfg(feature = "alloc")]
pub type DrainOwned = generic::Drain<Rc<ClosableSemaphore>>;

/// A notification primitive for one thread, see [`Notify`](crate::Notify).
pub type Notify = generic::Notify<SingleThread>;

/// The future of [`notified`](Notify::notified).
///
/// See [`generic::Notified`] for cancel safety.
pub type Notified<'a> = generic::Notified<&'a Notify>;

/// The `'static` future of [`notified_owned`](Notify::notified_owned).
///
/// See [`generic::Notified`] for cancel safety.
#[cfg(feature = "alloc")]
pub type NotifiedOwned = generic::Notified<Rc<Notify>>;

/// An async event flag for one thread, see [`Event`](crate::Event).
pub type Event = generic::Event<SingleThread>;

/// The future of [`wait`](Event::wait).
///
/// See [`generic::WaitForEvent`] for cancel safety.
pub type WaitForEvent<'a> = generic::WaitForEvent<&'a Event>;

/// The `'static` future of [`wait_owned`](Event::wait_owned).
///
/// See [`generic::WaitForEvent`] for cancel safety.
#[cfg(feature = "alloc")]
pub type WaitForEventOwned = generic::WaitForEvent<Rc<Event>>;

/// An async mutex for one thread, see [`Mutex`](crate::Mutex).
pub type Mutex<T> = generic::Mutex<SingleThread, T>;

/// The future of [`lock`](Mutex::lock).
///
/// Its output is a [`MutexGuard`]. See [`generic::Lock`] for cancel safety.
pub type Lock<'a, T> = generic::Lock<&'a Mutex<T>>;

/// The future of [`lock_owned`](Mutex::lock_owned), which is `'static` if `T` is.
///
/// Its output is an [`OwnedMutexGuard`]. See [`generic::Lock`] for cancel safety.
#[cfg(feature = "alloc")]
pub type LockOwned<T> = generic::Lock<Rc<Mutex<T>>>;

/// A guard that dereferences to the data, and unlocks the mutex when dropped.
///
/// See [`generic::MutexGuard`] for the methods.
pub type MutexGuard<'a, T> = generic::MutexGuard<&'a Mutex<T>>;

/// A guard that owns a reference to its mutex, and unlocks the mutex when dropped.
///
/// See [`generic::MutexGuard`] for the methods.
#[cfg(feature = "alloc")]
pub type OwnedMutexGuard<T> = generic::MutexGuard<Rc<Mutex<T>>>;

/// A guard that dereferences to a part `U` of the data, and unlocks the mutex when dropped.
pub type MappedMutexGuard<'a, T, U> = generic::MappedMutexGuard<&'a Mutex<T>, U>;

/// A guard of a part `U` of the data that owns a reference to its mutex.
#[cfg(feature = "alloc")]
pub type OwnedMappedMutexGuard<T, U> = generic::MappedMutexGuard<Rc<Mutex<T>>, U>;

/// An async reader-writer lock for one thread, see [`RwLock`](crate::RwLock).
pub type RwLock<T> = generic::RwLock<SingleThread, T>;

/// The future of [`read`](RwLock::read).
///
/// Its output is a [`RwLockReadGuard`]. See [`generic::ReadLock`] for cancel safety.
pub type ReadLock<'a, T> = generic::ReadLock<&'a RwLock<T>>;

/// The future of [`read_owned`](RwLock::read_owned), which is `'static` if `T` is.
///
/// Its output is an [`OwnedRwLockReadGuard`]. See [`generic::ReadLock`] for cancel safety.
#[cfg(feature = "alloc")]
pub type ReadLockOwned<T> = generic::ReadLock<Rc<RwLock<T>>>;

/// The future of [`write`](RwLock::write).
///
/// Its output is a [`RwLockWriteGuard`]. See [`generic::WriteLock`] for cancel safety.
pub type WriteLock<'a, T> = generic::WriteLock<&'a RwLock<T>>;

/// The future of [`write_owned`](RwLock::write_owned), which is `'static` if `T` is.
///
/// Its output is an [`OwnedRwLockWriteGuard`]. See [`generic::WriteLock`] for cancel safety.
#[cfg(feature = "alloc")]
pub type WriteLockOwned<T> = generic::WriteLock<Rc<RwLock<T>>>;

/// A guard that dereferences to the data, and releases the read lock when dropped.
pub type RwLockReadGuard<'a, T> = generic::RwLockReadGuard<&'a RwLock<T>>;

/// A guard that owns a reference to its lock, and releases the read lock when dropped.
#[cfg(feature = "alloc")]
pub type OwnedRwLockReadGuard<T> = generic::RwLockReadGuard<Rc<RwLock<T>>>;

/// A guard that dereferences to the data, and releases the write lock when dropped.
///
/// See [`generic::RwLockWriteGuard`] for the methods.
pub type RwLockWriteGuard<'a, T> = generic::RwLockWriteGuard<&'a RwLock<T>>;

/// A guard that owns a reference to its lock, and releases the write lock when dropped.
///
/// See [`generic::RwLockWriteGuard`] for the methods.
#[cfg(feature = "alloc")]
pub type OwnedRwLockWriteGuard<T> = generic::RwLockWriteGuard<Rc<RwLock<T>>>;

/// An async cell for one thread that is initialized once, see [`OnceCell`](crate::OnceCell).
pub type OnceCell<T> = generic::OnceCell<SingleThread, T>;

/// The future of [`wait`](OnceCell::wait).
///
/// See [`generic::WaitForInit`] for cancel safety.
pub type WaitForInit<'a, T> = generic::WaitForInit<'a, SingleThread, T>;

/// An async condition variable for one thread, see [`Condvar`](crate::Condvar).
pub type Condvar = generic::Condvar<SingleThread>;

/// The future of [`wait`](Condvar::wait). `M` is the reference to the mutex, such as `&Mutex<T>`.
///
/// See [`generic::WaitOnCondvar`] for cancel safety.
pub type WaitOnCondvar<'a, M> = generic::WaitOnCondvar<'a, SingleThread, M>;

/// An async barrier for one thread, see [`Barrier`](crate::Barrier).
pub type Barrier = generic::Barrier<SingleThread>;

/// The future of [`wait`](Barrier::wait).
///
/// See [`generic::BarrierWait`] for cancel safety.
pub type BarrierWait<'a> = generic::BarrierWait<&'a Barrier>;

/// A value and its FIFO queue of waiters for one thread, see
/// [`wait_queue::WaitQueue`](crate::wait_queue::WaitQueue).
pub type WaitQueue<P> = generic::WaitQueue<P, SingleThread>;
