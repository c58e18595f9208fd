//! Suppressions: times in which an alarm, a compartment's alarms, or some of their streams are quiet.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::super::listing::{Limits, Request, order_of};
use super::super::super::resource::{self, ResourceKind, Tags, check_text};
use super::super::super::{Context, ocid, retry};
use super::paging::page;
use super::recurrence::Recurrence;
use super::rules::check_times;
use super::state::{Dimensions, StreamKey};
use super::{ACTIVE, ALARM, Alarm};
use crate::call::{ApiError, Call, Reply};
use crate::clock::{parse_rfc3339, rfc3339};
use crate::store::{Filter, Order, Place, PlaceValue, Resource, Session, SortBy};

const SUPPRESSION: ResourceKind = ResourceKind {
    ocid_type: "alarmsuppression",
    noun: "alarm suppression",
};

/// How many a page holds. Unconfirmed.
const LIMITS: Limits = Limits {
    default: 1000,
    most: 1000,
};

/// How long dimensions may be, written as JSON. Source: behaviour.md 5.4.
const MOST_DIMENSION_CHARS: usize = 4000;

pub(super) type Suppression = Resource<SuppressionDetails>;

/// What is quiet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "targetType",
    rename_all = "UPPERCASE",
    rename_all_fields = "camelCase"
)]
enum Target {
    Alarm {
        alarm_id: String,
    },
    Compartment {
        compartment_id: String,
        #[serde(default)]
        compartment_id_in_subtree: bool,
    },
}

/// How much of an alarm is quiet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Level {
    Alarm,
    #[default]
    Dimension,
}

impl Level {
    fn read(text: Option<&str>) -> Result<Self, ApiError> {
        match text.map(str::to_ascii_uppercase).as_deref() {
            None => Ok(Self::default()),
            Some("ALARM") => Ok(Self::Alarm),
            Some("DIMENSION") => Ok(Self::Dimension),
            Some(other) => Err(ApiError::invalid(format!(
                "level must be ALARM or DIMENSION, not {other}"
            ))),
        }
    }
}

/// When within its time a suppression holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Condition {
    condition_type: String,
    suppression_recurrence: String,
    suppression_duration: String,
}

impl Condition {
    fn recurrence(&self) -> Result<Recurrence, ApiError> {
        Recurrence::read(&self.suppression_recurrence, &self.suppression_duration)
    }
}

/// What only suppressions have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SuppressionDetails {
    target: Target,
    level: Level,
    description: Option<String>,
    dimensions: Dimensions,
    from_ms: i64,
    until_ms: i64,
    conditions: Vec<Condition>,
    freeform_tags: Tags,
    defined_tags: Tags,
}

impl SuppressionDetails {
    /// Those of a suppression as replies show it.
    pub(super) fn of_reply(shown: &Value) -> Result<Self, ApiError> {
        let details = CreateDetails::deserialize(shown);
        let details = details.map_err(|error| {
            ApiError::invalid(format!("a suppression of it cannot be read: {error}"))
        })?;
        Ok(details.checked()?.1)
    }

    /// Refuses one that would reach further down than there is anything.
    fn check_subtree(&self, tenancy_id: &str) -> Result<(), ApiError> {
        match &self.target {
            Target::Compartment {
                compartment_id,
                compartment_id_in_subtree: true,
            } if compartment_id != tenancy_id => Err(ApiError::invalid(format!(
                "compartmentIdInSubtree can be true only when compartmentId is the tenancy's, {tenancy_id}"
            ))),
            _ => Ok(()),
        }
    }

    /// Whether it is about an alarm, or some of its streams. Only the tenancy's root has others below it here.
    pub(super) fn reaches(&self, alarm: &Alarm) -> bool {
        match &self.target {
            Target::Alarm { alarm_id } => *alarm_id == alarm.id,
            Target::Compartment {
                compartment_id,
                compartment_id_in_subtree,
            } => *compartment_id_in_subtree || *compartment_id == alarm.compartment_id,
        }
    }

    /// Whether all of an alarm is quiet. That goes for compartments without dimensions, too: unconfirmed.
    pub(super) fn is_of_whole_alarm(&self) -> bool {
        self.level == Level::Alarm || self.dimensions.is_empty()
    }

