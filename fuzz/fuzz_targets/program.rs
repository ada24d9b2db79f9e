//! Runs the programs of the property tests, with steps from libFuzzer: three bytes per step.
//!
//! Each program runs on both flavours of both semaphores.
#![no_main]

#[path = "../../tests/flavours/mod.rs"]
mod flavours;
#[allow(dead_code)]
#[path = "../../tests/task.rs"]
mod task;

use libfuzzer_sys::fuzz_target;

use crate::flavours::{
    closable::program as closable, shared::program as shared, unsync::program as unsync,
    unsync_closable::program as unsync_closable,
};

fuzz_target!(|bytes: &[u8]| {
    let Some((&permits, bytes)) = bytes.split_first() else {
        return;
    };
    let (steps, _) = bytes.as_chunks::<3>();
    let (permits, steps) = (usize::from(permits % 6), steps.iter().copied());
    shared::run(permits, steps.clone().map(shared::Step::from));
    unsync::run(permits, steps.clone().map(unsync::Step::from));
    closable::run(permits, steps.clone().map(closable::Step::from));
    unsync_closable::run(permits, steps.map(unsync_closable::Step::from));
});
