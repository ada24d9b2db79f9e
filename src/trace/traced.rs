//! Waiters and grants that report what happens to them.

use core::{
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::Op;
use crate::queue::{self, Completed, Completion, Handle, Policy, Primitive, RequestOf};

pin_project! {
    pub(crate) struct Waiter<H: Handle<Target: Primitive>> {
        #[pin]
        waiter: queue::Waiter<H>,
        op: Op,
    }

    impl<H: Handle<Target: Primitive>> PinnedDrop for Waiter<H> {
        fn drop(this: Pin<&mut Self>) {
            let waiter = this.project().waiter;
            if waiter.cancel_now() {
                waiter.primitive().emit_state();
            }
        }
    }
}

impl<H: Handle<Target: Primitive>> Waiter<H> {
    pub(crate) fn new(handle: H, request: RequestOf<H>) -> Self {
        let op = handle.op(request);
        Self { waiter: queue::Waiter::new(handle, request), op }
    }

    /// Emits the state as well, because the first poll emits only the state of a grant.
    pub(crate) fn completed(handle: H, request: RequestOf<H>, completion: Completion) -> Self {
        let op = handle.op(request);
        let completed = Self { waiter: queue::Waiter::completed(handle, request, completion), op };
        completed.waiter.primitive().emit_state();
        completed
    }

    pub(crate) fn request(&self) -> RequestOf<H> {
        self.waiter.request()
    }

    pub(crate) fn enable(self: Pin<&mut Self>) -> bool {
        let mut waiter = self.project().waiter;
        let is_complete = waiter.as_mut().enable();
        waiter.primitive().emit_state();
        is_complete
    }

    pub(crate) fn is_queued(&self) -> bool {
        self.waiter.is_queued()
    }

    pub(crate) fn poll(self: Pin<&mut Self>, cx: &Context<'_>) -> Poll<Completed<H>> {
        let mut this = self.project();
        let was_queued = this.waiter.is_queued();
        let Poll::Ready(completed) = this.waiter.as_mut().poll(cx) else {
            if !was_queued {
                this.waiter.primitive().emit_state();
            }
            this.op.emit_pending();
            return Poll::Pending;
        };
        // Releases what was granted if the subscriber panics.
        let grant = (completed.completion == Completion::Granted(()))
            .then(|| Grant::new(&*completed.handle, completed.request));
        if grant.is_some() {
            completed.handle.emit_state();
        }
        this.op.emit_ready();
        mem::forget(grant);
        Poll::Ready(completed)
    }
}

pub(crate) struct Grant<H, R: Copy>(Option<queue::Grant<H, R>>)
where
    H: Handle<Target: Primitive<Policy: Policy<Request = R>>>;

impl<H, R: Copy> Grant<H, R>
where
    H: Handle<Target: Primitive<Policy: Policy<Request = R>>>,
{
    pub(crate) fn new(handle: H, request: R) -> Self {
        Self(Some(queue::Grant::new(handle, request)))
    }

    fn grant(&self) -> &queue::Grant<H, R> {
        self.0.as_ref().expect("a grant is there until it is dropped")
    }

    pub(crate) fn handle(&self) -> &H {
        self.grant().handle()
    }

    pub(crate) fn request(&self) -> R {
        self.grant().request()
    }

    pub(crate) fn set_request(&mut self, request: R) {
        self.0.as_mut().expect("a grant is there until it is dropped").set_request(request);
    }

    pub(crate) fn into_parts(mut self) -> (H, R) {
        self.0.take().expect("a grant is there until it is dropped").into_parts()
    }
}

impl<H, R: Copy> Drop for Grant<H, R>
where
    H: Handle<Target: Primitive<Policy: Policy<Request = R>>>,
{
    fn drop(&mut self) {
        if let Some(grant) = self.0.take() {
            let (handle, request) = grant.into_parts();
            handle.queue().release(request);
            handle.emit_state();
        }
    }
}
