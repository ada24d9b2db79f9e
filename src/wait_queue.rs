//! The wait queue: one word and an intrusive list, on which every primitive of this crate stands.
//!
//! All `unsafe` code of the crate is in this module. A primitive on top of it is safe code: a
//! [`Policy`] that says what value the word may have when a request is granted, and what it has when
//! that is given back.
//!
//! # Rules
//!
//! `value`, `QUEUED` and `LOCKED` are the parts of the [word](word). Each `SAFETY` note cites one of these.
//!
//! 1. `LOCKED` is a spinlock over the list and whatever a primitive keeps beside it. Locked without
//!    `QUEUED`, nobody is queued and nobody is about to be.
//! 2. While `LOCKED` is clear, `QUEUED` is set exactly when the list is not empty.
//! 3. While `LOCKED` is set only its holder writes the word: unlocking is a plain store, which
//!    publishes value and queue flag with it.
//! 4. While `QUEUED` is set nobody is granted anything but the front of the queue, by the holder of
//!    the lock: strictly first come, first served.
//! 5. Linked means alive and pinned. Links and the stored waker are touched under the lock only, but
//!    for the owner, who may read its waker without it.
//! 6. Settling a node, granted or refused, is the last access to it by anybody but its owner.
//! 7. No foreign code under the lock: no waker is cloned, woken or dropped while it is held, and no
//!    subscriber is told of anything.
//! 8. In a batch the wakers from `woken` up to `filled` are there to be woken, and no others.
//! 9. As long as a waiter has its handle, the handle keeps the queue alive and in place.
//! 10. A thread that waits does not go on while a waker of it is left.
//!
//! # Costs
//!
//! | operation | nobody queued | somebody queued |
//! | --- | --- | --- |
//! | take | 1 compare-exchange | 1 load, refused |
//! | first poll | 1 compare-exchange | lock, push, unlock |
//! | give back | 1 compare-exchange | lock, grant the front, unlock, wake |
//! | poll again, same waker | - | 1 load, no lock |
//! | poll after the grant | - | 1 load, no lock |
//! | cancel while queued | - | lock, unlink in O(1), grant the new front, unlock, wake |
//! | cancel after the grant | - | the same as to give back |
//!
//! Locking is one compare-exchange and unlocking one store.
//!
//! # Closing
//!
//! The word knows nothing of it: closed is a value by which the policy refuses requests, and that value
//! never changes back. Whoever is queued is refused as others are granted, from the front, in batches, and
//! after a panic; whoever comes later finds out under the lock, before queueing. A policy that refuses
//! nothing says so by its types, and pays nothing.
//!
//! # A panicking waker
//!
//! Nodes are settled before anybody is woken, and if they are more than one, their wakers are collected
//! in a batch. When one of them panics, the rest of the batch is woken and the rest of the queue served
//! while the panic goes on. With `std`, waking and dropping wakers while a panic unwinds is kept from
//! panicking a second time, which would abort.
#![allow(unsafe_code)]

mod list;
#[cfg(feature = "std")]
mod thread;
mod waiter;
mod wake_batch;
mod word;

use core::{mem, task::Waker};

#[cfg(feature = "std")]
pub(crate) use self::thread::block_on;
use self::{
    list::{Front, List, Node, Outcome, settle},
    wake_batch::WakeBatch,
    word::{Snapshot, Word},
};
pub(crate) use self::{
    waiter::{Primitive, Waiter},
    wake_batch::run_foreign,
    word::{MAX_VALUE, empty},
};
use crate::{
    flavour::{Atomic, Backoff, Flavour, ForAllThreads},
    loom::{Ordering, UnsafeCell, const_unless_loom},
};

/// What a primitive makes of the word's value.
pub(crate) trait Policy {
    type Flavour: Flavour;

    /// What somebody is told whose request is refused; nothing where that never happens.
    type Refusal;
    const REFUSAL: Option<Self::Refusal>;

    /// What a waiter asks for.
    type Request: Copy + Send;

    /// Whether it asks for nothing at all, and so need not wait for anybody.
    fn is_nothing(request: Self::Request) -> bool;

