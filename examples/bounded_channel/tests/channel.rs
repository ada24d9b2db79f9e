//! Behaviours of the channel, each in both flavours. Futures are polled by hand.
#![cfg(not(loom))]

use std::{
    collections::BTreeSet,
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
};

use allocation_counter::measure;
use bounded_channel::{
    SendError, TryRecvError, TrySendError,
    generic::{Channel, Shared, SingleThread, Storage},
};
use futures::executor::block_on;

macro_rules! in_both_flavours {
    ($($(#[$attribute:meta])* $test:ident),* $(,)?) => {
        mod shared {
            $(#[test] $(#[$attribute])* fn $test() { super::$test::<super::Shared>(); })*
        }
        mod unsync {
            $(#[test] $(#[$attribute])* fn $test() { super::$test::<super::SingleThread>(); })*
        }
    };
}
in_both_flavours! {
    items_are_received_in_order,
    full_channel_makes_sender_wait,
    empty_channel_makes_receiver_wait,
    senders_get_slots_in_order,
    receivers_get_items_in_order,
    try_send_does_not_overtake_queued_sender,
    try_recv_does_not_overtake_queued_receiver,
    close_returns_items_of_queued_senders,
    close_ends_queued_receivers,
    closed_channel_returns_item,
    items_sent_before_close_are_received,
    slot_granted_before_close_returns_item,
    cancelled_send_drops_item,
    cancelled_grant_of_slot_serves_next_sender,
    cancelled_recv_leaves_item,
    cancelled_grant_of_item_serves_next_receiver,
    drain_waits_for_granted_receiver,
    drain_receives_item_of_cancelled_receiver,
    thousand_queued_sends_are_cancelled_in_any_order,
    waits_allocate_nothing,
    dropped_channel_drops_items,
    state_is_printed,
    #[should_panic(expected = "a capacity of 0 is not between 1 and MAX_CAPACITY")]
    capacity_of_zero_panics,
    #[should_panic(expected = "is not between 1 and MAX_CAPACITY")]
    capacity_above_maximum_panics,
}

/// A future on the heap, with the number of its wakeups.
struct Task<T> {
    future: Pin<Box<T>>,
    wakeups: Arc<Wakeups>,
}

#[derive(Default)]
struct Wakeups(AtomicUsize);

impl Wake for Wakeups {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl<T: Future> Task<T> {
    /// Creates a task, which must wait at its first poll.
    fn waiting(future: T) -> Self {
        let mut task = Self { future: Box::pin(future), wakeups: Arc::default() };
        assert!(task.poll().is_pending());
        task
    }

    fn poll(&mut self) -> Poll<T::Output> {
        let waker = Waker::from(self.wakeups.clone());
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    fn is_woken(&self) -> bool {
        self.wakeups.0.load(Ordering::Relaxed) == 1
    }
}

/// Returns a full channel with one slot, which holds item 0.
fn full<F: Storage>() -> Channel<F, i32> {
    let channel = Channel::new(1);
    channel.try_send(0).unwrap();
    channel
}

fn items_are_received_in_order<F: Storage>() {
    let channel = Channel::<F, _>::new(3);
    for round in 0..10 {
        for item in 0..3 {
            block_on(channel.send((round, item))).unwrap();
        }
        assert_eq!(channel.try_send((round, 3)), Err(TrySendError::Full((round, 3))));
        for item in 0..3 {
            assert_eq!(block_on(channel.recv()), Some((round, item)));
        }
        assert_eq!(channel.try_recv(), Err(TryRecvError::Empty));
    }
}

fn full_channel_makes_sender_wait<F: Storage>() {
    let channel = full::<F>();
    let mut sender = Task::waiting(channel.send(1));
    assert_eq!(channel.try_recv(), Ok(0));
    assert!(sender.is_woken());
    assert_eq!(channel.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(sender.poll(), Poll::Ready(Ok(())));
    assert_eq!(channel.try_recv(), Ok(1));
}

fn empty_channel_makes_receiver_wait<F: Storage>() {
    let channel = Channel::<F, _>::new(1);
    let mut receiver = Task::waiting(channel.recv());
    channel.try_send(0).unwrap();
    assert!(receiver.is_woken());
    assert_eq!(receiver.poll(), Poll::Ready(Some(0)));
}

fn senders_get_slots_in_order<F: Storage>() {
    let channel = full::<F>();
    let mut senders = [1, 2, 3].map(|item| Task::waiting(channel.send(item)));
    for (item, sender) in (0..).zip(&mut senders) {
        assert!(!sender.is_woken());
        assert_eq!(channel.try_recv(), Ok(item));
        assert!(sender.is_woken());
        assert_eq!(sender.poll(), Poll::Ready(Ok(())));
    }
    assert_eq!(channel.try_recv(), Ok(3));
}

fn receivers_get_items_in_order<F: Storage>() {
    let channel = Channel::<F, _>::new(1);
    let mut receivers = [0, 1, 2].map(|_| Task::waiting(channel.recv()));
    for (item, receiver) in (0..).zip(&mut receivers) {
        assert!(!receiver.is_woken());
        channel.try_send(item).unwrap();
        assert!(receiver.is_woken());
        assert_eq!(receiver.poll(), Poll::Ready(Some(item)));
    }
}

fn try_send_does_not_overtake_queued_sender<F: Storage>() {
    let channel = full::<F>();
    let mut sender = Task::waiting(channel.send(1));
    channel.try_recv().unwrap();
    assert_eq!(channel.try_send(2), Err(TrySendError::Full(2)));
    assert_eq!(sender.poll(), Poll::Ready(Ok(())));
}

fn try_recv_does_not_overtake_queued_receiver<F: Storage>() {
    let channel = Channel::<F, _>::new(1);
    let mut receiver = Task::waiting(channel.recv());
    channel.try_send(0).unwrap();
    assert_eq!(channel.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(receiver.poll(), Poll::Ready(Some(0)));
}

fn close_returns_items_of_queued_senders<F: Storage>() {
    let channel = full::<F>();
    let mut senders = [1, 2, 3].map(|item| Task::waiting(channel.send(item)));
    channel.close();
    for (item, sender) in (1..).zip(&mut senders) {
        assert!(sender.is_woken());
        assert_eq!(sender.poll(), Poll::Ready(Err(SendError(item))));
    }
}

fn close_ends_queued_receivers<F: Storage>() {
    let channel = Channel::<F, i32>::new(1);
    let mut receivers = [(); 3].map(|()| Task::waiting(channel.recv()));
    channel.close();
    for receiver in &mut receivers {
        assert!(receiver.is_woken());
        assert_eq!(receiver.poll(), Poll::Ready(None));
    }
}

fn closed_channel_returns_item<F: Storage>() {
    let channel = Channel::<F, _>::new(1);
    assert!(!channel.is_closed());
    channel.close();
    channel.close();
    assert!(channel.is_closed());
    assert_eq!(block_on(channel.send(1)), Err(SendError(1)));
    assert_eq!(channel.try_send(1), Err(TrySendError::Closed(1)));
    assert_eq!(channel.try_recv(), Err(TryRecvError::Closed));
}

fn items_sent_before_close_are_received<F: Storage>() {
    let channel = Channel::<F, _>::new(2);
    channel.try_send(0).unwrap();
    channel.try_send(1).unwrap();
    channel.close();
    assert_eq!(channel.try_recv(), Ok(0));
    assert_eq!(block_on(channel.recv()), Some(1));
    assert_eq!(block_on(channel.recv()), None);
    assert_eq!(channel.try_recv(), Err(TryRecvError::Closed));
}

fn slot_granted_before_close_returns_item<F: Storage>() {
    let channel = full::<F>();
    let mut sender = Task::waiting(channel.send(1));
    channel.try_recv().unwrap();
    channel.close();
    assert_eq!(block_on(channel.recv()), None);
    assert_eq!(sender.poll(), Poll::Ready(Err(SendError(1))));
    assert_eq!(block_on(channel.recv()), None);
}

fn cancelled_send_drops_item<F: Storage>() {
    let item = Rc::new(());
    let channel = Channel::<F, _>::new(1);
    channel.try_send(Rc::default()).unwrap();
    drop(Task::waiting(channel.send(item.clone())));
    assert_eq!(Rc::strong_count(&item), 1);
    channel.try_recv().unwrap();
    assert_eq!(channel.try_recv(), Err(TryRecvError::Empty));
}

fn cancelled_grant_of_slot_serves_next_sender<F: Storage>() {
    let channel = full::<F>();
    let [first, mut second] = [1, 2].map(|item| Task::waiting(channel.send(item)));
    channel.try_recv().unwrap();
    drop(first);
    assert!(second.is_woken());
    assert_eq!(second.poll(), Poll::Ready(Ok(())));
    assert_eq!(channel.try_recv(), Ok(2));
}

fn cancelled_recv_leaves_item<F: Storage>() {
    let channel = Channel::<F, _>::new(1);
    drop(Task::waiting(channel.recv()));
    let granted = Task::waiting(channel.recv());
    channel.try_send(0).unwrap();
    assert!(granted.is_woken());
    drop(granted);
    assert_eq!(channel.try_recv(), Ok(0));
    channel.try_send(1).unwrap();
}

fn cancelled_grant_of_item_serves_next_receiver<F: Storage>() {
    let channel = Channel::<F, _>::new(1);
    let [first, mut second] = [(); 2].map(|()| Task::waiting(channel.recv()));
    channel.try_send(0).unwrap();
    drop(first);
    assert!(second.is_woken());
    assert_eq!(second.poll(), Poll::Ready(Some(0)));
}

fn drain_waits_for_granted_receiver<F: Storage>() {
    let channel = Channel::<F, _>::new(1);
    let mut granted = Task::waiting(channel.recv());
    channel.try_send(0).unwrap();
    channel.close();
    let mut last = Task::waiting(channel.recv());
    assert_eq!(channel.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(granted.poll(), Poll::Ready(Some(0)));
    assert!(last.is_woken());
    assert_eq!(last.poll(), Poll::Ready(None));
}

fn drain_receives_item_of_cancelled_receiver<F: Storage>() {
    let channel = Channel::<F, _>::new(1);
    let granted = Task::waiting(channel.recv());
    channel.try_send(0).unwrap();
    channel.close();
    let mut last = Task::waiting(channel.recv());
    drop(granted);
    assert_eq!(last.poll(), Poll::Ready(Some(0)));
    assert_eq!(channel.try_recv(), Err(TryRecvError::Closed));
}

fn thousand_queued_sends_are_cancelled_in_any_order<F: Storage>() {
    let channel = full::<F>();
    let mut senders: Vec<_> = (1..=1000).map(|item| Task::waiting(channel.send(item))).collect();
    // A step that is coprime with the number of senders visits all of them.
    let mut last = senders.pop().unwrap();
    let mut cancelled: Vec<_> = senders.into_iter().map(Some).collect();
    (0..cancelled.len()).for_each(|index| cancelled[index * 500 % 999] = None);
    assert!(cancelled.iter().all(Option::is_none));
    assert!(!last.is_woken());
    assert_eq!(channel.try_recv(), Ok(0));
    assert_eq!(last.poll(), Poll::Ready(Ok(())));
    assert_eq!(channel.try_recv(), Ok(1000));
}

fn waits_allocate_nothing<F: Storage>() {
    let channel = full::<F>();
    let allocations = measure(|| {
        let context = &mut Context::from_waker(Waker::noop());
        let mut sender = std::pin::pin!(channel.send(1));
        assert!(sender.as_mut().poll(context).is_pending());
        assert_eq!(channel.try_recv(), Ok(0));
        assert!(sender.as_mut().poll(context).is_ready());
        assert_eq!(channel.try_recv(), Ok(1));
        let mut receiver = std::pin::pin!(channel.recv());
        assert!(receiver.as_mut().poll(context).is_pending());
        channel.try_send(2).unwrap();
        assert_eq!(receiver.as_mut().poll(context), Poll::Ready(Some(2)));
    });
    assert_eq!(allocations.count_total, 0);
}

fn dropped_channel_drops_items<F: Storage>() {
    let item = Rc::new(());
    let channel = Channel::<F, _>::new(2);
    channel.try_send(item.clone()).unwrap();
    drop(channel);
    assert_eq!(Rc::strong_count(&item), 1);
}

fn state_is_printed<F: Storage>() {
    let channel = full::<F>();
    let _sender = Task::waiting(channel.send(1));
    let state = "Channel { items: 1, is_closed: false, senders: 1, receivers: 0, .. }";
    assert_eq!(format!("{channel:?}"), state);
}

fn capacity_of_zero_panics<F: Storage>() {
    let _ = Channel::<F, ()>::new(0);
}

fn capacity_above_maximum_panics<F: Storage>() {
    let _ = Channel::<F, ()>::new(Channel::<F, ()>::MAX_CAPACITY + 1);
}

#[test]
fn shared_futures_are_send() {
    fn assert_send(_: impl Send) {}
    let channel = full::<Shared>();
    assert_send(channel.send(1));
    assert_send(channel.recv());
    assert_send(&channel);
}

#[test]
fn threads_receive_each_item_once() {
    let channel = Channel::<Shared, _>::new(3);
    let received = thread::scope(|scope| {
        let receive = || std::iter::from_fn(|| block_on(channel.recv())).collect::<Vec<_>>();
        let receivers = [(); 2].map(|()| scope.spawn(receive));
        let senders = [0, 1000, 2000].map(|first| {
            let send = |item| block_on(channel.send(item)).unwrap();
            scope.spawn(move || (first..first + 1000).for_each(send))
        });
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        channel.close();
        receivers.map(|receiver| receiver.join().unwrap()).concat()
    });
    assert_eq!(received.len(), 3000);
    assert_eq!(BTreeSet::from_iter(received), (0..3000).collect());
}
