//! Detects a policy that uses the queue that is calling it, in debug builds with `std`.

#[cfg(all(debug_assertions, feature = "std", not(loom)))]
mod detector {
    use core::{cell::Cell, ptr};

    /// The queues that this thread has locked, innermost first. Only the four innermost are
    /// recorded.
    type Locked = [*const (); 4];

    std::thread_local! {
        static LOCKED: Cell<Locked> = const { Cell::new([ptr::null(); 4]) };
    }

    /// Nothing is recorded while the thread ends.
    fn locked() -> Locked {
        LOCKED.try_with(Cell::get).unwrap_or([ptr::null(); 4])
    }

    fn set_locked(queues: Locked) {
        let _ = LOCKED.try_with(|locked| locked.set(queues));
    }

    /// The record of a queue that this thread has locked.
    pub(in crate::queue) struct Held {
        outer: Locked,
    }

    impl Held {
        #[inline]
        pub(in crate::queue) fn new<Q>(queue: &Q) -> Self {
            let outer = locked();
            set_locked([ptr::from_ref(queue).cast(), outer[0], outer[1], outer[2]]);
            Self { outer }
        }

        /// Ends the record, just before the queue is unlocked.
        #[inline]
        pub(in crate::queue) fn end(&self) {
            set_locked(self.outer);
        }
    }

    /// # Panics
    /// If this thread has locked the queue.
    #[cold]
    pub(in crate::queue) fn assert_not_held<Q>(queue: &Q) {
        let is_held = locked().contains(&ptr::from_ref(queue).cast());
        assert!(!is_held, "{}", crate::flavour::USED_BY_POLICY);
    }
}

#[cfg(not(all(debug_assertions, feature = "std", not(loom))))]
mod detector {
    pub(in crate::queue) struct Held;

    impl Held {
        #[inline(always)]
        pub(in crate::queue) fn new<Q>(_: &Q) -> Self {
            Self
        }

        #[inline(always)]
        pub(in crate::queue) fn end(&self) {}
    }

    #[inline(always)]
    pub(in crate::queue) fn assert_not_held<Q>(_: &Q) {}
}

pub(super) use self::detector::{Held, assert_not_held};
