//! Putting messages: each goes to the lanes of its channel, one for each consumer group whose filter lets it
//! through.

use std::borrow::Cow;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::super::super::Context;
use super::super::super::metrics::QueueOutcome;
use super::super::super::request::check_params;
use super::super::address::{Side, parts_of_channel};
use super::super::channels;
use super::super::consumer_groups;
use super::super::filter::{Filter, Properties};
use super::super::queues::{QUEUE, QueueResource, queue_of_dead_letters};
use super::super::sweep::sweep;
use super::super::{Queue, limit_exceeded, measure};
use super::check_entries;
use crate::api::queue::Queue as Operation;
use crate::call::{ApiError, Call};
use crate::clock::rfc3339;
use crate::store::{
    LaneCounts, NewQueueMessage, QueueLane, QueueRun, Session, number_of, queue_message_id,
};

/// Most bytes of one request's messages. Source: behaviour.md 2.1.
const MOST_REQUEST_BYTES: usize = 512 * 1024;

/// Most bytes of one message, with its custom properties. Source: behaviour.md 2.1; the second is unconfirmed.
const MOST_MESSAGE_BYTES: usize = 256 * 1024;
const MOST_LARGE_MESSAGE_BYTES: usize = 512 * 1024;

/// Most channels of a queue, besides the one without a name. Source: behaviour.md 2.1.
const MOST_CHANNELS: i64 = 256;

/// Most bytes that a queue keeps. Source: behaviour.md 2.1.
const MOST_QUEUE_BYTES: i64 = 2 * 1024 * 1024 * 1024;

/// Messages to put into a queue, as they come.
#[derive(Debug, Deserialize)]
pub struct PutQueueMessages<'c> {
    #[serde(borrow)]
    messages: Vec<Entry<'c>>,
}

#[derive(Debug, Deserialize)]
struct Entry<'c> {
    #[serde(borrow)]
    content: Cow<'c, str>,
    #[serde(borrow)]
    metadata: Option<Metadata<'c>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'c> {
    #[serde(borrow)]
    channel_id: Cow<'c, str>,
    #[serde(borrow)]
    custom_properties: Option<Properties<'c>>,
}

impl PutQueueMessages<'_> {
    /// The same, with texts of its own.
    pub fn into_owned(self) -> PutQueueMessages<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let metadata = |metadata: Metadata<'_>| Metadata {
            channel_id: owned(metadata.channel_id),
            custom_properties: metadata.custom_properties.map(|properties| {
                let properties = properties.into_iter();
                properties
                    .map(|(key, value)| (owned(key), owned(value)))
                    .collect()
            }),
        };
        let entries = self.messages.into_iter().map(|entry| Entry {
            content: owned(entry.content),
            metadata: entry.metadata.map(metadata),
        });
        PutQueueMessages {
            messages: entries.collect(),
        }
    }
}

/// The messages that were put, in the order of the request.
#[derive(Debug, Serialize)]
pub struct PutQueueResult {
    messages: Vec<PutMessage>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PutMessage {
    id: i64,
    expire_after: String,
}

impl Entry<'_> {
    fn channel(&self) -> &str {
        let metadata = self.metadata.as_ref();
        metadata.map_or(channels::DEFAULT, |metadata| &metadata.channel_id)
    }

    fn properties(&self) -> Option<&Properties<'_>> {
        let properties = self.metadata.as_ref()?.custom_properties.as_ref()?;
        Some(properties).filter(|properties| !properties.is_empty())
    }

    /// That custom properties count is unconfirmed.
    fn bytes(&self) -> usize {
        let properties = self.properties().into_iter().flatten();
        let of_properties: usize = properties.map(|(key, value)| key.len() + value.len()).sum();
        self.content.len() + of_properties
    }
}

impl Queue {
    /// Puts messages.
    pub(in crate::engine) fn put_messages(
        &self,
        context: &Context<'_>,
        call: &Call,
        request: &PutQueueMessages<'_>,
    ) -> Result<PutQueueResult, ApiError> {
        let begun = Instant::now();
        let put = context
            .store
            .write(|session| self.put_one(session, context, call, request));
        self.finish(context, call, put, begun)
    }

