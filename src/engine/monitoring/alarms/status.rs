//! How alarms stand: their status, and that of each metric stream.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::super::Context;
use super::super::super::listing::Request;
use super::super::scope;
use super::evaluation::MINUTE_MS;
use super::message::status;
use super::paging::page;
use super::silence::Silence;
use super::state::{AlarmState, Dimensions, StreamState};
use super::{ALARM, Alarm, LIMITS, SortedBy, history, of_tenancy, suppressions};
use crate::call::{ApiError, Call, Reply};
use crate::clock::rfc3339;
use crate::store::{AlarmWatch, Order, Place, PlaceValue, Session, StoreError};

/// How an alarm stands; one that is off stands as if nothing had happened.
fn state_of(session: &Session<'_>, alarm: &Alarm) -> Result<AlarmState, StoreError> {
    let watch: Option<AlarmWatch<AlarmState>> = session.alarm_watch(&alarm.id)?;
    Ok(watch.map(|watch| watch.state).unwrap_or_default())
}

/// Lists the alarms that are on, which is unconfirmed.
pub(in super::super) fn list_status(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let compartment_id = scope::compartment(context, call)?;
    let (sorted_by, order) = SortedBy::of(call);
    let request = Request::ordered(call, LIMITS, (sorted_by.wire(), order))?;
    context.store.read(|session| {
        let mut standing = Vec::new();
        for alarm in of_tenancy(session)? {
            let state = state_of(session, &alarm)?;
            if is_asked(call, compartment_id, (&alarm, &state)) {
                standing.push((alarm, state));
            }
        }
        let place = |one: &(Alarm, AlarmState)| sorted_by.place(&one.0);
        let (found, reply) = request.fetch(place, |order, after, limit| {
            Ok(page(standing, place, (order, after, limit)))
        })?;
        let known = suppressions::of_tenancy(session)?;
        let shown: Vec<Value> = found
            .iter()
            .map(|(alarm, state)| {
                let is_quiet = Silence::of(alarm, &known).covers_all(context.now_ms);
                summary(alarm, state, is_quiet)
            })
            .collect::<Result<_, ApiError>>()?;
        let mut reply = Reply {
            body: Some(shown.into()),
            ..reply
        };
        // This list leads on, not back. Source: behaviour.md 7.3.
        reply.headers.remove("opc-prev-page");
        Ok(reply)
    })
}

fn is_asked(
    call: &Call,
    compartment_id: Option<&str>,
    (alarm, state): (&Alarm, &AlarmState),
) -> bool {
    let is_there = compartment_id.is_none_or(|id| alarm.compartment_id == id);
    let name = call.query_text("displayName");
    let is_named = name.is_none_or(|name| alarm.name == name);
    let has_status = match call.query_text("status") {
        Some(wanted) if wanted.eq_ignore_ascii_case("FIRING") => state.standing.rule.is_some(),
        // An alarm of which nothing is known does not fire.
        Some(_) => state.streams.len() > state.firing().count() || state.streams.is_empty(),
        None => true,
    };
    let has_dimension = |wire| {
        call.query_text(wire).is_none_or(|wanted| {
            let mut streams = state.streams.iter();
            streams.any(|one| {
                one.key
                    .dimensions
                    .get(wire)
                    .is_some_and(|found| found == wanted)
            })
        })
    };
    alarm.details.is_enabled
        && is_there
        && is_named
        && has_status
        && ["resourceId", "serviceName", "entityId"]
            .into_iter()
            .all(has_dimension)
}

fn summary(alarm: &Alarm, state: &AlarmState, is_quiet: bool) -> Result<Value, ApiError> {
    let rules = alarm.details.rules()?;
    let base = rules.len().saturating_sub(1);
    let rule = rules.get(state.standing.rule.unwrap_or(base));
    let status = match is_quiet {
        true => "SUSPENDED",
        false => status(state.standing.rule.is_some()),
    };
    Ok(json!({
        "id": alarm.id,
        "displayName": alarm.name,
        "severity": rule.map_or(&alarm.details.severity, |rule| &rule.severity),
        "ruleName": rule.map_or(&alarm.details.rule_name, |rule| &rule.name),
        "timestampTriggered": rfc3339(triggered_ms(alarm, state.standing.since_minute)),
        "alarmSummary": history::summary(alarm, &rules, state),
        "status": status,
        "suppression": alarm.details.suppression,
    }))
}

/// When something came to its state; the alarm's creation, where nothing has changed since.
pub(super) fn triggered_ms(alarm: &Alarm, since_minute: Option<i64>) -> i64 {
    since_minute.map_or(alarm.time_created_ms, |minute| {
        (minute - alarm.details.slack_minutes()) * MINUTE_MS
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DimensionStatesDetails {
    dimension_filters: Option<Dimensions>,
    status: Option<String>,
}

/// The states of an alarm's metric streams, by their dimensions.
pub(in super::super) fn dimension_states(
    context: &Context<'_>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let details: DimensionStatesDetails = call.typed_body()?;
    let wanted = details.status.as_deref().map(str::to_ascii_uppercase);
    if let Some(other) = wanted
        .as_deref()
        .filter(|one| !["FIRING", "OK"].contains(one))
    {
        return Err(ApiError::invalid(format!(
            "status must be FIRING or OK, not {other}"
        )));
    }
    let request = Request::ordered(call, LIMITS, ("dimensions", Order::Ascending))?;
    context.store.read(|session| {
        let alarm: Alarm = ALARM.live(session, call.path_value("alarmId")?)?;
        let rules = alarm.details.rules()?;
        let state = state_of(session, &alarm)?;
        let alarm_summary = history::summary(&alarm, &rules, &state);
        let mut streams = state.streams;
        streams.retain(|stream| {
            let filter = details.dimension_filters.as_ref();
            let status = status(stream.standing.rule.is_some());
            filter.is_none_or(|filter| *filter == stream.key.dimensions)
                && wanted.as_ref().is_none_or(|wanted| wanted == status)
        });
        let place = |stream: &StreamState| Place {
            value: PlaceValue::Text(json!(stream.key.dimensions).to_string()),
            id: stream.key.compartment_id.clone().unwrap_or_default(),
        };
        let (found, reply) = request.fetch(place, |order, after, limit| {
            Ok(page(streams, place, (order, after, limit)))
        })?;
        let base = rules.len().saturating_sub(1);
        let items = found.iter().map(|stream| {
            let rule = rules.get(stream.standing.rule.unwrap_or(base));
            json!({
                "alarmSummary": alarm_summary,
                "dimensions": stream.key.dimensions,
                "status": status(stream.standing.rule.is_some()),
                "ruleName": rule.map_or(&alarm.details.rule_name, |rule| &rule.name),
                "timestamp": rfc3339(triggered_ms(&alarm, stream.standing.since_minute)),
            })
        });
        let mut reply = Reply {
            body: Some(json!({
                "alarmId": alarm.id,
                "isEnabled": alarm.details.is_enabled,
                "isNotificationsPerMetricDimensionEnabled": alarm.details.is_split,
                "items": items.collect::<Vec<_>>(),
            })),
            ..reply
        };
        reply.headers.remove("opc-prev-page");
        Ok(reply)
    })
}
