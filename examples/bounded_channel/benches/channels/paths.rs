//! What is compared: behaviours, allocations, and times in ns per operation. Each function takes
//! one sample.

use std::{
    hint,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    thread,
    time::Instant,
};

use allocation_counter::measure;
use futures::{executor, join};

use crate::peers::Peer;

const CAPACITY: usize = 64;

/// Items per sample on one thread.
const ITEMS: usize = 6_400;

/// Items per sample between two threads.
const ITEMS_BETWEEN_THREADS: usize = 20_000;

/// Round trips per sample between two threads.
const ROUND_TRIPS: usize = 2_000;

/// Senders that are queued when they are cancelled.
const QUEUED: usize = 1_000;

fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls a future that must not wait.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match poll(pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future must be ready"),
    }
}

/// Returns the ns per operation of this many operations.
fn time(operations: usize, run: impl FnOnce()) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_nanos() as f64 / operations as f64
}

fn full<P: Peer>() -> (P::Sender, P::Receiver) {
    let (mut sender, receiver) = P::bounded(1);
    while P::try_send(&mut sender, 0) {}
    (sender, receiver)
}

/// A receive is granted an item, and is cancelled before it is polled again.
pub(crate) fn cancelled_recv_keeps_item<P: Peer>() -> f64 {
    let (mut sender, mut receiver) = P::bounded(1);
    {
        let mut recv = pin!(P::recv(&mut receiver));
        assert!(poll(recv.as_mut()).is_pending());
        assert!(P::try_send(&mut sender, 1));
    }
    f64::from(P::try_recv(&mut receiver) == Some(1))
}

/// A send is granted a slot, and is cancelled before it is polled again.
pub(crate) fn cancelled_send_is_not_sent<P: Peer>() -> f64 {
    let (mut sender, mut receiver) = full::<P>();
    {
        let mut send = pin!(P::send(&mut sender, 1));
        assert!(poll(send.as_mut()).is_pending());
        assert_eq!(P::try_recv(&mut receiver), Some(0));
    }
    f64::from(P::try_recv(&mut receiver).is_none())
}

/// A slot is released while a send is queued, and another task tries to send.
pub(crate) fn try_send_never_overtakes<P: Peer>() -> f64 {
    let (mut sender, mut receiver) = full::<P>();
    let mut other = sender.clone();
    let mut send = pin!(P::send(&mut sender, 1));
    assert!(poll(send.as_mut()).is_pending());
    assert_eq!(P::try_recv(&mut receiver), Some(0));
    f64::from(!P::try_send(&mut other, 2))
}

/// Returns the number of allocations of the second run. The first run may allocate memory that
/// later waits use again.
fn allocations(mut run: impl FnMut()) -> f64 {
    run();
    measure(run).count_total as f64
}

/// One send on a full channel, and the receives that complete it.
pub(crate) fn allocations_per_send<P: Peer>() -> f64 {
    let (mut sender, mut receiver) = full::<P>();
    allocations(|| {
        let mut send = pin!(P::send(&mut sender, 1));
        while poll(send.as_mut()).is_pending() {
            P::try_recv(&mut receiver).unwrap();
        }
    })
}

/// One receive on an empty channel, and the send that completes it.
pub(crate) fn allocations_per_recv<P: Peer>() -> f64 {
    let (mut sender, mut receiver) = P::bounded(1);
    allocations(|| {
        let mut recv = pin!(P::recv(&mut receiver));
        assert!(poll(recv.as_mut()).is_pending());
        assert!(P::try_send(&mut sender, 1));
        assert!(poll(recv).is_ready());
    })
}

/// Cancels queued sends in this order.
fn cancel<P: Peer>(order: impl Iterator<Item = usize>) -> f64 {
    let (sender, _receiver) = full::<P>();
    let mut senders = vec![sender; QUEUED];
    let mut sends: Vec<_> =
        senders.iter_mut().map(|sender| Box::pin(Some(P::send(sender, 1)))).collect();
    for send in &mut sends {
        assert!(poll(send.as_mut().as_pin_mut().unwrap()).is_pending());
    }
    time(QUEUED, || order.for_each(|index| sends[index].set(None)))
}

pub(crate) fn cancel_front<P: Peer>() -> f64 {
    cancel::<P>(0..QUEUED)
}

/// Each cancelled send is in the middle of those that are still queued.
pub(crate) fn cancel_middle<P: Peer>() -> f64 {
    let middle = QUEUED / 2;
    cancel::<P>((0..middle).flat_map(|distance| [middle - 1 - distance, middle + distance]))
}

/// Fills and drains the channel with the try methods.
pub(crate) fn try_fill_drain<P: Peer>() -> f64 {
    let (mut sender, mut receiver) = P::bounded(CAPACITY);
    time(ITEMS, || {
        for _ in 0..ITEMS / CAPACITY {
            (0..CAPACITY).for_each(|item| assert!(P::try_send(&mut sender, item)));
            (0..CAPACITY).for_each(|item| assert_eq!(P::try_recv(&mut receiver), Some(item)));
        }
    })
}

