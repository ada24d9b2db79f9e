//! A panic message with numbers in it, for a `const fn`, where nothing can be formatted.

use core::str;

use super::Semaphore;

#[track_caller]
pub(super) const fn too_many(permits: usize) -> ! {
    let mut message = Message::new();
    message.push_str("a semaphore of ");
    message.push_number(permits);
    message.push_str(" permits is above Semaphore::MAX_PERMITS, which is ");
    message.push_number(Semaphore::MAX_PERMITS);
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
