//! Each pair of operations on a mutex, and on a reader-writer lock.

use std::{collections::BTreeMap, pin::Pin, sync::Mutex as StdMutex};

use crate::{
    linear::{Action::*, Operation, Reference, Setup, Start::*, Subject, races_all},
    lock_reference::{Access, LockReference},
    note::Note,
};
use compio_sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

type Waiting<G> = Pin<Box<dyn Future<Output = G> + Send>>;

/// A lock and its live guards.
///
/// No thread may pass a guard to another thread through these lists, because loom does not see
/// them. So a race releases only guards that were acquired before it.
struct Held<L, G> {
    lock: L,
    before: StdMutex<Vec<G>>,
    since: StdMutex<Vec<G>>,
}

impl<L, G> Held<L, G> {
    fn new(lock: L) -> Self {
        Self { lock, before: StdMutex::default(), since: StdMutex::default() }
    }

    /// Keeps a guard that was acquired to prepare a race. Returns whether `guard` is `Some`.
    fn hold(&self, guard: Option<G>) -> bool {
        let is_locked = guard.is_some();
        self.before.lock().unwrap().extend(guard);
        is_locked
    }

    /// Keeps a guard that was acquired in the race. Returns whether `guard` is `Some`.
    fn keep(&self, guard: Option<G>) -> bool {
        let is_locked = guard.is_some();
        self.since.lock().unwrap().extend(guard);
        is_locked
    }

    /// Takes a guard that was held before the race.
    fn take(&self) -> Option<G> {
        self.before.lock().unwrap().pop()
    }

