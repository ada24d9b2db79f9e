//! The traits of a primitive and of a reference to it, and the guard of a granted request.

use core::{mem::ManuallyDrop, ops::Deref, ptr};

use super::{Policy, WaitQueue, checked::guard_destructor};
use crate::{flavour::Flavour, trace};

/// A primitive that stands on a wait queue.
pub trait Primitive {
    type Policy: Policy;
    type Flavour: Flavour;

    fn queue(&self) -> &WaitQueue<Self::Policy, Self::Flavour>;

    /// The span of a wait, for [`trace`](crate::trace).
    #[inline]
    fn op(&self, _: <Self::Policy as Policy>::Request) -> trace::Op {
        trace::Op::disabled()
    }

    /// Emits the state, for [`trace`](crate::trace). No lock is held.
    #[inline]
    fn emit_state(&self) {}
}

/// A reference to a primitive that a future or a guard holds: `&T`, `Arc<T>` or `Rc<T>`.
///
/// The trait is sealed.
///
/// # Safety
///
/// The primitive is neither moved nor dropped while the handle exists, even if the handle is moved.
pub unsafe trait Handle: Deref + Pointer {}

/// It seals [`Handle`].
pub trait Pointer {}

impl<T: ?Sized> Pointer for &T {}
#[cfg(feature = "alloc")]
impl<T: ?Sized> Pointer for alloc::sync::Arc<T> {}
#[cfg(feature = "alloc")]
impl<T: ?Sized> Pointer for alloc::rc::Rc<T> {}

// SAFETY: *Stable Handle*: a borrowed value is neither moved nor dropped.
unsafe impl<T: ?Sized> Handle for &T {}

// SAFETY: *Stable Handle*: a counted value lives at one place as long as its count.
#[cfg(feature = "alloc")]
unsafe impl<T: ?Sized> Handle for alloc::sync::Arc<T> {}

// SAFETY: *Stable Handle*: as above.
#[cfg(feature = "alloc")]
unsafe impl<T: ?Sized> Handle for alloc::rc::Rc<T> {}

pub(crate) type PolicyOf<H> = <<H as Deref>::Target as Primitive>::Policy;
pub(crate) type FlavourOf<H> = <<H as Deref>::Target as Primitive>::Flavour;
pub(crate) type RequestOf<H> = <PolicyOf<H> as Policy>::Request;
pub(super) type QueueOf<H> = WaitQueue<PolicyOf<H>, FlavourOf<H>>;

/// A granted request, released when dropped.
///
/// `R` is the request of the primitive. A parameter keeps the grant covariant in a borrowed handle.
pub(crate) struct Grant<H, R: Copy>
where
    H: Handle<Target: Primitive<Policy: Policy<Request = R>>>,
{
    handle: H,
    request: R,
}

impl<H, R: Copy> Grant<H, R>
where
    H: Handle<Target: Primitive<Policy: Policy<Request = R>>>,
{
    /// Owns a request that was granted and has no other owner.
    #[inline]
    pub(crate) fn new(handle: H, request: R) -> Self {
        Self { handle, request }
    }

    #[inline]
    pub(crate) fn handle(&self) -> &H {
        &self.handle
    }

    #[inline]
    pub(crate) fn request(&self) -> R {
        self.request
    }

    /// Changes the request that is released. The caller accounts for the difference.
    #[inline]
    pub(crate) fn set_request(&mut self, request: R) {
        self.request = request;
    }

    /// Returns the parts, and releases nothing.
    pub(crate) fn into_parts(self) -> (H, R) {
        let grant = ManuallyDrop::new(self);
        // SAFETY: *Moved Once*: `grant` is not dropped.
        (unsafe { ptr::read(&grant.handle) }, grant.request)
    }
}

impl<H, R: Copy> Drop for Grant<H, R>
where
    H: Handle<Target: Primitive<Policy: Policy<Request = R>>>,
{
    #[inline]
    fn drop(&mut self) {
        guard_destructor::<PolicyOf<H>>(|| self.handle.queue().release(self.request));
    }
}
