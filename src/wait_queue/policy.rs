//! The trait that decides which requests the value of a queue can grant.

/// Decides which requests are granted. Both functions are pure.
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

    /// Decides about a request at this value.
    fn decide(value: isize, request: Self::Request) -> Verdict;

    /// Returns the value after a granted request is released.
    fn release(value: isize, request: Self::Request) -> isize;
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
