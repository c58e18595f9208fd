//! Watching: alarms are evaluated minute by minute, and what comes of it is noted and told.

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
use crate::store::{AlarmEvaluation, AlarmWatch, Session, StoreError, TenancyStore, WatchedAlarm};

/// How many minutes are made up for at most, when nobody looked for longer.
const MOST_MINUTES: i64 = 24 * 60;

/// How far the clock may go back without anybody having set it: a correction of the machine's may cross the begin of
/// a minute. What was evaluated then is not evaluated again.
const MOST_MINUTES_BACK: i64 = 1;

/// How many messages are enough to be noted, although more that belong between them may come.
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

    /// Evaluates alarms of one tenancy up to now, all of them for some minutes at a time. What is wrong with one does not
    /// keep the others waiting.
    fn evaluate_all(&self, mut due: Vec<&WatchedAlarm>, now_minute: i64) -> Result<(), ApiError> {
        let mut failure = None;
        let mut done = oldest(now_minute) - 1;
        while done < now_minute
            && let Some(next) = due.iter().map(|watched| watched.next_minute).min()
        {
            let first = next.min(now_minute).max(done + 1);
            done = now_minute.min(first + MINUTES_AT_ONCE - 1);
            failure = failure.or(self.evaluate_together(&mut due, done)?);
        }
        failure.map_or(Ok(()), Err)
    }

    /// Evaluates alarms of one tenancy up to a minute, lets go of those that cannot be evaluated, and says why the first
    /// of them cannot. Each is read by itself, and only what came of all is written at once: meanwhile others are
    /// answered.
    fn evaluate_together(
        &self,
        due: &mut Vec<&WatchedAlarm>,
        last: i64,
    ) -> Result<Option<ApiError>, ApiError> {
        let Some(first) = due.first() else {
            return Ok(None);
        };
        let store = self.store.tenancy(&first.tenancy_id);
        let suppressions = store.read(suppressions::of_tenancy)?;
        let (mut failure, mut evaluable) = (None, Vec::with_capacity(due.len()));
        let (mut caught_up, mut messages) = (Vec::new(), 0);
        for watched in due.drain(..) {
            let found = store.read(|session| {
                let now_minute = self.clock.now_ms().div_euclid(MINUTE_MS);
                catch_up(session, watched, &suppressions, (last, now_minute))
            });
            match found {
                Ok(found) => {
                    evaluable.push(watched);
                    messages += found.as_ref().map_or(0, |found| found.told.len());
                    caught_up.extend(found);
                }
                Err(error) => failure = failure.or(Some(error)),
            }
            if messages > ENOUGH_MESSAGES {
                self.put_caught_up(store, std::mem::take(&mut caught_up))?;
                messages = 0;
            }
        }
        self.put_caught_up(store, caught_up)?;
        *due = evaluable;
        Ok(failure)
    }

    /// Stores what came of alarms, and notes what they tell in the order of its time.
    fn put_caught_up(
        &self,
        store: TenancyStore<'_>,
        caught_up: Vec<CaughtUp<'_>>,
    ) -> Result<(), ApiError> {
        if caught_up.is_empty() {
            return Ok(());
        }
        let origins = caught_up.iter().map(|one| origin_of(one.watched));
        let origins: Vec<Origin> = origins.collect();
        store.write(|session| {
            let mut messages = Vec::new();
            for (one, origin) in caught_up.into_iter().zip(&origins) {
                let context = Context {
                    store,
                    now_ms: self.clock.now_ms(),
                    origin,
                    recorder: &self.recorder,
                };
                let told = one.put(session, &context)?.into_iter();
                messages.extend(told.map(|(minute, effect)| (minute, context, effect)));
            }
            messages.sort_by_key(|(minute, ..)| *minute);
            let mut messages = messages.into_iter();
            Ok(messages.try_for_each(|(_, context, effect)| effect.note(session, &context))?)
        })
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

/// What came of an alarm, before it is stored.
struct CaughtUp<'w> {
    watched: &'w WatchedAlarm,
    /// The next minute at which it was to be evaluated.
    from_minute: i64,
    /// The alarm's etag, if there was an alarm.
    etag: Option<String>,
    /// How far it is evaluated now; none where it is not there to be watched any more.
    watch: Option<AlarmWatch<AlarmState>>,
    evaluations: Vec<AlarmEvaluation<history::Entry>>,
    told: Told,
}

