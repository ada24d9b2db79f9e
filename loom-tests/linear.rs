//! Races each pair of operations on a primitive whose waits complete without a value.
//!
//! Two threads perform one operation each. What they observe, and the state afterwards, must be
//! what a reference shows if one of the operations runs before the other. In other words, the
//! operations must be linearizable.

use std::{fmt::Debug, pin::Pin, task::Poll};

use loom::{model, thread};

use crate::task::Task;

/// A primitive under test.
pub(crate) trait Subject: Sync + 'static {
    type Wait: Future<Output = ()> + Send;
    /// An operation on the primitive itself.
    type Call: Copy + Debug + Send + Sync + 'static;

    fn new() -> Self;
    fn wait(&'static self) -> Self::Wait;
    fn waiters(&self) -> usize;
    fn assert_valid(&self);
    /// Performs the call and returns its result.
    fn call(&self, call: Self::Call) -> bool;

    /// Enqueues the wait without a waker. Returns whether it is complete.
    fn enable(_: Pin<&mut Self::Wait>) -> bool {
        unreachable!("waits of this primitive cannot be enabled");
    }
}

/// A single-threaded reference model of the primitive. A number identifies each wait.
pub(crate) trait Reference<C> {
    fn new() -> Self;
    fn create(&mut self, wait: usize);
    fn poll(&mut self, wait: usize) -> bool;
    fn cancel(&mut self, wait: usize);
    fn waiters(&self) -> usize;
    fn call(&mut self, call: C) -> bool;

    fn enable(&mut self, _: usize) -> bool {
        unreachable!("waits of this primitive cannot be enabled");
    }
}

/// The state of a wait when the race begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start<C> {
    /// The operation has no wait.
    NoWait,
    Created,
    Queued,
    /// Created, and then completed by this call.
    CreatedAndCompletedBy(C),
    /// Queued, and then completed by this call.
    QueuedAndCompletedBy(C),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Action<C> {
    Create,
    Poll,
    PollWithNewWaker,
    Enable,
    Cancel,
    Perform(C),
}

pub(crate) type Operation<C> = (Start<C>, Action<C>);

/// The queue's contents besides the waits of the two operations.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Beside {
    Nothing,
    /// A waiter at the end of the queue.
    Waiter,
}

/// What both threads observe, and what is observed afterwards.
#[derive(Debug, PartialEq)]
struct Outcome {
    results: [bool; 2],
    waiters: usize,
    /// Whether each remaining wait completes when polled.
    is_complete: Vec<bool>,
    /// Whether a new wait completes at once.
    completes_new_wait: bool,
}

/// The identifiers of the waits of the two operations, of the other waiter, and of a new wait.
const WAITS: [usize; 2] = [0, 1];
const BYSTANDER: usize = 2;
const NEW: usize = 3;

fn starts_complete<C>((start, _): &Operation<C>) -> bool {
    matches!(start, Start::CreatedAndCompletedBy(_) | Start::QueuedAndCompletedBy(_))
}

fn starts_queued<C>((start, _): &Operation<C>) -> bool {
    matches!(start, Start::Queued | Start::QueuedAndCompletedBy(_))
}

/// Returns the indexes of the operations in the order in which they are prepared. A call that
/// completes a wait must not find others.
fn preparation<C>(both: &[Operation<C>; 2]) -> [usize; 2] {
    if starts_complete(&both[1]) && !starts_complete(&both[0]) { [1, 0] } else { [0, 1] }
}

/// Runs the operations on the reference, in the given order.
fn expect<C: Copy, R: Reference<C>>(
    before: Option<C>,
    both: &[Operation<C>; 2],
    beside: Beside,
    order: [usize; 2],
) -> Outcome {
    let mut reference = R::new();
    before.map(|call| reference.call(call));
    for index in preparation(both) {
        let wait = WAITS[index];
        let start = both[index].0;
        if !matches!(start, Start::NoWait) {
            reference.create(wait);
        }
        if starts_queued(&both[index]) {
            assert!(!reference.poll(wait), "the first poll must not complete the wait");
        }
        if let Start::CreatedAndCompletedBy(call) | Start::QueuedAndCompletedBy(call) = start {
            reference.call(call);
        }
    }
    let mut left =
        [!matches!(both[0].0, Start::NoWait), !matches!(both[1].0, Start::NoWait), false];
    if beside == Beside::Waiter {
        reference.create(BYSTANDER);
        left[BYSTANDER] = !reference.poll(BYSTANDER);
    }
    let mut results = [false; 2];
    for index in order {
        let wait = WAITS[index];
        results[index] = match both[index].1 {
            Action::Create => {
                reference.create(wait);
                true
            }
            Action::Poll | Action::PollWithNewWaker => reference.poll(wait),
            Action::Enable => reference.enable(wait),
            Action::Cancel => {
                reference.cancel(wait);
                true
            }
            Action::Perform(call) => reference.call(call),
        };
        left[wait] = match both[index].1 {
            Action::Poll | Action::PollWithNewWaker => !results[index],
            Action::Create | Action::Enable => true,
            Action::Cancel | Action::Perform(_) => false,
        };
    }
    let waiters = reference.waiters();
    let is_complete = (0..left.len()).filter(|&wait| left[wait]).map(|wait| reference.poll(wait));
    let is_complete = is_complete.collect();
    reference.create(NEW);
    Outcome { results, waiters, is_complete, completes_new_wait: reference.poll(NEW) }
}

