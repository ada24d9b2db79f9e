//! Grants, borrowed and owned, and primitives that stand on a queue.

use std::cell::Cell;

use compio_sync::wait_queue::{Grant, Queued, Wait};

use super::{CLOSED, Counted, Slots, WaitQueue, granted, ready};
use crate::task::Task;

/// A user's primitive that owns a queue.
struct Pool {
    name: &'static str,
    slots: WaitQueue<Slots>,
}

impl Pool {
    fn new(slots: isize) -> Counted<Self> {
        Counted::new(Self { name: "pool", slots: WaitQueue::new(slots) })
    }
}

impl Queued for Pool {
    type Policy = Slots;
    type Flavour = <WaitQueue<Slots> as Queued>::Flavour;

    fn queue(&self) -> &WaitQueue<Slots> {
        &self.slots
    }
}

#[test]
fn grant_is_released_on_drop() {
    let queue = WaitQueue::<Slots>::new(3);
    let grant = granted(queue.try_acquire(2).unwrap());
    assert_eq!((queue.value(), grant.request()), (1, 2));
    assert!(std::ptr::eq(*grant.handle(), &queue));
    let wait = Task::waiting(queue.acquire(3));
    drop(grant);
    drop(granted(wait.woken()));
    assert_eq!(queue.value(), 3);
}

#[test]
fn forgotten_grant_is_not_released() {
    let queue = WaitQueue::<Slots>::new(3);
    let forgotten: &WaitQueue<Slots> = granted(queue.try_acquire(2).unwrap()).forget();
    assert!(std::ptr::eq(forgotten, &queue));
    assert_eq!(queue.value(), 1);
    forgotten.release(2);
    assert_eq!(queue.value(), 3);
}

#[test]
fn owned_wait_keeps_primitive_alive() {
    let pool = Pool::new(1);
    let grant = granted(ready(&mut Task::new(Wait::new(Counted::clone(&pool), 1))));
    let wait = Task::waiting(Wait::new(Counted::clone(&pool), 1));
    let unpolled = Task::new(Wait::new(Counted::clone(&pool), 1));
    assert_eq!((Counted::strong_count(&pool), pool.slots.waiters()), (4, 1));
    assert_eq!(grant.handle().name, "pool");
    drop((unpolled, pool));
    drop(grant);
    let grant: Grant<Counted<Pool>> = granted(wait.woken());
    assert_eq!((Counted::strong_count(grant.handle()), grant.handle().slots.value()), (1, 0));
    let pool = grant.forget();
    assert_eq!((Counted::strong_count(&pool), pool.slots.value()), (1, 0));
}

#[test]
fn completed_wait_drops_its_reference() {
    let pool = Pool::new(1);
    let mut granted_wait = Task::new(Wait::new(Counted::clone(&pool), 1));
    drop(ready(&mut granted_wait));
    pool.slots.update(|_| CLOSED);
    let mut refused = Task::new(Wait::new(Counted::clone(&pool), 1));
    assert!(ready(&mut refused).granted().is_none());
    assert_eq!(Counted::strong_count(&pool), 1);
}

#[test]
fn owned_wait_that_is_dropped_leaves_queue() {
    let pool = Pool::new(0);
    let [queued, next] = [(); 2].map(|()| Task::waiting(Wait::new(Counted::clone(&pool), 1)));
    let granted_wait = Task::waiting(Wait::new(&*pool, 1));
    drop(queued);
    assert_eq!((Counted::strong_count(&pool), pool.slots.waiters()), (2, 2));
    pool.slots.release(1);
    drop(next);
    assert_eq!((Counted::strong_count(&pool), granted_wait.wakeups()), (1, 1));
    drop(granted_wait);
    assert_eq!((pool.slots.value(), pool.slots.waiters()), (1, 0));
}

#[test]
fn borrowed_wait_borrows_primitive() {
    let pool = Pool::new(1);
    let grant: Grant<&Pool> = granted(ready(&mut Task::new(Wait::new(&*pool, 1))));
    let wait = Task::waiting(Wait::new(&*pool, 1));
    assert_eq!((grant.handle().name, Counted::strong_count(&pool)), ("pool", 1));
    drop(grant);
    drop(granted(wait.woken()));
    assert_eq!(pool.slots.value(), 1);
}

#[test]
fn primitive_can_be_trait_object() {
    type AnyPool = dyn Queued<Policy = Slots, Flavour = <Pool as Queued>::Flavour>;
    let pool: Counted<AnyPool> = Pool::new(1);
    let grant = granted(ready(&mut Task::new(Wait::new(Counted::clone(&pool), 1))));
    let wait = Task::waiting(Wait::new(Counted::clone(&pool), 1));
    drop(grant);
    drop(granted(wait.woken()));
    assert_eq!(pool.queue().value(), 1);
}

/// A primitive that breaks the contract of `queue`: it returns another queue in every second call.
#[test]
fn alternating_queues_cause_no_harm() {
    struct Alternating {
        queues: [WaitQueue<Slots>; 2],
        calls: Cell<usize>,
    }
    impl Queued for Alternating {
        type Policy = Slots;
        type Flavour = <WaitQueue<Slots> as Queued>::Flavour;

        fn queue(&self) -> &WaitQueue<Slots> {
            self.calls.set(self.calls.get() + 1);
            &self.queues[(self.calls.get() - 1) % 2]
        }
    }
    let queues = [(); 2].map(|()| WaitQueue::new(0));
    let primitive = Alternating { queues, calls: Cell::new(0) };
    let [first, second] = [(); 2].map(|()| Task::waiting(Wait::new(&primitive, 1)));
    let waiters = |queue: &WaitQueue<Slots>| queue.waiters();
    assert_eq!(primitive.queues.each_ref().map(waiters), [1, 1]);
    drop(second);
    assert_eq!(primitive.queues.each_ref().map(waiters), [1, 0]);
    primitive.queues[0].release(1);
    let grant = granted(first.woken());
    assert_eq!(primitive.calls.get(), 2, "a wait asks for its queue once");
    primitive.calls.set(1);
    drop(grant);
    assert_eq!(primitive.queues.each_ref().map(|queue| queue.value()), [0, 1]);
}

#[test]
fn owned_wait_of_queue_itself_needs_no_primitive() {
    let queue = Counted::new(WaitQueue::<Slots>::new(0));
    let mut wait = Task::waiting(Wait::new(Counted::clone(&queue), 2));
    queue.release(1);
    wait.assert_pending();
    queue.release(1);
    let grant = granted(ready(&mut wait));
    assert_eq!((grant.request(), queue.value()), (2, 0));
    drop(grant);
    assert_eq!((queue.value(), Counted::strong_count(&queue)), (2, 1));
}
