//! Resources that are to be there when a server starts: those that are missing are made, the others stay as they are.

mod spelling;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use serde_json::{Map, Value};

use super::sch::FollowRequest;
use super::{Engine, EngineError, ocid};
use crate::api::OperationId;
use crate::api::events::Events;
use crate::api::monitoring::Monitoring;
use crate::api::naming::{camel, kebab};
use crate::api::ons::Ons;
use crate::api::queue::Queue;
use crate::api::sch::Sch;
use crate::api::streaming::Streaming;
use crate::call::{ApiError, Call, LOCAL_TENANCY};
use crate::store::{Resource, StoreError};

/// A kind of resource as a seed has it.
struct Section {
    /// Its key.
    key: &'static str,
    /// What makes one.
    create: Create,
    /// How the store names the kind.
    kind: &'static str,
    /// What tells one from another, as it is on the wire.
    name: &'static str,
    /// Where no two have the same.
    within: Within,
}

/// What makes a resource.
#[derive(Clone, Copy)]
enum Create {
    /// An operation of a service.
    Operation(OperationId),
    /// What `ocelot local log add` does.
    FollowLog,
}

/// What following a log takes, as on the wire if there were one.
const LOG_FIELDS: [&str; 4] = ["logId", "logGroupId", "compartmentId", "file"];

/// Where resources of a kind are told apart by their names. Source: behaviour.md.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Tenancy,
    Compartment,
    /// The stream pool, which is the compartment's own where none is named.
    StreamPool,
    /// The topic that is subscribed to.
    Topic,
    /// The data folder.
    Folder,
}

/// In the order in which they are made: later ones may name earlier ones.
const SECTIONS: [Section; 10] = [
    Section {
        key: "stream-pools",
        create: Create::Operation(OperationId::Streaming(Streaming::CreateStreamPool)),
        kind: STREAM_POOL,
        name: "name",
        within: Within::Compartment,
    },
    Section {
        key: "streams",
        create: Create::Operation(OperationId::Streaming(Streaming::CreateStream)),
        kind: STREAM,
        name: "name",
        within: Within::StreamPool,
    },
    Section {
        key: "queues",
        create: Create::Operation(OperationId::Queue(Queue::CreateQueue)),
        kind: "queue",
        name: "displayName",
        within: Within::Compartment,
    },
    Section {
        key: "topics",
        create: Create::Operation(OperationId::Ons(Ons::CreateTopic)),
        kind: TOPIC,
        name: "name",
        within: Within::Tenancy,
    },
    Section {
        key: "subscriptions",
        create: Create::Operation(OperationId::Ons(Ons::CreateSubscription)),
        kind: "onssubscription",
        name: "endpoint",
        within: Within::Topic,
    },
    Section {
        key: "rules",
        create: Create::Operation(OperationId::Events(Events::CreateRule)),
        kind: "eventrule",
        name: "displayName",
        within: Within::Compartment,
    },
    Section {
        key: "alarms",
        create: Create::Operation(OperationId::Monitoring(Monitoring::CreateAlarm)),
        kind: "alarm",
        name: "displayName",
        within: Within::Compartment,
    },
    Section {
        key: "connect-harnesses",
        create: Create::Operation(OperationId::Streaming(Streaming::CreateConnectHarness)),
        kind: "connectharness",
        name: "name",
        within: Within::Compartment,
    },
    Section {
        key: "logs",
        create: Create::FollowLog,
        kind: "log",
        name: "logId",
        within: Within::Folder,
    },
    Section {
        key: "service-connectors",
        create: Create::Operation(OperationId::Sch(Sch::CreateServiceConnector)),
        kind: "serviceconnector",
        name: "displayName",
        within: Within::Compartment,
    },
];

const STREAM: &str = "stream";
const STREAM_POOL: &str = "streampool";
const TOPIC: &str = "onstopic";

/// What is to be there.
#[derive(Clone, Debug, PartialEq)]
pub struct Seed(Vec<Seedling>);

#[derive(Clone, Debug, PartialEq)]
struct Seedling {
    /// Its place in [`SECTIONS`].
    section: usize,
    name: String,
    /// Where it stands in its file, where that is known.
    line: Line,
    /// The body of the request that makes it.
    body: Map<String, Value>,
}

/// The line of a file that a resource begins in, from 1, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line(Option<u64>);

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(line) => write!(formatter, "line {line}: "),
            None => Ok(()),
        }
    }
}

/// The lines that resources begin in, by section.
pub type SeedLines = BTreeMap<String, Vec<u64>>;

/// What became of one resource of a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// Its section.
    pub section: &'static str,
    /// Its name.
    pub name: String,
    /// Whether it was made now; it was there before otherwise.
    pub is_new: bool,
}

