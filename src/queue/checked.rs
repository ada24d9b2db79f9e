//! Calls a policy, and checks what it returns.
//!
//! The policy of a user is foreign code that may run under the lock. No list, status or waker
//! depends on what it returns, so these checks only make mistakes visible. The policies of this
//! crate are trusted, and are not checked.

use super::{
    policy::{Arrival, Policy, Verdict},
    wake_batch::guard_double_panic,
    word,
};

#[inline(always)]
pub(super) fn decide<P: Policy>(value: isize, request: P::Request) -> Verdict {
    match P::decide(value, request) {
        Verdict::Grant(value) => Verdict::Grant(in_range::<P>(value)),
        Verdict::Wait => Verdict::Wait,
        Verdict::Refuse => {
            assert!(
                P::IS_TRUSTED || P::MAY_REFUSE,
                "a policy must not refuse a request while its `MAY_REFUSE` is false"
            );
            Verdict::Refuse
        }
    }
}

#[inline(always)]
pub(super) fn release<P: Policy>(value: isize, request: P::Request) -> isize {
    in_range::<P>(P::release(value, request))
}

#[inline(always)]
pub(super) fn enqueue<P: Policy>(value: isize, request: P::Request) -> Arrival<P::Request> {
    match P::enqueue(value, request) {
        Arrival::Enqueue(value, request) => Arrival::Enqueue(in_range::<P>(value), request),
        Arrival::Grant(value) => Arrival::Grant(in_range::<P>(value)),
    }
}

#[inline(always)]
pub(super) fn cancel<P: Policy>(value: isize, request: P::Request) -> isize {
    in_range::<P>(P::cancel(value, request))
}

/// Returns the value, which is about to be published.
///
/// # Panics
/// If a word cannot hold the value.
#[inline(always)]
pub(super) fn in_range<P: Policy>(value: isize) -> isize {
    if P::IS_TRUSTED { value } else { word::in_range(value) }
}

/// Runs a destructor that calls the policy. While a panic unwinds, catches a second one.
#[inline(always)]
pub(super) fn guard_destructor<P: Policy>(release: impl FnOnce()) {
    if P::IS_TRUSTED { release() } else { guard_double_panic(release) }
}
