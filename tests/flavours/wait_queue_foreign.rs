//! Random programs on a wait queue whose policy and wakers panic and use the queue.
//!
//! No reference predicts them. After each step, the number of queued waits is right, and a wait
//! that has left the queue was woken.

use std::{
    cell::{Cell, RefCell},
    mem,
    panic::resume_unwind,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, Waker},
};

use compio_sync::{
    generic::{Flavour, Shared, SingleThread, WaitQueue},
    wait_queue::{Arrival, Grant, Policy, Verdict, Wait},
};
use proptest::{array::uniform, collection::vec, prelude::*};

use super::{
    random_policy::{PANIC, RandomPolicy, Request, Table, change},
    wait_queue_program::{Step, caught},
};
use crate::hooked_waker::{Hooks, local};

type Script = [u8; 8];
type UseQueue = Rc<dyn Fn(u8)>;

proptest! {
    #[test]
    fn foreign_code_cannot_corrupt_queue(
        may_refuse: bool,
        table in uniform(any::<u8>()).prop_map(Table),
        steps in vec((any::<[u8; 2]>().prop_map(Step::from), any::<Script>()), 64..128),
    ) {
        if may_refuse {
            run_on_both::<ForeignPolicy<true>>(table, &steps);
        } else {
            run_on_both::<ForeignPolicy<false>>(table, &steps);
        }
    }
}

thread_local! {
    /// What foreign code does in a step, one byte per call, the last one first.
    static SCRIPT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static USE_QUEUE: RefCell<Option<UseQueue>> = const { RefCell::new(None) };
    static POLICY_MAY_USE_QUEUE: Cell<bool> = const { Cell::new(false) };
    /// Whether foreign code has used the queue under its lock without a panic.
    static IS_UNDETECTED: Cell<bool> = const { Cell::new(false) };
}

/// What calls foreign code.
#[derive(Clone, Copy, PartialEq)]
enum Caller {
    Waker,
    Policy,
    /// A function of the policy, or a closure passed to `update`, that always runs under the lock.
    Locked,
}

/// Does what the script says: nothing, panic or use the queue.
fn foreign(caller: Caller) {
    let byte = SCRIPT.with_borrow_mut(Vec::pop).unwrap_or(0);
    if byte % 8 < 4 {
        return;
    }
    let may_use_queue = caller == Caller::Waker || POLICY_MAY_USE_QUEUE.get();
    assert!(byte % 8 > 4 && may_use_queue, "foreign code panics");
    let use_queue = USE_QUEUE.with_borrow(Option::clone).expect("a program runs");
    let result = caught(|| use_queue(byte / 8));
    if caller == Caller::Locked && needs_lock(byte / 8) {
        let detected = "must not use the wait queue that calls it";
        let is_detected = result.as_ref().is_err_and(|message| message.contains(detected));
        IS_UNDETECTED.set(IS_UNDETECTED.get() || !is_detected);
    }
    if let Err(message) = result {
        resume_unwind(Box::new(message));
    }
}

fn use_queue<F: Flavour, P: Policy<Request = Request>>(
    queue: &WaitQueue<P, F>,
    request: Request,
    byte: u8,
) {
    match byte % 4 {
        0 => queue.release(request),
        1 => drop(queue.update(|value| change(value, byte).expect(PANIC))),
        2 => drop(queue.try_acquire(request)),
        _ => drop(pin!(queue.acquire(request)).enable()),
    }
}

/// Whether [`use_queue`] needs the lock of a locked queue, whatever the policy decides.
fn needs_lock(byte: u8) -> bool {
    byte % 4 < 2
}

enum ForeignPolicy<const MAY_REFUSE: bool> {}

type Random<const MAY_REFUSE: bool> = RandomPolicy<MAY_REFUSE, true>;

impl<const MAY_REFUSE: bool> Policy for ForeignPolicy<MAY_REFUSE> {
    type Request = Request;
    const MAY_REFUSE: bool = MAY_REFUSE;

    fn decide(value: isize, request: Request) -> Verdict {
        foreign(Caller::Policy);
        Random::<MAY_REFUSE>::decide(value, request)
    }

    fn release(value: isize, request: Request) -> isize {
        foreign(Caller::Policy);
        Random::<MAY_REFUSE>::release(value, request)
    }

    fn enqueue(value: isize, request: Request) -> Arrival<Request> {
        foreign(Caller::Locked);
        Random::<MAY_REFUSE>::enqueue(value, request)
    }

    fn cancel(value: isize, request: Request) -> isize {
        foreign(Caller::Locked);
        Random::<MAY_REFUSE>::cancel(value, request)
    }
}

/// In the shared flavour, only debug builds find a policy that uses its queue. In other builds, the
/// thread would spin for ever.
fn run_on_both<P: Policy<Request = Request> + 'static>(table: Table, steps: &[(Step, Script)]) {
    POLICY_MAY_USE_QUEUE.set(true);
    run_on::<P, SingleThread>(table, steps);
    POLICY_MAY_USE_QUEUE.set(cfg!(debug_assertions));
    run_on::<P, Shared>(table, steps);
}

