//! The trait that decides which requests the value of a queue can grant.

/// Decides which requests are granted. All functions are pure.
///
/// # Contract
///
/// Whether the front of the queue can be completed never depends on the waiters behind it. Once a
/// policy refuses a request, it must refuse every equal request from then on.
pub trait Policy {
    /// What a waiter asks for.
    type Request: Copy + Send + Sync;

    /// Whether [`decide`](Self::decide) may refuse a request. If it never does, polling a queued
    /// waiter again does not load the value.
    const MAY_REFUSE: bool;

    /// Whether a release while the queue is empty changes the value. If not, such a release has no
    /// effect.
    const STORES: bool = true;

    /// Decides about a request at this value.
    fn decide(value: isize, request: Self::Request) -> Verdict;

    /// Returns the value after a granted request is released.
    fn release(value: isize, request: Self::Request) -> isize;

    /// Decides whether a request that must wait is enqueued. By default it is.
    #[inline]
    fn enqueue(value: isize, request: Self::Request) -> Arrival<Self::Request> {
        Arrival::Enqueue(value, request)
    }

    /// Returns the value after a queued request is cancelled.
    #[inline]
    fn cancel(value: isize, _request: Self::Request) -> isize {
        value
    }
}

/// What a [`Policy`] decides about a request that is about to be enqueued.
#[derive(Clone, Copy, Debug)]
pub enum Arrival<R> {
    /// The request is enqueued. This is the value and the request from then on.
    Enqueue(isize, R),
    /// The request is granted, and this is the value from then on. Queued waiters that the policy
    /// no longer makes wait are then completed as well.
    Grant(isize),
}

/// What a [`Policy`] decides about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The request is granted, and this is the value from then on.
    Grant(isize),
    /// The request waits.
    Wait,
    /// The request completes without acquiring anything. So does every equal request after it.
    Refuse,
}
