//! Runs the programs of the property tests, with steps from libFuzzer.
//!
//! The first byte chooses the primitive: 0 to 127 is a semaphore with this number of permits modulo
//! six, 128 to 191 a `Notify`, and 192 to 255 an `Event`. Each program runs on both flavours, and
//! on both semaphores. A step takes three bytes for a semaphore, and two for the others.
#![no_main]

#[path = "../../tests/flavours/mod.rs"]
mod flavours;
#[allow(dead_code)]
#[path = "../../tests/task.rs"]
mod task;

use libfuzzer_sys::fuzz_target;

use crate::flavours::{
    closable::program as closable,
    shared::{event::program as event, notify::program as notify, program as shared},
    unsync::{event::program as unsync_event, notify::program as unsync_notify, program as unsync},
    unsync_closable::program as unsync_closable,
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
        0..128 => {
            let permits = usize::from(first % 6);
            shared::run(permits, long.clone().map(shared::Step::from));
            unsync::run(permits, long.clone().map(unsync::Step::from));
            closable::run(permits, long.clone().map(closable::Step::from));
            unsync_closable::run(permits, long.map(unsync_closable::Step::from));
        }
        128..192 => {
            notify::run(flag, short.clone().map(notify::Step::from));
            unsync_notify::run(flag, short.map(unsync_notify::Step::from));
        }
        192.. => {
            event::run(flag, short.clone().map(event::Step::from));
            unsync_event::run(flag, short.map(unsync_event::Step::from));
        }
    }
});
