//! Consumer groups: instances that share the partitions of a stream, and remember how far they came.
//!
//! An instance holds a partition until it has been silent for its timeout, or gives it up at a read because
//! others have come. A group that nobody used for as long as the stream keeps messages is forgotten.
//! Source: behaviour.md 1.8.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::Context;
use super::super::resource::check_text;
use super::Streaming;
use super::cursors::{
    Cursor, GroupPosition, GroupReader, Reader, Start, cursor_reply, invalid, live_stream,
};
use super::streams::Stream;
use crate::call::{ApiError, Call, Reply};
use crate::clock::rfc3339;
use crate::store::{Group, GroupPartition, Instance, Session};

/// Most groups of a stream. Source: behaviour.md 1.1.
const MOST_GROUPS: i64 = 50;

/// How long an instance may be silent, in milliseconds. The bounds are unconfirmed.
const TIMEOUT_MS: std::ops::RangeInclusive<i64> = 1..=300_000;
const DEFAULT_TIMEOUT_MS: i64 = 30_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateDetails<'c> {
    #[serde(rename = "type")]
    kind: &'c str,
    group_name: &'c str,
    instance_name: Option<&'c str>,
    time: Option<&'c str>,
    timeout_in_ms: Option<i64>,
    commit_on_get: Option<bool>,
}

#[derive(Deserialize)]
struct UpdateDetails<'c> {
    #[serde(rename = "type")]
    kind: Option<&'c str>,
    time: Option<&'c str>,
}

/// The group with this name, unless it was forgotten.
pub(super) fn find(
    session: &Session<'_>,
    context: &Context<'_>,
    stream: &Stream,
    name: &str,
) -> Result<Option<Group>, ApiError> {
    let group = session.group(&stream.id, name)?;
    Ok(group.filter(|group| group.last_used_ms >= stream.horizon_ms(context.now_ms)))
}

/// Marks a group as used now.
pub(super) fn touch(
    session: &Session<'_>,
    context: &Context<'_>,
    stream: &Stream,
    mut group: Group,
) -> Result<(), ApiError> {
    group.last_used_ms = context.now_ms;
    Ok(session.put_group(&stream.id, &group)?)
}

/// The instance of a cursor, and the group it belongs to; an instance that timed out comes back.
pub(super) fn member(
    session: &Session<'_>,
    context: &Context<'_>,
    stream: &Stream,
    reader: &GroupReader,
) -> Result<(Group, Instance), ApiError> {
    let group = find(session, context, stream, &reader.group)?;
    let group = group
        .filter(|group| group.generation == reader.generation)
        .ok_or_else(invalid)?;
    let instances = session.instances(&stream.id, &reader.group)?;
    let instance = instances
        .into_iter()
        .find(|instance| instance.name == reader.instance)
        .ok_or_else(invalid)?;
    Ok((group, instance))
}

impl Streaming {
    /// Makes a cursor for an instance of a group; the first one of a group makes the group.
    pub(super) fn create_group_cursor(
        &self,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        let details: CreateDetails<'_> = call.typed_body()?;
        check_text("groupName", details.group_name)?;
        if let Some(name) = details.instance_name {
            check_text("instanceName", name)?;
        }
        let timeout_ms = details.timeout_in_ms.unwrap_or(DEFAULT_TIMEOUT_MS);
        if !TIMEOUT_MS.contains(&timeout_ms) {
            return Err(ApiError::invalid(format!(
                "timeoutInMs must be 1 to 300000, not {timeout_ms}"
            )));
        }
        let stream = live_stream(context, call)?;
        let instance = Instance {
            name: match details.instance_name {
                Some(name) => name.to_owned(),
                None => Uuid::new_v4().to_string(),
            },
            timeout_ms,
            last_seen_ms: context.now_ms,
        };
        let group = context.store.write(|session| {
            let group = match find(session, context, &stream, details.group_name)? {
                Some(group) => group,
                None => {
                    // Where to begin matters only now: later ones go on where the group is.
                    let start = Start::of(details.kind, details.time, None)?;
                    let starts = self.resolve_all(context, &stream, start)?;
                    create(session, context, &stream, details.group_name, &starts)?
                }
            };
            session.put_instance(&stream.id, &group.name, &instance)?;
            touch(session, context, &stream, group.clone())?;
            Ok::<_, ApiError>(group)
        })?;
        Ok(cursor_reply(&Cursor {
            stream_id: stream.id,
            made_ms: context.now_ms,
            reader: Reader::Group(GroupReader {
                group: group.name,
                instance: instance.name,
                generation: group.generation,
                commit_on_get: details.commit_on_get.unwrap_or(true),
                positions: Vec::new(),
            }),
        }))
    }

    /// The offset that a start means in each partition.
    fn resolve_all(
        &self,
        context: &Context<'_>,
        stream: &Stream,
        start: Start,
    ) -> Result<Vec<i64>, ApiError> {
        let horizon_ms = stream.horizon_ms(context.now_ms);
        (0..stream.details.partitions)
            .map(|partition| {
                self.partitions
                    .with(&stream.id, partition, |log| start.resolve(log, horizon_ms))
            })
            .collect()
    }

    /// Commits what was read up to a cursor, and extends the reservations.
    pub(super) fn consumer_commit(
        &self,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        self.renew(context, call, true)
    }

    /// Extends the reservations of a cursor.
    pub(super) fn consumer_heartbeat(
        &self,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        self.renew(context, call, false)
    }

