//! compio runtimes, one per driver, and semaphores that several of their threads share.

use std::{future::poll_fn, num::NonZeroUsize, sync::Arc, task::Poll, thread};

use compio::{
    dispatcher::Dispatcher,
    driver::{DriverType, ProactorBuilder},
    runtime::{Runtime, RuntimeBuilder},
};
use compio_sync::{Barrier, Condvar, Event, Mutex, Notify, OnceCell, RwLock, Semaphore};

/// The drivers of this platform. Only Linux has io_uring.
const DRIVERS: &[DriverType] = if cfg!(target_os = "linux") {
    &[DriverType::IoUring, DriverType::Poll]
} else if cfg!(windows) {
    &[DriverType::IOCP]
} else {
    &[DriverType::Poll]
};

fn proactor(driver: DriverType) -> ProactorBuilder {
    let mut builder = ProactorBuilder::new();
    builder.driver_type(driver);
    builder
}

/// Runs the test on one compio runtime per driver.
pub(crate) fn on_each_driver<F: Future>(test: impl Fn() -> F) {
    for &driver in DRIVERS {
        let runtime = RuntimeBuilder::new().with_proactor(proactor(driver)).build().unwrap();
        assert_eq!(runtime.driver_type(), driver);
        runtime.block_on(test());
    }
}

/// Yields to the other tasks of this thread once.
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
fn other_thread_wakes_runtime() {
    on_each_driver(|| async {
        let semaphore = Arc::new(Semaphore::new(0));
        let shared = Arc::clone(&semaphore);
        let thread = thread::spawn(move || shared.add_permits(1));
        drop(semaphore.acquire().await);
        thread.join().unwrap();
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[test]
fn other_thread_notifies_runtime() {
    on_each_driver(|| async {
        let (notify, event) = (Arc::new(Notify::new()), Arc::new(Event::new(false)));
        let shared = (Arc::clone(&notify), Arc::clone(&event));
        let before = notify.notified();
        let thread = thread::spawn(move || {
            shared.0.notify_waiters();
            shared.0.notify_one();
            shared.1.set();
        });
        before.await;
        notify.notified().await;
        event.wait().await;
        thread.join().unwrap();
        assert_eq!((notify.waiters(), event.waiters(), event.is_set()), (0, 0, true));
    });
}

#[test]
fn other_thread_unlocks_and_initializes_for_runtime() {
    on_each_driver(|| async {
        let (mutex, lock) = (Arc::new(Mutex::new(5)), Arc::new(RwLock::new(5)));
        let cell = Arc::new(OnceCell::new());
        let mut guard = Arc::clone(&mutex).lock_owned().await;
        let mut writer = Arc::clone(&lock).write_owned().await;
        let shared = Arc::clone(&cell);
        let thread = thread::spawn(move || {
            *guard = 6;
            *writer = 6;
            drop((guard, writer));
            shared.set(6).unwrap();
        });
        assert_eq!((*mutex.lock().await, *lock.read().await, *cell.wait().await), (6, 6, 6));
        thread.join().unwrap();
    });
}

#[test]
fn other_thread_meets_and_notifies_runtime() {
    on_each_driver(|| async {
        let shared = Arc::new((Barrier::new(2), Condvar::new(), Mutex::new(5)));
        let other = Arc::clone(&shared);
        let (barrier, condvar, mutex) = &*shared;
        let guard = mutex.lock().await;
        let thread = thread::spawn(move || {
            let (barrier, condvar, mutex) = &*other;
            let is_leader = pollster::block_on(barrier.wait()).is_leader();
            *pollster::block_on(mutex.lock()) += 1;
            condvar.notify_one();
            is_leader
        });
        let is_leader = barrier.wait().await.is_leader();
        assert_eq!(*condvar.wait_while(guard, |data| *data == 5).await, 6);
        assert_ne!(thread.join().unwrap(), is_leader);
    });
}

#[test]
fn dispatcher_workers_share_semaphore() {
    for &driver in DRIVERS {
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
