//! What is told of an overview: a section for each kind of thing, its rows with the busiest first.

use std::cmp::Reverse;

use super::palette::Mood;
use super::watch::View;
use crate::engine::overview::{
    AlarmOverview, AlarmStatus, EndpointOverview, GroupKind, GroupOverview, QueueOverview,
    RuleOverview, StreamOverview,
};

/// How wide a column is, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// For names: its share of what is left.
    Share,
    /// For short words.
    Words(u16),
    /// For numbers, which stand at its right end.
    Numbers(u16),
}

/// Rows of one kind.
pub(super) struct Section {
    /// What the rows are, in capitals. It stands in place of the first column's title.
    pub(super) name: &'static str,
    /// The titles of the other columns.
    pub(super) titles: &'static [&'static str],
    /// How wide the columns are.
    pub(super) widths: &'static [Width],
    pub(super) rows: Vec<Row>,
    /// How many more there are that the engine only counts.
    pub(super) untold: usize,
}

/// What is told of one thing.
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    pub(super) mood: Mood,
}

/// The sections that have anything to tell.
pub(super) fn sections(view: &View) -> Vec<Section> {
    let sections = [
        streams(view),
        groups(view),
        queues(view),
        deliveries(view),
        rules(view),
        alarms(view),
    ];
    let told = sections.into_iter();
    told.filter(|section| !section.rows.is_empty()).collect()
}

fn streams(view: &View) -> Section {
    let mut streams: Vec<&StreamOverview> = view.overview.streams.iter().collect();
    streams.sort_by_key(|stream| {
        let rate = view.puts_per_second.get(&stream.id).copied();
        (
            Reverse((rate.unwrap_or(0.0) * 1000.0) as i64),
            Reverse(stream.messages),
        )
    });
    let rows = streams.into_iter().map(|stream| Row {
        cells: vec![
            stream.name.clone(),
            count(i64::from(stream.partitions)),
            count(stream.messages),
            rate(view, &stream.id),
        ],
        mood: match stream.messages {
            0 => Mood::Idle,
            _ => Mood::Plain,
        },
    });
    Section {
        name: "STREAMS",
        titles: &["PARTITIONS", "MESSAGES", "PUT/S"],
        widths: &[
            Width::Share,
            Width::Numbers(10),
            Width::Numbers(11),
            Width::Numbers(9),
        ],
        rows: rows.collect(),
        untold: 0,
    }
}

fn groups(view: &View) -> Section {
    let mut groups: Vec<&GroupOverview> = view.overview.groups.iter().collect();
    groups.sort_by_key(|group| Reverse(group.lag));
    let rows = groups.into_iter().map(|group| Row {
        cells: vec![
            group.name.clone(),
            group.stream.clone(),
            match group.kind {
                GroupKind::Rest => "rest",
                GroupKind::Kafka => "kafka",
            }
            .to_owned(),
            count(group.lag),
            match group.lag {
                0 => "-".to_owned(),
                _ => group.worst_partition.to_string(),
            },
            span(view.overview.now_ms - group.last_used_ms),
        ],
        mood: match group.lag {
            0 => Mood::Plain,
            _ => Mood::Waiting,
        },
    });
    Section {
        name: "GROUPS",
        titles: &["STREAM", "KIND", "LAG", "MOST IN", "USED"],
        widths: &[
            Width::Share,
            Width::Share,
            Width::Words(5),
            Width::Numbers(11),
            Width::Numbers(7),
            Width::Numbers(5),
        ],
        rows: rows.collect(),
        untold: 0,
    }
}

fn queues(view: &View) -> Section {
    let mut queues: Vec<&QueueOverview> = view.overview.queues.iter().collect();
    queues.sort_by_key(|queue| Reverse(queue.visible + queue.in_flight));
    let rows = queues.into_iter().map(|queue| Row {
        cells: vec![
            match &queue.group {
                Some(group) => format!("{} / {group}", queue.name),
                None => queue.name.clone(),
            },
            count(queue.visible),
            count(queue.in_flight),
            count(queue.dead_letters),
            rate(view, &queue.id),
        ],
        mood: match (queue.dead_letters, queue.visible + queue.in_flight) {
            (0, 0) => Mood::Idle,
            (0, _) => Mood::Plain,
            _ => Mood::Failing,
        },
    });
    Section {
        name: "QUEUES",
        titles: &["VISIBLE", "IN FLIGHT", "DEAD", "PUT/S"],
        widths: &[
            Width::Share,
            Width::Numbers(11),
            Width::Numbers(9),
            Width::Numbers(9),
            Width::Numbers(9),
        ],
        rows: rows.collect(),
        untold: 0,
    }
}

