//! Options that the official command line does not have: messages as plain text instead of base64 and JSON.

use clap::{Arg, ArgAction, ArgMatches};
use serde_json::{Value, json};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::CliError;
use super::globals::Globals;
use super::lines::Container;
use super::request::Values;
use super::terminal;
use crate::api::OperationId;
use crate::api::events::Events;
use crate::api::monitoring::Monitoring;
use crate::api::operation::Operation;
use crate::api::queue::Queue;
use crate::api::streaming::Streaming;
use crate::call::Reply;
use crate::output::{Canvas, Style};

const PUT: OperationId = OperationId::Streaming(Streaming::PutMessages);
const GET: OperationId = OperationId::Streaming(Streaming::GetMessages);
const QUEUE_PUT: OperationId = OperationId::Queue(Queue::PutMessages);
const CREATE_RULE: OperationId = OperationId::Events(Events::CreateRule);
const QUEUE_GET: OperationId = OperationId::Queue(Queue::GetMessages);
const SUMMARIZE: OperationId = OperationId::Monitoring(Monitoring::SummarizeMetricsData);

/// How high a chart is at most, in lines.
const MOST_CHART_LINES: usize = 40;

/// What help says above the options that say which messages to put.
const MESSAGES: &str = "Messages, as plain text or as JSON";

/// The heading of an option of the table, where it stands among those of this module.
pub(super) fn heading(operation: &Operation, flag: &str) -> Option<&'static str> {
    (matches!(operation.id, PUT | QUEUE_PUT) && flag == "messages").then_some(MESSAGES)
}

/// Examples of these options, and of names in the place of OCIDs, simpler than the one of the table.
pub(super) fn examples(operation: &Operation) -> &'static [&'static str] {
    match operation.id {
        PUT => &[
            "ocelot streaming stream message put --stream-id orders --key order-1 --text '{\"total\": 42}'",
            "ocelot streaming stream message put --stream-id orders --key-separator : --file orders.txt",
        ],
        GET => &[
            "ocelot streaming stream message get --stream-id orders --cursor \"$CURSOR\" --decode",
        ],
        QUEUE_PUT => &[
            "ocelot queue messages put-messages --queue-id jobs --text 'Invoice 4711' --channel-id europe",
            "ocelot queue messages put-messages --queue-id jobs --file invoices.txt",
        ],
        CREATE_RULE => &[
            "ocelot events rule create --display-name uploads --is-enabled true --condition \
             '{\"eventType\": \"com.oraclecloud.objectstorage.createobject\"}' --actions \
             '{\"actions\": [{\"actionType\": \"OSS\", \"streamId\": \"orders\", \"isEnabled\": true}]}'",
        ],
        SUMMARIZE => &[
            "ocelot monitoring metric-data summarize-metrics-data --namespace shop --query-text 'orders[5m].sum()' \
             --output chart",
        ],
        QUEUE_GET => &["ocelot queue messages get-messages --queue-id jobs --limit 5 --decode"],
        _ => &[],
    }
}

