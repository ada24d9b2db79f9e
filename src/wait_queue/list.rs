//! The intrusive list: nodes that live in futures, linked into a ring from the front.

use core::{
    cell::Cell,
    marker::PhantomPinned,
    mem::MaybeUninit,
    ptr::{self, NonNull},
    task::Waker,
};

use super::{Policy, StatusOf};
use crate::{
    flavour::Atomic,
    loom::{Ordering, UnsafeCell},
};

/// One waiter's place in the queue. It is embedded in the future that waits, so queueing never
/// allocates.
///
/// While it is linked, others reach it through the list, and yet its owner is polled through a
/// `Pin<&mut _>` to it. Two things make that sound. All that changes is inside cells, and is reached
/// through `&Node`, never through `&mut Node`. And the node is `!Unpin`: for such a type the compiler
/// does not take `&mut` to be the only pointer. `core::pin::UnsafePinned` will be the type that says
/// so, once it is stable.
pub(super) struct Node<P: Policy> {
    prev: Link<P>,
    next: Link<P>,
    /// Initialized while linked.
    waker: UnsafeCell<MaybeUninit<Waker>>,
    pub(super) status: StatusOf<P>,
    /// The owner's own note that it has queued this node and not yet taken what it asked for.
    pub(super) is_waiting: Cell<bool>,
    pub(super) request: P::Request,
    _pinned: PhantomPinned,
}

impl<P: Policy> Node<P> {
    pub(super) fn new(request: P::Request) -> Self {
        Self {
            prev: Link::new(),
            next: Link::new(),
            waker: UnsafeCell::new(MaybeUninit::uninit()),
            status: StatusOf::<P>::new(UNSETTLED),
            is_waiting: Cell::new(false),
            request,
            _pinned: PhantomPinned,
        }
    }

    /// Whether the owner has what it asked for, or was refused it, and the node to itself again. Takes
    /// no lock.
    ///
    /// ORDERING: `Acquire` pairs with [`settle`].
    #[inline]
    pub(super) fn is_settled(&self) -> bool {
        self.status.load(Ordering::Acquire) != UNSETTLED
    }

    /// Whether the owner will never have what it asked for.
    ///
    /// ORDERING: `Relaxed`: if it was settled by another, the owner has seen that before it asks.
    #[inline]
    pub(super) fn is_refused(&self) -> bool {
        self.status.load(Ordering::Relaxed) == Outcome::Refused as u8
    }

    /// Whether the stored waker wakes the same task as `waker`. Takes no lock.
    ///
    /// RACE: a granter may be moving the stored waker out. It leaves the bytes, and `will_wake`
    /// compares two pointers and calls nothing.
    ///
    /// # Safety
    /// The caller owns the node and has queued it.
    #[inline]
    pub(super) unsafe fn will_wake(&self, waker: &Waker) -> bool {
        // SAFETY: rule 5: initialized when it was linked, and nobody but the caller would write it.
        self.waker.with(|stored| unsafe { &*stored.cast::<Waker>() }.will_wake(waker))
    }

    /// # Safety
    /// The caller holds the lock, and the node is not linked.
    #[inline]
    pub(super) unsafe fn set_waker(&self, waker: Waker) {
        // SAFETY: rule 5: the caller holds the lock.
        self.waker.with_mut(|stored| unsafe { stored.cast::<Waker>().write(waker) });
    }

    /// # Safety
    /// The caller holds the lock, and the node is linked.
    #[inline]
    pub(super) unsafe fn replace_waker(&self, waker: Waker) -> Waker {
        // SAFETY: rule 5: the caller holds the lock, and the waker is initialized.
        self.waker.with_mut(|stored| unsafe { stored.cast::<Waker>().replace(waker) })
    }

    /// Moves the waker out and leaves the bytes.
    ///
    /// # Safety
    /// The caller holds the lock, and has just unlinked the node.
    #[inline]
    pub(super) unsafe fn take_waker(&self) -> Waker {
        // SAFETY: rule 5: nobody writes it under the caller's lock; it was initialized while linked,
        // and is moved out once, because a node is unlinked once.
        self.waker.with(|stored| unsafe { stored.cast::<Waker>().read() })
    }
}

const UNSETTLED: u8 = 0;

/// How the wait of a node has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Granted = 1,
    Refused = 2,
}

/// Hands a node back to its owner, who may free it at once: before this returns, which is why it takes
/// no reference to the node.
///
/// ORDERING: `Release` pairs with [`Node::is_settled`]: the owner sees what the former holders of its
/// permits wrote, and whoever settles it is done with the node.
#[inline]
pub(super) fn settle(status: &impl Atomic<u8>, outcome: Outcome) {
    status.store(outcome as u8, Ordering::Release);
}

/// Checks rules 5 and 6: to loom these accesses are what freeing the node is.
#[cfg(debug_assertions)]
impl<P: Policy> Drop for Node<P> {
    fn drop(&mut self) {
        self.waker.with_mut(|_| ());
        self.prev.0.with_mut(|_| ());
        // SAFETY: rule 6: the owner alone has the node; for debugging it is always initialized.
        let next = self.next.0.with_mut(|link| unsafe { link.cast::<*const Self>().read() });
        assert!(next.is_null(), "a node is unlinked before it dies");
    }
}

