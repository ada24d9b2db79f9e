//! On compio, with both of its drivers.

use std::{
    cell::RefCell, future::poll_fn, num::NonZeroUsize, rc::Rc, sync::Arc, task::Poll, thread,
    time::Duration,
};

use compio::{
    dispatcher::Dispatcher,
    driver::{DriverType, ProactorBuilder},
    runtime::{Runtime, RuntimeBuilder},
    time::timeout,
};
use compio_sync::Semaphore;

fn proactor(driver: DriverType) -> ProactorBuilder {
    let mut builder = ProactorBuilder::new();
    builder.driver_type(driver);
    builder
}

fn on_both_drivers<F: Future>(test: impl Fn() -> F) {
    for driver in [DriverType::IoUring, DriverType::Poll] {
        let runtime = RuntimeBuilder::new().with_proactor(proactor(driver)).build().unwrap();
        assert_eq!(runtime.driver_type(), driver);
        runtime.block_on(test());
    }
}

/// Lets the other tasks of this thread run.
async fn yield_now() {
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
fn tasks_take_turns() {
    on_both_drivers(|| async {
        let semaphore = Rc::new(Semaphore::new(2));
        let order = Rc::new(RefCell::new(Vec::new()));
        let tasks: Vec<_> = (0..20)
            .map(|task| {
                let (semaphore, order) = (Rc::clone(&semaphore), Rc::clone(&order));
                compio::runtime::spawn(async move {
                    let _permit = semaphore.acquire().await;
                    assert!(semaphore.in_use() <= 2);
                    yield_now().await;
                    order.borrow_mut().push(task);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(order.borrow().len(), 20);
        assert_eq!(semaphore.available_permits(), 2);
    });
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
fn a_timeout_loses_no_permit() {
    on_both_drivers(|| async {
        let semaphore = Semaphore::new(1);
        let permit = semaphore.acquire().await;
        for _ in 0..10 {
            assert!(timeout(Duration::from_millis(1), semaphore.acquire()).await.is_err());
        }
        drop(permit);
        let permit = timeout(Duration::from_secs(60), semaphore.acquire()).await.unwrap();
        assert_eq!(semaphore.in_use(), 1);
        drop(permit);
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[test]
fn a_grant_that_meets_the_timeout_is_either_had_or_given_back() {
    on_both_drivers(|| async {
        let semaphore = Arc::new(Semaphore::new(1));
        for _ in 0..100 {
            let permit = semaphore.try_acquire().unwrap();
            let waiter = Arc::clone(&semaphore);
            let waiting = compio::runtime::spawn(async move {
                timeout(Duration::ZERO, waiter.acquire()).await.is_ok()
            });
            yield_now().await;
            drop(permit);
            waiting.await.unwrap();
            assert_eq!(semaphore.available_permits(), 1);
        }
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
