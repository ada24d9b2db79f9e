//! Tasks of one compio thread, on each driver.

use std::{cell::Cell, rc::Rc, time::Duration};

use compio::time::timeout;

use super::{Barrier, Counted};
use crate::runtime::{on_each_driver, yield_now};

#[test]
fn tasks_meet_in_each_round() {
    on_each_driver(|| async {
        let (barrier, rounds) = (Counted::new(Barrier::new(20)), Rc::new(Cell::new(0)));
        let tasks: Vec<_> = (0..20)
            .map(|task| {
                let (barrier, rounds) = (Counted::clone(&barrier), Rc::clone(&rounds));
                compio::runtime::spawn(async move {
                    for round in 0..50 {
                        assert_eq!(rounds.get(), round, "a task is in another round");
                        if (task + round) % 7 == 0 {
                            yield_now().await;
                        }
                        if barrier.wait().await.is_leader() {
                            rounds.set(rounds.get() + 1);
                        } else {
                            yield_now().await;
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!((rounds.get(), barrier.waiters()), (50, 0));
    });
}

#[test]
fn timeout_cancels_arrival() {
    on_each_driver(|| async {
        let barrier = Barrier::new(2);
        for _ in 0..10 {
            assert!(timeout(Duration::from_millis(1), barrier.wait()).await.is_err());
        }
        assert_eq!(barrier.waiters(), 0);
        let wait = timeout(Duration::from_secs(60), barrier.wait());
        let (first, last) = futures::join!(wait, barrier.wait());
        assert_eq!((first.unwrap().is_leader(), last.is_leader()), (false, true));
    });
}
