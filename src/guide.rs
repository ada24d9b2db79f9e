//! Guides: pages to read, by need. They contain no items.
//!
//! | I want to … | read |
//! | --- | --- |
//! | find the right primitive, and avoid the wrong one | [`choosing`] |
//! | bound concurrency, memory or a rate, wait for a condition, shut down | [`recipes`] |
//! | find out why a call fails or waits, and what it costs | [`faq`] |
//! | choose between this crate and another one | [`comparison`] |
//! | move from tokio, async-lock or another crate, name by name | [`migration`] |
//! | store an acquire future and poll it by hand, as in a `poll_ready` | [`polling`] |
//! | see primitives in tokio-console, or record their events | [`mod@tracing`] |
//! | model-check code that uses this crate | [`mod@loom`] |
//! | build a primitive of my own | [`own_primitive`] |
//! | understand how it works | [`design`] |

#[doc = include_str!("guide/choosing.md")]
pub mod choosing {}

#[doc = include_str!("guide/recipes.md")]
pub mod recipes {}

#[doc = include_str!("guide/faq.md")]
pub mod faq {}

#[doc = include_str!("guide/comparison.md")]
pub mod comparison {}

#[doc = include_str!("guide/migration.md")]
pub mod migration {
    #[doc = include_str!("guide/migration/tokio.md")]
    pub mod tokio {}

    #[doc = include_str!("guide/migration/async_lock.md")]
    pub mod async_lock {}

    #[doc = include_str!("guide/migration/futures_intrusive.md")]
    pub mod futures_intrusive {}

    #[doc = include_str!("guide/migration/event_listener.md")]
    pub mod event_listener {}

    #[doc = include_str!("guide/migration/synchrony.md")]
    pub mod synchrony {}
}

#[doc = include_str!("guide/polling.md")]
pub mod polling {}

#[doc = include_str!("guide/tracing.md")]
pub mod tracing {}

#[doc = include_str!("guide/loom.md")]
///
/// ```
#[doc = include_str!("guide/loom/std.md")]
#[doc = include_str!("guide/loom/notify.rs")]
/// # model(Jobs::push);
/// ```
///
#[doc = include_str!("guide/loom/notify.md")]
///
/// ```
#[doc = include_str!("guide/loom/std.md")]
#[doc = include_str!("guide/loom/rwlock.rs")]
/// # model(|names, name| loom::future::block_on(names.number(name)));
/// ```
///
#[doc = include_str!("guide/loom/rwlock.md")]
///
/// ```
#[doc = include_str!("guide/loom/std.md")]
#[doc = include_str!("guide/loom/closable_semaphore.rs")]
/// # model(|service| block_on(service.handle()).unwrap_or(()));
/// ```
///
#[doc = include_str!("guide/loom/closable_semaphore.md")]
///
/// <details><summary><code>Semaphore</code></summary>
///
/// ```
#[doc = include_str!("guide/loom/std.md")]
#[doc = include_str!("guide/loom/semaphore.rs")]
/// # model(|pool| loom::future::block_on(pool.with_buffer(|uses| *uses += 1)));
/// ```
///
/// </details>
///
/// <details><summary><code>Event</code></summary>
///
/// ```
#[doc = include_str!("guide/loom/std.md")]
#[doc = include_str!("guide/loom/event.rs")]
/// # model(Port::announce);
/// ```
///
/// </details>
///
/// <details><summary><code>Mutex</code></summary>
///
/// ```
#[doc = include_str!("guide/loom/std.md")]
#[doc = include_str!("guide/loom/mutex.rs")]
/// # model(|account, amount| block_on(account.withdraw(amount)));
/// ```
///
/// </details>
///
/// <details><summary><code>OnceCell</code></summary>
///
/// ```
#[doc = include_str!("guide/loom/std.md")]
#[doc = include_str!("guide/loom/once_cell.rs")]
/// # model(|client| loom::future::block_on(client.connection()));
/// ```
///
/// </details>
///
/// <details><summary><code>Condvar</code></summary>
///
/// ```
#[doc = include_str!("guide/loom/std.md")]
#[doc = include_str!("guide/loom/condvar.rs")]
/// # model(|slot| loom::future::block_on(async { slot.put(slot.take().await + 1).await }));
/// ```
///
/// </details>
///
/// <details><summary><code>Barrier</code></summary>
///
/// ```
#[doc = include_str!("guide/loom/std.md")]
#[doc = include_str!("guide/loom/barrier.rs")]
/// # model(|exchange, worker, result| loom::future::block_on(exchange.swap(worker, result)));
/// ```
///
/// </details>
///
#[doc = include_str!("guide/loom/explored.md")]
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
