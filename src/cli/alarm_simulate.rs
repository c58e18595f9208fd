//! `ocelot monitoring alarm simulate`: what an alarm would have done with the points of a file, and whom it would
//! have told. The alarm is asked for where it is; the rest happens in this process, by the engine's own rules.

mod points;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::builtin::{Answer, Builtin, Takes};
use super::command::Session;
use super::error::CliError;
use super::globals::Globals;
use super::input;
use crate::api::OperationId;
use crate::api::monitoring::Monitoring;
use crate::api::operation::Operation;
use crate::call::Call;
use crate::clock::parse_rfc3339;
use crate::engine::monitoring::{SimulatedAlarm, Simulation, TimelineEntry};
use crate::output::Style;
use points::PointsFile;

/// The group that the command stands in.
pub(super) const GROUP: &str = "monitoring alarm";

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[Builtin {
    words: "monitoring alarm simulate",
    takes: Takes::All,
    run: simulate,
}];

/// How many pages of suppressions are asked for at most: a service that goes on for ever is not followed.
const MOST_PAGES: usize = 1000;

/// The command, for the tree.
pub(super) fn command() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        let arg = Arg::new(name).long(name).value_name(value).help(help);
        arg.allow_hyphen_values(true)
    };
    Command::new("simulate")
        .about("Show what an alarm would have done with the points of a file, without storing or sending anything.")
        .after_help(
            "The file is CSV. Its first line names the columns: timestamp and value; metric, where the alarm watches \
             several; count, how often a value occurred; any others are dimensions. Times are RFC 3339, or seconds \
             since 1970. Points are taken to be in the alarm's namespace, compartment and resource group, and may come \
             in any order; those beyond a million minutes of metric streams have to be in the order of their times.\n\
             The alarm's query, overrides, pending duration, repetition, suppressions and slack hold as they are now. \
             It begins with the first point, knowing nothing, and goes on after the last one until nothing happens any \
             more, as if no points followed, or ends where --until says.\n\n\
             Example:\n  ocelot monitoring alarm simulate --alarm-id busy --data points.csv --output table\n  \
             printf 'timestamp,value,host\\n2026-03-14T01:02:00Z,93,web-1\\n' |\n      \
             ocelot monitoring alarm simulate --alarm-id busy --data - \\\n      \
             --query 'data.timeline[].[timestamp,to]'",
        )
        .args([
            option("alarm-id", "TEXT", "The alarm, by OCID; by name where the engine of this machine answers.")
                .required(true),
            option("data", "FILE", "The CSV file with the points; - is standard input.").required(true),
            option("until", "TIME", "End with the evaluation at this time.").value_parser(check_time),
            Arg::new("show-messages")
                .long("show-messages")
                .action(ArgAction::SetTrue)
                .help("Add the messages that would have been sent."),
        ])
}

fn check_time(text: &str) -> Result<i64, String> {
    let time = input::datetime(text).and_then(|time| parse_rfc3339(&time));
    time.ok_or_else(|| "give a time as 2026-03-14T01:02:03Z, or seconds since 1970".to_owned())
}

fn simulate(matches: &ArgMatches, globals: &Globals) -> Result<Answer, CliError> {
    let text = |name: &str| matches.get_one::<String>(name).map_or("", String::as_str);
    let mut simulation = prepared(text("alarm-id"), globals)?;
    if let Some(until_ms) = matches.get_one("until") {
        simulation = simulation.until(*until_ms);
    }
    if matches.get_flag("show-messages") {
        if !is_whole(globals) {
            return Err(CliError::value(
                "--show-messages shows documents, for which rows have no room: use --output json or yaml",
            ));
        }
        simulation = simulation.with_messages();
    }
    let metrics: Vec<String> = simulation.metrics().map(str::to_owned).collect();
    let metrics: Vec<&str> = metrics.iter().map(String::as_str).collect();
    let mut file = PointsFile::open(text("data"), &metrics)?;
    while let Some(point) = file.next()? {
        let added = simulation.add(point);
        added.map_err(|error| file.wrong_here(None, &error.to_string()))?;
    }
    let told = simulation
        .finish()
        .map_err(|error| CliError::refused(error.to_string()))?;
    if told.points + told.other_points == 0 {
        return Err(file.empty());
    }
    Ok(answer(&told, &metrics, globals))
}

