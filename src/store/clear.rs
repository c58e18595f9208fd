//! Forgetting everything.

use rusqlite::Connection;

use super::{Store, StoreError};

impl Store {
    /// Removes every row of every table, and gives the room back. The logs of the streams are noted for removal
    /// in the same change.
    pub fn clear(&self) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        transaction.execute(
            "INSERT OR IGNORE INTO doomed_log (stream_id) SELECT id FROM resource WHERE kind = 'stream'",
            [],
        )?;
        for table in tables(&transaction)? {
            if table != "doomed_log" {
                transaction.execute(&format!("DELETE FROM \"{table}\""), [])?;
            }
        }
        transaction.commit()?;
        connection.execute_batch("VACUUM")?;
        Ok(())
    }
}

fn tables(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}
