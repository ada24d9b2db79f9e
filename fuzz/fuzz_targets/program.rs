//! The programs of the property test, made up by libFuzzer: three bytes a step.
#![no_main]

#[path = "../../tests/program.rs"]
mod program;
#[path = "../../tests/reference.rs"]
mod reference;
#[allow(dead_code)]
#[path = "../../tests/task.rs"]
mod task;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&permits, bytes)) = bytes.split_first() else {
        return;
    };
    let (steps, _) = bytes.as_chunks::<3>();
    program::run(usize::from(permits % 6), steps.iter().copied().map(program::Step::from));
});
