//! The programs of the property test, made up by libFuzzer: three bytes a step, on both flavours.
#![no_main]
#![allow(clippy::duplicate_mod, reason = "both flavours run the same programs")]

#[path = "../../tests/reference.rs"]
mod reference;
#[allow(dead_code)]
#[path = "../../tests/task.rs"]
mod task;

#[path = "."]
mod shared {
    use std::sync::Arc as Counted;

    use compio_sync::{Acquire, AcquireOwned, OwnedSemaphorePermit, Semaphore, SemaphorePermit};

    #[path = "../../tests/semaphore/program.rs"]
    pub(super) mod program;
}

#[path = "."]
mod unsync {
    use std::rc::Rc as Counted;

    use compio_sync::unsync::{
        Acquire, AcquireOwned, OwnedSemaphorePermit, Semaphore, SemaphorePermit,
    };

    #[path = "../../tests/semaphore/program.rs"]
    pub(super) mod program;
}

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&permits, bytes)) = bytes.split_first() else {
        return;
    };
    let (steps, _) = bytes.as_chunks::<3>();
    let (permits, steps) = (usize::from(permits % 6), steps.iter().copied());
    shared::program::run(permits, steps.clone().map(shared::program::Step::from));
    unsync::program::run(permits, steps.map(unsync::program::Step::from));
});
