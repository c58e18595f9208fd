//! Deliveries: what became of messages that were handed out at least once, for each consumer group.
//!
//! Nothing moves when time passes. A message that was delivered is in flight until `visible_ms`; then it can
//! be delivered again, or, if that was its last delivery, it is a dead letter. Who asks compares with now.

use std::ops::RangeInclusive;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{OptionalExtension, Row};

use super::queue_messages::queue_message_id;
use super::{Session, StoreError};

/// What is to become of a delivered message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is delivered again when it becomes visible.
    Live,
    /// It is in flight for the last time: when its time is over, it is a dead letter.
    LastChance,
    /// It is a dead letter that was delivered as one.
    DeadLetter,
    /// It was purged while in flight: only its receipt is still known.
    Purged,
}

impl ToSql for Standing {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(match self {
            Self::Live => 0,
            Self::LastChance => 1,
            Self::DeadLetter => 2,
            Self::Purged => 3,
        }))
    }
}

impl FromSql for Standing {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_i64()? {
            0 => Ok(Self::Live),
            1 => Ok(Self::LastChance),
            2 => Ok(Self::DeadLetter),
            3 => Ok(Self::Purged),
            other => Err(FromSqlError::OutOfRange(other)),
        }
    }
}

/// A message that was delivered to a consumer group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The message.
    pub message_id: i64,
    /// The group, by its number in the queue.
    pub group_no: i64,
    /// The lane.
    pub lane: i64,
    /// What is to become of it.
    pub standing: Standing,
    /// Until when it is hidden, in milliseconds.
    pub visible_ms: i64,
    /// When the message expires, in milliseconds.
    pub expires_ms: i64,
    /// How often it was delivered.
    pub deliveries: i64,
    /// The number that the last delivery's receipt carries.
    pub receipt_no: i64,
    /// The size of the message.
    pub bytes: i64,
}

/// Deliveries of one standing that have expired, for a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpiredDeliveries {
    /// Their standing.
    pub standing: Standing,
    /// Whether they are still hidden.
    pub is_hidden: bool,
    /// How many there are.
    pub messages: i64,
    /// Their size.
    pub bytes: i64,
}

/// Which deliveries are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryRange {
    /// Of this lane.
    pub lane: i64,
    /// Of this standing.
    pub standing: Standing,
    /// Visible after this time, in milliseconds.
    pub visible_after_ms: i64,
    /// Visible at this time or before, in milliseconds.
    pub visible_until_ms: i64,
    /// Not expired at this time, in milliseconds.
    pub expires_after_ms: i64,
    /// Of messages up to this number.
    pub last_id: i64,
}

impl DeliveryRange {
    /// All of a lane and a standing, expired or not.
    pub fn all(lane: i64, standing: Standing) -> Self {
        Self {
            lane,
            standing,
            visible_after_ms: i64::MIN,
            visible_until_ms: i64::MAX,
            expires_after_ms: i64::MIN,
            last_id: i64::MAX,
        }
    }

    /// Those that are hidden no longer.
    #[must_use]
    pub fn visible(self, now_ms: i64) -> Self {
        Self {
            visible_until_ms: now_ms,
            ..self
        }
    }

    /// Those that are still hidden.
    #[must_use]
    pub fn hidden(self, now_ms: i64) -> Self {
        Self {
            visible_after_ms: now_ms,
            ..self
        }
    }

    /// Those that have not expired.
    #[must_use]
    pub fn unexpired(self, now_ms: i64) -> Self {
        Self {
            expires_after_ms: now_ms,
            ..self
        }
    }
}

const COLUMNS: &str = "message_id, group_no, lane, standing, visible_ms, expires_ms, deliveries, \
                       receipt_no, bytes";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    Ok(Delivery {
        message_id: row.get(0)?,
        group_no: row.get(1)?,
        lane: row.get(2)?,
        standing: row.get(3)?,
        visible_ms: row.get(4)?,
        expires_ms: row.get(5)?,
        deliveries: row.get(6)?,
        receipt_no: row.get(7)?,
        bytes: row.get(8)?,
    })
}

