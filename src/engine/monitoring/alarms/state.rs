//! The state of an alarm: what its metric streams did lately, and what is to be told of it.
//!
//! Pure: each minute it is given what the streams came to, and says what changed. A stream fires by a rule when
//! the rule's condition has held for as many minutes as the rule waits, and no longer as soon as it does not
//! hold; one that fires and falls silent is reset after ten minutes. Source: behaviour.md 5.5.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// After how many minutes of silence a stream is let go of. Source: behaviour.md 5.5.
pub(super) const RESET_MINUTES: i64 = 10;

/// The dimensions of a stream.
pub(super) type Dimensions = BTreeMap<String, String>;

/// What tells a stream of an alarm from its others.
///
/// Not the resource group: a query looks at those of one alone, as it does at one metric, and streams of several rules
/// that are alike otherwise are one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct StreamKey {
    pub dimensions: Dimensions,
    /// The compartment, where the alarm watches several and the stream is of one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compartment_id: Option<String>,
}

impl StreamKey {
    /// The value of a dimension. The compartment counts as one, as it does in a query, where no other has its name:
    /// unconfirmed.
    pub(super) fn value_of(&self, dimension: &str) -> Option<&String> {
        let compartment_id = self.compartment_id.as_ref();
        let named = compartment_id.filter(|_| dimension.eq_ignore_ascii_case("compartmentId"));
        self.dimensions.get(dimension).or(named)
    }
}

/// What a stream came to in a minute. One that came to nothing has no reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reading {
    /// The rule's condition held, for this value.
    Breached(f64),
    /// It did not, for this value.
    Clear(f64),
}

impl Reading {
    /// What the stream came to.
    pub(super) fn value(self) -> f64 {
        match self {
            Self::Breached(value) | Self::Clear(value) => value,
        }
    }
}

/// A rule in a minute.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RuleReadings {
    /// For how many minutes the condition must hold.
    pub pending_minutes: u32,
    /// The streams that came to something.
    pub streams: BTreeMap<StreamKey, Reading>,
}

/// When notifications are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    /// Whether each stream has its own.
    pub is_split: bool,
    /// After how many minutes one is repeated, if it is.
    pub repeat_minutes: Option<i64>,
}

/// Why a notification is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoticeType {
    OkToFiring,
    FiringToOk,
    Repeat,
    Reset,
}

impl NoticeType {
    /// As messages have it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::OkToFiring => "OK_TO_FIRING",
            Self::FiringToOk => "FIRING_TO_OK",
            Self::Repeat => "REPEAT",
            Self::Reset => "RESET",
        }
    }

    /// Whether something fires.
    pub(super) fn is_firing(self) -> bool {
        matches!(self, Self::OkToFiring | Self::Repeat)
    }
}

/// A notification to send.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Notice {
    pub notice_type: NoticeType,
    /// The number of the rule it is about.
    pub rule: usize,
    /// The number of the rule that what it is about fired by before.
    pub rule_before: Option<usize>,
    /// The minute at which what it is about began to fire.
    pub began_minute: i64,
    /// The streams it is about, with the values of those that fire.
    pub streams: Vec<(StreamKey, Option<f64>)>,
}

/// What came of a minute.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    /// The number of the rule that the alarm fired by before.
    pub before: Option<usize>,
    /// The number of the rule that it fires by now.
    pub after: Option<usize>,
    pub notices: Vec<Notice>,
}

/// A rule and a stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Watched {
    /// For how many minutes up to now the condition held.
    breaches: u32,
    is_firing: bool,
    /// The last minute with a reading.
    seen_minute: i64,
    /// The last value for which the condition held.
    value: Option<f64>,
}

