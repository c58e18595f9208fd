//! The engine: answers a [`Call`] from what is on disk, as the service in the cloud would.
//!
//! It is synchronous and does not know how the call came in. What depends on time is computed from what
//! is stored and the clock when asked, so an engine that lives for one call and one that lives for months
//! give the same answers.

mod access;
mod changes;
mod folder;
mod listing;
mod local;
pub mod ocid;
mod queue;
mod request;
mod resource;
mod retry;
mod streaming;
mod work;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::api::OperationId;
use crate::call::{ApiError, Call, Origin, Reply};
use crate::clock::{Clock, Setting, SystemClock, clamp_ms};
use crate::disk::{Disk, MemoryDisk, RealDisk};
use crate::log::{Durability, LogError};
use crate::store::{Store, StoreError, TenancyStore};

pub use access::{AccessError, AccessRequest, KeyId, LOCAL_TENANCY_NAME, ScramHash, TokenUser};
pub use changes::{Attempt, Changes, Listening, Wait};
pub use folder::{FolderError, PATIENCE};
pub use local::{ClockReport, LocalRequest, Status};
use queue::Queue;
pub use queue::{PeekedState, QueuePart};
use streaming::Streaming;
pub use streaming::{CommitRefusal, KafkaGroups, NewKafkaOffset};
pub use streaming::{NewTopic, OffsetRange, Topic, TopicError, TopicPool, Topics};

/// Where an engine keeps what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Home {
    /// In this folder, which is created when missing.
    Folder(PathBuf),
    /// In memory, gone with the engine.
    Memory,
}

/// Why an engine could not be opened, or not be asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The metadata cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The messages cannot be used.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Keys and tokens cannot be managed as asked.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// What a command about this engine names is not there, or cannot be.
    #[error("{}", .0.message)]
    Refused(#[from] ApiError),
    /// The clock cannot be set to this.
    #[error("the clock can show times from 1970 to 9999, and not {0}")]
    Clock(String),
}

/// An open data folder, ready to answer. While it is open, no other process can open the folder.
pub struct Engine {
    store: Store,
    clock: EngineClock,
    streaming: Streaming,
    keys: access::KeyRing,
    decoy: access::Decoy,
    queue: Queue,
    changes: Arc<Changes>,
    // Dropped last: until then the folder is this process's alone.
    folder: Option<folder::Folder>,
}

impl Engine {
    /// Opens the engine over `home`, waiting for its turn if another process has it.
    pub fn open(home: &Home, durability: Durability) -> Result<Self, EngineError> {
        Self::open_with(home, durability, Box::new(SystemClock), PATIENCE)
    }

    /// Opens the engine with a clock of the caller's in the place of the machine's, waiting for its turn at
    /// most for `patience`.
    pub fn open_with(
        home: &Home,
        durability: Durability,
        system: Box<dyn Clock>,
        patience: Duration,
    ) -> Result<Self, EngineError> {
        let (folder, store, disk, streams): (_, _, Arc<dyn Disk>, _) = match home {
            Home::Folder(path) => {
                let folder = folder::Folder::lock(path, patience)?;
                let store = Store::open(&folder.database()?, durability)?;
                let streams = folder.streams();
                (Some(folder), store, Arc::new(RealDisk), streams)
            }
            Home::Memory => (
                None,
                Store::in_memory()?,
                Arc::new(MemoryDisk::default()),
                PathBuf::from("/streams"),
            ),
        };
        let setting = store.read(|session| session.setting(local::CLOCK_SETTING))?;
        let streaming = Streaming::new(disk, streams, durability);
        streaming.finish_removals(&store)?;
        let changes = Arc::new(Changes::default());
        let queue = Queue::new(Arc::clone(&changes));
        queue.finish_removals(&store)?;
        Ok(Self {
            clock: EngineClock::new(system, setting.unwrap_or_default()),
            streaming,
            keys: access::KeyRing::default(),
            decoy: access::Decoy::new()?,
            queue,
            changes,
            store,
            folder,
        })
    }

    /// Answers a call at once, or says why it cannot. What a caller would wait for is answered with what is
    /// there.
    pub fn answer(&self, call: &Call) -> Result<Reply, ApiError> {
        self.attempt(call).map(Attempt::into_reply)
    }

    /// Answers a call, or says what to wait for, or why it cannot be answered.
    pub fn attempt(&self, call: &Call) -> Result<Attempt, ApiError> {
        request::check(call)?;
        let context = Context {
            store: self.store.tenancy(&call.origin.tenancy_id),
            now_ms: self.clock.now_ms(),
            origin: &call.origin,
        };
        let attempt = match call.operation.id {
            OperationId::Streaming(operation) => self
                .streaming
                .answer(&context, operation, call)
                .map(Attempt::Done),
            OperationId::Queue(operation) => self.queue.answer(&context, operation, call),
            OperationId::Ons(_)
            | OperationId::Events(_)
            | OperationId::Monitoring(_)
            | OperationId::Sch(_) => Err(not_available(call)),
        }?;
        Ok(match attempt {
            // Nothing happens by itself while the clock stands still.
            Attempt::Nothing(wait) if self.clock.stands_still() => Attempt::Nothing(Wait {
                retry_after: None,
                ..wait
            }),
            other => other,
        })
    }

    /// Where to listen for changes of what calls read from.
    pub fn changes(&self) -> &Arc<Changes> {
        &self.changes
    }

    /// The data folder, unless the engine lives in memory.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_ref().map(folder::Folder::path)
    }
}

fn not_available(call: &Call) -> ApiError {
    let title = call.operation.id.service().title;
    ApiError::new(
        501,
        "MethodNotImplemented",
        format!(
            "{title} is not available in the local engine yet. The command can be sent to a server \
             that has it: give --endpoint URL, or --target cloud."
        ),
    )
}

/// What every service is handed with a call.
struct Context<'e> {
    /// What is stored for the caller's tenancy.
    store: TenancyStore<'e>,
    /// The time of the whole call, so that all it does happens at once.
    now_ms: i64,
    /// Who called, and from where.
    origin: &'e Origin,
}

/// The machine's clock as the user has set it for this engine.
struct EngineClock {
    system: Box<dyn Clock>,
    setting: Mutex<Setting>,
}

impl EngineClock {
    fn new(system: Box<dyn Clock>, setting: Setting) -> Self {
        Self {
            system,
            setting: Mutex::new(setting),
        }
    }

    fn setting(&self) -> Setting {
        *self.setting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stands_still(&self) -> bool {
        matches!(self.setting(), Setting::Frozen { .. })
    }

    fn set(&self, setting: Setting) {
        *self.setting.lock().unwrap_or_else(PoisonError::into_inner) = setting;
    }
}

impl Clock for EngineClock {
    fn now_ms(&self) -> i64 {
        clamp_ms(self.setting().apply(self.system.now_ms()))
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::internal(error.to_string())
    }
}

impl From<LogError> for ApiError {
    fn from(error: LogError) -> Self {
        Self::internal(error.to_string())
    }
}
