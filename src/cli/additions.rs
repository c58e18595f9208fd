//! Options that the official command line does not have: messages as plain text instead of base64.

use clap::{Arg, ArgAction, ArgMatches};
use serde_json::{Value, json};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::CliError;
use super::globals::Globals;
use super::request::Values;
use crate::api::OperationId;
use crate::api::operation::Operation;
use crate::api::streaming::Streaming;
use crate::call::Reply;
use crate::output::Style;

const PUT: OperationId = OperationId::Streaming(Streaming::PutMessages);
const GET: OperationId = OperationId::Streaming(Streaming::GetMessages);

/// What help says above the options that say which messages to put.
const MESSAGES: &str = "Messages, as plain text or as JSON";

/// The heading of an option of the table, where it stands among those of this module.
pub(super) fn heading(operation: &Operation, flag: &str) -> Option<&'static str> {
    (operation.id == PUT && flag == "messages").then_some(MESSAGES)
}

/// Examples of these options, simpler than the one of the table.
pub(super) fn examples(operation: &Operation) -> &'static [&'static str] {
    match operation.id {
        PUT => &[
            "ocelot streaming stream message put --stream-id orders --key order-1 --text '{\"total\": 42}'",
            "ocelot streaming stream message put --stream-id orders --key-separator : --file orders.txt",
        ],
        GET => &[
            "ocelot streaming stream message get --stream-id orders --cursor \"$CURSOR\" --decode",
        ],
        _ => &[],
    }
}

/// The additional options of a command.
pub(super) fn arguments(operation: &Operation) -> Vec<Arg> {
    let args = match operation.id {
        PUT => vec![
            Arg::new("text")
                .long("text")
                .value_name("TEXT")
                .action(ArgAction::Append)
                .allow_hyphen_values(true)
                .conflicts_with("messages")
                .help("A message as plain text; give it again for more messages."),
            Arg::new("file")
                .long("file")
                .value_name("FILE")
                .conflicts_with_all(["messages", "text"])
                .help("File with a message a line, - for standard input (default: what is piped in)."),
            Arg::new("key")
                .long("key")
                .value_name("KEY")
                .allow_hyphen_values(true)
                .conflicts_with("messages")
                .help("Key of the messages of --text or --file, as plain text, at most 256 bytes."),
            Arg::new("key-separator")
                .long("key-separator")
                .value_name("TEXT")
                .allow_hyphen_values(true)
                .conflicts_with_all(["messages", "text", "key"])
                .help("What ends the key at the beginning of each line of --file."),
        ],
        GET => vec![
            Arg::new("decode")
                .long("decode")
                .action(ArgAction::SetTrue)
                .help("Print the messages' values as text, one a line, and the next cursor on stderr."),
        ],
        _ => Vec::new(),
    };
    let heading = match operation.id {
        PUT => MESSAGES,
        _ => "Plain text",
    };
    args.into_iter()
        .map(|arg| arg.help_heading(heading))
        .collect()
}

/// Puts the messages of `--text` where those of `--messages` go.
pub(super) fn fill(operation: &Operation, matches: &ArgMatches, values: &mut Values) {
    if operation.id != PUT {
        return;
    }
    let Some(texts) = matches.get_many::<String>("text") else {
        return;
    };
    let key = matches
        .get_one::<String>("key")
        .map(|key| STANDARD.encode(key));
    let messages = texts.map(|text| json!({ "key": key, "value": STANDARD.encode(text) }));
    values.set("messages", messages.collect());
}

/// What else would do where options are missing.
pub(super) fn hint(operation: &Operation, missing: &[String]) -> &'static str {
    match operation.id {
        PUT if missing.iter().any(|flag| flag == "--messages") => {
            " Messages can also be given with --text or --file, or piped in."
        }
        _ => "",
    }
}

/// Refuses what does not go together, as far as the parser cannot know.
pub(super) fn check(
    operation: &Operation,
    matches: &ArgMatches,
    globals: &Globals,
) -> Result<(), CliError> {
    if operation.id == PUT
        && matches
            .get_one::<String>("key-separator")
            .is_some_and(String::is_empty)
    {
        return Err(CliError::value(
            "--key-separator is empty: give what stands between the key and the value of a line",
        ));
    }
    if decodes(operation, matches) {
        for (flag, given) in [
            ("query", globals.query.is_some()),
            ("output", globals.style != Style::Json),
        ] {
            if given {
                return Err(CliError::value(format!(
                    "--decode prints text as it is, so --{flag} has nothing to work on: leave one of them out"
                )));
            }
        }
    }
    Ok(())
}

/// Where lines to put come from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lines {
    /// The file, or `-` for stdin.
    pub file: String,
    /// Whether the user did not say so, but pipes something in.
    pub implied: bool,
    /// The key of all of them.
    pub key: Option<String>,
    /// What ends the key of each.
    pub key_separator: Option<String>,
}

/// The lines that a command puts, if it puts lines: those of `--file`, or what is piped in where no message
/// is given at all.
pub(super) fn lines(
    operation: &Operation,
    matches: &ArgMatches,
    values: &Values,
    piped: bool,
) -> Option<Lines> {
    if operation.id != PUT {
        return None;
    }
    let file = matches.get_one::<String>("file").cloned();
    let nothing_given = values.get("messages").is_none() && values.get("stream-id").is_some();
    let implied = file.is_none() && nothing_given && piped;
    let file = file.or_else(|| implied.then(|| "-".to_owned()))?;
    Some(Lines {
        file,
        implied,
        key: matches.get_one::<String>("key").cloned(),
        key_separator: matches.get_one::<String>("key-separator").cloned(),
    })
}

/// Whether the messages of a reply are to be printed as text.
pub(super) fn decodes(operation: &Operation, matches: &ArgMatches) -> bool {
    operation.id == GET && matches.get_flag("decode")
}

/// The values of the messages of a reply, each with a line's end.
pub(super) fn decoded(reply: &Reply) -> Result<Vec<u8>, CliError> {
    let mut text = Vec::new();
    let messages = reply.body.as_ref().and_then(Value::as_array);
    for message in messages.into_iter().flatten() {
        let value = message
            .get("value")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let bytes = STANDARD.decode(value).map_err(|error| {
            CliError::refused(format!(
                "a message's value is not base64 ({error}): print it without --decode"
            ))
        })?;
        text.extend(bytes);
        text.push(b'\n');
    }
    Ok(text)
}
