//! A crate on top: a pool of slots that uses the public API alone, and a bug in it that loom finds.

use compio_sync::{Semaphore, SemaphorePermit};
use loom::{future::block_on, model, sync::Mutex, thread};

struct Pool {
    /// One permit for each free slot.
    free: Semaphore,
    slots: Mutex<Vec<usize>>,
}

struct Slot<'a> {
    slots: &'a Mutex<Vec<usize>>,
    index: usize,
    permit: Option<SemaphorePermit<'a>>,
    /// The planted bug: the permit is given back before the slot is.
    permit_goes_first: bool,
}

impl Pool {
    fn new(slots: usize) -> Self {
        Self { free: Semaphore::new(slots), slots: Mutex::new((0..slots).collect()) }
    }

    fn take(&self, permit_goes_first: bool) -> Slot<'_> {
        let permit = block_on(self.free.acquire());
        let index = self.slots.lock().unwrap().pop().expect("a permit stands for a slot");
        Slot { slots: &self.slots, index, permit: Some(permit), permit_goes_first }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if self.permit_goes_first {
            self.permit = None;
        }
        self.slots.lock().unwrap().push(self.index);
    }
}

fn two_users_of_one_slot(permit_goes_first: bool) {
    model(move || {
        let pool: &Pool = Box::leak(Box::new(Pool::new(1)));
        let user = thread::spawn(move || drop(pool.take(permit_goes_first)));
        drop(pool.take(permit_goes_first));
        user.join().unwrap();
        assert_eq!(pool.slots.lock().unwrap().len(), 1);
    });
}

#[test]
fn a_slot_that_is_back_before_its_permit_is_there_for_the_next() {
    two_users_of_one_slot(false);
}

#[test]
#[should_panic(expected = "a permit stands for a slot")]
fn a_permit_that_is_back_before_its_slot_is_found_out() {
    two_users_of_one_slot(true);
}
