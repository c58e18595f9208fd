//! Metadata in SQLite: resources, consumer groups, work requests, deliveries, settings.
//!
//! One connection, in WAL mode, for the one process that holds the data folder. Callers get a session for
//! the length of a closure; all that a closure under `write` does happens wholly or not at all. A commit is
//! in the write-ahead log when `write` returns, so it survives the end of the process; with
//! [`Durability::Fsync`] it survives a power cut too.
//!
//! What belongs to a tenancy is reached through [`Store::tenancy`] only: its [`Session`] reads and writes
//! the rows of that tenancy, so that no service can see those of others, or forget to leave them out.
//! [`FolderSession`] holds what belongs to the folder as a whole.

mod access;
mod alarms;
mod audit;
mod clear;
mod conditions;
mod connectors;
mod copy;
mod doomed_logs;
mod effects;
mod functions;
mod groups;
mod inbox;
mod inventory;
mod kafka_groups;
mod metrics;
mod migrations;
mod outbox;
mod page;
mod positions;
mod queue_deliveries;
mod queue_lanes;
mod queue_messages;
mod resources;
mod retry_tokens;
mod settings;
mod trace;
mod transaction;
mod work_requests;

use std::cell::Cell;
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};

pub use access::{ApiKey, AuthToken};
pub use alarms::{AlarmEvaluation, AlarmEvaluationFilter, AlarmStanding, AlarmWatch, WatchedAlarm};
pub use audit::{AuditEntry, AuditFilter};
pub use connectors::{FollowedLog, LaneKey, NewWaitingRecord, WaitingRecord};
pub use copy::ResourceKey;
pub use effects::NotedEffect;
pub use functions::NamedFunction;
pub use groups::{Group, GroupPartition, Instance};
pub use inbox::InboxEntry;
pub use inventory::Holding;
pub use kafka_groups::{KafkaGroup, KafkaOffset};
pub use metrics::{Bucket, Measurement, SeriesOwner, Stamped, Summary, minute_of};
pub use metrics::{Series, SeriesFilter, SeriesKey, Since};
pub use outbox::{NewDelivery, OutboxLane, StoredDelivery};
pub use page::{Order, Page, Place, PlaceValue};
pub use positions::GroupPlace;
pub use queue_deliveries::{Delivery, DeliveryRange, ExpiredDeliveries, Standing};
pub use queue_lanes::{LaneCounts, NEVER_MS, QueueLane, QueueState};
pub use queue_messages::{
    NewQueueMessage, QueueMessage, QueueRun, number_of, queue_message_id, queue_no_of,
};
pub use resources::{Filter, Resource, SortBy};
pub use retry_tokens::Remembered;
pub use trace::{MOST_TRACE_HOPS, NewTraceHop, StoredTraceHop, TRACE_KEPT_DAYS};
pub use work_requests::{WorkFilter, WorkRequest};

use crate::disk::{Disk, RealDisk};
use crate::log::Durability;
use transaction::Transaction;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite said no.
    #[error("the metadata store failed: {0}")]
    Sqlite(rusqlite::Error),
    /// There is no room for a change.
    #[error(
        "the disk is full, and nothing was changed: free some space where the data folder is, or choose \
         another folder with --data-dir"
    )]
    DiskFull,
    /// The database cannot be opened.
    #[error(
        "cannot use the database {path}: {source}. It is left as it is: restore it from a copy, or choose \
         another folder with --data-dir"
    )]
    Unusable {
        /// The database file.
        path: String,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The disk does not take the database.
    #[error(
        "cannot bring the database {path} to the disk: {source}. Make room there, or choose another folder with \
         --data-dir"
    )]
    Unsynced {
        /// The database file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// A row holds what this program cannot read.
    #[error("the metadata store holds a {what} that cannot be read: {source}")]
    Unreadable {
        /// What kind of row.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// A database that comes from elsewhere is damaged.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// The data folder was written by a later version of this program.
    #[error(
        "{path} was written by a newer ocelot (format {found}; this one knows {known}): update ocelot, \
         or choose another folder with --data-dir"
    )]
    TooNew {
        /// The database file.
        path: String,
        /// The format it has.
        found: i64,
        /// The newest format this program knows.
        known: i64,
    },
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            _ => Self::Sqlite(error),
        }
    }
}

/// How many prepared statements are kept for the next call: more than one call uses.
const STATEMENTS_KEPT: usize = 128;

