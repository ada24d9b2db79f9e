//! The traits that std implements for its counterparts of the types, and what `Debug` shows.

use std::fmt::{Debug, Display};

use compio_sync::{
    BarrierWaitResult, SetError,
    generic::{
        Barrier, Condvar, Event, Flavour, MappedMutexGuard, Mutex, MutexGuard, Notify, OnceCell,
        RwLock, RwLockReadGuard, RwLockWriteGuard, Shared, SingleThread,
    },
};
use static_assertions::assert_not_impl_any;

use crate::task::Task;

struct NoTraits;

/// Asserts the traits of the types of every flavour. It only needs to compile.
fn _types_have_traits_of_std<F: Flavour>() {
    fn is_lock<T: Default + From<u32> + Debug>() {}
    is_lock::<Mutex<F, u32>>();
    is_lock::<RwLock<F, u32>>();
    is_lock::<OnceCell<F, u32>>();

    fn is_cell<T: Clone + Eq>() {}
    is_cell::<OnceCell<F, u32>>();

    fn is_default<T: Default + Debug>() {}
    is_default::<Condvar<F>>();
    is_default::<Notify<F>>();
    is_default::<Event<F>>();
    is_default::<OnceCell<F, u32>>();

    fn is_debug<T: ?Sized + Debug>() {}
    is_debug::<Mutex<F, [u32]>>();
    is_debug::<RwLock<F, dyn Debug>>();
    is_debug::<Barrier<F>>();
    is_debug::<BarrierWaitResult>();

    fn is_guard<T: Debug + Display>() {}
    is_guard::<MutexGuard<&Mutex<F, str>>>();
    is_guard::<MappedMutexGuard<&Mutex<F, u32>, str>>();
    is_guard::<RwLockReadGuard<&RwLock<F, str>>>();
    is_guard::<RwLockWriteGuard<&RwLock<F, str>>>();

    // No trait of the data is required.
    let _ = [|| drop(Mutex::<F, _>::from(NoTraits)), || drop(RwLock::<F, _>::from(NoTraits))];
    let _ = || drop((OnceCell::<F, _>::from(NoTraits), OnceCell::<F, NoTraits>::default()));
}

assert_not_impl_any!(Mutex<Shared, NoTraits>: Debug, Default);
assert_not_impl_any!(RwLock<Shared, NoTraits>: Debug, Default);
assert_not_impl_any!(OnceCell<Shared, NoTraits>: Debug, Clone, PartialEq);
assert_not_impl_any!(MutexGuard<&'static Mutex<Shared, NoTraits>>: Debug, Display);
assert_not_impl_any!(SetError<NoTraits>: Clone, PartialEq);

fn test_default_and_from<F: Flavour>() {
    let mutexes = [Mutex::<F, u32>::default(), Mutex::from(5)];
    assert_eq!(mutexes.map(Mutex::into_inner), [0, 5]);
    let locks = [RwLock::<F, u32>::default(), RwLock::from(5)];
    assert_eq!(locks.map(RwLock::into_inner), [0, 5]);
    let cells = [OnceCell::<F, u32>::default(), OnceCell::from(5)];
    assert_eq!(cells.clone().map(OnceCell::into_inner), [None, Some(5)]);
    assert!(!Event::<F>::default().is_set());
    assert_eq!((Notify::<F>::default().waiters(), Condvar::<F>::default().waiters()), (0, 0));
}

#[test]
fn default_and_from_create_unused_primitives() {
    test_default_and_from::<Shared>();
    test_default_and_from::<SingleThread>();
}

/// Formats each primitive while it is in use and has a waiter. A blocked formatter would hang.
fn test_debug_in_use<F: Flavour>() {
    let mutex = Mutex::<F, _>::new(5);
    let guard = mutex.try_lock();
    let lock = Task::waiting(mutex.lock());
    assert_eq!(format!("{mutex:?}"), "Mutex { data: <locked>, waiters: 1 }");
    assert_eq!(format!("{guard:?}"), "Some(5)");
    assert_eq!(format!("{:?}", lock.future), "Lock { is_queued: true }");

    let rwlock = RwLock::<F, _>::new(5);
    let writer = rwlock.try_write();
    let read = Task::waiting(rwlock.read());
    assert_eq!(format!("{rwlock:?}"), "RwLock { data: <locked>, waiters: 1 }");
    assert_eq!(format!("{writer:?}"), "Some(5)");
    assert_eq!(format!("{:?}", read.future), "ReadLock { is_queued: true }");

    let cell = OnceCell::<F, u32>::new();
    let init = Task::waiting(cell.get_or_init(std::future::pending));
    let wait = Task::waiting(cell.wait());
    assert_eq!(format!("{cell:?}"), "OnceCell(<uninit>)");
    assert_eq!(format!("{:?}", wait.future), "WaitForInit { .. }");
    drop(init);

    let condvar = Condvar::<F>::new();
    let free = Mutex::new(5);
    let wait = Task::waiting(condvar.wait(free.try_lock().unwrap()));
    assert_eq!(
        format!("{condvar:?} {free:?}"),
        "Condvar { waiters: 1 } Mutex { data: 5, waiters: 0 }"
    );
    assert_eq!(format!("{:?}", wait.future), "WaitOnCondvar { .. }");

    let barrier = Barrier::<F>::new(2);
    let wait = Task::waiting(barrier.wait());
    assert_eq!(format!("{barrier:?}"), "Barrier { tasks: 2, arrived: 1, waiters: 1 }");
    assert_eq!(format!("{:?}", wait.future), "BarrierWait { is_queued: true }");
}

#[test]
fn debug_of_primitive_in_use_does_not_wait() {
    test_debug_in_use::<Shared>();
    test_debug_in_use::<SingleThread>();
}
