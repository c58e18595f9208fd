//! Traces: what became of events and messages, a row a hop, the newest of them.

use rusqlite::{OptionalExtension, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{FolderSession, StoreError, from_json, to_json};

/// How many hops are kept: the newest.
pub const MOST_TRACE_HOPS: i64 = 10_000;

/// How long a hop is kept, in days: longer than deliveries are tried.
pub const TRACE_KEPT_DAYS: i64 = 30;

/// The same in milliseconds.
const KEPT_MS: i64 = TRACE_KEPT_DAYS * 24 * 3_600_000;

/// Every how many hops those that are not to be kept are removed: one by one it would cost as much as keeping
/// one does.
const REMOVED_EVERY: i64 = 64;

/// The tables of this module, for the migrations. Numbers of hops are never used again.
pub(super) const SCHEMA: &str = "
    CREATE TABLE trace_hop (
        id        INTEGER PRIMARY KEY AUTOINCREMENT,
        trace_id  TEXT NOT NULL,
        parent_id INTEGER,
        alias     TEXT,
        time_ms   INTEGER NOT NULL,
        hop       TEXT NOT NULL
    );
    CREATE INDEX trace_hop_by_trace ON trace_hop (trace_id);
    CREATE INDEX trace_hop_by_alias ON trace_hop (alias) WHERE alias IS NOT NULL;
    CREATE INDEX trace_hop_by_time ON trace_hop (time_ms);
";

/// A hop to keep.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTraceHop<'h, H> {
    /// The trace that it belongs to.
    pub trace_id: &'h str,
    /// The number of the hop that led to it; the first of a trace has none.
    pub parent_id: Option<i64>,
    /// Another id by which the trace can be found.
    pub alias: Option<&'h str>,
    /// When it happened, in milliseconds.
    pub time_ms: i64,
    /// What happened.
    pub hop: &'h H,
}

/// A hop that is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredTraceHop<H> {
    /// Its number; later ones have larger numbers.
    pub id: i64,
    /// The number of the hop that led to it, which may not be kept any more.
    pub parent_id: Option<i64>,
    /// When it happened, in milliseconds.
    pub time_ms: i64,
    /// What happened.
    pub hop: H,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<StoredTraceHop<String>> {
    Ok(StoredTraceHop {
        id: row.get(0)?,
        parent_id: row.get(1)?,
        time_ms: row.get(2)?,
        hop: row.get(3)?,
    })
}

impl FolderSession<'_> {
    /// Keeps a hop, and returns its number. Now and then the oldest of too many are forgotten, and those that are
    /// too old.
    pub fn put_trace_hop<H: Serialize>(&self, new: &NewTraceHop<'_, H>) -> Result<i64, StoreError> {
        self.connection
            .prepare_cached(
                "INSERT INTO trace_hop (trace_id, parent_id, alias, time_ms, hop) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((
                new.trace_id,
                new.parent_id,
                new.alias,
                new.time_ms,
                to_json(new.hop),
            ))?;
        let id = self.connection.last_insert_rowid();
        if id % REMOVED_EVERY == 0 {
            self.connection
                .prepare_cached("DELETE FROM trace_hop WHERE id <= ?1 OR time_ms < ?2")?
                .execute((id - MOST_TRACE_HOPS, new.time_ms - KEPT_MS))?;
        }
        Ok(id)
    }

    /// The hops of a trace that are kept now, in the order in which they happened.
    pub fn trace_hops<H: DeserializeOwned>(
        &self,
        trace_id: &str,
        now_ms: i64,
    ) -> Result<Vec<StoredTraceHop<H>>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, parent_id, time_ms, hop FROM trace_hop \
             WHERE trace_id = ?1 AND time_ms >= ?2 ORDER BY id",
        )?;
        let rows = statement.query_map((trace_id, now_ms - KEPT_MS), from_row)?;
        rows.map(|row| {
            let raw = row?;
            Ok(StoredTraceHop {
                hop: from_json("hop of a trace", &raw.hop)?,
                id: raw.id,
                parent_id: raw.parent_id,
                time_ms: raw.time_ms,
            })
        })
        .collect()
    }

    /// The trace of the newest hop with this other id.
    pub fn trace_with_alias(&self, alias: &str, now_ms: i64) -> Result<Option<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT trace_id FROM trace_hop WHERE alias = ?1 AND time_ms >= ?2 \
             ORDER BY id DESC LIMIT 1",
        )?;
        let found = statement.query_row((alias, now_ms - KEPT_MS), |row| row.get(0));
        Ok(found.optional()?)
    }

    /// How many hops of a trace are kept.
    pub fn count_trace_hops(&self, trace_id: &str) -> Result<i64, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT COUNT(*) FROM trace_hop WHERE trace_id = ?1")?;
        Ok(statement.query_row([trace_id], |row| row.get(0))?)
    }

    /// The hops with other ids from one to another, which is the other id, the trace and the number of each, in
    /// the order in which they happened.
    pub fn trace_hops_with_aliases(
        &self,
        first: &str,
        last: &str,
    ) -> Result<Vec<(String, String, i64)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT alias, trace_id, id FROM trace_hop WHERE alias BETWEEN ?1 AND ?2 ORDER BY id",
        )?;
        let rows = statement.query_map((first, last), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The traces whose beginning is kept now, at most `limit`, the newest first.
    pub fn newest_traces(&self, limit: usize, now_ms: i64) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT trace_id FROM trace_hop WHERE parent_id IS NULL AND time_ms >= ?2 \
             GROUP BY trace_id ORDER BY MAX(id) DESC LIMIT ?1",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map((limit, now_ms - KEPT_MS), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
