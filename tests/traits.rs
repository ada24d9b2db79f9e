//! The auto traits of every public type.

use std::panic::{RefUnwindSafe, UnwindSafe};

use compio_sync::{Acquire, Semaphore, SemaphorePermit};
use static_assertions::{assert_impl_all, assert_not_impl_any};

assert_impl_all!(Semaphore: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(SemaphorePermit<'static>: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Acquire<'static>: Send, Sync, UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(Acquire<'static>: Unpin, Clone);
assert_not_impl_any!(Semaphore: Clone);
assert_not_impl_any!(SemaphorePermit<'static>: Clone);