    fn release_all(&self) {
        for guards in [&self.before, &self.since] {
            let guards = std::mem::take(&mut *guards.lock().unwrap());
            drop(guards);
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Call {
    /// Prepares a race.
    Hold(Access),
    Try(Access),
    Release,
    Downgrade,
    /// Ends a race.
    ReleaseAll,
}

/// The reference of [`Held`].
struct HeldReference {
    lock: LockReference,
    accesses: BTreeMap<usize, Access>,
    before: Vec<Access>,
    since: Vec<Access>,
}

impl HeldReference {
    fn new() -> Self {
        Self {
            lock: LockReference::new(),
            accesses: BTreeMap::new(),
            before: Vec::new(),
            since: Vec::new(),
        }
    }

    fn poll(&mut self, wait: usize) -> bool {
        let access = self.accesses[&wait];
        let is_complete = self.lock.poll(wait, access).is_ready();
        self.since.extend(is_complete.then_some(access));
        is_complete
    }

    fn call(&mut self, call: Call) -> bool {
        match call {
            Call::Hold(access) => {
                let is_locked = self.lock.try_lock(access);
                self.before.extend(is_locked.then_some(access));
                is_locked
            }
            Call::Try(access) => {
                let is_locked = self.lock.try_lock(access);
                self.since.extend(is_locked.then_some(access));
                is_locked
            }
            Call::Release => {
                let access = self.before.pop();
                access.map(|access| self.lock.release(access));
                access.is_some()
            }
            Call::Downgrade => {
                let is_held = self.before.pop_if(|access| *access == Access::Write).is_some();
                if is_held {
                    self.lock.downgrade();
                    self.since.push(Access::Read);
                }
                is_held
            }
            Call::ReleaseAll => {
                for access in self.before.drain(..).chain(self.since.drain(..)) {
                    self.lock.release(access);
                }
                true
            }
        }
    }
}

type TestMutex = Held<Mutex<Note>, MutexGuard<'static, Note>>;

impl Subject for TestMutex {
    type Kind = ();
    type Wait = Waiting<MutexGuard<'static, Note>>;
    type Call = Call;

    const RELEASE: Option<Call> = Some(Call::ReleaseAll);

    fn new() -> Self {
        Self::new(Mutex::new(Note::new()))
    }

    fn wait(&'static self, (): ()) -> Self::Wait {
        Box::pin(self.lock.lock())
    }

    fn keep(&'static self, guard: MutexGuard<'static, Note>) {
        guard.write();
        self.keep(Some(guard));
    }

    fn waiters(&self) -> usize {
        self.lock.waiters()
    }

    fn assert_valid(&self) {
        self.lock.assert_valid();
    }

    fn call(&'static self, call: Call) -> bool {
        match call {
            Call::Hold(_) => self.hold(self.lock.try_lock().inspect(|guard| guard.write())),
            Call::Try(_) => self.keep(self.lock.try_lock().inspect(|guard| guard.write())),
            Call::Release => self.take().is_some(),
            Call::Downgrade => unreachable!("a mutex has no readers"),
            Call::ReleaseAll => {
                self.release_all();
                true
            }
        }
    }
}

#[allow(dead_code, reason = "guards are kept only to be dropped")]
enum Guard {
    Read(RwLockReadGuard<'static, Note>),
    Write(RwLockWriteGuard<'static, Note>),
}

impl Guard {
    fn read(guard: RwLockReadGuard<'static, Note>) -> Self {
        guard.read();
        Self::Read(guard)
    }

    fn write(guard: RwLockWriteGuard<'static, Note>) -> Self {
        guard.write();
        Self::Write(guard)
    }
}

type TestRwLock = Held<RwLock<Note>, Guard>;

impl TestRwLock {
    fn try_lock(&'static self, access: Access) -> Option<Guard> {
        match access {
            Access::Read => self.lock.try_read().map(Guard::read),
            Access::Write => self.lock.try_write().map(Guard::write),
        }
    }
}

impl Subject for TestRwLock {
    type Kind = Access;
    type Wait = Waiting<Guard>;
    type Call = Call;

    const RELEASE: Option<Call> = Some(Call::ReleaseAll);

    fn new() -> Self {
        Self::new(RwLock::new(Note::new()))
    }

    fn wait(&'static self, access: Access) -> Self::Wait {
        match access {
            Access::Read => Box::pin(async { Guard::read(self.lock.read().await) }),
            Access::Write => Box::pin(async { Guard::write(self.lock.write().await) }),
        }
    }

    fn keep(&'static self, guard: Guard) {
        self.keep(Some(guard));
    }

    fn waiters(&self) -> usize {
        self.lock.waiters()
    }

    fn assert_valid(&self) {
        self.lock.assert_valid();
    }

    fn call(&'static self, call: Call) -> bool {
        match call {
            Call::Hold(access) => self.hold(self.try_lock(access)),
            Call::Try(access) => self.keep(self.try_lock(access)),
            Call::Release => self.take().is_some(),
            Call::Downgrade => match self.take() {
                Some(Guard::Write(guard)) => {
                    let guard = RwLockWriteGuard::downgrade(guard);
                    self.keep(Some(Guard::read(guard)))
                }
                guard => {
                    self.hold(guard);
                    false
                }
            },
            Call::ReleaseAll => {
                self.release_all();
                true
            }
        }
    }
}

impl From<()> for Access {
    fn from((): ()) -> Self {
        Self::Write
    }
}

/// The locks of a mutex are [`Write`](Access::Write).
impl<S> Reference<S> for HeldReference
where
    S: Subject<Kind: Into<Access>, Call = Call>,
{
    fn new() -> Self {
        Self::new()
    }

    fn create(&mut self, wait: usize, access: S::Kind) {
        self.accesses.insert(wait, access.into());
    }

    fn poll(&mut self, wait: usize) -> bool {
        self.poll(wait)
    }

    fn cancel(&mut self, wait: usize) {
        self.lock.cancel(wait);
    }

    fn waiters(&self) -> usize {
        self.lock.waiters()
    }

    fn call(&mut self, call: Call) -> bool {
        self.call(call)
    }
}

use Access::{Read, Write};

const HOLD_READ: Option<Call> = Some(Call::Hold(Read));
const HOLD_WRITE: Option<Call> = Some(Call::Hold(Write));

const MUTEX_SETUPS: &[Setup<Call>] = &[(None, None), (HOLD_WRITE, None), (HOLD_WRITE, Some(()))];

macro_rules! race_all_of_mutex {
    ($($name:ident: $start:expr => $action:expr,)*) => {
        const ALL_OF_MUTEX: &[Operation<Call>] = &[$(($start, $action)),*];
        $(#[test] fn $name() {
            races_all::<TestMutex, HeldReference>(($start, $action), ALL_OF_MUTEX, MUTEX_SETUPS);
        })*
    };
}

race_all_of_mutex! {
    first_poll_of_lock_races_all: Created(()) => Poll,
    repoll_of_lock_races_all: Queued(()) => Poll,
    repoll_of_lock_with_new_waker_races_all: Queued(()) => PollWithNewWaker,
    poll_of_granted_lock_races_all: QueuedAndCompletedBy((), Call::Release) => Poll,
    cancel_of_queued_lock_races_all: Queued(()) => Cancel,
    cancel_of_granted_lock_races_all: QueuedAndCompletedBy((), Call::Release) => Cancel,
    try_lock_races_all: NoWait => Perform(Call::Try(Write)),
    unlock_races_all: NoWait => Perform(Call::Release),
}

const RWLOCK_SETUPS: &[Setup<Call, Access>] = &[
    (None, None),
    (HOLD_WRITE, None),
    (HOLD_READ, None),
    (HOLD_WRITE, Some(Read)),
    (HOLD_READ, Some(Write)),
];

macro_rules! race_all_of_rwlock {
    ($($name:ident: $start:expr => $action:expr,)*) => {
        const ALL_OF_RWLOCK: &[Operation<Call, Access>] = &[$(($start, $action)),*];
        $(#[test] fn $name() {
            races_all::<TestRwLock, HeldReference>(($start, $action), ALL_OF_RWLOCK, RWLOCK_SETUPS);
        })*
    };
}

race_all_of_rwlock! {
    first_poll_of_read_races_all: Created(Read) => Poll,
    first_poll_of_write_races_all: Created(Write) => Poll,
    repoll_of_read_races_all: Queued(Read) => Poll,
    repoll_of_write_with_new_waker_races_all: Queued(Write) => PollWithNewWaker,
    poll_of_granted_read_races_all: QueuedAndCompletedBy(Read, Call::Release) => Poll,
    cancel_of_queued_read_races_all: Queued(Read) => Cancel,
    cancel_of_queued_write_races_all: Queued(Write) => Cancel,
    cancel_of_granted_read_races_all: QueuedAndCompletedBy(Read, Call::Release) => Cancel,
    cancel_of_granted_write_races_all: QueuedAndCompletedBy(Write, Call::Release) => Cancel,
    try_read_races_all: NoWait => Perform(Call::Try(Read)),
    try_write_races_all: NoWait => Perform(Call::Try(Write)),
    release_of_lock_races_all: NoWait => Perform(Call::Release),
    downgrade_races_all: NoWait => Perform(Call::Downgrade),
}
