//! Threads that block on a condition variable, and at a barrier.

use std::{sync::Arc, thread};

use compio_sync::{Barrier, Condvar, Mutex};

use super::{distant_deadline, passed_deadline};

#[test]
fn wait_blocks_until_notified() {
    let (condvar, mutex) = (Condvar::new(), Arc::new(Mutex::new(0)));
    thread::scope(|scope| {
        let threads = [
            scope.spawn(|| *condvar.wait(mutex.lock().block()).block() += 1),
            scope.spawn(|| {
                let guard = Arc::clone(&mutex).lock_owned().block();
                let wait = condvar.wait(guard).block_until(distant_deadline());
                *wait.expect("the deadline has not passed") += 1;
            }),
        ];
        while condvar.waiters() < threads.len() {
            thread::yield_now();
        }
        condvar.notify_one();
        condvar.notify_one();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert_eq!((*mutex.lock().block(), condvar.waiters()), (2, 0));
}

#[test]
fn deadline_cancels_wait_and_leaves_mutex_unlocked() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(5));
    assert!(condvar.wait(mutex.lock().block()).block_until(passed_deadline()).is_none());
    assert_eq!((condvar.waiters(), mutex.is_locked()), (0, false));
}

#[test]
fn threads_block_at_barrier_until_last_arrives() {
    let barrier = Barrier::new(4);
    assert_eq!(barrier.wait().block_until(passed_deadline()), None);
    for _ in 0..100 {
        let leaders: usize = thread::scope(|scope| {
            let arrive = || usize::from(barrier.wait().block().is_leader());
            [(); 4].map(|()| scope.spawn(arrive)).map(|thread| thread.join().unwrap()).iter().sum()
        });
        assert_eq!((leaders, barrier.waiters()), (1, 0));
    }
}
