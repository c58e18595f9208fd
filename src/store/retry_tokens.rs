//! Replies to requests that carried an `opc-retry-token`, so that a repeated request acts once.

use rusqlite::OptionalExtension;

use super::{Session, StoreError};

/// A request that was answered before, and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// What was asked: operation and parameters, as text that is equal for equal requests.
    pub request: String,
    /// The reply, as JSON.
    pub reply: String,
}

impl Session<'_> {
    /// The request that carried this token since `since_ms`.
    pub fn remembered(&self, token: &str, since_ms: i64) -> Result<Option<Remembered>, StoreError> {
        Ok(self
            .connection
            .query_row(
                "SELECT request, reply FROM retry_token \
                 WHERE tenancy_id = ?1 AND token = ?2 AND time_ms >= ?3",
                (self.tenancy_id, token, since_ms),
                |row| {
                    Ok(Remembered {
                        request: row.get(0)?,
                        reply: row.get(1)?,
                    })
                },
            )
            .optional()?)
    }

    /// Keeps an answer under its token, and forgets those from before `since_ms`.
    pub fn remember(
        &self,
        token: &str,
        answered: &Remembered,
        now_ms: i64,
        since_ms: i64,
    ) -> Result<(), StoreError> {
        self.connection
            .execute("DELETE FROM retry_token WHERE time_ms < ?1", [since_ms])?;
        self.connection.execute(
            "INSERT OR REPLACE INTO retry_token (tenancy_id, token, request, reply, time_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                self.tenancy_id,
                token,
                &answered.request,
                &answered.reply,
                now_ms,
            ),
        )?;
        Ok(())
    }
}
