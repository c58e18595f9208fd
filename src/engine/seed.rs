//! Resources that are to be there when a server starts: those that are missing are made, the others stay as they are.

use serde_json::{Map, Value};

use super::{Engine, EngineError};
use crate::api::OperationId;
use crate::api::events::Events;
use crate::api::naming::camel;
use crate::api::ons::Ons;
use crate::api::operation::Operation;
use crate::api::queue::Queue;
use crate::api::streaming::Streaming;
use crate::call::{ApiError, Call, LOCAL_TENANCY};

/// A kind of resource as a seed has it.
struct Section {
    /// Its key.
    key: &'static str,
    /// What makes one.
    create: OperationId,
    /// How the store names the kind.
    kind: &'static str,
    /// What tells one from another, as it is on the wire.
    name: &'static str,
}

/// In the order in which they are made: later ones may name earlier ones.
const SECTIONS: [Section; 6] = [
    Section {
        key: "stream-pools",
        create: OperationId::Streaming(Streaming::CreateStreamPool),
        kind: "streampool",
        name: "name",
    },
    Section {
        key: "streams",
        create: OperationId::Streaming(Streaming::CreateStream),
        kind: "stream",
        name: "name",
    },
    Section {
        key: "queues",
        create: OperationId::Queue(Queue::CreateQueue),
        kind: "queue",
        name: "displayName",
    },
    Section {
        key: "topics",
        create: OperationId::Ons(Ons::CreateTopic),
        kind: TOPIC,
        name: "name",
    },
    Section {
        key: "subscriptions",
        create: OperationId::Ons(Ons::CreateSubscription),
        kind: SUBSCRIPTION,
        name: "endpoint",
    },
    Section {
        key: "rules",
        create: OperationId::Events(Events::CreateRule),
        kind: "eventrule",
        name: "displayName",
    },
];

const TOPIC: &str = "onstopic";
const SUBSCRIPTION: &str = "onssubscription";

/// What is to be there.
#[derive(Clone, Debug, PartialEq)]
pub struct Seed(Vec<Seedling>);

#[derive(Clone, Debug, PartialEq)]
struct Seedling {
    /// Its place in [`SECTIONS`].
    section: usize,
    name: String,
    /// The body of the request that makes it.
    body: Map<String, Value>,
}

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
        "{0} is nothing that a seed has: there are stream-pools, streams, queues, topics, subscriptions and rules, each a list"
    )]
    Section(String),
    /// A resource lacks what tells it from others.
    #[error("number {number} of {section} has no {field}")]
    Nameless {
        /// Where it stands.
        section: &'static str,
        /// Which one, from 1.
        number: usize,
        /// What is missing.
        field: String,
    },
    /// A resource has a field that is not known.
    #[error("{name} of {section} has {field}, which its create command does not take")]
    Field {
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
    /// makes it, in kebab or camel case; what lies within them is spelled as on the wire.
    pub fn read(document: &Value) -> Result<Self, SeedError> {
        let Some(document) = document.as_object() else {
            return Err(SeedError::Section(document.to_string()));
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
                Some(_) => return Err(SeedError::Section(section.key.to_owned())),
            };
            for (place, resource) in list.iter().enumerate() {
                seedlings.push(section.read(index, place + 1, resource)?);
            }
        }
        Ok(Self(seedlings))
    }
}

impl Section {
    fn operation(&self) -> Option<&'static Operation> {
        self.create.operation()
    }

    fn knows(&self, wire: &str) -> bool {
        let model = self.operation().and_then(|operation| operation.body);
        model.is_some_and(|model| model.field(wire).is_some())
    }

    fn read(&self, section: usize, number: usize, resource: &Value) -> Result<Seedling, SeedError> {
        let fields = resource.as_object().into_iter().flatten();
        let mut body: Map<String, Value> = fields
            .map(|(key, value)| (camel(key), value.clone()))
            .collect();
        let name = body.get(self.name).and_then(Value::as_str);
        let name = name.map(str::to_owned).ok_or_else(|| SeedError::Nameless {
            section: self.key,
            number,
            field: self.name.to_owned(),
        })?;
        if let Some(field) = body.keys().find(|field| !self.knows(field)) {
            return Err(SeedError::Field {
                section: self.key,
                name,
                field: field.clone(),
            });
        }
        // A pool tells the compartment of its streams.
        if self.knows("compartmentId") && !body.contains_key("streamPoolId") {
            let own = || Value::from(LOCAL_TENANCY);
            body.entry("compartmentId").or_insert_with(own);
        }
        // On the wire a condition is JSON in a text.
        if let Some(condition) = body.get_mut("condition").filter(|it| it.is_object()) {
            *condition = Value::from(condition.to_string());
        }
        Ok(Seedling {
            section,
            name,
            body,
        })
    }
}

impl Engine {
    /// Makes those resources of a seed that are not there yet, and tells of all. The first that is refused ends it;
    /// those before it stay.
    pub fn plant(&self, seed: &Seed) -> Result<Vec<Planted>, EngineError> {
        let mut planted = Vec::new();
        for seedling in &seed.0 {
            let Some(section) = SECTIONS.get(seedling.section) else {
                continue;
            };
            let failed = |reason: String| {
                let Seedling { name, .. } = seedling;
                EngineError::Refused(format!("the seed's {name} of {}: {reason}", section.key))
            };
            let is_new = !self.is_there(section, seedling)?;
            if is_new {
                let made = self.make(section, seedling);
                made.map_err(|error| failed(error.message))?;
            }
            planted.push(Planted {
                section: section.key,
                name: seedling.name.clone(),
                is_new,
            });
        }
        Ok(planted)
    }

    fn make(&self, section: &Section, seedling: &Seedling) -> Result<(), ApiError> {
        let operation = section.operation();
        let operation = operation
            .ok_or_else(|| ApiError::internal("an operation is missing from the table"))?;
        let mut call = Call::new(operation);
        call.body = Some(Value::Object(seedling.body.clone()));
        self.answer(&call).map(|_| ())
    }

    fn is_there(&self, section: &Section, seedling: &Seedling) -> Result<bool, EngineError> {
        let known = self.names(section.kind)?;
        let mut named = known.iter().filter(|(name, _)| *name == seedling.name);
        if section.kind != SUBSCRIPTION {
            return Ok(named.next().is_some());
        }
        // An endpoint may subscribe to several topics.
        let wanted = seedling.body.get("topicId").and_then(Value::as_str);
        let topics = self.names(TOPIC)?;
        let is_wanted = |topic: &str| {
            let mut topics = topics.iter();
            wanted == Some(topic)
                || topics.any(|(name, id)| id == topic && Some(name.as_str()) == wanted)
        };
        for (_, id) in named {
            let operation = OperationId::Ons(Ons::GetSubscription).operation();
            let Some(mut call) = operation.map(Call::new) else {
                continue;
            };
            call.path.insert("subscriptionId", id.clone());
            let reply = self.answer(&call)?;
            let topic = reply.body.as_ref().and_then(|body| body.get("topicId"));
            if topic.and_then(Value::as_str).is_some_and(is_wanted) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
