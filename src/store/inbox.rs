//! The inbox: messages that would have reached a person.

use rusqlite::OptionalExtension;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{FolderSession, StoreError, from_json, to_json};

/// How many messages are kept: the newest.
const MOST_MESSAGES: i64 = 10_000;

/// A message in the inbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InboxEntry<M> {
    /// Its number; later ones have larger numbers.
    pub id: i64,
    /// When it came, in milliseconds.
    pub time_ms: i64,
    /// The message.
    pub message: M,
}

impl FolderSession<'_> {
    /// Puts a message into the inbox, out of which the oldest fall when there are too many.
    pub fn put_inbox_message<M: Serialize>(
        &self,
        time_ms: i64,
        message: &M,
    ) -> Result<i64, StoreError> {
        self.connection
            .prepare_cached("INSERT INTO inbox_message (time_ms, message) VALUES (?1, ?2)")?
            .execute((time_ms, to_json(message)))?;
        let id = self.connection.last_insert_rowid();
        self.connection
            .prepare_cached("DELETE FROM inbox_message WHERE id <= ?1")?
            .execute([id - MOST_MESSAGES])?;
        Ok(id)
    }

    /// The message with this number.
    pub fn inbox_message<M: DeserializeOwned>(
        &self,
        id: i64,
    ) -> Result<Option<InboxEntry<M>>, StoreError> {
        let found: Option<(i64, String)> = self
            .connection
            .prepare_cached("SELECT time_ms, message FROM inbox_message WHERE id = ?1")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((time_ms, text)) = found else {
            return Ok(None);
        };
        Ok(Some(InboxEntry {
            id,
            time_ms,
            message: from_json("message", &text)?,
        }))
    }

    /// The newest messages, at most `limit`, the newest first.
    pub fn inbox_messages<M: DeserializeOwned>(
        &self,
        limit: usize,
    ) -> Result<Vec<InboxEntry<M>>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, time_ms, message FROM inbox_message ORDER BY id DESC LIMIT ?1",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map([limit], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?))
        })?;
        rows.map(|row| {
            let (id, time_ms, text) = row?;
            Ok(InboxEntry {
                id,
                time_ms,
                message: from_json("message", &text)?,
            })
        })
        .collect()
    }
}