impl Session<'_> {
    /// Stores a delivery, in the place of the message's last one to that group.
    pub fn put_delivery(&self, delivery: &Delivery) -> Result<(), StoreError> {
        self.put_deliveries(std::slice::from_ref(delivery))
    }

    /// Stores deliveries, each in the place of its message's last one to that group.
    pub fn put_deliveries(&self, deliveries: &[Delivery]) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "INSERT OR REPLACE INTO queue_delivery ({COLUMNS}) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
        ))?;
        for delivery in deliveries {
            statement.execute((
                delivery.message_id,
                delivery.group_no,
                delivery.lane,
                delivery.standing,
                delivery.visible_ms,
                delivery.expires_ms,
                delivery.deliveries,
                delivery.receipt_no,
                delivery.bytes,
            ))?;
        }
        Ok(())
    }

    /// The last deliveries to a group of messages with consecutive numbers.
    pub fn deliveries_between(
        &self,
        group_no: i64,
        ids: &RangeInclusive<i64>,
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM queue_delivery \
             WHERE message_id BETWEEN ?2 AND ?3 AND group_no = ?1"
        ))?;
        let rows = statement.query_map((group_no, ids.start(), ids.end()), from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Removes a delivery, not its message.
    pub fn remove_delivery(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let id = delivery.message_id;
        self.remove_deliveries_between(delivery.group_no, &(id..=id))
    }

    /// Removes the deliveries to a group of messages with consecutive numbers, not the messages.
    pub fn remove_deliveries_between(
        &self,
        group_no: i64,
        ids: &RangeInclusive<i64>,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "DELETE FROM queue_delivery WHERE message_id BETWEEN ?2 AND ?3 AND group_no = ?1",
            )?
            .execute((group_no, ids.start(), ids.end()))?;
        Ok(())
    }

    /// Some deliveries, those that become visible first before the others.
    pub fn deliveries(
        &self,
        range: &DeliveryRange,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM queue_delivery WHERE lane = ?1 AND standing = ?2 \
             AND visible_ms > ?3 AND visible_ms <= ?4 AND expires_ms > ?5 AND message_id <= ?6 \
             ORDER BY visible_ms, message_id LIMIT ?7"
        ))?;
        let bounds = (
            range.lane,
            range.standing,
            range.visible_after_ms,
            range.visible_until_ms,
            range.expires_after_ms,
            range.last_id,
            i64::try_from(limit).unwrap_or(i64::MAX),
        );
        let rows = statement.query_map(bounds, from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Deliveries of a queue in the order of its messages, the oldest first.
    pub fn oldest_deliveries(
        &self,
        queue_no: i64,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM queue_delivery WHERE message_id > ?1 AND message_id < ?2 \
             ORDER BY message_id, group_no LIMIT ?3"
        ))?;
        let bounds = (
            queue_message_id(queue_no, 0),
            queue_message_id(queue_no + 1, 0),
            i64::try_from(limit).unwrap_or(i64::MAX),
        );
        let rows = statement.query_map(bounds, from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When the next hidden delivery of a lane and a standing becomes visible, in milliseconds.
    pub fn next_visible_ms(
        &self,
        lane: i64,
        standing: Standing,
        now_ms: i64,
    ) -> Result<Option<i64>, StoreError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT visible_ms FROM queue_delivery \
                 WHERE lane = ?1 AND standing = ?2 AND visible_ms > ?3 AND expires_ms > visible_ms \
                 ORDER BY visible_ms LIMIT 1",
            )?
            .query_row((lane, standing, now_ms), |row| row.get(0))
            .optional()?)
    }

    /// How many deliveries of a lane and a standing are hidden, and their size.
    pub fn count_hidden(
        &self,
        lane: i64,
        standing: Standing,
        now_ms: i64,
    ) -> Result<(i64, i64), StoreError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT COUNT(*), COALESCE(SUM(bytes), 0) FROM queue_delivery \
                 WHERE lane = ?1 AND standing = ?2 AND visible_ms > ?3",
            )?
            .query_row((lane, standing, now_ms), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?)
    }

    /// When the first of a lane's deliveries expires that have not, in milliseconds; dead letters are left out.
    pub fn first_expiry_ms(&self, lane: i64, now_ms: i64) -> Result<Option<i64>, StoreError> {
        let kept = (lane, now_ms, Standing::Live, Standing::LastChance);
        Ok(self
            .connection
            .prepare_cached(
                "SELECT MIN(expires_ms) FROM queue_delivery WHERE lane = ?1 AND expires_ms > ?2 \
                 AND (standing = ?3 OR (standing = ?4 AND visible_ms > ?2))",
            )?
            .query_row(kept, |row| row.get(0))?)
    }

    /// The deliveries of a lane that have expired and are not removed yet.
    pub fn count_expired_deliveries(
        &self,
        lane: i64,
        now_ms: i64,
    ) -> Result<Vec<ExpiredDeliveries>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT standing, visible_ms > ?2, COUNT(*), SUM(bytes) FROM queue_delivery \
             WHERE lane = ?1 AND expires_ms <= ?2 GROUP BY 1, 2",
        )?;
        let rows = statement.query_map((lane, now_ms), |row| {
            Ok(ExpiredDeliveries {
                standing: row.get(0)?,
                is_hidden: row.get(1)?,
                messages: row.get(2)?,
                bytes: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::super::Store;

    /// To plan a statement takes longer than to run it.
    #[test]
    fn statements_with_a_limit_are_planned_once() {
        let store = Store::in_memory().unwrap();
        let connection = store.lock();
        let sql = "SELECT lane FROM queue_run WHERE lane = ?1 LIMIT ?2";
        for limit in [1, 7, 7] {
            let mut statement = connection.prepare_cached(sql).unwrap();
            assert!(!statement.exists((1, limit)).unwrap());
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        }
    }

    /// What every request asks must not look at more than it takes: queues are deep.
    #[test]
    fn requests_walk_an_index_in_order() {
        let store = Store::in_memory().unwrap();
        let connection = store.lock();
        for (sql, index) in [
            (
                "SELECT * FROM queue_delivery WHERE lane = 1 AND standing = 0 AND visible_ms > 1 \
                 AND visible_ms <= 9 AND expires_ms > 9 AND message_id <= 9 \
                 ORDER BY visible_ms, message_id LIMIT 20",
                "queue_delivery_by_time (lane=? AND standing=? AND visible_ms>? AND visible_ms<?)",
            ),
            (
                "SELECT COUNT(*), SUM(bytes) FROM queue_delivery \
                 WHERE lane = 1 AND standing = 0 AND visible_ms > 9",
                "COVERING INDEX queue_delivery_by_time",
            ),
            (
                "SELECT * FROM queue_run WHERE lane = 1 AND created_ms > 9 \
                 ORDER BY created_ms, last_id LIMIT 20",
                "PRIMARY KEY (lane=? AND created_ms>?)",
            ),
            (
                "SELECT * FROM queue_lane WHERE queue_no = 1 AND group_no = 0 ORDER BY channel",
                "sqlite_autoindex_queue_lane_1 (queue_no=? AND group_no=?)",
            ),
        ] {
            let mut statement = connection
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap();
            let rows = statement.query_map([], |row| row.get::<_, String>("detail"));
            let plan: Vec<String> = rows.unwrap().collect::<Result<_, _>>().unwrap();
            assert_eq!(plan.len(), 1, "{sql}: {plan:?}");
            assert!(plan[0].contains(index), "{sql}: {plan:?}");
        }
    }
}
