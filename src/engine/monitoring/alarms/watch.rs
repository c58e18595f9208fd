//! Watching: alarms are evaluated minute by minute, and what comes of it is noted and told.

use std::collections::BTreeMap;
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

/// How many messages are held at least before they are noted, so that they are noted in the order of their time.
const ENOUGH_MESSAGES: usize = 100_000;

impl Engine {
    /// Evaluates the alarms up to now, and notes the messages that are due, in the order of their time. Without
    /// alarms it costs next to nothing.
    pub fn evaluate_alarms(&self) -> Result<(), EngineError> {
        let now_minute = self.clock.now_ms().div_euclid(MINUTE_MS);
        let due = self.store.read(|session| session.due_alarms(now_minute))?;
        if due.is_empty() {
            return Ok(());
        }
        self.store_metrics()?;
        let mut failure = None;
        for due in due.chunk_by(|one, next| one.tenancy_id == next.tenancy_id) {
            let evaluated = self.evaluate_all(due.iter().collect(), now_minute);
            failure = failure.or(evaluated.err());
        }
        match failure {
            Some(failure) => Err(failure.into()),
            None => Ok(()),
        }
    }

    /// Evaluates alarms of one tenancy up to now, all of them for some minutes at a time.
    fn evaluate_all(&self, mut due: Vec<&WatchedAlarm>, now_minute: i64) -> Result<(), ApiError> {
        let mut failure = None;
        let mut done = oldest(now_minute) - 1;
        while done < now_minute
            && let Some(next) = due.iter().map(|watched| watched.next_minute).min()
        {
            let first = next.min(now_minute).max(done + 1);
            done = now_minute.min(first + MINUTES_AT_ONCE - 1);
            failure = failure.or(self.evaluate_together(&mut due, done).err());
        }
        failure.map_or(Ok(()), Err)
    }

    /// Evaluates alarms of one tenancy up to a minute. Those that something is wrong with are let go of, and do not keep
    /// the others waiting.
    fn evaluate_together(&self, due: &mut Vec<&WatchedAlarm>, last: i64) -> Result<(), ApiError> {
        let Some(first) = due.first() else {
            return Ok(());
        };
        let origins: Vec<Origin> = due.iter().map(|watched| origin_of(watched)).collect();
        let store = self.store.tenancy(&first.tenancy_id);
        let failures = store.write(|session| {
            // Asked for here: others may have evaluated since this began.
            let now_ms = self.clock.now_ms();
            let suppressions = suppressions::of_tenancy(session)?;
            let mut messages = Messages::default();
            let mut failures = BTreeMap::new();
            for (watched, origin) in due.iter().zip(&origins) {
                let context = Context {
                    store,
                    now_ms,
                    origin,
                    recorder: &self.recorder,
                };
                match catch_up(session, &context, (watched, &suppressions), last) {
                    Ok(told) => messages.add(session, context, told)?,
                    Err(error) => {
                        failures.insert(watched.alarm_id.as_str(), error);
                    }
                }
            }
            messages.note(session)?;
            Ok::<_, ApiError>(failures)
        });
        let failures = failures.inspect_err(|_| due.clear())?;
        due.retain(|watched| !failures.contains_key(watched.alarm_id.as_str()));
        failures.into_values().next().map_or(Ok(()), Err)
    }
}

/// The first minute that is made up for at a minute.
fn oldest(now_minute: i64) -> i64 {
    now_minute - MOST_MINUTES + 1
}

fn origin_of(watched: &WatchedAlarm) -> Origin {
    Origin {
        tenancy_id: watched.tenancy_id.clone(),
        rest_address: watched.rest_address.clone(),
        ..Origin::default()
    }
}

/// What an alarm tells, by the minute.
type Told = Vec<(i64, Effect)>;

/// What several alarms tell, before it is noted.
#[derive(Default)]
struct Messages<'m>(Vec<(i64, Context<'m>, Effect)>);

