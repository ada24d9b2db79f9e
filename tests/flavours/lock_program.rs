//! Programs of operations on a lock, and a machine that runs them.
//!
//! The machine performs each step on a lock and on the reference, and then compares the two. The
//! data counts the writes.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use super::{Counted, Guard, Primitive, convert, is_locked, lock_as, try_lock_as};
use crate::flavours::{
    lock_reference::{Access, LockReference},
    waits::Waits,
};

/// One operation. A number that selects a future or a guard is reduced modulo the number of them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Lock { access: Access, owned: bool, poll: bool },
    TryLock { access: Access, owned: bool },
    Poll { future: usize, new_waker: bool },
    Cancel { future: usize },
    Drop { guard: usize },
    Write { guard: usize },
    Convert { guard: usize },
}

impl From<[u8; 2]> for Step {
    /// Each value of the first byte is a step. Steps that lengthen the queue have more values. A
    /// mutex has no reads, so both kinds of access are writes.
    fn from([kind, second]: [u8; 2]) -> Self {
        let number = usize::from(second);
        let owned = second & 1 != 0;
        let access = if second & 2 != 0 { Access::Write } else { Access::Read };
        match kind % 32 {
            0..10 => Self::Lock { access, owned, poll: second & 12 != 0 },
            10..12 => Self::TryLock { access, owned },
            12..18 => Self::Poll { future: number, new_waker: false },
            18..20 => Self::Poll { future: number, new_waker: true },
            20..23 => Self::Cancel { future: number },
            23..28 => Self::Drop { guard: number },
            28..30 => Self::Write { guard: number },
            _ => Self::Convert { guard: number },
        }
    }
}

/// Runs the steps on a lock that is free.
pub(crate) fn run(steps: impl IntoIterator<Item = Step>) {
    let primitive = Counted::new(Primitive::new(0));
    let mut machine = Machine {
        primitive: &primitive,
        reference: LockReference::new(),
        waits: Waits::new(),
        guards: Vec::new(),
        writes: 0,
    };
    for step in steps {
        machine.step(step);
        machine.compare();
    }
    let writes = machine.finish();
    let primitive = Counted::into_inner(primitive);
    let lock = primitive.expect("no future or guard has leaked its reference");
    assert_eq!(lock.into_inner(), writes);
}

/// A future whose output is a guard.
pub(crate) type Locking<'a> = Pin<Box<dyn Future<Output = Guard<'a>> + 'a>>;

struct Locks<'a> {
    access: Access,
    locking: Locking<'a>,
}

impl<'a> Future for Locks<'a> {
    type Output = Guard<'a>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Guard<'a>> {
        self.locking.as_mut().poll(context)
    }
}

struct Machine<'a> {
    primitive: &'a Counted<Primitive<usize>>,
    reference: LockReference,
    waits: Waits<Locks<'a>>,
    guards: Vec<Guard<'a>>,
    writes: usize,
}

impl<'a> Machine<'a> {
    fn step(&mut self, step: Step) {
        match step {
            Step::Lock { access, owned, poll } => {
                let access = Guard::supported(access);
                let locking = lock_as(self.primitive, access, owned);
                let number = self.waits.add(Locks { access, locking });
                if poll {
                    self.poll(number, false);
                }
            }
            Step::TryLock { access, owned } => {
                let access = Guard::supported(access);
                let guard = try_lock_as(self.primitive, access, owned);
                assert_eq!(guard.is_some(), self.reference.try_lock(access));
                self.guards.extend(guard);
            }
            Step::Poll { future, new_waker } => self.poll(future, new_waker),
            Step::Cancel { future } => {
                if let Some(cancelled) = self.waits.remove(future) {
                    drop(cancelled.future);
                    self.reference.cancel(cancelled.id);
                }
            }
            Step::Drop { guard } => {
                if let Some(guard) = self.remove_guard(guard) {
                    self.reference.release(guard.access());
                    drop(guard);
                }
            }
            Step::Write { guard } => {
                let index = guard.checked_rem(self.guards.len());
                if let Some(data) = index.and_then(|index| self.guards[index].data_mut()) {
                    *data += 1;
                    self.writes += 1;
                }
            }
            Step::Convert { guard } => {
                if let Some(guard) = self.remove_guard(guard) {
                    self.guards.push(convert(guard, &mut self.reference));
                }
            }
        }
    }

    fn remove_guard(&mut self, number: usize) -> Option<Guard<'a>> {
        let index = number.checked_rem(self.guards.len())?;
        Some(self.guards.swap_remove(index))
    }

    fn poll(&mut self, number: usize, new_waker: bool) {
        let Some(wait) = self.waits.select(number) else {
            return;
        };
        let (id, access) = (wait.id, wait.future.access);
        let output = self.waits.poll(number, new_waker);
        assert_eq!(output.is_ready(), self.reference.poll(id, access).is_ready());
        if let Poll::Ready(guard) = output {
            assert_eq!(guard.access(), access);
            self.guards.push(guard);
        }
    }

    fn compare(&mut self) {
        self.waits.compare_wakeups(self.reference.take_woken());
        let is_alone = self.guards.len() < 2;
        for guard in &self.guards {
            assert!(is_alone || guard.access() == Access::Read, "a writer is not alone");
            assert_eq!(*guard.data(), self.writes);
        }
        let waiters = self.reference.waiters();
        assert_eq!(self.primitive.waiters(), waiters);
        let is_locked = is_locked(&self.reference);
        let data = if is_locked { "<locked>".into() } else { self.writes.to_string() };
        let shown = format!("{:?}", self.primitive);
        assert!(shown.ends_with(&format!("data: {data}, waiters: {waiters} }}")), "{shown}");
        #[cfg(debug_assertions)]
        self.primitive.assert_valid();
    }

    /// Drops all futures and guards. Returns the number of writes.
    fn finish(mut self) -> usize {
        while !self.waits.is_empty() {
            self.step(Step::Cancel { future: 0 });
            self.compare();
        }
        while !self.guards.is_empty() {
            self.step(Step::Drop { guard: 0 });
            self.compare();
        }
        assert!(self.reference.is_free());
        self.writes
    }
}
