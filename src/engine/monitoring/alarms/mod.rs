//! Alarms: queries that are watched, and topics and streams that are told.
//!
//! Source of semantics and limits: behaviour.md 5.4 to 5.6. What no source states is marked "unconfirmed" where
//! it is decided.

mod duration;
mod evaluation;
mod history;
mod message;
mod overview;
mod paging;
mod recurrence;
mod rules;
mod silence;
mod simulate;
mod state;
mod status;
mod suppressions;
mod watch;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::listing::{Limits, Request, order_of};
use super::super::ons::TOPIC;
use super::super::resource::{self, ResourceKind, check_text};
use super::super::streaming::STREAM;
use super::super::{Context, ocid, retry};
use super::scope;
use crate::call::{ApiError, Call, Reply, WARNING};
use crate::clock::rfc3339;
use crate::store::{Filter, Order, Place, PlaceValue, Resource, Session, SortBy};

pub(super) use history::get_history;
pub(in super::super) use overview::overview;
use rules::AlarmDetails;
pub use simulate::{
    NotificationCounts, SimulatedAlarm, SimulatedNotification, SimulatedOutcome, SimulatedPoint,
    SimulatedStream, Simulation, SimulationError, TimelineEntry,
};
pub(super) use status::{dimension_states, list_status};
pub(super) use suppressions::{
    create_suppression, delete_suppression, get_suppression, list_suppressions, suppression_history,
};

/// How OCIDs of alarms begin, and what the store calls them.
pub(in super::super) const ALARM_KIND: &str = "alarm";

pub(super) const ALARM: ResourceKind = ResourceKind {
    ocid_type: ALARM_KIND,
    noun: "alarm",
};

/// How many alarms, or states, a page holds. Unconfirmed.
const LIMITS: Limits = Limits {
    default: 1000,
    most: 1000,
};

const ACTIVE: &str = "ACTIVE";

type Alarm = Resource<AlarmDetails>;

/// What a request says of any resource.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Common {
    display_name: Option<String>,
    compartment_id: Option<String>,
}

impl Common {
    fn check(&self) -> Result<(), ApiError> {
        if let Some(name) = &self.display_name {
            check_text("displayName", name)?;
        }
        if let Some(compartment_id) = &self.compartment_id {
            check_text("compartmentId", compartment_id)?;
        }
        Ok(())
    }
}

pub(super) fn create(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let common: Common = call.typed_body()?;
    common.check()?;
    let mut details = AlarmDetails::read(call.body.as_ref(), &context.origin.tenancy_id)?;
    details.time_updated_ms = context.now_ms;
    retry::once(context, call, |session| {
        let alarm = Resource {
            id: ocid::new(ALARM.ocid_type),
            name: common.display_name.unwrap_or_default(),
            compartment_id: common.compartment_id.unwrap_or_default(),
            parent_id: None,
            state: ACTIVE.to_owned(),
            etag: ocid::new_etag(),
            time_created_ms: context.now_ms,
            time_deleted_ms: None,
            details,
        };
        session.put_resource(ALARM.ocid_type, &alarm)?;
        if alarm.details.is_enabled {
            watch::begin(session, context, &alarm)?;
        }
        with_warning(session, &alarm)
    })
}

/// A deleted one can still be looked at, as those that lists show can: unconfirmed.
pub(super) fn get(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    context.store.read(|session| {
        let alarm_id = call.path_value("alarmId")?;
        let alarm = ALARM.remembered(session, alarm_id, context.now_ms)?;
        Ok(reply(&alarm))
    })
}

/// What lists of alarms are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SortedBy {
    Name,
    Severity,
}

impl SortedBy {
    /// By name, and up, where a call does not say: unconfirmed.
    fn of(call: &Call) -> (Self, Order) {
        let by_severity = |text: &str| text.eq_ignore_ascii_case("severity");
        let sorted_by = match call.query_text("sortBy").is_some_and(by_severity) {
            true => Self::Severity,
            false => Self::Name,
        };
        let order = order_of(call.query_text("sortOrder"));
        (sorted_by, order.unwrap_or(Order::Ascending))
    }

