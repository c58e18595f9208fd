//! Who changed what, and when: an entry for each call that changes a resource, whether it was carried out or refused.
//!
//! Messages and metrics are no resources, and leave no entry. An entry is written right after its call; a process that
//! is killed in between leaves the change without one.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::work::HEADER as WORK_REQUEST;
use super::{Attempt, Engine, EngineError};
use crate::api::OperationId;
use crate::api::monitoring::Monitoring;
use crate::api::naming::kebab;
use crate::api::ons::Ons;
use crate::api::operation::{Method, Operation};
use crate::api::queue::Queue;
use crate::api::streaming::Streaming;
use crate::call::{ApiError, Call, Reply};
use crate::clock::{Clock as _, rfc3339};
use crate::store::{AuditEntry, AuditFilter, FolderSession, StoreError};

/// Calls that are no GET and change no resource.
const OF_DATA: [OperationId; 16] = [
    OperationId::Streaming(Streaming::CreateCursor),
    OperationId::Streaming(Streaming::CreateGroupCursor),
    OperationId::Streaming(Streaming::ConsumerCommit),
    OperationId::Streaming(Streaming::ConsumerHeartbeat),
    OperationId::Streaming(Streaming::PutMessages),
    OperationId::Queue(Queue::PutMessages),
    OperationId::Queue(Queue::DeleteMessage),
    OperationId::Queue(Queue::DeleteMessages),
    OperationId::Queue(Queue::UpdateMessage),
    OperationId::Queue(Queue::UpdateMessages),
    OperationId::Ons(Ons::PublishMessage),
    OperationId::Monitoring(Monitoring::PostMetricData),
    OperationId::Monitoring(Monitoring::SummarizeMetricsData),
    OperationId::Monitoring(Monitoring::ListMetrics),
    OperationId::Monitoring(Monitoring::SummarizeAlarmSuppressionHistory),
    OperationId::Monitoring(Monitoring::RetrieveDimensionStates),
];

/// The calls of links in messages, which are GETs and change a subscription.
const OF_LINKS: [OperationId; 2] = [
    OperationId::Ons(Ons::GetConfirmSubscription),
    OperationId::Ons(Ons::GetUnsubscription),
];

/// Longest text of an entry, in characters: names that are refused for their length need not be kept whole.
const MOST_CHARS: usize = 256;

/// Which entries `ocelot local audit list` shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRequest {
    /// From this time on, in milliseconds.
    pub since_ms: Option<i64>,
    /// Before this time, in milliseconds.
    pub until_ms: Option<i64>,
    /// With this in the OCID or the name of the resource.
    pub resource: Option<String>,
    /// Most entries, the newest.
    pub limit: usize,
}

/// Whether calls of an operation leave an entry.
pub fn changes_a_resource(operation: &Operation) -> bool {
    match operation.method {
        Method::Get | Method::Head => OF_LINKS.contains(&operation.id),
        _ => !OF_DATA.contains(&operation.id),
    }
}

impl Engine {
    /// Notes a call that was answered. That its note cannot be kept does not undo it: the store fails the next call,
    /// too.
    pub(super) fn note_change(&self, call: &Call, answer: &Result<Attempt, ApiError>) {
        match answer {
            Ok(Attempt::Done(reply)) => self.note(call, reply.status, Some(reply)),
            Ok(Attempt::Nothing(_)) => {}
            Err(error) => self.note_refusal(call, error),
        }
    }

    /// The same for a call that was refused before a service saw it.
    pub(super) fn note_refusal(&self, call: &Call, error: &ApiError) {
        self.note(call, error.status, None);
    }

    fn note(&self, call: &Call, status: u16, reply: Option<&Reply>) {
        if !changes_a_resource(call.operation) {
            return;
        }
        let origin = &call.origin;
        let _ = self.store.write::<_, StoreError>(|session| {
            let meant = meant(session, call, reply)?;
            let (resource_id, known_name) = meant.unzip();
            session.put_audit_entry(&AuditEntry {
                time_ms: self.clock.now_ms(),
                service: call.operation.id.service().name.to_owned(),
                operation: call.operation.name(),
                status,
                tenancy_id: origin.tenancy_id.clone(),
                user_id: origin
                    .user_id
                    .as_ref()
                    .or(origin.claimed_user_id.as_ref())
                    .cloned(),
                user_is_verified: origin.user_id.is_some(),
                request_id: origin.request_id.clone(),
                resource_id: resource_id.map(shortened),
                resource_name: resource_name(call, reply)
                    .or(known_name.flatten())
                    .map(shortened),
            })
        });
    }

    /// The entries that a command asks for, as JSON in kebab-case keys.
    pub(super) fn list_audit(&self, request: &AuditRequest) -> Result<Value, EngineError> {
        let filter = AuditFilter {
            since_ms: request.since_ms,
            until_ms: request.until_ms,
            resource: request.resource.as_deref(),
        };
        let entries = self
            .store
            .read::<_, StoreError>(|session| session.audit_entries(&filter, request.limit))?;
        let rows = entries.into_iter().map(|entry| {
            json!({
                "time": rfc3339(entry.time_ms),
                "service": entry.service,
                "operation": entry.operation,
                "status": entry.status,
                "resource-name": entry.resource_name,
                "resource-id": entry.resource_id,
                "user-id": entry.user_id,
                "user-is-verified": entry.user_id.is_some().then_some(entry.user_is_verified),
                "tenancy-id": entry.tenancy_id,
                "opc-request-id": entry.request_id,
            })
        });
        Ok(rows.collect())
    }
}

/// What the call was about, with its name where that is known: what its path names, what its answer made, or what its
/// work request is about.
fn meant(
    session: &FolderSession<'_>,
    call: &Call,
    reply: Option<&Reply>,
) -> Result<Option<(String, Option<String>)>, StoreError> {
    let named = in_path(call);
    let kind = named
        .as_ref()
        .and_then(|(parameter, _)| Engine::kind_of_option(&kebab(parameter)));
    let body = reply.and_then(|reply| reply.body.as_ref());
    let given = named.map(|(_, text)| text).or_else(|| text_of(body, "id"));
    let text = match given.or_else(|| text_of(body, "topicId")) {
        Some(text) => Some(text),
        None => match reply.and_then(|reply| reply.header(WORK_REQUEST)) {
            Some(id) => session.resource_of_work_request(id)?,
            None => None,
        },
    };
    let Some(text) = text else {
        return Ok(None);
    };
    let known = session.resource_meant(&call.origin.tenancy_id, kind, &text)?;
    Ok(Some(match known {
        Some((id, name)) => (id, Some(name)),
        None => (text, None),
    }))
}

/// The last parameter of a call's path, which stands for what is in the others, and its value.
fn in_path(call: &Call) -> Option<(&'static str, String)> {
    call.operation.path.rsplit('/').find_map(|part| {
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        Some((name, call.path.get(name)?.clone()))
    })
}

fn resource_name(call: &Call, reply: Option<&Reply>) -> Option<String> {
    let bodies = [
        reply.and_then(|reply| reply.body.as_ref()),
        call.body.as_ref(),
    ];
    bodies.into_iter().find_map(|body| {
        let fields = ["name", "displayName", "endpoint"];
        fields.iter().find_map(|field| text_of(body, field))
    })
}

fn text_of(body: Option<&Value>, field: &str) -> Option<String> {
    body?.get(field)?.as_str().map(str::to_owned)
}

fn shortened(text: String) -> String {
    text.chars().take(MOST_CHARS).collect()
}
