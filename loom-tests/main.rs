//! Models of all races between the operations of each primitive. loom explores their
//! interleavings.
//!
//! ```text
//! RUSTFLAGS="--cfg loom --cfg compio_sync_exhaustive -C debug-assertions" CARGO_TARGET_DIR=target/loom \
//!     cargo test --release --test loom
//! ```
//!
//! Without the second cfg, the models of [`users`], [`locks`], [`policies`] and [`gate`] run
//! instead, at the compact level that code on top of this crate gets.
//!
//! # Map
//!
//! The models of [`pairs`] run each of 15 operations beside each operation, itself included, once
//! on either thread. They check the grants, the wakeups, and all metrics afterwards. With a single
//! permit they also check the data that it guards.
//!
//! The other models that end in `_races_all` do the same for the operations of the other
//! primitives. They check that each pair of operations is [linearizable](linear): both threads
//! observe what a reference shows for one of the two orders.
//!
//! Races that need another waiter, a third thread or a particular order have models of their own.
//!
//! | operation | beside each operation | particular races |
//! | --- | --- | --- |
//! | first poll | `first_poll_races_all` | `acquire_races_release`, `two_acquires_race_release` |
//! | | | `acquire_races_try_acquire`, `cancel_races_first_poll` |
//! | | | `limit_raised_races_acquire`, `acquire_and_cancel_race_release` |
//! | repoll, same waker | `repoll_races_all` | `repoll_with_same_waker_races_grant` |
//! | repoll, new waker | `repoll_with_new_waker_races_all` | `repoll_with_new_waker_races_grant` |
//! | poll after the grant | `poll_after_grant_races_all` | `repoll_with_new_waker_races_grant` |
//! | cancel while queued | `cancel_queued_races_all` | `cancel_races_grant` |
//! | | | `cancel_races_cancel`, `two_cancels_race_grant` |
//! | | | `limit_raised_races_cancel`, `cancel_of_large_front_races_release` |
//! | cancel after the grant | `cancel_granted_races_all` | |
//! | | | `cancel_races_grant_before_next_waiter` |
//! | | | `cancel_then_try_acquire_races_release` |
//! | | | `cancel_and_try_acquire_race_release` |
//! | release | `release_races_all` | `release_races_release`, `try_acquire_races_release` |
//! | | | `release_races_release_in_debt` |
//! | release of many permits | `release_many_races_all` | `cancel_races_release_in_batches` |
//! | | | `cancel_of_second_batch_front_races_release` |
//! | forget a permit | `forget_races_all` | `forget_races_limit_raised` |
//! | add permits | `add_permits_races_all` | `limit_raised_races_limit_raised` |
//! | | | `limit_raised_races_try_acquire_and_release` |
//! | | | `limit_lowered_and_raised_race_release` |
//! | reduce permits | `reduce_permits_races_all` | `limit_lowered_races_release` |
//! | forget available permits | `forget_permits_races_all` | |
//! | set the limit | `set_max_permits_races_all` | `limit_set_races_limit_set` |
//! | try to acquire | `try_acquire_races_all` | `try_acquire_races_try_acquire` |
//! | | | `try_acquire_races_release_to_queued_waiter`, `three_try_acquires_race` |
//! | try to acquire up to | `try_acquire_up_to_races_all` | |
//! | close | | `close_races_acquire`, `close_races_acquire_of_available_permit` |
//! | | | `close_races_use_by_failed_waiter`, `close_races_is_closed` |
//! | | | `close_races_grant`, `close_races_cancel`, `close_in_batches_races_cancel` |
//! | | | `close_races_release`, `close_races_limit_raised`, `close_races_close` |
//! | wait for the close | | `closed_future_races_close` |
//! | drain | | `drain_races_last_release`, `drain_races_release_and_forget` |
//! | block a thread | | `blocking_acquire_races_release`, `blocking_acquire_races_close` |
//! | | | `deadline_races_grant`, `deadline_of_front_races_release` |
//! | drop the last reference | | `owned_release_races_granted_waiter` |
//! | | | `owned_cancel_races_release` |
//! | create a `Notified` | `creation_of_notified_races_all` | `notify_waiters_races_creation` |
//! | first poll of a `Notified` | `first_poll_of_notified_races_all` | `notify_one_races_first_poll` |
//! | | `first_poll_with_old_ticket_races_all` | `notify_waiters_races_first_poll` |
//! | enable a `Notified` | `enable_races_all` | `enable_races_notify` |
//! | | `enable_of_queued_races_all` | `enable_of_next_batch_races_notify_waiters` |
//! | repoll a `Notified` | `repoll_of_notified_races_all` | `poll_of_next_batch_races_notify_waiters` |
//! | | `repoll_of_notified_with_new_waker_races_all` | |
//! | poll after the notification | `poll_after_notify_one_races_all` | |
//! | | `poll_after_notify_waiters_races_all` | |
//! | cancel a `Notified` | `cancel_of_queued_notified_races_all` | `notify_one_races_cancel` |
//! | | `cancel_after_notify_one_races_all` | `cancelled_notified_passes_on` |
//! | | `cancel_after_notify_waiters_races_all` | `notify_waiters_races_cancel` |
//! | notify one | `notify_one_races_all` | `notify_one_races_notify_one` |
//! | | | `notify_one_between_batches`, `notify_one_races_block` |
//! | notify all | `notify_waiters_races_all` | `notify_waiters_races_requeue` |
//! | | | `cancel_races_batches` |
//! | create a wait for an event | `creation_of_wait_races_all` | |
//! | first poll of the wait | `first_poll_of_wait_races_all` | `set_races_wait` |
//! | | `first_poll_of_wait_after_pulse_races_all` | `set_reset_races_wait` |
//! | repoll the wait | `repoll_of_wait_races_all` | `poll_of_next_batch_races_set` |
//! | | `repoll_of_wait_with_new_waker_races_all` | |
//! | | `poll_of_complete_wait_races_all` | |
//! | cancel the wait | `cancel_of_queued_wait_races_all` | `set_races_cancel` |
//! | | `cancel_of_complete_wait_races_all` | |
//! | set an event | `set_races_all` | `set_races_set`, `set_races_block` |
//! | reset an event | `reset_races_all` | `reset_between_batches` |
//! | check an event | `is_set_races_all` | `set_races_is_set` |
//! | lock a mutex | `first_poll_of_lock_races_all` | `lock_races_unlock` |
//! | | `repoll_of_lock_races_all` | `repoll_of_lock_races_unlock` |
//! | | `repoll_of_lock_with_new_waker_races_all` | `block_races_unlock` |
//! | | `poll_of_granted_lock_races_all` | |
//! | cancel a lock of a mutex | `cancel_of_queued_lock_races_all` | `cancel_races_unlock` |
//! | | `cancel_of_granted_lock_races_all` | `guard_dropped_while_queue_is_cancelled` |
//! | try to lock a mutex | `try_lock_races_all` | `try_lock_races_unlock` |
//! | unlock a mutex | `unlock_races_all` | |
//! | lock for reading | `first_poll_of_read_races_all` | `read_races_write` |
//! | | `repoll_of_read_races_all` | `readers_behind_a_writer_enter_together` |
//! | | `poll_of_granted_read_races_all` | |
//! | lock for writing | `first_poll_of_write_races_all` | `write_races_write` |
//! | | `repoll_of_write_with_new_waker_races_all` | `last_reader_races_writer` |
//! | cancel a lock | `cancel_of_queued_read_races_all` | |
//! | | `cancel_of_queued_write_races_all` | `write_cancelled_lets_readers_in` |
//! | | `cancel_of_granted_read_races_all` | |
//! | | `cancel_of_granted_write_races_all` | |
//! | try to lock | `try_read_races_all`, `try_write_races_all` | `try_read_races_try_read` |
//! | release a lock | `release_of_lock_races_all` | |
//! | downgrade | `downgrade_races_all` | `downgrade_races_read`, `downgrade_races_write` |
//! | initialize a cell | | `init_races_init`, `init_cancelled_passes_on` |
//! | | | `init_fails_while_others_wait` |
//! | set a cell | | `set_races_init`, `set_races_set_of_cell` |
//! | get the value of a cell | | `get_races_init` |
//! | wait for the value of a cell | | `wait_races_set`, `wait_races_end_of_init` |
//! | wait on a condition variable | `first_poll_of_condvar_wait_races_all` | `unlock_and_wait_is_atomic` |
//! | | `creation_of_condvar_wait_races_all` | `notify_races_wait` |
//! | | `first_poll_after_notify_all_races_all` | |
//! | | `repoll_of_condvar_wait_races_all` | |
//! | | `repoll_of_condvar_wait_with_new_waker_races_all` | |
//! | | `poll_of_notified_condvar_wait_races_all` | |
//! | notify one of its waiters | `notify_one_of_condvar_races_all` | `notify_races_cancel` |
//! | | | `two_waits_one_notify_one_cancel`, `notify_without_waiter_races_cancel` |
//! | notify all of its waiters | `notify_all_of_condvar_races_all` | `notify_all_races_wait` |
//! | cancel its wait | `cancel_of_condvar_wait_races_all` | |
//! | | `cancel_of_notified_condvar_wait_races_all` | |
//! | | | `notified_then_cancelled_before_the_lock_passes_on` |
//! | arrive at a barrier | `arrival_races_all` | `arrive_races_arrive`, `block_races_arrival` |
//! | | `repoll_of_arrival_races_all` | `next_generation_races_broadcast` |
//! | | `repoll_of_arrival_with_new_waker_races_all` | |
//! | | `poll_of_complete_arrival_races_all` | `poll_of_next_batch_races_last_arrival` |
//! | cancel an arrival | `cancel_of_arrival_races_all` | `cancel_races_last_arrival` |
//! | | `cancel_of_complete_arrival_races_all` | `cancelled_arrival_is_replaced` |
//! | acquire from a wait queue | | `update_races_acquire`, `enable_races_release` |
//! | | | `panicking_decision_races_acquire`, `panicking_update_races_acquire` |
//! | | | `broadcast_races_first_poll_of_user_wait` |
//! | | | `broadcast_in_batches_races_poll_of_user_wait` |
//! | | | `data_of_granted_request_races_next_holder` |
//! | cancel its wait | | `broadcast_in_batches_races_cancel`, `panicking_decision_races_cancel` |
//! | | | `panicking_cancel_races_release`, `panicking_cancel_races_cancel` |
//! | release its request | | `broadcast_races_release`, `panicking_release_races_acquire` |
//! | update its value | | `update_races_update_and_release`, `data_in_update_races_update` |
//! | read its value | | `value_acquire_races_release`, `value_acquire_races_lock_free_release` |
//! | use a pool on top | | `slot_return_races_acquire`, `early_permit_release_races_acquire` |
//! | use a type of `guide::loom` | | `users_of_pool_race`, `permit_released_before_buffer` |
//! | | | `request_races_shutdown`, `request_without_permit_races_shutdown` |
//! | | | `push_races_pop`, `notification_before_push_races_pop` |
//! | | | `announcement_races_wait`, `event_set_before_data_races_wait` |
//! | | | `withdrawal_races_withdrawal`, `withdrawal_after_unlock_races_withdrawal` |
//! | | | `new_name_races_new_name`, `unchecked_insert_races_new_name` |
//! | | | `connection_races_connection`, `check_and_set_races_connection` |
//! | | | `take_of_token_races_put`, `unlock_between_wait_and_take` |
//! | | | `swap_races_swap`, `result_after_barrier_races_swap` |
//!
//! Some operations cannot race:
//!
//! - Polling and dropping a future take it by `&mut` and by value, so neither races the other.
//! - For the same reason, no operation on a permit races another one on the same permit.
//! - Splitting and merging access no shared state.
//!
//! Owned futures and permits run the same code as borrowed ones. They differ only in what keeps the
//! semaphore alive, which the models of [`owned`] cover.
#![cfg(loom)]
#![allow(unsafe_code)]

