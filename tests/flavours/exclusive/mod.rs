//! Exclusive locks: `lock` of a `Mutex`, or `write` of an `RwLock`.

mod allocation;
mod cancel;
mod data;
mod drops;
mod events;
mod order;
mod panics;
mod tasks;
mod wakers;

#[cfg(feature = "tracing")]
use super::traced::{NAMES, state};
use super::{Counted, Primitive, lock, lock_owned, try_lock, try_lock_owned};