    /// Whether a stream has all dimensions that it names.
    pub(super) fn is_about(&self, key: &StreamKey) -> bool {
        let mut named = self.dimensions.iter();
        named.all(|(name, value)| key.value_of(name) == Some(value))
    }

    /// Whether it holds at a time.
    pub(super) fn covers(&self, time_ms: i64) -> bool {
        let is_in_time = self.from_ms <= time_ms && time_ms < self.until_ms;
        let holds = |one: &Condition| one.recurrence().is_ok_and(|found| found.covers(time_ms));
        is_in_time && (self.conditions.is_empty() || self.conditions.iter().any(holds))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateDetails {
    alarm_suppression_target: Target,
    level: Option<String>,
    display_name: String,
    description: Option<String>,
    dimensions: Option<Dimensions>,
    time_suppress_from: String,
    time_suppress_until: String,
    freeform_tags: Option<Tags>,
    defined_tags: Option<Tags>,
    suppression_conditions: Option<Vec<Condition>>,
}

impl CreateDetails {
    fn checked(self) -> Result<(String, SuppressionDetails), ApiError> {
        check_text("displayName", &self.display_name)?;
        let level = Level::read(self.level.as_deref())?;
        let dimensions = self.dimensions.unwrap_or_default();
        if json!(dimensions).to_string().chars().count() > MOST_DIMENSION_CHARS {
            return Err(ApiError::invalid("dimensions values are too long"));
        }
        let is_of_alarm = matches!(self.alarm_suppression_target, Target::Alarm { .. });
        match (level, dimensions.is_empty()) {
            (Level::Alarm, false) => {
                return Err(ApiError::invalid("level ALARM takes no dimensions"));
            }
            (Level::Dimension, true) if is_of_alarm => {
                return Err(ApiError::missing("level DIMENSION needs dimensions"));
            }
            _ => {}
        }
        let (from_ms, until_ms) = check_times(&self.time_suppress_from, &self.time_suppress_until)?;
        let conditions = self.suppression_conditions.unwrap_or_default();
        conditions
            .iter()
            .try_for_each(|one| one.recurrence().map(|_| ()))?;
        let details = SuppressionDetails {
            target: self.alarm_suppression_target,
            level,
            description: self.description,
            dimensions,
            from_ms,
            until_ms,
            conditions,
            freeform_tags: self.freeform_tags.unwrap_or_default(),
            defined_tags: self.defined_tags.unwrap_or_default(),
        };
        Ok((self.display_name, details))
    }
}

/// A suppression is in the compartment of its alarm, or in the one that it is about.
pub(in super::super) fn create_suppression(
    context: &Context<'_>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let details: CreateDetails = call.typed_body()?;
    let (name, mut details) = details.checked()?;
    details.check_subtree(&context.origin.tenancy_id)?;
    retry::once(context, call, |session| {
        let compartment_id = match &mut details.target {
            Target::Alarm { alarm_id } => {
                let alarm: Alarm = ALARM.live(session, alarm_id)?;
                *alarm_id = alarm.id;
                alarm.compartment_id
            }
            Target::Compartment { compartment_id, .. } => compartment_id.clone(),
        };
        let suppression = Resource {
            id: ocid::new(SUPPRESSION.ocid_type),
            name,
            compartment_id,
            parent_id: None,
            state: ACTIVE.to_owned(),
            etag: ocid::new_etag(),
            time_created_ms: context.now_ms,
            time_deleted_ms: None,
            details,
        };
        session.put_resource(SUPPRESSION.ocid_type, &suppression)?;
        Ok(reply(&suppression))
    })
}

/// A deleted one can still be looked at.
pub(in super::super) fn get_suppression(
    context: &Context<'_>,
    call: &Call,
) -> Result<Reply, ApiError> {
    context.store.read(|session| {
        let id = call.path_value("alarmSuppressionId")?;
        let suppression = SUPPRESSION.remembered(session, id, context.now_ms)?;
        Ok(reply(&suppression))
    })
}

pub(in super::super) fn delete_suppression(
    context: &Context<'_>,
    call: &Call,
) -> Result<Reply, ApiError> {
    context.store.write(|session| {
        let id = call.path_value("alarmSuppressionId")?;
        let mut suppression: Suppression = SUPPRESSION.live(session, id)?;
        suppression.check_etag(call)?;
        suppression.delete(context.now_ms);
        session.put_resource(SUPPRESSION.ocid_type, &suppression)?;
        resource::forget_old(session, context.now_ms)?;
        Ok(Reply::empty(204))
    })
}

/// The suppressions of the tenancy that are not deleted.
pub(super) fn of_tenancy(session: &Session<'_>) -> Result<Vec<Suppression>, ApiError> {
    known(session, i64::MAX)
}

/// The same with those deleted after this time.
fn known(session: &Session<'_>, deleted_after_ms: i64) -> Result<Vec<Suppression>, ApiError> {
    let filter = Filter {
        deleted_after_ms: Some(deleted_after_ms),
        ..Filter::default()
    };
    let sort = (SortBy::TimeCreated, Order::Ascending);
    let page = session.resources(SUPPRESSION.ocid_type, &filter, sort, None, usize::MAX)?;
    Ok(page.items)
}

/// What a list is narrowed down to, besides its compartment and its alarm.
fn is_asked(call: &Call, suppression: &Suppression) -> bool {
    let details = &suppression.details;
    let level = match details.level {
        Level::Alarm => "ALARM",
        Level::Dimension => "DIMENSION",
    };
    let target = match details.target {
        Target::Alarm { .. } => "ALARM",
        Target::Compartment { .. } => "COMPARTMENT",
    };
    let fits = |wire, found: &str| {
        let wanted = call.query_text(wire);
        wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(found))
    };
    // Source: the official SDK's list_alarm_suppressions.
    let state = call.query_text("lifecycleState").unwrap_or("ACTIVE");
    let name = call.query_text("displayName");
    name.is_none_or(|name| name == suppression.name)
        && suppression.state.eq_ignore_ascii_case(state)
        && fits("level", level)
        && fits("targetType", target)
}

/// Whether a suppression is of the alarm, or reaches it where all that do are asked for.
fn is_of_alarm(call: &Call, alarm: Option<&Alarm>, suppression: &Suppression) -> bool {
    let Some(alarm) = alarm else {
        return true;
    };
    let names =
        matches!(&suppression.details.target, Target::Alarm { alarm_id } if *alarm_id == alarm.id);
    let all = call.query_text("isAllSuppressions") == Some("true");
    names || (all && suppression.details.reaches(alarm))
}

/// Lists suppressions, by default by name, which is unconfirmed.
pub(in super::super) fn list_suppressions(
    context: &Context<'_>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let alarm_id = call.query_text("alarmId");
    let compartment_id = match call.query_text("compartmentId") {
        Some(_) => super::scope::compartment(context, call)?,
        None if alarm_id.is_none() => {
            return Err(ApiError::missing("alarmId or compartmentId must be given"));
        }
        None => None,
    };
    if alarm_id.is_none() && call.query_text("isAllSuppressions") == Some("true") {
        return Err(ApiError::missing("isAllSuppressions needs an alarmId"));
    }
    let column = call.query_text("sortBy").unwrap_or("displayName");
    let order = order_of(call.query_text("sortOrder")).unwrap_or(Order::Ascending);
    let request = Request::ordered(call, LIMITS, (column, order))?;
    context.store.read(|session| {
        let alarm: Option<Alarm> = match alarm_id {
            Some(id) => Some(ALARM.live(session, id)?),
            None => None,
        };
        let mut found = known(session, context.now_ms - resource::REMEMBERED_MS)?;
        found.retain(|one| {
            compartment_id.is_none_or(|id| one.compartment_id == id)
                && is_of_alarm(call, alarm.as_ref(), one)
                && is_asked(call, one)
        });
        let place = |one: &Suppression| Place {
            value: match column {
                "timeCreated" => PlaceValue::Number(one.time_created_ms),
                "timeSuppressFrom" => PlaceValue::Number(one.details.from_ms),
                _ => PlaceValue::Text(one.name.clone()),
            },
            id: one.id.clone(),
        };
        let (found, reply) = request.fetch(place, |order, after, limit| {
            Ok(page(found, place, (order, after, limit)))
        })?;
        let items: Vec<Value> = found.iter().map(shown).collect();
        Ok(forward(reply, items))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HistoryDetails {
    dimensions: Option<Dimensions>,
    time_suppress_from_greater_than_or_equal_to: Option<String>,
    time_suppress_from_less_than: Option<String>,
}

/// The suppressions that have reached an alarm: they have begun, and may be over, or deleted. The one that begun
/// last comes first, which is unconfirmed.
pub(in super::super) fn suppression_history(
    context: &Context<'_>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let details: HistoryDetails = call.typed_body()?;
    let time = |text: &Option<String>| text.as_deref().and_then(parse_rfc3339);
    let from_ms = time(&details.time_suppress_from_greater_than_or_equal_to);
    let before_ms = time(&details.time_suppress_from_less_than);
    let stream = details.dimensions.map(|dimensions| StreamKey {
        dimensions,
        compartment_id: None,
    });
    let request = Request::ordered(call, LIMITS, ("timeEffectiveFrom", Order::Descending))?;
    context.store.read(|session| {
        let alarm: Alarm = ALARM.live(session, call.path_value("alarmId")?)?;
        let mut found = known(session, context.now_ms - resource::REMEMBERED_MS)?;
        found.retain(|one| {
            let own = &one.details;
            let begun_ms = own.from_ms.max(one.time_created_ms);
            own.reaches(&alarm)
                && begun_ms <= context.now_ms
                && begun_ms < effective_until_ms(one)
                && from_ms.is_none_or(|from_ms| own.from_ms >= from_ms)
                && before_ms.is_none_or(|before_ms| own.from_ms < before_ms)
                && stream.as_ref().is_none_or(|stream| own.is_about(stream))
        });
        let place = |one: &Suppression| Place {
            value: PlaceValue::Number(one.details.from_ms),
            id: one.id.clone(),
        };
        let (found, reply) = request.fetch(place, |order, after, limit| {
            Ok(page(found, place, (order, after, limit)))
        })?;
        let items = found.iter().map(|one| {
            json!({
                "suppressionId": one.id,
                "alarmSuppressionTarget": one.details.target,
                "level": one.details.level,
                "displayName": one.name,
                "description": one.details.description,
                "dimensions": one.details.dimensions,
                "timeEffectiveFrom": rfc3339(one.details.from_ms.max(one.time_created_ms)),
                "timeEffectiveUntil": rfc3339(effective_until_ms(one)),
                "suppressionConditions": one.details.conditions,
            })
        });
        Ok(forward(reply, items.collect()))
    })
}

/// When a suppression is over: at its end, or when it was deleted before.
fn effective_until_ms(suppression: &Suppression) -> i64 {
    let until_ms = suppression.details.until_ms;
    suppression
        .time_deleted_ms
        .map_or(until_ms, |deleted_ms| until_ms.min(deleted_ms))
}

/// A list that leads on, not back.
fn forward(reply: Reply, items: Vec<Value>) -> Reply {
    let mut reply = Reply {
        body: Some(json!({ "items": items })),
        ..reply
    };
    reply.headers.remove("opc-prev-page");
    reply
}

fn reply(suppression: &Suppression) -> Reply {
    Reply::ok(shown(suppression)).with_header("etag", &suppression.etag)
}

fn shown(suppression: &Suppression) -> Value {
    let details = &suppression.details;
    // Nothing but its end changes it.
    let updated_ms = suppression
        .time_deleted_ms
        .unwrap_or(suppression.time_created_ms);
    json!({
        "id": suppression.id,
        "compartmentId": suppression.compartment_id,
        "alarmSuppressionTarget": details.target,
        "level": details.level,
        "suppressionConditions": details.conditions,
        "displayName": suppression.name,
        "description": details.description,
        "dimensions": details.dimensions,
        "timeSuppressFrom": rfc3339(details.from_ms),
        "timeSuppressUntil": rfc3339(details.until_ms),
        "lifecycleState": suppression.state,
        "timeCreated": rfc3339(suppression.time_created_ms),
        "timeUpdated": rfc3339(updated_ms),
        "freeformTags": details.freeform_tags,
        "definedTags": details.defined_tags,
    })
}
