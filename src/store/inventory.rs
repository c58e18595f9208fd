//! What the folder holds, each thing with texts that tell whether it was changed: for comparing two folders.
//!
//! Histories are left out: audit, traces, work requests, runs of functions, evaluations of alarms, and what waits to
//! be carried out or delivered.

use rusqlite::types::ValueRef;

use super::{FolderSession, StoreError};

/// A thing that the folder holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The kind: the type in the OCID of a resource, or a name of this module's.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What tells it from others of its kind and name; empty where nothing must.
    pub id: String,
    /// Whose it is; empty where it is nobody's.
    pub tenancy_id: String,
    /// What somebody set, as JSON; `None` for resources, which their services tell about.
    pub settings: Option<String>,
    /// Changes with what it holds, as far as the tables tell: points, positions.
    pub content: String,
}

/// A chunk's id begins with the number of its series, 28 bits further up.
const HOLDINGS: &str = "
    SELECT kind, name, id, tenancy_id, NULL, COALESCE(
            (SELECT json_extract(movement, '$.position') FROM connector_movement WHERE connector_id = id), '')
        FROM resource WHERE time_deleted_ms IS NULL
    UNION ALL
    SELECT 'function', name, id, '', definition, '' FROM function
    UNION ALL
    SELECT 'log', file, log_id, '', json_object('logGroupId', log_group_id, 'compartmentId', compartment_id), '' FROM followed_log
    UNION ALL
    SELECT 'tenancy', name, id, id, '{}', '' FROM tenancy
    UNION ALL
    SELECT 'key', user_id, fingerprint, tenancy_id, json_object('publicKey', public_key), '' FROM api_key
    UNION ALL
    SELECT 'token', user_name, id, tenancy_id, json_object('description', description), '' FROM auth_token
    UNION ALL
    SELECT 'setting', name, '', '', json_object('value', json(value)), '' FROM setting
    UNION ALL
    SELECT 'inbox-message', '', id, '', message, '' FROM inbox_message
    UNION ALL
    SELECT 'stream-group', group_name, stream_id, '', '{}', group_concat(
            partition_index || ':' || COALESCE(committed_offset + 1, start_offset), ' ' ORDER BY partition_index)
        FROM group_partition GROUP BY stream_id, group_name
    UNION ALL
    SELECT 'stream-group', group_id, stream_id, '', '{}', group_concat(
            partition_index || ':' || next_offset, ' ' ORDER BY partition_index)
        FROM kafka_offset GROUP BY stream_id, group_id
    UNION ALL
    SELECT 'metric', namespace || '/' || name, compartment_id || ' ' || resource_group || ' ' || dimensions,
            tenancy_id, json_object('metadata', json(metadata)), (SELECT COUNT(*) || ' ' || TOTAL(LENGTH(buckets)) FROM metric_chunk AS chunk
                WHERE chunk.id >= series.id << 28 AND chunk.id < (series.id + 1) << 28)
        FROM metric_series AS series";

impl FolderSession<'_> {
    /// What the folder holds, in no order.
    pub fn holdings(&self) -> Result<Vec<Holding>, StoreError> {
        let mut statement = self.connection.prepare_cached(HOLDINGS)?;
        let rows = statement.query_map([], |row| {
            Ok(Holding {
                kind: row.get(0)?,
                name: row.get(1)?,
                id: match row.get_ref(2)? {
                    ValueRef::Integer(number) => number.to_string(),
                    text => text.as_str()?.to_owned(),
                },
                tenancy_id: row.get(3)?,
                settings: row.get(4)?,
                content: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
