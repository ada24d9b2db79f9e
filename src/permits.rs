//! Permits on a wait queue: how many there are, how many are free, and how the limit moves.
//!
//! `available - debt = max - in_use`, and one of `available` and `debt` is 0: together they are what is
//! free, which is below 0 when there is a debt. The limit moves under the queue's lock, and the value
//! with it.

use core::{fmt, mem, ops::Deref, ptr};

use crate::{
    flavour::{Atomic, Flavour},
    loom::{Ordering, const_unless_loom},
    too_many::TooManyPermits,
    trace::{Op, Resource},
    wait_queue::{Locked, Policy, Primitive, WaitQueue},
};

/// A policy that counts permits.
pub(crate) trait Counting: Policy {
    /// The most permits whose number fits into the value.
    const MAX: usize;

    /// The request for so many.
    fn request(permits: usize) -> Self::Request;

    /// How many are free by this value, of so many; below 0 it is a debt.
    fn free(value: isize, limit: usize) -> isize;

    /// The value when the limit has moved by so much.
    fn moved(value: isize, by: isize) -> isize;
}

type NumberOf<P> = <<P as Policy>::Flavour as Flavour>::Number;
type ResourceOf<P> = <<P as Policy>::Flavour as Flavour>::Resource;

/// What a semaphore is made of.
pub(crate) struct Permits<P: Policy> {
    queue: WaitQueue<P>,
    /// How many permits there are, free or not. Written under the queue's lock only.
    limit: NumberOf<P>,
    resource: ResourceOf<P>,
}

impl<P: Policy> Permits<P> {
    const_unless_loom! {
        pub(crate) fn new(
            queue: WaitQueue<P>,
            limit: NumberOf<P>,
            resource: ResourceOf<P>,
        ) -> Self {
            Self { queue, limit, resource }
        }
    }

    #[inline]
    pub(crate) fn queue(&self) -> &WaitQueue<P> {
        &self.queue
    }

    pub(crate) fn max(&self) -> usize {
        // ORDERING: `Relaxed`: a mere reading; it is changed under the queue's lock.
        self.limit.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn op(&self, source: &'static str) -> Op {
        self.resource.op(source)
    }
}

impl<P: Counting> Permits<P> {
    #[inline]
    pub(crate) fn try_take(&self, permits: usize) -> bool {
        self.queue.try_take(P::request(permits))
    }

    /// Takes what is free, but at most so many; how many, if that is any.
    pub(crate) fn try_take_up_to(&self, permits: usize) -> Option<usize> {
        let limit = self.max();
        let up_to = |value| permits.min(at_least_0(P::free(value, limit)));
        let before = self.queue.try_take_by(|value| match up_to(value) {
            0 => None,
            permits => P::grant(value, P::request(permits)),
        })?;
        Some(up_to(before))
    }

    #[inline]
    pub(crate) fn give_back(&self, permits: usize) {
        self.queue.give_back(P::request(permits));
        self.changed();
    }

    pub(crate) fn available(&self) -> usize {
        at_least_0(self.free())
    }

    pub(crate) fn debt(&self) -> usize {
        at_least_0(-self.free())
    }

    pub(crate) fn in_use(&self) -> usize {
        let limit = self.max();
        at_least_0(limit as isize - P::free(self.queue.value(), limit))
    }

    fn free(&self) -> isize {
        P::free(self.queue.value(), self.max())
    }

    /// Raises the limit.
    pub(crate) fn try_add(&self, permits: usize) -> Result<(), TooManyPermits> {
        let locked = self.queue.lock();
        let limit = self.max();
        if permits > P::MAX - limit {
            return Err(TooManyPermits { permits, added_to: Some(limit), max: P::MAX });
        }
        self.move_limit(locked, limit + permits);
        Ok(())
    }

