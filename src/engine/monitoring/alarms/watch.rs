//! Watching: alarms are evaluated minute by minute, and what comes of it is noted and told.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::RangeInclusive;

use super::super::super::effects::{Effect, Publication, Sender};
use super::super::super::{Context, Engine, EngineError};
use super::super::evaluate::EvaluateError;
use super::super::summarize::Stored;
use super::evaluation::{Evaluated, Evaluator, MINUTE_MS, MINUTES_AT_ONCE, Outcome};
use super::history;
use super::message::Message;
use super::rules::{MessageFormat, is_topic};
use super::silence::Silence;
use super::state::AlarmState;
use super::suppressions::{self, Suppression};
use super::{ALARM, Alarm};
use crate::call::{ApiError, Origin};
use crate::clock::Clock;
use crate::store::{AlarmEvaluation, AlarmWatch, Session, StoreError, WatchedAlarm};

/// How many minutes are made up for at most, when nobody looked for longer.
const MOST_MINUTES: i64 = 24 * 60;

/// How far the clock may go back without anybody having set it: a correction of the machine's may cross the begin of
/// a minute. What was evaluated then is not evaluated again.
const MOST_MINUTES_BACK: i64 = 1;

impl Engine {
    /// Evaluates the alarms up to now, and notes the messages that are due. Without alarms it costs next to
    /// nothing.
    pub fn evaluate_alarms(&self) -> Result<(), EngineError> {
        let now_ms = self.clock.now_ms();
        let now_minute = now_ms.div_euclid(MINUTE_MS);
        let due = self.store.read(|session| session.due_alarms(now_minute))?;
        if due.is_empty() {
            return Ok(());
        }
        self.store_metrics()?;
        let mut suppressions: BTreeMap<&str, Vec<Suppression>> = BTreeMap::new();
        let mut failure = None;
        for watched in &due {
            let store = self.store.tenancy(&watched.tenancy_id);
            let known = match suppressions.entry(&watched.tenancy_id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(vacant) => vacant.insert(store.read(suppressions::of_tenancy)?),
            };
            let origin = Origin {
                tenancy_id: watched.tenancy_id.clone(),
                rest_address: watched.rest_address.clone(),
                ..Origin::default()
            };
            let evaluated = store.write(|session| {
                let context = Context {
                    store,
                    // Asked for in its turn: others may have evaluated since this began.
                    now_ms: self.clock.now_ms(),
                    origin: &origin,
                    recorder: &self.recorder,
                };
                catch_up(session, &context, (watched, known))
            });
            // What is wrong with one alarm does not keep the others waiting.
            failure = failure.or(evaluated.err());
        }
        match failure {
            Some(failure) => Err(failure.into()),
            None => Ok(()),
        }
    }
}

/// The minute of a context.
pub(super) fn now_minute(context: &Context<'_>) -> i64 {
    context.now_ms.div_euclid(MINUTE_MS)
}

/// Has an alarm watched from the next minute on, as one of which nothing is known.
pub(super) fn begin(
    session: &Session<'_>,
    context: &Context<'_>,
    alarm: &Alarm,
) -> Result<(), StoreError> {
    watch_from_now(session, context, (alarm, AlarmState::default()))
}

/// The same for an alarm that watched something else up to now, which it may fire by.
pub(super) fn restart(
    session: &Session<'_>,
    context: &Context<'_>,
    alarm: &Alarm,
) -> Result<(), ApiError> {
    let watch: Option<AlarmWatch<AlarmState>> = session.alarm_watch(&alarm.id)?;
    let state = watch.map(|watch| watch.state).unwrap_or_default();
    let state = state.restarted(alarm.details.rules()?.len());
    Ok(watch_from_now(session, context, (alarm, state))?)
}

fn watch_from_now(
    session: &Session<'_>,
    context: &Context<'_>,
    (alarm, state): (&Alarm, AlarmState),
) -> Result<(), StoreError> {
    let watch = AlarmWatch {
        next_minute: now_minute(context) + 1,
        state,
    };
    session.put_alarm_watch(&alarm.id, &context.origin.rest_address, &watch)
}

