//! The channel, for both flavours.

use std::{collections::VecDeque, fmt};

use compio_sync::{
    generic::WaitQueue,
    wait_queue::{Completion, Grant},
};

use crate::{
    error::{SendError, TryRecvError, TrySendError},
    policy::{self, Items, MAX_CAPACITY, SLOT, Slots, Step},
    ring::{Lock, Ring, Storage},
};

/// A bounded channel for many senders and receivers.
///
/// All methods take `&self`. Share the channel by reference, or in an `Arc` or `Rc`. A wait
/// allocates nothing.
///
/// # Fairness
///
/// Senders get free slots in FIFO order, and receivers get items in FIFO order. The try methods
/// never overtake a queued task.
///
/// # Cancel safety
///
/// Every future can be dropped at any time. A dropped send drops its item. A dropped receive leaves
/// its item in the channel, for the next receiver. Leaving the queue is O(1).
///
/// A receive that was granted an item holds the item until the future is polled or dropped.
///
/// # Memory ordering
///
/// A send happens-before the return of the receive of its item.
pub struct Channel<F: Storage, T> {
    pub(crate) slots: WaitQueue<Slots, F>,
    pub(crate) items: WaitQueue<Items, F>,
    pub(crate) ring: Ring<F, T>,
}

impl<F: Storage, T> Channel<F, T> {
    /// The largest capacity.
    pub const MAX_CAPACITY: usize = MAX_CAPACITY;

    /// Creates a channel for at most `capacity` items, and allocates memory for all of them.
    ///
    /// # Panics
    ///
    /// If the capacity is 0 or exceeds [`MAX_CAPACITY`](Self::MAX_CAPACITY).
    #[must_use]
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        assert!(
            (1..=MAX_CAPACITY).contains(&capacity),
            "a capacity of {capacity} is not between 1 and MAX_CAPACITY ({MAX_CAPACITY})"
        );
        Self {
            slots: WaitQueue::new(capacity as isize * SLOT),
            items: WaitQueue::new(0),
            ring: Lock::new(VecDeque::with_capacity(capacity)),
        }
    }

    /// Sends an item. Waits while the channel is full.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the item if the channel is closed before the item is sent.
    pub async fn send(&self, item: T) -> Result<(), SendError<T>> {
        match self.slots.acquire(()).await {
            Completion::Granted(slot) => self.put(slot, item),
            Completion::Refused => Err(SendError(item)),
        }
    }

    /// Sends an item without waiting.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] with the item if no slot is free, senders are queued, or the channel is
    /// closed.
    pub fn try_send(&self, item: T) -> Result<(), TrySendError<T>> {
        match self.slots.try_acquire(()) {
            Some(Completion::Granted(slot)) => Ok(self.put(slot, item)?),
            Some(Completion::Refused) => Err(TrySendError::Closed(item)),
            None => Err(TrySendError::Full(item)),
        }
    }

    /// Receives an item. Waits while the channel is empty and not closed.
    ///
    /// Returns `None` once the channel is closed and all of its items were received.
    pub async fn recv(&self) -> Option<T> {
        let item = self.items.acquire(Step::Take).await.granted()?;
        Some(self.take(item))
    }

    /// Receives an item without waiting.
    ///
    /// # Errors
    ///
    /// [`TryRecvError`] if no item is available, receivers are queued, or the channel is closed and
    /// drained.
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        match self.items.try_acquire(Step::Take) {
            Some(Completion::Granted(item)) => Ok(self.take(item)),
            Some(Completion::Refused) => Err(TryRecvError::Closed),
            None => Err(TryRecvError::Empty),
        }
    }

    /// Closes the channel.
    ///
    /// Sends that wait, and all later ones, fail and return their items. Items that were sent can
    /// still be received. Receives that wait end if no item is left.
    pub fn close(&self) {
        self.slots.update(policy::close);
        self.items.update(policy::close);
    }

    /// Returns whether the channel is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        policy::is_closed(self.slots.value())
    }

    /// Puts an item into the ring, and announces it to receivers.
    #[inline]
    fn put(&self, slot: Grant<&WaitQueue<Slots, F>>, item: T) -> Result<(), SendError<T>> {
        if policy::is_closed(self.items.update(Items::begin_put)) {
            return Err(SendError(item));
        }
        self.ring.with(|ring| {
            debug_assert!(ring.len() < ring.capacity(), "a sender with a slot finds a place");
            ring.push_back(item);
        });
        // The receiver of the item releases the slot.
        slot.forget();
        self.items.release(Step::Announce);
        Ok(())
    }

    /// Takes an announced item out of the ring.
    #[inline]
    fn take(&self, announced: Grant<&WaitQueue<Items, F>>) -> T {
        let item = self.ring.with(VecDeque::pop_front).expect("an announced item is in the ring");
        let step = announced.request();
        // The item has left the ring, so the grant must not be released, even if a waker panics.
        announced.forget();
        if step == Step::TakeLater {
            self.items.release(Step::Taken);
        }
        self.slots.release(());
        item
    }
}

impl<F: Storage, T> fmt::Debug for Channel<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("items", &Items::announced(self.items.value()))
            .field("is_closed", &self.is_closed())
            .field("senders", &self.slots.waiters())
            .field("receivers", &self.items.waiters())
            .finish_non_exhaustive()
    }
}
