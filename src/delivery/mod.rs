//! Deliveries on their way: HTTP, email and functions; and shipments of connectors: functions and objects.
//!
//! The engine knows what is due and what becomes of it (`crate::engine::delivery`, `crate::engine::sch`); a
//! [`Courier`] sends it.
//! Each endpoint has one attempt under way at a time and all endpoints have theirs at once, so one that fails
//! or hangs delays only itself. Every attempt ends within its own time limits.

mod address;
mod command;
pub mod email;
mod fdk;
mod forms;
mod function;
mod http;
mod objects;
mod sender;
mod shipment;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use crate::engine::delivery::{Next, Outcome};
use crate::engine::sch::Arrival;
use crate::engine::{Engine, EngineError, EngineOptions, Home};

pub use email::{SmtpError, SmtpServer};
pub use objects::{ObjectPlace, ObjectPlaceError};
use sender::{Attempt, Sender};
use shipment::Shipped;

/// How many attempts are under way at once.
const MOST_UNDER_WAY: usize = 64;

/// The shortest sleep of a courier that waits for what is due.
const SHORTEST_SLEEP: Duration = Duration::from_millis(10);

/// How a courier may send.
#[derive(Clone, Debug, Default)]
pub struct CourierOptions {
    /// The server that emails go to; without one they go to the inbox.
    pub smtp: Option<SmtpServer>,
    /// Whether plain `http://` may go to other machines than this one.
    pub allow_http: bool,
    /// Whether addresses of private networks, and of this machine, are refused.
    pub deny_private_networks: bool,
    /// Where connectors put objects; without a place there is none.
    pub objects: Option<ObjectPlace>,
}

/// How a courier reaches the engine: one that is open, or one that is opened each time.
pub trait EngineAccess {
    /// Does something with the engine.
    fn with<T>(
        &self,
        work: impl FnOnce(&Engine) -> Result<T, EngineError>,
    ) -> Result<T, EngineError>;
}

impl EngineAccess for Engine {
    fn with<T>(
        &self,
        work: impl FnOnce(&Engine) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        work(self)
    }
}

/// A data folder that is opened each time, so that other processes have it while something is under way.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Where it is.
    pub home: Home,
    /// How its engine behaves.
    pub options: EngineOptions,
}

impl EngineAccess for Folder {
    fn with<T>(
        &self,
        work: impl FnOnce(&Engine) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        work(&Engine::open(&self.home, self.options.clone())?)
    }
}

/// A delivery that has not arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where it was to go, without what is secret in it.
    pub place: String,
    /// Why it has not arrived.
    pub reason: String,
    /// What becomes of it.
    pub next: Next,
}

/// Why no delivery could be tried.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The engine cannot be used.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The system has no means to send anything.
    #[error("cannot start the network: {0}")]
    Network(#[from] std::io::Error),
}

/// What came of something that was begun.
enum Ended {
    Delivery(Attempt),
    Shipment(Shipped),
}

/// Of what the last attempt counts: a delivery by its number, a connector by its OCID.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Delivery(i64),
    Connector(String),
}

impl Ended {
    fn subject(&self) -> Subject {
        match self {
            Self::Delivery(attempt) => Subject::Delivery(attempt.id),
            Self::Shipment(shipped) => Subject::Connector(shipped.id.connector_id().to_owned()),
        }
    }
}

/// Sends what is due.
pub struct Courier {
    sender: Arc<Sender>,
}

impl Courier {
    /// A courier that has not connected to anything yet.
    pub fn new(options: CourierOptions) -> Self {
        Self {
            sender: Arc::new(Sender::new(options)),
        }
    }

