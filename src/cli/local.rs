//! Commands that exist only here: `ocelot local …`, `ocelot config …` and `ocelot tour`.

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde_json::{Map, Value, json};

use super::command::format;
use super::error::{CliError, exit};
use super::globals::Globals;
use super::{input, local_queue, target, terminal, tour};
use crate::clock::{Setting, parse_rfc3339};
use crate::engine::{Engine, Home};
use crate::output;
use crate::profile::{Environment, RcFile, Settings};

/// The global options that the commands of this module take.
const OF_THIS_MACHINE: &[&str] = &[
    "output",
    "query",
    "raw-output",
    "cli-rc-file",
    "data-dir",
    "memory",
    "durability",
];

/// The commands of this module, for the tree.
pub(super) fn commands() -> [Command; 3] {
    let clock = group(
        "clock",
        "The engine's clock, which can be moved to see time pass.",
    )
    .subcommand(Command::new("show").about("Show what time it is for the engine."))
    .subcommand(
        Command::new("set")
            .about("Set the clock to an instant, from which it runs on.")
            .arg(
                Arg::new("time")
                    .required(true)
                    .value_name("TIME")
                    .allow_negative_numbers(true)
                    .value_parser(input::check_datetime)
                    .help(
                        "The instant, as 2026-03-14T01:02:03Z, 2026-03-14 or seconds since 1970.",
                    ),
            )
            .arg(
                Arg::new("frozen")
                    .long("frozen")
                    .action(ArgAction::SetTrue)
                    .help("Let it stand still there."),
            ),
    )
    .subcommand(
        Command::new("advance")
            .about("Move the clock forward, or back.")
            .arg(
                Arg::new("duration")
                    .required(true)
                    .value_name("DURATION")
                    .allow_hyphen_values(true)
                    .value_parser(check_duration)
                    .help("How far, as 90s, 5m, 2h30m, 7d or PT1H; with a minus sign, back."),
            ),
    )
    .subcommand(Command::new("reset").about("Let the clock show the machine's time again."));
    let local = group(
        "local",
        "Look into the engine on this machine, and control it.",
    )
    .subcommand(clock)
    .subcommand(
        Command::new("status").about("Show where the data is, how much there is, and what runs."),
    )
    .subcommand(
        Command::new("reset")
            .about("Delete everything that the engine keeps.")
            .arg(
                Arg::new("force")
                    .long("force")
                    .action(ArgAction::SetTrue)
                    .help("Do not ask first."),
            ),
    );
    let local = local.subcommand(local_queue::command());
    let config = group("config", "Look into the settings that commands run with.").subcommand(
        Command::new("explain")
            .about("Show each setting in force, and the option, variable or line it comes from."),
    );
    let tour = Command::new("tour")
        .about("Take a short guided run, on a throw-away engine.")
        .after_help("It prints each command as you would type it, runs it, and shows its output.");
    [local, config, tour]
}

pub(super) fn group(name: &'static str, about: &'static str) -> Command {
    Command::new(name)
        .about(about)
        .subcommand_value_name("COMMAND")
        .disable_help_subcommand(true)
}

/// Runs the command with these words; `None` for a group, which has nothing to run.
pub(super) fn run(
    words: &str,
    matches: &ArgMatches,
    globals: &Globals,
) -> Option<Result<ExitCode, CliError>> {
    let command: fn(&ArgMatches, &Globals) -> Result<Value, CliError> = match words {
        "tour" => {
            let checked = check_globals(words, globals);
            return Some(checked.and_then(|()| tour::run()));
        }
        "config explain" => {
            return Some(explain(globals).and_then(|data| print(data, globals)));
        }
        "local clock show" => |_, globals| Ok(open(globals)?.clock().to_json()),
        "local clock set" => set_clock,
        "local clock advance" => advance_clock,
        "local clock reset" => |_, globals| reset_clock(globals),
        "local status" => |_, globals| status(globals),
        "local reset" => reset,
        "local queue peek" => local_queue::peek,
        "local queue redrive" => local_queue::redrive,
        _ => return None,
    };
    let data = check_globals(words, globals).and_then(|()| command(matches, globals));
    Some(data.and_then(|data| print(data, globals)))
}

/// Refuses global options that mean nothing to these commands.
fn check_globals(words: &str, globals: &Globals) -> Result<(), CliError> {
    let taken = if words == "tour" {
        &[]
    } else {
        OF_THIS_MACHINE
    };
    let unused = globals.all_given_but(taken);
    match unused.is_empty() {
        true => Ok(()),
        false => Err(CliError::value(format!(
            "ocelot {words} has no use for {}: it is about the engine on this machine",
            unused.join(", ")
        ))),
    }
}

