//! `ocelot serve`: the engine for programs, on the network.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, RangedU64ValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command};
use tracing::Level;

use super::builtin::{Answer, Builtin, Takes};
use super::deliveries::courier_options;
use super::error::CliError;
use super::globals::Globals;
use super::{seed, strict, target, terminal};
use crate::profile::Environment;
use crate::server::auth::Auth;
use crate::server::{self, Limits, LogOptions, Ready, ServeOptions, Tls};

/// The command.
pub(super) static SERVE: Builtin = Builtin {
    words: "serve",
    takes: Takes::Only(
        &[
            "auth",
            "cli-rc-file",
            "data-dir",
            "memory",
            "durability",
            "smtp",
            "allow-http",
            "deny-private-networks",
            "object-store",
        ],
        "answers others, and asks nobody",
    ),
    run,
};

const LEVELS: [(&str, Level); 4] = [
    ("error", Level::ERROR),
    ("warn", Level::WARN),
    ("info", Level::INFO),
    ("debug", Level::DEBUG),
];

const CLIENTS: &str = "What clients may take";

/// The command, for the tree.
pub(super) fn command() -> Command {
    Command::new("serve")
        .about("Serve REST, Kafka and STOMP clients, until it is told to stop.")
        .after_help(
            "It listens on this machine only, and takes everyone there for its user, unless --auth verify asks them \
             who they are. Commands on the same data \
             folder reach it by themselves; programs find it at the addresses that it prints.\n\
             --data-dir, --memory and --durability say where and how data is kept, as with every command; --smtp, \
             --allow-http and --deny-private-networks, how messages are delivered; --object-store, where objects go.\n\n\
             Example:\n  ocelot serve --http 127.0.0.1:4590 --kafka 127.0.0.1:9092",
        )
        .args(addresses())
        .arg(seed::option())
        .args(certificates())
        .args(limits())
        .args(logging())
}

fn addresses() -> [Arg; 7] {
    [
        text("http", "ADDRESS", "Where to listen for REST calls; port 0 picks a free one.")
            .default_value("127.0.0.1:4590"),
        text("kafka", "ADDRESS", "Where to listen for Kafka clients; port 0 picks a free one.")
            .default_value("127.0.0.1:9092"),
        text("stomp", "ADDRESS", "Where to listen for STOMP clients; port 0 picks a free one.")
            .default_value("127.0.0.1:61613"),
        text(
            "advertise",
            "HOST",
            "Host that resources name in their addresses, in place of the one that the client used.",
        )
        .value_parser(check_host),
        text(
            "ready-file",
            "FILE",
            "File to write once everything answers: a JSON object with http, kafka, stomp, pid, ca and data_dir.",
        ),
        text(
            "auth",
            "KIND",
            "Whether callers must show who they are (verify), by keys and tokens that ocelot local key and token make.",
        )
        .default_value("none")
        .value_parser(PossibleValuesParser::new(["none", "verify"])),
        switch(
            "insecure",
            "Listen where other machines can connect, although everyone there may do everything, or STOMP has no TLS.",
        ),
    ]
}

fn certificates() -> [Arg; 3] {
    [
        text(
            "tls",
            "KIND",
            "Whether clients must use TLS; auto makes a certificate authority in the data folder (default off).",
        )
        .value_parser(PossibleValuesParser::new(["auto", "off"])),
        text("tls-cert", "FILE", "Certificate to use for TLS, in PEM, and those it rests on.")
            .requires("tls-key"),
        text("tls-key", "FILE", "Private key of the certificate, in PEM.").requires("tls-cert"),
    ]
}

fn limits() -> [Arg; 5] {
    [
        strict::option(),
        number("max-connections", "COUNT", "4096", 1..=1_000_000)
            .help("Connections that each protocol has open at most; more wait."),
        number("max-header-bytes", "BYTES", "65536", 8192..=16_777_216)
            .help("Size of a request's headers at most."),
        number("max-body-bytes", "BYTES", "8388608", 1024..=1_073_741_824)
            .help("Size of a request's body at most, as it comes and inflated."),
        number("client-timeout", "SECONDS", "60", 1..=86_400)
            .help("How long a request may take to arrive, and a connection be idle."),
    ]
    .map(|arg| arg.help_heading(CLIENTS))
}

fn logging() -> [Arg; 2] {
    [
        text(
            "log",
            "LEVEL",
            "What to tell on stderr; debug has a line for every request.",
        )
        .default_value("info")
        .value_parser(PossibleValuesParser::new(LEVELS.map(|(name, _)| name))),
        text("log-format", "FORM", "How to tell it.")
            .default_value("text")
            .value_parser(PossibleValuesParser::new(["text", "json"])),
    ]
}

