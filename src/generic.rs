//! The types behind the aliases of this crate, generic over the flavour and the kind of reference.
//!
//! Most code uses the aliases at the root, for types that threads share, or in
//! [`unsync`](crate::unsync), for types that stay on one thread. Use these generic types to write a
//! type of your own for both flavours, as shown at [`Flavour`].
//!
//! | generic | at the root | in `unsync` |
//! | --- | --- | --- |
//! | [`Semaphore<F>`] | `F` is [`Shared`] | `F` is [`SingleThread`] |
//! | [`Notify<F>`], [`Event<F>`], [`Condvar<F>`], [`Barrier<F>`] | `F` is [`Shared`] | `F` is [`SingleThread`] |
//! | [`Mutex<F, T>`], [`RwLock<F, T>`], [`OnceCell<F, T>`] | `F` is [`Shared`] | `F` is [`SingleThread`] |
//! | [`WaitForClose<F>`], [`WaitForInit<F, T>`], [`WaitOnCondvar<F, M>`] | `F` is [`Shared`] | `F` is [`SingleThread`] |
//! | [`WaitQueue<P, F>`] | `F` is [`Shared`], in [`wait_queue`](crate::wait_queue) | `F` is [`SingleThread`] |
//! | all other futures and guards | the parameter is `&_` or `Arc<_>` | the parameter is `&_` or `Rc<_>` |
//!
//! The second parameter of [`Semaphore`] has a default, which Rust applies to types but not to
//! expressions. Annotate a `let` binding with the type:
//!
//! ```
//! use compio_sync::generic::{Semaphore, Shared};
//!
//! let semaphore: Semaphore<Shared> = Semaphore::new(3);
//! assert!(semaphore.try_acquire().is_some());
//! ```
//!
//! A type of the single-thread flavour cannot be a `static`:
//!
//! ```compile_fail,E0277
//! use compio_sync::generic::{Semaphore, SingleThread};
//!
//! static SEMAPHORE: Semaphore<SingleThread> = Semaphore::new(1);
//! ```
//!
//! The policies of this crate's own primitives are private. A [`WaitQueue`] has a policy of yours:
//!
//! ```compile_fail,E0277
//! use compio_sync::generic::{NeverClosed, Shared, WaitQueue};
//!
//! let queue: WaitQueue<NeverClosed, Shared> = WaitQueue::new(3);
//! ```

pub use crate::{
    barrier::{Barrier, BarrierWait, BarrierWaitResult},
    condvar::{Condvar, WaitOnCondvar},
    event::{Event, WaitForEvent},
    flavour::{Flavour, Shared, SingleThread},
    mutex::{Lock, MappedMutexGuard, Mutex, MutexGuard},
    notify::{Notified, Notify},
    once_cell::{OnceCell, WaitForInit},
    queue::{Handle, WaitQueue},
    rwlock::{ReadLock, RwLock, RwLockReadGuard, RwLockWriteGuard, WriteLock},
    semaphore::{
        Acquire, Closable, Closing, Drain, NeverClosed, Semaphore, SemaphorePermit, WaitForClose,
    },
};

/// A [`Semaphore`] that can be closed.
pub type ClosableSemaphore<F> = Semaphore<F, Closable<F>>;
