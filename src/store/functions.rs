//! Functions of this machine, and what came of their runs.

use rusqlite::{OptionalExtension, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{FolderSession, StoreError, from_json, to_json};

/// How many runs of a function are kept: the newest.
const MOST_RUNS: i64 = 1000;

/// A function that was added.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedFunction<F> {
    /// Its OCID.
    pub id: String,
    /// Its name, which no other has.
    pub name: String,
    /// What it does.
    pub definition: F,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<NamedFunction<String>> {
    Ok(NamedFunction {
        id: row.get(0)?,
        name: row.get(1)?,
        definition: row.get(2)?,
    })
}

fn typed<F: DeserializeOwned>(raw: NamedFunction<String>) -> Result<NamedFunction<F>, StoreError> {
    Ok(NamedFunction {
        definition: from_json("function", &raw.definition)?,
        id: raw.id,
        name: raw.name,
    })
}

impl FolderSession<'_> {
    /// Stores a function.
    pub fn put_function<F: Serialize>(
        &self,
        function: &NamedFunction<F>,
    ) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT OR REPLACE INTO function (id, name, definition) VALUES (?1, ?2, ?3)",
            (&function.id, &function.name, to_json(&function.definition)),
        )?;
        Ok(())
    }

    /// The function with this OCID or name.
    pub fn function<F: DeserializeOwned>(
        &self,
        id_or_name: &str,
    ) -> Result<Option<NamedFunction<F>>, StoreError> {
        let raw = self
            .connection
            .prepare_cached("SELECT id, name, definition FROM function WHERE id = ?1 OR name = ?1")?
            .query_row([id_or_name], from_row)
            .optional()?;
        raw.map(typed).transpose()
    }

    /// All functions, by name.
    pub fn functions<F: DeserializeOwned>(&self) -> Result<Vec<NamedFunction<F>>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, name, definition FROM function ORDER BY name")?;
        let rows = statement.query_map([], from_row)?;
        rows.map(|row| typed(row?)).collect()
    }

    /// Removes a function and what is known of its runs.
    pub fn remove_function(&self, id: &str) -> Result<(), StoreError> {
        self.connection
            .execute("DELETE FROM function WHERE id = ?1", [id])?;
        self.connection
            .execute("DELETE FROM function_run WHERE function_id = ?1", [id])?;
        Ok(())
    }

    /// Keeps what came of a run of a function; the oldest of too many are forgotten.
    pub fn put_function_run<R: Serialize>(
        &self,
        function_id: &str,
        run: &R,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("INSERT INTO function_run (function_id, run) VALUES (?1, ?2)")?
            .execute((function_id, to_json(run)))?;
        self.connection
            .prepare_cached(
                "DELETE FROM function_run WHERE function_id = ?1 AND id <= \
                 (SELECT id FROM function_run WHERE function_id = ?1 \
                  ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            )?
            .execute((function_id, MOST_RUNS))?;
        Ok(())
    }

    /// The newest runs of a function, at most `limit`, the newest first.
    pub fn function_runs<R: DeserializeOwned>(
        &self,
        function_id: &str,
        limit: usize,
    ) -> Result<Vec<R>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT run FROM function_run WHERE function_id = ?1 ORDER BY id DESC LIMIT ?2",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map((function_id, limit), |row| row.get::<_, String>(0))?;
        rows.map(|row| from_json("run", &row?)).collect()
    }
}
