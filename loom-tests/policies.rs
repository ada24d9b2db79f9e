//! Models of crates that build a primitive on the wait queue, at the compact level.

use compio_sync::wait_queue::{Policy, Verdict, WaitQueue};
use loom::{future::block_on, model, thread};

use crate::note::Note;

/// A semaphore that can be closed. The value is negative once it is.
enum Slots {}

impl Policy for Slots {
    type Request = ();

    fn decide(free: isize, (): ()) -> Verdict {
        match free {
            ..0 => Verdict::Refuse,
            0 => Verdict::Wait,
            _ => Verdict::Grant(free - 1),
        }
    }

    fn release(free: isize, (): ()) -> isize {
        free + 1
    }
}

/// A queue with data outside its value.
struct Primitive {
    queue: WaitQueue<Slots>,
    data: Note,
}

/// Runs two users of the same primitive on two threads.
fn race(slots: isize, one: fn(&Primitive), other: fn(&Primitive)) {
    model(move || {
        let primitive = Primitive { queue: WaitQueue::new(slots), data: Note::new() };
        let primitive: &'static Primitive = Box::leak(Box::new(primitive));
        let thread = thread::spawn(move || one(primitive));
        other(primitive);
        thread.join().unwrap();
    });
}

#[test]
fn data_behind_release_is_visible_to_grant() {
    let release = |primitive: &Primitive| {
        primitive.data.write();
        primitive.queue.release(());
    };
    race(0, release, |primitive| {
        let _slot = block_on(primitive.queue.acquire(()));
        assert_eq!(primitive.data.read(), 1);
    });
}

#[test]
fn data_behind_update_is_visible_to_refusal() {
    let close = |primitive: &Primitive| {
        primitive.data.write();
        primitive.queue.update(|_| -1);
    };
    race(0, close, |primitive| {
        assert!(block_on(primitive.queue.acquire(())).granted().is_none());
        assert_eq!(primitive.data.read(), 1);
    });
}

#[test]
fn data_behind_value_acquire_is_visible() {
    let release = |primitive: &Primitive| {
        primitive.data.write();
        primitive.queue.release(());
    };
    race(0, release, |primitive| {
        if primitive.queue.value_acquire() == 1 {
            assert_eq!(primitive.data.read(), 1);
        }
    });
}

/// The value is a snapshot that synchronizes with no release.
#[test]
#[should_panic(expected = "Causality violation")]
fn data_behind_value_races() {
    let release = |primitive: &Primitive| {
        primitive.data.write();
        primitive.queue.release(());
    };
    race(0, release, |primitive| {
        if primitive.queue.value() == 1 {
            primitive.data.read();
        }
    });
}

fn write_in_update(primitive: &Primitive) {
    primitive.queue.update(|slots| {
        primitive.data.write();
        slots + 1
    });
}

/// Updates run under the lock, so they may change data outside the value.
#[test]
fn data_in_update_is_visible_to_next_update() {
    race(0, write_in_update, write_in_update);
}

#[test]
fn data_in_update_is_visible_to_grant() {
    race(0, write_in_update, |primitive| {
        let _slot = block_on(primitive.queue.acquire(()));
        assert_eq!(primitive.data.read(), 1);
    });
}

/// The planted bug: the slot is released before the data is written.
#[test]
#[should_panic(expected = "Causality violation")]
fn data_written_after_release_races_grant() {
    let release = |primitive: &Primitive| {
        primitive.queue.release(());
        primitive.data.write();
    };
    race(0, release, |primitive| {
        let _slot = block_on(primitive.queue.acquire(()));
        primitive.data.read();
    });
}

/// The planted bug: another thread may release before the update, and not only during it.
#[test]
#[should_panic(expected = "the release ran first")]
fn planted_bug_assumes_update_runs_first() {
    let release = |primitive: &Primitive| primitive.queue.release(());
    race(0, release, |primitive| {
        assert_eq!(primitive.queue.update(|slots| slots), 0, "the release ran first");
    });
}
