//! Programs of operations on a condition variable and two mutexes, and a machine that runs them.
//!
//! The machine performs each step on the primitives and on the reference, and then compares them.
//! The data of a mutex counts the guards of it.

use std::{pin::Pin, task::Poll};

use super::{Condvar, Counted, Mutex, MutexGuard, OwnedMutexGuard};
use crate::flavours::{condvar_reference::CondvarReference, waits::Waits};

/// One operation. A number that selects a future or a guard is reduced modulo the number of them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Lock { mutex: usize, owned: bool, poll: bool },
    TryLock { mutex: usize, owned: bool },
    Wait { guard: usize, poll: bool },
    Poll { future: usize, new_waker: bool },
    Cancel { future: usize },
    Unlock { guard: usize },
    NotifyOne,
    NotifyAll,
}

impl From<[u8; 2]> for Step {
    /// Each value of the first byte is a step. Steps that lengthen a queue have more values.
    fn from([kind, second]: [u8; 2]) -> Self {
        let number = usize::from(second);
        let (owned, mutex) = (second & 1 != 0, number >> 1 & 1);
        match kind % 32 {
            0..3 => Self::Lock { mutex, owned, poll: second & 12 != 0 },
            3..7 => Self::TryLock { mutex, owned },
            7..14 => Self::Wait { guard: number, poll: kind & 96 != 0 },
            14..20 => Self::Poll { future: number, new_waker: false },
            20..22 => Self::Poll { future: number, new_waker: true },
            22..25 => Self::Cancel { future: number },
            25..28 => Self::Unlock { guard: number },
            28..31 => Self::NotifyOne,
            _ => Self::NotifyAll,
        }
    }
}

/// Runs the steps on primitives that no task uses.
pub(crate) fn run(steps: impl IntoIterator<Item = Step>) {
    let (condvar, mutexes) =
        (Condvar::new(), [0; 2].map(|guards| Counted::new(Mutex::new(guards))));
    let mut machine = Machine {
        condvar: &condvar,
        mutexes: &mutexes,
        reference: CondvarReference::new(mutexes.len()),
        waits: Waits::new(),
        guards: Vec::new(),
    };
    for step in steps {
        machine.step(step);
        machine.compare();
    }
    while !machine.waits.is_empty() {
        machine.step(Step::Cancel { future: 0 });
        machine.compare();
    }
    while !machine.guards.is_empty() {
        machine.step(Step::Unlock { guard: 0 });
        machine.compare();
    }
    assert_eq!(
        (condvar.waiters(), mutexes.each_ref().map(|mutex| mutex.is_locked())),
        (0, [false; 2])
    );
    let leaked = mutexes.iter().any(|mutex| Counted::strong_count(mutex) > 1);
    assert!(!leaked, "no future or guard has leaked its reference");
}

struct Guard<'a> {
    mutex: usize,
    form: Form<'a>,
}

enum Form<'a> {
    Borrowed(MutexGuard<'a, usize>),
    Owned(OwnedMutexGuard<usize>),
}

/// A future whose output is a guard: a wait or a lock.
type Locking<'a> = Pin<Box<dyn Future<Output = Guard<'a>> + 'a>>;

struct Machine<'a> {
    condvar: &'a Condvar,
    mutexes: &'a [Counted<Mutex<usize>>; 2],
    reference: CondvarReference,
    waits: Waits<Locking<'a>>,
    guards: Vec<Guard<'a>>,
}