impl Watched {
    /// Takes a reading, and tells whether this was reset.
    fn read(&mut self, minute: i64, pending_minutes: u32, reading: Option<Reading>) -> bool {
        if reading.is_some() {
            self.seen_minute = minute;
        }
        match reading {
            Some(Reading::Breached(value)) => {
                self.breaches = self.breaches.saturating_add(1);
                self.value = Some(value);
                self.is_firing |= self.breaches >= pending_minutes;
            }
            Some(Reading::Clear(_)) => {
                self.breaches = 0;
                self.is_firing = false;
            }
            None => {
                self.breaches = 0;
                let is_over = minute - self.seen_minute >= RESET_MINUTES;
                let was_firing = self.is_firing;
                self.is_firing &= !is_over;
                return was_firing && is_over;
            }
        }
        false
    }
}

/// Whether and since when something fires: a stream, or the alarm as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Standing {
    /// The number of the rule that it fires by, if it does.
    pub rule: Option<usize>,
    /// The minute of the last change between firing and not; none before the first.
    pub since_minute: Option<i64>,
    /// The minute at which it began to fire the last time.
    began_minute: i64,
    /// The minute of the last notification, or of the last that there would have been.
    notified_minute: i64,
}

impl Standing {
    /// Takes note of the rule by which it fires now, and says whether and why to tell.
    fn change(
        &mut self,
        minute: i64,
        (rule, is_reset): (Option<usize>, bool),
        repeat_minutes: Option<i64>,
    ) -> Option<(NoticeType, usize)> {
        let before = std::mem::replace(&mut self.rule, rule);
        if before.is_some() != rule.is_some() {
            self.since_minute = Some(minute);
        }
        let notice = match (before, rule) {
            (None, None) => None,
            (Some(rule), None) if is_reset => Some((NoticeType::Reset, rule)),
            (Some(rule), None) => Some((NoticeType::FiringToOk, rule)),
            (None, Some(rule)) => {
                self.began_minute = minute;
                Some((NoticeType::OkToFiring, rule))
            }
            // What fires by another rule is news, too: unconfirmed.
            (Some(before), Some(rule)) if before != rule => Some((NoticeType::OkToFiring, rule)),
            (Some(_), Some(rule)) => {
                let is_due = |after| minute - self.notified_minute >= after;
                repeat_minutes
                    .is_some_and(is_due)
                    .then_some((NoticeType::Repeat, rule))
            }
        };
        if notice.is_some() {
            self.notified_minute = minute;
        }
        notice
    }
}

/// What is known of a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StreamState {
    #[serde(flatten)]
    pub key: StreamKey,
    pub standing: Standing,
    /// By rule.
    rules: Vec<Watched>,
}

impl StreamState {
    fn new(key: StreamKey) -> Self {
        Self {
            key,
            standing: Standing::default(),
            rules: Vec::new(),
        }
    }

    /// Takes the readings of a minute, and tells the rule it fires by, and whether it fires no longer because of
    /// its silence.
    fn read(&mut self, minute: i64, rules: &[RuleReadings]) -> (Option<usize>, bool) {
        self.rules.resize(rules.len(), Watched::default());
        let mut is_reset = false;
        for (watched, rule) in self.rules.iter_mut().zip(rules) {
            let reading = rule.streams.get(&self.key).copied();
            is_reset |= watched.read(minute, rule.pending_minutes, reading);
        }
        let firing = self.rules.iter().position(|watched| watched.is_firing);
        (firing, is_reset)
    }

    /// The value by which it fires.
    fn value(&self) -> Option<f64> {
        self.rules.get(self.standing.rule?)?.value
    }

    fn is_silent(&self, minute: i64) -> bool {
        let mut rules = self.rules.iter();
        rules.all(|watched| minute - watched.seen_minute >= RESET_MINUTES)
    }
}

/// What is known of an alarm.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct AlarmState {
    /// Of the alarm as a whole, which fires by the first rule that any stream fires by.
    pub standing: Standing,
    /// The streams that had readings lately, by their keys.
    pub streams: Vec<StreamState>,
}

