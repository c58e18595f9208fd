//! `ocelot events rule test`: why an event matches a condition, or does not. It stands among the commands of
//! Events, but asks no engine: the matcher is in the program.

use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use super::builtin::{Answer, Builtin};
use super::error::CliError;
use super::globals::Globals;
use super::input;
use super::local_event::OF_THE_PROGRAM;
use crate::engine::events::condition::{Condition, FieldCheck};
use crate::output::Style;

/// The group that the command stands in.
pub(super) const GROUP: &str = "events rule";

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[Builtin {
    words: "events rule test",
    takes: OF_THE_PROGRAM,
    run: test,
}];

/// The command, for the tree.
pub(super) fn command() -> Command {
    let option = |name: &'static str, help: &'static str| {
        let arg = Arg::new(name).long(name).value_name("JSON").help(help);
        arg.required(true).allow_hyphen_values(true)
    };
    Command::new("test")
        .about("Tell field by field whether an event matches a condition, and why.")
        .after_help(
            "Example:\n  ocelot events rule test --condition '{\"eventType\": \"com.oraclecloud.computeapi.*\"}' \\\n      \
             --event file://event.json --output table",
        )
        .arg(option("condition", "The condition, as rules have it."))
        .arg(option(
            "event",
            "The event, or only those of its fields that matter.",
        ))
}

fn test(matches: &ArgMatches, globals: &Globals) -> Result<Answer, CliError> {
    let json = |name: &str| {
        let given = matches.get_one::<String>(name);
        input::json(name, given.map_or("", String::as_str))
    };
    let condition = Condition::read(&json("condition")?);
    let condition = condition.map_err(|error| CliError::refused(error.to_string()))?;
    let event = json("event")?;
    let event = event.as_object().ok_or_else(|| {
        CliError::refused("event must be a JSON object, as {\"eventType\": \"com.oraclecloud…\"}")
    })?;
    let checks = condition.check(event);
    let matches = checks.iter().all(|check| check.matches);
    let fields: Value = checks.iter().map(shown).collect();
    // Rows have no room for what they come to.
    let is_document = matches!(globals.style, Style::Json | Style::Yaml);
    if !is_document && globals.query.is_none() {
        return Ok(Answer {
            data: Some(fields),
            note: format!(
                "The event {}.",
                if matches { "matches" } else { "does not match" }
            ),
            ..Answer::default()
        });
    }
    Ok(Answer::data(json!({"matches": matches, "fields": fields})))
}

fn shown(check: &FieldCheck) -> Value {
    json!({
        "path": check.path,
        "wanted": check.wanted,
        "found": check.found,
        "matches": check.matches,
        "reason": check.reason,
    })
}