    /// Puts the messages of requests of one tenancy in one change: to begin and end one takes longer than to put
    /// a few messages. Each request succeeds or fails by itself.
    pub(in crate::engine) fn put_together(
        &self,
        context: &Context<'_>,
        requests: &[(&Call, &PutQueueMessages<'_>)],
    ) -> Vec<Result<PutQueueResult, ApiError>> {
        let begun = Instant::now();
        let put = context.store.write(|session| {
            let put = requests.iter().map(|(call, request)| {
                session.part(|| self.put_one(session, context, call, request))
            });
            Ok::<Vec<_>, ApiError>(put.collect())
        });
        let put = put.unwrap_or_else(|error| requests.iter().map(|_| Err(error.clone())).collect());
        let put = requests.iter().zip(put);
        put.map(|((call, _), put)| self.finish(context, call, put, begun))
            .collect()
    }

    /// Counts a request, and tells those who wait for its messages.
    fn finish(
        &self,
        context: &Context<'_>,
        call: &Call,
        put: Result<Put, ApiError>,
        begun: Instant,
    ) -> Result<PutQueueResult, ApiError> {
        match put {
            Ok(put) => {
                let outcome = QueueOutcome::Moved {
                    messages: put.result.messages.len(),
                    bytes: put.bytes,
                    took: begun.elapsed(),
                };
                measure::record(context, Operation::PutMessages, &put.queue_id, outcome);
                self.changes.tell_parts(&put.queue_id, &put.parts);
                Ok(put.result)
            }
            Err(error) => {
                measure::record_failure(context, Operation::PutMessages, call);
                Err(error)
            }
        }
    }

    fn put_one(
        &self,
        session: &Session<'_>,
        context: &Context<'_>,
        call: &Call,
        request: &PutQueueMessages<'_>,
    ) -> Result<Put, ApiError> {
        check_params(call)?;
        let entries = &request.messages;
        check_entries("messages", entries.len())?;
        let bytes = check_request(entries)?;
        let queue_id = call.path_value("queueId")?;
        if queue_of_dead_letters(queue_id).is_some() {
            return Err(ApiError::invalid(
                "queueId is that of a dead letter queue, which takes messages from its queue alone",
            ));
        }
        let queue: QueueResource = QUEUE.live(session, queue_id)?;
        self.count_put(&queue.id, bytes, context.now_ms)?;
        Ok(Put {
            bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
            ..store_all(session, context.now_ms, &queue, entries)?
        })
    }
}

/// Refuses messages that no queue takes, and returns their size.
fn check_request(entries: &[Entry<'_>]) -> Result<usize, ApiError> {
    let mut request_bytes = 0;
    for (index, entry) in entries.iter().enumerate() {
        if let Some(metadata) = &entry.metadata {
            let field = format!("messages[{index}].metadata.channelId");
            channels::check_name(&field, &metadata.channel_id)?;
        }
        request_bytes += entry.bytes();
    }
    match request_bytes {
        0..=MOST_REQUEST_BYTES => Ok(request_bytes),
        // That it is this status is unconfirmed.
        _ => Err(ApiError::new(
            413,
            "PayloadTooLarge",
            format!(
                "messages have {request_bytes} bytes in all; at most {MOST_REQUEST_BYTES} are allowed in one \
                 request"
            ),
        )),
    }
}

fn check_sizes(queue: &QueueResource, entries: &[Entry<'_>]) -> Result<(), ApiError> {
    let (most, hint) = match queue.details.takes_large_messages {
        true => (MOST_LARGE_MESSAGE_BYTES, ""),
        false => (
            MOST_MESSAGE_BYTES,
            ", unless the queue has the capability LARGE_MESSAGES",
        ),
    };
    for (index, entry) in entries.iter().enumerate() {
        if entry.bytes() > most {
            return Err(ApiError::invalid(format!(
                "messages[{index}] has {} bytes with its custom properties; at most {most} are allowed{hint}",
                entry.bytes()
            )));
        }
    }
    Ok(())
}

/// What one request has put.
struct Put {
    queue_id: String,
    /// The parts of the queue that the messages are in.
    parts: Vec<String>,
    bytes: i64,
    result: PutQueueResult,
}

/// Stores messages.
fn store_all(
    session: &Session<'_>,
    now_ms: i64,
    queue: &QueueResource,
    entries: &[Entry<'_>],
) -> Result<Put, ApiError> {
    check_sizes(queue, entries)?;
    let audience = audience(session, queue)?;
    let mut state = sweep(session, queue, now_ms)?;
    let first = state.last_message + 1;
    let mut lanes = OpenLanes::new(session, queue, now_ms)?;
    let mut messages = Vec::with_capacity(entries.len());
    for entry in entries {
        state.last_message += 1;
        let message_id = queue_message_id(queue.details.number, state.last_message);
        let bytes = i64::try_from(entry.bytes()).unwrap_or(i64::MAX);
        let no_properties = Properties::new();
        let properties = entry.properties().unwrap_or(&no_properties);
        let mut holders = 0;
        for group in audience.iter().filter(|one| one.filter.matches(properties)) {
            lanes.add(group.group_no, entry.channel(), (message_id, bytes))?;
            holders += 1;
        }
        if holders > 0 {
            let properties = entry.properties().map(serde_json::to_string);
            messages.push(NewQueueMessage {
                id: message_id,
                holders,
                created_ms: now_ms,
                bytes,
                properties: properties.transpose().unwrap_or_default(),
                content: &entry.content,
            });
        }
    }
    session.insert_queue_messages(&messages)?;
    let parts = lanes.parts();
    lanes.store()?;
    state.sweep_at_ms = state.sweep_at_ms.min(now_ms + queue.retention_ms());
    session.put_queue_state(queue.details.number, state)?;
    let expire_after = rfc3339(now_ms + queue.retention_ms());
    let put = (first..=number_of(state.last_message)).map(|id| PutMessage {
        id,
        expire_after: expire_after.clone(),
    });
    Ok(Put {
        queue_id: queue.id.clone(),
        parts,
        bytes: 0,
        result: PutQueueResult {
            messages: put.collect(),
        },
    })
}

/// A consumer group that gets what is put.
struct Listener {
    group_no: i64,
    filter: Cow<'static, Filter>,
}

/// Who gets what is put: the readers of the queue, or its consumer groups that are enabled.
fn audience(session: &Session<'_>, queue: &QueueResource) -> Result<Vec<Listener>, ApiError> {
    if queue.details.primary_group_id.is_none() {
        return Ok(vec![Listener {
            group_no: 0,
            filter: Cow::Borrowed(&Filter::All),
        }]);
    }
    let groups = consumer_groups::groups_of(session, &queue.id)?;
    let enabled = groups.into_iter().filter(|group| group.state == "ACTIVE");
    enabled
        .map(|group| {
            let filter = Filter::parse(&group.details.filter).map_err(|error| {
                ApiError::internal(format!("the filter of {} {error}", group.id))
            })?;
            Ok(Listener {
                group_no: group.details.number,
                filter: Cow::Owned(filter),
            })
        })
        .collect()
}

/// The lanes that a request puts messages to.
struct OpenLanes<'s, 'q> {
    session: &'s Session<'s>,
    queue: &'q QueueResource,
    now_ms: i64,
    /// The size of all that the queue holds.
    queue_bytes: i64,
    lanes: Vec<OpenLane>,
}

/// A lane with what was added to it.
struct OpenLane {
    lane: QueueLane,
    added: LaneCounts,
    /// Messages with consecutive numbers, which are not stored yet.
    run: QueueRun,
}

impl<'s, 'q> OpenLanes<'s, 'q> {
    fn new(
        session: &'s Session<'s>,
        queue: &'q QueueResource,
        now_ms: i64,
    ) -> Result<Self, ApiError> {
        Ok(Self {
            queue_bytes: session.queue_bytes(queue.details.number)?,
            session,
            queue,
            now_ms,
            lanes: Vec::with_capacity(1),
        })
    }

    fn add(
        &mut self,
        group_no: i64,
        channel: &str,
        (message_id, bytes): (i64, i64),
    ) -> Result<(), ApiError> {
        self.queue_bytes += bytes;
        let is_the_lane =
            |open: &OpenLane| open.lane.group_no == group_no && open.lane.channel == channel;
        let found = self.lanes.iter().position(is_the_lane);
        let index = match found {
            Some(index) => index,
            None => {
                let open = self.open(group_no, channel, message_id)?;
                self.lanes.push(open);
                self.lanes.len() - 1
            }
        };
        let session = self.session;
        if let Some(open) = self.lanes.get_mut(index) {
            if open.run.last_id + 1 != message_id {
                session.put_queue_run(&open.run)?;
                open.run.first_id = message_id;
                open.run.bytes = 0;
            }
            open.run.last_id = message_id;
            open.run.bytes += bytes;
            open.added.live_messages += 1;
            open.added.live_bytes += bytes;
        }
        Ok(())
    }

    /// The lane of a channel, with an empty run that a message can be added to.
    fn open(&self, group_no: i64, channel: &str, message_id: i64) -> Result<OpenLane, ApiError> {
        let queue_no = self.queue.details.number;
        let lane = match self.session.queue_lane(queue_no, group_no, channel)? {
            Some(lane) => lane,
            None => {
                self.check_channels(channel)?;
                QueueLane {
                    lane: self
                        .session
                        .create_queue_lane(queue_no, group_no, channel)?,
                    group_no,
                    channel: channel.to_owned(),
                    counts: LaneCounts::default(),
                }
            }
        };
        Ok(OpenLane {
            run: QueueRun {
                lane: lane.lane,
                created_ms: self.now_ms,
                first_id: message_id,
                last_id: message_id - 1,
                bytes: 0,
            },
            added: LaneCounts::default(),
            lane,
        })
    }

    fn check_channels(&self, channel: &str) -> Result<(), ApiError> {
        if channel == channels::DEFAULT {
            return Ok(());
        }
        let queue_no = self.queue.details.number;
        let others = self
            .session
            .count_channels_but(queue_no, (channels::DEFAULT, channel))?;
        match others < MOST_CHANNELS {
            true => Ok(()),
            false => Err(limit_exceeded(format!(
                "channelId is {channel}, a new channel, and the queue {} has {MOST_CHANNELS} channels with \
                 messages already, the most that a queue can have",
                self.queue.name
            ))),
        }
    }

    /// The parts of the queue that something was added to.
    fn parts(&self) -> Vec<String> {
        let lanes = self.lanes.iter().map(|open| &open.lane);
        lanes
            .flat_map(|lane| parts_of_channel(lane.group_no, Side::Messages, &lane.channel))
            .collect()
    }

    /// Stores what was added, unless it is more than the queue or one of its channels keeps.
    fn store(self) -> Result<(), ApiError> {
        if self.queue_bytes > MOST_QUEUE_BYTES {
            return Err(limit_exceeded(format!(
                "the queue {} would hold {} bytes; at most {MOST_QUEUE_BYTES} are allowed",
                self.queue.name, self.queue_bytes
            )));
        }
        let percent = self.queue.details.channel_percent;
        let most_bytes = MOST_QUEUE_BYTES / 100 * percent;
        for open in self.lanes {
            let counts = open.lane.counts;
            let bytes = counts.live_bytes + counts.leaving_bytes + open.added.live_bytes;
            if bytes > most_bytes {
                return Err(limit_exceeded(format!(
                    "the channel {} would hold {bytes} bytes; at most {most_bytes} are allowed, which is the \
                     queue's channelConsumptionLimit of {percent} percent",
                    open.lane.channel
                )));
            }
            self.session.put_queue_run(&open.run)?;
            self.session
                .change_queue_lane(open.lane.lane, &open.added)?;
        }
        Ok(())
    }
}