    /// Tries what is due now, and returns within `time`, with what has not arrived. What is under way then
    /// has failed; what was not begun stays due.
    ///
    /// It blocks, and is not for use within an asynchronous runtime.
    pub fn attempt_due(
        &self,
        access: &impl EngineAccess,
        time: Duration,
    ) -> Result<Vec<Failure>, DeliveryError> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let result = runtime.block_on(self.attempt_until(access, Instant::now() + time));
        // A name that is still looked up is not waited for.
        runtime.shutdown_background();
        Ok(result?)
    }

    async fn attempt_until(
        &self,
        access: &impl EngineAccess,
        end: Instant,
    ) -> Result<Vec<Failure>, EngineError> {
        let mut under_way = JoinSet::new();
        let mut failures = BTreeMap::new();
        loop {
            if Instant::now() < end {
                self.begin(access, &mut under_way, Some(end))?;
            }
            match under_way.join_next().await {
                None => break,
                // An attempt that broke off is due again when its lease ends.
                Some(Err(_)) => {}
                Some(Ok(ended)) => {
                    let subject = ended.subject();
                    // The last attempt counts.
                    match finish(access, ended)? {
                        Some(failure) => failures.insert(subject, failure),
                        None => failures.remove(&subject),
                    };
                }
            }
        }
        Ok(failures.into_values().collect())
    }

    /// Sends whatever becomes due, for as long as the future is polled. `wake` is to be notified when
    /// something may have become due: when the engine has new deliveries, and when its clock is set.
    /// `on_failure` is told what has not arrived.
    ///
    /// The engine is asked on the thread that polls: each time for about a millisecond.
    pub async fn run(
        &self,
        access: &impl EngineAccess,
        wake: &Notify,
        on_failure: impl Fn(&Failure),
    ) -> Result<(), EngineError> {
        let mut under_way = JoinSet::new();
        loop {
            let mut next_in_ms = self.next_in_ms(access, &under_way)?;
            if next_in_ms == Some(0) {
                self.begin(access, &mut under_way, None)?;
                next_in_ms = self.next_in_ms(access, &under_way)?;
            }
            let pause = next_in_ms.map(|ms| Duration::from_millis(ms.unsigned_abs()));
            tokio::select! {
                Some(ended) = under_way.join_next() => {
                    if let Ok(attempt) = ended
                        && let Some(failure) = finish(access, attempt)?
                    {
                        on_failure(&failure);
                    }
                }
                () = wake.notified() => {}
                () = sleep(pause.unwrap_or_default().max(SHORTEST_SLEEP)), if pause.is_some() => {}
            }
        }
    }

    /// How long until there is something to begin, in milliseconds; `None` while nothing can be.
    fn next_in_ms(
        &self,
        access: &impl EngineAccess,
        under_way: &JoinSet<Ended>,
    ) -> Result<Option<i64>, EngineError> {
        match under_way.len() >= MOST_UNDER_WAY {
            true => Ok(None),
            false => access.with(|engine| {
                let delivery_ms = engine.next_delivery_in_ms()?;
                let movement_ms = engine.next_movement_in_ms();
                Ok(delivery_ms.into_iter().chain(movement_ms).min())
            }),
        }
    }

    /// Moves what connectors have to move, and begins attempts of what is due, as many as there is room for.
    fn begin(
        &self,
        access: &impl EngineAccess,
        under_way: &mut JoinSet<Ended>,
        end: Option<Instant>,
    ) -> Result<(), EngineError> {
        let room = MOST_UNDER_WAY.saturating_sub(under_way.len());
        if room == 0 {
            return Ok(());
        }
        let (shipments, deliveries) = access.with(|engine| {
            engine.move_connectors()?;
            let shipments = engine.due_shipments(room)?;
            let room = room.saturating_sub(shipments.len());
            Ok((shipments, engine.due_deliveries(room)?))
        })?;
        for shipment in shipments {
            let sender = Arc::clone(&self.sender);
            let id = shipment.id.clone();
            let attempt = async move { Ended::Shipment(sender.ship(shipment).await) };
            under_way.spawn(within(end, attempt, move || {
                Ended::Shipment(Shipped::cut_off(id))
            }));
        }
        for delivery in deliveries {
            let sender = Arc::clone(&self.sender);
            let cut_off = Attempt::cut_off(&delivery);
            let attempt = async move { Ended::Delivery(sender.attempt(&delivery).await) };
            under_way.spawn(within(end, attempt, move || Ended::Delivery(cut_off)));
        }
        Ok(())
    }
}

/// Does something until the end, if there is one.
async fn within<T>(
    end: Option<Instant>,
    work: impl Future<Output = T>,
    cut_off: impl FnOnce() -> T,
) -> T {
    match end {
        None => work.await,
        Some(end) => timeout_at(end, work).await.unwrap_or_else(|_| cut_off()),
    }
}

/// Tells the engine what came of something that was begun.
fn finish(access: &impl EngineAccess, ended: Ended) -> Result<Option<Failure>, EngineError> {
    match ended {
        Ended::Delivery(attempt) => finish_delivery(access, attempt),
        Ended::Shipment(shipped) => finish_shipment(access, shipped),
    }
}

fn finish_shipment(
    access: &impl EngineAccess,
    shipped: Shipped,
) -> Result<Option<Failure>, EngineError> {
    let reason = match &shipped.arrival {
        Arrival::Failed(fault) => Some(fault.reason.clone()),
        _ => None,
    };
    let run = shipped.run.as_ref();
    let run = run.map(|(function_id, run)| (function_id.as_str(), run));
    access.with(|engine| {
        let next_ms = engine.finish_shipment(&shipped.id, shipped.arrival, run)?;
        Ok(reason.map(|reason| Failure {
            place: format!("the target of {}", shipped.id.connector_id()),
            reason,
            next: next_ms.map_or(Next::Done, Next::At),
        }))
    })
}

fn finish_delivery(
    access: &impl EngineAccess,
    attempt: Attempt,
) -> Result<Option<Failure>, EngineError> {
    let outcome = match &attempt.result {
        Ok(outcome) => outcome.clone(),
        Err(reason) => Outcome::Failed(reason.clone()),
    };
    let run = attempt.run.as_ref();
    let run = run.map(|(function_id, run)| (function_id.as_str(), run));
    let next = access.with(|engine| engine.finish_delivery(attempt.id, &outcome, run))?;
    Ok(attempt.result.err().map(|reason| Failure {
        place: attempt.place,
        reason,
        next,
    }))
}