fn deliveries(view: &View) -> Section {
    let mut endpoints: Vec<&EndpointOverview> = view.overview.deliveries.iter().collect();
    endpoints.sort_by_key(|endpoint| Reverse(endpoint.deliveries));
    let rows = endpoints.into_iter().map(|endpoint| Row {
        cells: vec![
            endpoint.endpoint.clone(),
            count(endpoint.deliveries),
            count(endpoint.due),
            count(endpoint.failed),
            match endpoint.next_due_ms - view.overview.now_ms {
                ..=0 => "now".to_owned(),
                left_ms => span(left_ms),
            },
        ],
        mood: match endpoint.failed {
            0 => Mood::Waiting,
            _ => Mood::Failing,
        },
    });
    Section {
        name: "DELIVERIES",
        titles: &["WAITING", "DUE", "FAILED", "NEXT"],
        widths: &[
            Width::Share,
            Width::Numbers(9),
            Width::Numbers(9),
            Width::Numbers(9),
            Width::Numbers(5),
        ],
        rows: rows.collect(),
        untold: 0,
    }
}

/// Rules that fail come first, and those that are off last.
fn rules(view: &View) -> Section {
    let mut rules: Vec<&RuleOverview> = view.overview.rules.iter().collect();
    rules.sort_by_key(|rule| (!rule.is_enabled, Reverse(rule.failing_actions)));
    let rows = rules.into_iter().map(|rule| {
        let (state, mood) = match (rule.is_enabled, rule.failing_actions) {
            (false, _) => ("off", Mood::Idle),
            (true, 0) => ("on", Mood::Plain),
            (true, _) => ("failing", Mood::Failing),
        };
        Row {
            cells: vec![
                rule.name.clone(),
                rule.condition.clone(),
                state.to_owned(),
                rule.actions.to_string(),
            ],
            mood,
        }
    });
    Section {
        name: "RULES",
        titles: &["CONDITION", "STATE", "ACTIONS"],
        widths: &[
            Width::Share,
            Width::Share,
            Width::Words(7),
            Width::Numbers(7),
        ],
        rows: rows.collect(),
        untold: 0,
    }
}

/// Alarms as the engine tells them: those that fire come first.
fn alarms(view: &View) -> Section {
    let alarms = &view.overview.alarms;
    let rows = alarms.iter().map(|alarm| Row {
        cells: vec![
            alarm.name.clone(),
            alarm.severity.clone(),
            status(alarm).to_owned(),
            alarm.firing.to_string(),
            span(view.overview.now_ms - alarm.since_ms),
        ],
        mood: match alarm.status {
            AlarmStatus::Firing => Mood::Failing,
            AlarmStatus::Suspended => Mood::Waiting,
            AlarmStatus::Ok => Mood::Plain,
            AlarmStatus::Off => Mood::Idle,
        },
    });
    Section {
        name: "ALARMS",
        titles: &["SEVERITY", "STATUS", "FIRING", "SINCE"],
        widths: &[
            Width::Share,
            Width::Words(8),
            Width::Words(9),
            Width::Numbers(7),
            Width::Numbers(5),
        ],
        rows: rows.collect(),
        untold: view.overview.alarm_count.saturating_sub(alarms.len()),
    }
}

fn status(alarm: &AlarmOverview) -> &'static str {
    match alarm.status {
        AlarmStatus::Firing => "firing",
        AlarmStatus::Suspended => "suspended",
        AlarmStatus::Ok => "ok",
        AlarmStatus::Off => "off",
    }
}

/// What was put into something a second; a dash where that is not known yet.
fn rate(view: &View, id: &str) -> String {
    match view.puts_per_second.get(id) {
        None => "-".to_owned(),
        Some(0.0) => "0".to_owned(),
        Some(rate) if *rate < 9.95 => format!("{rate:.1}"),
        Some(rate) => count(*rate as i64),
    }
}

/// A number in at most 9 characters: exact below a hundred millions.
fn count(number: i64) -> String {
    const MOST_EXACT: i64 = 99_999_999;
    if number.abs() <= MOST_EXACT {
        return number.to_string();
    }
    let [millions, billions] = [1e6, 1e9].map(|unit| number as f64 / unit);
    match millions.abs() {
        ..10_000.0 => format!("{millions:.1}M"),
        _ => format!("{billions:.1}G"),
    }
}

/// A time span in its largest unit, rounded down: `58s`, `3m`, `2h`, `6d`.
fn span(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(count(0), "0");
        assert_eq!(count(99_999_999), "99999999");
        assert_eq!(count(123_456_789), "123.5M");
        assert_eq!(count(12_345_678_901), "12.3G");
        assert!(count(i64::MAX).len() <= 13, "{}", count(i64::MAX));
        assert_eq!(span(-5), "0s");
        assert_eq!(span(59_999), "59s");
        assert_eq!(span(7_200_000), "2h");
        assert_eq!(span(700_000_000), "8d");
    }
}
