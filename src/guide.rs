//! Guides: pages to read, by need. They contain no items.
//!
//! | I want to … | read |
//! | --- | --- |
//! | bound concurrency, memory or a rate, apply backpressure, shut down | [`recipes`] |
//! | find out why a call fails or waits, and what it costs | [`faq`] |
//! | choose between this crate and another one | [`comparison`] |
//! | move from tokio or async-lock, name by name | [`migration`] |
//! | store an acquire future and poll it by hand, as in a `poll_ready` | [`polling`] |
//! | see semaphores in tokio-console, or record their events | [`mod@tracing`] |
//! | model-check code that uses this crate | [`mod@loom`] |
//! | build a primitive of my own | [`own_primitive`] |
//! | understand how it works | [`design`] |

#[doc = include_str!("guide/recipes.md")]
pub mod recipes {}

#[doc = include_str!("guide/faq.md")]
pub mod faq {}

#[doc = include_str!("guide/comparison.md")]
pub mod comparison {}

#[doc = include_str!("guide/migration.md")]
pub mod migration {}

#[doc = include_str!("guide/polling.md")]
pub mod polling {}

#[doc = include_str!("guide/tracing.md")]
pub mod tracing {}

#[doc = include_str!("guide/loom.md")]
pub mod loom {}

#[doc = include_str!("guide/own_primitive/steps.md")]
///
/// ```
#[doc = include_str!("guide/own_primitive/gate.rs")]
///
#[doc = include_str!("guide/own_primitive/usage.rs")]
/// ```
///
#[doc = include_str!("guide/own_primitive/proof.md")]
///
#[doc = include_str!("guide/own_primitive/contract.md")]
///
#[doc = include_str!("guide/own_primitive/more.md")]
pub mod own_primitive {}

/// How a semaphore works: the word, the queue and a hand-off.
///
#[doc = include_str!("guide/design.svg")]
///
#[doc = include_str!("guide/design.md")]
pub mod design {}
