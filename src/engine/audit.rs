//! Who changed what, and when: an entry for each call that changes a resource, whether it was carried out or refused.
//!
//! Messages and metrics are no resources, and leave no entry. An entry is written right after its call; a process that
//! is killed in between leaves the change without one.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Attempt, Engine, EngineError};
use crate::api::OperationId;
use crate::api::monitoring::Monitoring;
use crate::api::ons::Ons;
use crate::api::operation::Method;
use crate::api::queue::Queue;
use crate::api::streaming::Streaming;
use crate::call::{ApiError, Call, Reply};
use crate::clock::{Clock as _, rfc3339};
use crate::store::{AuditEntry, AuditFilter, StoreError};

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

/// Whether a call is to leave an entry.
fn changes_a_resource(call: &Call) -> bool {
    let id = call.operation.id;
    match call.operation.method {
        Method::Get | Method::Head => OF_LINKS.contains(&id),
        _ => !OF_DATA.contains(&id),
    }
}

impl Engine {
    /// Notes a call that was answered. That its note cannot be kept does not undo it: the store fails the next call,
    /// too.
    pub(super) fn note_change(&self, call: &Call, answer: &Result<Attempt, ApiError>) {
        if !changes_a_resource(call) {
            return;
        }
        let (status, reply) = match answer {
            Ok(Attempt::Done(reply)) => (reply.status, Some(reply)),
            Ok(Attempt::Nothing(_)) => return,
            Err(error) => (error.status, None),
        };
        let entry = AuditEntry {
            time_ms: self.clock.now_ms(),
            service: call.operation.id.service().name.to_owned(),
            operation: call.operation.name(),
            status,
            tenancy_id: call.origin.tenancy_id.clone(),
            user_id: call.origin.user_id.clone(),
            request_id: call.origin.request_id.clone(),
            resource_id: resource_id(call, reply),
            resource_name: resource_name(call, reply),
        };
        let _ = self
            .store
            .write::<_, StoreError>(|session| session.put_audit_entry(&entry));
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
                "tenancy-id": entry.tenancy_id,
                "opc-request-id": entry.request_id,
            })
        });
        Ok(rows.collect())
    }
}

/// What the call was about: what its path names, or what its answer made.
fn resource_id(call: &Call, reply: Option<&Reply>) -> Option<String> {
    let in_reply = || {
        ["id", "topicId"]
            .iter()
            .find_map(|field| text_of(reply.and_then(|reply| reply.body.as_ref()), field))
    };
    // The last name of a path stands for what is in the others.
    let in_path = call.operation.path.rsplit('/').find_map(|part| {
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        call.path.get(name).cloned()
    });
    in_path.or_else(in_reply).map(shortened)
}

fn resource_name(call: &Call, reply: Option<&Reply>) -> Option<String> {
    let bodies = [
        reply.and_then(|reply| reply.body.as_ref()),
        call.body.as_ref(),
    ];
    let named = bodies.into_iter().find_map(|body| {
        let fields = ["name", "displayName", "endpoint"];
        fields.iter().find_map(|field| text_of(body, field))
    });
    named.map(shortened)
}

fn text_of(body: Option<&Value>, field: &str) -> Option<String> {
    body?.get(field)?.as_str().map(str::to_owned)
}

fn shortened(text: String) -> String {
    text.chars().take(MOST_CHARS).collect()
}
