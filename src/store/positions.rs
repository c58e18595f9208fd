//! How far the consumer groups of streams have come, those of REST and of Kafka clients alike.

use super::{FolderSession, StoreError};

/// How far a group has come in a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPlace {
    /// The tenancy of the stream.
    pub tenancy_id: String,
    /// The stream's OCID.
    pub stream_id: String,
    /// The group's name or id.
    pub group: String,
    /// When a group of REST was last used, in milliseconds; absent for one of Kafka clients.
    pub last_used_ms: Option<i64>,
    /// Which partition.
    pub partition: u32,
    /// The offset to read next.
    pub next_offset: i64,
}

impl FolderSession<'_> {
    /// How far the groups of all streams have come that are not deleted, stream by stream.
    pub fn group_places(&self) -> Result<Vec<GroupPlace>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "WITH place (stream_id, name, used_ms, part, next) AS ( \
                 SELECT p.stream_id, p.group_name, g.last_used_ms, p.partition_index, \
                     COALESCE(p.committed_offset + 1, p.start_offset) \
                 FROM group_partition p \
                 JOIN consumer_group g ON g.stream_id = p.stream_id AND g.name = p.group_name \
                 UNION ALL \
                 SELECT stream_id, group_id, NULL, partition_index, next_offset FROM kafka_offset) \
             SELECT r.tenancy_id, r.id, place.name, place.used_ms, place.part, place.next \
             FROM place JOIN resource r ON r.id = place.stream_id \
             WHERE r.time_deleted_ms IS NULL ORDER BY r.id, place.name, place.used_ms IS NULL, place.part",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(GroupPlace {
                tenancy_id: row.get(0)?,
                stream_id: row.get(1)?,
                group: row.get(2)?,
                last_used_ms: row.get(3)?,
                partition: row.get(4)?,
                next_offset: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
