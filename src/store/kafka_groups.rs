//! Consumer groups of Kafka clients: what each has committed, and what its coordinator remembers.
//!
//! Groups belong to a stream pool, which is the cluster that a Kafka client sees. They have nothing in
//! common with the consumer groups of single streams that REST knows.

use rusqlite::OptionalExtension;

use super::{FolderSession, StoreError};

/// What is stored of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaGroup {
    /// Its id, unique in the pool.
    pub id: String,
    /// What its coordinator remembers of it, in the coordinator's own form; `None` for a group of which
    /// only offsets were committed.
    pub state: Option<Vec<u8>>,
    /// When it was last stored or committed for, in milliseconds.
    pub last_used_ms: i64,
}

/// How far a group has come in a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaOffset {
    /// The stream's OCID.
    pub stream_id: String,
    /// Which partition.
    pub partition: u32,
    /// The offset to read next.
    pub offset: i64,
    /// The leader epoch that came with it, or -1.
    pub leader_epoch: i32,
    /// What the client noted with it.
    pub metadata: String,
    /// When it was committed, in milliseconds.
    pub committed_ms: i64,
}

impl FolderSession<'_> {
    /// A group of a pool.
    pub fn kafka_group(
        &self,
        pool_id: &str,
        group_id: &str,
    ) -> Result<Option<KafkaGroup>, StoreError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT id, state, last_used_ms FROM kafka_group WHERE pool_id = ?1 AND id = ?2",
            )?
            .query_row([pool_id, group_id], group_of)
            .optional()?)
    }

    /// The groups of a pool, by id.
    pub fn kafka_groups(&self, pool_id: &str) -> Result<Vec<KafkaGroup>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, state, last_used_ms FROM kafka_group WHERE pool_id = ?1 ORDER BY id",
        )?;
        let rows = statement.query_map([pool_id], group_of)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Pool and id of the groups that were last used before a time.
    pub fn kafka_groups_unused_since(
        &self,
        since_ms: i64,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT pool_id, id FROM kafka_group WHERE last_used_ms < ?1")?;
        let rows = statement.query_map([since_ms], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Stores a group, new or changed.
    pub fn put_kafka_group(&self, pool_id: &str, group: &KafkaGroup) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO kafka_group (pool_id, id, state, last_used_ms) \
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((pool_id, &group.id, &group.state, group.last_used_ms))?;
        Ok(())
    }

    /// Marks a group as used, and makes one without state where there is none.
    pub fn touch_kafka_group(
        &self,
        pool_id: &str,
        group_id: &str,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT INTO kafka_group (pool_id, id, state, last_used_ms) VALUES (?1, ?2, NULL, ?3) \
                 ON CONFLICT DO UPDATE SET last_used_ms = ?3",
            )?
            .execute((pool_id, group_id, now_ms))?;
        Ok(())
    }

    /// Forgets a group with its offsets; tells whether there was one.
    pub fn remove_kafka_group(&self, pool_id: &str, group_id: &str) -> Result<bool, StoreError> {
        self.connection
            .prepare_cached("DELETE FROM kafka_offset WHERE pool_id = ?1 AND group_id = ?2")?
            .execute([pool_id, group_id])?;
        let removed = self
            .connection
            .prepare_cached("DELETE FROM kafka_group WHERE pool_id = ?1 AND id = ?2")?
            .execute([pool_id, group_id])?;
        Ok(removed > 0)
    }

    /// Forgets all groups of a pool.
    pub fn remove_kafka_groups(&self, pool_id: &str) -> Result<(), StoreError> {
        for table in ["kafka_group", "kafka_offset"] {
            let sql = format!("DELETE FROM {table} WHERE pool_id = ?1");
            self.connection.execute(&sql, [pool_id])?;
        }
        Ok(())
    }

    /// What a group has committed, by stream and partition.
    pub fn kafka_offsets(
        &self,
        pool_id: &str,
        group_id: &str,
    ) -> Result<Vec<KafkaOffset>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT stream_id, partition_index, next_offset, leader_epoch, metadata, committed_ms \
             FROM kafka_offset WHERE pool_id = ?1 AND group_id = ?2 ORDER BY stream_id, partition_index",
        )?;
        let rows = statement.query_map([pool_id, group_id], |row| {
            Ok(KafkaOffset {
                stream_id: row.get(0)?,
                partition: row.get(1)?,
                offset: row.get(2)?,
                leader_epoch: row.get(3)?,
                metadata: row.get(4)?,
                committed_ms: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Stores what a group has committed in a partition.
    pub fn put_kafka_offset(
        &self,
        pool_id: &str,
        group_id: &str,
        offset: &KafkaOffset,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO kafka_offset (pool_id, group_id, stream_id, partition_index, \
                 next_offset, leader_epoch, metadata, committed_ms) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute((
                pool_id,
                group_id,
                &offset.stream_id,
                offset.partition,
                offset.offset,
                offset.leader_epoch,
                &offset.metadata,
                offset.committed_ms,
            ))?;
        Ok(())
    }

    /// Forgets what a group has committed in a partition; tells whether there was anything.
    pub fn remove_kafka_offset(
        &self,
        pool_id: &str,
        group_id: &str,
        (stream_id, partition): (&str, u32),
    ) -> Result<bool, StoreError> {
        let removed = self
            .connection
            .prepare_cached(
                "DELETE FROM kafka_offset \
                 WHERE pool_id = ?1 AND group_id = ?2 AND stream_id = ?3 AND partition_index = ?4",
            )?
            .execute((pool_id, group_id, stream_id, partition))?;
        Ok(removed > 0)
    }

    /// Forgets what all groups have committed in a stream.
    pub fn remove_kafka_offsets_of(&self, stream_id: &str) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("DELETE FROM kafka_offset WHERE stream_id = ?1")?
            .execute([stream_id])?;
        Ok(())
    }
}

fn group_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<KafkaGroup> {
    Ok(KafkaGroup {
        id: row.get(0)?,
        state: row.get(1)?,
        last_used_ms: row.get(2)?,
    })
}
