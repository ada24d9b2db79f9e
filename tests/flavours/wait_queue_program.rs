//! Programs of operations on a wait queue with a random policy, and a machine that runs them.
//!
//! The machine performs each step on the queue and on the reference, and then compares the two,
//! panics included.

use std::{
    cell::Cell,
    fmt::Debug,
    panic::{self, AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Once},
    task::{Context, Poll, Wake, Waker},
};

use compio_sync::{
    generic::{Flavour, Shared, SingleThread, WaitQueue},
    wait_queue::{Completion, Grant, Policy, Wait},
};

use super::{
    random_policy::{PANIC, RandomPolicy, Request, Table, change},
    wait_queue_reference::{Outcome, WAKER_PANIC, WaitQueueReference},
    waits::Waits,
};

/// One operation. A number that selects a future, a grant or a request is reduced modulo the number
/// of them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Acquire { request: u8, poll: bool, waits: u8, waker_panics: bool },
    TryAcquire { request: u8 },
    Poll { future: usize, new_waker: bool },
    Enable { future: usize },
    Cancel { future: usize },
    Drop { grant: usize },
    Forget { grant: usize },
    Release { request: u8 },
    Update { change: u8 },
}

impl From<[u8; 2]> for Step {
    /// Each value of the first byte is a step. Steps that lengthen the queue have more values.
    fn from([kind, second]: [u8; 2]) -> Self {
        let number = usize::from(second);
        match kind % 32 {
            0..12 => {
                let (poll, waits) = (second & 12 != 0, second / 64 * 2 + 1);
                Self::Acquire { request: second, poll, waits, waker_panics: second & 56 == 56 }
            }
            12..16 => Self::TryAcquire { request: second },
            16..19 => Self::Poll { future: number, new_waker: false },
            19..21 => Self::Poll { future: number, new_waker: true },
            21..23 => Self::Enable { future: number },
            23..25 => Self::Cancel { future: number },
            25..27 => Self::Drop { grant: number },
            27 => Self::Forget { grant: number },
            28..30 => Self::Release { request: second },
            _ => Self::Update { change: second },
        }
    }
}

/// Runs the steps on a queue of each flavour. `may_refuse` and `stores` are the constants of the
/// policy.
pub(crate) fn run(may_refuse: bool, stores: bool, table: Table, steps: &[Step]) {
    let run = match (may_refuse, stores) {
        (false, false) => run_on_both::<RandomPolicy<false, false>>,
        (false, true) => run_on_both::<RandomPolicy<false, true>>,
        (true, false) => run_on_both::<RandomPolicy<true, false>>,
        (true, true) => run_on_both::<RandomPolicy<true, true>>,
    };
    run(table, steps);
}

fn run_on_both<P: Policy<Request = Request>>(table: Table, steps: &[Step]) {
    run_on(&WaitQueue::<P, Shared>::new(0), table, steps);
    run_on(&WaitQueue::<P, SingleThread>::new(0), table, steps);
}

fn run_on<P: Policy<Request = Request>, F: Flavour>(
    queue: &WaitQueue<P, F>,
    table: Table,
    steps: &[Step],
) {
    let reference = WaitQueueReference::new(table, P::MAY_REFUSE, P::STORES);
    let (waits, grants) = (Waits::new(), Vec::new());
    let mut machine = Machine { queue, table, reference, waits, grants };
    for &step in steps {
        machine.step(step);
        machine.compare();
    }
    while !machine.waits.is_empty() {
        machine.step(Step::Cancel { future: 0 });
        machine.compare();
    }
    while !machine.grants.is_empty() {
        machine.step(Step::Drop { grant: 0 });
        machine.compare();
    }
}

struct Machine<'a, P: Policy<Request = Request>, F: Flavour> {
    queue: &'a WaitQueue<P, F>,
    table: Table,
    reference: WaitQueueReference,
    waits: Waits<WaitWithWaker<'a, P, F>>,
    grants: Vec<Grant<&'a WaitQueue<P, F>>>,
}

impl<'a, P: Policy<Request = Request>, F: Flavour> Machine<'a, P, F> {
    fn step(&mut self, step: Step) {
        let queue = self.queue;
        match step {
            Step::Acquire { request, poll, waits, waker_panics } => {
                let request = Request::new(self.table, request);
                for _ in 0..waits {
                    let number =
                        self.waits.add(WaitWithWaker::new(queue.acquire(request), waker_panics));
                    let added = self.waits.select(number).expect("the wait was added");
                    self.reference.create(added.id, request.index);
                    if poll {
                        self.poll(number, false);
                    }
                }
            }
            Step::TryAcquire { request } => {
                let request = Request::new(self.table, request);
                let result = caught(|| queue.try_acquire(request));
                let result = result.map(|completion| completion.map(|it| self.store(it)));
                assert_agree(result, self.reference.try_acquire(request.index));
            }
            Step::Poll { future, new_waker } => self.poll(future, new_waker),
            Step::Enable { future } => {
                if let Some(wait) = self.waits.select(future) {
                    let result = caught(|| wait.future.wait.as_mut().enable());
                    assert_agree(result, self.reference.enable(wait.id));
                }
            }
            Step::Cancel { future } => {
                if let Some(cancelled) = self.waits.remove(future) {
                    let result = caught(|| drop(cancelled.future));
                    assert_agree(result, self.reference.cancel(cancelled.id));
                }
            }
            Step::Drop { grant } => {
                if let Some(grant) = self.remove_grant(grant) {
                    let request = grant.request().index;
                    assert_agree(caught(|| drop(grant)), self.reference.release(request));
                }
            }
            Step::Forget { grant } => {
                self.remove_grant(grant).map(Grant::forget);
            }
            Step::Release { request } => {
                let request = Request::new(self.table, request);
                let result = caught(|| queue.release(request));
                assert_agree(result, self.reference.release(request.index));
            }
            Step::Update { change: byte } => {
                let result = caught(|| queue.update(|value| change(value, byte).expect(PANIC)));
                assert_agree(result, self.reference.update(byte));
            }
        }
    }