/// The additional options of a command.
pub(super) fn arguments(operation: &Operation) -> Vec<Arg> {
    let args = match operation.id {
        PUT => vec![
            text_argument(),
            file_argument(),
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
        GET => vec![decode_argument(
            "Print the messages' values as text, one a line, and the next cursor on stderr.",
        )],
        QUEUE_PUT => vec![
            text_argument(),
            file_argument(),
            Arg::new("channel-id")
                .long("channel-id")
                .value_name("TEXT")
                .allow_hyphen_values(true)
                .conflicts_with("messages")
                .help("Channel of the messages of --text or --file."),
        ],
        QUEUE_GET => vec![decode_argument(
            "Print the messages' contents as text, one a line, and their receipts on stderr.",
        )],
        SUMMARIZE => vec![
            Arg::new("ascii")
                .long("ascii")
                .action(ArgAction::SetTrue)
                .help("Draw the chart of --output chart with ASCII characters only."),
        ],
        _ => Vec::new(),
    };
    let heading = match operation.id {
        PUT | QUEUE_PUT => MESSAGES,
        SUMMARIZE => "Charts",
        _ => "Plain text",
    };
    args.into_iter()
        .map(|arg| arg.help_heading(heading))
        .collect()
}

fn text_argument() -> Arg {
    Arg::new("text")
        .long("text")
        .value_name("TEXT")
        .action(ArgAction::Append)
        .allow_hyphen_values(true)
        .conflicts_with("messages")
        .help("A message as plain text; give it again for more messages.")
}

fn file_argument() -> Arg {
    Arg::new("file")
        .long("file")
        .value_name("FILE")
        .conflicts_with_all(["messages", "text"])
        .help("File with a message a line, - for standard input (default: what is piped in).")
}

fn decode_argument(help: &'static str) -> Arg {
    Arg::new("decode")
        .long("decode")
        .action(ArgAction::SetTrue)
        .help(help)
}

/// Puts the messages of `--text` where those of `--messages` go.
pub(super) fn fill(operation: &Operation, matches: &ArgMatches, values: &mut Values) {
    if !matches!(operation.id, PUT | QUEUE_PUT) {
        return;
    }
    let Some(texts) = matches.get_many::<String>("text") else {
        return;
    };
    let messages: Value = if operation.id == PUT {
        let key = matches.get_one::<String>("key");
        let key = key.map(|key| STANDARD.encode(key));
        texts
            .map(|text| json!({ "key": key, "value": STANDARD.encode(text) }))
            .collect()
    } else {
        let channel = matches.get_one::<String>("channel-id");
        let channel = channel.map(String::as_str);
        texts.map(|text| queue_message(text, channel)).collect()
    };
    values.set("messages", messages);
}

/// A message for a queue, in a channel where one is named.
pub(super) fn queue_message(content: &str, channel: Option<&str>) -> Value {
    match channel {
        None => json!({ "content": content }),
        Some(channel) => json!({ "content": content, "metadata": { "channelId": channel } }),
    }
}

/// What else would do where options are missing.
pub(super) fn hint(operation: &Operation, missing: &[String]) -> &'static str {
    match operation.id {
        PUT | QUEUE_PUT if missing.iter().any(|flag| flag == "--messages") => {
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

/// What the answer of an operation is to be drawn on, where it is to be a chart and can be one: the whole
/// terminal, but for the line below, or a page where the output is none.
pub(super) fn canvas(
    operation: &Operation,
    matches: &ArgMatches,
    globals: &Globals,
) -> Result<Option<Canvas>, CliError> {
    if operation.id != SUMMARIZE {
        return Ok(None);
    }
    let is_ascii = matches.get_flag("ascii");
    if globals.style != Style::Chart {
        return match is_ascii {
            true => Err(CliError::value(
                "--ascii is about charts: give it with --output chart, or leave it out",
            )),
            false => Ok(None),
        };
    }
    let paper = Canvas::default();
    let paper = Canvas {
        width: terminal::wanted_columns().map_or(paper.width, usize::from),
        is_ascii,
        ..paper
    };
    Ok(Some(match terminal::size() {
        None => paper,
        Some((columns, lines)) => Canvas {
            width: columns,
            height: lines.saturating_sub(1).min(MOST_CHART_LINES),
            has_colors: terminal::shows_colors(),
            ..paper
        },
    }))
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
    /// What they are put into.
    pub container: Container,
}

/// The lines that a command puts, if it puts lines: those of `--file`, or what is piped in where no message
/// is given at all.
pub(super) fn lines(
    operation: &Operation,
    matches: &ArgMatches,
    values: &Values,
    piped: bool,
) -> Option<Lines> {
    let option = |name: &str| matches.get_one::<String>(name).cloned();
    let (container, id, key, key_separator) = match operation.id {
        PUT => {
            let (key, separator) = (option("key"), option("key-separator"));
            (Container::Stream, "stream-id", key, separator)
        }
        QUEUE_PUT => {
            let channel = option("channel-id");
            (Container::Queue { channel }, "queue-id", None, None)
        }
        _ => return None,
    };
    let nothing_given = values.get("messages").is_none() && values.get(id).is_some();
    let file = option("file");
    let implied = file.is_none() && nothing_given && piped;
    let file = file.or_else(|| implied.then(|| "-".to_owned()))?;
    Some(Lines {
        file,
        implied,
        key,
        key_separator,
        container,
    })
}

/// Whether the messages of a reply are to be printed as text.
pub(super) fn decodes(operation: &Operation, matches: &ArgMatches) -> bool {
    matches!(operation.id, GET | QUEUE_GET) && matches.get_flag("decode")
}

/// The messages of a reply as text, each with a line's end, and what belongs on stderr beside them: what the
/// next command needs.
pub(super) fn decoded(operation: &Operation, reply: &Reply) -> Result<(Vec<u8>, String), CliError> {
    if operation.id == QUEUE_GET {
        return Ok(decoded_of_queue(reply));
    }
    let next = reply.header("opc-next-cursor");
    let next = next.map_or(String::new(), |cursor| format!("opc-next-cursor: {cursor}"));
    Ok((decoded_of_stream(reply)?, next))
}

fn decoded_of_queue(reply: &Reply) -> (Vec<u8>, String) {
    let messages = reply.body.as_ref().and_then(|body| body.get("messages"));
    let messages = messages.and_then(Value::as_array).into_iter().flatten();
    let mut text = Vec::new();
    let mut receipts = String::new();
    let field = |message: &Value, name: &str| {
        let value = message.get(name).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    for message in messages {
        text.extend(field(message, "content").bytes());
        text.push(b'\n');
        receipts += &format!("receipt: {}\n", field(message, "receipt"));
    }
    (text, receipts)
}

fn decoded_of_stream(reply: &Reply) -> Result<Vec<u8>, CliError> {
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