fn text(flag: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(flag).long(flag).value_name(value).help(help)
}

fn switch(flag: &'static str, help: &'static str) -> Arg {
    Arg::new(flag)
        .long(flag)
        .action(ArgAction::SetTrue)
        .help(help)
}

fn number(
    flag: &'static str,
    value: &'static str,
    default: &'static str,
    range: std::ops::RangeInclusive<u64>,
) -> Arg {
    Arg::new(flag)
        .long(flag)
        .value_name(value)
        .default_value(default)
        .value_parser(RangedU64ValueParser::<u64>::new().range(range))
}

/// A host has no port, no scheme and no path: those are the server's to say.
fn check_host(text: &str) -> Result<String, String> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let is_ipv6 = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .is_some_and(|text| text.parse::<std::net::Ipv6Addr>().is_ok());
    match is_ipv6 || (!text.is_empty() && text.bytes().all(is_part)) {
        true => Ok(text.to_owned()),
        false => Err("give a host's name or address, without a port".to_owned()),
    }
}

/// Serves until the process is told to stop.
fn run(matches: &ArgMatches, globals: &Globals) -> Result<Answer, CliError> {
    server::log_to_stderr(log_options(matches))
        .map_err(|error| CliError::refused(error.to_string()))?;
    server::run(options(matches, globals)?, announce)?;
    Ok(Answer::default())
}

/// How to serve, as the line of [`command`] and the global options say.
pub(super) fn options(matches: &ArgMatches, globals: &Globals) -> Result<ServeOptions, CliError> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    Ok(ServeOptions {
        home: target::home(globals)?,
        durability: globals.durability,
        courier: courier_options(globals)?,
        strict: matches.get_flag("strict") || strict::of_environment()?,
        http: text("http").unwrap_or_default(),
        kafka: text("kafka").unwrap_or_default(),
        stomp: text("stomp").unwrap_or_default(),
        advertise: text("advertise"),
        auth: match text("auth").as_deref() {
            Some("verify") => Auth::Verify,
            _ => Auth::None,
        },
        tls: tls(matches)?,
        insecure: matches.get_flag("insecure"),
        seed: seed::read(matches)?,
        ready_file: path(matches, "ready-file"),
        limits: Limits {
            connections: size(matches, "max-connections"),
            header_bytes: size(matches, "max-header-bytes"),
            body_bytes: size(matches, "max-body-bytes"),
            client_timeout: Duration::from_secs(size(matches, "client-timeout") as u64),
        },
    })
}

/// What an option with a default says.
fn size(matches: &ArgMatches, name: &str) -> usize {
    let given = matches.get_one::<u64>(name).copied().unwrap_or_default();
    usize::try_from(given).unwrap_or(usize::MAX)
}

fn path(matches: &ArgMatches, name: &str) -> Option<PathBuf> {
    let given = matches.get_one::<String>(name)?;
    Some(Environment::of_process().expand_home(given))
}

fn tls(matches: &ArgMatches) -> Result<Tls, CliError> {
    let kind = matches.get_one::<String>("tls").map(String::as_str);
    match (kind, path(matches, "tls-cert"), path(matches, "tls-key")) {
        (Some("off"), Some(_), _) => Err(CliError::value(
            "--tls off has no use for --tls-cert and --tls-key: leave one or the other out",
        )),
        (_, Some(certificates), Some(key)) => Ok(Tls::Files { certificates, key }),
        (Some("auto"), _, _) => Ok(Tls::Auto),
        _ => Ok(Tls::Off),
    }
}

fn log_options(matches: &ArgMatches) -> LogOptions {
    let named = matches.get_one::<String>("log");
    let level = LEVELS
        .iter()
        .find(|(name, _)| named.is_some_and(|named| named == name));
    LogOptions {
        level: level.map_or(Level::INFO, |(_, level)| *level),
        json: matches
            .get_one::<String>("log-format")
            .is_some_and(|form| form == "json"),
    }
}

/// One line on stdout, once everything answers. That nobody reads it is no reason not to serve.
fn announce(ready: &Ready) {
    let data = match &ready.folder {
        Some(folder) => folder.display().to_string(),
        None => "in memory".to_owned(),
    };
    let line = format!(
        "ocelot is ready: REST at {}, Kafka at {}, STOMP at {}, data {data}\n",
        ready.http_url(),
        ready.kafka_address(),
        ready.stomp_address()
    );
    let _ = terminal::data(line.as_bytes());
}
