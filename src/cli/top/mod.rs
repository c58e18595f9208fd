//! `ocelot top`: what there is and what waits, live on the whole screen, or once as text.
//!
//! `source` is who tells: the engine, or a server; `watch` asks it again and again and compares what it says;
//! `sections` says what is told of it; `page` draws that into cells of any size; `screen` shows pages on a
//! terminal and listens to keys. Nothing of this is touched by other commands.

mod page;
mod palette;
mod screen;
mod sections;
mod signals;
mod source;
mod watch;

use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::builtin::{Answer, Builtin, Takes};
use super::error::CliError;
use super::globals::Globals;
use super::terminal;
use source::Source;
use watch::{View, Watch};

/// How often the screen is renewed where the line does not say, in seconds.
const DEFAULT_INTERVAL: &str = "1";

/// The bounds of that, in seconds.
const INTERVAL_SECONDS: std::ops::RangeInclusive<f64> = 0.1..=3600.0;

/// How wide text is where nobody says, in characters.
const DEFAULT_COLUMNS: u16 = 80;

/// The global options that it takes: those that say who is asked, and how a server is.
const TAKEN: &[&str] = &[
    "target",
    "endpoint",
    "data-dir",
    "profile",
    "config-file",
    "cli-rc-file",
    "auth",
    "auth-purpose",
    "federation-endpoint",
    "opc-request-id",
    "no-retry",
    "max-retries",
    "connection-timeout",
    "read-timeout",
    "proxy",
    "cert-bundle",
    "enable-propagation",
    "debug",
];

/// The command.
pub(super) static TOP: Builtin = Builtin {
    words: "top",
    takes: Takes::Only(
        TAKEN,
        "shows a data folder, which --data-dir names, or an ocelot server, which --endpoint names",
    ),
    run: |matches, globals| run(matches, globals).map(|()| Answer::default()),
};

/// The command, for the tree.
pub(super) fn command() -> Command {
    Command::new("top")
        .about("Watch streams, groups and their lag, queues, deliveries, rules and alarms, live.")
        .after_help(
            "It shows the engine on this machine, wherever it runs: in a server that has the data folder, or in no \
             process at all. With --endpoint URL, --target URL or their variables it shows the ocelot server at that \
             address: what belongs to the tenancy of the caller, which with ocelot serve --auth verify is that of the \
             profile.\n\n\
             Keys: q, Esc and Ctrl-C leave; Tab and the left and right arrows choose a section; the up and down \
             arrows, Page Up, Page Down, Home and End scroll it.\n\n\
             Examples:\n  ocelot top\n  ocelot top --once\n  ocelot top --endpoint http://build-7:4590",
        )
        .arg(
            Arg::new("once")
                .long("once")
                .action(ArgAction::SetTrue)
                .conflicts_with("interval")
                .help(
                    "Print everything once, as text without colors, as wide as COLUMNS says (default 80).",
                ),
        )
        .arg(
            Arg::new("interval")
                .long("interval")
                .value_name("SECONDS")
                .default_value(DEFAULT_INTERVAL)
                .value_parser(check_interval)
                .help("Time between two looks, 0.1 to 3600."),
        )
}

fn check_interval(text: &str) -> Result<Duration, String> {
    let seconds: Option<f64> = text.parse().ok();
    match seconds.filter(|seconds| INTERVAL_SECONDS.contains(seconds)) {
        Some(seconds) => Ok(Duration::from_secs_f64(seconds)),
        None => Err("give seconds, 0.1 to 3600".to_owned()),
    }
}

fn run(matches: &ArgMatches, globals: &Globals) -> Result<(), CliError> {
    if matches.get_flag("once") {
        let view = View::of(Source::open(globals)?.look()?);
        let columns = terminal::wanted_columns().unwrap_or(DEFAULT_COLUMNS);
        return terminal::data(page::text(&view, columns).as_bytes());
    }
    if !terminal::stdout_is_terminal() {
        return Err(CliError::value(
            "ocelot top draws on a terminal, and standard output is none: give --once to print everything once, as text",
        ));
    }
    if globals.is_given("debug") {
        return Err(CliError::value(
            "--debug would write over the screen: give --once too",
        ));
    }
    let globals = &Globals {
        debug: false,
        ..globals.clone()
    };
    let interval = matches.get_one::<Duration>("interval").copied();
    screen::show(&Watch::begin(globals, interval.unwrap_or_default())?)
}
