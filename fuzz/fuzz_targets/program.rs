//! The programs of the property test, made up by libFuzzer: three bytes a step, on both flavours of both
//! semaphores.
#![no_main]
#![allow(clippy::duplicate_mod, reason = "all of them run the same programs")]

#[path = "../../tests/reference.rs"]
mod reference;
#[allow(dead_code)]
#[path = "../../tests/task.rs"]
mod task;

#[path = "."]
mod shared {
    use std::sync::Arc as Counted;

    use compio_sync::{Acquire, AcquireOwned, OwnedSemaphorePermit, Semaphore, SemaphorePermit};

    fn granted<P>(permit: P) -> Option<P> {
        Some(permit)
    }

    fn close(_: &Semaphore) -> bool {
        false
    }

    #[path = "../../tests/semaphore/program.rs"]
    pub(super) mod program;
}

#[path = "."]
mod unsync {
    use std::rc::Rc as Counted;

    use compio_sync::unsync::{
        Acquire, AcquireOwned, OwnedSemaphorePermit, Semaphore, SemaphorePermit,
    };

    fn granted<P>(permit: P) -> Option<P> {
        Some(permit)
    }

    fn close(_: &Semaphore) -> bool {
        false
    }

    #[path = "../../tests/semaphore/program.rs"]
    pub(super) mod program;
}

#[path = "."]
mod closable {
    use std::sync::Arc as Counted;

    use compio_sync::{
        ClosableAcquire as Acquire, ClosableAcquireOwned as AcquireOwned,
        ClosablePermit as SemaphorePermit, ClosableSemaphore as Semaphore,
        OwnedClosablePermit as OwnedSemaphorePermit,
    };

    fn granted<P>(output: Result<P, compio_sync::Closed>) -> Option<P> {
        output.ok()
    }

    fn close(semaphore: &Semaphore) -> bool {
        semaphore.close();
        true
    }

    #[path = "../../tests/semaphore/program.rs"]
    pub(super) mod program;
}

#[path = "."]
mod unsync_closable {
    use std::rc::Rc as Counted;

    use compio_sync::unsync::{
        ClosableAcquire as Acquire, ClosableAcquireOwned as AcquireOwned,
        ClosablePermit as SemaphorePermit, ClosableSemaphore as Semaphore,
        OwnedClosablePermit as OwnedSemaphorePermit,
    };

    fn granted<P>(output: Result<P, compio_sync::Closed>) -> Option<P> {
        output.ok()
    }

    fn close(semaphore: &Semaphore) -> bool {
        semaphore.close();
        true
    }

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
    unsync::program::run(permits, steps.clone().map(unsync::program::Step::from));
    closable::program::run(permits, steps.clone().map(closable::program::Step::from));
    unsync_closable::program::run(permits, steps.map(unsync_closable::program::Step::from));
});
