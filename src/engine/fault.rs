//! Faults that a user asks for, so that programs meet them on purpose: refusals, delays, and puts that fail in part.
//!
//! They are kept as a setting of the data folder and strike calls that come from outside, over REST, Kafka, STOMP or
//! the command line; what the engine does by itself is never struck. Where there is none, a call costs one look at an
//! atomic. The faces ask [`Engine::strike`] once a call, wait the delay, and have [`Engine::answer_hit`] answer
//! what is hit.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Engine, EngineError};
use crate::api::streaming::Streaming;
use crate::api::{OperationId, SERVICES, Service};
use crate::call::{ApiError, Call, Reply};
use crate::store::{Store, StoreError};

/// Where the store keeps them.
const SETTING: &str = "faults";

/// Most faults at a time: more are a mistake of a script. Those that are used up stay in the list as long as there is
/// room.
const MOST_FAULTS: usize = 100;

/// Stands for every operation of a service.
const ALL: &str = "*";

/// One in a million, as probabilities are told.
const MILLION: u64 = 1_000_000;

/// The statuses that a fault can answer with, and the codes that services give with them.
const STATUSES: [(u16, &str); 9] = [
    (400, "InvalidParameter"),
    (401, "NotAuthenticated"),
    (404, "NotAuthorizedOrNotFound"),
    (409, "IncorrectState"),
    (412, "NoEtagMatch"),
    (429, "TooManyRequests"),
    (500, "InternalServerError"),
    (502, "BadGateway"),
    (503, "ServiceUnavailable"),
];

/// What `ocelot local fault` asks for. Each answer is the list of faults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub enum FaultRequest {
    /// Adds a fault.
    Add {
        /// The fault.
        fault: NewFault,
    },
    /// Only lists them.
    List,
    /// Takes a fault away, or all.
    Clear {
        /// Its number.
        id: Option<u64>,
    },
}

/// A fault to add.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewFault {
    /// The service, as commands name it.
    pub service: String,
    /// The operation, as `put-messages`; `*` for all.
    pub operation: String,
    /// What happens.
    pub effect: Effect,
    /// How often; always where it is left out.
    pub times: Option<u64>,
    /// How probable it is for each call, in millionths; certain where it is left out.
    pub probability_ppm: Option<u32>,
    /// What the draws begin with: the same seed strikes the same calls.
    pub seed: u64,
}

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The call is refused with this HTTP status, and not carried out.
    Status(u16),
    /// The answer comes later, by this many milliseconds.
    LatencyMs(u64),
    /// Of `of` messages that are put, `failing` fail, evenly spread.
    Partial {
        /// How many fail.
        failing: u32,
        /// Of how many.
        of: u32,
    },
}

/// A fault that is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Fault {
    id: u64,
    new: NewFault,
    /// How many calls it might have struck.
    seen: u64,
    /// How many it has.
    struck: u64,
    /// How many messages it has looked at, to fail every so many.
    messages: u64,
}

/// What happens to a call.
#[derive(Debug, Default)]
pub struct Strike {
    /// How long the answer is held back.
    pub delay: Duration,
    /// What becomes of it, unless it is answered as ever.
    pub hit: Option<Hit>,
}

/// A call that is not answered as ever.
#[derive(Debug)]
pub enum Hit {
    /// It is refused.
    Refused(ApiError),
    /// Of the messages that it puts, those fail for which this is true.
    InPart(Vec<bool>),
}

/// The faults of an engine.
pub(super) struct Faults {
    /// Whether any may strike yet.
    any: AtomicBool,
    list: Mutex<Vec<Fault>>,
}

impl Faults {
    /// Those that the store keeps.
    pub(super) fn open(store: &Store) -> Result<Self, StoreError> {
        let list: Option<Vec<Fault>> = store.read(|session| session.setting(SETTING))?;
        let list = list.unwrap_or_default();
        Ok(Self {
            any: AtomicBool::new(list.iter().any(Fault::is_active)),
            list: Mutex::new(list),
        })
    }

    fn list(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets all, where the store has forgotten them.
    pub(super) fn forget(&self) {
        self.list().clear();
        self.any.store(false, Ordering::Relaxed);
    }

    fn keep(&self, list: &[Fault], store: &Store) -> Result<(), StoreError> {
        self.any
            .store(list.iter().any(Fault::is_active), Ordering::Relaxed);
        store.write(|session| match list {
            [] => session.remove_setting(SETTING),
            list => session.set_setting(SETTING, &list),
        })
    }
}

impl Engine {
    /// Whether any fault may strike. Where none may, calls need not be asked about.
    pub fn has_faults(&self) -> bool {
        self.faults.any.load(Ordering::Relaxed)
    }

    /// What happens to a call that comes from outside; to be asked once for each.
    pub fn strike(&self, call: &Call) -> Result<Strike, ApiError> {
        self.strike_messages(call.operation.id, || messages_in(call))
    }

