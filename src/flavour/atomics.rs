//! The words of the shared flavour: atomics, or those of loom at its exhaustive level.

use super::{Atomic, Shared, Words, backoff::Spin};
use crate::loom::{AtomicU8, AtomicUsize, Ordering};

impl Words for Shared {
    type Usize = AtomicUsize;
    type U8 = AtomicU8;
    type Backoff = Spin;
}

macro_rules! impl_atomic {
    ($($Atomic:ident: $T:ident),*) => {$(
        impl Atomic<$T> for $Atomic {
            fn new(value: $T) -> Self {
                $Atomic::new(value)
            }

            #[inline(always)]
            fn load(&self, ordering: Ordering) -> $T {
                self.load(ordering)
            }

            #[inline(always)]
            fn store(&self, value: $T, ordering: Ordering) {
                self.store(value, ordering);
            }

            /// ORDERING: `Relaxed` on failure: the caller only loads the word again.
            #[inline(always)]
            fn compare_exchange(&self, current: $T, new: $T, ordering: Ordering) -> bool {
                self.compare_exchange(current, new, ordering, Ordering::Relaxed).is_ok()
            }
        }
    )*};
}
impl_atomic!(AtomicUsize: usize, AtomicU8: u8);
