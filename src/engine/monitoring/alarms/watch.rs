//! Watching: alarms are evaluated minute by minute, and what comes of it is noted and told.
//!
//! An evaluation at a minute looks at the one so long before it as the alarm allows data to be late. Source:
//! behaviour.md 5.4, and the lag of three minutes that the official SDK's AlarmHistoryEntry tells of.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::super::super::effects::{Effect, Publication, Sender};
use super::super::super::{Context, Engine, EngineError};
use super::super::evaluate::{EvaluateError, Stream, Windows, evaluate};
use super::super::mql::Expression;
use super::super::summarize::Stored;
use super::history::{self, Entry};
use super::message::Subject;
use super::rules::{AlarmDetails, MessageFormat, Rule, is_topic};
use super::silence::Silence;
use super::state::{AlarmState, Notice, Policy, Reading, RuleReadings};
use super::{ALARM, Alarm};
use crate::call::{ApiError, Origin};
use crate::clock::Clock;
use crate::store::{AlarmEvaluation, AlarmWatch, Session, StoreError, WatchedAlarm};

pub(super) const MINUTE_MS: i64 = 60_000;

/// How many minutes are made up for at most, when nobody looked for longer.
const MOST_MINUTES: i64 = 24 * 60;

/// How many minutes are read at once.
const MINUTES_AT_ONCE: i64 = 60;

// How many messages an evaluation sends at most. Source: behaviour.md 5.5.
const MOST_TO_TOPIC: usize = 60;
const MOST_TO_STREAM: usize = 100_000;

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
        for watched in due {
            let origin = Origin {
                tenancy_id: watched.tenancy_id.clone(),
                rest_address: watched.rest_address.clone(),
                ..Origin::default()
            };
            let context = Context {
                store: self.store.tenancy(&origin.tenancy_id),
                now_ms,
                origin: &origin,
                recorder: &self.recorder,
            };
            context
                .store
                .write(|session| catch_up(session, &context, &watched))?;
        }
        Ok(())
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
    let watch = AlarmWatch {
        next_minute: now_minute(context) + 1,
        state: AlarmState::default(),
    };
    session.put_alarm_watch(&alarm.id, &context.origin.rest_address, &watch)
}

/// Evaluates an alarm at all minutes up to now.
fn catch_up(
    session: &Session<'_>,
    context: &Context<'_>,
    watched: &WatchedAlarm,
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
    session.trim_alarm_evaluations(alarm_id, now_minute)?;
    if watch.next_minute > now_minute + 1 {
        return Ok(begin(session, context, &alarm)?);
    }
    let watching = Watching {
        session,
        context,
        alarm: &alarm,
        rules: &rules,
        silence: Silence::of(session, &alarm)?,
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
    alarm: &'w Alarm,
    rules: &'w [Rule],
    silence: Silence,
}

impl Watching<'_, '_> {
    fn details(&self) -> &AlarmDetails {
        &self.alarm.details
    }

    /// Evaluates at these minutes.
    fn evaluate(
        &self,
        state: &mut AlarmState,
        minutes: RangeInclusive<i64>,
    ) -> Result<(), StoreError> {
        let policy = Policy {
            is_split: self.details().is_split,
            repeat_minutes: self.details().repeat_minutes(),
        };
        let mut readings = Vec::new();
        for rule in self.rules {
            match self.read(rule, &minutes) {
                Ok(of_rule) => readings.push(of_rule),
                Err(EvaluateError::Source(error)) => return Err(error),
                // More streams than can be reckoned with: the alarm stays as it is.
                Err(
                    EvaluateError::TooManyStreams { .. } | EvaluateError::TooManyDatapoints { .. },
                ) => {
                    return Ok(());
                }
            }
        }
        for minute in minutes {
            let of_minute: Vec<RuleReadings> = readings
                .iter_mut()
                .zip(self.rules)
                .map(|(of_rule, rule)| RuleReadings {
                    pending_minutes: rule.pending_minutes,
                    streams: of_rule.remove(&minute).unwrap_or_default(),
                })
                .collect();
            let step = state.step(minute, &of_minute, policy);
            let base = self.rules.len().saturating_sub(1);
            let effective = |rule: Option<usize>| rule.unwrap_or(base);
            let evaluation = AlarmEvaluation {
                minute,
                changes_state: step.before.is_some() != step.after.is_some(),
                changes_rule: effective(step.before) != effective(step.after),
                evaluation: Entry {
                    is_firing: step.after.is_some(),
                    rule: self.rule_name(effective(step.after)),
                    rule_before: self.rule_name(effective(step.before)),
                    alarm_summary: history::summary(self.alarm, self.rules, state),
                    slack_minutes: self.details().slack_minutes(),
                },
            };
            self.session
                .put_alarm_evaluation(&self.alarm.id, &evaluation)?;
            self.tell(minute, &step.notices, state.firing().count())?;
        }
        Ok(())
    }

    fn rule_name(&self, rule: usize) -> String {
        self.rules
            .get(rule)
            .map_or_else(String::new, |rule| rule.name.clone())
    }

    /// What the streams come to by a rule, by the minute of the evaluation.
    fn read(
        &self,
        rule: &Rule,
        minutes: &RangeInclusive<i64>,
    ) -> Result<BTreeMap<i64, BTreeMap<super::state::Dimensions, Reading>>, EvaluateError<StoreError>>
    {
        let details = self.details();
        let slack = details.slack_minutes();
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
        let windows = Windows {
            first: minutes.start() - slack,
            last: minutes.end() - slack,
            step: 1,
        };
        let streams = |expression: &Expression| evaluate(expression, &stored, windows);
        let mut readings: BTreeMap<i64, BTreeMap<_, Reading>> = BTreeMap::new();
        let mut note = |streams: Vec<Stream>, reading: fn(f64) -> Reading| {
            for stream in streams {
                for point in &stream.points {
                    let of_minute = readings.entry(point.end_minute + slack).or_default();
                    of_minute.insert(stream.identity.dimensions.clone(), reading(point.value));
                }
            }
        };
        note(streams(&rule.measure)?, |_| Reading::Clear);
        note(streams(&rule.condition)?, Reading::Breached);
        Ok(readings)
    }

    /// Sends what there is to tell, unless it is to be quiet.
    fn tell(&self, minute: i64, notices: &[Notice], firing: usize) -> Result<(), StoreError> {
        let time_ms = minute * MINUTE_MS;
        let loud: Vec<Notice> = notices
            .iter()
            .filter_map(|notice| self.silence.hushed(notice, time_ms))
            .collect();
        for destination in &self.details().destinations {
            let most = match is_topic(destination) {
                true => MOST_TO_TOPIC,
                false => MOST_TO_STREAM,
            };
            for notice in loud.iter().take(most) {
                let Some(rule) = self.rules.get(notice.rule) else {
                    continue;
                };
                let subject = Subject {
                    alarm: self.alarm,
                    rule,
                    notice,
                    firing,
                    time_ms,
                };
                self.effect(destination, &subject)
                    .note(self.session, self.context)?;
            }
        }
        Ok(())
    }

    /// A message on its way. A stream always gets it in one line. Source: behaviour.md 5.4.
    fn effect(&self, destination: &str, subject: &Subject<'_>) -> Effect {
        let message = subject.message();
        if !is_topic(destination) {
            return Effect::Put {
                stream_id: destination.to_owned(),
                key: None,
                value: message.raw(),
            };
        }
        let format = self.details().message_format;
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
