//! Streaming: pools, streams, connect harnesses; messages, cursors and consumer groups.
//!
//! Semantics, limits and error texts are those of the service as far as they are known (behaviour.md,
//! section 1). What no source states is marked "unconfirmed" where it is decided.

mod cursors;
mod feed;
mod get;
mod group_reads;
mod groups;
mod harnesses;
mod kafka_groups;
mod lag;
mod lags;
mod limits;
mod lists;
mod overview;
mod own_puts;
mod partitioner;
mod partitions;
mod pools;
mod producers;
mod put;
mod streams;
mod topics;
mod work;

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::{Context, EngineOptions, Strictness};
use crate::api::streaming::Streaming as Operation;
use crate::call::{ApiError, Call, Reply};
use crate::disk::Disk;
use crate::store::{Store, StoreError};
pub(super) use feed::Feed;
pub use get::GotMessages;
pub use kafka_groups::{CommitRefusal, KafkaGroups, NewKafkaOffset};
pub(super) use lags::Lag;
pub(super) use own_puts::Placed;
use partitions::{Listener, Partitions};
pub(super) use producers::NEXT_PRODUCER_ID_SETTING;
use producers::ProducerIds;
pub(super) use put::check_message;
pub use put::{PutMessages, PutResult};
pub(super) use streams::STREAM;
use topics::TopicCache;
pub use topics::{NewTopic, OffsetRange, Topic, TopicError, TopicPool, Topics};
use work::WORK_REQUESTS;

/// The header with the cursor for the messages that follow those of a reply.
pub const NEXT_CURSOR: &str = "opc-next-cursor";

/// The service, over one folder of logs.
pub(super) struct Streaming {
    partitions: Partitions,
    topics: TopicCache,
    producer_ids: ProducerIds,
    strictness: Strictness,
}

impl Streaming {
    pub(super) fn new(disk: Arc<dyn Disk>, folder: PathBuf, options: EngineOptions) -> Self {
        Self {
            partitions: Partitions::new(disk, folder, options.durability),
            topics: TopicCache::default(),
            producer_ids: ProducerIds::default(),
            strictness: options.strictness,
        }
    }

    /// Has a function called after each append, with the stream's OCID and the partition's number.
    pub(super) fn on_append(&self, listener: Listener) {
        self.partitions.listen(listener);
    }

    /// Removes the logs that are noted for removal and still there: those of earlier processes that did not
    /// come to it. A log that cannot be removed stays noted.
    pub(super) fn finish_removals(&self, store: &Store) -> Result<(), StoreError> {
        self.topics.forget();
        for stream_id in store.read(|session| session.doomed_logs())? {
            if self.partitions.remove(&stream_id).is_ok() {
                store.write(|session| session.forget_doomed_log(&stream_id))?;
            }
        }
        Ok(())
    }

    /// Removes the logs of a stream that was deleted.
    fn remove_logs(&self, context: &Context<'_>, stream_id: &str) -> Result<(), ApiError> {
        self.partitions.remove(stream_id)?;
        Ok(context
            .store
            .write(|session| session.forget_doomed_log(stream_id))?)
    }

    /// Answers one of the service's operations.
    pub(super) fn answer(
        &self,
        context: &Context<'_>,
        operation: Operation,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        self.count_call(context, operation)?;
        let reply = self.answer_operation(context, operation, call);
        if topics::changes_topics(operation) {
            self.topics.forget();
        }
        reply
    }

    fn answer_operation(
        &self,
        context: &Context<'_>,
        operation: Operation,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        match operation {
            Operation::CreateStreamPool => pools::create(context, call),
            Operation::GetStreamPool => pools::get(context, call),
            Operation::ListStreamPools => pools::list(context, call),
            Operation::UpdateStreamPool => pools::update(context, call),
            Operation::DeleteStreamPool => self.delete_pool(context, call),
            Operation::ChangeStreamPoolCompartment => pools::change_compartment(context, call),

            Operation::CreateStream => self.create_stream(context, call),
            Operation::GetStream => streams::get(context, call),
            Operation::ListStreams => streams::list(context, call),
            Operation::UpdateStream => streams::update(context, call),
            Operation::DeleteStream => self.delete_stream(context, call),
            Operation::ChangeStreamCompartment => streams::change_compartment(context, call),

            Operation::CreateConnectHarness => harnesses::create(context, call),
            Operation::GetConnectHarness => harnesses::get(context, call),
            Operation::ListConnectHarnesses => harnesses::list(context, call),
            Operation::UpdateConnectHarness => harnesses::update(context, call),
            Operation::DeleteConnectHarness => harnesses::delete(context, call),
            Operation::ChangeConnectHarnessCompartment => {
                harnesses::change_compartment(context, call)
            }

            Operation::GetWorkRequest => WORK_REQUESTS.get(context, call),
            Operation::ListWorkRequests => WORK_REQUESTS.list(context, call),
            Operation::ListWorkRequestErrors => WORK_REQUESTS.list_errors(context, call),
            Operation::ListWorkRequestLogs => WORK_REQUESTS.list_logs(context, call),

            Operation::PutMessages => {
                let result = self.put_messages(context, call, &call.typed_body()?)?;
                Ok(Reply::ok(document(&result)?))
            }
            Operation::GetMessages => {
                let got = self.get_messages(context, call)?;
                let reply = Reply::ok(document(&got.messages)?);
                Ok(reply.with_header(NEXT_CURSOR, got.next_cursor))
            }
            Operation::CreateCursor => self.create_cursor(context, call),
            Operation::CreateGroupCursor => self.create_group_cursor(context, call),
            Operation::ConsumerCommit => self.consumer_commit(context, call),
            Operation::ConsumerHeartbeat => self.consumer_heartbeat(context, call),
            Operation::GetGroup => self.get_group(context, call),
            Operation::UpdateGroup => self.update_group(context, call),
        }
    }
}

/// A result as a document.
fn document(result: &impl Serialize) -> Result<Value, ApiError> {
    serde_json::to_value(result).map_err(|error| ApiError::internal(error.to_string()))
}