    /// The same for an operation that came in another way, with so many messages to put.
    pub fn strike_messages(
        &self,
        id: OperationId,
        messages: impl Fn() -> usize,
    ) -> Result<Strike, ApiError> {
        let mut strike = Strike::default();
        if !self.has_faults() {
            return Ok(strike);
        }
        let mut list = self.faults.list();
        let mut changed = false;
        for fault in list.iter_mut().filter(|fault| fault.is_for(id)) {
            changed = true;
            fault.strike(&mut strike, &messages);
        }
        if changed {
            self.faults.keep(&list, &self.store)?;
        }
        Ok(strike)
    }

    /// Answers a call that was hit.
    pub fn answer_hit(&self, call: &Call, hit: Hit) -> Result<Reply, ApiError> {
        match hit {
            Hit::Refused(error) => {
                self.note_refusal(call, &error);
                self.count_refused(call, &error, messages_in(call));
                Err(error)
            }
            Hit::InPart(failing) => self.put_in_part(call, &failing),
        }
    }

    /// Puts the messages that do not fail, and tells of the others in their places.
    fn put_in_part(&self, call: &Call, failing: &[bool]) -> Result<Reply, ApiError> {
        let mut rest = call.clone();
        let mut reply = Reply::ok(json!({"failures": 0, "entries": []}));
        let mut places = failing.iter();
        if let Some(messages) = messages_of(&mut rest) {
            messages.retain(|_| places.next() != Some(&true));
        }
        let failures = failing.iter().filter(|fails| **fails).count();
        self.count_refused(call, &refusal(429), failures);
        // What is left to put when all fail is nothing, which no service takes.
        if failing.contains(&false) {
            reply = self.answer(&rest)?;
        }
        let entries = reply.body.as_mut().and_then(|body| body.get_mut("entries"));
        if let Some(entries) = entries.and_then(Value::as_array_mut) {
            let mut put = std::mem::take(entries).into_iter();
            entries.extend(failing.iter().filter_map(|fails| match fails {
                true => Some(failed_entry()),
                false => put.next(),
            }));
        }
        let told = reply
            .body
            .as_mut()
            .and_then(|body| body.get_mut("failures"));
        if let Some(told) = told {
            *told = json!(told.as_u64().unwrap_or(0) + failures as u64);
        }
        Ok(reply)
    }

    /// Does what `ocelot local fault` asks, and answers with the list of faults.
    pub(super) fn manage_faults(&self, request: &FaultRequest) -> Result<Value, EngineError> {
        let mut list = self.faults.list();
        match request {
            FaultRequest::List => {}
            FaultRequest::Add { fault } => {
                fault.check()?;
                let id = list.last().map_or(1, |last| last.id + 1);
                make_room(&mut list)?;
                list.push(Fault::new(id, fault));
                self.faults.keep(&list, &self.store)?;
            }
            FaultRequest::Clear { id: None } => {
                list.clear();
                self.faults.keep(&list, &self.store)?;
            }
            FaultRequest::Clear { id: Some(id) } => {
                let before = list.len();
                list.retain(|fault| fault.id != *id);
                if list.len() == before {
                    return Err(EngineError::Refused(format!(
                        "there is no fault {id}: ocelot local fault list shows those that there are"
                    )));
                }
                self.faults.keep(&list, &self.store)?;
            }
        }
        Ok(list.iter().map(Fault::to_json).collect())
    }
}

/// Lets go of the oldest fault that is used up, where there are as many as there may be.
fn make_room(list: &mut Vec<Fault>) -> Result<(), EngineError> {
    if list.len() < MOST_FAULTS {
        return Ok(());
    }
    match list.iter().position(|fault| !fault.is_active()) {
        Some(used_up) => {
            list.remove(used_up);
            Ok(())
        }
        None => Err(EngineError::Refused(format!(
            "there are {MOST_FAULTS} faults already: ocelot local fault clear takes them away"
        ))),
    }
}

/// How many messages a call puts.
fn messages_in(call: &Call) -> usize {
    let messages = call.body.as_ref().and_then(|body| body.get("messages"));
    messages.and_then(Value::as_array).map_or(0, Vec::len)
}

fn messages_of(call: &mut Call) -> Option<&mut Vec<Value>> {
    let body = call.body.as_mut()?;
    body.get_mut("messages")?.as_array_mut()
}

fn failed_entry() -> Value {
    json!({
        "partition": null,
        "offset": null,
        "timestamp": null,
        "error": "TooManyRequests",
        "errorMessage": MESSAGE,
    })
}

/// What a refused caller reads, so that nobody looks for the cause elsewhere.
const MESSAGE: &str = "A fault that ocelot local fault add made";

impl NewFault {
    /// Refuses what cannot strike.
    fn check(&self) -> Result<(), EngineError> {
        let service = service_named(&self.service)?;
        check_operation(service, &self.operation)?;
        match self.effect {
            Effect::Status(status) if !STATUSES.iter().any(|(known, _)| *known == status) => {
                let known: Vec<String> = STATUSES.iter().map(|(known, _)| known.to_string()).collect();
                refused(format!(
                    "no service answers with {status}: give one of {}",
                    known.join(", ")
                ))
            }
            Effect::Partial { failing, of } if failing == 0 || failing > of => refused(format!(
                "{failing}/{of} is no share: give one as 1/3, up to 1/1"
            )),
            Effect::Partial { .. }
                if service.name != "streaming" || self.operation != "put-messages" =>
            {
                refused(
                    "only puts into streams fail in part: give --service streaming --operation put-messages"
                        .to_owned(),
                )
            }
            _ => Ok(()),
        }
    }
}

fn refused(message: String) -> Result<(), EngineError> {
    Err(EngineError::Refused(message))
}

fn service_named(name: &str) -> Result<&'static Service, EngineError> {
    let known = SERVICES.iter().find(|service| service.name == name);
    known.copied().ok_or_else(|| {
        let names = SERVICES.iter().map(|service| service.name.to_owned());
        EngineError::Refused(unknown("service", name, names.collect()))
    })
}

