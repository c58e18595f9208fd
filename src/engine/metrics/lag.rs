//! Consumer lag, which is measured when metrics are stored.

use std::collections::BTreeMap;

use super::super::streaming::Lag;
use super::super::{Engine, EngineError};
use super::catalogue::CONSUMER_LAG;
use crate::store::{Bucket, Measurement, Stamped};

impl Engine {
    /// How far each group is behind in each partition, as measured now.
    pub(super) fn measure_lag(&self, now_ms: i64) -> Result<Vec<Measurement>, EngineError> {
        let lags = self.streaming.lags(&self.store, now_ms)?;
        Ok(lags
            .into_iter()
            .map(|lag| measurement(lag, now_ms))
            .collect())
    }
}

fn measurement(lag: Lag, now_ms: i64) -> Measurement {
    let place = lag.place;
    let kind = match place.last_used_ms {
        Some(_) => "REST",
        None => "KAFKA",
    };
    let dimensions = [
        (CONSUMER_LAG.resource, place.stream_id.clone()),
        ("groupName", place.group),
        ("groupType", kind.to_owned()),
        ("partition", place.partition.to_string()),
    ];
    let point = Stamped {
        at_ms: now_ms,
        value: lag.messages as f64,
    };
    Measurement {
        resource_id: place.stream_id,
        owner: None,
        namespace: CONSUMER_LAG.namespace.to_owned(),
        name: CONSUMER_LAG.name.to_owned(),
        unit: CONSUMER_LAG.unit.to_owned(),
        dimensions: BTreeMap::from(dimensions.map(|(key, value)| (key.to_owned(), value))),
        bucket: Bucket::of(point, 1),
    }
}
