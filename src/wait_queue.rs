//! A wait queue for building synchronization primitives.
//!
//! A [`WaitQueue`] combines an integer value with a FIFO queue of waiting futures. A [`Policy`]
//! decides from the value and a request whether a waiter may proceed. On top of these two, a
//! connection pool, a channel, a rate limiter or a work queue is safe code: it needs no `unsafe`,
//! chooses no memory ordering and allocates nothing per wait. [`guide::own_primitive`] builds a
//! primitive step by step, and model-checks it with loom.
//!
//! | item | purpose |
//! | --- | --- |
//! | [`Policy`], [`Verdict`], [`Arrival`] | decide which requests are granted |
//! | [`WaitQueue`] | the value and its waiters; [`unsync::WaitQueue`] stays on one thread |
//! | [`Wait`], [`Completion`] | the future of a request, and its output |
//! | [`Grant`] | a granted request, which is released when dropped |
//! | [`Queued`] | implemented by a primitive whose futures own a reference to it |
//!
//! A turnstile that lets one task pass per coin:
//!
//! ```
//! use compio_sync::wait_queue::{Policy, Verdict, WaitQueue};
//!
//! /// The value is the number of coins that were inserted and not used.
//! enum Coins {}
//!
//! impl Policy for Coins {
//!     type Request = ();
//!     const MAY_REFUSE: bool = false;
//!
//!     fn decide(coins: isize, (): ()) -> Verdict {
//!         if coins > 0 { Verdict::Grant(coins - 1) } else { Verdict::Wait }
//!     }
//!
//!     fn release(coins: isize, (): ()) -> isize {
//!         coins + 1
//!     }
//! }
//!
//! struct Turnstile(WaitQueue<Coins>);
//!
//! impl Turnstile {
//!     async fn pass(&self) {
//!         if let Some(coin) = self.0.acquire(()).await.granted() {
//!             // The coin is used, so dropping the grant must not release it.
//!             coin.forget();
//!         }
//!     }
//! }
//!
//! static TURNSTILE: Turnstile = Turnstile(WaitQueue::new(0));
//!
//! # compio::runtime::Runtime::new().unwrap().block_on(async {
//! let insert_coins = async { TURNSTILE.0.update(|coins| coins + 2) };
//! futures::join!(TURNSTILE.pass(), TURNSTILE.pass(), insert_coins);
//! # });
//! ```
//!
//! # Contract
//!
//! A policy is safe code that the queue may call while it is locked:
//!
#![doc = include_str!("guide/own_primitive/contract.md")]
//!
//! **No policy can cause undefined behaviour.** The links of the queue and the stored wakers do not
//! depend on what a policy returns, on panics in it, or on what it calls.
//!
//! # Memory ordering
//!
//! Everything that happens before a release, or before an update, happens-before the return of
//! every acquire that it lets complete, granted or refused.
//!
//! [`guide::own_primitive`]: crate::guide::own_primitive
//! [`unsync::WaitQueue`]: crate::unsync::WaitQueue

mod grant;
mod wait;

use core::{
    ops::Deref,
    panic::{RefUnwindSafe, UnwindSafe},
};

pub use self::{grant::Grant, wait::Wait};
pub use crate::queue::{Arrival, Completion, Policy, Verdict};
use crate::{
    flavour::{Flavour, Shared},
    generic,
    queue::Primitive,
};

/// A value and its FIFO queue of waiters, shared between threads.
///
/// This alias of [`generic::WaitQueue`] is `Send` and `Sync`, and can be a `static`. Its
/// [`unsync`](crate::unsync::WaitQueue) twin stays on one thread.
///
/// See [`generic::WaitQueue`] for fairness, cancel safety and costs.
pub type WaitQueue<P> = generic::WaitQueue<P, Shared>;

/// A primitive that is built on a wait queue.
///
/// Implement it for a primitive whose futures and guards own a counted reference. With an `Arc<T>`
/// of a `T: Queued`, [`Wait::new`] returns an owned wait. A [`WaitQueue`] implements it for itself.
///
/// # Examples
///
/// A buffer that counts against a budget of bytes until it is dropped:
///
/// ```
/// use std::sync::Arc;
///
/// use compio_sync::{
///     generic::Shared,
///     wait_queue::{Grant, Policy, Queued, Verdict, Wait, WaitQueue},
/// };
///
/// struct Budget {
///     bytes: WaitQueue<Bytes>,
/// }
///
/// enum Bytes {}
///
/// impl Policy for Bytes {
///     type Request = u32;
///     const MAY_REFUSE: bool = false;
///
///     fn decide(free: isize, bytes: u32) -> Verdict {
///         match free - bytes as isize {
///             rest if rest >= 0 => Verdict::Grant(rest),
///             _ => Verdict::Wait,
///         }
///     }
///
///     fn release(free: isize, bytes: u32) -> isize {
///         free + bytes as isize
///     }
/// }
///
/// impl Queued for Budget {
///     type Policy = Bytes;
///     type Flavour = Shared;
///
///     fn queue(&self) -> &WaitQueue<Bytes> {
///         &self.bytes
///     }
/// }
///
/// struct Buffer {
///     bytes: Vec<u8>,
///     _budget: Grant<Arc<Budget>>,
/// }
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let budget = Arc::new(Budget { bytes: WaitQueue::new(64 * 1024) });
/// let granted = Wait::new(budget.clone(), 4096).await.granted();
/// let buffer = Buffer { bytes: vec![0; 4096], _budget: granted.expect("a budget never refuses") };
/// assert_eq!(budget.bytes.value(), 60 * 1024);
/// # assert_eq!(buffer.bytes.len(), 4096);
/// drop(buffer);
/// assert_eq!(budget.bytes.value(), 64 * 1024);
/// # });
/// ```
pub trait Queued {
    /// The policy of the queue.
    type Policy: Policy;

