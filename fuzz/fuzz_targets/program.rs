//! Runs the programs of the property tests, with steps from libFuzzer.
//!
//! The first byte chooses the primitive: 0 to 95 is a semaphore with this number of permits modulo
//! six, 96 to 127 a wait queue with a random policy, 128 to 159 a `Notify`, 160 to 175 a `Mutex`,
//! 176 to 191 an `RwLock`, 192 to 207 an `Event`, 208 to 223 a `OnceCell`, 224 to 239 a `Condvar`,
//! and 240 to 255 a `Barrier` for up to 75 tasks. Each program runs on both flavours, and on both
//! semaphores. A step takes three bytes for a semaphore, and two for the others. The steps on a
//! wait queue follow the table of its policy, whose missing bytes are zero.
#![no_main]

#[path = "../../tests/flavours/mod.rs"]
mod flavours;
#[allow(dead_code)]
#[path = "../../tests/task.rs"]
mod task;

use libfuzzer_sys::fuzz_target;

use crate::flavours::{
    closable::program as closable,
    random_policy::Table,
    shared::{
        barrier::program as barrier, condvar::program as condvar, event::program as event,
        mutex::program as mutex, notify::program as notify, once_cell::program as once_cell,
        program as shared, rwlock::program as rwlock,
    },
    unsync::{
        barrier::program as unsync_barrier, condvar::program as unsync_condvar,
        event::program as unsync_event, mutex::program as unsync_mutex,
        notify::program as unsync_notify, once_cell::program as unsync_once_cell,
        program as unsync, rwlock::program as unsync_rwlock,
    },
    unsync_closable::program as unsync_closable,
    wait_queue_program as wait_queue,
};

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, bytes)) = bytes.split_first() else {
        return;
    };
    let (short, _) = bytes.as_chunks::<2>();
    let (long, _) = bytes.as_chunks::<3>();
    let (short, long) = (short.iter().copied(), long.iter().copied());
    let flag = first & 1 != 0;
    match first {
        0..96 => {
            let permits = usize::from(first % 6);
            shared::run(permits, long.clone().map(shared::Step::from));
            unsync::run(permits, long.clone().map(unsync::Step::from));
            closable::run(permits, long.clone().map(closable::Step::from));
            unsync_closable::run(permits, long.map(unsync_closable::Step::from));
        }
        96..128 => {
            let mut table = [0; Table::BYTES];
            let (bytes, steps) = bytes.split_at(bytes.len().min(table.len()));
            table[..bytes.len()].copy_from_slice(bytes);
            let (steps, _) = steps.as_chunks::<2>();
            let steps: Vec<_> = steps.iter().copied().map(wait_queue::Step::from).collect();
            wait_queue::run(flag, first & 2 != 0, Table(table), &steps);
        }
        128..160 => {
            notify::run(flag, short.clone().map(notify::Step::from));
            unsync_notify::run(flag, short.map(unsync_notify::Step::from));
        }
        160..176 => {
            mutex::run(short.clone().map(mutex::Step::from));
            unsync_mutex::run(short.map(unsync_mutex::Step::from));
        }
        176..192 => {
            rwlock::run(short.clone().map(rwlock::Step::from));
            unsync_rwlock::run(short.map(unsync_rwlock::Step::from));
        }
        192..208 => {
            event::run(flag, short.clone().map(event::Step::from));
            unsync_event::run(flag, short.map(unsync_event::Step::from));
        }
        208..224 => {
            once_cell::run(short.clone().map(once_cell::Step::from));
            unsync_once_cell::run(short.map(unsync_once_cell::Step::from));
        }
        224..240 => {
            condvar::run(short.clone().map(condvar::Step::from));
            unsync_condvar::run(short.map(unsync_condvar::Step::from));
        }
        240.. => {
            let tasks = usize::from(first - 240) * 5;
            barrier::run(tasks, short.clone().map(barrier::Step::from));
            unsync_barrier::run(tasks, short.map(unsync_barrier::Step::from));
        }
    }
});
