//! The errors of a channel.

use std::{error::Error, fmt};

/// The error of a send on a closed channel, with the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendError<T>(pub T);

/// The error of a send that would wait, or whose channel is closed, with the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrySendError<T> {
    /// No slot is free, or senders are queued.
    Full(T),
    /// The channel is closed.
    Closed(T),
}

/// The error of a receive that would wait, or whose channel is drained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryRecvError {
    /// No item is available, or receivers are queued.
    Empty,
    /// The channel is closed, and all of its items were received.
    Closed,
}

impl<T> From<SendError<T>> for TrySendError<T> {
    fn from(SendError(item): SendError<T>) -> Self {
        Self::Closed(item)
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the channel is closed")
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "no slot of the channel is free",
            Self::Closed(_) => "the channel is closed",
        })
    }
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "no item of the channel is available",
            Self::Closed => "the channel is closed and drained",
        })
    }
}

impl<T: fmt::Debug> Error for SendError<T> {}
impl<T: fmt::Debug> Error for TrySendError<T> {}
impl Error for TryRecvError {}