/// Why a document is no seed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeedError {
    /// It has something at its top that is no list of resources.
    #[error(
        "{0} is nothing that a seed has: there are stream-pools, streams, queues, topics, subscriptions, rules, alarms, \
         connect-harnesses, logs and service-connectors, each a list"
    )]
    Section(String),
    /// What a section has is no list.
    #[error("{0} must be a list of resources, each with its fields")]
    NoList(&'static str),
    /// A resource lacks what tells it from others.
    #[error("{line}number {number} of {section} has no text as its {field}")]
    Nameless {
        /// Its line, or nothing.
        line: String,
        /// Where it stands.
        section: &'static str,
        /// Which one, from 1.
        number: usize,
        /// What is missing.
        field: String,
    },
    /// A resource has a field that is not known.
    #[error("{line}{name} of {section} has {field}, which its create command does not take")]
    Field {
        /// Its line, or nothing.
        line: String,
        /// Where it stands.
        section: &'static str,
        /// Its name.
        name: String,
        /// The field.
        field: String,
    },
}

impl Seed {
    /// Reads a document: an object with a list for each kind of resource. A resource has the fields of the command that
    /// makes it, named as its options or as on the wire; what lies within them is spelled in kebab or camel case. `lines`
    /// tells where resources stand, as far as it is known.
    pub fn read(document: &Value, lines: &SeedLines) -> Result<Self, SeedError> {
        let nothing = Map::new();
        let document = match document {
            Value::Object(document) => document,
            Value::Null => &nothing,
            other => return Err(SeedError::Section(other.to_string())),
        };
        let is_known = |key: &String| SECTIONS.iter().any(|section| section.key == key);
        if let Some(unknown) = document.keys().find(|key| !is_known(key)) {
            return Err(SeedError::Section(unknown.clone()));
        }
        let mut seedlings = Vec::new();
        for (index, section) in SECTIONS.iter().enumerate() {
            let list = match document.get(section.key) {
                Some(Value::Array(list)) => list.as_slice(),
                None | Some(Value::Null) => &[],
                Some(_) => return Err(SeedError::NoList(section.key)),
            };
            let lines = lines.get(section.key).map_or(&[][..], Vec::as_slice);
            for (place, resource) in list.iter().enumerate() {
                let line = Line(lines.get(place).copied());
                seedlings.push(section.read(index, (place + 1, line), resource)?);
            }
        }
        Ok(Self(seedlings))
    }
}

impl Section {
    fn knows(&self, wire: &str) -> bool {
        self.spelled(wire, &Value::Null).is_some()
    }

    /// A field as it is on the wire, if the section has it.
    fn spelled(&self, key: &str, value: &Value) -> Option<(String, Value)> {
        match self.create {
            Create::Operation(id) => {
                let field = spelling::field_of(id, key)?;
                let value = spelling::as_on_wire(value, field.kind);
                Some((field.wire.to_owned(), value))
            }
            Create::FollowLog => {
                let wire = camel(key);
                let is_known = LOG_FIELDS.contains(&wire.as_str());
                is_known.then(|| (wire, value.clone()))
            }
        }
    }

    fn read(
        &self,
        section: usize,
        (number, line): (usize, Line),
        resource: &Value,
    ) -> Result<Seedling, SeedError> {
        let mut body = Map::new();
        let mut unknown = None;
        for (key, value) in resource.as_object().into_iter().flatten() {
            match self.spelled(key, value) {
                Some((wire, value)) => {
                    body.insert(wire, value);
                }
                None => unknown = Some(key.clone()),
            }
        }
        let name = body.get(self.name).and_then(Value::as_str);
        let name = name.map(str::to_owned).ok_or_else(|| SeedError::Nameless {
            line: line.to_string(),
            section: self.key,
            number,
            field: self.name.to_owned(),
        })?;
        if let Some(field) = unknown {
            return Err(SeedError::Field {
                line: line.to_string(),
                section: self.key,
                name,
                field,
            });
        }
        // A pool tells the compartment of its streams.
        if self.knows("compartmentId") && !body.contains_key("streamPoolId") {
            let own = || Value::from(LOCAL_TENANCY);
            body.entry("compartmentId").or_insert_with(own);
        }
        // The metrics of an alarm are those of its own compartment.
        if self.knows("metricCompartmentId")
            && let Some(own) = body.get("compartmentId").cloned()
        {
            body.entry("metricCompartmentId").or_insert(own);
        }
        // On the wire a condition is JSON in a text.
        if let Some(condition) = body.get_mut("condition").filter(|it| it.is_object()) {
            *condition = Value::from(condition.to_string());
        }
        Ok(Seedling {
            section,
            name,
            line,
            body,
        })
    }
}

impl Engine {
    /// Makes those resources of a seed that are not there yet, and tells of all. The first that is refused ends it;
    /// those before it stay.
    pub fn plant(&self, seed: &Seed) -> Result<Vec<Planted>, EngineError> {
        let mut planted = Vec::new();
        let mut places = BTreeSet::new();
        for seedling in &seed.0 {
            let Some(section) = SECTIONS.get(seedling.section) else {
                continue;
            };
            let failed = |error: &dyn fmt::Display| {
                let Seedling { name, line, .. } = seedling;
                EngineError::Refused(format!(
                    "the seed's {line}{name} of {}: {error}",
                    section.key
                ))
            };
            let mut body = Value::Object(seedling.body.clone());
            self.name_by_ocid(&mut body)
                .map_err(|error| failed(&error))?;
            let there = self.find(section, seedling, &body)?;
            let is_new = there.is_none();
            if is_new {
                let made = match section.create {
                    Create::Operation(id) => self.make(id, body.clone()),
                    Create::FollowLog => self.follow(&body),
                };
                made.map_err(|error| failed(&error.message))?;
            }
            let id =
                there.map_or_else(|| self.find(section, seedling, &body), |id| Ok(Some(id)))?;
            if !places.insert((section.key, id)) {
                return Err(failed(&"it stands in the seed twice"));
            }
            planted.push(Planted {
                section: section.key,
                name: seedling.name.clone(),
                is_new,
            });
        }
        Ok(planted)
    }

