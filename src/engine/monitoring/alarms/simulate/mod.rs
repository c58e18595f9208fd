//! Simulating: what an alarm would have done with some points, and whom it would have told.
//!
//! It is evaluated as the engine does it, minute by minute, by the same rules and the same state; only the points
//! come from whoever simulates, and nothing is stored or sent. Points may come in any order as long as there are
//! few enough to keep; where there are more, minutes are evaluated as they come, and what is before them is let go.

mod points;
#[cfg(test)]
mod tests;
mod timeline;

use std::collections::BTreeSet;
use std::convert::Infallible;

use serde_json::Value;

use super::super::evaluate::EvaluateError;
use super::super::mql::Expression;
use super::evaluation::{Evaluator, MINUTE_MS, MINUTES_AT_ONCE};
use super::message::status;
use super::rules::{AlarmDetails, Rule};
use super::silence::Silence;
use super::state::{AlarmState, Dimensions};
use super::suppressions::SuppressionDetails;
use super::{ACTIVE, Alarm};
use crate::call::ApiError;
use crate::clock::rfc3339;
use crate::store::{Bucket, Resource, Stamped, minute_of};
use points::Points;
pub use timeline::{
    NotificationCounts, SimulatedAlarm, SimulatedNotification, SimulatedOutcome, SimulatedStream,
    TimelineEntry,
};

/// How many minutes of series are kept at most: some hundred megabytes.
const MOST_BUCKETS: usize = 1_000_000;

/// How many metric streams there may be. Source: behaviour.md 5.5.
const MOST_SERIES: usize = 200_000;

/// How much a timeline holds: entries, and the streams that they name.
const MOST_LINES: usize = 500_000;

/// How many minutes after the last point are evaluated before it is asked whether anything may still happen.
const MINUTES_OF_SILENCE: i64 = 5;

/// A point of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedPoint {
    /// The metric's name.
    pub metric: String,
    /// The dimensions.
    pub dimensions: Dimensions,
    /// When, in milliseconds.
    pub at_ms: i64,
    /// The value.
    pub value: f64,
    /// How often it occurred, at least once.
    pub count: u64,
}

/// Why an alarm cannot be simulated.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The alarm does not read as one.
    #[error("the alarm cannot be simulated: {0}")]
    Alarm(String),
    /// A point comes after its minute was evaluated.
    #[error(
        "{at} is before {done}, up to which the alarm is evaluated already: there are more than {MOST_BUCKETS} minutes \
         of streams, and so many have to be in the order of their times"
    )]
    OutOfOrder {
        /// The time of the point.
        at: String,
        /// The end of the last minute that was evaluated.
        done: String,
    },
    /// The query looks at more points than can be kept.
    #[error(
        "the alarm looks at more than {MOST_BUCKETS} minutes of streams at once, which are too many to simulate: leave \
         out streams"
    )]
    TooManyPoints,
    /// There are too many metric streams.
    #[error(
        "there are more than {MOST_SERIES} metric streams, which are more than Monitoring watches"
    )]
    TooManySeries,
    /// The query comes to too much.
    #[error("the query cannot be evaluated: {0}")]
    Query(#[from] EvaluateError<Infallible>),
    /// More happens than can be told.
    #[error("more happens up to {0} than can be told at once: simulate a shorter time")]
    TooLong(String),
}

impl From<ApiError> for SimulationError {
    fn from(error: ApiError) -> Self {
        Self::Alarm(error.message)
    }
}

/// An alarm that is simulated.
pub struct Simulation {
    alarm: Alarm,
    rules: Vec<Rule>,
    silence: Silence,
    /// The metrics that its rules name.
    metrics: BTreeSet<String>,
    until_minute: Option<i64>,
    shows_messages: bool,
    points: Points,
    /// How many minutes of series are kept.
    most_buckets: usize,
    state: AlarmState,
    /// The first minute at which it is evaluated; none before that.
    first_minute: Option<i64>,
    /// The next one.
    next_minute: Option<i64>,
    /// Whether nothing more happens, unless points come.
    is_idle: bool,
    told: SimulatedAlarm,
    lines: usize,
}

