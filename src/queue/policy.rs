//! The trait that decides which requests the value of a queue can grant.

/// Decides which requests the value of a [`WaitQueue`](super::WaitQueue) grants.
///
/// A policy type is never instantiated, so use an empty enum. Its functions are pure: they depend
/// on their arguments only. The queue may call them several times per wait, and while it is locked,
/// so they must be quick and must not use the queue. The [contract](crate::wait_queue#contract)
/// lists what else a policy must do, and what happens otherwise.
///
/// # Examples
///
/// A latch that opens once its two tasks are done:
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
///         // A refusal completes every waiter and acquires nothing, like a broadcast.
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

    /// Skips the checks of returned values, for this crate's own policies. No safety depends on it.
    #[doc(hidden)]
    const IS_TRUSTED: bool = false;

    /// Decides about a request at this value.
    ///
    /// Once it has refused a request, it must refuse every equal request from then on. So if both a
    /// refusal and a grant apply, refuse the request.
    fn decide(value: isize, request: Self::Request) -> Verdict;

    /// Returns the value after a request is released.
    fn release(value: isize, request: Self::Request) -> isize;

    /// Decides whether a request that must wait is enqueued. By default, it is enqueued unchanged.
    ///
    /// It can change the value and the request in the same atomic step. For example, a barrier
    /// counts the arriving task, and grants the request of the last one. The queue may call it
    /// several times per wait.
    #[inline]
    fn enqueue(value: isize, request: Self::Request) -> Arrival<Self::Request> {
        Arrival::Enqueue(value, request)
    }

    /// Returns the value after a queued wait is cancelled. By default, the value is unchanged.
    ///
    /// The queue calls it when a queued wait is dropped, or when polling the wait finds it refused.
    /// It does not call it for a wait that a releaser completes. Whether a refused wait is
    /// cancelled is therefore a race, so the hook must ignore requests that are refused at this
    /// value.
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
    /// Enqueues the request, and sets the value and the request.
    Enqueue(isize, R),
    /// Grants the request, and sets the value. The queue then completes the waiters that can
    /// proceed.
    Grant(isize),
}

/// What a [`Policy`] decides about a request.
///
/// # Examples
///
/// See [`Policy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Grants the request, and sets the value.
    Grant(isize),
    /// Makes the request wait.
    Wait,
    /// Completes the request without acquiring anything. Every later equal request must be refused
    /// as well.
    Refuse,
}

/// The result of a wait.
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
#[must_use = "dropping a grant releases the request immediately"]
pub enum Completion<T = ()> {
    /// The request was granted.
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
