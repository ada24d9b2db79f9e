//! More permits than a semaphore can have: an error, and a panic that a `const fn` can make.

use core::{error::Error, fmt, str};

/// A limit above [`MAX_PERMITS`](crate::Semaphore::MAX_PERMITS) was asked for.
///
/// # Examples
///
/// ```
/// use compio_sync::Semaphore;
///
/// let semaphore = Semaphore::new(7);
/// let error = semaphore.try_add_permits(Semaphore::MAX_PERMITS).unwrap_err();
/// let message = error.to_string();
/// assert!(message.contains("7") && message.contains(&Semaphore::MAX_PERMITS.to_string()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyPermits {
    pub(crate) permits: usize,
    /// The limit that they were to be added to.
    pub(crate) added_to: Option<usize>,
    pub(crate) max: usize,
}

impl fmt::Display for TooManyPermits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { permits, added_to, max } = self;
        match added_to {
            Some(limit) => write!(f, "a limit of {limit} and {permits} more permits is above")?,
            None => write!(f, "a limit of {permits} permits is above")?,
        }
        write!(f, " MAX_PERMITS, which is {max}")
    }
}

impl Error for TooManyPermits {}

/// The panic, with its numbers, of a `const fn`, where nothing can be formatted.
#[track_caller]
pub(crate) const fn too_many(permits: usize, max: usize) -> ! {
    let mut message = Message::new();
    message.push_str("a semaphore of ");
    message.push_number(permits);
    message.push_str(" permits is above MAX_PERMITS, which is ");
    message.push_number(max);
    panic!("{}", message.as_str())
}

struct Message {
    bytes: [u8; 128],
    len: usize,
}

impl Message {
    const fn new() -> Self {
        Self { bytes: [0; 128], len: 0 }
    }

    const fn push(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    const fn push_str(&mut self, text: &str) {
        let mut at = 0;
        while at < text.len() {
            self.push(text.as_bytes()[at]);
            at += 1;
        }
    }

    const fn push_number(&mut self, number: usize) {
        if number >= 10 {
            self.push_number(number / 10);
        }
        self.push(b'0' + (number % 10) as u8);
    }

    const fn as_str(&self) -> &str {
        match str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => panic!("only ASCII was pushed"),
        }
    }
}
