//! What changes cause in other services, noted in the transaction of the change until it is carried out.

use rusqlite::OptionalExtension;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{FolderSession, Session, StoreError, from_json, to_json};

/// An effect that is still to be carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct NotedEffect<E> {
    /// Its number; later ones have larger numbers.
    pub id: i64,
    /// The tenancy in which it was caused, and in which it is carried out.
    pub tenancy_id: String,
    /// The address at which they find the services.
    pub rest_address: String,
    /// What is to be done.
    pub effect: E,
}

impl Session<'_> {
    /// Notes an effect of a change in this tenancy.
    pub fn note_effect<E: Serialize>(
        &self,
        rest_address: &str,
        effect: &E,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT INTO effect (tenancy_id, rest_address, effect) VALUES (?1, ?2, ?3)",
            )?
            .execute((self.tenancy_id, rest_address, to_json(effect)))?;
        self.leaves_work.set(true);
        Ok(())
    }
}

impl FolderSession<'_> {
    /// The oldest effect with a number above `after`.
    pub fn next_effect<E: DeserializeOwned>(
        &self,
        after: i64,
    ) -> Result<Option<NotedEffect<E>>, StoreError> {
        let found: Option<(i64, String, String, String)> = self
            .connection
            .prepare_cached(
                "SELECT id, tenancy_id, rest_address, effect FROM effect \
                 WHERE id > ?1 ORDER BY id LIMIT 1",
            )?
            .query_row([after], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        let Some((id, tenancy_id, rest_address, text)) = found else {
            return Ok(None);
        };
        Ok(Some(NotedEffect {
            id,
            tenancy_id,
            rest_address,
            effect: from_json("effect", &text)?,
        }))
    }

    /// Notes that an effect was carried out.
    pub fn remove_effect(&self, id: i64) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("DELETE FROM effect WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }
}