    /// The flavour of the queue.
    type Flavour: Flavour;

    /// Returns the queue, which must be the same one in every call.
    ///
    /// A wait calls it once, and a [`Grant`] calls it again when it is dropped. If the second call
    /// returns another queue, the release goes to that queue.
    fn queue(&self) -> &generic::WaitQueue<Self::Policy, Self::Flavour>;
}

/// The request of the primitive that `H` refers to.
pub type RequestOf<H> = <<<H as Deref>::Target as Queued>::Policy as Policy>::Request;

impl<P: Policy, F: Flavour> Queued for generic::WaitQueue<P, F> {
    type Policy = P;
    type Flavour = F;

    #[inline]
    fn queue(&self) -> &Self {
        self
    }
}

impl<T: Queued + ?Sized> Primitive for T {
    type Policy = T::Policy;
    type Flavour = T::Flavour;

    #[inline]
    fn queue(&self) -> &generic::WaitQueue<T::Policy, T::Flavour> {
        Queued::queue(self)
    }
}

// After a panic, each wait is still in a valid state: queued, complete or cancelled.
impl<P: Policy, F: Flavour> UnwindSafe for generic::WaitQueue<P, F> {}
impl<P: Policy, F: Flavour> RefUnwindSafe for generic::WaitQueue<P, F> {}

impl<P: Policy, F: Flavour> generic::WaitQueue<P, F> {
    /// Attempts to complete a request without waiting. Returns `None` if the request must wait.
    ///
    /// It never barges: while a waiter is queued, a request is refused or must wait.
    /// [`Policy::enqueue`] is not called, so no request is granted on arrival.
    ///
    /// # Panics
    ///
    /// If the policy panics, or violates its [contract](crate::wait_queue#contract) in a way that
    /// makes the call panic.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::wait_queue::{Completion, WaitQueue};
    /// # use compio_sync::wait_queue::{Policy, Verdict};
    /// # enum Slots {}
    /// # impl Policy for Slots {
    /// #     type Request = ();
    /// #     fn decide(slots: isize, (): ()) -> Verdict {
    /// #         if slots > 0 { Verdict::Grant(slots - 1) } else { Verdict::Wait }
    /// #     }
    /// #     fn release(slots: isize, (): ()) -> isize {
    /// #         slots + 1
    /// #     }
    /// # }
    ///
    /// let slots = WaitQueue::<Slots>::new(1);
    /// let slot = slots.try_acquire(());
    /// assert!(matches!(slot, Some(Completion::Granted(_))));
    /// assert!(slots.try_acquire(()).is_none());
    /// ```
    #[inline]
    #[must_use = "dropping a grant releases the request immediately"]
    pub fn try_acquire(&self, request: P::Request) -> Option<Completion<Grant<&Self>>> {
        Some(match self.try_grant(request)? {
            Completion::Granted(_) => Completion::Granted(Grant::new(self, request)),
            Completion::Refused => Completion::Refused,
        })
    }

    /// Returns a future that completes once the policy grants or refuses the request.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time. If the request was already granted, it is released.
    ///
    /// # Panics
    ///
    /// Polling and dropping the future panic like [`try_acquire`](Self::try_acquire).
    ///
    /// # Examples
    ///
    /// See the [module documentation](crate::wait_queue).
    #[inline]
    pub fn acquire(&self, request: P::Request) -> Wait<&Self> {
        Wait::new(self, request)
    }

    /// Changes the value and completes the waiters that can now proceed, in FIFO order. Returns
    /// the previous value.
    ///
    /// `change` returns the new value. It runs once, while the queue is locked, so that it can
    /// change data outside the value in the same step. It must not use the queue. To change the
    /// value without the lock while no waiter is queued, use [`release`](Self::release).
    ///
    /// O(1) per completed waiter.
    ///
    /// # Panics
    ///
    /// If `change` panics or returns a value out of range, and like
    /// [`try_acquire`](Self::try_acquire).
    ///
    /// # Examples
    ///
    /// See the [module documentation](crate::wait_queue).
    pub fn update(&self, change: impl FnOnce(isize) -> isize) -> isize {
        self.update_with(|value| {
            let _synchronize = SynchronizeOnDrop(self);
            (change(value), value)
        })
    }
}

/// Publishes what a closure has written, even if it panics.
struct SynchronizeOnDrop<'q, P: Policy, F: Flavour>(&'q generic::WaitQueue<P, F>);

impl<P: Policy, F: Flavour> Drop for SynchronizeOnDrop<'_, P, F> {
    fn drop(&mut self) {
        self.0.synchronize();
    }
}
