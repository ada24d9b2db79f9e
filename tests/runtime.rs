//! compio runtimes, one per driver, and how a task yields to the others.

use std::{future::poll_fn, mem, task::Poll};

use compio::{
    driver::{DriverType, ProactorBuilder},
    runtime::{Runtime, RuntimeBuilder},
};

/// The drivers of this platform. Only Linux has io_uring.
const DRIVERS: &[DriverType] = if cfg!(target_os = "linux") {
    &[DriverType::IoUring, DriverType::Poll]
} else if cfg!(windows) {
    &[DriverType::IOCP]
} else {
    &[DriverType::Poll]
};

pub(crate) fn proactor(driver: DriverType) -> ProactorBuilder {
    let mut builder = ProactorBuilder::new();
    builder.driver_type(driver);
    builder
}

/// Creates a compio runtime that uses this driver.
pub(crate) fn runtime(driver: DriverType) -> Runtime {
    let runtime = RuntimeBuilder::new().with_proactor(proactor(driver)).build().unwrap();
    assert_eq!(runtime.driver_type(), driver);
    runtime
}

/// Runs the test on one compio runtime per driver.
pub(crate) fn on_each_driver<F: Future>(test: impl Fn() -> F) {
    for &driver in DRIVERS {
        runtime(driver).block_on(test());
    }
}

/// Yields to the other tasks of this thread once.
pub(crate) async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Yields to the other tasks until the condition is true.
pub(crate) async fn until(mut condition: impl FnMut() -> bool) {
    while !condition() {
        yield_now().await;
    }
}