impl Simulation {
    /// An alarm as GetAlarm shows it, with the suppressions that reach it, as ListAlarmSuppressions shows them.
    pub fn of(alarm: &Value, suppressions: &[Value]) -> Result<Self, SimulationError> {
        let text = |name: &str| {
            let text = alarm.get(name).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        // Whose tenancy it is was checked by who stores it.
        let details = AlarmDetails::read(Some(alarm), &text("metricCompartmentId"))?;
        let rules = details.rules()?;
        let suppressions = suppressions.iter().map(SuppressionDetails::of_reply);
        let alarm = Resource {
            id: text("id"),
            name: text("displayName"),
            compartment_id: text("compartmentId"),
            parent_id: None,
            state: ACTIVE.to_owned(),
            etag: String::new(),
            time_created_ms: 0,
            time_deleted_ms: None,
            details,
        };
        let mut metrics = BTreeSet::new();
        rules
            .iter()
            .for_each(|rule| note_metrics(&rule.condition, &mut metrics));
        Ok(Self {
            silence: Silence::new(&alarm, suppressions.collect::<Result<_, _>>()?),
            metrics,
            until_minute: None,
            shows_messages: false,
            points: Points::of(&alarm.details),
            most_buckets: MOST_BUCKETS,
            state: AlarmState::default(),
            first_minute: None,
            next_minute: None,
            is_idle: false,
            told: untold(&alarm),
            lines: 0,
            rules,
            alarm,
        })
    }

    /// Has it end at a time, in milliseconds; otherwise it goes on after the last point until nothing happens any
    /// more.
    #[must_use]
    pub fn until(mut self, until_ms: i64) -> Self {
        self.until_minute = Some(until_ms.div_euclid(MINUTE_MS));
        self
    }

    /// Has the messages told that would have been sent.
    #[must_use]
    pub fn with_messages(mut self) -> Self {
        self.shows_messages = true;
        self
    }

    /// The names of the metrics that the alarm's rules name.
    pub fn metrics(&self) -> impl Iterator<Item = &str> {
        self.metrics.iter().map(String::as_str)
    }

    /// Takes a point.
    pub fn add(&mut self, point: SimulatedPoint) -> Result<(), SimulationError> {
        if !self.metrics.contains(&point.metric.to_ascii_lowercase()) {
            self.told.other_points += 1;
            return Ok(());
        }
        self.told.points += 1;
        let minute = minute_of(point.at_ms);
        let slack = self.slack_minutes();
        if self
            .until_minute
            .is_some_and(|until_minute| minute + slack > until_minute)
        {
            return Ok(());
        }
        if let Some(next) = self.next_minute.map(|next| next - slack)
            && minute < next
        {
            return Err(SimulationError::OutOfOrder {
                at: rfc3339(point.at_ms),
                done: rfc3339((next - 1) * MINUTE_MS),
            });
        }
        let stamped = Stamped {
            at_ms: point.at_ms,
            value: point.value,
        };
        let bucket = Bucket::of(stamped, point.count);
        self.points.add(&point.metric, point.dimensions, bucket);
        if self.points.count_series() > MOST_SERIES {
            return Err(SimulationError::TooManySeries);
        }
        while self.points.len() > self.most_buckets {
            self.make_room()?;
        }
        Ok(())
    }

    /// Tells what came of all points.
    pub fn finish(mut self) -> Result<SimulatedAlarm, SimulationError> {
        let slack = self.slack_minutes();
        if let Some(newest) = self.points.newest_minute() {
            match self.until_minute {
                Some(until_minute) => self.run_to(until_minute)?,
                None => {
                    self.run_to(newest + slack)?;
                    while !self.is_idle {
                        let next = self.next_minute.unwrap_or(newest);
                        self.run_to(next + MINUTES_OF_SILENCE - 1)?;
                    }
                }
            }
        }
        let time = |minute: i64| rfc3339(minute * MINUTE_MS);
        self.told.from = self.first_minute.map(time);
        self.told.until = self.next_minute.map(|next| time(next - 1));
        self.told.status = status(self.state.standing.rule.is_some());
        Ok(self.told)
    }

    fn slack_minutes(&self) -> i64 {
        self.alarm.details.slack_minutes()
    }

    /// Evaluates half of the minutes whose points have come, if they come in order, and lets go of what is not
    /// looked at any more.
    fn make_room(&mut self) -> Result<(), SimulationError> {
        let slack = self.slack_minutes();
        let next = match self.next_minute {
            Some(next) => Some(next - slack),
            None => self.points.next_minute(i64::MIN),
        };
        let (Some(next), Some(newest)) = (next, self.points.newest_minute()) else {
            return Ok(());
        };
        if newest <= next {
            return Err(SimulationError::TooManyPoints);
        }
        self.run_to(next + (newest - 1 - next) / 2 + slack)?;
        let next = self.next_minute.unwrap_or_default() - slack;
        self.points.forget_before(next);
        Ok(())
    }

    /// Evaluates up to a minute. Time in which nothing can happen is passed over.
    fn run_to(&mut self, last: i64) -> Result<(), SimulationError> {
        let slack = self.slack_minutes();
        let first = match self.next_minute {
            Some(next) => Some(next),
            None => self
                .points
                .next_minute(i64::MIN)
                .map(|minute| minute + slack),
        };
        let Some(mut minute) = first.filter(|first| *first <= last) else {
            return Ok(());
        };
        self.first_minute = self.first_minute.or(first);
        while minute <= last {
            let end = last.min(minute + MINUTES_AT_ONCE - 1);
            self.run(minute, end)?;
            minute = end + 1;
            if self.is_idle {
                let next = self.points.next_minute(end - slack);
                minute = next.map_or(last + 1, |next| (next + slack).min(last + 1));
            }
        }
        self.next_minute = Some(minute);
        Ok(())
    }

    /// Evaluates at some minutes.
    fn run(&mut self, first: i64, last: i64) -> Result<(), SimulationError> {
        let evaluator = Evaluator {
            alarm: &self.alarm,
            rules: &self.rules,
            silence: &self.silence,
        };
        let mut readings = evaluator.read(&self.points, &(first..=last))?;
        let has_values = !readings.is_empty();
        self.told.has_values |= has_values;
        for minute in first..=last {
            let evaluated = evaluator.step(&mut self.state, minute, &mut readings);
            for entry in timeline::entries(&evaluator, &evaluated, self.shows_messages) {
                self.lines += 1 + entry.streams.len();
                self.told.notifications.count(&entry);
                self.told.timeline.push(entry);
            }
            if self.lines > MOST_LINES {
                return Err(SimulationError::TooLong(rfc3339(minute * MINUTE_MS)));
            }
        }
        let slack = self.alarm.details.slack_minutes();
        self.is_idle =
            !has_values && self.state.streams.is_empty() && !self.points.matter_at(last - slack);
        Ok(())
    }
}

/// What is told before anything has happened.
fn untold(alarm: &Alarm) -> SimulatedAlarm {
    SimulatedAlarm {
        alarm_id: alarm.id.clone(),
        display_name: alarm.name.clone(),
        query: alarm.details.query.clone(),
        is_enabled: alarm.details.is_enabled,
        from: None,
        until: None,
        status: status(false),
        points: 0,
        other_points: 0,
        has_values: false,
        notifications: NotificationCounts::default(),
        timeline: Vec::new(),
    }
}

/// Notes the names of an expression's metrics, in small letters: those of metrics are not told from capitals.
fn note_metrics(expression: &Expression, names: &mut BTreeSet<String>) {
    match expression {
        Expression::Number(_) => {}
        Expression::Metric(metric) => {
            names.insert(metric.name.to_ascii_lowercase());
        }
        Expression::Nested(nested) => note_metrics(&nested.inner, names),
        Expression::Filtered(inner, _) => note_metrics(inner, names),
        Expression::Arithmetic(left, _, right) | Expression::Joined(left, _, right) => {
            note_metrics(left, names);
            note_metrics(right, names);
        }
    }
}
