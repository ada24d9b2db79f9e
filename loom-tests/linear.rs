//! Races each pair of operations on a primitive.
//!
//! Two threads perform one operation each. What they observe, and the state afterwards, must be
//! what a reference shows if one of the operations runs before the other. In other words, the
//! operations must be linearizable.

use std::{fmt::Debug, pin::Pin, task::Poll};

use loom::{model, thread};

use crate::task::Task;

/// A primitive under test.
pub(crate) trait Subject: Sync + 'static {
    /// What a wait is for, if the primitive has several kinds of waits.
    type Kind: Copy + Debug + Send + Sync + 'static;
    type Wait: Future + Send;
    /// An operation on the primitive itself.
    type Call: Copy + Debug + Send + Sync + 'static;

    /// Releases what completed waits hold.
    const RELEASE: Option<Self::Call> = None;

    fn new() -> Self;
    fn wait(&'static self, kind: Self::Kind) -> Self::Wait;
    /// Keeps the output of a wait, and accesses the data that it protects.
    fn keep(&'static self, _: <Self::Wait as Future>::Output) {}
    fn waiters(&self) -> usize;
    fn assert_valid(&self);
    /// Performs the call and returns its result.
    fn call(&'static self, call: Self::Call) -> bool;

    /// Enqueues the wait without a waker. Returns whether it is complete.
    fn enable(_: Pin<&mut Self::Wait>) -> bool {
        unreachable!("waits of this primitive cannot be enabled");
    }
}

/// A single-threaded reference model of the primitive. A number identifies each wait.
pub(crate) trait Reference<S: Subject> {
    fn new() -> Self;
    fn create(&mut self, wait: usize, kind: S::Kind);
    fn poll(&mut self, wait: usize) -> bool;
    fn cancel(&mut self, wait: usize);
    fn waiters(&self) -> usize;
    fn call(&mut self, call: S::Call) -> bool;

    fn enable(&mut self, _: usize) -> bool {
        unreachable!("waits of this primitive cannot be enabled");
    }
}

/// The state of a wait when the race begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start<C, K = ()> {
    /// The operation has no wait when it begins.
    NoWait,
    Created(K),
    Queued(K),
    /// Created, and then completed by this call.
    CreatedAndCompletedBy(K, C),
    /// Queued, and then completed by this call.
    QueuedAndCompletedBy(K, C),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Action<C, K = ()> {
    Create(K),
    Poll,
    PollWithNewWaker,
    Enable,
    Cancel,
    Perform(C),
}

pub(crate) type Operation<C, K = ()> = (Start<C, K>, Action<C, K>);
type OperationOf<S> = Operation<<S as Subject>::Call, <S as Subject>::Kind>;

/// A state in which a race begins: a call that precedes everything else, and another waiter at the
/// end of the queue.
pub(crate) type Setup<C, K = ()> = (Option<C>, Option<K>);
type SetupOf<S> = Setup<<S as Subject>::Call, <S as Subject>::Kind>;

/// What both threads observe, and what is observed afterwards.
#[derive(Debug, PartialEq)]
struct Outcome {
    results: [bool; 2],
    waiters: usize,
    /// Whether each remaining wait completes when polled: at once, and after each release.
    is_complete: Vec<bool>,
    /// Whether a new wait of each kind completes at once.
    completes_new_wait: bool,
}

/// The identifiers of the waits of the two operations, of the other waiter, and of a new wait.
const WAITS: [usize; 2] = [0, 1];
const BYSTANDER: usize = 2;
const NEW: usize = 3;

/// Remaining waits are polled this often. What they hold is released after each time.
const ROUNDS: usize = 3;

impl<C: Copy, K: Copy> Start<C, K> {
    fn kind(self) -> Option<K> {
        match self {
            Self::NoWait => None,
            Self::Created(kind)
            | Self::Queued(kind)
            | Self::CreatedAndCompletedBy(kind, _)
            | Self::QueuedAndCompletedBy(kind, _) => Some(kind),
        }
    }

    fn is_queued(self) -> bool {
        matches!(self, Self::Queued(_) | Self::QueuedAndCompletedBy(..))
    }

    fn completed_by(self) -> Option<C> {
        match self {
            Self::CreatedAndCompletedBy(_, call) | Self::QueuedAndCompletedBy(_, call) => {
                Some(call)
            }
            _ => None,
        }
    }
}

/// Returns the indexes of the operations in the order in which they are prepared. A call that
/// completes a wait must not find others.
fn preparation<C: Copy, K: Copy>(both: &[Operation<C, K>; 2]) -> [usize; 2] {
    let [one, other] = both.map(|(start, _)| start.completed_by().is_some());
    if other && !one { [1, 0] } else { [0, 1] }
}

/// Runs the operations on the reference, in the given order. Returns `None` if the race cannot
/// begin like this, because a wait that is to be queued completes.
fn expect<S: Subject, R: Reference<S>>(
    (before, bystander): SetupOf<S>,
    both: &[OperationOf<S>; 2],
    order: [usize; 2],
) -> Option<Outcome> {
    let mut reference = R::new();
    before.map(|call| reference.call(call));
    let mut left = [false; 3];
    for index in preparation(both) {
        let (wait, start) = (WAITS[index], both[index].0);
        if let Some(kind) = start.kind() {
            reference.create(wait, kind);
            left[wait] = true;
        }
        if start.is_queued() && reference.poll(wait) {
            return None;
        }
        start.completed_by().map(|call| reference.call(call));
    }
    if let Some(kind) = bystander {
        reference.create(BYSTANDER, kind);
        if reference.poll(BYSTANDER) {
            return None;
        }
        left[BYSTANDER] = true;
    }
    let mut results = [true; 2];
    for index in order {
        let wait = WAITS[index];
        match both[index].1 {
            Action::Create(kind) => {
                reference.create(wait, kind);
                left[wait] = true;
            }
            Action::Poll | Action::PollWithNewWaker => {
                results[index] = reference.poll(wait);
                left[wait] = !results[index];
            }
            Action::Enable => results[index] = reference.enable(wait),
            Action::Cancel => {
                reference.cancel(wait);
                left[wait] = false;
            }
            Action::Perform(call) => results[index] = reference.call(call),
        }
    }
    let waiters = reference.waiters();
    let mut is_complete = Vec::new();
    for _ in 0..ROUNDS {
        for wait in
            (0..left.len()).filter(|&wait| std::mem::take(&mut left[wait])).collect::<Vec<_>>()
        {
            is_complete.push(reference.poll(wait));
            left[wait] = !is_complete[is_complete.len() - 1];
        }
        S::RELEASE.map(|call| reference.call(call));
    }
    let kind = both.iter().find_map(|(start, _)| start.kind()).or(bystander);
    let completes_new_wait = kind.is_some_and(|kind| {
        reference.create(NEW, kind);
        reference.poll(NEW)
    });
    Some(Outcome { results, waiters, is_complete, completes_new_wait })
}

/// Performs the action. Returns what it observes, and the wait if it is not over.
fn perform<S: Subject>(
    subject: &'static S,
    action: Action<S::Call, S::Kind>,
    task: Option<Task<S::Wait>>,
) -> (bool, Option<Task<S::Wait>>) {
    match action {
        Action::Perform(call) => (subject.call(call), task),
        Action::Cancel => {
            drop(task);
            (true, None)
        }
        Action::Create(kind) => (true, Some(Task::new(subject.wait(kind)))),
        Action::Enable => {
            let mut task = task.expect("the wait was created");
            (S::enable(task.future.as_mut()), Some(task))
        }
        Action::Poll | Action::PollWithNewWaker => {
            let mut task = task.expect("the wait was created");
            if let Action::PollWithNewWaker = action {
                task.change_waker();
            }
            let is_complete = poll(subject, &mut task);
            (is_complete, (!is_complete).then_some(task))
        }
    }
}

/// Polls a wait, and keeps its output. Returns whether it is complete.
fn poll<S: Subject>(subject: &'static S, task: &mut Task<S::Wait>) -> bool {
    match task.poll() {
        Poll::Ready(output) => {
            subject.keep(output);
            true
        }
        Poll::Pending => false,
    }
}

/// Runs the operations on two threads.
fn race<S: Subject>((before, bystander): SetupOf<S>, both: &[OperationOf<S>; 2]) -> Outcome {
    let subject: &'static S = Box::leak(Box::new(S::new()));
    before.map(|call| subject.call(call));
    let mut tasks = [None, None];
    for index in preparation(both) {
        let start = both[index].0;
        tasks[index] = start.kind().map(|kind| {
            let mut task = Task::new(subject.wait(kind));
            assert!(!start.is_queued() || task.poll().is_pending());
            task
        });
        start.completed_by().map(|call| subject.call(call));
    }
    let kind = both.iter().find_map(|(start, _)| start.kind()).or(bystander);
    let bystander = bystander.map(|kind| Task::waiting(subject.wait(kind)));
    let [task, other] = tasks;
    let [(_, action), (_, other_action)] = *both;
    let thread = thread::spawn(move || perform(subject, action, task));
    let (other_result, other) = perform(subject, other_action, other);
    let (result, task) = thread.join().unwrap();

    subject.assert_valid();
    let waiters = subject.waiters();
    // A wait that was not polled has no waker yet.
    let was_polled = |action| !matches!(action, Action::Create(_) | Action::Enable);
    let mut left = [
        task.map(|task| (task, was_polled(action))),
        other.map(|task| (task, was_polled(other_action))),
        bystander.map(|task| (task, true)),
    ];
    let mut is_complete = Vec::new();
    for _ in 0..ROUNDS {
        for left in &mut left {
            let Some((task, was_polled)) = left else {
                continue;
            };
            let is_woken = task.wakeups() > 0;
            let completes = poll(subject, task);
            if std::mem::replace(was_polled, true) {
                assert_eq!(is_woken, completes, "a waiter must be woken exactly if it completes");
            }
            is_complete.push(completes);
            if completes {
                *left = None;
            }
            subject.assert_valid();
        }
        S::RELEASE.map(|call| subject.call(call));
    }
    let completes_new_wait = kind.is_some_and(|kind| {
        let mut task = Task::new(subject.wait(kind));
        poll(subject, &mut task)
    });
    Outcome { results: [result, other_result], waiters, is_complete, completes_new_wait }
}

/// Races one operation with every operation, itself included, in each of the setups.
pub(crate) fn races_all<S: Subject, R: Reference<S>>(
    one: OperationOf<S>,
    all: &[OperationOf<S>],
    setups: &'static [SetupOf<S>],
) {
    for &other in all {
        for &setup in setups {
            let both = [one, other];
            if expect::<S, R>(setup, &both, [0, 1]).is_none() {
                continue;
            }
            println!("{both:?} in {setup:?}");
            model(move || {
                let outcome = race::<S>(setup, &both);
                let expected = [[0, 1], [1, 0]].map(|order| expect::<S, R>(setup, &both, order));
                let is_expected = expected.iter().flatten().any(|expected| *expected == outcome);
                assert!(is_expected, "{outcome:?} must match a sequential order: {expected:?}");
            });
        }
    }
}
