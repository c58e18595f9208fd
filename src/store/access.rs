//! Who may call: keys that sign requests, tokens that stand for passwords, and the names of tenancies.

use rusqlite::{OptionalExtension, Row};

use super::{FolderSession, StoreError};

/// A registered public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The tenancy of its user.
    pub tenancy_id: String,
    /// Whose it is.
    pub user_id: String,
    /// Its fingerprint, in lower case.
    pub fingerprint: String,
    /// The key as PEM.
    pub public_key: String,
    /// When it was registered, in milliseconds.
    pub time_created_ms: i64,
}

/// A token that was given to a user, without the token itself.
///
/// It holds what RFC 5802 has a server store: neither of the keys leads back to the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthToken {
    /// Its OCID.
    pub id: String,
    /// The tenancy of its user.
    pub tenancy_id: String,
    /// Whose it is.
    pub user_name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The salt of its keys; tokens of one user have the same.
    pub salt: Vec<u8>,
    /// How often it was hashed.
    pub iterations: u32,
    /// `StoredKey` of SCRAM-SHA-256.
    pub sha256_stored_key: Vec<u8>,
    /// `ServerKey` of SCRAM-SHA-256.
    pub sha256_server_key: Vec<u8>,
    /// `StoredKey` of SCRAM-SHA-512.
    pub sha512_stored_key: Vec<u8>,
    /// `ServerKey` of SCRAM-SHA-512.
    pub sha512_server_key: Vec<u8>,
    /// When it was made, in milliseconds.
    pub time_created_ms: i64,
}

const KEY_COLUMNS: &str = "tenancy_id, user_id, fingerprint, public_key, time_created_ms";

const TOKEN_COLUMNS: &str = "id, tenancy_id, user_name, description, salt, iterations, \
                             sha256_stored_key, sha256_server_key, sha512_stored_key, \
                             sha512_server_key, time_created_ms";

fn key_from_row(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    Ok(ApiKey {
        tenancy_id: row.get(0)?,
        user_id: row.get(1)?,
        fingerprint: row.get(2)?,
        public_key: row.get(3)?,
        time_created_ms: row.get(4)?,
    })
}

fn token_from_row(row: &Row<'_>) -> rusqlite::Result<AuthToken> {
    Ok(AuthToken {
        id: row.get(0)?,
        tenancy_id: row.get(1)?,
        user_name: row.get(2)?,
        description: row.get(3)?,
        salt: row.get(4)?,
        iterations: row.get(5)?,
        sha256_stored_key: row.get(6)?,
        sha256_server_key: row.get(7)?,
        sha512_stored_key: row.get(8)?,
        sha512_server_key: row.get(9)?,
        time_created_ms: row.get(10)?,
    })
}

impl FolderSession<'_> {
    /// Registers a key. Whether it is new.
    pub fn insert_api_key(&self, key: &ApiKey) -> Result<bool, StoreError> {
        let sql =
            format!("INSERT OR IGNORE INTO api_key ({KEY_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5)");
        let inserted = self.connection.execute(
            &sql,
            (
                &key.tenancy_id,
                &key.user_id,
                &key.fingerprint,
                &key.public_key,
                key.time_created_ms,
            ),
        )?;
        Ok(inserted > 0)
    }

    /// All registered keys, by tenancy, user and fingerprint.
    pub fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let mut statement = self.connection.prepare(&format!(
            "SELECT {KEY_COLUMNS} FROM api_key ORDER BY tenancy_id, user_id, fingerprint"
        ))?;
        let rows = statement.query_map([], key_from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Takes a key away.
    pub fn remove_api_key(&self, key: &ApiKey) -> Result<(), StoreError> {
        self.connection.execute(
            "DELETE FROM api_key WHERE tenancy_id = ?1 AND user_id = ?2 AND fingerprint = ?3",
            [&key.tenancy_id, &key.user_id, &key.fingerprint],
        )?;
        Ok(())
    }

    /// Stores a new token.
    pub fn insert_auth_token(&self, token: &AuthToken) -> Result<(), StoreError> {
        let sql = format!(
            "INSERT INTO auth_token ({TOKEN_COLUMNS}) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
        );
        self.connection.execute(
            &sql,
            (
                &token.id,
                &token.tenancy_id,
                &token.user_name,
                &token.description,
                &token.salt,
                token.iterations,
                &token.sha256_stored_key,
                &token.sha256_server_key,
                &token.sha512_stored_key,
                &token.sha512_server_key,
                token.time_created_ms,
            ),
        )?;
        Ok(())
    }

    /// All tokens, by tenancy, user and time.
    pub fn auth_tokens(&self) -> Result<Vec<AuthToken>, StoreError> {
        let mut statement = self.connection.prepare(&format!(
            "SELECT {TOKEN_COLUMNS} FROM auth_token \
             ORDER BY tenancy_id, user_name, time_created_ms, id"
        ))?;
        let rows = statement.query_map([], token_from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The tokens of one user.
    pub fn auth_tokens_of(
        &self,
        tenancy_id: &str,
        user_name: &str,
    ) -> Result<Vec<AuthToken>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {TOKEN_COLUMNS} FROM auth_token \
             WHERE tenancy_id = ?1 AND user_name = ?2 ORDER BY time_created_ms, id"
        ))?;
        let rows = statement.query_map([tenancy_id, user_name], token_from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Takes a token away. Whether it was there.
    pub fn remove_auth_token(&self, id: &str) -> Result<bool, StoreError> {
        let removed = self
            .connection
            .execute("DELETE FROM auth_token WHERE id = ?1", [id])?;
        Ok(removed > 0)
    }

    /// The tenancy with this name.
    pub fn tenancy_named(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT id FROM tenancy WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?)
    }

    /// The name of a tenancy, if it was given one.
    pub fn tenancy_name(&self, id: &str) -> Result<Option<String>, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT name FROM tenancy WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?)
    }

    /// Gives a tenancy a name, which no other has.
    pub fn name_tenancy(&self, id: &str, name: &str) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO tenancy (id, name) VALUES (?1, ?2) \
             ON CONFLICT (id) DO UPDATE SET name = excluded.name",
            [id, name],
        )?;
        Ok(())
    }

    /// Takes away the names of tenancies that no token uses.
    pub fn forget_unused_tenancy_names(&self) -> Result<(), StoreError> {
        self.connection.execute(
            "DELETE FROM tenancy WHERE id NOT IN (SELECT tenancy_id FROM auth_token)",
            [],
        )?;
        Ok(())
    }
}
