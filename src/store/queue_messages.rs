//! The messages of queues, and which of them wait for their first delivery.
//!
//! A message's content is stored once, whatever the number of consumer groups that it waits for; `holders`
//! counts them, and the last one to let go removes it. The number of a message begins with that of its
//! queue, so that a queue's messages lie together, the oldest first.
//!
//! Messages that were never delivered stand in a *lane* (a channel as a consumer group sees it, see
//! [`super::queue_lanes`]) as *runs*: one row for the messages that one request put there. So a put costs
//! one row a message and one more. What was delivered is in [`super::queue_deliveries`].

use std::ops::RangeInclusive;

use rusqlite::{OptionalExtension, Row};

use super::{Session, StoreError};

/// The tables of queues.
///
/// The index of deliveries holds all that counting needs. Lists of work requests that name no compartment
/// find their order in an index too.
pub(super) const SCHEMA: &str = "
    CREATE TABLE queue_state (
        queue_no     INTEGER PRIMARY KEY AUTOINCREMENT,
        last_message INTEGER NOT NULL,
        sweep_at_ms  INTEGER NOT NULL,
        is_doomed    INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE queue_lane (
        lane             INTEGER PRIMARY KEY,
        queue_no         INTEGER NOT NULL,
        group_no         INTEGER NOT NULL,
        channel          TEXT NOT NULL,
        live_messages    INTEGER NOT NULL,
        live_bytes       INTEGER NOT NULL,
        held_messages    INTEGER NOT NULL,
        leaving_messages INTEGER NOT NULL,
        leaving_bytes    INTEGER NOT NULL,
        UNIQUE (queue_no, group_no, channel)
    );
    CREATE TABLE queue_message (
        id         INTEGER PRIMARY KEY,
        holders    INTEGER NOT NULL,
        created_ms INTEGER NOT NULL,
        bytes      INTEGER NOT NULL,
        properties TEXT,
        content    TEXT NOT NULL
    );
    CREATE TABLE queue_run (
        lane       INTEGER NOT NULL,
        created_ms INTEGER NOT NULL,
        last_id    INTEGER NOT NULL,
        first_id   INTEGER NOT NULL,
        bytes      INTEGER NOT NULL,
        PRIMARY KEY (lane, created_ms, last_id)
    ) WITHOUT ROWID;
    CREATE TABLE queue_delivery (
        message_id INTEGER NOT NULL,
        group_no   INTEGER NOT NULL,
        lane       INTEGER NOT NULL,
        standing   INTEGER NOT NULL,
        visible_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL,
        deliveries INTEGER NOT NULL,
        receipt_no INTEGER NOT NULL,
        bytes      INTEGER NOT NULL,
        PRIMARY KEY (message_id, group_no)
    ) WITHOUT ROWID;
    CREATE INDEX queue_delivery_by_time
        ON queue_delivery (lane, standing, visible_ms, message_id, expires_ms, bytes);
    CREATE INDEX work_request_by_time ON work_request (tenancy_id, service, time_accepted_ms, id);
";

/// How many low bits of a message's number count within its queue.
const NUMBER_BITS: u32 = 40;

/// The number of a queue's message in the store: unlike `number`, it is unique over all queues.
pub fn queue_message_id(queue_no: i64, number: i64) -> i64 {
    (queue_no << NUMBER_BITS) | number
}

/// The queue that a message belongs to.
pub fn queue_no_of(message_id: i64) -> i64 {
    message_id >> NUMBER_BITS
}

/// The number of a message within its queue, from 1.
pub fn number_of(message_id: i64) -> i64 {
    message_id & ((1 << NUMBER_BITS) - 1)
}

/// A message to store.
#[derive(Clone, Debug)]
pub struct NewQueueMessage<'m> {
    /// Its number in the store.
    pub id: i64,
    /// In how many lanes it stands.
    pub holders: i64,
    /// When it was put, in milliseconds.
    pub created_ms: i64,
    /// The size that it is counted with.
    pub bytes: i64,
    /// Its custom properties as JSON, where it has any.
    pub properties: Option<String>,
    /// Its content.
    pub content: &'m str,
}