/// Fills and drains the channel with futures that are ready at their first poll.
pub(crate) fn poll_fill_drain<P: Peer>() -> f64 {
    let (mut sender, mut receiver) = P::bounded(CAPACITY);
    time(ITEMS, || {
        for _ in 0..ITEMS / CAPACITY {
            // One less, because a futures-channel makes the sender of the last one wait.
            (1..CAPACITY).for_each(|item| ready(P::send(&mut sender, item)));
            (1..CAPACITY).for_each(|item| assert_eq!(ready(P::recv(&mut receiver)), item));
        }
    })
}

/// Each send waits until an item is received.
pub(crate) fn queued_send<P: Peer>() -> f64 {
    let (mut sender, mut receiver) = full::<P>();
    time(ITEMS, || {
        for item in 0..ITEMS {
            let mut send = pin!(P::send(&mut sender, item));
            while poll(send.as_mut()).is_pending() {
                hint::black_box(P::try_recv(&mut receiver));
            }
        }
    })
}

/// Each receive waits until an item is sent.
pub(crate) fn queued_recv<P: Peer>() -> f64 {
    let (mut sender, mut receiver) = P::bounded(1);
    time(ITEMS, || {
        for item in 0..ITEMS {
            let mut recv = pin!(P::recv(&mut receiver));
            assert!(poll(recv.as_mut()).is_pending());
            assert!(P::try_send(&mut sender, item));
            assert_eq!(poll(recv), Poll::Ready(item));
        }
    })
}

async fn produce<P: Peer>(mut sender: P::Sender, items: usize) {
    for item in 0..items {
        P::send(&mut sender, item).await;
    }
}

async fn consume<P: Peer>(mut receiver: P::Receiver, items: usize) {
    for item in 0..items {
        assert_eq!(P::recv(&mut receiver).await, item);
    }
}

/// Sends an item, and waits for the answer.
async fn ping<P: Peer>(mut sender: P::Sender, mut receiver: P::Receiver, round_trips: usize) {
    for item in 0..round_trips {
        P::send(&mut sender, item).await;
        assert_eq!(P::recv(&mut receiver).await, item);
    }
}

async fn pong<P: Peer>(mut sender: P::Sender, mut receiver: P::Receiver, round_trips: usize) {
    for _ in 0..round_trips {
        let item = P::recv(&mut receiver).await;
        P::send(&mut sender, item).await;
    }
}

/// A producer and a consumer on one thread, which fill and drain the channel in turn.
pub(crate) fn stream_one_thread<P: Peer>() -> f64 {
    let (sender, receiver) = P::bounded(CAPACITY);
    let tasks = async { join!(produce::<P>(sender, ITEMS), consume::<P>(receiver, ITEMS)) };
    time(ITEMS, || {
        executor::block_on(tasks);
    })
}

pub(crate) fn ping_pong_one_thread<P: Peer>() -> f64 {
    let ((to_pong, from_ping), (to_ping, from_pong)) = (P::bounded(1), P::bounded(1));
    let ping = ping::<P>(to_pong, from_pong, ITEMS);
    let pong = pong::<P>(to_ping, from_ping, ITEMS);
    time(ITEMS, || {
        executor::block_on(async { join!(ping, pong) });
    })
}

/// How a thread waits for a future.
trait BlockOn {
    fn block_on(future: impl Future<Output = ()>);
}

/// The thread sleeps.
enum Park {}

impl BlockOn for Park {
    fn block_on(future: impl Future<Output = ()>) {
        executor::block_on(future);
    }
}

/// The thread polls again and again, so it needs a core of its own.
enum Spin {}

impl BlockOn for Spin {
    fn block_on(future: impl Future<Output = ()>) {
        let mut future = pin!(future);
        while poll(future.as_mut()).is_pending() {
            hint::spin_loop();
        }
    }
}

fn stream_two_threads<P, B: BlockOn>() -> f64
where
    P: Peer<Sender: Send, Receiver: Send>,
{
    const ITEMS: usize = ITEMS_BETWEEN_THREADS;
    let (sender, receiver) = P::bounded(CAPACITY);
    time(ITEMS, || {
        thread::scope(|scope| {
            scope.spawn(|| B::block_on(produce::<P>(sender, ITEMS)));
            B::block_on(consume::<P>(receiver, ITEMS));
        });
    })
}

fn ping_pong_two_threads<P, B: BlockOn>() -> f64
where
    P: Peer<Sender: Send, Receiver: Send>,
{
    let ((to_pong, from_ping), (to_ping, from_pong)) = (P::bounded(1), P::bounded(1));
    time(ROUND_TRIPS, || {
        thread::scope(|scope| {
            scope.spawn(|| B::block_on(pong::<P>(to_ping, from_ping, ROUND_TRIPS)));
            B::block_on(ping::<P>(to_pong, from_pong, ROUND_TRIPS));
        });
    })
}

pub(crate) fn stream_park<P: Peer<Sender: Send, Receiver: Send>>() -> f64 {
    stream_two_threads::<P, Park>()
}

pub(crate) fn stream_spin<P: Peer<Sender: Send, Receiver: Send>>() -> f64 {
    stream_two_threads::<P, Spin>()
}

pub(crate) fn ping_pong_park<P: Peer<Sender: Send, Receiver: Send>>() -> f64 {
    ping_pong_two_threads::<P, Park>()
}

pub(crate) fn ping_pong_spin<P: Peer<Sender: Send, Receiver: Send>>() -> f64 {
    ping_pong_two_threads::<P, Spin>()
}
