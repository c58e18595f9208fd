//! Rules: a condition, and the actions for the events that match it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::effects::ActionTaken;
use super::super::listing::{Limits, Request};
use super::super::overview::RuleOverview;
use super::super::resource::{self, ResourceKind, Tags, check_text};
use super::super::trace::{Hop, HopKind, HopResult};
use super::super::{Context, ocid, retry};
use super::actions::{Action, ActionList, Failure, path_of};
use super::condition::Condition;
use super::types;
use crate::call::{ApiError, Call, Reply, WARNING};
use crate::clock::rfc3339;
use crate::store::{Filter, Order, Resource, Session, SortBy, StoreError};

pub(super) const RULE: ResourceKind = ResourceKind {
    ocid_type: "eventrule",
    noun: "rule",
};

/// Most rules of a tenancy. Source: behaviour.md 4.1.
const MOST_RULES: usize = 50;

/// How many rules a page holds. Source: behaviour.md 4.1.
const LIMITS: Limits = Limits {
    default: 10,
    most: 50,
};

const ON: &str = "ACTIVE";
const OFF: &str = "INACTIVE";

/// What only rules have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RuleDetails {
    description: Option<String>,
    /// JSON, as it came.
    pub condition: String,
    /// What there is to say of the event types that the condition asks for.
    types_warning: Option<String>,
    pub actions: Vec<Action>,
    freeform_tags: Tags,
    defined_tags: Tags,
}

/// A rule is on or off by its lifecycle state. Source: behaviour.md 4.1.
pub(super) type Rule = Resource<RuleDetails>;

impl Rule {
    pub(super) fn is_enabled(&self) -> bool {
        self.state == ON
    }

    fn switch(&mut self, on: bool) {
        let state = if on { ON } else { OFF };
        state.clone_into(&mut self.state);
    }

    /// What a trace tells of a rule that wants an event.
    pub(super) fn hop(&self) -> Hop {
        let kind = HopKind::Rule {
            rule_id: self.id.clone(),
            rule_name: self.name.clone(),
        };
        Hop::new(kind, HopResult::Matched)
    }