    fn make(&self, id: OperationId, body: Value) -> Result<(), ApiError> {
        let operation = id
            .operation()
            .ok_or_else(|| ApiError::internal("an operation is missing from the table"))?;
        let mut call = Call::new(operation);
        call.body = Some(body);
        self.answer(&call).map(|_| ())
    }

    /// Follows a log.
    fn follow(&self, body: &Value) -> Result<(), ApiError> {
        let text = |field: &str| {
            let text = body.get(field).and_then(Value::as_str);
            let text = text.filter(|text| !text.trim().is_empty());
            text.map(str::to_owned).ok_or_else(|| {
                ApiError::invalid(format!("{field} must be a text that is not blank"))
            })
        };
        let file = text("file")?;
        if !Path::new(&file).is_absolute() {
            return Err(ApiError::invalid(format!(
                "file is {file}, and must be a path from the root"
            )));
        }
        let request = FollowRequest::Add {
            log_id: text("logId")?,
            log_group_id: text("logGroupId")?,
            compartment_id: Some(text("compartmentId")?),
            file,
        };
        let followed = self.manage_followed_logs(&request);
        followed
            .map(|_| ())
            .map_err(|error| ApiError::invalid(error.to_string()))
    }

    /// Puts OCIDs in the place of names of resources that are there, wherever a field asks for one. What is not found
    /// stays, for the service to tell.
    fn name_by_ocid(&self, value: &mut Value) -> Result<(), StoreError> {
        match value {
            Value::Object(fields) => fields.iter_mut().try_for_each(|(key, value)| {
                let kinds = kinds_of_field(key);
                match value {
                    Value::String(text) => self.replace_name(text, &kinds),
                    Value::Array(texts) if !kinds.is_empty() => {
                        texts.iter_mut().try_for_each(|text| match text {
                            Value::String(text) => self.replace_name(text, &kinds),
                            other => self.name_by_ocid(other),
                        })
                    }
                    other => self.name_by_ocid(other),
                }
            }),
            Value::Array(values) => values
                .iter_mut()
                .try_for_each(|value| self.name_by_ocid(value)),
            _ => Ok(()),
        }
    }

    fn replace_name(&self, text: &mut String, kinds: &[&str]) -> Result<(), StoreError> {
        for kind in kinds.iter().filter(|_| !ocid::is_ocid(text)) {
            let found = self
                .store
                .read(|session| session.resource_meant(LOCAL_TENANCY, Some(kind), text))?;
            if let Some((id, _)) = found {
                *text = id;
                return Ok(());
            }
        }
        Ok(())
    }

    /// What has this name already, in the place where its service takes no second one: its OCID.
    fn find(
        &self,
        section: &Section,
        seedling: &Seedling,
        body: &Value,
    ) -> Result<Option<String>, EngineError> {
        let text = |field: &str| body.get(field).and_then(Value::as_str);
        let store = self.store.tenancy(LOCAL_TENANCY);
        store.read(|session| {
            if matches!(section.create, Create::FollowLog) {
                let logs = session.followed_logs()?;
                let mut ids = logs.into_iter().map(|log| log.log_id);
                return Ok(ids.find(|id| *id == seedling.name));
            }
            let namesakes: Vec<Resource<Value>> =
                session.resources_named(section.kind, &seedling.name)?;
            for namesake in namesakes {
                let is_same_compartment = text("compartmentId") == Some(&*namesake.compartment_id);
                let parent = namesake.parent_id.as_deref();
                let is_it = match (section.within, text("streamPoolId")) {
                    (Within::Folder | Within::Tenancy, _) => true,
                    (Within::Compartment, _) => is_same_compartment,
                    (Within::Topic, _) => parent.is_some() && parent == text("topicId"),
                    (Within::StreamPool, Some(pool)) => parent == Some(pool),
                    (Within::StreamPool, None) => {
                        let pool = session.resource(STREAM_POOL, parent.unwrap_or_default())?;
                        // A default pool hangs on its compartment.
                        let is_default = |pool: Resource<Value>| pool.parent_id.is_some();
                        is_same_compartment && pool.is_some_and(is_default)
                    }
                };
                if is_it {
                    return Ok(Some(namesake.id));
                }
            }
            Ok(None)
        })
    }
}

/// The kinds of resources that a field names.
fn kinds_of_field(field: &str) -> Vec<&'static str> {
    match field {
        // Of an alarm.
        "destinations" => vec![TOPIC, STREAM],
        _ => Engine::kind_of_option(&kebab(field)).into_iter().collect(),
    }
}