    fn poll(&mut self, number: usize, new_waker: bool) {
        if let Some(wait) = self.waits.select(number) {
            let expected = self.reference.poll(wait.id, wait.future.waker_panics);
            let result = caught(|| self.waits.poll(number, new_waker));
            assert_agree(result.map(|output| output.map(|it| self.store(it))), expected);
        }
    }

    /// Stores a grant. Returns the completion with the index of its request.
    fn store(&mut self, completion: Completion<Grant<&'a WaitQueue<P, F>>>) -> Completion<u8> {
        let Some(grant) = completion.granted() else {
            return Completion::Refused;
        };
        let request = grant.request().index;
        self.grants.push(grant);
        Completion::Granted(request)
    }

    fn remove_grant(&mut self, number: usize) -> Option<Grant<&'a WaitQueue<P, F>>> {
        let index = number.checked_rem(self.grants.len())?;
        Some(self.grants.swap_remove(index))
    }

    fn compare(&mut self) {
        self.waits.compare_wakeups(self.reference.take_woken());
        assert_eq!(self.queue.value(), self.reference.value());
        assert_eq!(self.queue.waiters(), self.reference.waiters());
        for wait in self.waits.iter() {
            assert_eq!(wait.future.wait.is_queued(), self.reference.is_queued(wait.id));
            assert_eq!(wait.future.wait.request().index, self.reference.request(wait.id));
        }
    }
}

/// A wait whose waker may panic when it is woken.
struct WaitWithWaker<'a, P: Policy, F: Flavour> {
    wait: Pin<Box<Wait<&'a WaitQueue<P, F>>>>,
    waker_panics: bool,
    /// The waker of the last poll if it panics.
    waker: Option<Arc<PanicsWhenWoken>>,
}

impl<'a, P: Policy, F: Flavour> WaitWithWaker<'a, P, F> {
    fn new(wait: Wait<&'a WaitQueue<P, F>>, waker_panics: bool) -> Self {
        Self { wait: Box::pin(wait), waker_panics, waker: None }
    }
}

impl<'a, P: Policy, F: Flavour> Future for WaitWithWaker<'a, P, F> {
    type Output = Completion<Grant<&'a WaitQueue<P, F>>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.waker_panics {
            return self.wait.as_mut().poll(context);
        }
        let same = self.waker.take().filter(|waker| waker.0.will_wake(context.waker()));
        let waker = same.unwrap_or_else(|| Arc::new(PanicsWhenWoken(context.waker().clone())));
        self.waker = Some(Arc::clone(&waker));
        self.wait.as_mut().poll(&mut Context::from_waker(&waker.into()))
    }
}

struct PanicsWhenWoken(Waker);

impl Wake for PanicsWhenWoken {
    fn wake(self: Arc<Self>) {
        self.0.wake_by_ref();
        panic!("{WAKER_PANIC}");
    }
}

/// If a waker and the policy panic in one call, either panic may propagate.
#[track_caller]
fn assert_agree<T: Debug + PartialEq>(result: Result<T, String>, expected: Outcome<T>) {
    match (result, expected) {
        (Err(message), Err(_)) if message == WAKER_PANIC => {}
        (Err(message), Err(part)) => assert!(message.contains(&part), "{part:?}: {message:?}"),
        (result, expected) => assert_eq!(result, expected),
    }
}

/// Returns the result of the closure, or the message that it panics with.
///
/// The panic hook is skipped: the one of libFuzzer aborts, and thousands of expected panics would
/// hide the one that fails the test.
pub(crate) fn caught<R>(run: impl FnOnce() -> R) -> Result<R, String> {
    thread_local!(static IS_CAUGHT: Cell<bool> = const { Cell::new(false) });
    static HOOK: Once = Once::new();

    HOOK.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_CAUGHT.get() {
                hook(info);
            }
        }));
    });
    let outer = IS_CAUGHT.replace(true);
    let result = catch_unwind(AssertUnwindSafe(run));
    IS_CAUGHT.set(outer);
    result.map_err(|payload| match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => payload.downcast_ref::<&str>().expect("a panic has a message").to_string(),
    })
}
