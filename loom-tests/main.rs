//! Every interleaving of the operations that can meet on one semaphore, one model for each race.
//!
//! ```text
//! RUSTFLAGS="--cfg loom -C debug-assertions" CARGO_TARGET_DIR=target/loom cargo test --release --test loom
//! ```
//!
//! # Map
//!
//! Each operation runs beside each, itself included, from either side, in the models of [`pairs`]: 15
//! times 15. They check who is granted, who was woken, and every number afterwards, and where one permit
//! is all there is, the data that it guards. What a third party or a particular order makes worse has a
//! model of its own.
//!
//! | operation | beside all others | and in particular |
//! | --- | --- | --- |
//! | first poll | `first_poll_races_all` | `acquire_races_release`, `two_acquires_race_release`, `cancel_races_first_poll`, `limit_raised_races_acquire`, `first_poll_cancel_and_release` |
//! | poll again, same waker | `poll_again_races_all` | `repoll_with_the_same_waker_races_grant` |
//! | poll again, new waker | `poll_with_new_waker_races_all` | `repoll_with_a_new_waker_races_grant` |
//! | poll after the grant | `poll_granted_races_all` | `repoll_with_a_new_waker_races_grant` |
//! | cancel while queued | `cancel_queued_races_all` | `cancel_races_grant`, `cancel_races_cancel`, `limit_raised_races_cancel`, `big_front_cancelled_while_permits_arrive`, `two_cancels_around_a_grant` |
//! | cancel after the grant | `cancel_granted_races_all` | `cancel_races_grant_and_the_next_is_served`, `canceller_that_sees_an_empty_queue_sees_the_grant`, `release_cancel_and_try` |
//! | release | `release_races_all` | `release_races_release`, `try_acquire_races_release`, `debt_is_paid_once`, `what_the_holder_wrote_is_seen_by_the_next` |
//! | release of many | `release_many_races_all` | `release_serves_in_batches`, `front_of_the_second_batch_leaves_and_the_next_wants_more` |
//! | forget a permit | `forget_races_all` | `forget_races_add` |
//! | add | `add_races_all` | `limit_raised_races_limit_raised`, `limit_raised_races_try_acquire_and_release`, `reduce_add_and_release` |
//! | reduce | `reduce_races_all` | `limit_lowered_races_release` |
//! | forget free permits | `forget_free_races_all` | |
//! | set | `set_races_all` | `limit_set_races_limit_set` |
//! | try | `try_races_all` | `try_acquire_races_try_acquire`, `try_acquire_passes_nobody_who_is_queued`, `three_holders_in_a_row` |
//! | up to | `try_up_to_races_all` | |
//! | close | | `close_races_acquire`, `close_races_one_who_is_told`, `close_races_is_closed`, `close_races_acquire_of_a_free_permit`, `close_races_grant`, `close_races_cancel`, `close_in_batches_races_cancel`, `close_races_release`, `close_races_limit_raised`, `close_races_close` |
//! | block a thread | | `blocking_acquire_races_release`, `deadline_races_grant`, `deadline_at_the_front_races_release`, `blocking_acquire_races_close` |
//! | wait for the end | | `closed_future_races_close`, `drain_sees_the_last_permit`, `drain_races_release_and_forget` |
//!
//! What cannot race: a future with itself, for polling and dropping it take it by `&mut` or by value; a
//! permit with itself, for the same reason; splitting and merging, which touch nothing that is shared.
//! Owned futures and guards run the same code as borrowed ones; what differs is who keeps the semaphore,
//! and that is `owned_permit_outlives_its_handles` and `owned_waiter_that_leaves_is_the_last_handle`.
//!
//! [`slots`] is a type on top of the crate, as a user would model it, and a bug in it that loom finds.
#![cfg(loom)]
#![allow(unsafe_code)]

mod guarded;
#[path = "../tests/task.rs"]
mod task;

mod blocking;
mod cancel;
mod closing;
mod grant;
mod limit;
mod owned;
mod pairs;
mod slots;
mod taking;
mod three;
