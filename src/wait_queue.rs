//! The wait queue of this crate, to build primitives on.
//!
//! A [`WaitQueue`] is a value and a strictly fair queue of futures that wait for it. A [`Policy`]
//! decides from the value and a request whether a waiter may go on. Around these two, a connection
//! pool, a channel, a rate limiter or a work queue is safe code: it needs no `unsafe`, chooses no
//! memory ordering and allocates nothing per wait. [`guide::own_primitive`] builds one step by
//! step, and finds its bug with loom.
//!
//! | item | purpose |
//! | --- | --- |
//! | [`Policy`], [`Verdict`], [`Arrival`] | decide which requests are granted |
//! | [`WaitQueue`] | the value and its waiters; [`unsync::WaitQueue`] stays on one thread |
//! | [`Wait`], [`Completion`] | the future of a request, and its output |
//! | [`Grant`] | a granted request, which is released when dropped |
//! | [`Queued`] | implemented by a primitive whose futures own a reference to it |
//!
//! A turnstile that lets a fixed number of tasks pass:
//!
//! ```
//! use compio_sync::wait_queue::{Policy, Verdict, WaitQueue};
//!
//! /// The value is the number of tasks that may still pass.
//! enum Tokens {}
//!
//! impl Policy for Tokens {
//!     type Request = ();
//!     const MAY_REFUSE: bool = false;
//!
//!     fn decide(tokens: isize, (): ()) -> Verdict {
//!         if tokens > 0 { Verdict::Grant(tokens - 1) } else { Verdict::Wait }
//!     }
//!
//!     fn release(tokens: isize, (): ()) -> isize {
//!         tokens + 1
//!     }
//! }
//!
//! struct Turnstile(WaitQueue<Tokens>);
//!
//! impl Turnstile {
//!     async fn pass(&self) {
//!         if let Some(token) = self.0.acquire(()).await.granted() {
//!             // The token is spent, so dropping the grant must not release it.
//!             token.keep();
//!         }
//!     }
//! }
//!
//! static GATE: Turnstile = Turnstile(WaitQueue::new(0));
//!
//! # compio::runtime::Runtime::new().unwrap().block_on(async {
//! let insert_coins = async { GATE.0.update(|tokens| tokens + 2) };
//! futures::join!(GATE.pass(), GATE.pass(), insert_coins);
//! # });
//! ```
//!
//! # Laws
//!
//! A policy is safe code that the queue calls under its lock. It keeps these laws:
//!
#![doc = include_str!("guide/own_primitive/laws.md")]
//!
//! **No policy can cause undefined behaviour.** The links of the queue and the stored wakers do not
//! depend on what a policy returns, on panics in it, or on what it calls.
//!
//! # Memory ordering
//!
//! Everything that happens before a release, or before an update, happens-before the return of
//! every acquire that it allows to complete, granted or refused.
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

/// A primitive that stands on a wait queue.
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
    /// Acquires what is requested without waiting. Returns `None` if the request must wait.
    ///
    /// It never barges: while a waiter is queued, only a refusal completes.
    ///
    /// # Panics
    ///
    /// If the policy panics, or breaks a [law](crate::wait_queue#laws).
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
    #[must_use = "what was granted is released as soon as it is dropped"]
    pub fn try_acquire(&self, request: P::Request) -> Option<Completion<Grant<&Self>>> {
        Some(match self.try_grant(request)? {
            Completion::Granted(_) => Completion::Granted(Grant::new(self, request)),
            Completion::Refused => Completion::Refused,
        })
    }

    /// Acquires what is requested, once the policy grants or refuses it.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time. What it was granted is released.
    ///
    /// # Panics
    ///
    /// The future panics if the policy panics, or breaks a [law](crate::wait_queue#laws).
    ///
    /// # Examples
    ///
    /// See the [module documentation](crate::wait_queue).
    #[inline]
    pub fn acquire(&self, request: P::Request) -> Wait<&Self> {
        Wait::new(self, request)
    }

    /// Changes the value and completes the waiters that no longer have to wait. Returns the
    /// previous value.
    ///
    /// `change` returns the new value. It runs once, under the lock of the queue, so that it can
    /// change data beside the value in the same step. It must not use the queue.
    ///
    /// O(1) per completed waiter.
    ///
    /// # Panics
    ///
    /// If `change` or the policy panics, or breaks a [law](crate::wait_queue#laws).
    ///
    /// # Examples
    ///
    /// See the [module documentation](crate::wait_queue).
    pub fn update(&self, change: impl FnOnce(isize) -> isize) -> isize {
        self.update_with(|value| (change(value), value))
    }
}
