//! Auto traits and sizes of the public types, and the generic types behind the aliases.

use std::{
    panic::{RefUnwindSafe, UnwindSafe},
    rc::Rc,
    sync::Arc,
};

use compio_sync::{
    Acquire, AcquireOwned, Barrier, BarrierWait, BarrierWaitResult, ClosableAcquire,
    ClosableAcquireOwned, ClosablePermit, ClosableSemaphore, Closed, Condvar, Drain, DrainOwned,
    Event, Mutex, Notified, NotifiedOwned, Notify, OwnedClosablePermit, OwnedSemaphorePermit,
    Semaphore, SemaphorePermit, TooManyPermits, TryAcquireError, WaitForClose, WaitForEvent,
    WaitForEventOwned, WaitOnCondvar,
    generic::{self, Closable, Flavour, Shared, SingleThread},
    unsync,
};
use static_assertions::{assert_impl_all, assert_not_impl_any, assert_type_eq_all};

assert_impl_all!(Semaphore: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(SemaphorePermit<'static>: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Acquire<'static>: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(OwnedSemaphorePermit: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(AcquireOwned: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(TooManyPermits: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(TooManyPermits: Copy, std::error::Error);
assert_not_impl_any!(Acquire<'static>: Unpin, Clone);
assert_not_impl_any!(AcquireOwned: Unpin, Clone);
assert_not_impl_any!(OwnedSemaphorePermit: Clone);
assert_not_impl_any!(Semaphore: Clone);
assert_not_impl_any!(SemaphorePermit<'static>: Clone);

assert_impl_all!(unsync::Semaphore: Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(unsync::SemaphorePermit<'static>: Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(unsync::Acquire<'static>: UnwindSafe, RefUnwindSafe);
assert_impl_all!(unsync::OwnedSemaphorePermit: Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(unsync::AcquireOwned: UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(unsync::Semaphore: Send, Sync, Clone);
assert_not_impl_any!(unsync::SemaphorePermit<'static>: Send, Sync, Clone);
assert_not_impl_any!(unsync::Acquire<'static>: Send, Sync, Unpin, Clone);
assert_not_impl_any!(unsync::OwnedSemaphorePermit: Send, Sync, Clone);
assert_not_impl_any!(unsync::AcquireOwned: Send, Sync, Unpin, Clone);

assert_impl_all!(ClosableSemaphore: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(ClosablePermit<'static>: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(ClosableAcquire<'static>: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(OwnedClosablePermit: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(ClosableAcquireOwned: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(WaitForClose<'static>: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Drain<'static>: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(DrainOwned: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Closed: Send, Sync, UnwindSafe, RefUnwindSafe, Copy, std::error::Error);
assert_impl_all!(TryAcquireError: Send, Sync, UnwindSafe, RefUnwindSafe, Copy, std::error::Error);
assert_not_impl_any!(ClosableSemaphore: Clone);
assert_not_impl_any!(ClosablePermit<'static>: Clone);
assert_not_impl_any!(OwnedClosablePermit: Clone);
assert_not_impl_any!(ClosableAcquire<'static>: Unpin, Clone);
assert_not_impl_any!(ClosableAcquireOwned: Unpin, Clone);
assert_not_impl_any!(WaitForClose<'static>: Unpin, Clone);
assert_not_impl_any!(Drain<'static>: Unpin, Clone);
assert_not_impl_any!(DrainOwned: Unpin, Clone);

assert_impl_all!(unsync::ClosableSemaphore: Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(unsync::ClosablePermit<'static>: Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(unsync::ClosableAcquire<'static>: UnwindSafe, RefUnwindSafe);
assert_impl_all!(unsync::OwnedClosablePermit: Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(unsync::ClosableAcquireOwned: UnwindSafe, RefUnwindSafe);
assert_impl_all!(unsync::WaitForClose<'static>: UnwindSafe, RefUnwindSafe);
assert_impl_all!(unsync::Drain<'static>: UnwindSafe, RefUnwindSafe);
assert_impl_all!(unsync::DrainOwned: UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(unsync::ClosableSemaphore: Send, Sync, Clone);
assert_not_impl_any!(unsync::ClosablePermit<'static>: Send, Sync, Clone);
assert_not_impl_any!(unsync::ClosableAcquire<'static>: Send, Sync, Unpin, Clone);
assert_not_impl_any!(unsync::OwnedClosablePermit: Send, Sync, Clone);
assert_not_impl_any!(unsync::ClosableAcquireOwned: Send, Sync, Unpin, Clone);
assert_not_impl_any!(unsync::WaitForClose<'static>: Send, Sync, Unpin, Clone);
assert_not_impl_any!(unsync::Drain<'static>: Send, Sync, Unpin, Clone);
assert_not_impl_any!(unsync::DrainOwned: Send, Sync, Unpin, Clone);

assert_impl_all!(Notify: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Default);
assert_impl_all!(Notified<'static>: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(NotifiedOwned: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Event: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Default);
assert_impl_all!(WaitForEvent<'static>: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(WaitForEventOwned: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(Notify: Clone);
assert_not_impl_any!(Notified<'static>: Unpin, Clone);
assert_not_impl_any!(NotifiedOwned: Unpin, Clone);
assert_not_impl_any!(Event: Clone);
assert_not_impl_any!(WaitForEvent<'static>: Unpin, Clone);
assert_not_impl_any!(WaitForEventOwned: Unpin, Clone);

assert_impl_all!(unsync::Notify: Unpin, UnwindSafe, RefUnwindSafe, Default);
assert_impl_all!(unsync::Notified<'static>: UnwindSafe, RefUnwindSafe);
assert_impl_all!(unsync::NotifiedOwned: UnwindSafe, RefUnwindSafe);
assert_impl_all!(unsync::Event: Unpin, UnwindSafe, RefUnwindSafe, Default);
assert_impl_all!(unsync::WaitForEvent<'static>: UnwindSafe, RefUnwindSafe);
assert_impl_all!(unsync::WaitForEventOwned: UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(unsync::Notify: Send, Sync, Clone);
assert_not_impl_any!(unsync::Notified<'static>: Send, Sync, Unpin, Clone);
assert_not_impl_any!(unsync::NotifiedOwned: Send, Sync, Unpin, Clone);
assert_not_impl_any!(unsync::Event: Send, Sync, Clone);
assert_not_impl_any!(unsync::WaitForEvent<'static>: Send, Sync, Unpin, Clone);
assert_not_impl_any!(unsync::WaitForEventOwned: Send, Sync, Unpin, Clone);

type Wait = WaitOnCondvar<'static, &'static Mutex<u32>>;
type WaitOwned = WaitOnCondvar<'static, Arc<Mutex<u32>>>;
type UnsyncWait = unsync::WaitOnCondvar<'static, &'static unsync::Mutex<u32>>;
type UnsyncWaitOwned = unsync::WaitOnCondvar<'static, Rc<unsync::Mutex<u32>>>;

assert_impl_all!(Condvar: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Default);
assert_impl_all!(Wait: Send, Sync);
assert_impl_all!(WaitOwned: Send, Sync);
assert_impl_all!(Barrier: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(BarrierWait<'static>: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(BarrierWaitResult: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Copy);
assert_not_impl_any!(Condvar: Clone);
assert_not_impl_any!(Wait: Unpin, Clone);
assert_not_impl_any!(WaitOwned: Unpin, Clone);
assert_not_impl_any!(WaitOnCondvar<'static, &'static Mutex<Rc<u32>>>: Send, Sync);
assert_not_impl_any!(Barrier: Clone, Default);
assert_not_impl_any!(BarrierWait<'static>: Unpin, Clone);

assert_impl_all!(unsync::Condvar: Unpin, UnwindSafe, RefUnwindSafe, Default);
assert_impl_all!(unsync::Barrier: Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(unsync::BarrierWait<'static>: UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(unsync::Condvar: Send, Sync, Clone);
assert_not_impl_any!(UnsyncWait: Send, Sync, Unpin, Clone);
assert_not_impl_any!(UnsyncWaitOwned: Send, Sync, Unpin, Clone);
assert_not_impl_any!(unsync::Barrier: Send, Sync, Clone, Default);
assert_not_impl_any!(unsync::BarrierWait<'static>: Send, Sync, Unpin, Clone);

// Each alias is a generic type, and both flavours share the errors.
assert_type_eq_all!(Semaphore, generic::Semaphore<Shared>);
assert_type_eq_all!(Acquire<'static>, generic::Acquire<&'static Semaphore>);
assert_type_eq_all!(AcquireOwned, generic::Acquire<Arc<Semaphore>>);
assert_type_eq_all!(SemaphorePermit<'static>, generic::SemaphorePermit<&'static Semaphore>);
assert_type_eq_all!(OwnedSemaphorePermit, generic::SemaphorePermit<Arc<Semaphore>>);
assert_type_eq_all!(
    ClosableSemaphore,
    generic::ClosableSemaphore<Shared>,
    generic::Semaphore<Shared, Closable<Shared>>
);
assert_type_eq_all!(ClosableAcquire<'static>, generic::Acquire<&'static ClosableSemaphore>);
assert_type_eq_all!(ClosableAcquireOwned, generic::Acquire<Arc<ClosableSemaphore>>);
assert_type_eq_all!(ClosablePermit<'static>, generic::SemaphorePermit<&'static ClosableSemaphore>);
assert_type_eq_all!(OwnedClosablePermit, generic::SemaphorePermit<Arc<ClosableSemaphore>>);
assert_type_eq_all!(WaitForClose<'static>, generic::WaitForClose<'static, Shared>);
assert_type_eq_all!(Drain<'static>, generic::Drain<&'static ClosableSemaphore>);
assert_type_eq_all!(DrainOwned, generic::Drain<Arc<ClosableSemaphore>>);
assert_type_eq_all!(Notify, generic::Notify<Shared>);
assert_type_eq_all!(Notified<'static>, generic::Notified<&'static Notify>);
assert_type_eq_all!(NotifiedOwned, generic::Notified<Arc<Notify>>);
assert_type_eq_all!(Event, generic::Event<Shared>);
assert_type_eq_all!(WaitForEvent<'static>, generic::WaitForEvent<&'static Event>);
assert_type_eq_all!(WaitForEventOwned, generic::WaitForEvent<Arc<Event>>);
assert_type_eq_all!(Condvar, generic::Condvar<Shared>);
assert_type_eq_all!(Wait, generic::WaitOnCondvar<'static, Shared, &'static Mutex<u32>>);
assert_type_eq_all!(WaitOwned, generic::WaitOnCondvar<'static, Shared, Arc<Mutex<u32>>>);
assert_type_eq_all!(Barrier, generic::Barrier<Shared>);
assert_type_eq_all!(BarrierWait<'static>, generic::BarrierWait<&'static Barrier>);

assert_type_eq_all!(unsync::Semaphore, generic::Semaphore<SingleThread>);
assert_type_eq_all!(unsync::Acquire<'static>, generic::Acquire<&'static unsync::Semaphore>);
assert_type_eq_all!(unsync::AcquireOwned, generic::Acquire<Rc<unsync::Semaphore>>);
assert_type_eq_all!(
    unsync::SemaphorePermit<'static>,
    generic::SemaphorePermit<&'static unsync::Semaphore>
);
assert_type_eq_all!(unsync::OwnedSemaphorePermit, generic::SemaphorePermit<Rc<unsync::Semaphore>>);
assert_type_eq_all!(
    unsync::ClosableSemaphore,
    generic::ClosableSemaphore<SingleThread>,
    generic::Semaphore<SingleThread, Closable<SingleThread>>
);
assert_type_eq_all!(
    unsync::ClosableAcquire<'static>,
    generic::Acquire<&'static unsync::ClosableSemaphore>
);
assert_type_eq_all!(unsync::ClosableAcquireOwned, generic::Acquire<Rc<unsync::ClosableSemaphore>>);
assert_type_eq_all!(
    unsync::ClosablePermit<'static>,
    generic::SemaphorePermit<&'static unsync::ClosableSemaphore>
);
assert_type_eq_all!(
    unsync::OwnedClosablePermit,
    generic::SemaphorePermit<Rc<unsync::ClosableSemaphore>>
);
assert_type_eq_all!(unsync::WaitForClose<'static>, generic::WaitForClose<'static, SingleThread>);
assert_type_eq_all!(unsync::Drain<'static>, generic::Drain<&'static unsync::ClosableSemaphore>);
assert_type_eq_all!(unsync::DrainOwned, generic::Drain<Rc<unsync::ClosableSemaphore>>);
assert_type_eq_all!(unsync::Notify, generic::Notify<SingleThread>);
assert_type_eq_all!(unsync::Notified<'static>, generic::Notified<&'static unsync::Notify>);
assert_type_eq_all!(unsync::NotifiedOwned, generic::Notified<Rc<unsync::Notify>>);
assert_type_eq_all!(unsync::Event, generic::Event<SingleThread>);
assert_type_eq_all!(unsync::WaitForEvent<'static>, generic::WaitForEvent<&'static unsync::Event>);
assert_type_eq_all!(unsync::WaitForEventOwned, generic::WaitForEvent<Rc<unsync::Event>>);
assert_type_eq_all!(unsync::Condvar, generic::Condvar<SingleThread>);
assert_type_eq_all!(
    UnsyncWait,
    generic::WaitOnCondvar<'static, SingleThread, &'static unsync::Mutex<u32>>
);
assert_type_eq_all!(unsync::Barrier, generic::Barrier<SingleThread>);
assert_type_eq_all!(unsync::BarrierWait<'static>, generic::BarrierWait<&'static unsync::Barrier>);
assert_type_eq_all!(unsync::BarrierWaitResult, generic::BarrierWaitResult, BarrierWaitResult);

assert_type_eq_all!(unsync::Closed, Closed);
assert_type_eq_all!(unsync::TooManyPermits, TooManyPermits);
assert_type_eq_all!(unsync::TryAcquireError, TryAcquireError);

/// Asserts the traits that the types have for every flavour. It only needs to compile.
fn _types_of_any_flavour_are_unwind_safe<F: Flavour>() {
    fn is_unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
    is_unwind_safe::<generic::Semaphore<F>>();
    is_unwind_safe::<generic::ClosableSemaphore<F>>();
    is_unwind_safe::<generic::Acquire<&generic::Semaphore<F>>>();
    is_unwind_safe::<generic::SemaphorePermit<&generic::Semaphore<F>>>();
    is_unwind_safe::<generic::WaitForClose<'_, F>>();
    is_unwind_safe::<generic::Drain<&generic::ClosableSemaphore<F>>>();
    is_unwind_safe::<generic::Notify<F>>();
    is_unwind_safe::<generic::Notified<&generic::Notify<F>>>();
    is_unwind_safe::<generic::Event<F>>();
    is_unwind_safe::<generic::WaitForEvent<&generic::Event<F>>>();
    is_unwind_safe::<generic::Condvar<F>>();
    is_unwind_safe::<generic::Barrier<F>>();
    is_unwind_safe::<generic::BarrierWait<&generic::Barrier<F>>>();
}

#[cfg(not(feature = "tracing"))]
#[test]
fn types_have_documented_sizes() {
    let word = size_of::<usize>();
    assert_eq!(size_of::<Semaphore>(), 4 * word);
    assert_eq!(size_of::<Acquire<'_>>(), 8 * word);
    assert_eq!(size_of::<AcquireOwned>(), 8 * word);
    assert_eq!(size_of::<SemaphorePermit<'_>>(), 2 * word);
    assert_eq!(size_of::<OwnedSemaphorePermit>(), 2 * word);
    assert_eq!(size_of::<Option<SemaphorePermit<'_>>>(), 2 * word);
    assert_eq!(size_of::<ClosableSemaphore>(), 7 * word);
    assert_eq!(size_of::<ClosableAcquire<'_>>(), 8 * word);
    assert_eq!(size_of::<ClosableAcquireOwned>(), 8 * word);
    assert_eq!(size_of::<ClosablePermit<'_>>(), 2 * word);
    assert_eq!(size_of::<Notify>(), 3 * word);
    assert_eq!(size_of::<Notified<'_>>(), 8 * word);
    assert_eq!(size_of::<NotifiedOwned>(), 8 * word);
    assert_eq!(size_of::<Event>(), 3 * word);
    assert_eq!(size_of::<WaitForEvent<'_>>(), 8 * word);
    assert_eq!(size_of::<WaitForEventOwned>(), 8 * word);
    assert_eq!(size_of::<Condvar>(), 3 * word);
    assert_eq!(size_of::<Wait>(), 10 * word);
    assert_eq!(size_of::<WaitOwned>(), 10 * word);
    assert_eq!(size_of::<Barrier>(), 4 * word);
    assert!(size_of::<BarrierWait<'_>>() <= 9 * word);
}

/// Compiles only if permits are covariant, so that a permit of a `static` can join shorter ones.
#[test]
fn permits_are_covariant_in_their_semaphore() {
    fn shorten<'short>(permit: SemaphorePermit<'static>) -> SemaphorePermit<'short> {
        permit
    }
    fn shorten_closable<'short>(permit: ClosablePermit<'static>) -> ClosablePermit<'short> {
        permit
    }
    static SEMAPHORE: Semaphore = Semaphore::new(1);
    static CLOSABLE: ClosableSemaphore = ClosableSemaphore::new(1);
    drop(shorten(SEMAPHORE.try_acquire().unwrap()));
    drop(shorten_closable(CLOSABLE.try_acquire().unwrap()));
}

#[cfg(not(feature = "tracing"))]
#[test]
fn flavours_have_equal_sizes() {
    assert_eq!(size_of::<unsync::Semaphore>(), size_of::<Semaphore>());
    assert_eq!(size_of::<unsync::Acquire<'_>>(), size_of::<Acquire<'_>>());
    assert_eq!(size_of::<unsync::AcquireOwned>(), size_of::<AcquireOwned>());
    assert_eq!(size_of::<unsync::SemaphorePermit<'_>>(), size_of::<SemaphorePermit<'_>>());
    assert_eq!(size_of::<unsync::OwnedSemaphorePermit>(), size_of::<OwnedSemaphorePermit>());
    assert_eq!(size_of::<unsync::ClosableSemaphore>(), size_of::<ClosableSemaphore>());
    assert_eq!(size_of::<unsync::ClosableAcquire<'_>>(), size_of::<ClosableAcquire<'_>>());
    assert_eq!(size_of::<unsync::Notify>(), size_of::<Notify>());
    assert_eq!(size_of::<unsync::Notified<'_>>(), size_of::<Notified<'_>>());
    assert_eq!(size_of::<unsync::NotifiedOwned>(), size_of::<NotifiedOwned>());
    assert_eq!(size_of::<unsync::Event>(), size_of::<Event>());
    assert_eq!(size_of::<unsync::WaitForEvent<'_>>(), size_of::<WaitForEvent<'_>>());
    assert_eq!(size_of::<unsync::WaitForEventOwned>(), size_of::<WaitForEventOwned>());
    assert_eq!(size_of::<unsync::Condvar>(), size_of::<Condvar>());
    assert_eq!(size_of::<UnsyncWait>(), size_of::<Wait>());
    assert_eq!(size_of::<UnsyncWaitOwned>(), size_of::<WaitOwned>());
    assert_eq!(size_of::<unsync::Barrier>(), size_of::<Barrier>());
    assert_eq!(size_of::<unsync::BarrierWait<'_>>(), size_of::<BarrierWait<'_>>());
}
