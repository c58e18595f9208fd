//! The engine: answers a [`Call`] from what is on disk, as the service in the cloud would.
//!
//! It is synchronous and does not know how the call came in. What depends on time is computed from what
//! is stored and the clock when asked, so an engine that lives for one call and one that lives for months
//! give the same answers.

mod access;
mod audit;
mod carry_out;
mod changes;
pub mod delivery;
pub mod effects;
pub mod events;
pub mod fault;
mod folder;
mod listing;
mod local;
mod metrics;
pub mod monitoring;
pub mod ocid;
mod ons;
mod options;
pub mod overview;
mod queue;
mod rates;
mod request;
mod resource;
mod retry;
pub mod sch;
mod seed;
pub mod state;
mod streaming;
pub mod trace;
pub mod wildcard;
mod work;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use crate::api::OperationId;
use crate::api::monitoring::Monitoring as MonitoringOperation;
use crate::call::{ApiError, Call, Origin, Reply};
use crate::clock::{Clock, Setting, SystemClock, clamp_ms};
use crate::disk::{Disk, MemoryDisk, RealDisk};
use crate::log::LogError;
use crate::store::{Store, StoreError, TenancyStore};

pub use access::{
    AccessError, AccessRequest, KeyId, LOCAL_TENANCY_NAME, ScramHash, TokenUser,
    without_default_domain,
};
pub use audit::{AuditRequest, changes_a_resource};
pub use changes::{Attempt, Changes, Listening, PlaceInLine, Wait};
pub use folder::{FolderError, FolderSign, PATIENCE};
pub use local::{ClockReport, LocalRequest, Status};
pub use options::{EngineOptions, Strictness};
use queue::Queue;
pub use queue::{DEFAULT_CHANNEL, PeekedState, QueueBatchResult, QueuePart};
pub use queue::{DeleteQueueMessages, Deleted, GotQueueMessages, PutQueueMessages, PutQueueResult};
pub use rates::Rates;
pub use seed::{Planted, Seed, SeedError, SeedLines};
use streaming::Streaming;
pub use streaming::{CommitRefusal, KafkaGroups, NewKafkaOffset};
pub use streaming::{GotMessages, NEXT_CURSOR, PutMessages, PutResult};
pub use streaming::{NewTopic, OffsetRange, Topic, TopicError, TopicPool, Topics};

/// Where an engine keeps what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Home {
    /// In this folder, which is created when missing.
    Folder(PathBuf),
    /// In memory, gone with the engine.
    Memory,
}