fn run_on<P: Policy<Request = Request> + 'static, F: Flavour>(
    table: Table,
    steps: &[(Step, Script)],
) {
    let queue = Rc::new(WaitQueue::<P, F>::new(0));
    let used = Rc::clone(&queue);
    let use_queue = move |byte| use_queue(&used, Request::new(table, byte / 4), byte);
    USE_QUEUE.set(Some(Rc::new(use_queue)));
    let mut machine = Machine { queue, table, waits: Vec::new(), grants: Vec::new() };
    for &(step, script) in steps {
        SCRIPT.set(script.to_vec());
        machine.step(step);
        machine.check();
    }
    SCRIPT.take();
    while !machine.waits.is_empty() {
        machine.step(Step::Cancel { future: 0 });
        machine.check();
    }
    while !machine.grants.is_empty() {
        machine.step(Step::Drop { grant: 0 });
    }
    USE_QUEUE.take();
}

type WaitOn<P, F> = Wait<Rc<WaitQueue<P, F>>>;

struct HookedWait<P: Policy, F: Flavour> {
    future: Pin<Box<WaitOn<P, F>>>,
    waker: Waker,
    /// Whether the last poll was pending, so that the task relies on its waker.
    is_pending: bool,
    is_woken: Rc<Cell<bool>>,
}

struct Machine<P: Policy<Request = Request>, F: Flavour> {
    queue: Rc<WaitQueue<P, F>>,
    table: Table,
    waits: Vec<HookedWait<P, F>>,
    grants: Vec<Grant<Rc<WaitQueue<P, F>>>>,
}

impl<P: Policy<Request = Request>, F: Flavour> Machine<P, F> {
    /// Performs a step, which may panic anywhere.
    fn step(&mut self, step: Step) {
        let queue = &self.queue;
        match step {
            Step::Acquire { request, poll, waits, .. } => {
                let request = Request::new(self.table, request);
                for _ in 0..waits {
                    let future = Box::pin(Wait::new(Rc::clone(&self.queue), request));
                    let is_woken = Rc::default();
                    let waker = hooked_waker(&is_woken);
                    self.waits.push(HookedWait { future, waker, is_pending: false, is_woken });
                    if poll {
                        self.poll(self.waits.len() - 1);
                    }
                }
            }
            Step::TryAcquire { request } => {
                let request = Request::new(self.table, request);
                let _ = caught(|| drop(queue.try_acquire(request)));
            }
            Step::Poll { future, new_waker } => {
                if let Some(index) = future.checked_rem(self.waits.len()) {
                    if new_waker {
                        let wait = &mut self.waits[index];
                        let waker = hooked_waker(&wait.is_woken);
                        let old = mem::replace(&mut wait.waker, waker);
                        let _ = caught(|| drop(old));
                    }
                    self.poll(index);
                }
            }
            Step::Enable { future } => {
                if let Some(index) = future.checked_rem(self.waits.len()) {
                    let wait = &mut self.waits[index];
                    let _ = caught(|| wait.future.as_mut().enable());
                    wait.is_pending &= wait.future.is_queued();
                }
            }
            Step::Cancel { future } => {
                if let Some(index) = future.checked_rem(self.waits.len()) {
                    self.remove(index);
                }
            }
            Step::Drop { grant } => {
                if let Some(index) = grant.checked_rem(self.grants.len()) {
                    let grant = self.grants.swap_remove(index);
                    let _ = caught(|| drop(grant));
                }
            }
            Step::Forget { grant } => {
                if let Some(index) = grant.checked_rem(self.grants.len()) {
                    self.grants.swap_remove(index).forget();
                }
            }
            Step::Release { request } => {
                let request = Request::new(self.table, request);
                let _ = caught(|| queue.release(request));
            }
            Step::Update { change: byte } => {
                let _ = caught(|| {
                    queue.update(|value| {
                        foreign(Caller::Locked);
                        change(value, byte).expect(PANIC)
                    })
                });
            }
        }
    }

    fn poll(&mut self, index: usize) {
        let wait = &mut self.waits[index];
        let mut context = Context::from_waker(&wait.waker);
        match caught(|| wait.future.as_mut().poll(&mut context)) {
            Ok(Poll::Pending) => wait.is_pending = true,
            // The panic may have completed the wait, which is then not woken.
            Err(_) => wait.is_pending &= wait.future.is_queued(),
            Ok(Poll::Ready(completion)) => {
                self.grants.extend(completion.granted());
                self.remove(index);
            }
        }
    }

    fn remove(&mut self, index: usize) {
        let HookedWait { future, waker, .. } = self.waits.swap_remove(index);
        let _ = caught(|| drop(future));
        let _ = caught(|| drop(waker));
    }

    fn check(&self) {
        let queued = self.waits.iter().filter(|wait| wait.future.is_queued()).count();
        assert_eq!(self.queue.waiters(), queued);
        for wait in &self.waits {
            let is_asleep = wait.is_pending && !wait.is_woken.get();
            assert!(!is_asleep || wait.future.is_queued(), "a completed wait must be woken");
        }
        assert!(!IS_UNDETECTED.get(), "using the queue under its lock must panic");
    }
}

/// Creates a waker that records wakeups, and calls foreign code whenever it is called.
fn hooked_waker(is_woken: &Rc<Cell<bool>>) -> Waker {
    let is_woken = Rc::clone(is_woken);
    let on_wake = local(move || {
        is_woken.set(true);
        foreign(Caller::Waker);
    });
    let (on_clone, on_drop) = (local(|| foreign(Caller::Waker)), local(|| foreign(Caller::Waker)));
    Hooks { on_clone, on_wake, on_drop }.into_waker()
}
