//! Evaluating an alarm: what its rules come to, minute by minute, and who is told.
//!
//! An evaluation at a minute looks at the one so long before it as the alarm allows data to be late. Source:
//! behaviour.md 5.4, and the lag of three minutes that the official SDK's AlarmHistoryEntry tells of.
//!
//! Nothing here knows a store: `watch` evaluates what was posted, `simulate` what a file says.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::super::evaluate::{EvaluateError, Identity, Source, Stream, Windows, evaluate};
use super::super::mql::Expression;
use super::Alarm;
use super::message::{Message, Subject};
use super::rules::{AlarmDetails, Rule, is_topic};
use super::silence::Silence;
use super::state::{AlarmState, Notice, Policy, Reading, RuleReadings, Step, StreamKey};

pub(super) const MINUTE_MS: i64 = 60_000;

/// How many minutes are best read at once.
pub(super) const MINUTES_AT_ONCE: i64 = 60;

// How many messages an evaluation sends at most. Source: behaviour.md 5.5.
const MOST_TO_TOPIC: usize = 60;
const MOST_TO_STREAM: usize = 100_000;

/// An alarm with all that its evaluation depends on, but for points and what it knows from before.
pub(super) struct Evaluator<'e> {
    pub alarm: &'e Alarm,
    pub rules: &'e [Rule],
    pub silence: &'e Silence,
}

/// What the streams come to by a rule, by the minute of the evaluation.
type RuleMinutes = BTreeMap<i64, BTreeMap<StreamKey, Reading>>;

/// What the streams come to by each rule in some minutes.
pub(super) struct Readings(Vec<RuleMinutes>);

impl Readings {
    /// Whether no stream came to anything.
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(BTreeMap::is_empty)
    }
}

/// What came of an evaluation.
pub(super) struct Evaluated {
    pub minute: i64,
    /// One for each rule.
    pub readings: Vec<RuleReadings>,
    pub step: Step,
    /// How many streams fire.
    pub firing: usize,
}

/// What becomes of a notification on its way to a destination.
pub(super) enum Outcome {
    /// It is sent, without the streams that are quiet.
    Sent(Notice),
    /// All that it is about is quiet.
    Suppressed,
    /// There are too many at once.
    Dropped,
}

impl Evaluator<'_> {
    fn details(&self) -> &AlarmDetails {
        &self.alarm.details
    }

    /// What the streams come to in evaluations at these minutes.
    pub(super) fn read<S: Source>(
        &self,
        source: &S,
        minutes: &RangeInclusive<i64>,
    ) -> Result<Readings, EvaluateError<S::Error>> {
        let slack = self.details().slack_minutes();
        let windows = Windows {
            first: minutes.start() - slack,
            last: minutes.end() - slack,
            step: 1,
        };
        let streams = |expression: &Expression| evaluate(expression, source, windows);
        let readings = self.rules.iter().map(|rule| {
            let mut readings = RuleMinutes::new();
            let mut note = |streams: Vec<Stream>, reading: fn(f64) -> Reading| {
                for stream in streams {
                    let key = self.key(stream.identity);
                    for point in &stream.points {
                        let of_minute = readings.entry(point.end_minute + slack).or_default();
                        of_minute.insert(key.clone(), reading(point.value));
                    }
                }
            };
            note(streams(&rule.measure)?, Reading::Clear);
            note(streams(&rule.condition)?, Reading::Breached);
            Ok(readings)
        });
        readings.collect::<Result<_, _>>().map(Readings)
    }

    /// What tells a stream from the alarm's others. How the service tells those of several compartments apart is
    /// unconfirmed.
    fn key(&self, identity: Identity) -> StreamKey {
        let is_of_one = self.details().metric_compartment_id_in_subtree && !identity.is_grouped;
        StreamKey {
            dimensions: identity.dimensions,
            compartment_id: identity.compartment_id.filter(|_| is_of_one),
        }
    }

    /// Takes the readings of a minute. Minutes come in order.
    pub(super) fn step(
        &self,
        state: &mut AlarmState,
        minute: i64,
        readings: &mut Readings,
    ) -> Evaluated {
        let policy = Policy {
            is_split: self.details().is_split,
            repeat_minutes: self.details().repeat_minutes(),
        };
        let of_rules = readings.0.iter_mut().zip(self.rules);
        let readings: Vec<RuleReadings> = of_rules
            .map(|(of_rule, rule)| RuleReadings {
                pending_minutes: rule.pending_minutes,
                streams: of_rule.remove(&minute).unwrap_or_default(),
            })
            .collect();
        let step = state.step(minute, &readings, policy);
        Evaluated {
            minute,
            readings,
            step,
            firing: state.firing().count(),
        }
    }

    /// What becomes of the notifications of an evaluation on their way to a destination, in their order.
    pub(super) fn outcomes<'n>(
        &self,
        evaluated: &'n Evaluated,
        destination: &str,
    ) -> Vec<(&'n Notice, Outcome)> {
        let mut left = match is_topic(destination) {
            true => MOST_TO_TOPIC,
            false => MOST_TO_STREAM,
        };
        let time_ms = evaluated.minute * MINUTE_MS;
        let notices = evaluated.step.notices.iter();
        let outcomes = notices.map(|notice| {
            let outcome = match self.silence.hushed(notice, time_ms) {
                None => Outcome::Suppressed,
                Some(_) if left == 0 => Outcome::Dropped,
                Some(loud) => {
                    left -= 1;
                    Outcome::Sent(loud)
                }
            };
            (notice, outcome)
        });
        outcomes.collect()
    }

    /// A notification as it is written; none for a rule that the alarm does not have.
    pub(super) fn message(&self, evaluated: &Evaluated, notice: &Notice) -> Option<Message> {
        let subject = Subject {
            alarm: self.alarm,
            rule: self.rules.get(notice.rule)?,
            notice,
            firing: evaluated.firing,
            time_ms: evaluated.minute * MINUTE_MS,
        };
        Some(subject.message())
    }
}