fn print(data: Value, globals: &Globals) -> Result<ExitCode, CliError> {
    let rc = RcFile::open(globals.flags.get("cli-rc-file"), &Environment::of_process())?;
    terminal::print(&output::envelope(data, &format(globals, &rc)?)?)?;
    Ok(ExitCode::from(exit::OK))
}

/// The settings in force; what they win over is told where there is any.
fn explain(globals: &Globals) -> Result<Value, CliError> {
    let environment = Environment::of_process();
    let settings = Settings::load(globals.flags.clone(), &environment, "config explain")?;
    let rows = settings.explain().into_iter().map(|row| {
        let mut shown = json!({"name": row.name, "value": row.value, "source": row.source});
        if !row.overrides.is_empty() {
            shown["overrides"] = json!(row.overrides);
        }
        shown
    });
    Ok(rows.collect())
}

pub(super) fn open(globals: &Globals) -> Result<Engine, CliError> {
    Ok(Engine::open(&target::home(globals)?, globals.durability)?)
}

fn set_clock(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let text = matches.get_one::<String>("time").map_or("", String::as_str);
    let time = input::datetime(text).and_then(|time| parse_rfc3339(&time));
    let at_ms = time.ok_or_else(|| CliError::value(format!("{text} is no time")))?;
    let report = open(globals)?.set_clock_to(at_ms, matches.get_flag("frozen"))?;
    Ok(report.to_json())
}

fn advance_clock(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let text = matches
        .get_one::<String>("duration")
        .map_or("", String::as_str);
    let by_ms =
        duration_ms(text).ok_or_else(|| CliError::value(format!("{text} is no duration")))?;
    Ok(open(globals)?.advance_clock(by_ms)?.to_json())
}

fn reset_clock(globals: &Globals) -> Result<Value, CliError> {
    Ok(open(globals)?.set_clock(Setting::System)?.to_json())
}

fn check_duration(text: &str) -> Result<String, String> {
    match duration_ms(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err("give a duration as 90s, 5m, 2h30m, 7d or PT1H".to_owned()),
    }
}

/// A duration in milliseconds; a day has 24 hours.
fn duration_ms(text: &str) -> Option<i64> {
    let span: Span = text.trim().parse().ok()?;
    let duration: SignedDuration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    i64::try_from(duration.as_millis()).ok()
}

fn status(globals: &Globals) -> Result<Value, CliError> {
    let home = target::home(globals)?;
    let engine = Engine::open(&home, globals.durability)?;
    let status = engine.status()?;
    let mut data = Map::new();
    data.insert(
        "data-dir".to_owned(),
        match &home {
            Home::Folder(path) => path.display().to_string().into(),
            Home::Memory => Value::Null,
        },
    );
    data.insert("clock".to_owned(), engine.clock().to_json());
    data.insert("metadata-bytes".to_owned(), status.metadata_bytes.into());
    data.insert("messages-bytes".to_owned(), status.messages_bytes.into());
    let counts = status
        .counts
        .iter()
        .map(|(name, count)| ((*name).to_owned(), json!(count)));
    data.insert("resources".to_owned(), counts.collect::<Map<_, _>>().into());
    // An engine that answers on the network would hold the folder, and this command would not have it.
    data.insert("server".to_owned(), Value::Null);
    data.insert("version".to_owned(), env!("CARGO_PKG_VERSION").into());
    Ok(data.into())
}

fn reset(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let home = target::home(globals)?;
    let place = match &home {
        Home::Folder(path) => path.display().to_string(),
        Home::Memory => "memory".to_owned(),
    };
    if !matches.get_flag("force") {
        terminal::confirm(&format!("Delete everything in {place}?"))?;
    }
    Engine::open(&home, globals.durability)?.reset()?;
    Ok(json!({ "data-dir": place, "deleted": true }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration_ms("90s"), Some(90_000));
        assert_eq!(duration_ms("2h30m"), Some(9_000_000));
        assert_eq!(duration_ms("7d"), Some(604_800_000));
        assert_eq!(duration_ms("PT1H"), Some(3_600_000));
        assert_eq!(duration_ms("-1h"), Some(-3_600_000));
        assert_eq!(duration_ms("soon"), None);
        assert_eq!(duration_ms("99999999999d"), None);
    }
}
