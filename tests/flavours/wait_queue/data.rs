//! Data outside the value: it is written before the release that announces it, and read after the
//! grant.

use std::{cell::RefCell, collections::VecDeque};

use super::{Slots, WaitQueue, granted};
use crate::task::Task;

/// An unbounded channel. The value is the number of items that no receiver has been granted.
struct Channel {
    sent: WaitQueue<Slots>,
    items: RefCell<VecDeque<u32>>,
}

impl Channel {
    fn new() -> Self {
        Self { sent: WaitQueue::new(0), items: RefCell::default() }
    }

    fn send(&self, item: u32) {
        self.items.borrow_mut().push_back(item);
        self.sent.release(1);
    }

    async fn receive(&self) -> u32 {
        granted(self.sent.acquire(1).await).forget();
        self.items.borrow_mut().pop_front().expect("each grant stands for an item")
    }

    /// Removes all items that no receiver has been granted, in one step.
    fn clear(&self) -> isize {
        self.sent.update(|unclaimed| {
            let mut items = self.items.borrow_mut();
            let claimed = items.len() - unclaimed as usize;
            items.truncate(claimed);
            0
        })
    }
}

#[test]
fn receivers_get_items_in_order() {
    let channel = Channel::new();
    let receivers: Vec<_> = (0..100).map(|_| Task::waiting(channel.receive())).collect();
    (0..110).for_each(|item| channel.send(item));
    assert_eq!(receivers.into_iter().map(Task::woken).collect::<Vec<_>>(), Vec::from_iter(0..100));
    assert_eq!(pollster::block_on(channel.receive()), 100);
    assert_eq!(channel.sent.value(), 9);
}

#[test]
fn cancelled_receiver_passes_item_on() {
    let channel = Channel::new();
    let cancelled = Task::waiting(channel.receive());
    let next = Task::waiting(channel.receive());
    channel.send(5);
    assert_eq!((cancelled.wakeups(), next.wakeups()), (1, 0));
    drop(cancelled);
    assert_eq!(next.woken(), 5);
}

#[test]
fn update_changes_data_and_value_in_one_step() {
    let channel = Channel::new();
    let receiver = Task::waiting(channel.receive());
    (0..5).for_each(|item| channel.send(item));
    assert_eq!(channel.clear(), 4);
    assert_eq!(receiver.woken(), 0, "a granted item is not cleared");
    let mut later = Task::waiting(channel.receive());
    assert_eq!((channel.clear(), channel.items.borrow().len()), (0, 0));
    later.assert_pending();
    channel.send(9);
    assert_eq!(later.woken(), 9);
}
