//! The actions of a rule: the topics, streams and functions that get the events it picks.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::delivery::functions::Function;
use super::super::effects::{Effect, Publication, Sender};
use super::super::resource::{ResourceKind, check_text};
use super::super::trace::{Hop, HopKind, HopResult};
use super::super::{ocid, ons, streaming};
use crate::call::ApiError;
use crate::clock::rfc3339;
use crate::store::{Resource, Session};

/// Most actions of a rule. Unconfirmed.
const MOST_ACTIONS: usize = 10;

/// Functions are kept for the machine, and not among the resources.
const FUNCTION: ResourceKind = ResourceKind {
    ocid_type: "fnfunc",
    noun: "function",
};

/// Where an action takes events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum ActionType {
    /// To a topic.
    Ons,
    /// To a stream.
    Oss,
    /// To a function.
    Faas,
}

impl ActionType {
    const ALL: [Self; 3] = [Self::Ons, Self::Oss, Self::Faas];

    /// As requests and replies have it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ons => "ONS",
            Self::Oss => "OSS",
            Self::Faas => "FAAS",
        }
    }

    /// The field that names the target.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Ons => "topicId",
            Self::Oss => "streamId",
            Self::Faas => "functionId",
        }
    }

    fn target_kind(self) -> ResourceKind {
        match self {
            Self::Ons => ons::TOPIC,
            Self::Oss => streaming::STREAM,
            Self::Faas => FUNCTION,
        }
    }
}

/// An action of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Action {
    /// Its OCID.
    pub id: String,
    pub action_type: ActionType,
    /// The OCID of the topic, stream or function; what was given instead, where no such thing has that name.
    pub target_id: String,
    pub is_enabled: bool,
    description: Option<String>,
    /// The last event that the target refused.
    pub failure: Option<Failure>,
}

/// An event that did not reach a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Failure {
    /// The event's own id.
    pub event_id: String,
    /// When it was refused, in milliseconds.
    pub time_ms: i64,
    /// What the target's service said.
    pub reason: String,
}

/// The actions of a request.
#[derive(Deserialize)]
pub(super) struct ActionList {
    actions: Vec<ActionDetails>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActionDetails {
    action_type: String,
    is_enabled: Option<bool>,
    description: Option<String>,
    topic_id: Option<String>,
    stream_id: Option<String>,
    function_id: Option<String>,
}

impl ActionList {
    /// New actions as the request has them. A target that is not there is no reason to refuse them: it may come.
    pub(super) fn create(self, session: &Session<'_>) -> Result<Vec<Action>, ApiError> {
        match self.actions.len() {
            1..=MOST_ACTIONS => {}
            0 => {
                return Err(ApiError::invalid(
                    "actions.actions is empty: a rule has at least one action",
                ));
            }
            count => {
                return Err(ApiError::new(
                    400,
                    "LimitExceeded",
                    format!(
                        "actions.actions has {count} actions; at most {MOST_ACTIONS} are allowed"
                    ),
                ));
            }
        }
        let numbered = self.actions.into_iter().enumerate();
        numbered
            .map(|(index, details)| details.create(session, &path_of(index)))
            .collect()
    }
}

/// The place of an action in a request.
pub(super) fn path_of(index: usize) -> String {
    format!("actions.actions[{index}]")
}

impl ActionDetails {
    fn create(self, session: &Session<'_>, path: &str) -> Result<Action, ApiError> {
        let named = |kind: &ActionType| kind.name().eq_ignore_ascii_case(&self.action_type);
        let action_type = ActionType::ALL.into_iter().find(named);
        let action_type = action_type.ok_or_else(|| {
            ApiError::invalid(format!("{path}.actionType must be one of ONS, OSS, FAAS"))
        })?;
        let is_enabled = self
            .is_enabled
            .ok_or_else(|| ApiError::missing(format!("{path}.isEnabled is missing")))?;
        let field = format!("{path}.{}", action_type.field());
        let target = match action_type {
            ActionType::Ons => self.topic_id,
            ActionType::Oss => self.stream_id,
            ActionType::Faas => self.function_id,
        };
        let target = target.ok_or_else(|| ApiError::missing(format!("{field} is missing")))?;
        Ok(Action {
            id: ocid::new("eventaction"),
            action_type,
            target_id: target_id(session, action_type, &field, target)?,
            is_enabled,
            description: self.description,
            failure: None,
        })
    }
}

/// The OCID of a target that is given by OCID or, which is this engine's addition, by name.
fn target_id(
    session: &Session<'_>,
    action_type: ActionType,
    field: &str,
    given: String,
) -> Result<String, ApiError> {
    check_text(field, &given)?;
    let kind = action_type.target_kind();
    if ocid::is_ocid(&given) {
        return match given.starts_with(&format!("ocid1.{}.", kind.ocid_type)) {
            true => Ok(given),
            false => Err(ApiError::invalid(format!(
                "{field} must be the OCID of a {}, which begins with ocid1.{}., and not {given}",
                kind.noun, kind.ocid_type
            ))),
        };
    }
    if action_type == ActionType::Faas {
        let function: Option<Function> = session.function(&given)?;
        return Ok(function.map_or(given, |function| function.id));
    }
    match kind.resolve(session, &given) {
        Err(error) if error.status == 404 => Ok(given),
        Err(error) => Err(ApiError::invalid(format!("{field}: {}", error.message))),
        resolved => resolved,
    }
}

impl Action {
    /// What its type is called.
    pub(super) fn type_name(&self) -> &'static str {
        self.action_type.name()
    }

