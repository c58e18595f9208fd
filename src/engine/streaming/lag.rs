//! How far a group of Kafka clients is behind in a stream.

use serde_json::{Value, json};

use super::super::{Engine, EngineError};
use crate::api::streaming::Streaming as Operation;
use crate::call::LOCAL_TENANCY;

impl Engine {
    /// Each partition of a stream of the local tenancy, with what a group of Kafka clients has committed there and
    /// how many messages it has not read; null where no such group is known in the stream's pool.
    pub(in crate::engine) fn kafka_lag(
        &self,
        stream: &str,
        group: &str,
    ) -> Result<Value, EngineError> {
        let topics = self.topics(LOCAL_TENANCY);
        let reply = topics.call(Operation::GetStream, Some(stream), None)?;
        let body = reply.body.unwrap_or_default();
        let field = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let Some(pool) = topics.pool(field("streamPoolId"))? else {
            return Ok(Value::Null);
        };
        let committed = self.kafka_groups().committed_offsets(&pool.id, group)?;
        if committed.is_empty() && self.kafka_groups().group(&pool.id, group)?.is_none() {
            return Ok(Value::Null);
        }
        let Some(topic) = pool.topics.values().find(|topic| topic.id == field("id")) else {
            return Ok(Value::Null);
        };
        let rows = (0..topic.partitions).map(|partition| {
            let range = topics.offsets(topic, partition);
            let range = range.map_err(|error| EngineError::Refused(error.to_string()))?;
            let of_partition = committed
                .iter()
                .find(|offset| offset.stream_id == topic.id && offset.partition == partition);
            let next = of_partition.map(|offset| offset.offset);
            Ok(json!({
                "partition": partition,
                "protocol": "Kafka",
                "committed-offset": next,
                "end-offset": range.end,
                "lag": range.lag(next),
                "reserved-instance": null,
            }))
        });
        rows.collect()
    }
}
