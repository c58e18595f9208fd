//! `ocelot streaming stream group lag`: how far a consumer group is behind, partition by partition.

use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use super::builtin::{Answer, Builtin, Takes};
use super::error::CliError;
use super::globals::Globals;
use super::stream_reader::{Start, StreamReader};
use crate::api::streaming::Streaming;
use crate::engine::LocalRequest;

/// The group of commands that it stands in.
pub(super) const GROUP: &str = "streaming stream group";

/// The commands of this module.
pub(super) static BUILTINS: &[Builtin] = &[Builtin {
    words: "streaming stream group lag",
    takes: Takes::All,
    run: |matches, globals| lag(matches, globals).map(Answer::data),
}];

/// The command, for the tree.
pub(super) fn command() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        let arg = Arg::new(name).long(name).value_name(value).help(help);
        arg.required(true).allow_hyphen_values(true)
    };
    Command::new("lag")
        .about("Show how far a consumer group is behind, partition by partition.")
        .after_help(
            "Nothing changes for the group. Groups of Kafka clients are found where the engine of this machine \
             answers, also by the address of its server; Kafka tells the offset to read next as committed, Streaming \
             that of the last message read.\n\
             A partition in which nothing is committed counts all messages that are kept.\n\n\
             Example:\n  ocelot streaming stream group lag --stream-id orders --group-name billing --output table\n  \
             ocelot streaming stream group lag --stream-id orders --group-name billing \\\n      \
             --query 'sum(data[].lag)'",
        )
        .arg(option(
            "stream-id",
            "TEXT",
            "The stream, by name or OCID.",
        ))
        .arg(option("group-name", "TEXT", "Name of the consumer group."))
}

fn lag(matches: &ArgMatches, globals: &Globals) -> Result<Value, CliError> {
    let text = |name: &str| matches.get_one::<String>(name).map_or("", String::as_str);
    let (stream_id, group) = (text("stream-id"), text("group-name"));
    let reader = StreamReader::open(globals, stream_id)?;
    let mut call = reader.call(Streaming::GetGroup)?;
    call.path.insert("groupName", group.to_owned());
    let refusal = match reader.try_send(&call)? {
        Ok(reply) => return rows(&reader, reply.body.as_ref()),
        Err(refusal) => refusal,
    };
    let rows = match refusal.status {
        404 => of_kafka(&reader, group)?,
        _ => None,
    };
    rows.ok_or_else(|| reader.refused(&call, &refusal))
}

/// The rows of a group of Kafka clients, where it is known.
fn of_kafka(reader: &StreamReader, group: &str) -> Result<Option<Value>, CliError> {
    let stream = match reader.try_send(&reader.call(Streaming::GetStream)?)? {
        Ok(reply) => reply.body.unwrap_or_default(),
        Err(_) => return Ok(None),
    };
    // A name may be another stream's in another tenancy; the engine knows those of its own.
    let id = stream.get("id").and_then(Value::as_str);
    let rows = reader.ask_engine(&LocalRequest::ShowKafkaLag {
        stream: id.unwrap_or_default().to_owned(),
        group: group.to_owned(),
    })?;
    Ok(rows.filter(|rows| !rows.is_null()))
}

fn rows(reader: &StreamReader, group: Option<&Value>) -> Result<Value, CliError> {
    let reservations = group.and_then(|group| group.get("reservations"));
    let reservations = reservations.and_then(Value::as_array).into_iter().flatten();
    let rows = reservations.map(|reservation| {
        let field = |name: &str| reservation.get(name);
        let partition = field("partition").and_then(Value::as_str);
        let partition = partition.and_then(|text| text.parse().ok()).unwrap_or(0);
        let committed = field("committedOffset").and_then(Value::as_i64);
        let (end, lag) = behind(reader, partition, committed)?;
        Ok(json!({
            "partition": partition,
            "protocol": "REST",
            "committed-offset": committed,
            "end-offset": end,
            "lag": lag,
            "reserved-instance": field("reservedInstance"),
        }))
    });
    rows.collect()
}

/// The offset that the next message gets, as far as messages tell it, and how many are not read.
fn behind(
    reader: &StreamReader,
    partition: u32,
    committed: Option<i64>,
) -> Result<(Option<i64>, i64), CliError> {
    let tail = reader.newest(partition, 1, None, &|_| true)?;
    let Some(newest) = tail.messages.back() else {
        // What was committed may be gone with its time; what is not there cannot be read.
        return Ok((committed.map(|offset| offset + 1), 0));
    };
    let end = newest.offset + 1;
    let next = match committed {
        Some(offset) => offset + 1,
        None => {
            let mut place = reader.place(partition, Start::Oldest)?;
            let oldest = reader.read(&mut place, 1)?;
            oldest.first().map_or(end, |oldest| oldest.offset)
        }
    };
    Ok((Some(end), (end - next).max(0)))
}