    fn wire(self) -> &'static str {
        match self {
            Self::Name => "displayName",
            Self::Severity => "severity",
        }
    }

    /// The most severe stand first.
    fn place(self, alarm: &Alarm) -> Place {
        Place {
            value: match self {
                Self::Name => PlaceValue::Text(alarm.name.clone()),
                Self::Severity => PlaceValue::Number(rules::severity_rank(&alarm.details.severity)),
            },
            id: alarm.id.clone(),
        }
    }
}

/// The alarms of the tenancy that are not deleted.
fn of_tenancy(session: &Session<'_>) -> Result<Vec<Alarm>, ApiError> {
    known(session, i64::MAX)
}

/// The same with those deleted after this time.
fn known(session: &Session<'_>, deleted_after_ms: i64) -> Result<Vec<Alarm>, ApiError> {
    let filter = Filter {
        deleted_after_ms: Some(deleted_after_ms),
        ..Filter::default()
    };
    let sort = (SortBy::TimeCreated, Order::Ascending);
    let page = session.resources(ALARM.ocid_type, &filter, sort, None, usize::MAX)?;
    Ok(page.items)
}

pub(super) fn list(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let compartment_id = scope::compartment(context, call)?;
    let (sorted_by, order) = SortedBy::of(call);
    let request = Request::ordered(call, LIMITS, (sorted_by.wire(), order))?;
    let remembered_ms = context.now_ms - resource::REMEMBERED_MS;
    let mut alarms = context
        .store
        .read(|session| known(session, remembered_ms))?;
    let name = call.query_text("displayName");
    // Source: the official SDK's list_alarms.
    let state = call.query_text("lifecycleState").unwrap_or(ACTIVE);
    alarms.retain(|alarm| {
        compartment_id.is_none_or(|id| alarm.compartment_id == id)
            && name.is_none_or(|name| alarm.name == name)
            && alarm.state.eq_ignore_ascii_case(state)
    });
    let place = |alarm: &Alarm| sorted_by.place(alarm);
    let (alarms, mut reply) = request.fetch(place, |order, after, limit| {
        Ok(paging::page(alarms, place, (order, after, limit)))
    })?;
    // This list leads on, not back. Source: behaviour.md 7.3.
    reply.headers.remove("opc-prev-page");
    reply.body = Some(alarms.iter().map(summary).collect());
    Ok(reply)
}

/// Changes an alarm. One that watches something else afterwards, or the same in another way, begins anew: where it fired,
/// its next evaluation says whether it still does. Unconfirmed.
pub(super) fn update(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let common: Common = call.typed_body()?;
    common.check()?;
    context.store.write(|session| {
        let mut alarm: Alarm = ALARM.live(session, call.path_value("alarmId")?)?;
        alarm.check_etag(call)?;
        let body = call.body.as_ref();
        let mut details = alarm.details.changed(body, &context.origin.tenancy_id)?;
        details.time_updated_ms = context.now_ms;
        let before = std::mem::replace(&mut alarm.details, details);
        alarm.name = common.display_name.unwrap_or(alarm.name);
        alarm.compartment_id = common.compartment_id.unwrap_or(alarm.compartment_id);
        alarm.touch();
        session.put_resource(ALARM.ocid_type, &alarm)?;
        if !alarm.details.is_enabled {
            session.remove_alarm_watch(&alarm.id)?;
        } else if !alarm.details.watches_as(&before) {
            watch::restart(session, context, &alarm)?;
        }
        with_warning(session, &alarm)
    })
}

