//! `ocelot local audit list`: who changed what, and when.

use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use super::builtin::{Answer, Builtin, group};
use super::error::CliError;
use super::globals::Globals;
use super::local::{OF_THE_ENGINE, ask};
use super::local_inbox::{limit, limit_of};
use super::tail::{When, check_time};
use crate::clock::{Clock, SystemClock, parse_rfc3339};
use crate::engine::{AuditRequest, LocalRequest};
use crate::output::Style;

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[Builtin {
    words: "local audit list",
    takes: OF_THE_ENGINE,
    run: |matches, globals| list(matches, globals).map(Answer::data),
}];

/// The commands, for the tree.
pub(super) fn command() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let list = Command::new("list")
        .about("List the calls that changed a resource or were refused to, the newest first.")
        .after_help(
            "The newest 10000 are kept. --since and --until take a time (2026-03-14T01:02:03Z) or how long ago it was \
             (10m, 7d), by the engine's clock.\n\n\
             Examples:\n  ocelot local audit list --since 1h --output table\n  \
             ocelot local audit list --resource orders --limit 5",
        )
        .arg(option("since", "TIME", "Leave out what came before.").value_parser(check_time))
        .arg(option("until", "TIME", "Leave out what came from then on.").value_parser(check_time))
        .arg(option(
            "resource",
            "TEXT",
            "Only what is about resources with this in the OCID or the name.",
        ))
        .arg(limit("Most entries to list (default 50)."));
    group("audit", "Who changed what, and when.").subcommand(list)
}

fn list(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let times = ["since", "until"].map(|name| matches.get_one::<When>(name));
    let now_ms = match times.iter().any(Option::is_some) {
        true => now_ms(globals)?,
        false => 0,
    };
    let [since_ms, until_ms] = times.map(|when| when.map(|when| when.ms(now_ms)));
    let request = AuditRequest {
        since_ms,
        until_ms,
        resource: matches.get_one("resource").cloned(),
        limit: limit_of(matches),
    };
    let entries = ask(globals, &LocalRequest::ListAudit { request })?;
    Ok(match globals.style {
        Style::Json | Style::Yaml => entries,
        _ if globals.query.is_some() => entries,
        _ => entries.as_array().into_iter().flatten().map(row).collect(),
    })
}

/// What the engine's clock shows.
fn now_ms(globals: &Globals) -> Result<i64, CliError> {
    let clock = ask(globals, &LocalRequest::ShowClock)?;
    let now = clock.get("now").and_then(Value::as_str);
    let now = now.and_then(parse_rfc3339);
    Ok(now.unwrap_or_else(|| SystemClock.now_ms()))
}

/// The columns that a table has room for.
fn row(entry: &Value) -> Value {
    let field = |name: &str| entry.get(name).cloned().unwrap_or_default();
    let resource = match field("resource-name") {
        Value::Null => field("resource-id"),
        name => name,
    };
    json!({
        "time": field("time"),
        "operation": field("operation"),
        "status": field("status"),
        "resource": resource,
        "user": field("user-id"),
    })
}
