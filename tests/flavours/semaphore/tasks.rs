//! Tasks of one compio thread, on each driver.

use std::{cell::RefCell, rc::Rc, time::Duration};

use compio::time::timeout;

use super::{Counted, Semaphore};
use crate::runtime::{on_each_driver, yield_now};

#[test]
fn tasks_take_turns() {
    on_each_driver(|| async {
        let semaphore = Counted::new(Semaphore::new(2));
        let order = Rc::new(RefCell::new(Vec::new()));
        let tasks: Vec<_> = (0..20)
            .map(|task| {
                let (semaphore, order) = (Counted::clone(&semaphore), Rc::clone(&order));
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
fn timeout_loses_no_permit() {
    on_each_driver(|| async {
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
fn grant_at_timeout_is_held_or_released() {
    on_each_driver(|| async {
        let semaphore = Counted::new(Semaphore::new(1));
        for _ in 0..100 {
            let permit = semaphore.try_acquire().unwrap();
            let waiter = Counted::clone(&semaphore);
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
