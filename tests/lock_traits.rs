//! Auto traits and sizes of the types that contain data, and the generic types behind the aliases.
//!
//! Each type is checked with data that lacks one trait.

use std::{
    cell::Cell,
    marker::PhantomData,
    panic::{RefUnwindSafe, UnwindSafe},
    rc::Rc,
    sync::{Arc, MutexGuard as StdMutexGuard},
};

use compio_sync::{
    Lock, LockOwned, MappedMutexGuard, Mutex, MutexGuard, OnceCell, OwnedMappedMutexGuard,
    OwnedMutexGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, ReadLock, ReadLockOwned, RwLock,
    RwLockReadGuard, RwLockWriteGuard, SetError, WaitForInit, WriteLock, WriteLockOwned,
    generic::{self, Flavour, Shared, SingleThread},
    unsync,
};
use static_assertions::{assert_impl_all, assert_not_impl_any, assert_type_eq_all};

/// `Send`, and not `Sync`.
type OnlySend = Cell<u32>;
/// `Sync`, and not `Send`.
type OnlySync = PhantomData<StdMutexGuard<'static, u32>>;
/// Neither `Send` nor `Sync`.
type Neither = Rc<u32>;
/// Neither `UnwindSafe` nor `RefUnwindSafe`.
type NotUnwindSafe = PhantomData<(&'static mut u32, Cell<u32>)>;

assert_impl_all!(OnlySync: Sync);
assert_not_impl_any!(OnlySync: Send);
assert_not_impl_any!(NotUnwindSafe: UnwindSafe, RefUnwindSafe);

// A mutex gives its data to one thread at a time, so it needs no `Sync`.
assert_impl_all!(Mutex<OnlySend>: Send, Sync, Unpin);
assert_not_impl_any!(Mutex<OnlySync>: Send, Sync);
assert_not_impl_any!(Mutex<Neither>: Send, Sync);
assert_not_impl_any!(Mutex<u32>: Clone);
assert_impl_all!(Mutex<u32>: UnwindSafe, Default, From<u32>);
assert_not_impl_any!(Mutex<u32>: RefUnwindSafe);
assert_not_impl_any!(Mutex<NotUnwindSafe>: UnwindSafe, RefUnwindSafe);

assert_impl_all!(Lock<'static, OnlySend>: Send, Sync);
assert_not_impl_any!(Lock<'static, OnlySync>: Send, Sync);
assert_not_impl_any!(Lock<'static, u32>: Unpin, Clone);
assert_impl_all!(LockOwned<OnlySend>: Send, Sync);
assert_not_impl_any!(LockOwned<OnlySync>: Send, Sync);
assert_not_impl_any!(LockOwned<u32>: Unpin, Clone);

assert_impl_all!(MutexGuard<'static, u32>: Send, Sync, Unpin);
assert_impl_all!(MutexGuard<'static, OnlySend>: Send);
assert_not_impl_any!(MutexGuard<'static, OnlySend>: Sync);
assert_not_impl_any!(MutexGuard<'static, OnlySync>: Send, Sync);
assert_not_impl_any!(MutexGuard<'static, Neither>: Send, Sync);
assert_not_impl_any!(MutexGuard<'static, u32>: Clone);
assert_impl_all!(OwnedMutexGuard<u32>: Send, Sync, Unpin);
assert_impl_all!(OwnedMutexGuard<OnlySend>: Send);
assert_not_impl_any!(OwnedMutexGuard<OnlySend>: Sync);
assert_not_impl_any!(OwnedMutexGuard<OnlySync>: Send, Sync);

// A mapped guard depends on its part, and on the data that it unlocks.
assert_impl_all!(MappedMutexGuard<'static, u32, u32>: Send, Sync, Unpin);
assert_impl_all!(MappedMutexGuard<'static, OnlySend, OnlySend>: Send);
assert_not_impl_any!(MappedMutexGuard<'static, u32, OnlySend>: Sync);
assert_not_impl_any!(MappedMutexGuard<'static, u32, OnlySync>: Send);
assert_not_impl_any!(MappedMutexGuard<'static, Neither, u32>: Send, Sync);
assert_not_impl_any!(MappedMutexGuard<'static, u32, Neither>: Send, Sync);
assert_impl_all!(OwnedMappedMutexGuard<u32, u32>: Send, Sync, Unpin);
assert_not_impl_any!(OwnedMappedMutexGuard<Neither, u32>: Send, Sync);
assert_not_impl_any!(OwnedMappedMutexGuard<u32, Neither>: Send, Sync);

// A lock gives its data to several readers at a time, so it needs `Sync` as well.
assert_impl_all!(RwLock<u32>: Send, Sync, Unpin);
assert_impl_all!(RwLock<OnlySend>: Send);
assert_not_impl_any!(RwLock<OnlySend>: Sync);
assert_not_impl_any!(RwLock<OnlySync>: Send, Sync);
assert_not_impl_any!(RwLock<u32>: Clone);
assert_impl_all!(RwLock<u32>: UnwindSafe, Default, From<u32>);
assert_not_impl_any!(RwLock<u32>: RefUnwindSafe);
assert_not_impl_any!(RwLock<NotUnwindSafe>: UnwindSafe, RefUnwindSafe);

assert_impl_all!(ReadLock<'static, u32>: Send, Sync);
assert_impl_all!(WriteLock<'static, u32>: Send, Sync);
assert_impl_all!(ReadLockOwned<u32>: Send, Sync);
assert_impl_all!(WriteLockOwned<u32>: Send, Sync);
assert_not_impl_any!(ReadLock<'static, OnlySend>: Send, Sync);
assert_not_impl_any!(WriteLock<'static, OnlySync>: Send, Sync);
assert_not_impl_any!(ReadLockOwned<OnlySend>: Send, Sync);
assert_not_impl_any!(WriteLockOwned<OnlySync>: Send, Sync);
assert_not_impl_any!(ReadLock<'static, u32>: Unpin, Clone);
assert_not_impl_any!(WriteLock<'static, u32>: Unpin, Clone);
assert_not_impl_any!(ReadLockOwned<u32>: Unpin, Clone);
assert_not_impl_any!(WriteLockOwned<u32>: Unpin, Clone);

// A borrowed read guard only reads, and an owned one may drop the data.
assert_impl_all!(RwLockReadGuard<'static, u32>: Send, Sync, Unpin);
assert_impl_all!(RwLockReadGuard<'static, OnlySync>: Send);
assert_not_impl_any!(RwLockReadGuard<'static, OnlySend>: Send, Sync);
assert_not_impl_any!(RwLockReadGuard<'static, Neither>: Send, Sync);
assert_not_impl_any!(RwLockReadGuard<'static, u32>: Clone);
assert_impl_all!(OwnedRwLockReadGuard<u32>: Send, Sync, Unpin);
assert_not_impl_any!(OwnedRwLockReadGuard<OnlySync>: Send);
assert_not_impl_any!(OwnedRwLockReadGuard<OnlySend>: Send, Sync);

assert_impl_all!(RwLockWriteGuard<'static, u32>: Send, Sync, Unpin);
assert_not_impl_any!(RwLockWriteGuard<'static, OnlySend>: Send, Sync);
assert_not_impl_any!(RwLockWriteGuard<'static, OnlySync>: Send, Sync);
assert_not_impl_any!(RwLockWriteGuard<'static, u32>: Clone);
assert_impl_all!(OwnedRwLockWriteGuard<u32>: Send, Sync, Unpin);
assert_not_impl_any!(OwnedRwLockWriteGuard<OnlySend>: Send, Sync);
assert_not_impl_any!(OwnedRwLockWriteGuard<OnlySync>: Send, Sync);

// The traits of `std::sync::OnceLock`.
assert_impl_all!(OnceCell<u32>: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(OnceCell<u32>: Default, From<u32>, Clone, Eq);
assert_impl_all!(OnceCell<OnlySend>: Send);
assert_not_impl_any!(OnceCell<OnlySend>: Sync);
assert_not_impl_any!(OnceCell<OnlySync>: Send, Sync);
assert_not_impl_any!(OnceCell<NotUnwindSafe>: UnwindSafe, RefUnwindSafe);
assert_impl_all!(WaitForInit<'static, u32>: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(WaitForInit<'static, OnlySend>: Send, Sync);
assert_not_impl_any!(WaitForInit<'static, OnlySync>: Send, Sync);
assert_not_impl_any!(WaitForInit<'static, u32>: Unpin, Clone);
assert_impl_all!(SetError<u32>: Send, Sync, Copy, UnwindSafe, RefUnwindSafe, std::error::Error);

// A panic of its holder can leave the data half-modified, so no reference to a lock is unwind safe.
assert_not_impl_any!(Lock<'static, u32>: UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(MutexGuard<'static, u32>: UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(MappedMutexGuard<'static, u32, u32>: UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(OwnedMutexGuard<u32>: UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(ReadLock<'static, u32>: UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(WriteLock<'static, u32>: UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(RwLockReadGuard<'static, u32>: UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(RwLockWriteGuard<'static, u32>: UnwindSafe, RefUnwindSafe);

// Nothing of the single-thread flavour leaves its thread.
assert_not_impl_any!(unsync::Mutex<u32>: Send, Sync, RefUnwindSafe, Clone);
assert_not_impl_any!(unsync::Lock<'static, u32>: Send, Sync, Unpin, Clone);
assert_not_impl_any!(unsync::LockOwned<u32>: Send, Sync, Unpin, Clone);
assert_not_impl_any!(unsync::MutexGuard<'static, u32>: Send, Sync, Clone);
assert_not_impl_any!(unsync::OwnedMutexGuard<u32>: Send, Sync, Clone);
assert_not_impl_any!(unsync::MappedMutexGuard<'static, u32, u32>: Send, Sync, Clone);
assert_not_impl_any!(unsync::OwnedMappedMutexGuard<u32, u32>: Send, Sync, Clone);
assert_not_impl_any!(unsync::RwLock<u32>: Send, Sync, RefUnwindSafe, Clone);
assert_not_impl_any!(unsync::ReadLock<'static, u32>: Send, Sync, Unpin, Clone);
assert_not_impl_any!(unsync::ReadLockOwned<u32>: Send, Sync, Unpin, Clone);
assert_not_impl_any!(unsync::WriteLock<'static, u32>: Send, Sync, Unpin, Clone);
assert_not_impl_any!(unsync::WriteLockOwned<u32>: Send, Sync, Unpin, Clone);
assert_not_impl_any!(unsync::RwLockReadGuard<'static, u32>: Send, Sync, Clone);
assert_not_impl_any!(unsync::OwnedRwLockReadGuard<u32>: Send, Sync, Clone);
assert_not_impl_any!(unsync::RwLockWriteGuard<'static, u32>: Send, Sync, Clone);
assert_not_impl_any!(unsync::OwnedRwLockWriteGuard<u32>: Send, Sync, Clone);
assert_not_impl_any!(unsync::OnceCell<u32>: Send, Sync);
assert_not_impl_any!(unsync::WaitForInit<'static, u32>: Send, Sync, Unpin, Clone);
assert_impl_all!(unsync::Mutex<u32>: Unpin, UnwindSafe, Default, From<u32>);
assert_impl_all!(unsync::MutexGuard<'static, u32>: Unpin);
assert_impl_all!(unsync::RwLock<u32>: Unpin, UnwindSafe, Default, From<u32>);
assert_impl_all!(unsync::RwLockReadGuard<'static, u32>: Unpin);
assert_impl_all!(unsync::RwLockWriteGuard<'static, u32>: Unpin);
assert_impl_all!(unsync::OnceCell<u32>: Unpin, UnwindSafe, RefUnwindSafe, Default, Clone, Eq);
assert_impl_all!(unsync::WaitForInit<'static, u32>: UnwindSafe, RefUnwindSafe);

// Each alias is a generic type, and both flavours share the error.
assert_type_eq_all!(Mutex<u32>, generic::Mutex<Shared, u32>);
assert_type_eq_all!(Lock<'static, u32>, generic::Lock<&'static Mutex<u32>>);
assert_type_eq_all!(LockOwned<u32>, generic::Lock<Arc<Mutex<u32>>>);
assert_type_eq_all!(MutexGuard<'static, u32>, generic::MutexGuard<&'static Mutex<u32>>);
assert_type_eq_all!(OwnedMutexGuard<u32>, generic::MutexGuard<Arc<Mutex<u32>>>);
assert_type_eq_all!(
    MappedMutexGuard<'static, u32, u8>,
    generic::MappedMutexGuard<&'static Mutex<u32>, u8>
);
assert_type_eq_all!(OwnedMappedMutexGuard<u32, u8>, generic::MappedMutexGuard<Arc<Mutex<u32>>, u8>);
assert_type_eq_all!(RwLock<u32>, generic::RwLock<Shared, u32>);
assert_type_eq_all!(ReadLock<'static, u32>, generic::ReadLock<&'static RwLock<u32>>);
assert_type_eq_all!(ReadLockOwned<u32>, generic::ReadLock<Arc<RwLock<u32>>>);
assert_type_eq_all!(WriteLock<'static, u32>, generic::WriteLock<&'static RwLock<u32>>);
assert_type_eq_all!(WriteLockOwned<u32>, generic::WriteLock<Arc<RwLock<u32>>>);
assert_type_eq_all!(RwLockReadGuard<'static, u32>, generic::RwLockReadGuard<&'static RwLock<u32>>);
assert_type_eq_all!(OwnedRwLockReadGuard<u32>, generic::RwLockReadGuard<Arc<RwLock<u32>>>);
assert_type_eq_all!(
    RwLockWriteGuard<'static, u32>,
    generic::RwLockWriteGuard<&'static RwLock<u32>>
);
assert_type_eq_all!(OwnedRwLockWriteGuard<u32>, generic::RwLockWriteGuard<Arc<RwLock<u32>>>);
assert_type_eq_all!(OnceCell<u32>, generic::OnceCell<Shared, u32>);
assert_type_eq_all!(WaitForInit<'static, u32>, generic::WaitForInit<'static, Shared, u32>);

assert_type_eq_all!(unsync::Mutex<u32>, generic::Mutex<SingleThread, u32>);
assert_type_eq_all!(unsync::Lock<'static, u32>, generic::Lock<&'static unsync::Mutex<u32>>);
assert_type_eq_all!(unsync::LockOwned<u32>, generic::Lock<Rc<unsync::Mutex<u32>>>);
assert_type_eq_all!(
    unsync::MutexGuard<'static, u32>,
    generic::MutexGuard<&'static unsync::Mutex<u32>>
);
assert_type_eq_all!(unsync::OwnedMutexGuard<u32>, generic::MutexGuard<Rc<unsync::Mutex<u32>>>);
assert_type_eq_all!(
    unsync::MappedMutexGuard<'static, u32, u8>,
    generic::MappedMutexGuard<&'static unsync::Mutex<u32>, u8>
);
assert_type_eq_all!(
    unsync::OwnedMappedMutexGuard<u32, u8>,
    generic::MappedMutexGuard<Rc<unsync::Mutex<u32>>, u8>
);
assert_type_eq_all!(unsync::RwLock<u32>, generic::RwLock<SingleThread, u32>);
assert_type_eq_all!(
    unsync::ReadLock<'static, u32>,
    generic::ReadLock<&'static unsync::RwLock<u32>>
);
assert_type_eq_all!(unsync::ReadLockOwned<u32>, generic::ReadLock<Rc<unsync::RwLock<u32>>>);
assert_type_eq_all!(
    unsync::WriteLock<'static, u32>,
    generic::WriteLock<&'static unsync::RwLock<u32>>
);
assert_type_eq_all!(unsync::WriteLockOwned<u32>, generic::WriteLock<Rc<unsync::RwLock<u32>>>);
assert_type_eq_all!(
    unsync::RwLockReadGuard<'static, u32>,
    generic::RwLockReadGuard<&'static unsync::RwLock<u32>>
);
assert_type_eq_all!(
    unsync::OwnedRwLockReadGuard<u32>,
    generic::RwLockReadGuard<Rc<unsync::RwLock<u32>>>
);
assert_type_eq_all!(
    unsync::RwLockWriteGuard<'static, u32>,
    generic::RwLockWriteGuard<&'static unsync::RwLock<u32>>
);
assert_type_eq_all!(
    unsync::OwnedRwLockWriteGuard<u32>,
    generic::RwLockWriteGuard<Rc<unsync::RwLock<u32>>>
);
assert_type_eq_all!(unsync::OnceCell<u32>, generic::OnceCell<SingleThread, u32>);
assert_type_eq_all!(
    unsync::WaitForInit<'static, u32>,
    generic::WaitForInit<'static, SingleThread, u32>
);

assert_type_eq_all!(unsync::SetError<u32>, SetError<u32>);

/// Asserts the traits that the types have for every flavour. It only needs to compile.
fn _types_of_any_flavour_are_unwind_safe<F: Flavour>() {
    fn is_unwind_safe<T: UnwindSafe>() {}
    fn is_ref_unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
    is_unwind_safe::<generic::Mutex<F, u32>>();
    is_unwind_safe::<generic::RwLock<F, u32>>();
    is_ref_unwind_safe::<generic::OnceCell<F, u32>>();
    is_ref_unwind_safe::<generic::WaitForInit<'_, F, u32>>();
}

/// Compiles only if guards are covariant in the lifetime of their borrow.
#[test]
fn guards_are_covariant_in_their_borrow() {
    fn shorten<'short>(guard: MutexGuard<'static, u32>) -> MutexGuard<'short, u32> {
        guard
    }
    fn shorten_mapped<'short>(
        guard: MappedMutexGuard<'static, u32, u32>,
    ) -> MappedMutexGuard<'short, u32, u32> {
        guard
    }
    fn shorten_read<'short>(guard: RwLockReadGuard<'static, u32>) -> RwLockReadGuard<'short, u32> {
        guard
    }
    fn shorten_write<'short>(
        guard: RwLockWriteGuard<'static, u32>,
    ) -> RwLockWriteGuard<'short, u32> {
        guard
    }
    static MUTEX: Mutex<u32> = Mutex::new(5);
    static LOCK: RwLock<u32> = RwLock::new(5);
    drop(shorten(MUTEX.try_lock().unwrap()));
    drop(shorten_mapped(MutexGuard::map(MUTEX.try_lock().unwrap(), |data| data)));
    drop(shorten_read(LOCK.try_read().unwrap()));
    drop(shorten_write(LOCK.try_write().unwrap()));
}

#[test]
fn value_of_static_cell_is_static() {
    static CELL: OnceCell<u32> = OnceCell::new();
    let value: &'static u32 = pollster::block_on(CELL.get_or_init(async || 5));
    let waited: &'static u32 = pollster::block_on(CELL.wait());
    assert!(std::ptr::eq(value, waited));
}

#[cfg(not(feature = "tracing"))]
#[test]
fn types_have_documented_sizes() {
    let word = size_of::<usize>();
    assert_eq!(size_of::<Mutex<()>>(), 3 * word);
    assert_eq!(size_of::<Mutex<usize>>(), 4 * word);
    assert_eq!(size_of::<Lock<'_, ()>>(), 7 * word);
    assert_eq!(size_of::<LockOwned<()>>(), 7 * word);
    assert_eq!(size_of::<MutexGuard<'_, ()>>(), word);
    assert_eq!(size_of::<Option<MutexGuard<'_, ()>>>(), word);
    assert_eq!(size_of::<OwnedMutexGuard<()>>(), word);
    assert_eq!(size_of::<MappedMutexGuard<'_, (), u32>>(), 2 * word);
    assert_eq!(size_of::<OwnedMappedMutexGuard<(), u32>>(), 2 * word);
    assert_eq!(size_of::<RwLock<()>>(), 3 * word);
    assert_eq!(size_of::<RwLock<usize>>(), 4 * word);
    assert_eq!(size_of::<ReadLock<'_, ()>>(), 7 * word);
    assert_eq!(size_of::<ReadLockOwned<()>>(), 7 * word);
    assert_eq!(size_of::<WriteLock<'_, ()>>(), 7 * word);
    assert_eq!(size_of::<WriteLockOwned<()>>(), 7 * word);
    assert_eq!(size_of::<RwLockReadGuard<'_, ()>>(), 2 * word);
    assert_eq!(size_of::<OwnedRwLockReadGuard<()>>(), 2 * word);
    assert_eq!(size_of::<RwLockWriteGuard<'_, ()>>(), 2 * word);
    assert_eq!(size_of::<OwnedRwLockWriteGuard<()>>(), 2 * word);
    assert_eq!(size_of::<OnceCell<()>>(), 7 * word);
    assert_eq!(size_of::<OnceCell<usize>>(), 8 * word);
    assert_eq!(size_of::<WaitForInit<'_, ()>>(), 9 * word);
}

#[cfg(not(feature = "tracing"))]
#[test]
fn flavours_have_equal_sizes() {
    assert_eq!(size_of::<unsync::Mutex<u32>>(), size_of::<Mutex<u32>>());
    assert_eq!(size_of::<unsync::Lock<'_, u32>>(), size_of::<Lock<'_, u32>>());
    assert_eq!(size_of::<unsync::MutexGuard<'_, u32>>(), size_of::<MutexGuard<'_, u32>>());
    assert_eq!(size_of::<unsync::RwLock<u32>>(), size_of::<RwLock<u32>>());
    assert_eq!(size_of::<unsync::ReadLock<'_, u32>>(), size_of::<ReadLock<'_, u32>>());
    assert_eq!(size_of::<unsync::WriteLock<'_, u32>>(), size_of::<WriteLock<'_, u32>>());
    assert_eq!(size_of::<unsync::OnceCell<u32>>(), size_of::<OnceCell<u32>>());
    assert_eq!(size_of::<unsync::WaitForInit<'_, u32>>(), size_of::<WaitForInit<'_, u32>>());
}
