//! Tests of `RwLock`.

#[cfg(test)]
mod cancel;
#[cfg(test)]
mod downgrade;
#[cfg(test)]
#[path = "exclusive/mod.rs"]
mod exclusive;
#[path = "lock_program.rs"]
pub(crate) mod program;
#[cfg(test)]
#[path = "lock_property.rs"]
mod property;
#[cfg(test)]
mod readers;
#[cfg(test)]
mod traced;

use super::{
    Counted,
    flavour::{
        OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock as Primitive, RwLockReadGuard,
        RwLockWriteGuard, WriteLock, WriteLockOwned,
    },
};
use crate::flavours::lock_reference::{Access, LockReference};

fn lock<T: ?Sized>(lock: &Primitive<T>) -> WriteLock<'_, T> {
    lock.write()
}

fn lock_owned<T: ?Sized>(lock: &Counted<Primitive<T>>) -> WriteLockOwned<T> {
    Counted::clone(lock).write_owned()
}

fn try_lock<T: ?Sized>(lock: &Primitive<T>) -> Option<RwLockWriteGuard<'_, T>> {
    lock.try_write()
}

fn try_lock_owned<T: ?Sized>(lock: &Counted<Primitive<T>>) -> Option<OwnedRwLockWriteGuard<T>> {
    Counted::clone(lock).try_write_owned()
}

/// The guards of a program.
pub(crate) enum Guard<'a> {
    Read(RwLockReadGuard<'a, usize>),
    OwnedRead(OwnedRwLockReadGuard<usize>),
    Write(RwLockWriteGuard<'a, usize>),
    OwnedWrite(OwnedRwLockWriteGuard<usize>),
}

impl Guard<'_> {
    /// The kind of access that a program gets.
    fn supported(access: Access) -> Access {
        access
    }

    fn access(&self) -> Access {
        match self {
            Self::Read(_) | Self::OwnedRead(_) => Access::Read,
            Self::Write(_) | Self::OwnedWrite(_) => Access::Write,
        }
    }

    fn data(&self) -> &usize {
        match self {
            Self::Read(guard) => guard,
            Self::OwnedRead(guard) => guard,
            Self::Write(guard) => guard,
            Self::OwnedWrite(guard) => guard,
        }
    }

    fn data_mut(&mut self) -> Option<&mut usize> {
        match self {
            Self::Read(_) | Self::OwnedRead(_) => None,
            Self::Write(guard) => Some(guard),
            Self::OwnedWrite(guard) => Some(guard),
        }
    }
}

/// Downgrades a writer.
fn convert<'a>(guard: Guard<'a>, reference: &mut LockReference) -> Guard<'a> {
    if guard.access() == Access::Write {
        reference.downgrade();
    }
    match guard {
        Guard::Write(guard) => Guard::Read(RwLockWriteGuard::downgrade(guard)),
        Guard::OwnedWrite(guard) => Guard::OwnedRead(OwnedRwLockWriteGuard::downgrade(guard)),
        reader => reader,
    }
}

fn lock_as(lock: &Counted<Primitive<usize>>, access: Access, owned: bool) -> program::Locking<'_> {
    match (access, owned) {
        (Access::Read, false) => {
            let read = lock.read();
            Box::pin(async { Guard::Read(read.await) })
        }
        (Access::Read, true) => {
            let read = Counted::clone(lock).read_owned();
            Box::pin(async { Guard::OwnedRead(read.await) })
        }
        (Access::Write, false) => {
            let write = self::lock(lock);
            Box::pin(async { Guard::Write(write.await) })
        }
        (Access::Write, true) => {
            let write = lock_owned(lock);
            Box::pin(async { Guard::OwnedWrite(write.await) })
        }
    }
}

fn try_lock_as(lock: &Counted<Primitive<usize>>, access: Access, owned: bool) -> Option<Guard<'_>> {
    match (access, owned) {
        (Access::Read, false) => lock.try_read().map(Guard::Read),
        (Access::Read, true) => Counted::clone(lock).try_read_owned().map(Guard::OwnedRead),
        (Access::Write, false) => try_lock(lock).map(Guard::Write),
        (Access::Write, true) => try_lock_owned(lock).map(Guard::OwnedWrite),
    }
}

/// Returns whether `Debug` shows that the lock is locked.
fn is_locked(reference: &LockReference) -> bool {
    !reference.is_available(Access::Read)
}