impl Home {
    /// Where connectors write objects when nobody names another place; nowhere in memory.
    pub fn objects(&self) -> Option<PathBuf> {
        match self {
            Self::Folder(path) => Some(folder::objects(path)),
            Self::Memory => None,
        }
    }
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
    /// A message of the inbox cannot be used as asked.
    #[error(transparent)]
    Inbox(#[from] delivery::inbox::InboxError),
    /// What is to be emitted is no event.
    #[error(transparent)]
    Event(#[from] events::envelope::EventError),
    /// A log cannot be followed as asked.
    #[error(transparent)]
    FollowedLog(#[from] sch::FollowedLogError),
    /// No such function.
    #[error(transparent)]
    Function(#[from] delivery::functions::FunctionError),
    /// A state cannot be saved or loaded.
    #[error(transparent)]
    State(#[from] state::StateError),
    /// No such trace.
    #[error(transparent)]
    Trace(#[from] trace::TraceError),
    /// What a command about this engine names is not there, or cannot be.
    #[error("{0}")]
    Refused(String),
    /// The clock cannot be set to this.
    #[error("the clock can show times from 1970 to 9999, and not {0}")]
    Clock(String),
}

/// An open data folder, ready to answer. While it is open, no other process can open the folder.
pub struct Engine {
    store: Store,
    clock: EngineClock,
    streaming: Streaming,
    /// Held by whoever carries out effects, so that nobody else does the same.
    carrying_out: Mutex<()>,
    keys: access::KeyRing,
    decoy: access::Decoy,
    queue: Queue,
    strictness: Strictness,
    /// Under which name deliveries are leased, where the folder is this process's until it ends.
    holder: Option<String>,
    connectors: Arc<sch::Connectors>,
    changes: Arc<Changes>,
    recorder: metrics::Recorder,
    at_rest: metrics::AtRest,
    faults: fault::Faults,
    // Dropped last: until then the folder is this process's alone.
    folder: Option<folder::Folder>,
}

impl Engine {
    /// Opens the engine over `home`, waiting for its turn if another process has it.
    pub fn open(home: &Home, options: impl Into<EngineOptions>) -> Result<Self, EngineError> {
        Self::open_with(home, options, Box::new(SystemClock), PATIENCE)
    }

    /// Opens the engine with a clock of the caller's in the place of the machine's, waiting for its turn at
    /// most for `patience`.
    pub fn open_with(
        home: &Home,
        options: impl Into<EngineOptions>,
        system: Box<dyn Clock>,
        patience: Duration,
    ) -> Result<Self, EngineError> {
        let options = options.into();
        let (folder, store, disk, streams): (_, _, Arc<dyn Disk>, _) = match home {
            Home::Folder(path) => {
                let folder = folder::Folder::lock(path, patience)?;
                let store = Store::open(&folder.database()?, options.durability)?;
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
        let changes = Arc::new(Changes::default());
        let told = Arc::clone(&changes);
        let store = store.on_work_left(move || told.tell(Changes::DELIVERIES));
        let setting = store.read(|session| session.setting(local::CLOCK_SETTING))?;
        let strictness = options.strictness.clone();
        let holder = options.keeps_folder.then(|| Uuid::new_v4().to_string());
        let streaming = Streaming::new(disk, streams, options);
        streaming.finish_removals(&store)?;
        let queue = Queue::new(Arc::clone(&changes), strictness.clone());
        queue.finish_removals(&store)?;
        let connectors = Arc::new(sch::Connectors::new(Arc::clone(&changes)));
        let appended = Arc::clone(&connectors);
        streaming.on_append(Arc::new(move |stream_id, _| {
            appended.note_append(stream_id)
        }));
        let engine = Self {
            clock: EngineClock::new(system, setting.unwrap_or_default()),
            streaming,
            carrying_out: Mutex::new(()),
            keys: access::KeyRing::default(),
            decoy: access::Decoy::new()?,
            queue,
            strictness,
            holder,
            connectors,
            changes,
            recorder: metrics::Recorder::default(),
            at_rest: metrics::AtRest::default(),
            faults: fault::Faults::open(&store)?,
            store,
            folder,
        };
        engine.look_at_connectors()?;
        engine.carry_out_effects()?;
        Ok(engine)
    }

    /// Answers a call at once, or says why it cannot. What a caller would wait for is answered with what is
    /// there.
    pub fn answer(&self, call: &Call) -> Result<Reply, ApiError> {
        self.attempt(call).map(Attempt::into_reply)
    }

    /// Answers a call, or says what to wait for, or why it cannot be answered.
    pub fn attempt(&self, call: &Call) -> Result<Attempt, ApiError> {
        self.try_call(call, true)
    }

    /// The same for a call that had to wait: it is the same request still, and not counted once more.
    pub fn attempt_again(&self, call: &Call) -> Result<Attempt, ApiError> {
        self.try_call(call, false)
    }

    fn try_call(&self, call: &Call, is_first: bool) -> Result<Attempt, ApiError> {
        request::check(call).inspect_err(|error| self.note_refusal(call, error))?;
        let tenancy_id = self.tenancy_of(call)?;
        let context = self.context(call, &tenancy_id);
        if is_first {
            self.count_call(&context, call)?;
        }
        let attempt = match call.operation.id {
            OperationId::Streaming(operation) => self
                .streaming
                .answer(&context, operation, call)
                .map(Attempt::Done),
            OperationId::Queue(operation) => self.queue.answer(&context, operation, call, is_first),
            OperationId::Ons(operation) => {
                ons::answer(&context, operation, call).map(Attempt::Done)
            }
            OperationId::Events(operation) => {
                events::answer(&context, self.is_strict(), operation, call).map(Attempt::Done)
            }
            OperationId::Monitoring(operation) => {
                self.bring_monitoring_up_to_date(operation, call)?;
                monitoring::answer(&context, &self.strictness, operation, call).map(Attempt::Done)
            }
            OperationId::Sch(operation) => {
                sch::answer(self, &context, operation, call).map(Attempt::Done)
            }
        };
        self.note_change(call, &attempt);
        // The change is made and its effects are noted: what keeps them from being carried out now does not
        // undo the answer. They stay noted, and the next call meets the same obstacle first.
        let _ = self.carry_out_effects();
        self.relieve_recorder();
        Ok(self.as_the_clock_goes(attempt?))
    }

    /// Counts a request for messages that was refused before a service saw it, as the service would: of a put so
    /// many messages.
    fn count_refused(&self, call: &Call, error: &ApiError, messages: usize) {
        let context = self.context(call, &call.origin.tenancy_id);
        match call.operation.id {
            OperationId::Streaming(operation) => {
                let refused = (error, messages);
                self.streaming
                    .count_refused(&context, operation, call, refused);
            }
            OperationId::Queue(operation) => queue::record_failure(&context, operation, call),
            _ => {}
        }
        self.relieve_recorder();
    }

    /// What an operation of Monitoring is to find: what was measured, and alarms evaluated up to now.
    fn bring_monitoring_up_to_date(
        &self,
        operation: MonitoringOperation,
        call: &Call,
    ) -> Result<(), ApiError> {
        let done = if monitoring::reads_metrics(operation) {
            self.store_metrics_for(&monitoring::metrics_asked(call))
        } else if monitoring::concerns_alarms(operation) {
            self.evaluate_alarms()
        } else {
            Ok(())
        };
        done.map_err(|error| ApiError::internal(error.to_string()))
    }

    /// Nothing happens by itself while the clock stands still.
    fn as_the_clock_goes<R>(&self, attempt: Attempt<R>) -> Attempt<R> {
        match attempt {
            Attempt::Nothing(wait) if self.clock.stands_still() => Attempt::Nothing(Wait {
                retry_after: None,
                ..wait
            }),
            other => other,
        }
    }

    /// Counts a call where calls are counted, unless there were too many.
    fn count_call(&self, context: &Context<'_>, call: &Call) -> Result<(), ApiError> {
        match call.operation.id {
            OperationId::Queue(operation) => self.queue.count_call(context, operation, call)?,
            OperationId::Ons(operation) => {
                ons::count_call(&self.strictness, context, operation, call)?;
            }
            // Streaming has more ways in than this one, and counts by itself.
            OperationId::Streaming(_)
            | OperationId::Events(_)
            | OperationId::Monitoring(_)
            | OperationId::Sch(_) => {}
        }
        Ok(())
    }

    /// Where to listen for changes of what calls read from.
    pub fn changes(&self) -> &Arc<Changes> {
        &self.changes
    }

    /// The tenancy in which a call is answered: the caller's, but what a token allows is done where the token
    /// is from, whoever has it.
    fn tenancy_of<'c>(&self, call: &'c Call) -> Result<Cow<'c, str>, ApiError> {
        let own = Cow::Borrowed(call.origin.tenancy_id.as_str());
        if !call.operation.id.is_allowed_by_token() {
            return Ok(own);
        }
        let found = self
            .store
            .read(|session| ons::tenancy_of_link(session, call))?;
        Ok(found.map_or(own, Cow::Owned))
    }

    /// Whether what the services in the cloud refuse is refused.
    pub fn is_strict(&self) -> bool {
        self.strictness.is_strict()
    }

    /// Answers a call for PutMessages as [`Engine::answer`] does, without a document of its body and its reply:
    /// that would take longer than putting the messages.
    pub fn put_messages(
        &self,
        call: &Call,
        request: &PutMessages<'_>,
    ) -> Result<PutResult, ApiError> {
        request::check_params(call)?;
        let context = self.context(call, &call.origin.tenancy_id);
        self.relieve_recorder();
        self.streaming.put_messages(&context, call, request)
    }

    /// Answers calls for PutMessages of Queue likewise, all together where they can be.
    pub fn put_queue_messages(
        &self,
        requests: &[(&Call, &PutQueueMessages<'_>)],
    ) -> Vec<Result<PutQueueResult, ApiError>> {
        let tenancy_of = |(call, _): &(&Call, _)| call.origin.tenancy_id.clone();
        let of_tenancies = requests.chunk_by(|one, next| tenancy_of(one) == tenancy_of(next));
        let mut results = Vec::with_capacity(requests.len());
        for requests in of_tenancies {
            let Some((call, _)) = requests.first() else {
                continue;
            };
            let context = self.context(call, &call.origin.tenancy_id);
            results.extend(self.queue.put_together(&context, requests));
        }
        self.relieve_recorder();
        results
    }

    /// Answers a call for GetMessages of Queue as [`Engine::attempt`] does, without a document of its reply.
    pub fn get_queue_messages(&self, call: &Call) -> Result<Attempt<GotQueueMessages>, ApiError> {
        request::check_params(call)?;
        let context = self.context(call, &call.origin.tenancy_id);
        self.count_call(&context, call)?;
        let attempt = self.queue.get_messages(&context, call, true)?;
        self.relieve_recorder();
        Ok(self.as_the_clock_goes(attempt))
    }

    /// The same for DeleteMessages of Queue.
    pub fn delete_queue_messages(
        &self,
        call: &Call,
        request: &DeleteQueueMessages<'_>,
    ) -> Result<QueueBatchResult<Deleted>, ApiError> {
        request::check_params(call)?;
        let context = self.context(call, &call.origin.tenancy_id);
        self.count_call(&context, call)?;
        self.queue.delete_messages(&context, call, request)
    }

    /// Answers a call for GetMessages as [`Engine::answer`] does, without a document of its reply.
    pub fn get_messages(&self, call: &Call) -> Result<GotMessages, ApiError> {
        request::check_params(call)?;
        let context = self.context(call, &call.origin.tenancy_id);
        self.relieve_recorder();
        self.streaming.get_messages(&context, call)
    }

    fn context<'e>(&'e self, call: &'e Call, tenancy_id: &'e str) -> Context<'e> {
        Context {
            store: self.store.tenancy(tenancy_id),
            now_ms: self.clock.now_ms(),
            origin: &call.origin,
            recorder: &self.recorder,
        }
    }

    /// The data folder, unless the engine lives in memory.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_ref().map(folder::Folder::path)
    }
}

impl Drop for Engine {
    /// Whoever opens the folder next finds what was measured. Nobody is left to tell if that fails.
    fn drop(&mut self) {
        if self.folder.is_some() {
            let _ = self.put_down_metrics();
        }
    }
}

/// What every service is handed with a call.
#[derive(Clone, Copy)]
struct Context<'e> {
    /// What is stored for the tenancy of the call.
    store: TenancyStore<'e>,
    /// The time of the whole call, so that all it does happens at once.
    now_ms: i64,
    /// Who called, and from where.
    origin: &'e Origin,
    /// Where what happens is counted.
    recorder: &'e metrics::Recorder,
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

impl From<ApiError> for EngineError {
    fn from(error: ApiError) -> Self {
        Self::Refused(error.message)
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
