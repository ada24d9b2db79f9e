//! A bounded channel for many senders and receivers, built on the wait queue of compio-sync.
//!
//! [`Channel`] is shared between threads, and [`unsync::Channel`] stays on one thread. Both are the
//! same text, [`generic::Channel`].
//!
//! ```
//! use bounded_channel::Channel;
//!
//! # futures::executor::block_on(async {
//! let channel = Channel::new(2);
//! let produce = async {
//!     for number in 1..=10 {
//!         channel.send(number).await.unwrap();
//!     }
//!     channel.close();
//! };
//! let consume = async {
//!     let mut sum = 0;
//!     while let Some(number) = channel.recv().await {
//!         sum += number;
//!     }
//!     sum
//! };
//! assert_eq!(futures::join!(produce, consume).1, 55);
//! # });
//! ```
//!
//! # Design
//!
//! A channel is a ring of items and two wait queues:
//!
//! | queue | value | waiters |
//! | --- | --- | --- |
//! | `slots` | the number of free slots, and whether the channel is closed | senders |
//! | `items` | the number of announced items, the number of items in flight, and whether the channel is closed | receivers |
//!
//! A sender acquires a slot, puts its item into the ring, and announces it. A receiver acquires an
//! announced item, takes it out of the ring, and releases the slot. The ring has a lock of its own,
//! which is held for one push or pop.
//!
//! An item is *in flight* between two steps of its sender, or of a receiver that waited for it. A
//! receiver must not find the channel drained while an item is in flight, because the item is still
//! to be received. The policy of `items` decides that in one step from one value.

#![forbid(unsafe_code)]

mod channel;
mod error;
#[cfg(all(test, loom))]
mod models;
mod policy;
mod ring;

pub use self::error::{SendError, TryRecvError, TrySendError};

/// A bounded channel that threads share.
///
/// See [`generic::Channel`] for fairness, cancel safety and closing.
pub type Channel<T> = generic::Channel<generic::Shared, T>;

/// The channel for tasks of one thread.
pub mod unsync {
    use crate::generic;

    /// A bounded channel that stays on one thread.
    ///
    /// See [`generic::Channel`] for fairness, cancel safety and closing.
    ///
    /// ```compile_fail,E0277
    /// let channel = bounded_channel::unsync::Channel::new(1);
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| channel.try_send(1));
    /// });
    /// ```
    pub type Channel<T> = generic::Channel<generic::SingleThread, T>;
}

/// The channel, generic over the flavour.
pub mod generic {
    pub use compio_sync::generic::{Shared, SingleThread};

    pub use crate::{channel::Channel, ring::Storage};
}
