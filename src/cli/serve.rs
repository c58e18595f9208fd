//! `ocelot serve`: the engine for programs, on the network.

use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};

use super::error::{CliError, exit};
use super::globals::Globals;
use super::{target, terminal};
use crate::engine::Engine;
use crate::server::{self, Limits, Ready, ServeOptions};

/// The command, for the tree.
pub(super) fn command() -> Command {
    Command::new("serve")
        .about("Serve REST and Kafka clients, until it is told to stop.")
        .arg(
            Arg::new("http")
                .long("http")
                .value_name("ADDRESS")
                .default_value("127.0.0.1:4590")
                .help("Where to listen for REST calls; port 0 picks a free one."),
        )
        .arg(
            Arg::new("kafka")
                .long("kafka")
                .value_name("ADDRESS")
                .default_value("127.0.0.1:9092")
                .help("Where to listen for Kafka clients; port 0 picks a free one."),
        )
        .arg(
            Arg::new("advertise")
                .long("advertise")
                .value_name("HOST")
                .help("Host that resources name in their addresses, in place of the one that the client used."),
        )
}

/// Serves until the process is told to stop.
pub(super) fn run(matches: &ArgMatches, globals: &Globals) -> Result<ExitCode, CliError> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let options = ServeOptions {
        home: target::home(globals)?,
        durability: globals.durability,
        http: text("http").unwrap_or_default(),
        kafka: text("kafka").unwrap_or_default(),
        advertise: text("advertise"),
        limits: Limits::default(),
    };
    server::run(options, announce)?;
    Ok(ExitCode::from(exit::OK))
}

/// One line on stdout, once everything answers. Who does not listen to it is no reason not to serve.
fn announce(ready: &Ready, engine: &Engine) {
    let data = match engine.folder() {
        Some(folder) => folder.display().to_string(),
        None => "in memory".to_owned(),
    };
    let line = format!(
        "ocelot is ready: http://{}, Kafka at {}, data {data}\n",
        ready.http, ready.kafka
    );
    let _ = terminal::data(line.as_bytes());
}
