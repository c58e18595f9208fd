//! The lanes of queues, with their counts.
//!
//! A lane is one channel as one consumer group sees it: each group has its own copy of every channel. A lane
//! is there while it holds messages. Counts change with every put and delivery, so that nothing needs to be
//! counted; what time alone changes (messages that expire, or become visible) is not in them.

use rusqlite::{OptionalExtension, Row};

use super::queue_messages::queue_message_id;
use super::{FolderSession, Session, StoreError};

/// What is kept of a queue beside its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueState {
    /// The number of the newest message, in this queue.
    pub last_message: i64,
    /// No message expires before this time, in milliseconds.
    pub sweep_at_ms: i64,
}

/// The time to sweep a queue that holds nothing.
pub const NEVER_MS: i64 = i64::MAX;

/// A lane with its counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueLane {
    /// Its number.
    pub lane: i64,
    /// The consumer group, by its number in the queue.
    pub group_no: i64,
    /// The channel.
    pub channel: String,
    /// What it holds.
    pub counts: LaneCounts,
}

/// What a lane holds; or how that changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneCounts {
    /// Messages that are to be delivered, now or later.
    pub live_messages: i64,
    /// Their size.
    pub live_bytes: i64,
    /// Messages that were delivered and are not known to be dead letters: at least as many as are in flight.
    pub held_messages: i64,
    /// Messages that were delivered for the last time, and dead letters.
    pub leaving_messages: i64,
    /// Their size.
    pub leaving_bytes: i64,
}

impl std::ops::AddAssign for LaneCounts {
    fn add_assign(&mut self, other: Self) {
        self.live_messages += other.live_messages;
        self.live_bytes += other.live_bytes;
        self.held_messages += other.held_messages;
        self.leaving_messages += other.leaving_messages;
        self.leaving_bytes += other.leaving_bytes;
    }
}

const COLUMNS: &str = "lane, group_no, channel, live_messages, live_bytes, held_messages, \
                       leaving_messages, leaving_bytes";

fn from_row(row: &Row<'_>) -> rusqlite::Result<QueueLane> {
    Ok(QueueLane {
        lane: row.get(0)?,
        group_no: row.get(1)?,
        channel: row.get(2)?,
        counts: LaneCounts {
            live_messages: row.get(3)?,
            live_bytes: row.get(4)?,
            held_messages: row.get(5)?,
            leaving_messages: row.get(6)?,
            leaving_bytes: row.get(7)?,
        },
    })
}

