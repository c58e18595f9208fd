//! How much memory large requests and answers take, all connections together.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Most MiB of large requests and answers at a time.
const MOST_MIB: usize = 512;
/// What is smaller is not counted.
const LARGE_BYTES: usize = 1 << 20;

/// The memory that is left for large requests and answers.
#[derive(Clone)]
pub(super) struct Memory(Arc<Semaphore>);

/// Memory that is taken until it is dropped.
pub(super) type Held = Option<OwnedSemaphorePermit>;

impl Default for Memory {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST_MIB)))
    }
}

impl Memory {
    /// Takes memory once it is there.
    pub(super) async fn take(&self, bytes: usize) -> Held {
        match bytes > LARGE_BYTES {
            true => Arc::clone(&self.0)
                .acquire_many_owned(mib(bytes))
                .await
                .ok(),
            false => None,
        }
    }

    /// Takes memory for what is there already.
    pub(super) fn count(&self, bytes: usize) -> Held {
        match bytes > LARGE_BYTES {
            true => Arc::clone(&self.0).try_acquire_many_owned(mib(bytes)).ok(),
            false => None,
        }
    }

    /// How many bytes an answer may have that would have so many: fewer once memory is short.
    pub(super) fn allow(&self, bytes: usize) -> usize {
        match self.0.available_permits() > mib(bytes) as usize {
            true => bytes,
            false => bytes.min(LARGE_BYTES),
        }
    }
}

fn mib(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1 << 20).min(MOST_MIB)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_get_shorter_and_requests_wait_when_memory_is_short() {
        let memory = Memory::default();
        assert!(
            memory.take(LARGE_BYTES).await.is_none(),
            "small ones are not counted"
        );
        let held = memory.take((MOST_MIB - 1) << 20).await;
        assert!(held.is_some());
        assert_eq!(memory.allow(16 << 20), LARGE_BYTES);
        let waiting = memory.take(2 << 20);
        let soon = std::time::Duration::from_millis(20);
        assert!(tokio::time::timeout(soon, waiting).await.is_err());
        drop(held);
        assert_eq!(memory.allow(16 << 20), 16 << 20);
        assert!(memory.count(2 << 20).is_some());
    }
}
