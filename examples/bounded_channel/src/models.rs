//! loom models of the channel, as of any code on top of compio-sync.
//!
//! loom must find the bug that is planted in the last model.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Instant,
};

use loom::{future::block_on, model::Builder, thread};

use crate::{
    Channel, SendError, TryRecvError,
    policy::{self, IN_FLIGHT, Step},
    ring::Lock,
};

/// Explores the model with at most three preemptions.
fn explore(model: impl Fn() + Send + Sync + 'static) {
    let iterations = Arc::new(AtomicUsize::new(0));
    let counted = iterations.clone();
    let mut builder = Builder::new();
    builder.preemption_bound = Some(3);
    builder.max_branches = 10_000;
    let start = Instant::now();
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    println!("{name}: {} iterations, {:?}", iterations.load(Ordering::Relaxed), start.elapsed());
}

/// Polls a future once, and drops it.
fn poll_and_cancel<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Receives until the channel is closed and drained.
fn drain(channel: &Channel<u8>) -> Vec<u8> {
    std::iter::from_fn(|| block_on(channel.recv())).collect()
}

/// Checks that an item was either received, or returned to its sender.
fn assert_one_owner(item: u8, sent: Result<(), SendError<u8>>, received: &[u8]) {
    let times = received.iter().filter(|&&other| other == item).count();
    match sent {
        Ok(()) => assert_eq!(times, 1, "item {item} was sent, but not received once"),
        Err(SendError(returned)) => {
            assert_eq!(returned, item);
            assert_eq!(times, 0, "item {item} was returned, but also received");
        }
    }
}

/// Races two users of a channel with one slot. The model runs a second time with the threads
/// swapped, because loom skips some interleavings of one order.
fn race<A: Send + 'static, B: Send + 'static>(
    set_up: fn(&Channel<u8>),
    one: fn(&Channel<u8>) -> A,
    other: fn(&Channel<u8>) -> B,
    check: fn(&Channel<u8>, A, B),
) {
    let model = move |is_swapped| {
        explore(move || {
            let channel = Arc::new(Channel::new(1));
            set_up(&channel);
            let spawned = channel.clone();
            let (a, b);
            if is_swapped {
                let thread = thread::spawn(move || other(&spawned));
                a = one(&channel);
                b = thread.join().unwrap();
            } else {
                let thread = thread::spawn(move || one(&spawned));
                b = other(&channel);
                a = thread.join().unwrap();
            }
            check(&channel, a, b);
        });
    };
    model(false);
    model(true);
}

fn close_and_drain(channel: &Channel<u8>) -> Vec<u8> {
    channel.close();
    drain(channel)
}

#[test]
fn send_races_recv() {
    let send = |channel: &Channel<u8>| {
        block_on(channel.send(1)).unwrap();
        block_on(channel.send(2)).unwrap();
    };
    let recv = |channel: &Channel<u8>| [(); 2].map(|()| block_on(channel.recv()));
    race(|_| (), send, recv, |_, (), received| assert_eq!(received, [Some(1), Some(2)]));
}

#[test]
fn two_senders_race_for_one_slot() {
    explore(|| {
        let channel = Arc::new(Channel::new(1));
        let senders = [1, 2].map(|item| {
            let channel = channel.clone();
            thread::spawn(move || block_on(channel.send(item)).unwrap())
        });
        let mut received = [(); 2].map(|()| block_on(channel.recv()).unwrap());
        received.sort_unstable();
        assert_eq!(received, [1, 2]);
        senders.into_iter().for_each(|sender| sender.join().unwrap());
    });
}

#[test]
fn two_receivers_race_for_one_item() {
    explore(|| {
        let channel = Arc::new(Channel::new(1));
        let receivers = [(); 2].map(|()| {
            let channel = channel.clone();
            thread::spawn(move || block_on(channel.recv()))
        });
        block_on(channel.send(1)).unwrap();
        channel.close();
        let mut received = receivers.map(|receiver| receiver.join().unwrap());
        received.sort_unstable();
        assert_eq!(received, [None, Some(1)]);
    });
}

