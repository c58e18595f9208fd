//! Which messages a call is about: those of a consumer group of a queue, or that group's dead letters.

use super::super::Context;
use super::super::resource::ResourceKind;
use super::consumer_groups::{self, Group};
use super::queues::{QUEUE, QueueResource, queue_of_dead_letters};
use super::{QueuePart, channels, sweep};
use crate::call::{ApiError, Call};
use crate::store::{QueueLane, Session};

/// Messages, or those that were delivered too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Messages,
    DeadLetters,
}

/// The part of a queue that a call for messages reads: those of a channel, or of any.
fn part(group_no: i64, side: Side, channel: Option<&str>) -> String {
    format!("{group_no} {side:?} {channel:?}")
}

/// The parts that have changed where messages came into a channel.
pub(super) fn parts_of_channel(group_no: i64, side: Side, channel: &str) -> [String; 2] {
    [None, Some(channel)].map(|channel| part(group_no, side, channel))
}

/// What a call reads from.
#[derive(Debug)]
pub(super) struct Address {
    pub queue: QueueResource,
    /// The consumer group's number; that of the primary one is 0, whether the queue can have groups or not.
    pub group_no: i64,
    pub side: Side,
    /// After how many deliveries a message is a dead letter; 0 if it never is.
    pub most_deliveries: i64,
}

impl Address {
    /// What `queueId` and `consumerGroupId` of a call name. The queue's expired messages are let go first.
    pub(super) fn of(
        session: &Session<'_>,
        context: &Context<'_>,
        call: &Call,
    ) -> Result<Self, ApiError> {
        let queue_id = call.path_value("queueId")?;
        let address = Self::find(session, queue_id, call.query_text("consumerGroupId"))?;
        sweep::sweep(session, &address.queue, context.now_ms)?;
        Ok(address)
    }

    /// A queue's own messages, or those of its primary group. The expired ones are let go first.
    pub(super) fn of_queue(
        session: &Session<'_>,
        context: &Context<'_>,
        queue_id: &str,
    ) -> Result<Self, ApiError> {
        let address = Self::find(session, queue_id, None)?;
        sweep::sweep(session, &address.queue, context.now_ms)?;
        Ok(address)
    }

    /// What a command on this machine names.
    pub(super) fn of_part(session: &Session<'_>, part: &QueuePart) -> Result<Self, ApiError> {
        if let Some(channel) = &part.channel {
            channels::check_name("channelId", channel)?;
        }
        Self::find(session, &part.queue, part.consumer_group.as_deref())
    }

    fn find(
        session: &Session<'_>,
        queue_id: &str,
        group_id: Option<&str>,
    ) -> Result<Self, ApiError> {
        let (queue, side): (QueueResource, _) = match queue_of_dead_letters(queue_id) {
            None => (QUEUE.live(session, queue_id)?, Side::Messages),
            Some(id) => {
                let found = session.resource(QUEUE.ocid_type, &id)?;
                let found = found.filter(|queue: &QueueResource| queue.time_deleted_ms.is_none());
                let dead_letter_queue = ResourceKind {
                    noun: "dead letter queue",
                    ..QUEUE
                };
                let queue = found.ok_or_else(|| dead_letter_queue.unknown(queue_id))?;
                (queue, Side::DeadLetters)
            }
        };
        Self::of_group(session, queue, group_id, side)
    }

    /// A consumer group of a queue, by OCID or name; the primary one where none is named.
    pub(super) fn of_group(
        session: &Session<'_>,
        queue: QueueResource,
        group_id: Option<&str>,
        side: Side,
    ) -> Result<Self, ApiError> {
        let group: Option<Group> = match group_id.or(queue.details.primary_group_id.as_deref()) {
            Some(id) => Some(consumer_groups::of_queue(session, &queue, id)?),
            None => None,
        };
        let group = group.as_ref().map(|group| &group.details);
        Ok(Self {
            group_no: group.map_or(0, |group| group.number),
            most_deliveries: group
                .and_then(|group| group.delivery_count)
                .unwrap_or(queue.details.delivery_count),
            side,
            queue,
        })
    }

    /// The part of the queue that is read, of one channel or of any.
    pub(super) fn part(&self, channel: Option<&str>) -> String {
        part(self.group_no, self.side, channel)
    }

    /// The lanes of the group, or that of one channel, as far as they hold anything.
    pub(super) fn lanes(
        &self,
        session: &Session<'_>,
        channel: Option<&str>,
    ) -> Result<Vec<QueueLane>, ApiError> {
        let queue_no = self.queue.details.number;
        Ok(match channel {
            None => session.queue_lanes(queue_no, self.group_no)?,
            Some(channel) => {
                let lane = session.queue_lane(queue_no, self.group_no, channel)?;
                lane.into_iter().collect()
            }
        })
    }
}