    /// Whether the request is refused, and every other like it from then on.
    fn is_refused(value: isize, request: Self::Request) -> bool;

    /// The value once the request is granted, or `None` if it has to wait.
    fn grant(value: isize, request: Self::Request) -> Option<isize>;

    /// The value once what was granted is given back.
    fn give_back(value: isize, request: Self::Request) -> isize;
}

type NumberOf<P> = <<P as Policy>::Flavour as Flavour>::Number;
type StatusOf<P> = <<P as Policy>::Flavour as Flavour>::Status;
type BackoffOf<P> = <<P as Policy>::Flavour as Flavour>::Backoff;

/// A value, and those who wait for it in the order in which they came.
pub(crate) struct WaitQueue<P: Policy> {
    word: Word<NumberOf<P>>,
    list: UnsafeCell<List<P>>,
    /// How many nodes are linked. Written under the lock, read without it.
    waiters: NumberOf<P>,
}

// SAFETY: rule 5: the list, and the nodes it points to, are touched under the lock only, and the words
// of this flavour, those of nodes too, are `Sync`.
unsafe impl<P: Policy> Send for WaitQueue<P> where P::Flavour: ForAllThreads {}

// SAFETY: rule 5: as above.
unsafe impl<P: Policy> Sync for WaitQueue<P> where P::Flavour: ForAllThreads {}

impl<P: Policy> WaitQueue<P> {
    const_unless_loom! {
        /// Of two numbers, because a `const fn` cannot make one of either flavour: `word` is [`empty`],
        /// and `waiters` is 0.
        pub(crate) fn new(word: NumberOf<P>, waiters: NumberOf<P>) -> Self {
            Self { word: Word(word), list: UnsafeCell::new(List::new()), waiters }
        }
    }

    /// The value at some moment of the call.
    #[inline]
    pub(crate) fn value(&self) -> isize {
        self.word.load().value()
    }

    /// The value, and all that was done before it became what it is under the lock.
    pub(crate) fn value_after_unlock(&self) -> isize {
        self.word.load_after_unlock().value()
    }

    /// How many are queued at some moment of the call.
    pub(crate) fn waiters(&self) -> usize {
        // ORDERING: `Relaxed`: a mere reading; it changes under the lock.
        self.waiters.load(Ordering::Relaxed)
    }

    /// Checks the ring, its length, and that nobody waits for what is there. For a queue that nobody
    /// else is serving.
    #[cfg(debug_assertions)]
    pub(crate) fn assert_valid(&self) {
        let mut locked = self.lock();
        // SAFETY: rule 5: locked.
        let linked = locked.with_list(|list| unsafe { list.assert_valid() });
        // SAFETY: rule 5: locked, and not used after this line.
        let request = locked.front().map(|front| unsafe { front.as_ref() }.request);
        let must_wait = request.is_none_or(|request| {
            !P::is_refused(locked.value, request) && P::grant(locked.value, request).is_none()
        });
        drop(locked);
        assert_eq!(linked, self.waiters(), "as many are linked as were counted");
        assert!(must_wait, "nobody is left waiting for what is there");
    }

    /// Takes what the request asks for, if it is there and nobody is queued.
    #[inline]
    pub(crate) fn try_take(&self, request: P::Request) -> bool {
        P::is_nothing(request) || self.try_take_by(move |value| P::grant(value, request)).is_some()
    }

    /// Changes the value to what `take` makes of it, if nobody is queued; the value before, if it did.
    #[inline]
    pub(crate) fn try_take_by(&self, take: impl Fn(isize) -> Option<isize>) -> Option<isize> {
        self.attempt(Word::load, move |seen| {
            if !seen.is_open() {
                return seen.is_queued().then_some(None);
            }
            let Some(value) = take(seen.value()) else {
                return Some(None);
            };
            self.word.try_take(seen, value).then_some(Some(seen.value()))
        })
    }