    /// The actions that events are handed to while the rule is on.
    pub(super) fn enabled_actions(&self) -> impl Iterator<Item = &Action> {
        self.details.actions.iter().filter(|one| one.is_enabled)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateDetails {
    display_name: String,
    description: Option<String>,
    is_enabled: bool,
    condition: String,
    compartment_id: String,
    actions: ActionList,
    freeform_tags: Option<Tags>,
    defined_tags: Option<Tags>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateDetails {
    display_name: Option<String>,
    description: Option<String>,
    is_enabled: Option<bool>,
    condition: Option<String>,
    actions: Option<ActionList>,
    freeform_tags: Option<Tags>,
    defined_tags: Option<Tags>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangeCompartmentDetails {
    compartment_id: String,
}

pub(super) fn create(
    context: &Context<'_>,
    is_strict: bool,
    call: &Call,
) -> Result<Reply, ApiError> {
    let details: CreateDetails = call.typed_body()?;
    check_text("displayName", &details.display_name)?;
    check_text("compartmentId", &details.compartment_id)?;
    let types_warning = check_condition(&details.condition)?;
    retry::once(context, call, |session| {
        if is_strict {
            check_quota(session)?;
        }
        let mut rule = Resource {
            id: ocid::new(RULE.ocid_type),
            name: details.display_name,
            compartment_id: details.compartment_id,
            parent_id: None,
            state: OFF.to_owned(),
            etag: ocid::new_etag(),
            time_created_ms: context.now_ms,
            time_deleted_ms: None,
            details: RuleDetails {
                description: details.description,
                condition: details.condition,
                types_warning,
                actions: details.actions.create(session)?,
                freeform_tags: details.freeform_tags.unwrap_or_default(),
                defined_tags: details.defined_tags.unwrap_or_default(),
            },
        };
        rule.switch(details.is_enabled);
        session.put_resource(RULE.ocid_type, &rule)?;
        Ok(with_warning(reply(session, &rule)?))
    })
}

/// Refuses a condition that makes no sense, and says what there is to say of its event types.
fn check_condition(text: &str) -> Result<Option<String>, ApiError> {
    let condition = Condition::parse(text);
    let condition = condition.map_err(|error| ApiError::invalid(error.to_string()))?;
    Ok(types::warning(&condition))
}

/// The code is that of other quotas.
fn check_quota(session: &Session<'_>) -> Result<(), ApiError> {
    let rules = of_tenancy(session)?.len();
    match rules < MOST_RULES {
        true => Ok(()),
        false => Err(ApiError::new(
            400,
            "LimitExceeded",
            format!("You exceed the number of allowed rules: {rules} of {MOST_RULES} are in use"),
        )),
    }
}

/// The rules of the tenancy that are not deleted, the oldest first.
pub(super) fn of_tenancy(session: &Session<'_>) -> Result<Vec<Rule>, ApiError> {
    let filter = Filter {
        deleted_after_ms: Some(i64::MAX),
        ..Filter::default()
    };
    let sort = (SortBy::TimeCreated, Order::Ascending);
    let page = session.resources(RULE.ocid_type, &filter, sort, None, usize::MAX)?;
    Ok(page.items)
}

/// The rules of a tenancy, by name.
pub(in crate::engine) fn overview(session: &Session<'_>) -> Result<Vec<RuleOverview>, ApiError> {
    let mut rules = of_tenancy(session)?;
    rules.sort_by(|one, other| one.name.cmp(&other.name));
    let shown = rules.into_iter().map(|rule| {
        let failing = rule.enabled_actions();
        RuleOverview {
            is_enabled: rule.is_enabled(),
            actions: rule.enabled_actions().count(),
            failing_actions: failing.filter(|action| action.failure.is_some()).count(),
            condition: rule.details.condition,
            name: rule.name,
        }
    });
    Ok(shown.collect())
}

pub(super) fn get(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    context.store.read(|session| {
        let rule = RULE.live(session, call.path_value("ruleId")?)?;
        reply(session, &rule)
    })
}

/// Lists rules, by default the newest first; names and OCIDs go up. The order is unconfirmed.
pub(super) fn list(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let filter = Filter {
        compartment_id: call.query_text("compartmentId"),
        name: call.query_text("displayName"),
        state: call.query_text("lifecycleState"),
        deleted_after_ms: Some(i64::MAX),
        ..Filter::default()
    };
    let column = call.query_text("sortBy").unwrap_or("TIME_CREATED");
    let (sort_by, sorted) = match column.to_ascii_uppercase().as_str() {
        "DISPLAY_NAME" => (SortBy::Name, ("DISPLAY_NAME", Order::Ascending)),
        "ID" => (SortBy::Id, ("ID", Order::Ascending)),
        _ => (SortBy::TimeCreated, ("TIME_CREATED", Order::Descending)),
    };
    let request = Request::of(call, LIMITS, sorted)?;
    let place = |rule: &Rule| rule.place(sort_by);
    let (rules, mut reply) = context.store.read(|session| {
        request.fetch(place, |order, after, limit| {
            session.resources(RULE.ocid_type, &filter, (sort_by, order), after, limit)
        })
    })?;
    // This list leads on, not back. Source: behaviour.md 7.3.
    reply.headers.remove("opc-prev-page");
    reply.body = Some(rules.iter().map(summary).collect());
    Ok(reply)
}

pub(super) fn update(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: UpdateDetails = call.typed_body()?;
    if let Some(name) = &details.display_name {
        check_text("displayName", name)?;
    }
    let types_warning = details.condition.as_deref().map(check_condition);
    let types_warning = types_warning.transpose()?;
    let may_warn = details.condition.is_some() || details.actions.is_some();
    context.store.write(|session| {
        let mut rule: Rule = RULE.live(session, call.path_value("ruleId")?)?;
        rule.check_etag(call)?;
        if let Some(on) = details.is_enabled {
            rule.switch(on);
        }
        rule.name = details.display_name.unwrap_or(rule.name);
        let own = &mut rule.details;
        own.description = details.description.or(own.description.take());
        if let (Some(condition), Some(warning)) = (details.condition, types_warning) {
            own.condition = condition;
            own.types_warning = warning;
        }
        if let Some(actions) = details.actions {
            own.actions = actions.create(session)?;
        }
        if let Some(tags) = details.freeform_tags {
            own.freeform_tags = tags;
        }
        if let Some(tags) = details.defined_tags {
            own.defined_tags = tags;
        }
        rule.touch();
        session.put_resource(RULE.ocid_type, &rule)?;
        let reply = reply(session, &rule)?;
        Ok(match may_warn {
            true => with_warning(reply),
            false => reply,
        })
    })
}

pub(super) fn change_compartment(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    let details: ChangeCompartmentDetails = call.typed_body()?;
    check_text("compartmentId", &details.compartment_id)?;
    retry::once(context, call, |session| {
        let mut rule: Rule = RULE.live(session, call.path_value("ruleId")?)?;
        rule.check_etag(call)?;
        rule.compartment_id = details.compartment_id;
        rule.touch();
        session.put_resource(RULE.ocid_type, &rule)?;
        Ok(Reply::empty(200).with_header("etag", &rule.etag))
    })
}

pub(super) fn delete(context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
    context.store.write(|session| {
        let mut rule: Rule = RULE.live(session, call.path_value("ruleId")?)?;
        rule.check_etag(call)?;
        rule.delete(context.now_ms);
        session.put_resource(RULE.ocid_type, &rule)?;
        resource::forget_old(session, context.now_ms)?;
        Ok(Reply::empty(204))
    })
}

/// Keeps what a target said to an event, for those who look at the rule. It is no change of the rule: its etag
/// stays.
pub(in crate::engine) fn note_failure(
    session: &Session<'_>,
    taken: &ActionTaken,
    (reason, now_ms): (&str, i64),
) -> Result<(), StoreError> {
    let rule: Option<Rule> = session.resource(RULE.ocid_type, &taken.rule_id)?;
    let Some(mut rule) = rule else {
        return Ok(());
    };
    let mut actions = rule.details.actions.iter_mut();
    // An update may have replaced it in the meantime.
    if let Some(action) = actions.find(|action| action.id == taken.action_id) {
        action.failure = Some(Failure {
            event_id: taken.event_id.clone(),
            time_ms: now_ms,
            reason: reason.to_owned(),
        });
        session.put_resource(RULE.ocid_type, &rule)?;
    }
    Ok(())
}

/// What there is to say of a rule: event types that are not known, and actions that come to nothing.
fn message(session: &Session<'_>, rule: &Rule) -> Result<Option<String>, ApiError> {
    let mut sentences: Vec<String> = rule.details.types_warning.iter().cloned().collect();
    for (index, action) in rule.details.actions.iter().enumerate() {
        if let Some(trouble) = action.trouble(session)? {
            sentences.push(format!("{}: {trouble}", path_of(index)));
        }
    }
    Ok(Some(sentences.join(". ")).filter(|message| !message.is_empty()))
}

fn reply(session: &Session<'_>, rule: &Rule) -> Result<Reply, ApiError> {
    let actions = rule.details.actions.iter();
    let actions: Vec<Value> = actions
        .map(|action| action.shown(session))
        .collect::<Result<_, _>>()?;
    let mut shown = summary(rule);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("actions".to_owned(), json!({ "actions": actions }));
        let message = message(session, rule)?;
        fields.insert("lifecycleMessage".to_owned(), json!(message));
    }
    Ok(Reply::ok(shown).with_header("etag", &rule.etag))
}

/// Tells those who made a rule at once what its message says.
fn with_warning(reply: Reply) -> Reply {
    let message = reply
        .body
        .as_ref()
        .and_then(|body| body.get("lifecycleMessage"));
    match message.and_then(Value::as_str).map(one_line) {
        Some(message) => reply.with_header(WARNING, message),
        None => reply,
    }
}

/// A text as a header can hold it.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' '..='~' => line.push(c),
            other => line.extend(other.escape_default()),
        }
    }
    line
}

fn summary(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "displayName": rule.name,
        "description": rule.details.description,
        "lifecycleState": rule.state,
        "condition": rule.details.condition,
        "compartmentId": rule.compartment_id,
        "isEnabled": rule.is_enabled(),
        "timeCreated": rfc3339(rule.time_created_ms),
        "freeformTags": rule.details.freeform_tags,
        "definedTags": rule.details.defined_tags,
    })
}
