//! Copies of the metadata, and databases that come from elsewhere.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{Store, StoreError};

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

fn schema(connection: &Connection) -> Result<Vec<(String, String, Option<String>)>, StoreError> {
    let mut statement = connection
        .prepare("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name")?;
    let parts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(parts.collect::<Result<_, _>>()?)
}