impl<'a> Machine<'a> {
    fn step(&mut self, step: Step) {
        match step {
            Step::Lock { mutex, owned, poll } => {
                let number = self.waits.add(self.lock(mutex, owned));
                let added = self.waits.select(number).expect("the lock was added");
                self.reference.lock(added.id, mutex);
                self.poll_if(poll, number);
            }
            Step::TryLock { mutex, owned } => {
                let shared = &self.mutexes[mutex];
                let form = match owned {
                    true => Counted::clone(shared).try_lock_owned().map(Form::Owned),
                    false => shared.try_lock().map(Form::Borrowed),
                };
                assert_eq!(form.is_some(), self.reference.try_lock(mutex));
                if let Some(form) = form {
                    self.add_guard(Guard { mutex, form });
                }
            }
            Step::Wait { guard, poll } => {
                if let Some(guard) = self.remove_guard(guard) {
                    let mutex = guard.mutex;
                    let number = self.waits.add(self.wait(guard));
                    let added = self.waits.select(number).expect("the wait was added");
                    self.reference.wait(added.id, mutex);
                    self.poll_if(poll, number);
                }
            }
            Step::Poll { future, new_waker } => self.poll(future, new_waker),
            Step::Cancel { future } => {
                if let Some(cancelled) = self.waits.remove(future) {
                    drop(cancelled.future);
                    self.reference.cancel(cancelled.id);
                }
            }
            Step::Unlock { guard } => {
                if let Some(guard) = self.remove_guard(guard) {
                    self.reference.unlock(guard.mutex);
                    drop(guard);
                }
            }
            Step::NotifyOne => {
                self.condvar.notify_one();
                self.reference.notify_one();
            }
            Step::NotifyAll => {
                self.condvar.notify_all();
                self.reference.notify_all();
            }
        }
    }

    fn lock(&self, mutex: usize, owned: bool) -> Locking<'a> {
        let shared = &self.mutexes[mutex];
        if owned {
            let lock = Counted::clone(shared).lock_owned();
            Box::pin(async move { Guard { mutex, form: Form::Owned(lock.await) } })
        } else {
            let lock = shared.lock();
            Box::pin(async move { Guard { mutex, form: Form::Borrowed(lock.await) } })
        }
    }

    fn wait(&self, guard: Guard<'a>) -> Locking<'a> {
        let Guard { mutex, form } = guard;
        match form {
            Form::Borrowed(guard) => {
                let wait = self.condvar.wait(guard);
                Box::pin(async move { Guard { mutex, form: Form::Borrowed(wait.await) } })
            }
            Form::Owned(guard) => {
                let wait = self.condvar.wait(guard);
                Box::pin(async move { Guard { mutex, form: Form::Owned(wait.await) } })
            }
        }
    }

    fn poll_if(&mut self, poll: bool, number: usize) {
        if poll {
            self.poll(number, false);
        }
    }

    fn poll(&mut self, number: usize, new_waker: bool) {
        let Some(wait) = self.waits.select(number) else {
            return;
        };
        let expected = self.reference.poll(wait.id);
        let output = self.waits.poll(number, new_waker);
        assert_eq!(output.is_ready(), expected.is_ready());
        if let Poll::Ready(guard) = output {
            self.add_guard(guard);
        }
    }

    fn add_guard(&mut self, mut guard: Guard<'a>) {
        let count = guard.count();
        assert_eq!(*count, 0, "another guard exists");
        *count += 1;
        self.guards.push(guard);
    }

    fn remove_guard(&mut self, number: usize) -> Option<Guard<'a>> {
        let index = number.checked_rem(self.guards.len())?;
        let mut guard = self.guards.swap_remove(index);
        *guard.count() -= 1;
        Some(guard)
    }

    fn compare(&mut self) {
        self.waits.compare_wakeups(self.reference.take_woken());
        assert_eq!(self.condvar.waiters(), self.reference.waiters());
        for (id, mutex) in self.mutexes.iter().enumerate() {
            assert_eq!(mutex.waiters(), self.reference.waiters_of(id));
            assert_eq!(mutex.is_locked(), self.reference.is_locked(id));
            #[cfg(debug_assertions)]
            mutex.assert_valid();
        }
        #[cfg(debug_assertions)]
        self.condvar.assert_valid();
    }
}

impl Guard<'_> {
    fn count(&mut self) -> &mut usize {
        match &mut self.form {
            Form::Borrowed(guard) => guard,
            Form::Owned(guard) => guard,
        }
    }
}
