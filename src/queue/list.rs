//! The intrusive list: nodes that live in futures, linked into a ring.

use core::{
    cell::Cell,
    marker::PhantomPinned,
    mem::MaybeUninit,
    ptr::{self, NonNull},
    task::Waker,
};

use super::{
    policy::{Completion, Policy},
    word::Word,
};
use crate::{
    flavour::{Atomic, Flavour},
    loom::{Ordering, UnsafeCell},
};

/// A waiter's place in the queue, embedded in the future that waits.
///
/// While a node is linked, other threads reach it through the list, although its owner polls it
/// through a `Pin<&mut _>`. Two properties make that sound. Everything that changes is in a cell
/// and is accessed through `&Node`, never through `&mut Node`. And the node is `!Unpin`, so the
/// compiler does not assume that a `&mut` to it is unique. `core::pin::UnsafePinned` will express
/// the second property once that type is stable.
pub(super) struct Node<P: Policy, F: Flavour> {
    prev: Link<P, F>,
    next: Link<P, F>,
    /// Initialized while the node is linked.
    waker: UnsafeCell<MaybeUninit<Waker>>,
    pub(super) status: F::U8,
    /// The owner has enqueued the node, or was granted its request, and has not completed the wait.
    /// Only the owner accesses it.
    pub(super) is_waiting: Cell<bool>,
    /// Changed by the owner only, before the node is linked.
    pub(super) request: Cell<P::Request>,
    _pinned: PhantomPinned,
}

const PENDING: u8 = 0;
const GRANTED: u8 = 1;
const REFUSED: u8 = 2;

impl<P: Policy, F: Flavour> Node<P, F> {
    #[inline]
    pub(super) fn new(request: P::Request) -> Self {
        Self {
            prev: Link::new(),
            next: Link::new(),
            waker: UnsafeCell::new(MaybeUninit::uninit()),
            status: F::U8::new(PENDING),
            is_waiting: Cell::new(false),
            request: Cell::new(request),
            _pinned: PhantomPinned,
        }
    }

    /// How the wait ended, or `None` while it is pending. Once it has ended, only the owner
    /// accesses the node. Takes no lock.
    #[inline]
    pub(super) fn completion(&self, word: &Word<F>) -> Option<Completion> {
        match word.load_status(&self.status) {
            PENDING => None,
            GRANTED => Some(Completion::Granted(())),
            _ => Some(Completion::Refused),
        }
    }

    /// Whether the stored waker wakes the same task as `waker`. Takes no lock.
    ///
    /// RACE: a releaser may be moving the stored waker out. The bytes stay behind, and `will_wake`
    /// only compares two pointers.
    ///
    /// # Safety
    /// The caller owns the node and has enqueued it.
    #[inline]
    pub(super) unsafe fn will_wake(&self, waker: &Waker) -> bool {
        // SAFETY: *Locked List*: initialized when it was linked, and only its owner replaces it.
        self.waker.with(|stored| unsafe { &*stored.cast::<Waker>() }.will_wake(waker))
    }

    /// # Safety
    /// The caller holds the lock, and the node is not linked.
    #[inline]
    pub(super) unsafe fn set_waker(&self, waker: Waker) {
        // SAFETY: *Locked List*: the caller holds the lock.
        self.waker.with_mut(|stored| unsafe { stored.cast::<Waker>().write(waker) });
    }

    /// # Safety
    /// The caller holds the lock, and the node is linked.
    #[inline]
    pub(super) unsafe fn replace_waker(&self, waker: Waker) -> Waker {
        // SAFETY: *Locked List*: the caller holds the lock, and the waker is initialized.
        self.waker.with_mut(|stored| unsafe { stored.cast::<Waker>().replace(waker) })
    }

    /// Moves the waker out and leaves its bytes behind.
    ///
    /// # Safety
    /// The caller holds the lock and has just unlinked the node.
    #[inline]
    pub(super) unsafe fn take_waker(&self) -> Waker {
        // SAFETY: *Locked List*: no thread writes it under the caller's lock. It was initialized
        // while the node was linked, and is moved out once, because a node is unlinked once.
        self.waker.with(|stored| unsafe { stored.cast::<Waker>().read() })
    }
}

/// Marks a node as complete. The owner may free the node before this function returns, so the
/// function takes no reference to the node.
///
/// ORDERING: `Release` pairs with the `Acquire` of `load_status`: the owner sees what previous
/// holders wrote, and that the completing thread is done with the node.
#[inline]
pub(super) fn complete(status: &impl Atomic<u8>, completion: Completion) {
    let status_of = match completion {
        Completion::Granted(()) => GRANTED,
        Completion::Refused => REFUSED,
    };
    status.store(status_of, Ordering::Release);
}

/// Checks *Pinned While Linked* and *Completion Comes Last*. loom treats these accesses as the
/// deallocation of the node.
#[cfg(debug_assertions)]
impl<P: Policy, F: Flavour> Drop for Node<P, F> {
    fn drop(&mut self) {
        self.waker.with_mut(|_| ());
        self.prev.0.with_mut(|_| ());
        // SAFETY: *Completion Comes Last*: only the owner has the node. In debug builds the link is
        // always initialized.
        let next = self.next.0.with_mut(|link| unsafe { link.cast::<*const Self>().read() });
        assert!(next.is_null(), "a node is dropped while it is linked");
    }
}

