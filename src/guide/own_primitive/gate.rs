use compio_sync::wait_queue::{Grant, Policy, Verdict, WaitQueue};

/// Counts the tasks inside, and turns new ones away once it is closed.
pub struct Gate {
    queue: WaitQueue<Passage>,
}

/// The value is twice the number of tasks inside, plus 1 if the gate is closed.
enum Passage {}

const TASK: isize = 2;
const CLOSED: isize = 1;

#[derive(Clone, Copy)]
enum Request {
    Enter,
    AwaitEmpty,
}

impl Policy for Passage {
    type Request = Request;

    fn decide(value: isize, request: Request) -> Verdict {
        match request {
            Request::Enter if value & CLOSED != 0 => Verdict::Refuse,
            Request::Enter => Verdict::Grant(value + TASK),
            Request::AwaitEmpty if value & CLOSED != 0 && value < TASK => Verdict::Refuse,
            Request::AwaitEmpty => Verdict::Wait,
        }
    }

    fn release(value: isize, _: Request) -> isize {
        value - TASK
    }
}

/// A task inside the gate, until it is dropped.
pub struct Inside<'a> {
    _grant: Grant<&'a WaitQueue<Passage>>,
}

impl Gate {
    pub fn new() -> Self {
        Self { queue: WaitQueue::new(0) }
    }

    /// Enters, unless the gate is closed.
    pub fn enter(&self) -> Option<Inside<'_>> {
        // Entering never waits, because waiters are queued only while the gate is closed.
        let completion = self.queue.try_acquire(Request::Enter)?;
        completion.granted().map(|grant| Inside { _grant: grant })
    }

    /// Closes the gate, and waits until no task is inside.
    pub async fn close(&self) {
        self.queue.update(|value| value | CLOSED);
        let _ = self.queue.acquire(Request::AwaitEmpty).await;
    }
}
