//! The trait that decides which requests the value of a queue can grant.

/// Decides which requests the value of a [`WaitQueue`](super::WaitQueue) grants.
///
/// A policy is a type without values, such as an empty enum. Its functions are pure: they depend on
/// their arguments only. They run several times for one wait, and under the lock of the queue, so
/// they must be quick and must not use the queue. The [laws](crate::wait_queue#laws) list what else
/// a policy must do, and what happens if it does not.
///
/// # Examples
///
/// A latch that opens once the last of its tasks is done:
///
/// ```
/// use compio_sync::wait_queue::{Policy, Verdict, WaitQueue};
///
/// /// The value is the number of running tasks.
/// enum AllDone {}
///
/// impl Policy for AllDone {
///     type Request = ();
///
///     fn decide(running: isize, (): ()) -> Verdict {
///         if running == 0 { Verdict::Refuse } else { Verdict::Wait }
///     }
///
///     fn release(running: isize, (): ()) -> isize {
///         running - 1
///     }
/// }
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let tasks = WaitQueue::<AllDone>::new(2);
/// let task = async { tasks.release(()) };
/// futures::join!(tasks.acquire(()), task, async { tasks.release(()) });
/// # });
/// ```
pub trait Policy {
    /// What a waiter asks for.
    type Request: Copy + Send + Sync;

    /// Whether [`decide`](Self::decide) may refuse a request. By default, it may.
    ///
    /// If it is `false`, polling a queued waiter again does not load the value. A policy that
    /// refuses a request nevertheless makes the call panic.
    const MAY_REFUSE: bool = true;

    /// Whether a release while the queue is empty changes the value. By default, it does.
    ///
    /// If it is `false`, such a release has no effect.
    const STORES: bool = true;

    /// The policy is one of this crate, and is not checked. No safety depends on it.
    #[doc(hidden)]
    const IS_TRUSTED: bool = false;

    /// Decides about a request at this value.
    ///
    /// If the policy refuses a request, it must refuse it at every later value as well. So a
    /// request that can be both refused and granted must be refused.
    fn decide(value: isize, request: Self::Request) -> Verdict;

    /// Returns the value after a request is released.
    fn release(value: isize, request: Self::Request) -> isize;

    /// Decides whether a request that must wait is enqueued. By default, it is enqueued unchanged.
    ///
    /// It may change the value and the request together with the queue. For example, a barrier
    /// counts the arriving task, and grants the last one.
    #[inline]
    fn enqueue(value: isize, request: Self::Request) -> Arrival<Self::Request> {
        Arrival::Enqueue(value, request)
    }

    /// Returns the value after a queued request leaves the queue without a grant. By default, the
    /// value is unchanged.
    ///
    /// The queue does not call it for a request that is granted or refused at the front. It does
    /// call it for a wait that is dropped, or that finds itself refused while it is polled.
    #[inline]
    fn cancel(value: isize, _request: Self::Request) -> isize {
        value
    }
}

/// What a [`Policy`] decides about a request that is about to be enqueued.
///
/// # Examples
///
/// See [`Policy::enqueue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival<R> {
    /// The request is enqueued. This is the value and the request from then on.
    Enqueue(isize, R),
    /// The request is granted, and this is the value from then on. Queued waiters that the policy
    /// no longer makes wait are then completed as well.
    Grant(isize),
}

/// What a [`Policy`] decides about a request.
///
/// # Examples
///
/// See [`Policy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The request is granted, and this is the value from then on.
    Grant(isize),
    /// The request waits.
    Wait,
    /// The request completes without acquiring anything. So does every equal request after it.
    Refuse,
}

/// How a wait ended.
///
/// # Examples
///
/// A policy whose refusals mean "closed" maps them to an error:
///
/// ```
/// use compio_sync::wait_queue::Completion;
///
/// #[derive(Debug, PartialEq)]
/// struct Closed;
///
/// fn open<T>(completion: Completion<T>) -> Result<T, Closed> {
///     completion.granted().ok_or(Closed)
/// }
///
/// assert_eq!(open(Completion::Granted("slot")), Ok("slot"));
/// assert_eq!(open(Completion::<()>::Refused), Err(Closed));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "what was granted is released as soon as it is dropped"]
pub enum Completion<T = ()> {
    /// The request was granted, and what was granted must be released.
    Granted(T),
    /// The request was refused: the wait is over, and nothing was acquired.
    Refused,
}

impl<T> Completion<T> {
    /// Returns what was granted, or `None` if the request was refused.
    ///
    /// # Examples
    ///
    /// See [`Completion`].
    #[inline]
    pub fn granted(self) -> Option<T> {
        match self {
            Self::Granted(granted) => Some(granted),
            Self::Refused => None,
        }
    }
}