/// A pointer to a neighbour in the ring, initialized by linking. In debug builds it is null before
/// that, and `next` is null again after the node is unlinked.
struct Link<P: Policy, F: Flavour>(UnsafeCell<MaybeUninit<*const Node<P, F>>>);

impl<P: Policy, F: Flavour> Link<P, F> {
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
        // SAFETY: *Locked List*: the caller holds the lock.
        self.0.with_mut(|link| unsafe { link.write(MaybeUninit::new(ptr::null())) });
    }

    /// # Safety
    /// The caller holds the lock, the node is linked, and `'l` ends before the lock is released.
    #[inline]
    unsafe fn get<'l>(&self) -> &'l Node<P, F> {
        // SAFETY: *Locked List*: the caller holds the lock, and linking initializes links.
        let neighbour = self.0.with(|link| unsafe { link.cast::<*const Node<P, F>>().read() });
        // SAFETY: *Pinned While Linked*: the neighbours of a linked node are linked.
        unsafe { &*neighbour }
    }

    /// # Safety
    /// The caller holds the lock.
    #[inline]
    unsafe fn set(&self, neighbour: &Node<P, F>) {
        // SAFETY: *Locked List*: the caller holds the lock.
        self.0.with_mut(|link| unsafe { link.write(MaybeUninit::new(neighbour)) });
    }
}

/// A linked node, or `None` if the list is empty.
pub(super) type Front<P, F> = Option<NonNull<Node<P, F>>>;

/// The nodes of a queue in FIFO order. Only the lock holder accesses it.
///
/// In a ring of doubly linked nodes the last node is `prev` of the first, so one pointer is enough.
/// Unlinking is the same two stores wherever the node stands.
pub(super) struct List<P: Policy, F: Flavour> {
    /// Null when the list is empty.
    front: *const Node<P, F>,
}

impl<P: Policy, F: Flavour> List<P, F> {
    pub(super) const fn new() -> Self {
        Self { front: ptr::null() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.front.is_null()
    }

    #[inline]
    pub(super) fn front(&self) -> Front<P, F> {
        NonNull::new(self.front.cast_mut())
    }

    /// O(1).
    ///
    /// # Safety
    /// The caller holds the lock. The node is pinned and not linked, and is unlinked before it is
    /// dropped.
    #[inline]
    pub(super) unsafe fn push_back(&mut self, node: &Node<P, F>) {
        // SAFETY: *Pinned While Linked*: the front is linked.
        let (last, front) = match unsafe { self.front.as_ref() } {
            // SAFETY: *Locked List*: the caller holds the lock.
            Some(front) => (unsafe { front.prev.get() }, front),
            None => {
                self.front = node;
                (node, node)
            }
        };
        // SAFETY: *Locked List*: the caller holds the lock.
        unsafe { self.join(last, node) };
        // SAFETY: *Locked List*: the caller holds the lock.
        unsafe { self.join(node, front) };
    }

    /// Unlinks a node, and returns the node behind it, or the front if it was the last. O(1).
    ///
    /// # Safety
    /// The caller holds the lock, and the node is linked in this list.
    #[inline]
    pub(super) unsafe fn unlink(&mut self, node: &Node<P, F>) -> Front<P, F> {
        // SAFETY: *Locked List*: the caller holds the lock, and the node is linked.
        let prev = unsafe { node.prev.get() };
        // SAFETY: *Locked List*: as above.
        let next = unsafe { node.next.get() };
        // SAFETY: *Locked List*: the caller holds the lock.
        unsafe { self.join(prev, next) };
        #[cfg(debug_assertions)]
        // SAFETY: *Locked List*: the caller holds the lock.
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

    /// Walks the ring in both directions at once, and returns the number of linked nodes. O(n).
    ///
    /// # Safety
    /// The caller holds the lock.
    #[cfg(debug_assertions)]
    pub(super) unsafe fn assert_valid(&self) -> usize {
        // SAFETY: *Pinned While Linked*: the front is linked.
        let Some(front) = (unsafe { self.front.as_ref() }) else {
            return 0;
        };
        let (mut node, mut linked) = (front, 0);
        loop {
            // SAFETY: *Locked List*: the caller holds the lock, and the node is linked.
            let next = unsafe { node.next.get() };
            // SAFETY: *Locked List*: as above.
            assert!(ptr::eq(unsafe { next.prev.get() }, node), "neighbours must link each other");
            assert_eq!(node.status.peek(), PENDING, "a completed node must not be linked");
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
    unsafe fn join(&mut self, node: &Node<P, F>, next: &Node<P, F>) {
        // SAFETY: *Locked List*: the caller holds the lock.
        unsafe { node.next.set(next) };
        // SAFETY: *Locked List*: the caller holds the lock.
        unsafe { next.prev.set(node) };
    }
}