impl AlarmState {
    /// Takes the readings of a minute, one for each rule. Minutes come in order.
    pub(super) fn step(&mut self, minute: i64, rules: &[RuleReadings], policy: Policy) -> Step {
        let mut ended = Vec::new();
        let mut all_reset = true;
        let mut notices = Vec::new();
        for mut stream in self.known_and_new(rules) {
            let began_minute = stream.standing.began_minute;
            let rule_before = stream.standing.rule;
            let (rule, is_reset) = stream.read(minute, rules);
            let change = (rule, is_reset);
            let told = stream
                .standing
                .change(minute, change, policy.repeat_minutes);
            if rule_before.is_some() && rule.is_none() {
                ended.push((stream.key.clone(), None));
                all_reset &= is_reset;
            }
            if let Some((notice_type, rule)) = told.filter(|_| policy.is_split) {
                notices.push(Notice {
                    notice_type,
                    rule,
                    rule_before,
                    began_minute: match notice_type.is_firing() {
                        true => stream.standing.began_minute,
                        false => began_minute,
                    },
                    streams: vec![(stream.key.clone(), stream.value())],
                });
            }
            if rule.is_some() || !stream.is_silent(minute) {
                self.streams.push(stream);
            }
        }
        let before = self.standing.rule;
        let firing = self.firing();
        let after = firing.clone().filter_map(|one| one.standing.rule).min();
        let firing: Vec<_> = firing.map(|one| (one.key.clone(), one.value())).collect();
        let change = (after, all_reset);
        let told = self.standing.change(minute, change, policy.repeat_minutes);
        if let Some((notice_type, rule)) = told.filter(|_| !policy.is_split) {
            notices.push(Notice {
                notice_type,
                rule,
                rule_before: before,
                began_minute: self.standing.began_minute,
                streams: if notice_type.is_firing() {
                    firing
                } else {
                    ended
                },
            });
        }
        Step {
            before,
            after,
            notices,
        }
    }

    /// What is known of an alarm that is to watch something else, by as many rules: what fires is not known to fire any
    /// longer, but those who were told that it does are still to be told that it does not.
    pub(super) fn restarted(self, rules: usize) -> Self {
        // Rules have other numbers now: what is told of what fired is told of the alarm's own.
        let base = rules.saturating_sub(1);
        let kept = |standing: Standing| Standing {
            rule: standing.rule.map(|_| base),
            ..standing
        };
        let streams = self.streams.into_iter();
        let firing = streams.filter(|stream| stream.standing.rule.is_some());
        let streams = firing.map(|stream| StreamState {
            standing: kept(stream.standing),
            rules: Vec::new(),
            key: stream.key,
        });
        Self {
            streams: streams.collect(),
            standing: kept(self.standing),
        }
    }

    /// The streams that fire.
    pub(super) fn firing(&self) -> impl Iterator<Item = &StreamState> + Clone {
        let streams = self.streams.iter();
        streams.filter(|stream| stream.standing.rule.is_some())
    }

    /// Takes all streams out, with those that are read for the first time.
    fn known_and_new(&mut self, rules: &[RuleReadings]) -> Vec<StreamState> {
        let known = std::mem::take(&mut self.streams).into_iter();
        let mut streams: BTreeMap<StreamKey, StreamState> =
            known.map(|stream| (stream.key.clone(), stream)).collect();
        let read = || rules.iter().flat_map(|rule| rule.streams.keys());
        let new: BTreeSet<&StreamKey> = read().filter(|key| !streams.contains_key(key)).collect();
        let mut succeeded = BTreeSet::new();
        for key in new {
            let mut stream = StreamState::new(key.clone());
            // What was known before the compartments were told apart is known of the stream in each.
            let undivided = StreamKey {
                compartment_id: None,
                ..key.clone()
            };
            if let Some(known) = streams.get(&undivided)
                && !read().any(|read| *read == undivided)
            {
                stream.standing = known.standing.clone();
                stream.rules.clone_from(&known.rules);
                succeeded.insert(undivided);
            }
            streams.insert(key.clone(), stream);
        }
        streams.retain(|key, _| !succeeded.contains(key));
        streams.into_values().collect()
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
