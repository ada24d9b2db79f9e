//! What a primitive makes of the value of its queue.

/// Decides which requests are granted. Both functions are pure.
///
/// # Front law
///
/// The front of the queue can always be completed without anything behind it. A policy must not
/// refuse a request and later grant the same one.
pub trait Policy {
    /// What a waiter asks for.
    type Request: Copy + Send + Sync;

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