    /// What is to be done for an event.
    pub(super) fn effect(&self, event: &str) -> Effect {
        let target_id = self.target_id.clone();
        match self.action_type {
            ActionType::Ons => Effect::Publish(Publication {
                topic_id: target_id,
                sender: Sender::Rule,
                title: None,
                body: event.to_owned(),
                email_body: None,
            }),
            // Events have no key. Unconfirmed.
            ActionType::Oss => Effect::Put {
                stream_id: target_id,
                key: None,
                value: event.to_owned(),
            },
            ActionType::Faas => Effect::Invoke {
                function_id: target_id,
                body: event.to_owned(),
            },
        }
    }

    /// What a trace tells of it when its rule wants an event.
    pub(super) fn hop(&self) -> Hop {
        let kind = HopKind::Action {
            action_id: self.id.clone(),
            action_type: self.action_type.name().to_owned(),
            target_id: self.target_id.clone(),
        };
        match self.is_enabled {
            true => Hop::new(kind, HopResult::Started),
            false => Hop::new(kind, HopResult::Disabled),
        }
    }

    /// What keeps events from its target now, or kept the last one that did not reach it.
    pub(super) fn trouble(&self, session: &Session<'_>) -> Result<Option<String>, ApiError> {
        if !self.finds_target(session)? {
            return Ok(Some(self.no_target()));
        }
        Ok(self.failure.as_ref().map(|failure| {
            format!(
                "The event {} was not taken at {}: {}",
                failure.event_id,
                rfc3339(failure.time_ms),
                failure.reason
            )
        }))
    }

    fn finds_target(&self, session: &Session<'_>) -> Result<bool, ApiError> {
        let kind = self.action_type.target_kind();
        if self.action_type == ActionType::Faas {
            let function: Option<Function> = session.function(&self.target_id)?;
            return Ok(function.is_some());
        }
        let target: Result<Resource<Value>, _> = kind.live(session, &self.target_id);
        match target {
            Ok(_) => Ok(true),
            Err(error) if error.status >= 500 => Err(error),
            Err(_) => Ok(false),
        }
    }

    fn no_target(&self) -> String {
        let noun = self.action_type.target_kind().noun;
        let cure = match self.action_type {
            ActionType::Faas => " on this machine; ocelot local function add makes one",
            ActionType::Ons | ActionType::Oss => "",
        };
        format!("There is no {noun} {}{cure}", self.target_id)
    }

    /// The action as replies have it.
    pub(super) fn shown(&self, session: &Session<'_>) -> Result<Value, ApiError> {
        let state = match (self.is_enabled, self.finds_target(session)?) {
            (false, _) => "INACTIVE",
            (true, true) => "ACTIVE",
            (true, false) => "FAILED",
        };
        let mut shown = Map::new();
        shown.insert("actionType".to_owned(), self.action_type.name().into());
        shown.insert("id".to_owned(), self.id.as_str().into());
        shown.insert("lifecycleState".to_owned(), state.into());
        let message = self.trouble(session)?;
        shown.insert(
            "lifecycleMessage".to_owned(),
            message.unwrap_or_default().into(),
        );
        shown.insert("isEnabled".to_owned(), self.is_enabled.into());
        shown.insert("description".to_owned(), json!(self.description));
        let field = self.action_type.field();
        shown.insert(field.to_owned(), self.target_id.as_str().into());
        Ok(shown.into())
    }
}
