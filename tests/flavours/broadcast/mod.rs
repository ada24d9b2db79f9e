//! Waits that one call completes: `notify_waiters` of a `Notify`, or `set` of an `Event`.

mod batches;
mod completion;
mod panics;
mod wakers;

use std::task::Waker;

use super::{Counted, Primitive, Wait, WaitOwned, complete_all, wait, wait_owned};
use crate::hooked_waker::Hooks;

fn panics_when_cloned() -> Waker {
    Hooks { on_clone: Box::new(|| panic!("cloned")), ..Hooks::default() }.into_waker()
}