/// A pointer to a neighbour in the ring, initialized by linking. For debugging it is null before, and
/// `next` is null again after unlinking.
struct Link<P: Policy>(UnsafeCell<MaybeUninit<*const Node<P>>>);

impl<P: Policy> Link<P> {
    #[inline]
    fn new() -> Self {
        let unlinked = if cfg!(debug_assertions) {
            MaybeUninit::new(ptr::null())
        } else {
            MaybeUninit::uninit()
        };
        Self(UnsafeCell::new(unlinked))
    }

    /// # Safety
    /// The caller holds the lock.
    #[cfg(debug_assertions)]
    unsafe fn clear(&self) {
        // SAFETY: rule 5: links change under the lock only.
        self.0.with_mut(|link| unsafe { link.write(MaybeUninit::new(ptr::null())) });
    }

    /// # Safety
    /// The caller holds the lock, the node is linked, and `'l` ends before the lock is given up.
    #[inline]
    unsafe fn get<'l>(&self) -> &'l Node<P> {
        // SAFETY: rule 5: links change under the lock only, and are initialized by linking.
        let neighbour = self.0.with(|link| unsafe { link.cast::<*const Node<P>>().read() });
        // SAFETY: rule 5: a linked node's neighbours are linked, hence alive.
        unsafe { &*neighbour }
    }

    /// # Safety
    /// The caller holds the lock.
    #[inline]
    unsafe fn set(&self, neighbour: &Node<P>) {
        // SAFETY: rule 5: links change under the lock only.
        self.0.with_mut(|link| unsafe { link.write(MaybeUninit::new(neighbour)) });
    }
}

/// A node that is linked, if there is one.
pub(super) type Front<P> = Option<NonNull<Node<P>>>;

/// The queue's nodes, first come first; nobody touches it without the lock.
///
/// In a ring of doubly linked nodes the last is the first one's `prev`, so one pointer is enough,
/// and unlinking is the same two stores wherever the node stands.
pub(super) struct List<P: Policy> {
    /// Null when the list is empty.
    front: *const Node<P>,
}

impl<P: Policy> List<P> {
    pub(super) const fn new() -> Self {
        Self { front: ptr::null() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.front.is_null()
    }

    #[inline]
    pub(super) fn front(&self) -> Front<P> {
        NonNull::new(self.front.cast_mut())
    }

    /// O(1).
    ///
    /// # Safety
    /// The caller holds the lock; the node is not linked; it is pinned, and unlinked before it dies.
    #[inline]
    pub(super) unsafe fn push_back(&mut self, node: &Node<P>) {
        // SAFETY: rule 5: linked, hence alive.
        let (last, front) = match unsafe { self.front.as_ref() } {
            // SAFETY: rule 5: the caller holds the lock.
            Some(front) => (unsafe { front.prev.get() }, front),
            None => {
                self.front = node;
                (node, node)
            }
        };
        // SAFETY: rule 5: the caller holds the lock.
        unsafe { self.join(last, node) };
        // SAFETY: rule 5: the caller holds the lock.
        unsafe { self.join(node, front) };
    }

    /// Who stood behind it, or at the front if it was the last; `None` if it was alone. O(1).
    ///
    /// # Safety
    /// The caller holds the lock, and the node is linked in this list.
    #[inline]
    pub(super) unsafe fn unlink(&mut self, node: &Node<P>) -> Front<P> {
        // SAFETY: rule 5: the caller holds the lock, and the node is linked.
        let prev = unsafe { node.prev.get() };
        // SAFETY: rule 5: as above.
        let next = unsafe { node.next.get() };
        // SAFETY: rule 5: the caller holds the lock.
        unsafe { self.join(prev, next) };
        #[cfg(debug_assertions)]
        // SAFETY: rule 5: the caller holds the lock.
        unsafe {
            node.next.clear();
        }
        if ptr::eq(next, node) {
            self.front = ptr::null();
            return None;
        }
        if ptr::eq(self.front, node) {
            self.front = next;
        }
        Some(NonNull::from(next))
    }

    /// How many are linked, after a walk around the ring both ways at once. O(n).
    ///
    /// # Safety
    /// The caller holds the lock.
    #[cfg(debug_assertions)]
    pub(super) unsafe fn assert_valid(&self) -> usize {
        // SAFETY: rule 5: linked, hence alive.
        let Some(front) = (unsafe { self.front.as_ref() }) else {
            return 0;
        };
        let (mut node, mut linked) = (front, 0);
        loop {
            // SAFETY: rule 5: the caller holds the lock, and the node is linked.
            let next = unsafe { node.next.get() };
            // SAFETY: rule 5: as above.
            assert!(ptr::eq(unsafe { next.prev.get() }, node), "neighbours point at one another");
            assert!(!node.is_settled(), "who is settled is not linked");
            linked += 1;
            if ptr::eq(next, front) {
                return linked;
            }
            node = next;
        }
    }

    /// # Safety
    /// The caller holds the lock.
    #[inline]
    unsafe fn join(&mut self, node: &Node<P>, next: &Node<P>) {
        // SAFETY: rule 5: the caller holds the lock.
        unsafe { node.next.set(next) };
        // SAFETY: rule 5: the caller holds the lock.
        unsafe { next.prev.set(node) };
    }
}
