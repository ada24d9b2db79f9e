//! Threads that block on requests of a wait queue.

use std::{sync::Arc, thread};

use compio_sync::{
    generic::Shared,
    wait_queue::{Completion, Policy, Queued, Verdict, Wait, WaitQueue},
};

use super::{distant_deadline, passed_deadline};
use crate::assertions::panic_message;

/// A counter that can be closed. The value is negative once it is.
enum Slots {}

impl Policy for Slots {
    type Request = isize;

    fn decide(free: isize, slots: isize) -> Verdict {
        match free {
            ..0 => Verdict::Refuse,
            free if slots <= free => Verdict::Grant(free - slots),
            _ => Verdict::Wait,
        }
    }

    fn release(free: isize, slots: isize) -> isize {
        free + slots
    }

    fn cancel(free: isize, slots: isize) -> isize {
        assert!(slots < 100, "cancel");
        free
    }
}

struct Pool(WaitQueue<Slots>);

impl Queued for Pool {
    type Policy = Slots;
    type Flavour = Shared;

    fn queue(&self) -> &WaitQueue<Slots> {
        &self.0
    }
}

fn wait_until_queued(queue: &WaitQueue<Slots>, waiters: usize) {
    while queue.waiters() < waiters {
        thread::yield_now();
    }
}

#[test]
fn wait_blocks_until_granted() {
    let pool = Arc::new(Pool(WaitQueue::new(0)));
    thread::scope(|scope| {
        let (owned, owned_until) = (Arc::clone(&pool), Arc::clone(&pool));
        let queue = &pool.0;
        let is_granted = [
            scope.spawn(|| queue.acquire(1).block().granted().is_some()),
            scope.spawn(|| {
                let output = queue.acquire(1).block_until(distant_deadline());
                output.expect("the deadline has not passed").granted().is_some()
            }),
            scope.spawn(|| Wait::new(owned, 1).block().granted().is_some()),
            scope.spawn(|| {
                let output = Wait::new(owned_until, 1).block_until(distant_deadline());
                output.expect("the deadline has not passed").granted().is_some()
            }),
        ];
        wait_until_queued(queue, is_granted.len());
        queue.release(1);
        is_granted.into_iter().for_each(|thread| assert!(thread.join().unwrap()));
    });
    assert_eq!((pool.0.value(), pool.0.waiters(), Arc::strong_count(&pool)), (1, 0, 1));
}

#[test]
fn close_refuses_blocked_threads() {
    let queue = WaitQueue::<Slots>::new(0);
    thread::scope(|scope| {
        let threads =
            [(); 3].map(|()| scope.spawn(|| queue.acquire(1).block().granted().is_none()));
        wait_until_queued(&queue, 3);
        queue.update(|_| -1);
        threads.into_iter().for_each(|thread| assert!(thread.join().unwrap()));
    });
    assert!(queue.acquire(1).block().granted().is_none());
    let late = queue.acquire(1).block_until(passed_deadline());
    assert!(late.expect("a refusal does not wait").granted().is_none());
}

#[test]
fn deadline_cancels_wait() {
    let queue = WaitQueue::<Slots>::new(1);
    let slot = queue.acquire(1).block_until(passed_deadline());
    assert!(matches!(slot, Some(Completion::Granted(_))), "a slot is free");
    assert!(queue.acquire(1).block_until(passed_deadline()).is_none());
    assert_eq!((queue.value(), queue.waiters()), (0, 0));
    drop(slot);
    assert_eq!(queue.value(), 1);
}

/// The cancel of the wait panics, and the thread returns only after its waker is gone.
#[test]
fn panic_of_cancel_propagates_from_block_until() {
    let queue = WaitQueue::<Slots>::new(0);
    let message = panic_message(|| queue.acquire(100).block_until(passed_deadline()));
    assert_eq!((&*message, queue.waiters()), ("cancel", 0));
    queue.release(1);
    assert!(queue.try_acquire(1).is_some());
}

/// A panic on one thread leaves the queue unlocked for the others.
#[test]
fn panicking_update_leaves_blocked_thread_queued() {
    let queue = WaitQueue::<Slots>::new(0);
    thread::scope(|scope| {
        let blocked = scope.spawn(|| queue.acquire(1).block().granted().is_some());
        wait_until_queued(&queue, 1);
        let updates = scope.spawn(|| panic_message(|| queue.update(|_| panic!("update"))));
        assert_eq!(updates.join().unwrap(), "update");
        queue.release(1);
        assert!(blocked.join().unwrap());
    });
    assert_eq!((queue.value(), queue.waiters()), (1, 0));
}
