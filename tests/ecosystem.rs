//! Combinators of the `futures` crate.

use std::{
    future::ready,
    sync::atomic::{AtomicUsize, Ordering},
    task::Poll,
};

use compio_sync::{Condvar, Mutex, Notify, Semaphore, unsync};
use futures::{
    FutureExt, StreamExt,
    future::{join_all, pending},
    select_biased,
    stream::{self, FuturesUnordered},
};

use crate::{runtime::yield_now, task::Task};

const TASKS: usize = 20;

#[test]
fn select_cancels_wait_and_loses_nothing() {
    let semaphore = Semaphore::new(1);
    let held = semaphore.try_acquire().unwrap();
    let timed_out = async {
        select_biased! {
            _ = semaphore.acquire().fuse() => false,
            () = ready(()).fuse() => true,
        }
    };
    assert_eq!(timed_out.now_or_never(), Some(true));
    assert_eq!(semaphore.waiters(), 0);
    drop(held);
    let acquired = async {
        select_biased! {
            _ = semaphore.acquire().fuse() => true,
            () = pending().fuse() => false,
        }
    };
    assert_eq!(acquired.now_or_never(), Some(true));
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn select_cancels_notified_and_passes_notification_on() {
    let notify = Notify::new();
    let mut cancelled = Task::waiting(async {
        select_biased! {
            () = yield_now().fuse() => false,
            () = notify.notified().fuse() => true,
        }
    });
    let next = Task::waiting(notify.notified());
    notify.notify_one();
    assert_eq!(cancelled.poll(), Poll::Ready(false));
    next.woken();
}

#[test]
fn join_all_completes_when_all_are_granted() {
    let semaphore = unsync::Semaphore::new(0);
    let mut all = Task::waiting(join_all((0..100).map(|_| semaphore.acquire())));
    semaphore.add_permits(99);
    assert!(all.poll().is_pending());
    semaphore.add_permits(1);
    assert_eq!(all.poll().map(|permits| permits.len()), Poll::Ready(100));
}

#[test]
fn select_cancels_wait_on_condvar_and_passes_notification_on() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(()));
    let mut cancelled = Task::waiting(async {
        let guard = mutex.lock().await;
        select_biased! {
            () = yield_now().fuse() => false,
            _ = condvar.wait(guard).fuse() => true,
        }
    });
    let next = Task::waiting(condvar.wait(mutex.try_lock().unwrap()));
    condvar.notify_one();
    assert_eq!(cancelled.poll(), Poll::Ready(false));
    drop(next.woken());
}

#[test]
fn futures_unordered_yields_in_fifo_order() {
    let semaphore = Semaphore::new(0);
    let numbered = (0..TASKS).map(|number| semaphore.acquire().map(move |_permit| number));
    let mut all = Task::waiting(numbered.collect::<FuturesUnordered<_>>().collect::<Vec<_>>());
    // There is one permit, which each future hands off to the next one.
    semaphore.add_permits(1);
    assert_eq!(all.poll(), Poll::Ready((0..TASKS).collect()));
}

#[test]
fn permits_bound_stream_below_its_buffer() {
    let (semaphore, served) = (Semaphore::new(2), AtomicUsize::new(0));
    let serve = async || {
        let _permit = semaphore.acquire().await;
        assert!(semaphore.in_use() <= 2);
        yield_now().await;
        served.fetch_add(1, Ordering::Relaxed);
    };
    let all = stream::iter((0..TASKS).map(|_| serve())).buffer_unordered(TASKS).for_each(ready);
    pollster::block_on(all);
    assert_eq!((served.into_inner(), semaphore.available_permits()), (TASKS, 2));
}
