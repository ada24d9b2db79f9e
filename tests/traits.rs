//! The auto traits and the sizes of every public type.

use std::panic::{RefUnwindSafe, UnwindSafe};

use compio_sync::unsync;
use compio_sync::{
    Acquire, AcquireOwned, ClosableAcquire, ClosableAcquireOwned, ClosablePermit,
    ClosableSemaphore, Closed, Drain, OwnedClosablePermit, OwnedSemaphorePermit, Semaphore,
    SemaphorePermit, TooManyPermits, TryAcquireError, WaitForClose,
};
use static_assertions::{assert_impl_all, assert_not_impl_any, assert_type_eq_all};

assert_impl_all!(Semaphore: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(SemaphorePermit<'static>: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Acquire<'static>: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(OwnedSemaphorePermit: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(AcquireOwned: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(TooManyPermits: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Copy, std::error::Error);
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
assert_type_eq_all!(unsync::TooManyPermits, TooManyPermits);

assert_impl_all!(ClosableSemaphore: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(ClosablePermit<'static>: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(ClosableAcquire<'static>: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(OwnedClosablePermit: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(ClosableAcquireOwned: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(WaitForClose<'static>: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Drain<'static>: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Closed: Send, Sync, UnwindSafe, RefUnwindSafe, Copy, std::error::Error);
assert_impl_all!(TryAcquireError: Send, Sync, UnwindSafe, RefUnwindSafe, Copy, std::error::Error);
assert_not_impl_any!(ClosableAcquire<'static>: Unpin, Clone);
assert_not_impl_any!(ClosableAcquireOwned: Unpin, Clone);
assert_not_impl_any!(WaitForClose<'static>: Unpin, Clone);
assert_not_impl_any!(Drain<'static>: Unpin, Clone);
assert_not_impl_any!(unsync::ClosableSemaphore: Send, Sync, Clone);
assert_not_impl_any!(unsync::ClosablePermit<'static>: Send, Sync, Clone);
assert_not_impl_any!(unsync::ClosableAcquire<'static>: Send, Sync, Unpin, Clone);
assert_not_impl_any!(unsync::OwnedClosablePermit: Send, Sync, Clone);
assert_not_impl_any!(unsync::ClosableAcquireOwned: Send, Sync, Unpin, Clone);
assert_not_impl_any!(unsync::WaitForClose<'static>: Send, Sync, Unpin, Clone);
assert_not_impl_any!(unsync::Drain<'static>: Send, Sync, Unpin, Clone);
assert_type_eq_all!(unsync::Closed, Closed);

#[cfg(not(feature = "tracing"))]
#[test]
fn types_are_as_small_as_they_are_said_to_be() {
    let word = size_of::<usize>();
    assert_eq!(size_of::<Semaphore>(), 4 * word);
    assert_eq!(size_of::<Acquire<'_>>(), 8 * word);
    assert_eq!(size_of::<AcquireOwned>(), 8 * word);
    assert_eq!(size_of::<SemaphorePermit<'_>>(), 2 * word);
    assert_eq!(size_of::<OwnedSemaphorePermit>(), 2 * word);
    assert_eq!(size_of::<Option<SemaphorePermit<'_>>>(), 2 * word);
}

#[test]
fn closing_costs_three_words_a_semaphore_and_one_a_future() {
    let word = size_of::<usize>();
    assert_eq!(size_of::<ClosableSemaphore>(), size_of::<Semaphore>() + 3 * word);
    assert_eq!(size_of::<ClosableAcquire<'_>>(), size_of::<Acquire<'_>>() + word);
    assert_eq!(size_of::<ClosablePermit<'_>>(), size_of::<SemaphorePermit<'_>>());
}

#[cfg(not(feature = "tracing"))]
#[test]
fn both_flavours_are_as_small() {
    assert_eq!(size_of::<unsync::Semaphore>(), size_of::<Semaphore>());
    assert_eq!(size_of::<unsync::Acquire<'_>>(), size_of::<Acquire<'_>>());
    assert_eq!(size_of::<unsync::AcquireOwned>(), size_of::<AcquireOwned>());
    assert_eq!(size_of::<unsync::SemaphorePermit<'_>>(), size_of::<SemaphorePermit<'_>>());
    assert_eq!(size_of::<unsync::OwnedSemaphorePermit>(), size_of::<OwnedSemaphorePermit>());
}
