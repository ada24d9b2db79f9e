//! Pages for reading; there is nothing to call here.
//!
//! - [`design`]: how it works, in one picture.
//! - [`migration`]: from the semaphores of tokio and async-lock, name by name.
//! - [`polling`]: a wait that is stored and polled by hand, as in a `poll_ready`.

#[doc = include_str!("guide/design.md")]
#[doc = include_str!("guide/design.svg")]
pub mod design {}

#[doc = include_str!("guide/migration.md")]
pub mod migration {}

#[doc = include_str!("guide/polling.md")]
pub mod polling {}
