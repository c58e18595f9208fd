//! Ids for idempotent producers: each is given out once, whatever stops the process.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::super::{Engine, EngineError};
use crate::store::{Store, StoreError};

/// Where the store keeps the first id that was never reserved.
pub(in crate::engine) const NEXT_PRODUCER_ID_SETTING: &str = "next-producer-id";

/// How many ids are reserved at a time, so that most are given out without a write.
const BLOCK: i64 = 1000;

/// The ids that this process has reserved and not given out. Those left when it ends are lost: there are
/// 2^63.
#[derive(Debug, Default)]
pub(super) struct ProducerIds {
    reserved: Mutex<Range<i64>>,
}

impl ProducerIds {
    fn next(&self, store: &Store) -> Result<i64, StoreError> {
        let mut reserved = self.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = reserved.next() {
            return Ok(id);
        }
        *reserved = store.write::<_, StoreError>(|session| {
            let first: i64 = session.setting(NEXT_PRODUCER_ID_SETTING)?.unwrap_or(0);
            session.set_setting(NEXT_PRODUCER_ID_SETTING, &(first + BLOCK))?;
            Ok(first..first + BLOCK)
        })?;
        Ok(reserved.next().unwrap_or_default())
    }
}

impl Engine {
    /// An id for an idempotent producer, which begins with epoch 0.
    ///
    /// A producer without transactions that asks again gets another id, as from Kafka's brokers, also when
    /// it names the one it had: it then begins anew, with sequence number 0.
    pub fn new_producer_id(&self) -> Result<i64, EngineError> {
        Ok(self.streaming.producer_ids.next(&self.store)?)
    }
}