/// A stored message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueMessage {
    /// When it was put, in milliseconds.
    pub created_ms: i64,
    /// The size that it is counted with.
    pub bytes: i64,
    /// Its custom properties as JSON, where it has any.
    pub properties: Option<String>,
    /// Its content.
    pub content: String,
}

/// Messages of one lane with consecutive numbers that were put together and never delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueRun {
    /// The lane that they stand in.
    pub lane: i64,
    /// When they were put, in milliseconds.
    pub created_ms: i64,
    /// The number of the first that still waits.
    pub first_id: i64,
    /// The number of the last, which tells runs apart.
    pub last_id: i64,
    /// The size of those that still wait.
    pub bytes: i64,
}

impl QueueRun {
    /// How many messages it holds.
    pub fn messages(&self) -> i64 {
        self.last_id - self.first_id + 1
    }

    /// Their numbers.
    pub fn ids(&self) -> RangeInclusive<i64> {
        self.first_id..=self.last_id
    }
}

const RUN_COLUMNS: &str = "lane, created_ms, first_id, last_id, bytes";

fn run_from_row(row: &Row<'_>) -> rusqlite::Result<QueueRun> {
    Ok(QueueRun {
        lane: row.get(0)?,
        created_ms: row.get(1)?,
        first_id: row.get(2)?,
        last_id: row.get(3)?,
        bytes: row.get(4)?,
    })
}

