//! Assertions that several files use.

use std::{
    fmt::Debug,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
};

use allocation_counter::measure;

/// Runs a closure that must panic. Returns the message of the panic.
#[track_caller]
pub(crate) fn panic_message<R>(run: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(run()))) else {
        panic!("the closure must panic");
    };
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => payload.downcast_ref::<&str>().unwrap().to_string(),
    }
}

#[track_caller]
pub(crate) fn assert_does_not_allocate(run: impl FnOnce()) {
    assert_eq!(measure(run).count_total, 0);
}

#[test]
fn counter_counts_allocations() {
    assert_eq!(measure(|| drop(Box::new(1))).count_total, 1);
}

#[track_caller]
pub(crate) fn assert_shows(shown: &impl Debug, parts: &[&str]) {
    let shown = format!("{shown:?}");
    for part in parts {
        assert!(shown.contains(part), "{shown} does not contain {part}");
    }
}

/// Returns a reference that is valid for the rest of the process. The value stays reachable, so
/// that LeakSanitizer does not report it.
pub(crate) fn leaked<T: 'static>(value: T) -> &'static T {
    static ADDRESSES: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    let value: &'static T = Box::leak(Box::new(value));
    ADDRESSES.lock().unwrap().push(std::ptr::from_ref(value).addr());
    value
}