/// Evaluates an alarm at all minutes up to now.
fn catch_up(
    session: &Session<'_>,
    context: &Context<'_>,
    (watched, suppressions): (&WatchedAlarm, &[Suppression]),
) -> Result<(), ApiError> {
    let alarm_id = &watched.alarm_id;
    let now_minute = now_minute(context);
    let alarm: Option<Alarm> = session.resource(ALARM.ocid_type, alarm_id)?;
    let watch: Option<AlarmWatch<AlarmState>> = session.alarm_watch(alarm_id)?;
    let (Some(alarm), Some(mut watch)) = (alarm, watch) else {
        return Ok(session.remove_alarm_watch(alarm_id)?);
    };
    // An alarm is stored with rules that can be read.
    let Ok(rules) = alarm.details.rules() else {
        return Ok(session.remove_alarm_watch(alarm_id)?);
    };
    let not_yet = now_minute + 1..=now_minute + 1 + MOST_MINUTES_BACK;
    if not_yet.contains(&watch.next_minute) {
        return Ok(());
    }
    session.trim_alarm_evaluations(alarm_id, now_minute)?;
    if watch.next_minute > now_minute {
        return Ok(begin(session, context, &alarm)?);
    }
    let watching = Watching {
        session,
        context,
        evaluator: Evaluator {
            alarm: &alarm,
            rules: &rules,
            silence: &Silence::of(&alarm, suppressions),
        },
    };
    let mut minute = watch.next_minute.max(now_minute - MOST_MINUTES + 1);
    while minute <= now_minute {
        let last = now_minute.min(minute + MINUTES_AT_ONCE - 1);
        watching.evaluate(&mut watch.state, minute..=last)?;
        minute = last + 1;
    }
    watch.next_minute = now_minute + 1;
    Ok(session.put_alarm_watch(alarm_id, &watched.rest_address, &watch)?)
}

/// An alarm that is evaluated.
struct Watching<'w, 'c> {
    session: &'w Session<'c>,
    context: &'w Context<'w>,
    evaluator: Evaluator<'w>,
}

impl Watching<'_, '_> {
    /// Evaluates at these minutes.
    fn evaluate(
        &self,
        state: &mut AlarmState,
        minutes: RangeInclusive<i64>,
    ) -> Result<(), StoreError> {
        let details = &self.evaluator.alarm.details;
        let compartment_id = match details.metric_compartment_id_in_subtree {
            true => None,
            false => Some(details.metric_compartment_id.as_str()),
        };
        let stored = Stored {
            session: self.session,
            namespace: &details.namespace,
            compartment_id,
            resource_group: details.resource_group.as_deref(),
        };
        let mut readings = match self.evaluator.read(&stored, &minutes) {
            Ok(readings) => readings,
            Err(EvaluateError::Source(error)) => return Err(error),
            // More streams than can be reckoned with: the alarm stays as it is.
            Err(EvaluateError::TooManyStreams { .. } | EvaluateError::TooManyDatapoints { .. }) => {
                return Ok(());
            }
        };
        for minute in minutes {
            let evaluated = self.evaluator.step(state, minute, &mut readings);
            self.note(&evaluated, state)?;
            self.tell(&evaluated)?;
        }
        Ok(())
    }

    /// Notes what came of an evaluation, for the alarm's history.
    fn note(&self, evaluated: &Evaluated, state: &AlarmState) -> Result<(), StoreError> {
        let Evaluator { alarm, rules, .. } = self.evaluator;
        let step = &evaluated.step;
        let base = rules.len().saturating_sub(1);
        let effective = |rule: Option<usize>| rule.unwrap_or(base);
        let name = |rule| {
            rules
                .get(effective(rule))
                .map_or_else(String::new, |rule| rule.name.clone())
        };
        let evaluation = AlarmEvaluation {
            minute: evaluated.minute,
            changes_state: step.before.is_some() != step.after.is_some(),
            changes_rule: effective(step.before) != effective(step.after),
            evaluation: history::Entry {
                is_firing: step.after.is_some(),
                rule: name(step.after),
                rule_before: name(step.before),
                alarm_summary: history::summary(alarm, rules, state),
                slack_minutes: alarm.details.slack_minutes(),
            },
        };
        self.session.put_alarm_evaluation(&alarm.id, &evaluation)
    }

    /// Sends what there is to tell, unless it is to be quiet.
    fn tell(&self, evaluated: &Evaluated) -> Result<(), StoreError> {
        for destination in &self.evaluator.alarm.details.destinations {
            for (_, outcome) in self.evaluator.outcomes(evaluated, destination) {
                if let Outcome::Sent(notice) = outcome
                    && let Some(message) = self.evaluator.message(evaluated, &notice)
                {
                    self.effect(destination, message)
                        .note(self.session, self.context)?;
                }
            }
        }
        Ok(())
    }

    /// A message on its way. A stream always gets it in one line. Source: behaviour.md 5.4.
    fn effect(&self, destination: &str, message: Message) -> Effect {
        if !is_topic(destination) {
            return Effect::Put {
                stream_id: destination.to_owned(),
                key: None,
                value: message.raw(),
            };
        }
        let format = self.evaluator.alarm.details.message_format;
        Effect::Publish(Publication {
            topic_id: destination.to_owned(),
            sender: Sender::Alarm,
            body: match format {
                MessageFormat::PrettyJson => message.pretty(),
                MessageFormat::Raw | MessageFormat::OnsOptimized => message.raw(),
            },
            email_body: (format == MessageFormat::OnsOptimized).then(|| message.readable()),
            title: Some(message.title),
        })
    }
}
