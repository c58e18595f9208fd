//! Consumer groups of streams: what each has committed, and which instance reads which partition.

use rusqlite::{OptionalExtension, Row};

use super::{Session, StoreError};

/// A consumer group of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// How often it was reset: a cursor made before a reset is stale.
    pub generation: i64,
    /// When it was last used, in milliseconds.
    pub last_used_ms: i64,
}

/// What a group knows of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPartition {
    /// Which partition.
    pub partition: u32,
    /// Where the group begins when it has committed nothing.
    pub start_offset: i64,
    /// The offset of the last message committed.
    pub committed_offset: Option<i64>,
    /// Counts the reservations: a cursor of an earlier one cannot commit.
    pub epoch: i64,
    /// The instance that reads it.
    pub reserved_instance: Option<String>,
    /// Until when, in milliseconds, unless the instance shows itself again.
    pub reserved_until_ms: Option<i64>,
}

impl GroupPartition {
    /// Where the group goes on reading.
    pub fn next_offset(&self) -> i64 {
        self.committed_offset
            .map_or(self.start_offset, |committed| committed + 1)
    }

    /// The instance that holds the partition at this time.
    pub fn holder(&self, now_ms: i64) -> Option<&str> {
        let instance = self.reserved_instance.as_deref()?;
        (self.reserved_until_ms? > now_ms).then_some(instance)
    }
}

/// A reader that shares in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// How long it may be silent before it loses its partitions, in milliseconds.
    pub timeout_ms: i64,
    /// When it was last heard of, in milliseconds.
    pub last_seen_ms: i64,
}

fn group_of(row: &Row<'_>) -> rusqlite::Result<Group> {
    Ok(Group {
        name: row.get(0)?,
        generation: row.get(1)?,
        last_used_ms: row.get(2)?,
    })
}

impl Session<'_> {
    /// A group of a stream.
    pub fn group(&self, stream_id: &str, name: &str) -> Result<Option<Group>, StoreError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT name, generation, last_used_ms FROM consumer_group \
                 WHERE stream_id = ?1 AND name = ?2",
            )?
            .query_row([stream_id, name], group_of)
            .optional()?)
    }

    /// The groups of a stream, by name.
    pub fn groups(&self, stream_id: &str) -> Result<Vec<Group>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT name, generation, last_used_ms FROM consumer_group \
             WHERE stream_id = ?1 ORDER BY name",
        )?;
        let rows = statement.query_map([stream_id], group_of)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many groups a stream has.
    pub fn count_groups(&self, stream_id: &str) -> Result<i64, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT COUNT(*) FROM consumer_group WHERE stream_id = ?1")?;
        Ok(statement.query_row([stream_id], |row| row.get(0))?)
    }

    /// The names of the stream's groups that were not used since `since_ms`.
    pub fn groups_unused_since(
        &self,
        stream_id: &str,
        since_ms: i64,
    ) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT name FROM consumer_group WHERE stream_id = ?1 AND last_used_ms < ?2",
        )?;
        let rows = statement.query_map((stream_id, since_ms), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Stores a group, new or changed.
    pub fn put_group(&self, stream_id: &str, group: &Group) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO consumer_group (stream_id, name, generation, last_used_ms) \
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((stream_id, &group.name, group.generation, group.last_used_ms))?;
        Ok(())
    }

    /// Forgets a group and all that belongs to it.
    pub fn remove_group(&self, stream_id: &str, name: &str) -> Result<(), StoreError> {
        for (table, column) in [
            ("consumer_group", "name"),
            ("group_partition", "group_name"),
            ("group_instance", "group_name"),
        ] {
            let sql = format!("DELETE FROM {table} WHERE stream_id = ?1 AND {column} = ?2");
            self.connection.execute(&sql, [stream_id, name])?;
        }
        Ok(())
    }

    /// Forgets all groups of a stream.
    pub fn remove_groups(&self, stream_id: &str) -> Result<(), StoreError> {
        for table in ["consumer_group", "group_partition", "group_instance"] {
            let sql = format!("DELETE FROM {table} WHERE stream_id = ?1");
            self.connection.execute(&sql, [stream_id])?;
        }
        Ok(())
    }

    /// What a group knows of each partition, in their order.
    pub fn group_partitions(
        &self,
        stream_id: &str,
        group: &str,
    ) -> Result<Vec<GroupPartition>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT partition_index, start_offset, committed_offset, epoch, reserved_instance, \
             reserved_until_ms FROM group_partition WHERE stream_id = ?1 AND group_name = ?2 \
             ORDER BY partition_index",
        )?;
        let rows = statement.query_map([stream_id, group], |row| {
            Ok(GroupPartition {
                partition: row.get(0)?,
                start_offset: row.get(1)?,
                committed_offset: row.get(2)?,
                epoch: row.get(3)?,
                reserved_instance: row.get(4)?,
                reserved_until_ms: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Stores what a group knows of a partition.
    pub fn put_group_partition(
        &self,
        stream_id: &str,
        group: &str,
        partition: &GroupPartition,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO group_partition (stream_id, group_name, partition_index, \
                 start_offset, committed_offset, epoch, reserved_instance, reserved_until_ms) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute((
                stream_id,
                group,
                partition.partition,
                partition.start_offset,
                partition.committed_offset,
                partition.epoch,
                &partition.reserved_instance,
                partition.reserved_until_ms,
            ))?;
        Ok(())
    }

    /// The readers that share in a group, by name.
    pub fn instances(&self, stream_id: &str, group: &str) -> Result<Vec<Instance>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT name, timeout_ms, last_seen_ms FROM group_instance \
             WHERE stream_id = ?1 AND group_name = ?2 ORDER BY name",
        )?;
        let rows = statement.query_map([stream_id, group], |row| {
            Ok(Instance {
                name: row.get(0)?,
                timeout_ms: row.get(1)?,
                last_seen_ms: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Stores a reader of a group.
    pub fn put_instance(
        &self,
        stream_id: &str,
        group: &str,
        instance: &Instance,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO group_instance \
                 (stream_id, group_name, name, timeout_ms, last_seen_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((
                stream_id,
                group,
                &instance.name,
                instance.timeout_ms,
                instance.last_seen_ms,
            ))?;
        Ok(())
    }

    /// Forgets a reader of a group.
    pub fn remove_instance(
        &self,
        stream_id: &str,
        group: &str,
        name: &str,
    ) -> Result<(), StoreError> {
        self.connection.execute(
            "DELETE FROM group_instance WHERE stream_id = ?1 AND group_name = ?2 AND name = ?3",
            [stream_id, group, name],
        )?;
        Ok(())
    }
}
