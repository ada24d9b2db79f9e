//! A reference `Condvar` with its mutexes, for one thread: the state of each wait, and a `VecDeque`
//! per queue.

use std::{
    collections::{BTreeMap, VecDeque},
    task::Poll,
};

/// Identifies a wait or a lock in the program under test.
type WaitId = usize;

/// The index of a mutex.
type MutexId = usize;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CondvarReference {
    /// All waits and locks that are not complete.
    waits: BTreeMap<WaitId, Wait>,
    queue: VecDeque<WaitId>,
    mutexes: Vec<MutexReference>,
    /// Waits and locks that were completed in a queue, in this order. Their wakers must have been
    /// woken.
    woken: Vec<WaitId>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct MutexReference {
    is_locked: bool,
    queue: VecDeque<WaitId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wait {
    mutex: MutexId,
    state: State,
    /// Whether a notification of `notify_one` passes to the next waiter if the wait is cancelled.
    owes_notification: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Holds the mutex, and was not polled.
    Unpolled,
    /// Holds the mutex, and was completed by `notify_all` before the first poll.
    NotifiedUnpolled,
    Queued,
    /// Locks the mutex at the next poll. A lock begins in this state.
    Notified,
    QueuedForMutex,
    /// Holds the mutex.
    Granted,
}

impl CondvarReference {
    pub(crate) fn new(mutexes: usize) -> Self {
        Self { mutexes: vec![MutexReference::default(); mutexes], ..Self::default() }
    }

    pub(crate) fn waiters(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn is_locked(&self, mutex: MutexId) -> bool {
        self.mutexes[mutex].is_locked
    }

    pub(crate) fn waiters_of(&self, mutex: MutexId) -> usize {
        self.mutexes[mutex].queue.len()
    }

    pub(crate) fn take_woken(&mut self) -> Vec<WaitId> {
        std::mem::take(&mut self.woken)
    }

    /// Creates a future that locks a mutex.
    pub(crate) fn lock(&mut self, id: WaitId, mutex: MutexId) {
        self.create(id, mutex, State::Notified);
    }

    /// Creates a wait with a guard of a mutex.
    pub(crate) fn wait(&mut self, id: WaitId, mutex: MutexId) {
        self.create(id, mutex, State::Unpolled);
    }

    fn create(&mut self, id: WaitId, mutex: MutexId, state: State) {
        self.waits.insert(id, Wait { mutex, state, owes_notification: false });
    }

    /// Returns whether the mutex was locked.
    pub(crate) fn try_lock(&mut self, mutex: MutexId) -> bool {
        let mutex = &mut self.mutexes[mutex];
        let is_free = !mutex.is_locked && mutex.queue.is_empty();
        mutex.is_locked |= is_free;
        is_free
    }

    pub(crate) fn unlock(&mut self, mutex: MutexId) {
        match self.mutexes[mutex].queue.pop_front() {
            Some(id) => self.wake(id, State::Granted),
            None => self.mutexes[mutex].is_locked = false,
        }
    }

    /// A completed wait has a guard of its mutex.
    pub(crate) fn poll(&mut self, id: WaitId) -> Poll<()> {
        let Wait { mutex, state, .. } = self.waits[&id];
        let is_complete = match state {
            State::NotifiedUnpolled | State::Granted => true,
            State::Queued | State::QueuedForMutex => false,
            State::Unpolled => {
                self.queue.push_back(id);
                self.set_state(id, State::Queued);
                self.unlock(mutex);
                false
            }
            State::Notified => {
                let is_locked = self.try_lock(mutex);
                if !is_locked {
                    self.mutexes[mutex].queue.push_back(id);
                    self.set_state(id, State::QueuedForMutex);
                }
                is_locked
            }
        };
        if !is_complete {
            return Poll::Pending;
        }
        self.waits.remove(&id);
        Poll::Ready(())
    }

    pub(crate) fn cancel(&mut self, id: WaitId) {
        let cancelled = self.waits.remove(&id).expect("only a pending wait is cancelled");
        self.queue.retain(|&queued| queued != id);
        self.mutexes[cancelled.mutex].queue.retain(|&queued| queued != id);
        if cancelled.owes_notification {
            self.notify_one();
        }
        let holds = [State::Unpolled, State::NotifiedUnpolled, State::Granted];
        if holds.contains(&cancelled.state) {
            self.unlock(cancelled.mutex);
        }
    }

    pub(crate) fn notify_one(&mut self) {
        if let Some(id) = self.queue.pop_front() {
            self.wake(id, State::Notified);
            self.wait_mut(id).owes_notification = true;
        }
    }

    pub(crate) fn notify_all(&mut self) {
        for wait in self.waits.values_mut() {
            if wait.state == State::Unpolled {
                wait.state = State::NotifiedUnpolled;
            }
        }
        while let Some(id) = self.queue.pop_front() {
            self.wake(id, State::Notified);
        }
    }

    fn wake(&mut self, id: WaitId, state: State) {
        self.set_state(id, state);
        self.woken.push(id);
    }

    fn set_state(&mut self, id: WaitId, state: State) {
        self.wait_mut(id).state = state;
    }

    fn wait_mut(&mut self, id: WaitId) -> &mut Wait {
        self.waits.get_mut(&id).expect("a queued wait is not complete")
    }
}