/// The alarm, as whoever the line says tells it, ready to be simulated.
fn prepared(alarm_id: &str, globals: &Globals) -> Result<Simulation, CliError> {
    if alarm_id.trim().is_empty() {
        return Err(CliError::refused("--alarm-id is empty"));
    }
    let session = Session::open(operation(Monitoring::GetAlarm)?, globals)?;
    let mut call = Call::new(session.operation);
    call.path.insert("alarmId", alarm_id.to_owned());
    let alarm = session.send(&call)?.body.unwrap_or_default();
    let id = alarm.get("id").and_then(Value::as_str).unwrap_or(alarm_id);
    let suppressions = suppressions(&session, id)?;
    Simulation::of(&alarm, &suppressions).map_err(|error| CliError::refused(error.to_string()))
}

/// The suppressions that reach an alarm.
fn suppressions(session: &Session, alarm_id: &str) -> Result<Vec<Value>, CliError> {
    let mut call = Call::new(operation(Monitoring::ListAlarmSuppressions)?);
    call.query.insert("alarmId", alarm_id.to_owned());
    call.query.insert("isAllSuppressions", "true".to_owned());
    call.query.insert("lifecycleState", "ACTIVE".to_owned());
    let mut suppressions = Vec::new();
    for _ in 0..MOST_PAGES {
        let reply = session.send(&call)?;
        let items = reply.body.as_ref().and_then(|body| body.get("items"));
        let items = items.and_then(Value::as_array).into_iter().flatten();
        suppressions.extend(items.cloned());
        match reply.header("opc-next-page") {
            Some(next) if !next.is_empty() => call.query.insert("page", next.to_owned()),
            _ => break,
        };
    }
    Ok(suppressions)
}

fn operation(id: Monitoring) -> Result<&'static Operation, CliError> {
    let operation = OperationId::Monitoring(id).operation();
    operation.ok_or_else(|| CliError::refused("an operation is missing from the table"))
}

/// Whether what is told is printed with all that it came to: rows have no room for it.
fn is_whole(globals: &Globals) -> bool {
    matches!(globals.style, Style::Json | Style::Yaml) || globals.query.is_some()
}

fn answer(told: &SimulatedAlarm, metrics: &[&str], globals: &Globals) -> Answer {
    let is_whole = is_whole(globals);
    let mut notes = Vec::new();
    if !told.is_enabled {
        notes.push("Note: the alarm is off, and was simulated as if it were on.".to_owned());
    }
    if told.other_points > 0 {
        notes.push(format!(
            "Note: {} points are of other metrics than the alarm's, {}.",
            told.other_points,
            metrics.join(", ")
        ));
    }
    if told.points > 0 && !told.has_values {
        notes.push("Note: no point came to a value of the alarm's query.".to_owned());
    }
    if !is_whole {
        notes.push(summary(told));
    }
    Answer {
        data: Some(match is_whole {
            true => json!(told),
            false => told.timeline.iter().map(row).collect(),
        }),
        note: notes.join("\n"),
        status: 0,
    }
}

fn summary(told: &SimulatedAlarm) -> String {
    let counts = told.notifications;
    let (Some(from), Some(until)) = (&told.from, &told.until) else {
        return "Nothing was evaluated.".to_owned();
    };
    format!(
        "{} points, evaluated from {from} to {until}: {} at the end; {} notifications sent, {} suppressed, {} dropped.",
        told.points, told.status, counts.sent, counts.suppressed, counts.dropped
    )
}

/// An entry as a row of a table.
fn row(entry: &TimelineEntry) -> Value {
    let streams = entry.streams.iter().map(|stream| {
        let dimensions = stream.dimensions.iter();
        let dimensions: Vec<String> = dimensions
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let dimensions = dimensions.join(" ");
        match stream.value {
            Some(value) if dimensions.is_empty() => value.to_string(),
            Some(value) => format!("{dimensions}: {value}"),
            None => dimensions,
        }
    });
    let notifications = entry.notifications.iter().map(|notification| {
        let kind = notification.destination.split('.').nth(1);
        let kind = kind.map_or("", |kind| kind.trim_start_matches("ons"));
        format!("{kind} {}", notification.outcome.name())
    });
    json!({
        "timestamp": entry.timestamp,
        "type": entry.notice_type,
        "alarm-status": entry.alarm_status,
        "severity": entry.severity,
        "streams": streams.collect::<Vec<_>>().join(", "),
        "reason": entry.reason,
        "notifications": notifications.collect::<Vec<_>>().join(", "),
    })
}
