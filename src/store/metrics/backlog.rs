//! What the engine measured of its own resources, on its way to the series.
//!
//! An engine that lives for one call appends what it measured to a file; whoever asks for metrics next, or a server,
//! brings that into the series. Measurements name their resource, and the tenancy and compartment of the series are
//! those that the resource has when that is done.

use std::collections::{BTreeMap, HashMap};

use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use super::super::{FolderSession, Session, StoreError};
use super::{Bucket, Joining, SeriesKey, Since};

/// The table, as part of the history in `migrations`.
pub(in super::super) const SCHEMA: &str = "
    CREATE TABLE metric_backlog (
        id           INTEGER PRIMARY KEY,
        measurements TEXT NOT NULL
    );
";

/// The table as it is since measurements are put down in a file.
pub(in super::super) const FILE_SCHEMA: &str = "
    DROP TABLE metric_backlog;
    CREATE TABLE metric_backlog (
        only  INTEGER PRIMARY KEY CHECK (only = 1),
        taken TEXT NOT NULL
    );
";

/// Whose a series is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SeriesOwner {
    /// The tenancy's OCID.
    pub tenancy_id: String,
    /// The compartment's OCID.
    pub compartment_id: String,
}

/// What was measured of a resource in a minute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// The resource's OCID.
    pub resource_id: String,
    /// Whose the series is; where it is absent, that of whom the resource is.
    pub owner: Option<SeriesOwner>,
    /// The namespace.
    pub namespace: String,
    /// The metric's name.
    pub name: String,
    /// The unit of its values.
    pub unit: String,
    /// The dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// The values.
    pub bucket: Bucket,
    /// Of how something stood then, which takes the place of what was measured earlier in the minute: how it stood
    /// since it was last measured. Absent of what happened in the minute.
    #[serde(default)]
    pub gauge: Option<Since>,
}

/// What there is to add to a series.
struct News {
    unit: String,
    joining: Joining,
    buckets: Vec<Bucket>,
}

impl FolderSession<'_> {
    /// Whether the lines of the engine's file of this name are still to be added: they count as added from now on.
    pub fn take_backlog(&self, name: &str) -> Result<bool, StoreError> {
        let changed = self
            .connection
            .prepare_cached(
                "INSERT INTO metric_backlog (only, taken) VALUES (1, ?1) \
                 ON CONFLICT (only) DO UPDATE SET taken = ?1 WHERE taken <> ?1",
            )?
            .execute([name])?;
        Ok(changed > 0)
    }

    /// Adds measurements to their series. Those of resources that are not there any more are dropped.
    pub fn add_measurements(
        &self,
        measurements: Vec<Measurement>,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut owners: HashMap<String, Option<SeriesOwner>> = HashMap::new();
        let mut by_series: HashMap<(SeriesOwner, SeriesKey), News> = HashMap::new();
        for one in measurements {
            let owner = match one.owner {
                Some(owner) => Some(owner),
                None => match owners.get(&one.resource_id) {
                    Some(known) => known.clone(),
                    None => {
                        let found = self.owner_of(&one.resource_id)?;
                        owners.insert(one.resource_id, found.clone());
                        found
                    }
                },
            };
            let Some(owner) = owner else {
                continue;
            };
            let key = SeriesKey {
                namespace: one.namespace,
                name: one.name,
                compartment_id: owner.compartment_id.clone(),
                resource_group: String::new(),
                dimensions: one.dimensions,
            };
            let news = by_series.entry((owner, key)).or_insert_with(|| News {
                unit: one.unit,
                joining: one.gauge.map_or(Joining::Merge, Joining::Replace),
                buckets: Vec::new(),
            });
            news.buckets.push(one.bucket);
        }
        for ((owner, key), news) in by_series {
            let session = Session {
                folder: *self,
                tenancy_id: &owner.tenancy_id,
            };
            let metadata = BTreeMap::from([("unit".to_owned(), news.unit)]);
            let buckets = (news.buckets, news.joining);
            session.add_metric_buckets(&key, Some(&metadata), buckets, now_ms)?;
        }
        Ok(())
    }

    fn owner_of(&self, resource_id: &str) -> Result<Option<SeriesOwner>, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT tenancy_id, compartment_id FROM resource WHERE id = ?1")?
            .query_row([resource_id], |row| {
                Ok(SeriesOwner {
                    tenancy_id: row.get(0)?,
                    compartment_id: row.get(1)?,
                })
            })
            .optional()?)
    }
}
