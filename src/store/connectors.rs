//! What connectors move: how far each has come, and the records that it has taken and not yet handed over.
//!
//! Records that wait for the same destination stand in a *stage*, and those that leave together in a *lane* of
//! it. Their numbers rise over all connectors and are never used again.

use rusqlite::{OptionalExtension, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{FolderSession, Session, StoreError, from_json, to_json};

/// The tables of connectors.
pub(super) const SCHEMA: &str = "
    CREATE TABLE connector_movement (
        connector_id TEXT PRIMARY KEY,
        tenancy_id   TEXT NOT NULL,
        is_active    INTEGER NOT NULL,
        movement     TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE connector_record (
        number       INTEGER PRIMARY KEY AUTOINCREMENT,
        connector_id TEXT NOT NULL,
        stage        INTEGER NOT NULL,
        lane         TEXT NOT NULL,
        time_ms      INTEGER NOT NULL,
        record       TEXT NOT NULL
    );
    CREATE INDEX connector_record_by_lane ON connector_record (connector_id, stage, lane, number);
    CREATE TABLE followed_log (
        log_id         TEXT PRIMARY KEY,
        log_group_id   TEXT NOT NULL,
        compartment_id TEXT NOT NULL,
        file           TEXT NOT NULL
    ) WITHOUT ROWID;
";

/// Where in a trace belongs what comes of a record; most have none.
pub(super) const TRACE_SCHEMA: &str = "
    ALTER TABLE connector_record ADD COLUMN trace TEXT;
    CREATE INDEX connector_record_traced ON connector_record (connector_id, stage, lane, number)
        WHERE trace IS NOT NULL;
";

/// The messages of queues that connectors hold, by the records that they are; most records are none.
pub(super) const RECEIPT_SCHEMA: &str = "
    ALTER TABLE connector_record ADD COLUMN receipt TEXT;
    CREATE INDEX connector_record_held ON connector_record (connector_id, stage, lane, number)
        WHERE receipt IS NOT NULL;
";

/// Records that leave together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneKey<'l> {
    /// The connector's OCID.
    pub connector_id: &'l str,
    /// The stage, from 0.
    pub stage: u32,
    /// The lane of the stage.
    pub lane: &'l str,
}

/// A record that a connector has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingRecord {
    /// Its number.
    pub number: i64,
    /// When it arose, in milliseconds.
    pub time_ms: i64,
    /// Its JSON text.
    pub text: String,
    /// Where in a trace belongs what comes of it, as JSON.
    pub trace: Option<String>,
    /// What the message of a queue that it is is consumed or given back with.
    pub receipt: Option<String>,
}

/// A record to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewWaitingRecord<'r> {
    /// When it arose, in milliseconds.
    pub time_ms: i64,
    /// Its JSON text.
    pub text: &'r str,
    /// Where in a trace belongs what comes of it, as JSON.
    pub trace: Option<&'r str>,
    /// What the message of a queue that it is is consumed or given back with.
    pub receipt: Option<&'r str>,
}

/// A file whose lines are the entries of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowedLog {
    /// The OCID of the log.
    pub log_id: String,
    /// The OCID of its group, or `_Audit`.
    pub log_group_id: String,
    /// The OCID of its compartment.
    pub compartment_id: String,
    /// The path of the file.
    pub file: String,
}

fn waiting_record(row: &Row<'_>) -> rusqlite::Result<WaitingRecord> {
    Ok(WaitingRecord {
        number: row.get(0)?,
        time_ms: row.get(1)?,
        text: row.get(2)?,
        trace: row.get(3)?,
        receipt: row.get(4)?,
    })
}

