//! What a subscriber records of a mutex.
#![cfg(feature = "tracing")]

use crate::subscriber::state_update;

/// The lines about the state of a mutex.
pub(super) fn state(is_locked: bool, waiters: usize) -> Vec<String> {
    vec![state_update("locked", is_locked), state_update("waiters", waiters)]
}

/// The name of the type and of the operation that locks it, in spans.
pub(super) const NAMES: [&str; 2] = ["Mutex", "Mutex::lock"];
