//! The guard of a granted request.

use core::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

use super::{Policy, Queued, RequestOf};
use crate::queue::{self, Handle};

/// A granted request, which is released when dropped.
///
/// `H` is a reference to the primitive: `&T`, `Arc<T>` or `Rc<T>` of a `T` that is [`Queued`].
///
/// # Memory ordering
///
/// Everything that a holder does before the release happens-before the return of every acquire that
/// the release lets complete.
///
/// # Panics
///
/// Dropping it panics if the policy panics.
///
/// # Examples
///
/// See [`Queued`].
#[must_use = "a grant is released as soon as it is dropped"]
pub struct Grant<H: Handle<Target: Queued>>(queue::Grant<H, RequestOf<H>>);

impl<H: Handle<Target: Queued>> Grant<H> {
    /// Owns a request that was granted and has no other owner.
    #[inline]
    pub(super) fn new(handle: H, request: RequestOf<H>) -> Self {
        Self(queue::Grant::new(handle, request))
    }

    /// Returns the reference to the primitive.
    ///
    /// # Examples
    ///
    /// A permit that shows how many other permits are left:
    ///
    /// ```
    /// use compio_sync::wait_queue::{Grant, Policy, WaitQueue};
    ///
    /// struct Permit<'a, P: Policy>(Grant<&'a WaitQueue<P>>);
    ///
    /// impl<P: Policy> Permit<'_, P> {
    ///     fn left(&self) -> isize {
    ///         self.0.handle().value()
    ///     }
    /// }
    /// ```
    #[inline]
    #[must_use]
    pub fn handle(&self) -> &H {
        self.0.handle()
    }

    /// Returns the request that was granted.
    ///
    /// If [`Policy::enqueue`] changed the request, it is the changed one.
    #[inline]
    #[must_use]
    pub fn request(&self) -> RequestOf<H> {
        self.0.request()
    }

    /// Forgets the grant without releasing it, and returns the reference to the primitive.
    ///
    /// The primitive can release the request later, with
    /// [`release`](crate::generic::WaitQueue::release).
    ///
    /// # Examples
    ///
    /// See the [module documentation](crate::wait_queue).
    pub fn forget(self) -> H {
        self.0.into_parts().0
    }
}

// A grant holds a request, which no panic changes, and a reference.
impl<H: Handle<Target: Queued> + UnwindSafe> UnwindSafe for Grant<H> {}
impl<H: Handle<Target: Queued> + RefUnwindSafe> RefUnwindSafe for Grant<H> {}

impl<H> fmt::Debug for Grant<H>
where
    H: Handle<Target: Queued<Policy: Policy<Request: fmt::Debug>>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant").field("request", &self.request()).finish_non_exhaustive()
    }
}