/// Performs the action. Returns what it observes, and the wait if it is not over.
fn perform<S: Subject>(
    subject: &'static S,
    action: Action<S::Call>,
    task: Option<Task<S::Wait>>,
) -> (bool, Option<Task<S::Wait>>) {
    match action {
        Action::Perform(call) => (subject.call(call), None),
        Action::Cancel => {
            drop(task);
            (true, None)
        }
        Action::Create => (true, Some(Task::new(subject.wait()))),
        Action::Enable => {
            let mut task = task.expect("the wait was created");
            (S::enable(task.future.as_mut()), Some(task))
        }
        Action::Poll | Action::PollWithNewWaker => {
            let mut task = task.expect("the wait was created");
            if let Action::PollWithNewWaker = action {
                task.change_waker();
            }
            match task.poll() {
                Poll::Ready(()) => (true, None),
                Poll::Pending => (false, Some(task)),
            }
        }
    }
}

/// Runs the operations on two threads.
fn race<S: Subject>(
    before: Option<S::Call>,
    both: &[Operation<S::Call>; 2],
    beside: Beside,
) -> Outcome {
    let subject: &'static S = Box::leak(Box::new(S::new()));
    before.map(|call| subject.call(call));
    let mut tasks = [None, None];
    for index in preparation(both) {
        let start = both[index].0;
        tasks[index] = match start {
            Start::NoWait => None,
            Start::Created | Start::CreatedAndCompletedBy(_) => Some(Task::new(subject.wait())),
            Start::Queued | Start::QueuedAndCompletedBy(_) => Some(Task::waiting(subject.wait())),
        };
        if let Start::CreatedAndCompletedBy(call) | Start::QueuedAndCompletedBy(call) = start {
            subject.call(call);
        }
    }
    let bystander = (beside == Beside::Waiter).then(|| {
        let mut task = Task::new(subject.wait());
        (!task.poll().is_ready()).then_some(task)
    });
    let [task, other] = tasks;
    let [(_, action), (_, other_action)] = *both;
    let thread = thread::spawn(move || perform(subject, action, task));
    let (other_result, other) = perform(subject, other_action, other);
    let (result, task) = thread.join().unwrap();

    subject.assert_valid();
    let waiters = subject.waiters();
    let mut is_complete = Vec::new();
    let actions = [Some(action), Some(other_action), None];
    for (task, action) in [task, other, bystander.flatten()].into_iter().zip(actions) {
        let Some(mut task) = task else {
            continue;
        };
        let is_woken = task.wakeups() > 0;
        is_complete.push(task.poll().is_ready());
        // A wait that was not polled has no waker yet.
        if !matches!(action, Some(Action::Create | Action::Enable)) {
            assert_eq!(
                is_woken,
                is_complete.last() == Some(&true),
                "a queued waiter must be woken exactly if its wait is complete"
            );
        }
        subject.assert_valid();
    }
    let completes_new_wait = Task::new(subject.wait()).poll().is_ready();
    Outcome { results: [result, other_result], waiters, is_complete, completes_new_wait }
}

/// Races one operation with every operation, itself included. Each race runs with an empty queue,
/// with another waiter, and after a call that completes the next wait.
pub(crate) fn races_all<S: Subject, R: Reference<S::Call>>(
    one: Operation<S::Call>,
    all: &[Operation<S::Call>],
    completes_next_wait: S::Call,
) {
    for &other in all {
        let both = [one, other];
        race_in::<S, R>(both, None, Beside::Nothing);
        race_in::<S, R>(both, None, Beside::Waiter);
        if !both.iter().any(starts_queued) {
            race_in::<S, R>(both, Some(completes_next_wait), Beside::Nothing);
        }
    }
}

fn race_in<S: Subject, R: Reference<S::Call>>(
    both: [Operation<S::Call>; 2],
    before: Option<S::Call>,
    beside: Beside,
) {
    println!("{both:?} after {before:?}, {beside:?} beside");
    model(move || {
        let outcome = race::<S>(before, &both, beside);
        let expected = [[0, 1], [1, 0]].map(|order| expect::<_, R>(before, &both, beside, order));
        assert!(
            expected.contains(&outcome),
            "{outcome:?} must match a sequential order: {expected:?}"
        );
    });
}
