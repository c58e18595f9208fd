//! Transactions whose statements are prepared once: to parse them takes longer than some changes do.

use std::ops::Deref;

use rusqlite::Connection;

use super::StoreError;

/// A change that is undone, unless it is committed.
pub(super) struct Transaction<'c> {
    connection: &'c Connection,
    is_over: bool,
}

impl<'c> Transaction<'c> {
    /// Begins a change. There is no other on this connection.
    pub(super) fn begin(connection: &'c Connection) -> rusqlite::Result<Self> {
        run(connection, "BEGIN IMMEDIATE")?;
        Ok(Self {
            connection,
            is_over: false,
        })
    }

    /// Makes the change last.
    pub(super) fn commit(mut self) -> rusqlite::Result<()> {
        run(self.connection, "COMMIT")?;
        self.is_over = true;
        Ok(())
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Self::Target {
        self.connection
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // Some errors have undone it already.
        if !self.is_over && !self.connection.is_autocommit() {
            let _ = run(self.connection, "ROLLBACK");
        }
    }
}

/// Does a part of a change, which is undone by itself if it fails.
pub(super) fn part<T, E: From<StoreError>>(
    connection: &Connection,
    work: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let step = |statement| run(connection, statement).map_err(StoreError::from);
    step("SAVEPOINT part")?;
    let result = work();
    if result.is_err() {
        step("ROLLBACK TO part")?;
    }
    step("RELEASE part")?;
    result
}

fn run(connection: &Connection, statement: &'static str) -> rusqlite::Result<()> {
    connection.prepare_cached(statement)?.execute([])?;
    Ok(())
}