    fn renew(&self, context: &Context<'_>, call: &Call, commits: bool) -> Result<Reply, ApiError> {
        let stream = live_stream(context, call)?;
        let text = call.query_text("cursor").unwrap_or_default();
        let cursor = Cursor::decode(text, &stream.id, context.now_ms)?;
        let Reader::Group(reader) = &cursor.reader else {
            return Err(ApiError::invalid(
                "The cursor is not a group cursor: only those commit and send heartbeats.",
            ));
        };
        context.store.write(|session| {
            let (group, mut instance) = member(session, context, &stream, reader)?;
            let mut partitions = session.group_partitions(&stream.id, &group.name)?;
            for position in &reader.positions {
                let held = held_by(&mut partitions, position, &instance.name, context.now_ms)
                    .ok_or_else(|| ApiError::invalid("Trying to commit unreserved partition"))?;
                if commits {
                    commit_to(held, position);
                }
                held.reserved_until_ms = Some(context.now_ms + instance.timeout_ms);
                session.put_group_partition(&stream.id, &group.name, held)?;
            }
            instance.last_seen_ms = context.now_ms;
            session.put_instance(&stream.id, &group.name, &instance)?;
            touch(session, context, &stream, group)
        })?;
        Ok(cursor_reply(&Cursor {
            made_ms: context.now_ms,
            ..cursor
        }))
    }

    /// Tells who reads which partition, and what is committed.
    pub(super) fn get_group(&self, context: &Context<'_>, call: &Call) -> Result<Reply, ApiError> {
        let stream = live_stream(context, call)?;
        let name = call.path_value("groupName")?;
        context.store.read(|session| {
            find(session, context, &stream, name)?.ok_or_else(|| unknown(name))?;
            let partitions = session.group_partitions(&stream.id, name)?;
            let reservations: Vec<Value> = partitions
                .iter()
                .map(|partition| reservation(partition, context.now_ms))
                .collect();
            Ok(Reply::ok(json!({
                "streamId": stream.id,
                "groupName": name,
                "reservations": reservations,
            })))
        })
    }

    /// Resets a group to another place on all partitions; its cursors become stale.
    pub(super) fn update_group(
        &self,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        let details: UpdateDetails<'_> = call.typed_body()?;
        let kind = details
            .kind
            .ok_or_else(|| ApiError::missing("type is missing"))?;
        let start = Start::of(kind, details.time, None)?;
        let stream = live_stream(context, call)?;
        let starts = self.resolve_all(context, &stream, start)?;
        let name = call.path_value("groupName")?;
        context.store.write(|session| {
            let group = find(session, context, &stream, name)?.ok_or_else(|| unknown(name))?;
            let generation = group.generation + 1;
            session.remove_group(&stream.id, name)?;
            store_new(session, context, &stream, (name, generation), &starts)
        })?;
        Ok(Reply::empty(204))
    }
}

fn unknown(name: &str) -> ApiError {
    ApiError::not_found(format!("Unknown group {name}"))
}

fn create(
    session: &Session<'_>,
    context: &Context<'_>,
    stream: &Stream,
    name: &str,
    starts: &[i64],
) -> Result<Group, ApiError> {
    let horizon_ms = stream.horizon_ms(context.now_ms);
    // A forgotten group goes for good when a new one comes, so that there are never more than are allowed.
    // Its cursors stay stale.
    let generation = session
        .group(&stream.id, name)?
        .map_or(0, |old| old.generation + 1);
    for forgotten in session.groups_unused_since(&stream.id, horizon_ms)? {
        session.remove_group(&stream.id, &forgotten)?;
    }
    if session.count_groups(&stream.id)? >= MOST_GROUPS {
        return Err(ApiError::new(
            400,
            "LimitExceeded",
            format!(
                "The stream has {MOST_GROUPS} consumer groups already, and more are not allowed"
            ),
        ));
    }
    store_new(session, context, stream, (name, generation), starts)
}

fn store_new(
    session: &Session<'_>,
    context: &Context<'_>,
    stream: &Stream,
    (name, generation): (&str, i64),
    starts: &[i64],
) -> Result<Group, ApiError> {
    let group = Group {
        name: name.to_owned(),
        generation,
        last_used_ms: context.now_ms,
    };
    session.put_group(&stream.id, &group)?;
    for (partition, start_offset) in (0_u32..).zip(starts) {
        let partition = GroupPartition {
            partition,
            start_offset: *start_offset,
            committed_offset: None,
            epoch: 0,
            reserved_instance: None,
            reserved_until_ms: None,
        };
        session.put_group_partition(&stream.id, name, &partition)?;
    }
    Ok(group)
}

/// The partition of a position, if the instance still holds it under the same reservation.
fn held_by<'p>(
    partitions: &'p mut [GroupPartition],
    position: &GroupPosition,
    instance: &str,
    now_ms: i64,
) -> Option<&'p mut GroupPartition> {
    partitions.iter_mut().find(|partition| {
        partition.partition == position.partition
            && partition.epoch == position.epoch
            && partition.holder(now_ms) == Some(instance)
    })
}

/// Commits everything before a position. What is committed never goes back.
pub(super) fn commit_to(partition: &mut GroupPartition, position: &GroupPosition) {
    if position.next_offset > partition.next_offset() {
        partition.committed_offset = Some(position.next_offset - 1);
    }
}

fn reservation(partition: &GroupPartition, now_ms: i64) -> Value {
    let holder = partition.holder(now_ms);
    let until_ms = partition.reserved_until_ms.filter(|_| holder.is_some());
    json!({
        "partition": partition.partition.to_string(),
        "committedOffset": partition.committed_offset,
        "reservedInstance": holder,
        "timeReservedUntil": until_ms.map(rfc3339),
    })
}
