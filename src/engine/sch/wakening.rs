//! When connectors have something to do, told without asking the store: calls that concern no connector pay
//! nothing for there being some.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::super::Engine;
use super::super::changes::{Changes, Listening};
use super::log_files::OpenFiles;
use super::moving::Moment;
use crate::call::ApiError;
use crate::clock::Clock;
use crate::store::Session;

/// How often followed files are looked at, in time of the machine: their writers know no engine.
const FILE_PAUSE: Duration = Duration::from_secs(1);

/// Stands for no time at all.
const NEVER_MS: i64 = i64::MAX;

/// What is known of all connectors together.
pub(in crate::engine) struct Connectors {
    /// Held by whoever moves records, so that nobody else does the same.
    pub(super) moving: Mutex<()>,
    /// Whether any connector moves.
    has_active: AtomicBool,
    /// The streams and queues that connectors read.
    sources: RwLock<HashSet<String>>,
    /// Hears of changes of these queues.
    listening: Mutex<Vec<Listening>>,
    /// Whether anything was put into them since records were moved.
    may_move: AtomicBool,
    /// When the next batch is due, in milliseconds.
    next_ms: AtomicI64,
    /// Whether files are followed, and when they were looked at.
    files_seen: Mutex<Option<Instant>>,
    /// The followed files of each connector, by its OCID.
    open_files: Mutex<HashMap<String, OpenFiles>>,
    /// Where those listen who make deliveries, and move records.
    changes: Arc<Changes>,
}

impl Connectors {
    /// Those of an engine that has told of none yet.
    pub(in crate::engine) fn new(changes: Arc<Changes>) -> Self {
        Self {
            moving: Mutex::default(),
            has_active: AtomicBool::default(),
            sources: RwLock::default(),
            listening: Mutex::default(),
            may_move: AtomicBool::default(),
            next_ms: AtomicI64::new(NEVER_MS),
            files_seen: Mutex::default(),
            open_files: Mutex::default(),
            changes,
        }
    }

    pub(super) fn has_active(&self) -> bool {
        self.has_active.load(Ordering::Acquire)
    }

    /// Notes that there may be something to move.
    pub(in crate::engine) fn note_change(&self) {
        if !self.has_active() {
            return;
        }
        self.may_move.store(true, Ordering::Release);
        self.changes.tell(Changes::DELIVERIES);
    }

    /// The same, if a connector reads this stream.
    pub(in crate::engine) fn note_append(&self, stream_id: &str) {
        if !self.has_active() {
            return;
        }
        let sources = self.sources.read().unwrap_or_else(PoisonError::into_inner);
        if sources.contains(stream_id) {
            drop(sources);
            self.note_change();
        }
    }

    /// Records are about to be moved: what changes from now on is for the next time.
    pub(super) fn begin(&self) {
        self.may_move.store(false, Ordering::Release);
    }

    /// Notes when the next batch is due, and whether files are followed.
    pub(super) fn note_next(&self, next_ms: Option<i64>, follows_files: bool) {
        self.next_ms
            .store(next_ms.unwrap_or(NEVER_MS), Ordering::Release);
        *self
            .files_seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = follows_files.then(Instant::now);
    }

    /// Does something with the files that a connector follows.
    pub(super) fn with_files<T>(&self, id: &str, act: impl FnOnce(&mut OpenFiles) -> T) -> T {
        let files = self.open_files.lock();
        let mut files = files.unwrap_or_else(PoisonError::into_inner);
        act(files.entry(id.to_owned()).or_default())
    }

    /// How long until files are to be looked at, in milliseconds.
    fn files_in_ms(&self) -> Option<i64> {
        let seen = *self
            .files_seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let left = FILE_PAUSE.saturating_sub(seen?.elapsed());
        i64::try_from(left.as_millis()).ok()
    }
}

impl Engine {
    /// How long until connectors have something to do, in milliseconds of the engine's clock: 0 when they have;
    /// `None` while there is nothing to wait for.
    pub fn next_movement_in_ms(&self) -> Option<i64> {
        let connectors = &self.connectors;
        if !connectors.has_active() {
            return None;
        }
        if connectors.may_move.load(Ordering::Acquire) {
            return Some(0);
        }
        let next_ms = connectors.next_ms.load(Ordering::Acquire);
        let now_ms = self.clock.now_ms();
        let next_in_ms = (next_ms != NEVER_MS).then(|| next_ms.saturating_sub(now_ms).max(0));
        next_in_ms.into_iter().chain(connectors.files_in_ms()).min()
    }

    /// Finds out which connectors there are, after a change of them.
    pub(in crate::engine) fn look_at_connectors(&self) -> Result<(), ApiError> {
        let active = self.store.read(|session| session.active_connectors())?;
        let mut sources = HashSet::new();
        for (tenancy_id, id) in &active {
            let store = self.store.tenancy(tenancy_id);
            let moment = store.read(|session| Moment::load(session, id))?;
            let holder = self.holder.as_deref();
            if moment
                .as_ref()
                .is_some_and(|one| one.movement.has_left_batches(holder))
            {
                store.write(|session| self.take_back(session, id))?;
            }
            let source = moment.as_ref().map(|one| &one.connector.details.source);
            sources.extend(source.and_then(|source| source.resource_id().map(str::to_owned)));
        }
        let connectors = &self.connectors;
        connectors
            .open_files
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|id, _| active.iter().any(|(_, active_id)| active_id == id));
        let listening = sources.iter().map(|id| {
            let connectors = Arc::downgrade(connectors);
            self.changes.listen(id, move || {
                if let Some(connectors) = connectors.upgrade() {
                    connectors.note_change();
                }
            })
        });
        *connectors
            .listening
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = listening.collect();
        let before = std::mem::replace(
            &mut *connectors
                .sources
                .write()
                .unwrap_or_else(PoisonError::into_inner),
            sources.clone(),
        );
        // Messages may have gone back to queues that are read no longer.
        for left in before.difference(&sources) {
            self.changes.tell(left);
        }
        connectors
            .has_active
            .store(!active.is_empty(), Ordering::Release);
        connectors.note_change();
        Ok(())
    }

    /// Lets the batches of a connector leave again that somebody has left who is gone.
    fn take_back(&self, session: &Session<'_>, connector_id: &str) -> Result<(), ApiError> {
        let Some(mut moment) = Moment::load(session, connector_id)? else {
            return Ok(());
        };
        moment.movement.take_back_batches(self.holder.as_deref());
        moment.store(session, self.clock.now_ms())
    }
}