#[test]
fn close_races_send() {
    let send = |channel: &Channel<u8>| block_on(channel.send(1));
    let check = |_: &Channel<u8>, sent, received: Vec<u8>| assert_one_owner(1, sent, &received);
    race(|_| (), send, close_and_drain, check);
}

#[test]
fn close_races_queued_send() {
    explore(|| {
        let channel = Arc::new(Channel::new(1));
        channel.try_send(1).unwrap();
        let other = channel.clone();
        let sender = thread::spawn(move || block_on(other.send(2)));
        let other = channel.clone();
        let receiver = thread::spawn(move || drain(&other));
        channel.close();
        let received = receiver.join().unwrap();
        assert_one_owner(1, Ok(()), &received);
        assert_one_owner(2, sender.join().unwrap(), &received);
    });
}

#[test]
fn close_races_recv() {
    let recv = |channel: &Channel<u8>| block_on(channel.recv());
    race(|_| (), recv, Channel::close, |_, received, ()| assert_eq!(received, None));
}

#[test]
fn close_and_send_race_two_receivers() {
    explore(|| {
        let channel = Arc::new(Channel::new(1));
        let other = channel.clone();
        let sender = thread::spawn(move || block_on(other.send(1)));
        let other = channel.clone();
        let receiver = thread::spawn(move || block_on(other.recv()));
        channel.close();
        let mut received = drain(&channel);
        received.extend(receiver.join().unwrap());
        assert_one_owner(1, sender.join().unwrap(), &received);
    });
}

#[test]
fn cancelled_send_races_recv() {
    let set_up = |channel: &Channel<u8>| channel.try_send(1).unwrap();
    let send = |channel: &Channel<u8>| poll_and_cancel(channel.send(2)).is_ready();
    let recv = |channel: &Channel<u8>| block_on(channel.recv());
    race(set_up, send, recv, |channel, is_sent, received| {
        assert_eq!(received, Some(1));
        assert_eq!(channel.try_recv().is_ok(), is_sent);
        // The slot is free again.
        channel.try_send(3).unwrap();
        assert_eq!(channel.try_recv(), Ok(3));
    });
}

#[test]
fn cancelled_recv_races_send() {
    let recv = |channel: &Channel<u8>| poll_and_cancel(channel.recv());
    let send = |channel: &Channel<u8>| channel.try_send(1).unwrap();
    race(
        |_| (),
        recv,
        send,
        |channel, received, ()| match received {
            Poll::Ready(item) => assert_eq!(item, Some(1)),
            Poll::Pending => assert_eq!(channel.try_recv(), Ok(1)),
        },
    );
}

/// The other receiver ends only after the cancelled one has returned its item.
#[test]
fn cancelled_recv_races_send_and_close() {
    explore(|| {
        let channel = Arc::new(Channel::new(1));
        let other = channel.clone();
        let cancelled = thread::spawn(move || poll_and_cancel(other.recv()));
        let other = channel.clone();
        let receiver = thread::spawn(move || drain(&other));
        channel.try_send(1).unwrap();
        channel.close();
        let mut received = receiver.join().unwrap();
        if let Poll::Ready(Some(item)) = cancelled.join().unwrap() {
            received.push(item);
        }
        assert_eq!(received, [1]);
        assert_eq!(channel.try_recv(), Err(TryRecvError::Closed));
    });
}

/// Sends with a planted bug: the sender finds the channel open, but is not counted as in flight
/// until its item is in the ring.
fn send_uncounted(channel: &Channel<u8>, item: u8) -> Result<(), SendError<u8>> {
    let slot = block_on(channel.slots.acquire(())).granted().ok_or(SendError(item))?;
    if policy::is_closed(channel.items.value_acquire()) {
        return Err(SendError(item));
    }
    channel.ring.with(|ring| ring.push_back(item));
    slot.forget();
    channel.items.update(|value| value + IN_FLIGHT);
    channel.items.release(Step::Announce);
    Ok(())
}

#[test]
#[should_panic(expected = "item 1 was sent, but not received once")]
fn close_races_uncounted_send() {
    let send = |channel: &Channel<u8>| send_uncounted(channel, 1);
    let check = |_: &Channel<u8>, sent, received: Vec<u8>| assert_one_owner(1, sent, &received);
    race(|_| (), send, close_and_drain, check);
}
