//! Tests of `OnceCell`.

#[cfg(test)]
mod cancel;
#[cfg(test)]
mod events;
#[cfg(test)]
mod init;
#[cfg(test)]
mod panics;
pub(crate) mod program;
#[cfg(test)]
mod property;
#[cfg(test)]
mod value;
#[cfg(test)]
mod wait;

use super::flavour::{OnceCell, WaitForInit};
#[cfg(test)]
use crate::{runtime::yield_now, task::Task};

/// Starts a closure that initializes the cell with the value when it is polled again.
#[cfg(test)]
#[track_caller]
fn start<T>(cell: &OnceCell<T>, value: T) -> Task<impl Future<Output = &T>> {
    Task::waiting(cell.get_or_init(async move || {
        yield_now().await;
        value
    }))
}

/// Starts a closure that fails when it is polled again.
#[cfg(test)]
#[track_caller]
fn start_failing<T>(cell: &OnceCell<T>) -> Task<impl Future<Output = Result<&T, &'static str>>> {
    Task::waiting(cell.get_or_try_init(async || {
        yield_now().await;
        Err("failed")
    }))
}

/// Queues an initializer behind a running closure. It is woken once, and then completes.
#[cfg(test)]
#[track_caller]
fn queue<T>(cell: &OnceCell<T>, value: T) -> Task<impl Future<Output = &T>> {
    Task::waiting(cell.get_or_init(async move || value))
}
