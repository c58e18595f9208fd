//! The schema and its history: each entry brings a database from one format to the next.
//!
//! `PRAGMA user_version` holds the format. Entries are never edited once released; a change of the schema
//! is a new entry. A migration runs in one transaction, so a folder is old or new, never between.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

const MIGRATIONS: [&str; 18] = [
    "
    CREATE TABLE resource (
        id              TEXT PRIMARY KEY,
        kind            TEXT NOT NULL,
        name            TEXT NOT NULL,
        compartment_id  TEXT NOT NULL,
        parent_id       TEXT,
        state           TEXT NOT NULL,
        etag            TEXT NOT NULL,
        time_created_ms INTEGER NOT NULL,
        time_deleted_ms INTEGER,
        details         TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX resource_by_compartment_name ON resource (kind, compartment_id, name, id);
    CREATE INDEX resource_by_compartment_time ON resource (kind, compartment_id, time_created_ms, id);
    CREATE INDEX resource_by_parent_name ON resource (kind, parent_id, name, id);
    CREATE INDEX resource_by_name ON resource (kind, name);

    CREATE TABLE consumer_group (
        stream_id    TEXT NOT NULL,
        name         TEXT NOT NULL,
        generation   INTEGER NOT NULL,
        last_used_ms INTEGER NOT NULL,
        PRIMARY KEY (stream_id, name)
    ) WITHOUT ROWID;
    CREATE TABLE group_partition (
        stream_id         TEXT NOT NULL,
        group_name        TEXT NOT NULL,
        partition_index   INTEGER NOT NULL,
        start_offset      INTEGER NOT NULL,
        committed_offset  INTEGER,
        epoch             INTEGER NOT NULL,
        reserved_instance TEXT,
        reserved_until_ms INTEGER,
        PRIMARY KEY (stream_id, group_name, partition_index)
    ) WITHOUT ROWID;
    CREATE TABLE group_instance (
        stream_id     TEXT NOT NULL,
        group_name    TEXT NOT NULL,
        name          TEXT NOT NULL,
        timeout_ms    INTEGER NOT NULL,
        last_seen_ms  INTEGER NOT NULL,
        PRIMARY KEY (stream_id, group_name, name)
    ) WITHOUT ROWID;

    CREATE TABLE work_request (
        id               TEXT PRIMARY KEY,
        service          TEXT NOT NULL,
        compartment_id   TEXT NOT NULL,
        resource_id      TEXT NOT NULL,
        operation_type   TEXT NOT NULL,
        entity_type      TEXT NOT NULL,
        action_type      TEXT NOT NULL,
        time_accepted_ms INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX work_request_by_compartment ON work_request (service, compartment_id, time_accepted_ms, id);

    CREATE TABLE retry_token (
        token       TEXT PRIMARY KEY,
        request     TEXT NOT NULL,
        reply       TEXT NOT NULL,
        time_ms     INTEGER NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE setting (
        name  TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID;
",
    // Every list finds its order in an index. A default pool has its compartment as parent, so that it stays
    // the default under any name. Logs of deleted streams are noted until they are removed.
    "
    CREATE INDEX resource_by_parent_time ON resource (kind, parent_id, time_created_ms, id);
    CREATE INDEX resource_by_deletion ON resource (time_deleted_ms) WHERE time_deleted_ms IS NOT NULL;
    CREATE INDEX work_request_by_resource ON work_request (service, resource_id, time_accepted_ms, id);
    CREATE INDEX retry_token_by_time ON retry_token (time_ms);
    UPDATE resource SET parent_id = compartment_id
        WHERE kind = 'streampool' AND json_extract(details, '$.is_default');
    CREATE TABLE doomed_log (stream_id TEXT PRIMARY KEY) WITHOUT ROWID;
",
    // Tenancies: what was there before belongs to the local one. Who may call: keys that sign requests, and
    // tokens for the protocols with passwords, of which only what RFC 5802 has a server keep is stored.
    "
    ALTER TABLE resource ADD COLUMN tenancy_id TEXT NOT NULL DEFAULT 'ocid1.tenancy.oc1..local';
    DROP INDEX resource_by_compartment_name;
    DROP INDEX resource_by_compartment_time;
    DROP INDEX resource_by_parent_name;
    DROP INDEX resource_by_parent_time;
    DROP INDEX resource_by_name;
    CREATE INDEX resource_by_compartment_name ON resource (tenancy_id, kind, compartment_id, name, id);
    CREATE INDEX resource_by_compartment_time
        ON resource (tenancy_id, kind, compartment_id, time_created_ms, id);
    CREATE INDEX resource_by_parent_name ON resource (tenancy_id, kind, parent_id, name, id);
    CREATE INDEX resource_by_parent_time ON resource (tenancy_id, kind, parent_id, time_created_ms, id);
    CREATE INDEX resource_by_name ON resource (tenancy_id, kind, name);

    ALTER TABLE work_request ADD COLUMN tenancy_id TEXT NOT NULL DEFAULT 'ocid1.tenancy.oc1..local';
    DROP INDEX work_request_by_compartment;
    DROP INDEX work_request_by_resource;
    CREATE INDEX work_request_by_compartment
        ON work_request (tenancy_id, service, compartment_id, time_accepted_ms, id);
    CREATE INDEX work_request_by_resource
        ON work_request (tenancy_id, service, resource_id, time_accepted_ms, id);

    ALTER TABLE retry_token RENAME TO retry_token_of_one_tenancy;
    CREATE TABLE retry_token (
        tenancy_id  TEXT NOT NULL,
        token       TEXT NOT NULL,
        request     TEXT NOT NULL,
        reply       TEXT NOT NULL,
        time_ms     INTEGER NOT NULL,
        PRIMARY KEY (tenancy_id, token)
    ) WITHOUT ROWID;
    INSERT INTO retry_token SELECT 'ocid1.tenancy.oc1..local', token, request, reply, time_ms
        FROM retry_token_of_one_tenancy;
    DROP TABLE retry_token_of_one_tenancy;
    CREATE INDEX retry_token_by_time ON retry_token (time_ms);

    CREATE TABLE api_key (
        tenancy_id      TEXT NOT NULL,
        user_id         TEXT NOT NULL,
        fingerprint     TEXT NOT NULL,
        public_key      TEXT NOT NULL,
        time_created_ms INTEGER NOT NULL,
        PRIMARY KEY (tenancy_id, user_id, fingerprint)
    ) WITHOUT ROWID;
    CREATE TABLE auth_token (
        id                TEXT PRIMARY KEY,
        tenancy_id        TEXT NOT NULL,
        user_name         TEXT NOT NULL,
        description       TEXT,
        salt              BLOB NOT NULL,
        iterations        INTEGER NOT NULL,
        sha256_stored_key BLOB NOT NULL,
        sha256_server_key BLOB NOT NULL,
        sha512_stored_key BLOB NOT NULL,
        sha512_server_key BLOB NOT NULL,
        time_created_ms   INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX auth_token_by_user ON auth_token (tenancy_id, user_name);
    CREATE TABLE tenancy (
        id   TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE
    ) WITHOUT ROWID;
    ",
    // Consumer groups of Kafka clients.
    "
    CREATE TABLE kafka_group (
        pool_id      TEXT NOT NULL,
        id           TEXT NOT NULL,
        state        BLOB,
        last_used_ms INTEGER NOT NULL,
        PRIMARY KEY (pool_id, id)
    ) WITHOUT ROWID;
    CREATE TABLE kafka_offset (
        pool_id         TEXT NOT NULL,
        group_id        TEXT NOT NULL,
        stream_id       TEXT NOT NULL,
        partition_index INTEGER NOT NULL,
        next_offset     INTEGER NOT NULL,
        leader_epoch    INTEGER NOT NULL,
        metadata        TEXT NOT NULL,
        committed_ms    INTEGER NOT NULL,
        PRIMARY KEY (pool_id, group_id, stream_id, partition_index)
    ) WITHOUT ROWID;
    CREATE INDEX kafka_offset_by_stream ON kafka_offset (stream_id);
  ",
    // Notifications: what a change causes elsewhere, what is to be delivered, what people would have
    // received, and the functions of this machine. Numbers of deliveries and messages are never used again.
    "
    CREATE TABLE effect (
        id           INTEGER PRIMARY KEY AUTOINCREMENT,
        tenancy_id   TEXT NOT NULL,
        rest_address TEXT NOT NULL,
        effect       TEXT NOT NULL
    );
    CREATE TABLE delivery (
        id              INTEGER PRIMARY KEY AUTOINCREMENT,
        subscription_id TEXT,
        lane            TEXT NOT NULL,
        task            TEXT NOT NULL,
        attempts        INTEGER NOT NULL,
        time_created_ms INTEGER NOT NULL,
        patience_ms     INTEGER NOT NULL,
        due_ms          INTEGER NOT NULL,
        leased_until_ms INTEGER NOT NULL
    );
    CREATE INDEX delivery_by_lane ON delivery (lane, due_ms, id);
    CREATE INDEX delivery_by_due ON delivery (due_ms);
    CREATE INDEX delivery_by_lease ON delivery (leased_until_ms, lane);
    CREATE INDEX delivery_by_subscription ON delivery (subscription_id);
    CREATE TABLE inbox_message (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        time_ms INTEGER NOT NULL,
        message TEXT NOT NULL
    );
    CREATE TABLE function (
        id         TEXT PRIMARY KEY,
        name       TEXT NOT NULL UNIQUE,
        definition TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE function_run (
        id          INTEGER PRIMARY KEY AUTOINCREMENT,
        function_id TEXT NOT NULL,
        run         TEXT NOT NULL
    );
    CREATE INDEX function_run_by_function ON function_run (function_id, id);
",
    super::queue_messages::SCHEMA,
    super::trace::SCHEMA,
    super::metrics::SCHEMA,
    super::connectors::SCHEMA,
    super::audit::SCHEMA,
    super::metrics::BACKLOG_SCHEMA,
    super::alarms::SCHEMA,
    super::connectors::TRACE_SCHEMA,
    super::audit::CLAIMS_SCHEMA,
    super::metrics::BACKLOG_FILE_SCHEMA,
    super::outbox::TENANCY_SCHEMA,
    super::connectors::RECEIPT_SCHEMA,
    super::outbox::HOLDER_SCHEMA,
];

/// Refuses a database whose format is newer than this program.
pub(super) fn check_known(connection: &Connection, path: Option<&Path>) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as i64;
    let found = format_of(connection)?;
    match (0..=known).contains(&found) {
        true => Ok(()),
        false => Err(StoreError::TooNew {
            path: path.map_or_else(|| "memory".to_owned(), |p| p.display().to_string()),
            found,
            known,
        }),
    }
}

/// Whether the database holds nothing yet.
pub(super) fn is_new(connection: &Connection) -> Result<bool, StoreError> {
    Ok(format_of(connection)? == 0)
}

/// Brings the database to the newest format, or refuses one that is newer still.
pub(super) fn migrate(connection: &mut Connection, path: Option<&Path>) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as i64;
    check_known(connection, path)?;
    if format_of(connection)? == known {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = usize::try_from(format_of(&transaction)?).unwrap_or(usize::MAX);
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    note_format(&transaction)?;
    Ok(transaction.commit()?)
}

/// Notes that the database has the newest format. It is a change even where that was noted before.
pub(super) fn note_format(connection: &Connection) -> Result<(), StoreError> {
    Ok(connection.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?)
}

fn format_of(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_newer_format_and_leaves_it_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        let error = migrate(&mut connection, None).unwrap_err();
        assert!(error.to_string().contains("format 99"), "{error}");
        assert_eq!(format_of(&connection).unwrap(), 99);
    }

    #[test]
    fn deliveries_become_those_of_their_subscriptions_tenancy() {
        let mut connection = Connection::open_in_memory().unwrap();
        for migration in &MIGRATIONS[..15] {
            connection.execute_batch(migration).unwrap();
        }
        connection.pragma_update(None, "user_version", 15).unwrap();
        connection
            .execute_batch(
                "INSERT INTO resource VALUES ('s', 'onssubscription', 'n', 'c', NULL, 'ACTIVE', '', 0, NULL, '{}', 't');
                 INSERT INTO delivery VALUES (1, 's', 'a@b', '{}', 0, 0, 0, 0, 0);
                 INSERT INTO delivery VALUES (2, NULL, 'function', '{}', 0, 0, 0, 0, 0);",
            )
            .unwrap();
        migrate(&mut connection, None).unwrap();
        let tenancy_of = |id: i64| -> String {
            let sql = "SELECT tenancy_id FROM delivery WHERE id = ?1";
            connection.query_row(sql, [id], |row| row.get(0)).unwrap()
        };
        assert_eq!(tenancy_of(1), "t");
        assert_eq!(tenancy_of(2), "ocid1.tenancy.oc1..local");
    }

    #[test]
    fn migrates_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, None).unwrap();
        migrate(&mut connection, None).unwrap();
        assert_eq!(format_of(&connection).unwrap(), MIGRATIONS.len() as i64);
    }
}