/// How long the write-ahead log becomes, in pages, before its content is brought into the database: seldom
/// enough that the disk is not waited for all the time, often enough that a log left behind is read soon.
const CHECKPOINT_PAGES: i64 = 8000;

/// How much of the database is kept in memory at most, in KiB: enough for a day of a thousand metric series, which is
/// asked for again and again.
const CACHE_KIB: i64 = 32 * 1024;

/// The metadata of one data folder.
pub struct Store {
    connection: Mutex<Connection>,
    /// Called after each commit that leaves something to do: see [`Store::on_work_left`].
    on_work_left: Box<dyn Fn() + Send + Sync>,
    path: Option<PathBuf>,
    durability: Durability,
}

impl Store {
    /// Opens the database at `path`, creating or migrating it. One that is damaged or newer than this
    /// program is left as it is.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        Self::open_database(path, durability).map_err(|error| match error {
            StoreError::Sqlite(source) => StoreError::Unusable {
                path: path.display().to_string(),
                source,
            },
            other => other,
        })
    }

    fn open_database(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        if durability == Durability::Fsync {
            // A process that waited for no disk may have made it.
            sync(path)?;
        }
        let connection = Connection::open(path)?;
        // The folder is locked, so nobody else looks at the write-ahead log: its index can live in memory.
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        // Closing leaves the write-ahead log in place instead of waiting for the disk.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        // Before the first pragma that writes.
        migrations::check_known(&connection, Some(path))?;
        let is_new = migrations::is_new(&connection)?;
        // SQLite waits for the disk seven times while it makes a database, whose tables nobody would miss.
        let waits_for_disk = !is_new || durability == Durability::Fsync;
        let promised = synchronous(durability);
        let synchronous = if waits_for_disk { promised } else { "OFF" };
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        shorten_log(&connection, path)?;
        let store = Self::ready(connection, Some(path.to_owned()), durability)?;
        if is_new {
            finish_making(&store.lock())?;
            store.lock().pragma_update(None, "synchronous", promised)?;
        }
        Ok(store)
    }

    /// A store that lives in memory and goes with the value.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::ready(Connection::open_in_memory()?, None, Durability::Os)
    }

    fn ready(
        mut connection: Connection,
        path: Option<PathBuf>,
        durability: Durability,
    ) -> Result<Self, StoreError> {
        connection.busy_timeout(Duration::from_secs(5))?;
        // Otherwise SQLite plans statements with a parameter as LIMIT anew each time, in search of a better way.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        migrations::migrate(&mut connection, path.as_deref())?;
        Ok(Self {
            connection: Mutex::new(connection),
            on_work_left: Box::new(|| {}),
            path,
            durability,
        })
    }

    /// Has `tell` called after each commit that puts a delivery into the outbox or notes an effect. It is called
    /// by whoever made the change, so it must return at once.
    pub fn on_work_left(self, tell: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            on_work_left: Box::new(tell),
            ..self
        }
    }

    /// The database file, unless the store lives in memory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What of the store a tenancy sees.
    pub fn tenancy<'s>(&'s self, tenancy_id: &'s str) -> TenancyStore<'s> {
        TenancyStore {
            store: self,
            tenancy_id,
        }
    }

    /// Runs `work` against what is stored now for the folder as a whole.
    pub fn read<T, E>(&self, work: impl FnOnce(&FolderSession<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let connection = self.lock();
        work(&FolderSession {
            connection: &connection,
            leaves_work: &Cell::new(false),
        })
    }

    /// Runs `work` as one change of what is stored for the folder as a whole: if it fails, nothing of it
    /// remains.
    pub fn write<T, E>(&self, work: impl FnOnce(&FolderSession<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let leaves_work = Cell::new(false);
        let result = change(&self.lock(), &leaves_work, work)?;
        if leaves_work.get() {
            (self.on_work_left)();
        }
        Ok(result)
    }

    /// The same for what a power cut may take, however durable the rest is: the disk is not waited for. It leaves
    /// nothing to do after it.
    pub fn write_unsynced<T>(
        &self,
        work: impl FnOnce(&FolderSession<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let connection = self.lock();
        let promise =
            |durability| connection.pragma_update(None, "synchronous", synchronous(durability));
        let is_promised = self.durability == Durability::Fsync;
        if is_promised {
            promise(Durability::Os)?;
        }
        let result = change(&connection, &Cell::new(false), work);
        if is_promised {
            promise(Durability::Fsync)?;
        }
        result
    }

    /// A panic elsewhere leaves the connection whole: an open transaction is rolled back when dropped.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// How SQLite calls what a change survives.
fn synchronous(durability: Durability) -> &'static str {
    match durability {
        Durability::Os => "NORMAL",
        Durability::Fsync => "FULL",
    }
}

/// Runs `work` as one change on a connection that nobody else has.
fn change<T, E>(
    connection: &Connection,
    leaves_work: &Cell<bool>,
    work: impl FnOnce(&FolderSession<'_>) -> Result<T, E>,
) -> Result<T, E>
where
    E: From<StoreError>,
{
    let transaction = Transaction::begin(connection).map_err(StoreError::from)?;
    let result = work(&FolderSession {
        connection: &transaction,
        leaves_work,
    })?;
    transaction.commit().map_err(StoreError::from)?;
    Ok(result)
}

/// Brings what is in the write-ahead log into the database when the log has become long.
///
/// Opening reads the whole log, so it is kept short. SQLite's own checkpoints cannot do that here: they let
/// the log begin anew only within the process that made them.
fn shorten_log(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    const LONG_BYTES: u64 = 512 * 1024;
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let long = std::fs::metadata(log).is_ok_and(|metadata| metadata.len() > LONG_BYTES);
    if !long {
        return Ok(());
    }
    match empty_log(connection) {
        // On a full disk the log stays long, and what is stored can be read.
        Err(StoreError::DiskFull) => Ok(()),
        result => result,
    }
}

fn empty_log(connection: &Connection) -> Result<(), StoreError> {
    Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
}

/// Takes the tables of a new database out of the write-ahead log, where every process would read them until the log
/// is long. A process that is killed before leaves them there, which is no worse than a log that has grown.
fn finish_making(connection: &Connection) -> Result<(), StoreError> {
    empty_log(connection)?;
    // SQLite waits for the disk when a log begins: so it begins now, and not with what somebody waits for.
    migrations::note_format(connection)
}

/// Waits until the disk has a database, if there is one, and its name.
fn sync(path: &Path) -> Result<(), StoreError> {
    let synced = || {
        if RealDisk.exists(path)? {
            RealDisk.open(path)?.sync()?;
        }
        path.parent()
            .map_or(Ok(()), |folder| RealDisk.sync_folder(folder))
    };
    synced().map_err(|source| StoreError::Unsynced {
        path: path.display().to_string(),
        source,
    })
}

/// What of a store one tenancy sees.
#[derive(Clone, Copy)]
pub struct TenancyStore<'s> {
    store: &'s Store,
    tenancy_id: &'s str,
}

impl TenancyStore<'_> {
    /// The tenancy's OCID.
    pub fn tenancy_id(&self) -> &str {
        self.tenancy_id
    }

    /// Runs `work` against what is stored now.
    pub fn read<T, E>(&self, work: impl FnOnce(&Session<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        self.store.read(|folder| work(&self.session(folder)))
    }

    /// Runs `work` as one change: if it fails, nothing of it remains.
    pub fn write<T, E>(&self, work: impl FnOnce(&Session<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        self.store.write(|folder| work(&self.session(folder)))
    }

    fn session<'c>(&'c self, folder: &FolderSession<'c>) -> Session<'c> {
        Session {
            folder: *folder,
            tenancy_id: self.tenancy_id,
        }
    }
}

/// The tables of the folder as a whole, for the length of one read or one change.
#[derive(Clone, Copy)]
pub struct FolderSession<'c> {
    connection: &'c Connection,
    /// Set when the change leaves something to do after it: a delivery, or an effect.
    leaves_work: &'c Cell<bool>,
}

impl FolderSession<'_> {
    /// Runs `work` as a part of the change: if it fails, nothing of it remains, and the rest goes on.
    pub fn part<T, E>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        transaction::part(self.connection, work)
    }
}

/// The tables of one tenancy, for the length of one read or one change.
///
/// Rows of others do not exist for it. What hangs on a resource, as a stream's groups do, is found by the
/// OCID of a resource that the session has given out.
pub struct Session<'c> {
    folder: FolderSession<'c>,
    tenancy_id: &'c str,
}

impl<'c> Deref for Session<'c> {
    type Target = FolderSession<'c>;

    fn deref(&self) -> &Self::Target {
        &self.folder
    }
}

/// Writes a value as the JSON text of a column.
fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// Reads a value from the JSON text of a column.
fn from_json<T: serde::de::DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::Unreadable { what, source })
}
