//! Copies of the metadata, and databases that come from elsewhere.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{FolderSession, Store, StoreError};

/// The columns whose texts are JSON.
const JSON_COLUMNS: [(&str, &str); 13] = [
    ("alarm_evaluation", "evaluation"),
    ("alarm_watch", "state"),
    ("connector_movement", "movement"),
    ("delivery", "task"),
    ("effect", "effect"),
    ("function", "definition"),
    ("function_run", "run"),
    ("inbox_message", "message"),
    ("metric_series", "dimensions"),
    ("metric_series", "metadata"),
    ("resource", "details"),
    ("setting", "value"),
    ("trace_hop", "hop"),
];

/// The columns whose texts name folders.
const FOLDER_COLUMNS: [(&str, &str); 2] = [("resource", "id"), ("doomed_log", "stream_id")];

/// A resource, whatever its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceKey {
    /// Its tenancy's OCID.
    pub tenancy_id: String,
    /// Its kind.
    pub kind: String,
    /// Its OCID.
    pub id: String,
}

impl Store {
    /// Writes the metadata as it is now into a new database file, and does `work` before anything changes.
    pub fn copy_to<T, E>(&self, path: &Path, work: impl FnOnce() -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let connection = self.lock();
        let path = path.to_string_lossy();
        let copied = connection.execute("VACUUM INTO ?1", [&path]);
        copied.map_err(StoreError::from)?;
        work()
    }

    /// What the database is made of: type, name and text of each part.
    pub fn schema(&self) -> Result<Vec<(String, String, Option<String>)>, StoreError> {
        schema(&self.lock())
    }

    /// Looks through a database file that comes from elsewhere, without running anything that stands in it.
    pub fn check_file(path: &Path) -> Result<(), StoreError> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
        let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        match found.as_str() {
            "ok" => Ok(()),
            _ => Err(StoreError::Damaged(found)),
        }
    }
}

impl FolderSession<'_> {
    /// Looks through the rows of a database that comes from elsewhere: SQLite keeps any value in any column.
    pub fn check_rows(&self) -> Result<(), StoreError> {
        for (table, column, kind, is_required) in self.columns()? {
            let allowed = match is_required {
                true => format!("'{kind}'"),
                false => format!("'{kind}', 'null'"),
            };
            let wrong = format!("typeof({column}) NOT IN ({allowed})");
            self.expect_none(&table, &column, &wrong, &format!("is no {kind}"))?;
        }
        for (table, column) in JSON_COLUMNS {
            self.expect_none(
                table,
                column,
                &format!("NOT json_valid({column})"),
                "is no JSON",
            )?;
        }
        for (table, column) in FOLDER_COLUMNS {
            let wrong = format!("{column} NOT GLOB 'ocid1.*' OR {column} GLOB '*[^A-Za-z0-9._-]*'");
            self.expect_none(table, column, &wrong, "is no OCID")?;
        }
        Ok(())
    }

    /// The resources of all kinds and tenancies that are not deleted.
    pub fn resource_keys(&self) -> Result<Vec<ResourceKey>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT tenancy_id, kind, id FROM resource WHERE time_deleted_ms IS NULL ORDER BY kind, id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(ResourceKey {
                tenancy_id: row.get(0)?,
                kind: row.get(1)?,
                id: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The columns of all tables: table, column, type of its values, and whether there must be one.
    fn columns(&self) -> Result<Vec<(String, String, String, bool)>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT part.name, field.name, lower(field.type), field.\"notnull\" \
             FROM sqlite_schema AS part, pragma_table_info(part.name) AS field \
             WHERE part.type = 'table' AND part.name NOT LIKE 'sqlite_%'",
        )?;
        let rows = statement.query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Refuses a table with a row of which `wrong` is true.
    fn expect_none(
        &self,
        table: &str,
        column: &str,
        wrong: &str,
        told: &str,
    ) -> Result<(), StoreError> {
        let query = format!("SELECT EXISTS (SELECT 1 FROM \"{table}\" WHERE {wrong})");
        match self.connection.query_row(&query, [], |row| row.get(0))? {
            false => Ok(()),
            true => Err(StoreError::Damaged(format!("a {column} of {table} {told}"))),
        }
    }
}

fn schema(connection: &Connection) -> Result<Vec<(String, String, Option<String>)>, StoreError> {
    let mut statement = connection
        .prepare("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name")?;
    let parts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(parts.collect::<Result<_, _>>()?)
}
