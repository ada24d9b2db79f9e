//! The channels that are compared, behind one trait.

use std::{rc::Rc, sync::Arc};

use futures::{SinkExt, channel::mpsc};

/// A bounded channel of numbers.
///
/// `send` and `recv` borrow their end mutably, because some channels require it.
pub(crate) trait Peer {
    type Sender: Clone;
    type Receiver;

    fn bounded(capacity: usize) -> (Self::Sender, Self::Receiver);
    fn send(sender: &mut Self::Sender, item: usize) -> impl Future<Output = ()>;
    fn recv(receiver: &mut Self::Receiver) -> impl Future<Output = usize>;
    /// Returns whether the item was sent.
    fn try_send(sender: &mut Self::Sender, item: usize) -> bool;
    fn try_recv(receiver: &mut Self::Receiver) -> Option<usize>;
}

pub(crate) enum Shared {}
pub(crate) enum Unsync {}
pub(crate) enum Flume {}
pub(crate) enum AsyncChannel {}
pub(crate) enum Kanal {}
pub(crate) enum Tokio {}
pub(crate) enum Futures {}

impl Peer for Shared {
    type Sender = Arc<bounded_channel::Channel<usize>>;
    type Receiver = Self::Sender;

    fn bounded(capacity: usize) -> (Self::Sender, Self::Receiver) {
        let channel = Arc::new(bounded_channel::Channel::new(capacity));
        (channel.clone(), channel)
    }

    async fn send(sender: &mut Self::Sender, item: usize) {
        sender.send(item).await.unwrap();
    }

    async fn recv(receiver: &mut Self::Receiver) -> usize {
        receiver.recv().await.unwrap()
    }

    fn try_send(sender: &mut Self::Sender, item: usize) -> bool {
        sender.try_send(item).is_ok()
    }

    fn try_recv(receiver: &mut Self::Receiver) -> Option<usize> {
        receiver.try_recv().ok()
    }
}

impl Peer for Unsync {
    type Sender = Rc<bounded_channel::unsync::Channel<usize>>;
    type Receiver = Self::Sender;

    fn bounded(capacity: usize) -> (Self::Sender, Self::Receiver) {
        let channel = Rc::new(bounded_channel::unsync::Channel::new(capacity));
        (channel.clone(), channel)
    }

    async fn send(sender: &mut Self::Sender, item: usize) {
        sender.send(item).await.unwrap();
    }

    async fn recv(receiver: &mut Self::Receiver) -> usize {
        receiver.recv().await.unwrap()
    }

    fn try_send(sender: &mut Self::Sender, item: usize) -> bool {
        sender.try_send(item).is_ok()
    }

    fn try_recv(receiver: &mut Self::Receiver) -> Option<usize> {
        receiver.try_recv().ok()
    }
}

impl Peer for Flume {
    type Sender = flume::Sender<usize>;
    type Receiver = flume::Receiver<usize>;

    fn bounded(capacity: usize) -> (Self::Sender, Self::Receiver) {
        flume::bounded(capacity)
    }

    async fn send(sender: &mut Self::Sender, item: usize) {
        sender.send_async(item).await.unwrap();
    }

    async fn recv(receiver: &mut Self::Receiver) -> usize {
        receiver.recv_async().await.unwrap()
    }

    fn try_send(sender: &mut Self::Sender, item: usize) -> bool {
        sender.try_send(item).is_ok()
    }

    fn try_recv(receiver: &mut Self::Receiver) -> Option<usize> {
        receiver.try_recv().ok()
    }
}

impl Peer for AsyncChannel {
    type Sender = async_channel::Sender<usize>;
    type Receiver = async_channel::Receiver<usize>;

    fn bounded(capacity: usize) -> (Self::Sender, Self::Receiver) {
        async_channel::bounded(capacity)
    }

    async fn send(sender: &mut Self::Sender, item: usize) {
        sender.send(item).await.unwrap();
    }

    async fn recv(receiver: &mut Self::Receiver) -> usize {
        receiver.recv().await.unwrap()
    }

    fn try_send(sender: &mut Self::Sender, item: usize) -> bool {
        sender.try_send(item).is_ok()
    }

    fn try_recv(receiver: &mut Self::Receiver) -> Option<usize> {
        receiver.try_recv().ok()
    }
}

impl Peer for Kanal {
    type Sender = kanal::AsyncSender<usize>;
    type Receiver = kanal::AsyncReceiver<usize>;

    fn bounded(capacity: usize) -> (Self::Sender, Self::Receiver) {
        kanal::bounded_async(capacity)
    }

    async fn send(sender: &mut Self::Sender, item: usize) {
        sender.send(item).await.unwrap();
    }

    async fn recv(receiver: &mut Self::Receiver) -> usize {
        receiver.recv().await.unwrap()
    }

    fn try_send(sender: &mut Self::Sender, item: usize) -> bool {
        sender.try_send(item).unwrap()
    }

    fn try_recv(receiver: &mut Self::Receiver) -> Option<usize> {
        receiver.try_recv().unwrap()
    }
}

impl Peer for Tokio {
    type Sender = tokio::sync::mpsc::Sender<usize>;
    type Receiver = tokio::sync::mpsc::Receiver<usize>;

    fn bounded(capacity: usize) -> (Self::Sender, Self::Receiver) {
        tokio::sync::mpsc::channel(capacity)
    }

    async fn send(sender: &mut Self::Sender, item: usize) {
        sender.send(item).await.unwrap();
    }

    async fn recv(receiver: &mut Self::Receiver) -> usize {
        receiver.recv().await.unwrap()
    }

    fn try_send(sender: &mut Self::Sender, item: usize) -> bool {
        sender.try_send(item).is_ok()
    }

    fn try_recv(receiver: &mut Self::Receiver) -> Option<usize> {
        receiver.try_recv().ok()
    }
}

impl Peer for Futures {
    type Sender = mpsc::Sender<usize>;
    type Receiver = mpsc::Receiver<usize>;

    /// Each sender adds one item to the capacity.
    fn bounded(capacity: usize) -> (Self::Sender, Self::Receiver) {
        mpsc::channel(capacity - 1)
    }

    async fn send(sender: &mut Self::Sender, item: usize) {
        SinkExt::send(sender, item).await.unwrap();
    }

    async fn recv(receiver: &mut Self::Receiver) -> usize {
        receiver.recv().await.unwrap()
    }

    fn try_send(sender: &mut Self::Sender, item: usize) -> bool {
        sender.try_send(item).is_ok()
    }

    fn try_recv(receiver: &mut Self::Receiver) -> Option<usize> {
        receiver.try_recv().ok()
    }
}