impl Session<'_> {
    /// Stores messages.
    pub fn insert_queue_messages(
        &self,
        messages: &[NewQueueMessage<'_>],
    ) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO queue_message (id, holders, created_ms, bytes, properties, content) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for message in messages {
            statement.execute((
                message.id,
                message.holders,
                message.created_ms,
                message.bytes,
                &message.properties,
                message.content,
            ))?;
        }
        Ok(())
    }

    /// Stores a message for one lane more; it is there already where others hold it.
    pub fn hold_queue_message(&self, message: &NewQueueMessage<'_>) -> Result<(), StoreError> {
        let held = self
            .connection
            .prepare_cached("UPDATE queue_message SET holders = holders + 1 WHERE id = ?1")?
            .execute([message.id])?;
        match held {
            0 => self.insert_queue_messages(std::slice::from_ref(message)),
            _ => Ok(()),
        }
    }

    /// The messages with consecutive numbers, as far as they are there, each with its number.
    pub fn queue_messages_between(
        &self,
        ids: &RangeInclusive<i64>,
    ) -> Result<Vec<(i64, QueueMessage)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, created_ms, bytes, properties, content FROM queue_message \
             WHERE id BETWEEN ?1 AND ?2",
        )?;
        let rows = statement.query_map((ids.start(), ids.end()), |row| {
            let message = QueueMessage {
                created_ms: row.get(1)?,
                bytes: row.get(2)?,
                properties: row.get(3)?,
                content: row.get(4)?,
            };
            Ok((row.get(0)?, message))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The message with this number.
    pub fn queue_message(&self, id: i64) -> Result<Option<QueueMessage>, StoreError> {
        let found = self.queue_messages_between(&(id..=id))?.pop();
        Ok(found.map(|(_, message)| message))
    }

    /// When the oldest message of a queue was put, in milliseconds.
    pub fn oldest_queue_message_ms(&self, queue_no: i64) -> Result<Option<i64>, StoreError> {
        let range = (
            queue_message_id(queue_no, 0),
            queue_message_id(queue_no + 1, 0),
        );
        Ok(self
            .connection
            .prepare_cached(
                "SELECT created_ms FROM queue_message WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT 1",
            )?
            .query_row(range, |row| row.get(0))
            .optional()?)
    }

    /// Lets go of consecutive messages in one lane: each is removed when no other lane holds it.
    pub fn release_queue_messages(&self, ids: &RangeInclusive<i64>) -> Result<(), StoreError> {
        let range = (ids.start(), ids.end());
        let removed = self
            .connection
            .prepare_cached(
                "DELETE FROM queue_message WHERE id BETWEEN ?1 AND ?2 AND holders <= 1",
            )?
            .execute(range)?;
        if i64::try_from(removed).unwrap_or(i64::MAX) <= ids.end() - ids.start() {
            self.connection
                .prepare_cached(
                    "UPDATE queue_message SET holders = holders - 1 WHERE id BETWEEN ?1 AND ?2",
                )?
                .execute(range)?;
        }
        Ok(())
    }

    /// Stores a run, new or with fewer messages than before.
    pub fn put_queue_run(&self, run: &QueueRun) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(&format!(
                "INSERT OR REPLACE INTO queue_run ({RUN_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5)"
            ))?
            .execute((
                run.lane,
                run.created_ms,
                run.first_id,
                run.last_id,
                run.bytes,
            ))?;
        Ok(())
    }

    /// Removes a run, not its messages.
    pub fn remove_queue_run(&self, run: &QueueRun) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "DELETE FROM queue_run WHERE lane = ?1 AND created_ms = ?2 AND last_id = ?3",
            )?
            .execute((run.lane, run.created_ms, run.last_id))?;
        Ok(())
    }

    /// Runs of a lane that were put after `after_ms`, the oldest first, until they hold so many messages.
    pub fn queue_runs_after(
        &self,
        lane: i64,
        after_ms: i64,
        messages: usize,
    ) -> Result<Vec<QueueRun>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {RUN_COLUMNS} FROM queue_run \
             WHERE lane = ?1 AND created_ms > ?2 ORDER BY created_ms, last_id"
        ))?;
        let mut runs = Vec::with_capacity(1);
        let mut wanted = i64::try_from(messages).unwrap_or(i64::MAX);
        let mut rows = statement.query((lane, after_ms))?;
        while wanted > 0
            && let Some(row) = rows.next()?
        {
            let run = run_from_row(row)?;
            wanted -= run.messages();
            runs.push(run);
        }
        Ok(runs)
    }

    /// Runs of a lane that were put at `until_ms` or before, the oldest first.
    pub fn queue_runs_until(
        &self,
        lane: i64,
        until_ms: i64,
        limit: usize,
    ) -> Result<Vec<QueueRun>, StoreError> {
        self.queue_runs(
            "created_ms <= ?2 ORDER BY created_ms, last_id",
            (lane, until_ms),
            limit,
        )
    }

    /// Runs of a lane with no message newer than `last_id`, the oldest first.
    pub fn queue_runs_up_to(
        &self,
        lane: i64,
        last_id: i64,
        limit: usize,
    ) -> Result<Vec<QueueRun>, StoreError> {
        self.queue_runs(
            "last_id <= ?2 ORDER BY created_ms, last_id",
            (lane, last_id),
            limit,
        )
    }

    fn queue_runs(
        &self,
        condition: &str,
        (lane, bound): (i64, i64),
        limit: usize,
    ) -> Result<Vec<QueueRun>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {RUN_COLUMNS} FROM queue_run WHERE lane = ?1 AND {condition} LIMIT ?3"
        ))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map((lane, bound, limit), run_from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many messages of a lane were put at `until_ms` or before and never delivered, and their size.
    pub fn count_queue_runs_until(
        &self,
        lane: i64,
        until_ms: i64,
    ) -> Result<(i64, i64), StoreError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT COALESCE(SUM(last_id - first_id + 1), 0), COALESCE(SUM(bytes), 0) \
                 FROM queue_run WHERE lane = ?1 AND created_ms <= ?2",
            )?
            .query_row((lane, until_ms), |row| Ok((row.get(0)?, row.get(1)?)))?)
    }
}
