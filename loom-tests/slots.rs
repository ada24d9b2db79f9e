//! A pool of slots, as a crate on top of this one would model it: it uses the public API only.
//!
//! loom must find the bug that is planted in the second model.

use compio_sync::{Semaphore, SemaphorePermit};
use loom::{future::block_on, model, sync::Mutex, thread};

struct Pool {
    /// One permit per free slot.
    free: Semaphore,
    slots: Mutex<Vec<usize>>,
}

struct Slot<'a> {
    slots: &'a Mutex<Vec<usize>>,
    index: usize,
    permit: Option<SemaphorePermit<'a>>,
    /// The planted bug: the permit is released before the slot is returned.
    releases_permit_first: bool,
}

impl Pool {
    fn new(slots: usize) -> Self {
        Self { free: Semaphore::new(slots), slots: Mutex::new((0..slots).collect()) }
    }

    fn acquire(&self, releases_permit_first: bool) -> Slot<'_> {
        let permit = block_on(self.free.acquire());
        let index = self.slots.lock().unwrap().pop().expect("each permit stands for a free slot");
        Slot { slots: &self.slots, index, permit: Some(permit), releases_permit_first }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if self.releases_permit_first {
            self.permit = None;
        }
        self.slots.lock().unwrap().push(self.index);
    }
}

fn race_two_users_of_one_slot(releases_permit_first: bool) {
    model(move || {
        let pool: &Pool = Box::leak(Box::new(Pool::new(1)));
        let user = thread::spawn(move || drop(pool.acquire(releases_permit_first)));
        drop(pool.acquire(releases_permit_first));
        user.join().unwrap();
        assert_eq!(pool.slots.lock().unwrap().len(), 1);
    });
}

#[test]
fn slot_return_races_acquire() {
    race_two_users_of_one_slot(false);
}

#[test]
#[should_panic(expected = "each permit stands for a free slot")]
fn early_permit_release_races_acquire() {
    race_two_users_of_one_slot(true);
}