impl Session<'_> {
    /// Makes room for a queue's messages, and returns the queue's number.
    pub fn create_queue_state(&self) -> Result<i64, StoreError> {
        self.connection
            .prepare_cached("INSERT INTO queue_state (last_message, sweep_at_ms) VALUES (0, ?1)")?
            .execute([NEVER_MS])?;
        Ok(self.connection.last_insert_rowid())
    }

    /// What is kept of a queue.
    pub fn queue_state(&self, queue_no: i64) -> Result<QueueState, StoreError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT last_message, sweep_at_ms FROM queue_state WHERE queue_no = ?1",
            )?
            .query_row([queue_no], |row| {
                Ok(QueueState {
                    last_message: row.get(0)?,
                    sweep_at_ms: row.get(1)?,
                })
            })?)
    }

    /// Stores what is kept of a queue.
    pub fn put_queue_state(&self, queue_no: i64, state: QueueState) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "UPDATE queue_state SET last_message = ?2, sweep_at_ms = ?3 WHERE queue_no = ?1",
            )?
            .execute((queue_no, state.last_message, state.sweep_at_ms))?;
        Ok(())
    }

    /// The lane of a channel, if it holds messages.
    pub fn queue_lane(
        &self,
        queue_no: i64,
        group_no: i64,
        channel: &str,
    ) -> Result<Option<QueueLane>, StoreError> {
        Ok(self
            .connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM queue_lane \
                 WHERE queue_no = ?1 AND group_no = ?2 AND channel = ?3"
            ))?
            .query_row((queue_no, group_no, channel), from_row)
            .optional()?)
    }

    /// The lanes of a consumer group, by channel.
    pub fn queue_lanes(&self, queue_no: i64, group_no: i64) -> Result<Vec<QueueLane>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM queue_lane WHERE queue_no = ?1 AND group_no = ?2 ORDER BY channel"
        ))?;
        let rows = statement.query_map((queue_no, group_no), from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The lanes of all consumer groups of a queue.
    pub fn all_queue_lanes(&self, queue_no: i64) -> Result<Vec<QueueLane>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM queue_lane WHERE queue_no = ?1 ORDER BY group_no, channel"
        ))?;
        let rows = statement.query_map([queue_no], from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many channels of a queue there are, besides these two.
    pub fn count_channels_but(
        &self,
        queue_no: i64,
        (one, other): (&str, &str),
    ) -> Result<i64, StoreError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT COUNT(DISTINCT channel) FROM queue_lane \
                 WHERE queue_no = ?1 AND channel NOT IN (?2, ?3)",
            )?
            .query_row((queue_no, one, other), |row| row.get(0))?)
    }

    /// The size of all that a queue holds, each group's copy counted.
    pub fn queue_bytes(&self, queue_no: i64) -> Result<i64, StoreError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT COALESCE(SUM(live_bytes + leaving_bytes), 0) FROM queue_lane WHERE queue_no = ?1",
            )?
            .query_row([queue_no], |row| row.get(0))?)
    }

    /// Begins a lane, and returns its number.
    pub fn create_queue_lane(
        &self,
        queue_no: i64,
        group_no: i64,
        channel: &str,
    ) -> Result<i64, StoreError> {
        self.connection
            .prepare_cached(
                "INSERT INTO queue_lane (queue_no, group_no, channel, live_messages, live_bytes, \
                 held_messages, leaving_messages, leaving_bytes) VALUES (?1, ?2, ?3, 0, 0, 0, 0, 0)",
            )?
            .execute((queue_no, group_no, channel))?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Changes a lane's counts; an empty lane is removed.
    pub fn change_queue_lane(&self, lane: i64, change: &LaneCounts) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "UPDATE queue_lane SET live_messages = live_messages + ?2, \
                 live_bytes = live_bytes + ?3, held_messages = held_messages + ?4, \
                 leaving_messages = leaving_messages + ?5, leaving_bytes = leaving_bytes + ?6 \
                 WHERE lane = ?1",
            )?
            .execute((
                lane,
                change.live_messages,
                change.live_bytes,
                change.held_messages,
                change.leaving_messages,
                change.leaving_bytes,
            ))?;
        if change.live_messages < 0 || change.leaving_messages < 0 {
            self.connection
                .prepare_cached(
                    "DELETE FROM queue_lane \
                     WHERE lane = ?1 AND live_messages <= 0 AND leaving_messages <= 0",
                )?
                .execute([lane])?;
        }
        Ok(())
    }

    /// Notes that all that a queue holds is to be removed.
    pub fn doom_queue(&self, queue_no: i64) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("UPDATE queue_state SET is_doomed = 1 WHERE queue_no = ?1")?
            .execute([queue_no])?;
        Ok(())
    }
}

impl FolderSession<'_> {
    /// The queues whose messages are still to be removed.
    pub fn doomed_queues(&self) -> Result<Vec<i64>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT queue_no FROM queue_state WHERE is_doomed")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Removes some of what a doomed queue holds, and tells whether anything is left.
    pub fn remove_some_of_queue(&self, queue_no: i64, limit: usize) -> Result<bool, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let ids = (
            queue_message_id(queue_no, 0),
            queue_message_id(queue_no + 1, 0),
            limit,
        );
        for sql in [
            "DELETE FROM queue_message WHERE id IN \
             (SELECT id FROM queue_message WHERE id > ?1 AND id < ?2 LIMIT ?3)",
            "DELETE FROM queue_delivery WHERE (message_id, group_no) IN \
             (SELECT message_id, group_no FROM queue_delivery \
              WHERE message_id > ?1 AND message_id < ?2 LIMIT ?3)",
        ] {
            if self.connection.prepare_cached(sql)?.execute(ids)? > 0 {
                return Ok(true);
            }
        }
        for sql in [
            "DELETE FROM queue_run WHERE lane IN (SELECT lane FROM queue_lane WHERE queue_no = ?1)",
            "DELETE FROM queue_lane WHERE queue_no = ?1",
            "DELETE FROM queue_state WHERE queue_no = ?1",
        ] {
            self.connection.prepare_cached(sql)?.execute([queue_no])?;
        }
        Ok(false)
    }
}
