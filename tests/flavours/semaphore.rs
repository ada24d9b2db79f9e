//! Tests of a semaphore that cannot be closed.

mod allocation;
mod cancel;
mod limit;
mod metrics;
mod order;
mod panics;
mod permit;
mod tasks;
mod wakers;

use super::{Counted, Semaphore};