    /// Sets the limit; the one before.
    pub(crate) fn try_set(&self, permits: usize) -> Result<usize, TooManyPermits> {
        if permits > P::MAX {
            return Err(TooManyPermits { permits, added_to: None, max: P::MAX });
        }
        let locked = self.queue.lock();
        let before = self.max();
        self.move_limit(locked, permits);
        Ok(before)
    }

    /// Lowers the limit by as many as are free; how many that were.
    pub(crate) fn forget(&self, permits: usize) -> usize {
        let locked = self.queue.lock();
        let limit = self.max();
        let taken = permits.min(at_least_0(P::free(locked.value, limit)));
        self.move_limit(locked, limit - taken);
        taken
    }

    /// Lowers the limit, to 0 at the least; by how much.
    pub(crate) fn reduce(&self, permits: usize) -> usize {
        let locked = self.queue.lock();
        let limit = self.max();
        let taken = permits.min(limit);
        self.move_limit(locked, limit - taken);
        taken
    }

    /// Lowers the limit by permits that were in use and never come back.
    fn forget_held(&self, permits: usize) {
        let mut locked = self.queue.lock();
        locked.value = P::give_back(locked.value, P::request(permits));
        let limit = self.max();
        self.move_limit(locked, limit.saturating_sub(permits));
    }

    /// Sets the limit, and moves the free permits, or the debt, by as much.
    fn move_limit(&self, mut locked: Locked<'_, P>, limit: usize) {
        let before = self.max();
        // ORDERING: `Relaxed`: those who write it take turns by the lock; a reading may be late.
        self.limit.store(limit, Ordering::Relaxed);
        locked.value = P::moved(locked.value, limit as isize - before as isize);
        locked.serve();
        self.changed();
    }

    /// Tells a subscriber, after the lock was given up and what was taken has its guard.
    #[inline]
    pub(crate) fn changed(&self) {
        self.resource.changed(|| [self.available(), self.max(), self.queue.waiters()]);
    }

    /// As [`changed`](Self::changed), when it was closed.
    pub(crate) fn closed(&self) {
        self.resource.closed();
        self.changed();
    }
}

#[inline]
fn at_least_0(number: isize) -> usize {
    number.max(0) as usize
}

/// A semaphore, as a guard sees it.
pub(crate) trait Limited: Primitive<Policy: Counting> + fmt::Debug {
    fn permits(&self) -> &Permits<Self::Policy>;
}

/// What every guard is: permits that were taken from the semaphore that `S` leads to.
pub(crate) struct Held<S: Deref<Target: Limited>> {
    pub(crate) semaphore: S,
    pub(crate) permits: usize,
}

impl<S: Deref<Target: Limited>> Held<S> {
    /// For permits that were taken from the semaphore.
    #[inline]
    pub(crate) fn new(semaphore: S, permits: usize) -> Self {
        let held = Self { semaphore, permits };
        held.semaphore.permits().changed();
        held
    }

    pub(crate) fn forget(mut self) {
        let permits = mem::take(&mut self.permits);
        self.semaphore.permits().forget_held(permits);
    }

    #[track_caller]
    pub(crate) fn merge(&mut self, mut other: Self) {
        assert!(
            ptr::eq(&raw const *self.semaphore, &raw const *other.semaphore),
            "permits of different semaphores cannot be merged: {} of {:?} and {} of {:?}",
            self.permits,
            &*self.semaphore,
            other.permits,
            &*other.semaphore,
        );
        self.permits += mem::take(&mut other.permits);
    }

    pub(crate) fn split(&mut self, permits: usize) -> Option<Self>
    where
        S: Clone,
    {
        let left = self.permits.checked_sub(permits)?;
        let semaphore = self.semaphore.clone();
        self.permits = left;
        Some(Self { semaphore, permits })
    }

    pub(crate) fn fmt(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("num_permits", &self.permits)
            .field("semaphore", &&*self.semaphore)
            .finish()
    }
}

impl<S: Deref<Target: Limited>> Drop for Held<S> {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.permits().give_back(self.permits);
    }
}
