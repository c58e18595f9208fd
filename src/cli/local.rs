//! Commands that exist only here: `ocelot local …`, `ocelot config …` and `ocelot tour`.

use clap::{Arg, ArgAction, ArgMatches, Command};
use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde_json::{Value, json};

use super::builtin::{Answer, Builtin, Takes, group};
use super::error::CliError;
use super::globals::Globals;
use super::local_engine::LocalEngine;
use super::{
    access, input, local_audit, local_event, local_fault, local_function, local_inbox, local_log,
    local_queue, local_state, local_trace, target, terminal, tour,
};
use crate::clock::parse_rfc3339;
use crate::engine::{Home, LocalRequest};
use crate::profile::{Environment, Settings};

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

/// What commands take that may cause deliveries, which are made at once.
const OF_DELIVERIES: &[&str] = &[
    "output",
    "query",
    "raw-output",
    "cli-rc-file",
    "data-dir",
    "memory",
    "durability",
    "delivery-timeout",
    "smtp",
    "allow-http",
    "deny-private-networks",
    "object-store",
];

/// The commands of this module, for the tree.
pub(super) fn commands() -> [Command; 3] {
    let clock = group(
        "clock",
        "The engine's clock, which can be moved to see time pass.",
    )
    .subcommand(
        Command::new("show")
            .about("Show what time it is for the engine.")
            .after_help("Example:\n  ocelot local clock show --query data.now --raw-output"),
    )
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
            )
            .after_help("Example:\n  ocelot local clock set 2026-03-14T01:02:03Z --frozen"),
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
            )
            .after_help(
                "Examples:\n  ocelot local clock advance 25h\n  ocelot local clock advance -5m",
            ),
    )
    .subcommand(
        Command::new("reset")
            .about("Let the clock show the machine's time again.")
            .after_help("Example:\n  ocelot local clock reset"),
    );
    let local = group(
        "local",
        "Look into the engine on this machine, and control it.",
    )
    .subcommand(clock)
    .subcommand(local_audit::command())
    .subcommand(local_event::command())
    .subcommand(local_fault::command())
    .subcommand(local_function::command())
    .subcommand(local_inbox::command())
    .subcommand(local_log::command())
    .subcommand(access::key_commands())
    .subcommand(access::token_commands())
    .subcommand(local_queue::command())
    .subcommand(local_state::command())
    .subcommand(local_trace::command())
    .subcommand(
        Command::new("status")
            .about("Show where the data is, how much there is, and what runs.")
            .after_help("Example:\n  ocelot local status --query 'data.\"data-dir\"' --raw-output"),
    )
    .subcommand(
        Command::new("reset")
            .about("Delete everything that the engine keeps.")
            .arg(
                Arg::new("force")
                    .long("force")
                    .action(ArgAction::SetTrue)
                    .help("Do not ask first."),
            )
            .after_help("Example:\n  ocelot local reset --force"),
    );
    let config = group("config", "Look into the settings that commands run with.").subcommand(
        Command::new("explain")
            .about("Show each setting in force, and the option, variable or line it comes from.")
            .after_help("Example:\n  ocelot config explain --profile PROD --output table"),
    );
    let tour = Command::new("tour")
        .about("Take a short guided run, on a throw-away engine.")
        .after_help("It prints each command as you would type it, runs it, and shows its output.\n\nExample:\n  ocelot tour");
    [local, config, tour]
}

/// What most commands about the engine take.
pub(super) const OF_THE_ENGINE: Takes =
    Takes::Only(OF_THIS_MACHINE, "is about the engine on this machine");

/// What commands take that have the engine deliver.
pub(super) const OF_THE_DELIVERING_ENGINE: Takes =
    Takes::Only(OF_DELIVERIES, "is about the engine on this machine");

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[
    Builtin {
        words: "tour",
        takes: Takes::Only(&[], "is about the engine on this machine"),
        run: |_, _| tour::run().map(|()| Answer::default()),
    },
    Builtin {
        words: "config explain",
        takes: Takes::All,
        run: |_, globals| explain(globals).map(Answer::data),
    },
    Builtin {
        words: "local clock show",
        takes: OF_THE_ENGINE,
        run: |_, globals| ask(globals, &LocalRequest::ShowClock).map(Answer::data),
    },
    Builtin {
        words: "local clock set",
        takes: OF_THE_DELIVERING_ENGINE,
        run: |matches, globals| set_clock(matches, globals).map(Answer::data),
    },
    Builtin {
        words: "local clock advance",
        takes: OF_THE_DELIVERING_ENGINE,
        run: |matches, globals| advance_clock(matches, globals).map(Answer::data),
    },
    Builtin {
        words: "local clock reset",
        takes: OF_THE_DELIVERING_ENGINE,
        run: |_, globals| ask_and_move(globals, &LocalRequest::ResetClock).map(Answer::data),
    },
    Builtin {
        words: "local status",
        takes: OF_THE_ENGINE,
        run: |_, globals| ask(globals, &LocalRequest::ShowStatus).map(Answer::data),
    },
    Builtin {
        words: "local reset",
        takes: OF_THE_ENGINE,
        run: |matches, globals| reset(matches, globals).map(Answer::data),
    },
];

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

/// Asks the engine of this machine.
pub(super) fn ask(globals: &Globals, request: &LocalRequest) -> Result<Value, CliError> {
    LocalEngine::of(globals)?.control(request)
}

/// The same of what may let connectors move.
pub(super) fn ask_and_move(globals: &Globals, request: &LocalRequest) -> Result<Value, CliError> {
    LocalEngine::of(globals)?.control_and_move(request)
}

fn set_clock(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let text = matches.get_one::<String>("time").map_or("", String::as_str);
    let time = input::datetime(text).and_then(|time| parse_rfc3339(&time));
    let at_ms = time.ok_or_else(|| CliError::value(format!("{text} is no time")))?;
    let frozen = matches.get_flag("frozen");
    ask_and_move(globals, &LocalRequest::SetClock { at_ms, frozen })
}

fn advance_clock(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let text = matches
        .get_one::<String>("duration")
        .map_or("", String::as_str);
    let by_ms =
        duration_ms(text).ok_or_else(|| CliError::value(format!("{text} is no duration")))?;
    ask_and_move(globals, &LocalRequest::AdvanceClock { by_ms })
}

fn check_duration(text: &str) -> Result<String, String> {
    match duration_ms(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err("give a duration as 90s, 5m, 2h30m, 7d or PT1H".to_owned()),
    }
}

/// A duration in milliseconds; a day has 24 hours.
pub(super) fn duration_ms(text: &str) -> Option<i64> {
    let span: Span = text.trim().parse().ok()?;
    let duration: SignedDuration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    i64::try_from(duration.as_millis()).ok()
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
    ask(globals, &LocalRequest::Reset)
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