impl Session<'_> {
    /// Stores how far a connector has come, and whether it moves.
    pub fn put_movement<M: Serialize>(
        &self,
        connector_id: &str,
        is_active: bool,
        movement: &M,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO connector_movement (connector_id, tenancy_id, is_active, movement) \
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((connector_id, self.tenancy_id, is_active, to_json(movement)))?;
        Ok(())
    }

    /// How far a connector has come.
    pub fn movement<M: DeserializeOwned>(
        &self,
        connector_id: &str,
    ) -> Result<Option<M>, StoreError> {
        let text: Option<String> = self
            .connection
            .prepare_cached(
                "SELECT movement FROM connector_movement WHERE connector_id = ?1 AND tenancy_id = ?2",
            )?
            .query_row([connector_id, self.tenancy_id], |row| row.get(0))
            .optional()?;
        text.map(|text| from_json("movement", &text)).transpose()
    }

    /// Removes what is known of the movement of a connector, with the records that it has taken.
    pub fn remove_movement(&self, connector_id: &str) -> Result<(), StoreError> {
        self.connection.execute(
            "DELETE FROM connector_movement WHERE connector_id = ?1 AND tenancy_id = ?2",
            [connector_id, self.tenancy_id],
        )?;
        self.connection.execute(
            "DELETE FROM connector_record WHERE connector_id = ?1",
            [connector_id],
        )?;
        Ok(())
    }

    /// Puts a record behind those of its lane.
    pub fn add_record(
        &self,
        lane: LaneKey<'_>,
        record: &NewWaitingRecord<'_>,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT INTO connector_record \
                 (connector_id, stage, lane, time_ms, record, trace, receipt) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute((
                lane.connector_id,
                lane.stage,
                lane.lane,
                record.time_ms,
                record.text,
                record.trace,
                record.receipt,
            ))?;
        Ok(())
    }

    /// The oldest records of a lane with numbers above `after`, as long as `wanted` says so of each.
    pub fn records_while(
        &self,
        lane: LaneKey<'_>,
        after: i64,
        mut wanted: impl FnMut(&WaitingRecord) -> bool,
    ) -> Result<Vec<WaitingRecord>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT number, time_ms, record, trace, receipt FROM connector_record \
             WHERE connector_id = ?1 AND stage = ?2 AND lane = ?3 AND number > ?4 ORDER BY number",
        )?;
        let bounds = (lane.connector_id, lane.stage, lane.lane, after);
        let rows = statement.query_map(bounds, waiting_record)?;
        let mut records = Vec::new();
        for record in rows {
            let record = record?;
            if !wanted(&record) {
                break;
            }
            records.push(record);
        }
        Ok(records)
    }

    /// Where in traces belongs what comes of the records of a lane up to this number, of those that have one.
    pub fn record_traces(&self, lane: LaneKey<'_>, until: i64) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT trace FROM connector_record WHERE connector_id = ?1 AND stage = ?2 AND lane = ?3 \
             AND number <= ?4 AND trace IS NOT NULL ORDER BY number",
        )?;
        let rows = statement
            .query_map((lane.connector_id, lane.stage, lane.lane, until), |row| {
                row.get(0)
            })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The records of a lane with numbers above `after` that are messages of queues.
    pub fn held_records(
        &self,
        lane: LaneKey<'_>,
        after: i64,
    ) -> Result<Vec<WaitingRecord>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT number, time_ms, record, trace, receipt FROM connector_record \
             WHERE connector_id = ?1 AND stage = ?2 AND lane = ?3 AND number > ?4 \
             AND receipt IS NOT NULL ORDER BY number",
        )?;
        let bounds = (lane.connector_id, lane.stage, lane.lane, after);
        let rows = statement.query_map(bounds, waiting_record)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The receipts of the records of a lane up to this number, of those that are messages of queues.
    pub fn record_receipts(
        &self,
        lane: LaneKey<'_>,
        until: i64,
    ) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT receipt FROM connector_record WHERE connector_id = ?1 AND stage = ?2 AND lane = ?3 \
             AND number <= ?4 AND receipt IS NOT NULL",
        )?;
        let bounds = (lane.connector_id, lane.stage, lane.lane, until);
        let rows = statement.query_map(bounds, |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Removes the records of a lane up to this number.
    pub fn remove_records(&self, lane: LaneKey<'_>, until: i64) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "DELETE FROM connector_record \
                 WHERE connector_id = ?1 AND stage = ?2 AND lane = ?3 AND number <= ?4",
            )?
            .execute((lane.connector_id, lane.stage, lane.lane, until))?;
        Ok(())
    }

    /// Removes one record.
    pub fn remove_record(&self, number: i64) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("DELETE FROM connector_record WHERE number = ?1")?
            .execute([number])?;
        Ok(())
    }

    /// Moves all records of a stage to another.
    pub fn move_stage(&self, connector_id: &str, from: u32, to: u32) -> Result<(), StoreError> {
        self.connection.execute(
            "UPDATE connector_record SET stage = ?3 WHERE connector_id = ?1 AND stage = ?2",
            (connector_id, from, to),
        )?;
        Ok(())
    }
}

impl FolderSession<'_> {
    /// The tenancy and OCID of each connector that moves.
    pub fn active_connectors(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT tenancy_id, connector_id FROM connector_movement WHERE is_active ORDER BY connector_id",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Has a log's entries read from a file.
    pub fn put_followed_log(&self, log: &FollowedLog) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT OR REPLACE INTO followed_log (log_id, log_group_id, compartment_id, file) \
             VALUES (?1, ?2, ?3, ?4)",
            (
                &log.log_id,
                &log.log_group_id,
                &log.compartment_id,
                &log.file,
            ),
        )?;
        Ok(())
    }

    /// The logs that are followed, by OCID.
    pub fn followed_logs(&self) -> Result<Vec<FollowedLog>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT log_id, log_group_id, compartment_id, file FROM followed_log ORDER BY log_id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(FollowedLog {
                log_id: row.get(0)?,
                log_group_id: row.get(1)?,
                compartment_id: row.get(2)?,
                file: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Lets go of a log; false when it was not followed.
    pub fn remove_followed_log(&self, log_id: &str) -> Result<bool, StoreError> {
        let removed = self
            .connection
            .execute("DELETE FROM followed_log WHERE log_id = ?1", [log_id])?;
        Ok(removed > 0)
    }
}