fn check_operation(service: &Service, name: &str) -> Result<(), EngineError> {
    let names: Vec<String> = service
        .operations()
        .map(|operation| name_of(operation.id))
        .collect();
    match name == ALL || names.iter().any(|known| known == name) {
        true => Ok(()),
        false => refused(unknown("operation", name, names)),
    }
}

/// An operation's name, as `put-messages`.
fn name_of(id: OperationId) -> String {
    let operation = id.operation();
    operation.map_or(String::new(), |operation| {
        operation.name().replace('_', "-")
    })
}

fn unknown(what: &str, name: &str, mut known: Vec<String>) -> String {
    let likeness = |known: &String| strsim::jaro_winkler(known, name);
    let nearest = known
        .iter()
        .max_by(|one, other| likeness(one).total_cmp(&likeness(other)))
        .cloned()
        .unwrap_or_default();
    known.sort();
    format!(
        "there is no {what} {name}: is {nearest} meant? There are {}",
        known.join(", ")
    )
}

impl Fault {
    fn new(id: u64, new: &NewFault) -> Self {
        Self {
            id,
            new: new.clone(),
            seen: 0,
            struck: 0,
            messages: 0,
        }
    }

    /// Whether it may strike yet.
    fn is_active(&self) -> bool {
        self.new.times.is_none_or(|times| self.struck < times)
    }

    fn is_for(&self, id: OperationId) -> bool {
        self.is_active()
            && id.service().name == self.new.service
            && (self.new.operation == ALL || self.new.operation == name_of(id))
    }

    /// Adds what it does to a call.
    fn strike(&mut self, strike: &mut Strike, messages: &impl Fn() -> usize) {
        self.seen += 1;
        if !self.is_drawn() {
            return;
        }
        match self.new.effect {
            Effect::LatencyMs(latency_ms) => strike.delay += Duration::from_millis(latency_ms),
            _ if strike.hit.is_some() => return,
            Effect::Status(status) => strike.hit = Some(Hit::Refused(refusal(status))),
            Effect::Partial { failing, of } => {
                let places = self.failing(messages(), failing, of);
                if !places.contains(&true) {
                    return;
                }
                strike.hit = Some(Hit::InPart(places));
            }
        }
        self.struck += 1;
    }

    /// Whether chance has it that this call is struck.
    fn is_drawn(&self) -> bool {
        let Some(probability_ppm) = self.new.probability_ppm else {
            return true;
        };
        random(self.new.seed, self.seen) % MILLION < u64::from(probability_ppm)
    }

    /// Which of the next messages fail: of `of` in a row `failing`, across calls.
    fn failing(&mut self, messages: usize, failing: u32, of: u32) -> Vec<bool> {
        let failed_of = |count: u64| count.saturating_mul(failing.into()) / u64::from(of.max(1));
        let places = (0..messages).map(|_| {
            let before = failed_of(self.messages);
            self.messages += 1;
            failed_of(self.messages) > before
        });
        places.collect()
    }

    fn to_json(&self) -> Value {
        let new = &self.new;
        let (status, latency_ms, partial) = match new.effect {
            Effect::Status(status) => (Some(status), None, None),
            Effect::LatencyMs(latency_ms) => (None, Some(latency_ms), None),
            Effect::Partial { failing, of } => (None, None, Some(format!("{failing}/{of}"))),
        };
        json!({
            "id": self.id,
            "service": new.service,
            "operation": new.operation,
            "status": status,
            "latency-in-ms": latency_ms,
            "partial": partial,
            "probability": new.probability_ppm.map(|ppm| f64::from(ppm) / MILLION as f64),
            "seed": new.probability_ppm.map(|_| new.seed),
            "times-left": new.times.map(|times| times.saturating_sub(self.struck)),
            "struck": self.struck,
        })
    }
}

fn refusal(status: u16) -> ApiError {
    let code = STATUSES.iter().find(|(known, _)| *known == status);
    ApiError::new(status, code.map_or("Fault", |(_, code)| code), MESSAGE)
}

/// The number with an index in the row that a seed begins: splitmix64, of which each number can be had by itself.
fn random(seed: u64, index: u64) -> u64 {
    let mut mixed = seed.wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// The messages of a Kafka client are those of streams, whichever way they come.
pub const PUT: OperationId = OperationId::Streaming(Streaming::PutMessages);
/// The same for reading.
pub const GET: OperationId = OperationId::Streaming(Streaming::GetMessages);