impl CaughtUp<'_> {
    /// Stores it, and says what is to be told; nothing, if others have evaluated the alarm meanwhile, or changed it.
    fn put(self, session: &Session<'_>, context: &Context<'_>) -> Result<Told, StoreError> {
        let alarm_id = &self.watched.alarm_id;
        let alarm: Option<Alarm> = session.resource(ALARM.ocid_type, alarm_id)?;
        if session.alarm_next_minute(alarm_id)? != Some(self.from_minute)
            || alarm.map(|alarm| alarm.etag) != self.etag
        {
            return Ok(Told::new());
        }
        let Some(watch) = self.watch else {
            session.remove_alarm_watch(alarm_id)?;
            return Ok(Told::new());
        };
        session.trim_alarm_evaluations(alarm_id, now_minute(context))?;
        for evaluation in &self.evaluations {
            session.put_alarm_evaluation(alarm_id, evaluation)?;
        }
        session.put_alarm_watch(alarm_id, &self.watched.rest_address, &watch)?;
        Ok(self.told)
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
    let watch = unknown(now_minute(context));
    session.put_alarm_watch(&alarm.id, &context.origin.rest_address, &watch)
}

/// The same for an alarm that watched something else up to now, which it may fire by.
pub(super) fn restart(
    session: &Session<'_>,
    context: &Context<'_>,
    alarm: &Alarm,
) -> Result<(), ApiError> {
    let known: Option<AlarmWatch<AlarmState>> = session.alarm_watch(&alarm.id)?;
    let state = known.map(|known| known.state).unwrap_or_default();
    let watch = AlarmWatch {
        state: state.restarted(alarm.details.rules()?.len()),
        ..unknown(now_minute(context))
    };
    Ok(session.put_alarm_watch(&alarm.id, &context.origin.rest_address, &watch)?)
}

/// How far an alarm is evaluated of which nothing is known.
fn unknown(now_minute: i64) -> AlarmWatch<AlarmState> {
    AlarmWatch {
        next_minute: now_minute + 1,
        state: AlarmState::default(),
    }
}

/// Evaluates an alarm at the minutes up to `last` that it was not evaluated at, as many as are read at once.
fn catch_up<'w>(
    session: &Session<'_>,
    watched: &'w WatchedAlarm,
    suppressions: &[Suppression],
    (last, now_minute): (i64, i64),
) -> Result<Option<CaughtUp<'w>>, ApiError> {
    let alarm: Option<Alarm> = session.resource(ALARM.ocid_type, &watched.alarm_id)?;
    let watch: Option<AlarmWatch<AlarmState>> = session.alarm_watch(&watched.alarm_id)?;
    let Some(watch) = watch else {
        return Ok(None);
    };
    let mut caught_up = CaughtUp {
        watched,
        from_minute: watch.next_minute,
        etag: alarm.as_ref().map(|alarm| alarm.etag.clone()),
        watch: None,
        evaluations: Vec::new(),
        told: Told::new(),
    };
    let Some(alarm) = alarm else {
        return Ok(Some(caught_up));
    };
    // An alarm is stored with rules that can be read.
    let Ok(rules) = alarm.details.rules() else {
        return Ok(Some(caught_up));
    };
    if watch.next_minute > now_minute + 1 + MOST_MINUTES_BACK {
        caught_up.watch = Some(unknown(now_minute));
        return Ok(Some(caught_up));
    }
    let first = watch.next_minute.max(oldest(now_minute));
    let last = last.min(first + MINUTES_AT_ONCE - 1);
    if first > last {
        return Ok(None);
    }
    let watching = Watching {
        session,
        evaluator: Evaluator {
            alarm: &alarm,
            rules: &rules,
            silence: &Silence::of(&alarm, suppressions),
        },
    };
    let mut state = watch.state;
    watching.evaluate(&mut state, first..=last, &mut caught_up)?;
    caught_up.watch = Some(AlarmWatch {
        next_minute: last + 1,
        state,
    });
    Ok(Some(caught_up))
}

/// An alarm that is evaluated.
struct Watching<'w, 'c> {
    session: &'w Session<'c>,
    evaluator: Evaluator<'w>,
}

impl Watching<'_, '_> {
    /// Evaluates at these minutes, and adds what comes of it.
    fn evaluate(
        &self,
        state: &mut AlarmState,
        minutes: RangeInclusive<i64>,
        caught_up: &mut CaughtUp<'_>,
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
            let evaluation = self.evaluation(&evaluated, state);
            caught_up.evaluations.push(evaluation);
            let told = self.told(&evaluated).map(|effect| (minute, effect));
            caught_up.told.extend(told);
        }
        Ok(())
    }

    /// What came of an evaluation, for the alarm's history.
    fn evaluation(
        &self,
        evaluated: &Evaluated,
        state: &AlarmState,
    ) -> AlarmEvaluation<history::Entry> {
        let Evaluator { alarm, rules, .. } = self.evaluator;
        let step = &evaluated.step;
        let base = rules.len().saturating_sub(1);
        let effective = |rule: Option<usize>| rule.unwrap_or(base);
        let name = |rule| {
            rules
                .get(effective(rule))
                .map_or_else(String::new, |rule| rule.name.clone())
        };
        AlarmEvaluation {
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
        }
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
