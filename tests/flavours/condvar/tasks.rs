//! Tasks of one compio thread, on each driver.

use std::{collections::VecDeque, time::Duration};

use compio::time::timeout;

use super::{Condvar, Counted, Mutex};
use crate::runtime::{on_each_driver, yield_now};

#[test]
fn timeout_drops_wait_and_loses_no_notification() {
    on_each_driver(|| async {
        let (condvar, mutex) = (Condvar::new(), Mutex::new(false));
        for _ in 0..10 {
            let wait = condvar.wait_while(mutex.lock().await, |is_ready| !*is_ready);
            assert!(timeout(Duration::from_millis(1), wait).await.is_err());
        }
        assert_eq!((condvar.waiters(), mutex.is_locked()), (0, false));
        let wait = async {
            let guard = mutex.lock().await;
            let wait = condvar.wait_while(guard, |is_ready| !*is_ready);
            assert!(*timeout(Duration::from_secs(60), wait).await.unwrap());
        };
        let set = async {
            *mutex.lock().await = true;
            condvar.notify_one();
        };
        futures::join!(wait, set);
    });
}

#[derive(Default)]
struct Channel {
    items: Mutex<VecDeque<usize>>,
    not_empty: Condvar,
    not_full: Condvar,
}

#[test]
fn tasks_pass_items_through_bounded_buffer() {
    on_each_driver(|| async {
        let channel = Counted::new(Channel::default());
        let tasks: Vec<_> = (0..8)
            .map(|task| {
                let channel = Counted::clone(&channel);
                compio::runtime::spawn(async move {
                    let mut sum = 0;
                    for item in 0..50 {
                        let items = channel.items.lock().await;
                        yield_now().await;
                        if task % 2 == 0 {
                            let is_full = |items: &mut VecDeque<_>| items.len() == 3;
                            channel.not_full.wait_while(items, is_full).await.push_back(item);
                            channel.not_empty.notify_one();
                        } else {
                            let is_empty = |items: &mut VecDeque<_>| items.is_empty();
                            let mut items = channel.not_empty.wait_while(items, is_empty).await;
                            sum += items.pop_front().unwrap();
                            channel.not_full.notify_one();
                        }
                    }
                    sum
                })
            })
            .collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await.unwrap();
        }
        assert_eq!(sum, 4 * (0..50).sum::<usize>());
        assert!(channel.items.lock().await.is_empty());
    });
}