#[cfg(compio_sync_exhaustive)]
#[allow(dead_code, reason = "the tests use all of it")]
#[path = "../tests/flavours/barrier_reference.rs"]
mod barrier_reference;
#[cfg(compio_sync_exhaustive)]
#[allow(dead_code, reason = "the tests use all of it")]
#[path = "../tests/flavours/condvar_reference.rs"]
mod condvar_reference;
#[cfg(compio_sync_exhaustive)]
#[allow(dead_code, reason = "the tests use all of it")]
#[path = "../tests/flavours/event_reference.rs"]
mod event_reference;
#[cfg(compio_sync_exhaustive)]
mod guarded;
#[cfg(compio_sync_exhaustive)]
#[allow(dead_code, reason = "the tests use all of it")]
#[path = "../tests/flavours/lock_reference.rs"]
mod lock_reference;
#[cfg(compio_sync_exhaustive)]
#[allow(dead_code, reason = "the tests use all of it")]
#[path = "../tests/flavours/notify_reference.rs"]
mod notify_reference;
#[cfg(compio_sync_exhaustive)]
#[path = "../tests/task.rs"]
mod task;

#[cfg(compio_sync_exhaustive)]
mod acquire;
#[cfg(compio_sync_exhaustive)]
mod barrier;
#[cfg(compio_sync_exhaustive)]
mod blocking;
mod bounded;
#[cfg(compio_sync_exhaustive)]
mod cancel;
#[cfg(compio_sync_exhaustive)]
mod closing;
#[cfg(compio_sync_exhaustive)]
mod condvar;
#[cfg(compio_sync_exhaustive)]
mod event;
#[cfg(not(compio_sync_exhaustive))]
mod gate;
#[cfg(compio_sync_exhaustive)]
mod grant;
mod guide;
#[cfg(compio_sync_exhaustive)]
mod limit;
#[cfg(compio_sync_exhaustive)]
mod linear;
#[cfg(compio_sync_exhaustive)]
mod lock_pairs;
#[cfg(not(compio_sync_exhaustive))]
mod locks;
#[cfg(compio_sync_exhaustive)]
mod mutex;
mod note;
#[cfg(compio_sync_exhaustive)]
mod notify;
#[cfg(compio_sync_exhaustive)]
mod once_cell;
#[cfg(compio_sync_exhaustive)]
mod owned;
#[cfg(compio_sync_exhaustive)]
mod pairs;
#[cfg(not(compio_sync_exhaustive))]
mod policies;
#[cfg(compio_sync_exhaustive)]
mod rwlock;
mod slots;
#[cfg(compio_sync_exhaustive)]
mod three;
#[cfg(not(compio_sync_exhaustive))]
mod users;
#[cfg(compio_sync_exhaustive)]
mod wait_queue;
#[cfg(compio_sync_exhaustive)]
mod wait_queue_panics;
