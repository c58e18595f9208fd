//! Buffers for what is read from the log, used again once it is sent.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

/// How many buffers are kept for later.
const MOST_KEPT: usize = 16;
/// A buffer that is larger is given back to the system.
const MOST_KEPT_BYTES: usize = 4 << 20;

/// Buffers that nobody uses now.
#[derive(Default)]
pub(super) struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    /// A buffer, whose content is left from before.
    pub(super) fn take(&self) -> Vec<u8> {
        self.spare().pop().unwrap_or_default()
    }

    /// The content of a buffer, to be sent. A little of it in a large buffer is copied, so that one who waits
    /// for more does not hold the rest.
    pub(super) fn lend(&self, buffer: Vec<u8>) -> Bytes {
        if buffer.len() < buffer.capacity() / 2 {
            let content = Bytes::copy_from_slice(&buffer);
            self.put(buffer);
            return content;
        }
        buffer.into()
    }

    /// Takes back what was lent, where nobody else holds it.
    pub(super) fn take_back(&self, lent: Vec<Bytes>) {
        for piece in lent {
            if piece.is_unique() {
                self.put(piece.into());
            }
        }
    }

    pub(super) fn put(&self, buffer: Vec<u8>) {
        let mut spare = self.spare();
        if spare.len() < MOST_KEPT && (1..=MOST_KEPT_BYTES).contains(&buffer.capacity()) {
            spare.push(buffer);
        }
    }

    fn spare(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