    /// Takes what the request asks for, or else the lock to queue for it.
    #[inline]
    fn take_or_lock(&self, request: P::Request) -> Option<Locked<'_, P>> {
        self.attempt(Word::load, move |seen| {
            if seen.is_locked() {
                return None;
            }
            let granted = if seen.is_queued() { None } else { P::grant(seen.value(), request) };
            match granted {
                Some(value) => self.word.try_take(seen, value).then_some(None),
                None => self.word.try_lock_to_queue(seen).then(|| Some(Locked::new(self, seen))),
            }
        })
    }

    /// Gives back what was granted, and serves those whose turn has come.
    #[inline]
    pub(crate) fn give_back(&self, request: P::Request) {
        if P::is_nothing(request) {
            return;
        }
        let is_given = self.attempt(Word::load, move |seen| {
            if !seen.is_open() {
                return Some(false);
            }
            let value = P::give_back(seen.value(), request);
            self.word.try_give(seen, value).then_some(true)
        });
        if !is_given {
            self.hand_over(request);
        }
    }

    #[inline(never)]
    fn hand_over(&self, request: P::Request) {
        let mut locked = self.lock();
        locked.value = P::give_back(locked.value, request);
        locked.serve();
    }

    /// The lock, whether or not anybody is queued. Whoever changes the value with it ends with
    /// [`Locked::serve`].
    #[inline]
    pub(crate) fn lock(&self) -> Locked<'_, P> {
        self.attempt(Word::load, move |seen| self.try_lock(seen))
    }

    /// The lock, or `None` if nobody is queued: then all that was done to nodes is seen.
    #[inline]
    fn lock_if_queued(&self) -> Option<Locked<'_, P>> {
        self.attempt(Word::load_after_unlock, move |seen| {
            if seen.is_queued() { self.try_lock(seen).map(Some) } else { Some(None) }
        })
    }

    #[inline]
    fn try_lock(&self, seen: Snapshot) -> Option<Locked<'_, P>> {
        (!seen.is_locked() && self.word.try_lock(seen)).then(|| Locked::new(self, seen))
    }

    /// Looks at the word and makes something of it. Looks again, and again, while that is nothing: the
    /// word is locked, or has changed meanwhile.
    #[inline(always)]
    fn attempt<R>(
        &self,
        look: fn(&Word<NumberOf<P>>) -> Snapshot,
        make: impl Fn(Snapshot) -> Option<R>,
    ) -> R {
        match make(look(&self.word)) {
            Some(made) => made,
            None => self.attempt_again(BackoffOf::<P>::new(), look, make),
        }
    }

    #[cold]
    #[inline(never)]
    fn attempt_again<R>(
        &self,
        mut backoff: BackoffOf<P>,
        look: fn(&Word<NumberOf<P>>) -> Snapshot,
        make: impl Fn(Snapshot) -> Option<R>,
    ) -> R {
        backoff.lost_race();
        loop {
            let seen = look(&self.word);
            if let Some(made) = make(seen) {
                return made;
            }
            if seen.is_locked() {
                backoff.locked();
            } else {
                backoff.lost_race();
            }
        }
    }
}

/// The lock over the list. Dropping it publishes value and queue flag in one store.
pub(crate) struct Locked<'q, P: Policy> {
    queue: &'q WaitQueue<P>,
    /// What the word's value will be.
    pub(crate) value: isize,
}

impl<'q, P: Policy> Locked<'q, P> {
    /// For whoever has just set LOCKED on the word that was `seen`.
    #[inline]
    fn new(queue: &'q WaitQueue<P>, seen: Snapshot) -> Self {
        Self { queue, value: seen.value() }
    }

    /// Settles the front for as long as its turn has come, unlocks, and wakes whom it settled.
    ///
    /// O(1) for each.
    #[inline]
    pub(crate) fn serve(mut self) {
        if let Some(first) = self.settle_front() {
            self.serve_after(first);
        }
    }

    /// Most hand-overs go to the first alone, without a batch.
    #[inline(never)]
    fn serve_after(mut self, first: Waker) {
        match self.settle_front() {
            None => {
                drop(self);
                run_foreign(|| first.wake());
            }
            Some(second) => self.serve_in_batches(first, second),
        }
    }

