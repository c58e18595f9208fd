//! `ocelot local inbox`: what would have reached a person, to read, to keep as `.eml`, and to confirm.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use super::builtin::{Answer, Builtin, group};
use super::error::CliError;
use super::globals::Globals;
use super::local::{OF_THE_ENGINE, open};
use super::terminal;
use crate::api::ons::Ons;
use crate::api::{OperationId, ons};
use crate::call::Call;
use crate::clock::rfc3339;
use crate::delivery::email;
use crate::engine::Engine;
use crate::engine::delivery::inbox::Entry;

/// How many messages are listed where the line does not say.
const DEFAULT_LIMIT: usize = 50;

/// The commands of this module, for the tree.
pub(super) fn command() -> Command {
    let number = Arg::new("number")
        .required(true)
        .value_name("NUMBER")
        .value_parser(value_parser!(i64))
        .help("Number of the message, as the list has it.");
    group(
        "inbox",
        "Messages that would have reached a person: emails, text messages, confirmation links.",
    )
    .subcommand(
        Command::new("list")
            .about("List the messages, the newest first.")
            .arg(limit("Most messages to list (default 50).")),
    )
    .subcommand(
        Command::new("show")
            .about("Show a message with its text.")
            .arg(number.clone())
            .arg(
                Arg::new("eml")
                    .long("eml")
                    .action(ArgAction::SetTrue)
                    .help("Print it as an email file (.eml)."),
            ),
    )
    .subcommand(
        Command::new("confirm")
            .about("Confirm the subscription that a message asks to confirm.")
            .arg(number),
    )
}

/// The option that bounds a list.
pub(super) fn limit(help: &'static str) -> Arg {
    Arg::new("limit")
        .long("limit")
        .value_name("COUNT")
        .value_parser(value_parser!(u16).range(1..))
        .help(help)
}

/// What the line says of it.
pub(super) fn limit_of(matches: &ArgMatches) -> usize {
    let given = matches.get_one::<u16>("limit");
    given.map_or(DEFAULT_LIMIT, |limit| usize::from(*limit))
}

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[
    Builtin {
        words: "local inbox list",
        takes: OF_THE_ENGINE,
        run: |matches, globals| {
            let entries = open(globals)?.inbox(limit_of(matches))?;
            Ok(Answer::data(entries.iter().map(line).collect()))
        },
    },
    Builtin {
        words: "local inbox show",
        takes: OF_THE_ENGINE,
        run: show,
    },
    Builtin {
        words: "local inbox confirm",
        takes: OF_THE_ENGINE,
        run: |matches, globals| confirm(matches, globals).map(Answer::data),
    },
];

/// A message as a line of the list.
fn line(entry: &Entry) -> Value {
    let kept = &entry.message;
    let message = &kept.message;
    let recipient = message.recipient.as_ref();
    json!({
        "number": entry.id,
        "time": rfc3339(entry.time_ms),
        "protocol": recipient.map(|recipient| &recipient.protocol),
        "to": kept.destination.endpoint(),
        "subject": kept.subject(),
        "subscription-id": recipient.map(|recipient| &recipient.subscription_id),
        "confirmation-url": message.confirmation.as_ref().map(|confirmation| &confirmation.url),
    })
}

fn find(engine: &Engine, matches: &ArgMatches) -> Result<Entry, CliError> {
    let number = matches
        .get_one::<i64>("number")
        .copied()
        .unwrap_or_default();
    let entry = engine.inbox_message(number)?;
    entry.ok_or_else(|| {
        CliError::refused(format!(
            "the inbox has no message {number}: ocelot local inbox list shows what it has"
        ))
    })
}

fn show(matches: &ArgMatches, globals: &Globals) -> Result<Answer, CliError> {
    let entry = find(&open(globals)?, matches)?;
    if matches.get_flag("eml") {
        let eml = email::eml(&entry).map_err(CliError::refused)?;
        terminal::data(&eml)?;
        return Ok(Answer::default());
    }
    let mut shown = line(&entry);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("text".to_owned(), entry.message.text().into());
        let topic = entry.message.message.topic.as_ref();
        fields.insert(
            "topic-id".to_owned(),
            topic.map(|topic| topic.id.as_str()).into(),
        );
    }
    Ok(Answer::data(shown))
}

/// Does what a visit of the link in the message would do.
fn confirm(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let engine = open(globals)?;
    let entry = find(&engine, matches)?;
    let message = &entry.message.message;
    let (Some(confirmation), Some(recipient)) = (&message.confirmation, &message.recipient) else {
        return Err(CliError::refused(format!(
            "message {} asks for no confirmation",
            entry.id
        )));
    };
    let mut operations = ons::SERVICE.operations.iter();
    let operation = operations
        .find(|operation| operation.id == OperationId::Ons(Ons::GetConfirmSubscription))
        .ok_or_else(|| CliError::refused("no operation confirms a subscription"))?;
    let mut call = Call::new(operation);
    call.path.insert("id", recipient.subscription_id.clone());
    call.query.insert("token", confirmation.token.clone());
    call.query.insert("protocol", recipient.protocol.clone());
    let reply = engine.answer(&call).map_err(|error| {
        CliError::refused(format!(
            "the subscription cannot be confirmed: {}",
            error.message
        ))
    })?;
    let body = reply.body.unwrap_or_default();
    Ok(json!({
        "topic-name": body["topicName"],
        "topic-id": body["topicId"],
        "endpoint": body["endpoint"],
        "unsubscribe-url": body["unsubscribeUrl"],
        "message": body["message"],
        "subscription-id": body["subscriptionId"],
    }))
}
