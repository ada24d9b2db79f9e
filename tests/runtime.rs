//! compio, with both of its drivers, and what the shared flavour does between its threads.

use std::{future::poll_fn, num::NonZeroUsize, sync::Arc, task::Poll, thread};

use compio::{
    dispatcher::Dispatcher,
    driver::{DriverType, ProactorBuilder},
    runtime::{Runtime, RuntimeBuilder},
};
use compio_sync::Semaphore;

fn proactor(driver: DriverType) -> ProactorBuilder {
    let mut builder = ProactorBuilder::new();
    builder.driver_type(driver);
    builder
}

pub(crate) fn on_both_drivers<F: Future>(test: impl Fn() -> F) {
    for driver in [DriverType::IoUring, DriverType::Poll] {
        let runtime = RuntimeBuilder::new().with_proactor(proactor(driver)).build().unwrap();
        assert_eq!(runtime.driver_type(), driver);
        runtime.block_on(test());
    }
}

/// Lets the other tasks of this thread run.
pub(crate) async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[test]
fn another_thread_wakes_the_runtime() {
    on_both_drivers(|| async {
        let semaphore = Arc::new(Semaphore::new(0));
        let giver = Arc::clone(&semaphore);
        let thread = thread::spawn(move || giver.add_permits(1));
        drop(semaphore.acquire().await);
        thread.join().unwrap();
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[test]
fn workers_of_a_dispatcher_share_a_semaphore() {
    for driver in [DriverType::IoUring, DriverType::Poll] {
        let dispatcher = Dispatcher::builder()
            .worker_threads(NonZeroUsize::new(4).unwrap())
            .proactor_builder(proactor(driver))
            .build()
            .unwrap();
        let semaphore = Arc::new(Semaphore::new(2));
        Runtime::new().unwrap().block_on(async {
            let jobs: Vec<_> = (0..200)
                .map(|_| {
                    let semaphore = Arc::clone(&semaphore);
                    dispatcher
                        .dispatch(move || async move {
                            let _permit = semaphore.acquire().await;
                            assert!(semaphore.in_use() <= 2);
                            yield_now().await;
                        })
                        .unwrap()
                })
                .collect();
            for job in jobs {
                job.await.unwrap();
            }
            dispatcher.join().await.unwrap();
        });
        assert_eq!(semaphore.available_permits(), 2);
    }
}