impl<'m> Messages<'m> {
    /// Takes what one more alarm tells. What is too much to hold is noted, and what comes after it is told after it.
    fn add(
        &mut self,
        session: &Session<'_>,
        context: Context<'m>,
        told: Told,
    ) -> Result<(), StoreError> {
        let told = told.into_iter();
        self.0
            .extend(told.map(|(minute, effect)| (minute, context, effect)));
        match self.0.len() > ENOUGH_MESSAGES {
            true => std::mem::take(self).note(session),
            false => Ok(()),
        }
    }

    fn note(mut self, session: &Session<'_>) -> Result<(), StoreError> {
        self.0.sort_by_key(|(minute, ..)| *minute);
        let mut messages = self.0.into_iter();
        messages.try_for_each(|(_, context, effect)| effect.note(session, &context))
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

/// Evaluates an alarm at the minutes up to this one that it was not evaluated at, as many as are read at once.
fn catch_up(
    session: &Session<'_>,
    context: &Context<'_>,
    (watched, suppressions): (&WatchedAlarm, &[Suppression]),
    last: i64,
) -> Result<Told, ApiError> {
    let alarm_id = &watched.alarm_id;
    let now_minute = now_minute(context);
    let alarm: Option<Alarm> = session.resource(ALARM.ocid_type, alarm_id)?;
    let watch: Option<AlarmWatch<AlarmState>> = session.alarm_watch(alarm_id)?;
    let (Some(alarm), Some(mut watch)) = (alarm, watch) else {
        session.remove_alarm_watch(alarm_id)?;
        return Ok(Told::new());
    };
    // An alarm is stored with rules that can be read.
    let Ok(rules) = alarm.details.rules() else {
        session.remove_alarm_watch(alarm_id)?;
        return Ok(Told::new());
    };
    if watch.next_minute > now_minute + 1 + MOST_MINUTES_BACK {
        session.trim_alarm_evaluations(alarm_id, now_minute)?;
        begin(session, context, &alarm)?;
        return Ok(Told::new());
    }
    let first = watch.next_minute.max(oldest(now_minute));
    let last = last.min(first + MINUTES_AT_ONCE - 1);
    if first > last {
        return Ok(Told::new());
    }
    session.trim_alarm_evaluations(alarm_id, now_minute)?;
    let watching = Watching {
        session,
        evaluator: Evaluator {
            alarm: &alarm,
            rules: &rules,
            silence: &Silence::of(&alarm, suppressions),
        },
    };
    let told = watching.evaluate(&mut watch.state, first..=last)?;
    watch.next_minute = last + 1;
    session.put_alarm_watch(alarm_id, &watched.rest_address, &watch)?;
    Ok(told)
}

/// An alarm that is evaluated.
struct Watching<'w, 'c> {
    session: &'w Session<'c>,
    evaluator: Evaluator<'w>,
}

impl Watching<'_, '_> {
    /// Evaluates at these minutes, and says what there is to tell.
    fn evaluate(
        &self,
        state: &mut AlarmState,
        minutes: RangeInclusive<i64>,
    ) -> Result<Told, StoreError> {
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
                return Ok(Told::new());
            }
        };
        let mut told = Told::new();
        for minute in minutes {
            let evaluated = self.evaluator.step(state, minute, &mut readings);
            self.note(&evaluated, state)?;
            told.extend(self.told(&evaluated).map(|effect| (minute, effect)));
        }
        Ok(told)
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

    /// What there is to tell, unless it is to be quiet.
    fn told(&self, evaluated: &Evaluated) -> impl Iterator<Item = Effect> {
        let destinations = self.evaluator.alarm.details.destinations.iter();
        destinations.flat_map(|destination| {
            let outcomes = self.evaluator.outcomes(evaluated, destination);
            outcomes.into_iter().filter_map(|(_, outcome)| {
                let Outcome::Sent(notice) = outcome else {
                    return None;
                };
                let message = self.evaluator.message(evaluated, &notice)?;
                Some(self.effect(destination, message))
            })
        })
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