pub(super) fn change_compartment(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let common: Common = call.typed_body()?;
    common.check()?;
    retry::once(context, call, |session| {
        let mut alarm: Alarm = ALARM.live(session, call.path_value("alarmId")?)?;
        alarm.check_etag(call)?;
        alarm.compartment_id = common.compartment_id.unwrap_or(alarm.compartment_id);
        alarm.details.time_updated_ms = context.now_ms;
        alarm.touch();
        session.put_resource(ALARM.ocid_type, &alarm)?;
        Ok(Reply::empty(200).with_header("etag", &alarm.etag))
    })
}

/// Takes the quiet time off an alarm. One that has none stays as it is.
pub(super) fn remove_suppression(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    context.store.write(|session| {
        let mut alarm: Alarm = ALARM.live(session, call.path_value("alarmId")?)?;
        alarm.check_etag(call)?;
        if alarm.details.suppression.take().is_some() {
            alarm.details.time_updated_ms = context.now_ms;
            alarm.touch();
            session.put_resource(ALARM.ocid_type, &alarm)?;
        }
        Ok(Reply::empty(200).with_header("etag", &alarm.etag))
    })
}

pub(super) fn delete(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    context.store.write(|session| {
        let mut alarm: Alarm = ALARM.live(session, call.path_value("alarmId")?)?;
        alarm.check_etag(call)?;
        alarm.delete(context.now_ms);
        session.put_resource(ALARM.ocid_type, &alarm)?;
        session.remove_alarm_watch(&alarm.id)?;
        session.remove_alarm_evaluations(&alarm.id)?;
        resource::forget_old(session, context.now_ms)?;
        Ok(Reply::empty(204))
    })
}

fn reply(alarm: &Alarm) -> Reply {
    let mut shown = fields(alarm);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("timeCreated".into(), rfc3339(alarm.time_created_ms).into());
        let updated = rfc3339(alarm.details.time_updated_ms);
        fields.insert("timeUpdated".into(), updated.into());
    }
    Reply::ok(shown).with_header("etag", &alarm.etag)
}

/// The same for whoever makes an alarm, or changes it: they are told of destinations that are not there.
fn with_warning(session: &Session<'_>, alarm: &Alarm) -> Result<Reply, ApiError> {
    let mut missing = Vec::new();
    for id in &alarm.details.destinations {
        let kind = match rules::is_topic(id) {
            true => TOPIC,
            false => STREAM,
        };
        let found: Option<Resource<Value>> = session.resource(kind.ocid_type, id)?;
        if found.is_none_or(|found| found.time_deleted_ms.is_some()) {
            missing.push(format!("there is no {} {id}", kind.noun));
        }
    }
    let reply = reply(alarm);
    Ok(match missing.is_empty() {
        true => reply,
        false => {
            let missing = missing.join(", and ");
            reply.with_header(
                WARNING,
                format!("{missing}: what the alarm tells it is lost"),
            )
        }
    })
}

/// What a reply and an item of a list have in common.
fn fields(alarm: &Alarm) -> Value {
    let mut shown = json!(alarm.details);
    if let Some(fields) = shown.as_object_mut() {
        fields.remove("timeUpdatedMs");
        fields.insert("id".into(), json!(alarm.id));
        fields.insert("displayName".into(), json!(alarm.name));
        fields.insert("compartmentId".into(), json!(alarm.compartment_id));
        fields.insert("lifecycleState".into(), json!(alarm.state));
    }
    shown
}

/// What lists leave out. Source: the official SDK's AlarmSummary.
const ONLY_WHOLE: [&str; 6] = [
    "metricCompartmentIdInSubtree",
    "resolution",
    "pendingDuration",
    "body",
    "messageFormat",
    "repeatNotificationDuration",
];

fn summary(alarm: &Alarm) -> Value {
    let mut shown = fields(alarm);
    if let Some(fields) = shown.as_object_mut() {
        fields.retain(|name, _| !ONLY_WHOLE.contains(&name.as_str()));
    }
    shown
}
