//! The barrier: makes tasks wait until a given number of them have arrived.

mod wait;

use core::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

pub use self::wait::{BarrierWait, BarrierWaitResult};
use crate::{
    error::too_many,
    flavour::Flavour,
    loom::const_unless_loom,
    queue::{Arrival, MAX_VALUE, Policy, Primitive, Verdict, WaitQueue},
    trace,
};

/// A barrier, at which tasks wait until a given number of them have arrived.
///
/// Each task [waits](Self::wait) at the barrier. The last one to arrive is the *leader*: it
/// completes all waits, and starts the next *generation*. The barrier can be used again at once, by
/// the same tasks or by others.
///
/// `F` is the flavour: [`Barrier`](crate::Barrier) is shared between threads, and
/// [`unsync::Barrier`](crate::unsync::Barrier) stays on one thread. A barrier takes four words and
/// never allocates.
///
/// # Fairness
///
/// The leader wakes the other tasks in the order in which they arrived. Tasks may arrive for the
/// next generation while the leader is still waking the previous one.
///
/// # Cancel safety
///
/// A task arrives when its wait is first polled. If the wait is dropped before its generation is
/// complete, the task no longer counts as arrived. Another task must arrive instead. Dropping a
/// wait later has no effect on the barrier. The leader is always the last task to arrive, so
/// cancelling an earlier wait never leaves a generation without a leader.
///
/// # Memory ordering
///
/// Arriving at the barrier happens-before the return of every wait of the same generation.
///
/// # Examples
///
/// Workers finish each round together, and the leader counts the rounds:
///
/// ```
/// use std::{cell::Cell, rc::Rc};
///
/// use compio_sync::unsync::Barrier;
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let (barrier, rounds) = (Rc::new(Barrier::new(3)), Rc::new(Cell::new(0)));
/// let workers: Vec<_> = (0..3)
///     .map(|_| {
///         let (barrier, rounds) = (barrier.clone(), rounds.clone());
///         compio::runtime::spawn(async move {
///             for _ in 0..10 {
///                 if barrier.wait().await.is_leader() {
///                     rounds.set(rounds.get() + 1);
///                 }
///             }
///         })
///     })
///     .collect();
/// for worker in workers {
///     worker.await.unwrap();
/// }
/// assert_eq!(rounds.get(), 10);
/// # });
/// ```
pub struct Barrier<F: Flavour> {
    queue: WaitQueue<UntilAllArrive, F>,
    tasks: u32,
    resource: trace::Resource,
}

impl<F: Flavour> Barrier<F> {
    /// The largest number of tasks: 4,294,967,295 (2^32 - 1) on 64-bit targets, and 2,097,151
    /// (2^21 - 1) on 32-bit targets.
    pub const MAX_TASKS: usize = {
        let max = count(MAX_VALUE) as usize;
        if max < u32::MAX as usize { max } else { u32::MAX as usize }
    };

    const_unless_loom! {
        /// Creates a barrier for `tasks` tasks. If `tasks` is 0 or 1, every wait is ready at once.
        ///
        /// Under `cfg(loom)` this is not a `const fn`.
        ///
        /// # Panics
        ///
        /// If `tasks` exceeds [`MAX_TASKS`](Self::MAX_TASKS). In a `const` or `static` that is a
        /// compile-time error.
        ///
        /// # Examples
        ///
        /// ```
        /// use compio_sync::Barrier;
        ///
        /// static START: Barrier = Barrier::new(4);
        /// assert_eq!(START.waiters(), 0);
        /// ```
        #[must_use]
        #[track_caller]
        pub fn new(tasks: usize) -> Self {
            if tasks > Self::MAX_TASKS {
                too_many("a barrier for ", tasks, " tasks exceeds MAX_TASKS (", Self::MAX_TASKS);
            }
            let tasks = if tasks == 0 { 1 } else { tasks as u32 };
            let resource = trace::Resource::new("Barrier");
            Self { queue: WaitQueue::new(0), tasks, resource }
        }
    }

