//! The audit trail: a row for each call that changed a resource, or was refused to; the newest of them.

use rusqlite::Row;

use super::{FolderSession, StoreError};

/// How many rows are kept: the newest.
const MOST_AUDIT_ENTRIES: i64 = 10_000;

/// Every how many rows those that are not to be kept are removed.
const REMOVED_EVERY: i64 = 64;

/// The tables of this module, for the migrations.
pub(super) const SCHEMA: &str = "
    CREATE TABLE audit (
        id            INTEGER PRIMARY KEY AUTOINCREMENT,
        time_ms       INTEGER NOT NULL,
        service       TEXT NOT NULL,
        operation     TEXT NOT NULL,
        status        INTEGER NOT NULL,
        tenancy_id    TEXT NOT NULL,
        user_id       TEXT,
        request_id    TEXT,
        resource_id   TEXT,
        resource_name TEXT
    );
";

/// Tells claims from what was proved.
pub(super) const CLAIMS_SCHEMA: &str =
    "ALTER TABLE audit ADD COLUMN user_is_verified INTEGER NOT NULL DEFAULT 1";

/// A call that changed a resource, or was refused to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When, in milliseconds.
    pub time_ms: i64,
    /// The service, as commands name it.
    pub service: String,
    /// The operation, as `create_stream`.
    pub operation: String,
    /// The HTTP status of its answer.
    pub status: u16,
    /// The caller's tenancy.
    pub tenancy_id: String,
    /// The caller, where it is known.
    pub user_id: Option<String>,
    /// Whether the caller has proved to be that user.
    pub user_is_verified: bool,
    /// The `opc-request-id` of the reply, where there is one.
    pub request_id: Option<String>,
    /// The OCID of what it was about, or the name that the caller used.
    pub resource_id: Option<String>,
    /// Its name, where the call or its answer tells.
    pub resource_name: Option<String>,
}

/// Which entries to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter<'f> {
    /// From this time on, in milliseconds.
    pub since_ms: Option<i64>,
    /// Before this time, in milliseconds.
    pub until_ms: Option<i64>,
    /// With this in the OCID or the name of the resource.
    pub resource: Option<&'f str>,
}

impl FolderSession<'_> {
    /// Notes a call. Now and then the oldest of too many are forgotten.
    pub fn put_audit_entry(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT INTO audit (time_ms, service, operation, status, tenancy_id, user_id, request_id, \
                 resource_id, resource_name, user_is_verified) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute((
                entry.time_ms,
                &entry.service,
                &entry.operation,
                entry.status,
                &entry.tenancy_id,
                &entry.user_id,
                &entry.request_id,
                &entry.resource_id,
                &entry.resource_name,
                entry.user_is_verified,
            ))?;
        let id = self.connection.last_insert_rowid();
        if id % REMOVED_EVERY == 0 {
            self.connection
                .prepare_cached("DELETE FROM audit WHERE id <= ?1")?
                .execute([id - MOST_AUDIT_ENTRIES])?;
        }
        Ok(())
    }

    /// The newest entries that pass the filter, at most `limit`, the newest first.
    pub fn audit_entries(
        &self,
        filter: &AuditFilter<'_>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT time_ms, service, operation, status, tenancy_id, user_id, request_id, resource_id, \
             resource_name, user_is_verified FROM audit \
             WHERE (?1 IS NULL OR time_ms >= ?1) AND (?2 IS NULL OR time_ms < ?2) \
             AND (?3 IS NULL OR instr(coalesce(resource_id, ''), ?3) OR instr(coalesce(resource_name, ''), ?3)) \
             AND id > (SELECT coalesce(max(id), 0) FROM audit) - ?4 \
             ORDER BY id DESC LIMIT ?5",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map(
            (
                filter.since_ms,
                filter.until_ms,
                filter.resource,
                MOST_AUDIT_ENTRIES,
                limit,
            ),
            from_row,
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        time_ms: row.get(0)?,
        service: row.get(1)?,
        operation: row.get(2)?,
        status: row.get(3)?,
        tenancy_id: row.get(4)?,
        user_id: row.get(5)?,
        request_id: row.get(6)?,
        resource_id: row.get(7)?,
        resource_name: row.get(8)?,
        user_is_verified: row.get(9)?,
    })
}