    fn serve_in_batches(self, first: Waker, second: Waker) {
        let queue = self.queue;
        let rest = ServeOnUnwind(queue);
        let mut batch = WakeBatch::new();
        batch.push(first);
        batch.push(second);
        let mut next = Some(self);
        while let Some(locked) = next {
            locked.fill(&mut batch);
            let may_be_more = batch.is_full();
            batch.wake_all();
            next = if may_be_more { queue.lock_if_queued() } else { None };
        }
        mem::forget(rest);
    }

    /// Settles as many as the batch has room for, and unlocks.
    fn fill(mut self, batch: &mut WakeBatch) {
        let mut front = self.front();
        while !batch.is_full() {
            // SAFETY: rule 5: locked, and at the front.
            let Some((waker, next)) = (unsafe { self.settle(front) }) else {
                return;
            };
            batch.push(waker);
            front = next;
        }
    }

    #[inline]
    fn settle_front(&mut self) -> Option<Waker> {
        let front = self.front();
        // SAFETY: rule 5: locked, and at the front.
        let (waker, _) = unsafe { self.settle(front) }?;
        Some(waker)
    }

    #[inline]
    fn front(&mut self) -> Front<P> {
        self.with_list(|list| list.front())
    }

    /// Settles the front, if there is one and its turn has come: its waker, and who is at the front then.
    ///
    /// # Safety
    /// It is at the front.
    #[inline(always)]
    unsafe fn settle(&mut self, front: Front<P>) -> Option<(Waker, Front<P>)> {
        // SAFETY: rule 5: linked, hence alive; not used after it was settled.
        let front = unsafe { front?.as_ref() };
        let outcome = if P::is_refused(self.value, front.request) {
            Outcome::Refused
        } else {
            self.value = P::grant(self.value, front.request)?;
            Outcome::Granted
        };
        // Who is told of an end must not find the time before it.
        if P::REFUSAL.is_some() {
            self.queue.word.publish(self.value);
        }
        // SAFETY: rule 5: locked, and linked.
        let (waker, next) = unsafe { self.unlink(front) };
        settle(&front.status, outcome);
        Some((waker, next))
    }

    /// # Safety
    /// The node is not linked; it is pinned, and unlinked before it dies.
    unsafe fn push_back(&mut self, node: &Node<P>, waker: Waker) {
        // SAFETY: rule 5: locked, and not linked.
        unsafe { node.set_waker(waker) };
        // SAFETY: rule 5: locked; the rest is the caller's promise.
        self.with_list(|list| unsafe { list.push_back(node) });
        self.count(self.queue.waiters() + 1);
    }

    /// Its waker, and who stood behind it, or at the front if it was the last.
    ///
    /// # Safety
    /// The node is linked in this queue.
    #[inline]
    unsafe fn unlink(&mut self, node: &Node<P>) -> (Waker, Front<P>) {
        // SAFETY: rule 5: locked; the rest is the caller's promise.
        let next = self.with_list(|list| unsafe { list.unlink(node) });
        self.count(self.queue.waiters() - 1);
        // SAFETY: rule 5: locked, and just unlinked.
        let waker = unsafe { node.take_waker() };
        (waker, next)
    }

    #[inline]
    fn count(&mut self, waiters: usize) {
        // ORDERING: `Relaxed`: those who change it take turns by the lock.
        self.queue.waiters.store(waiters, Ordering::Relaxed);
    }

    #[inline]
    fn with_list<R>(&mut self, access: impl FnOnce(&mut List<P>) -> R) -> R {
        // SAFETY: rule 5: locked, and borrowed for the closure's time only.
        self.queue.list.with_mut(|list| access(unsafe { &mut *list }))
    }
}

impl<P: Policy> Drop for Locked<'_, P> {
    #[inline]
    fn drop(&mut self) {
        let queued = !self.with_list(|list| list.is_empty());
        self.queue.word.unlock(self.value, queued);
    }
}

/// Serves the rest of the queue when a waker has panicked.
struct ServeOnUnwind<'q, P: Policy>(&'q WaitQueue<P>);

impl<P: Policy> Drop for ServeOnUnwind<'_, P> {
    fn drop(&mut self) {
        if let Some(locked) = self.0.lock_if_queued() {
            locked.serve();
        }
    }
}
