//! Logs of deleted streams that are still to be removed.
//!
//! A stream's record changes in a transaction; its files do not. What is noted here in the same transaction
//! is removed afterwards, at the latest when the data folder is opened next.

use super::{FolderSession, StoreError};

impl FolderSession<'_> {
    /// Notes that the logs of a stream are to be removed.
    pub fn doom_log(&self, stream_id: &str) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO doomed_log (stream_id) VALUES (?1)")?
            .execute([stream_id])?;
        Ok(())
    }

    /// The streams whose logs are still to be removed.
    pub fn doomed_logs(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT stream_id FROM doomed_log ORDER BY stream_id")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes that the logs of a stream are gone.
    pub fn forget_doomed_log(&self, stream_id: &str) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("DELETE FROM doomed_log WHERE stream_id = ?1")?
            .execute([stream_id])?;
        Ok(())
    }
}
