//! Settings of the data folder, as JSON values under names.

use rusqlite::OptionalExtension;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{FolderSession, StoreError, from_json, to_json};

impl FolderSession<'_> {
    /// The value of a setting, if it was ever set.
    pub fn setting<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let text: Option<String> = self
            .connection
            .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?;
        text.map(|text| from_json("setting", &text)).transpose()
    }

    /// Sets a setting.
    pub fn set_setting<T: Serialize>(&self, name: &str, value: &T) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)")?
            .execute([name, &to_json(value)])?;
        Ok(())
    }

    /// Takes a setting away.
    pub fn remove_setting(&self, name: &str) -> Result<(), StoreError> {
        self.connection
            .execute("DELETE FROM setting WHERE name = ?1", [name])?;
        Ok(())
    }
}
