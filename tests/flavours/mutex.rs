//! Tests of `Mutex`.

#[cfg(test)]
#[path = "exclusive/mod.rs"]
mod exclusive;
#[cfg(test)]
mod guard;
#[path = "lock_program.rs"]
pub(crate) mod program;
#[cfg(test)]
#[path = "lock_property.rs"]
mod property;
#[cfg(test)]
mod traced;

use super::{
    Counted,
    flavour::{
        Lock, LockOwned, MappedMutexGuard, Mutex as Primitive, MutexGuard, OwnedMappedMutexGuard,
        OwnedMutexGuard,
    },
};
use crate::flavours::lock_reference::{Access, LockReference};

fn lock<T: ?Sized>(mutex: &Primitive<T>) -> Lock<'_, T> {
    mutex.lock()
}

fn lock_owned<T: ?Sized>(mutex: &Counted<Primitive<T>>) -> LockOwned<T> {
    Counted::clone(mutex).lock_owned()
}

fn try_lock<T: ?Sized>(mutex: &Primitive<T>) -> Option<MutexGuard<'_, T>> {
    mutex.try_lock()
}

fn try_lock_owned<T: ?Sized>(mutex: &Counted<Primitive<T>>) -> Option<OwnedMutexGuard<T>> {
    Counted::clone(mutex).try_lock_owned()
}

/// The guards of a program.
pub(crate) enum Guard<'a> {
    Borrowed(MutexGuard<'a, usize>),
    Owned(OwnedMutexGuard<usize>),
    Mapped(MappedMutexGuard<'a, usize, usize>),
    OwnedMapped(OwnedMappedMutexGuard<usize, usize>),
}

impl Guard<'_> {
    /// The kind of access that a program gets.
    fn supported(_: Access) -> Access {
        Access::Write
    }

    fn access(&self) -> Access {
        Access::Write
    }

    fn data(&self) -> &usize {
        match self {
            Self::Borrowed(guard) => guard,
            Self::Owned(guard) => guard,
            Self::Mapped(guard) => guard,
            Self::OwnedMapped(guard) => guard,
        }
    }

    fn data_mut(&mut self) -> Option<&mut usize> {
        Some(match self {
            Self::Borrowed(guard) => guard,
            Self::Owned(guard) => guard,
            Self::Mapped(guard) => guard,
            Self::OwnedMapped(guard) => guard,
        })
    }
}

/// Maps a guard.
fn convert<'a>(guard: Guard<'a>, _: &mut LockReference) -> Guard<'a> {
    match guard {
        Guard::Borrowed(guard) => Guard::Mapped(MutexGuard::map(guard, |data| data)),
        Guard::Owned(guard) => Guard::OwnedMapped(OwnedMutexGuard::map(guard, |data| data)),
        mapped => mapped,
    }
}

fn lock_as(mutex: &Counted<Primitive<usize>>, _: Access, owned: bool) -> program::Locking<'_> {
    if owned {
        let lock = lock_owned(mutex);
        Box::pin(async { Guard::Owned(lock.await) })
    } else {
        let lock = lock(mutex);
        Box::pin(async { Guard::Borrowed(lock.await) })
    }
}

fn try_lock_as(mutex: &Counted<Primitive<usize>>, _: Access, owned: bool) -> Option<Guard<'_>> {
    match owned {
        true => try_lock_owned(mutex).map(Guard::Owned),
        false => try_lock(mutex).map(Guard::Borrowed),
    }
}

/// Returns whether `Debug` shows that the mutex is locked.
fn is_locked(reference: &LockReference) -> bool {
    !reference.is_available(Access::Write)
}