    /// Waits until all tasks have arrived.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time, see [`BarrierWait`].
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::Barrier;
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let barrier = Barrier::new(2);
    /// let (one, other) = futures::join!(barrier.wait(), barrier.wait());
    /// assert!(one.is_leader() != other.is_leader());
    /// # });
    /// ```
    #[inline]
    pub fn wait(&self) -> BarrierWait<&Self> {
        BarrierWait::new(self)
    }

    /// Returns a snapshot of the number of queued waiters.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{pin::pin, task::{Context, Waker}};
    ///
    /// use compio_sync::Barrier;
    ///
    /// let barrier = Barrier::new(2);
    /// let mut wait = pin!(barrier.wait());
    /// assert!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    /// assert_eq!(barrier.waiters(), 1);
    /// ```
    #[must_use]
    pub fn waiters(&self) -> usize {
        self.queue.waiters()
    }

    /// The request of a task that has not arrived.
    fn request(&self) -> Arrived {
        Arrived { tasks: self.tasks, ticket: None }
    }

    /// Panics if an invariant of the wait queue does not hold, in debug builds.
    #[cfg(debug_assertions)]
    #[doc(hidden)]
    pub fn assert_valid(&self) {
        self.queue.assert_valid();
    }
}

/// The policy of the queue.
///
/// ```text
/// value:  | number of tasks that have arrived | generation |
/// ```
///
/// The generation may wrap around, because waits of at most two generations are queued at a time.
/// The last task of a generation first completes all waits of the previous one.
#[derive(Debug)]
pub enum UntilAllArrive {}

const GENERATION_BITS: u32 = 8;
const ONE_TASK: isize = 1 << GENERATION_BITS;

/// A task at the barrier.
#[derive(Clone, Copy, Debug)]
pub struct Arrived {
    tasks: u32,
    /// The generation in which the task has arrived.
    ticket: Option<u8>,
}

const fn count(value: isize) -> isize {
    value >> GENERATION_BITS
}

const fn generation(value: isize) -> u8 {
    value as u8
}

impl Policy for UntilAllArrive {
    type Request = Arrived;

    const IS_TRUSTED: bool = true;

    #[inline]
    fn decide(value: isize, task: Arrived) -> Verdict {
        match task.ticket {
            Some(ticket) if ticket != generation(value) => Verdict::Refuse,
            _ => Verdict::Wait,
        }
    }

    /// The leader holds nothing.
    fn release(value: isize, _: Arrived) -> isize {
        value
    }

    /// The last task to arrive starts the next generation.
    #[inline]
    fn enqueue(value: isize, task: Arrived) -> Arrival<Arrived> {
        if count(value) + 1 == task.tasks as isize {
            return Arrival::Grant(generation(value).wrapping_add(1).into());
        }
        let ticket = Some(generation(value));
        Arrival::Enqueue(value + ONE_TASK, Arrived { ticket, ..task })
    }

    #[inline]
    fn cancel(value: isize, task: Arrived) -> isize {
        if task.ticket == Some(generation(value)) { value - ONE_TASK } else { value }
    }
}

impl<F: Flavour> Primitive for Barrier<F> {
    type Policy = UntilAllArrive;
    type Flavour = F;

    #[inline]
    fn queue(&self) -> &WaitQueue<UntilAllArrive, F> {
        &self.queue
    }

    #[inline]
    fn op(&self, _: Arrived) -> trace::Op {
        self.resource.op("Barrier::wait")
    }

    #[inline]
    fn emit_state(&self) {
        trace::emit_state!(
            self.resource,
            arrived: count(self.queue.value()) as usize,
            tasks: self.tasks
        );
    }
}

// After a panic, each wait is still in a valid state: queued, complete or cancelled.
impl<F: Flavour> UnwindSafe for Barrier<F> {}
impl<F: Flavour> RefUnwindSafe for Barrier<F> {}

impl<F: Flavour> fmt::Debug for Barrier<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier")
            .field("tasks", &self.tasks)
            .field("arrived", &count(self.queue.value()))
            .field("waiters", &self.waiters())
            .finish()
    }
}
