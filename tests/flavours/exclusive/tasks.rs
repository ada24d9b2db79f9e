//! Tasks of one compio thread, on each driver.

use std::time::Duration;

use compio::time::timeout;

use super::{Counted, Primitive, lock, lock_owned, try_lock};
use crate::runtime::{on_each_driver, yield_now};

#[test]
fn tasks_hold_guard_across_await() {
    on_each_driver(|| async {
        let primitive = Counted::new(Primitive::new(0));
        let tasks: Vec<_> = (0..20)
            .map(|task| {
                let primitive = Counted::clone(&primitive);
                compio::runtime::spawn(async move {
                    let mut guard = lock(&primitive).await;
                    let before = *guard;
                    yield_now().await;
                    assert_eq!(*guard, before, "another task wrote in between");
                    *guard = before + task;
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*lock(&primitive).await, 190);
        assert_eq!(primitive.waiters(), 0);
    });
}

#[test]
fn owned_guard_moves_into_task() {
    on_each_driver(|| async {
        let primitive = Counted::new(Primitive::new(5));
        let mut guard = lock_owned(&primitive).await;
        let task = compio::runtime::spawn(async move {
            yield_now().await;
            *guard += 1;
        });
        assert_eq!(*lock(&primitive).await, 6);
        task.await.unwrap();
    });
}

#[test]
fn timeout_loses_no_lock() {
    on_each_driver(|| async {
        let primitive = Primitive::new(());
        let guard = lock(&primitive).await;
        for _ in 0..10 {
            assert!(timeout(Duration::from_millis(1), lock(&primitive)).await.is_err());
        }
        drop(guard);
        drop(timeout(Duration::from_secs(60), lock(&primitive)).await.unwrap());
        assert!(try_lock(&primitive).is_some());
    });
}
