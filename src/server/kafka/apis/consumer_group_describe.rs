//! ConsumerGroupDescribe (69), versions 0 and 1.
//!
//! - KIP-848 groups. One that is not there, or of the other kind, is refused with GROUP_ID_NOT_FOUND.
//! - All members follow the protocol themselves (member type 1 of version 1).
//! - Whoever may use the pool may do everything with its groups, which is what the authorized operations say.

use std::collections::HashMap;

use kafka_protocol::messages::consumer_group_describe_response::{
    Assignment, DescribedGroup, Member, TopicPartitions,
};
use kafka_protocol::messages::{
    ApiKey, ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, GroupId, TopicName,
};
use kafka_protocol::protocol::StrBytes;
use uuid::Uuid;

use super::super::super::coordinator::{
    ConsumerDescription, ConsumerMemberDescription, ErrorCode, PartitionSet,
};
use super::super::registry::{Api, Call, Handled};
use super::super::shape::{Field, Kind, always};
use super::super::topic_id;
use super::consumer_group_heartbeat::by_topic;
use super::describe_groups::GROUP_OPERATIONS;

pub(in super::super) const API: Api = Api {
    key: ApiKey::ConsumerGroupDescribe,
    versions: 0..=1,
    shape: REQUEST,
    for_strangers: false,
    handle: |call| Box::pin(handle(call)),
};

const REQUEST: &[Field] = &[
    always(Kind::Values(&Kind::String)), // groups
    always(Kind::Fixed(1)),              // include authorized operations
];

/// A member that follows the protocol of KIP-848 itself.
const CONSUMER: i8 = 1;

/// The names of topics by id.
type Names<'p> = HashMap<Uuid, &'p str>;

async fn handle(call: Call<'_>) -> Handled {
    let request: ConsumerGroupDescribeRequest = call.request()?;
    let groups = call.groups()?;
    let topics = groups.pool().topics.values();
    let names: Names<'_> = topics
        .map(|topic| (topic_id(topic), topic.name.as_str()))
        .collect();
    let described = request.group_ids.into_iter().map(|group| {
        let mut described = match groups.describe_consumer(&group) {
            Ok(description) => describe(&names, group, description),
            Err(error) => return refuse(group, error),
        };
        if request.include_authorized_operations {
            described.authorized_operations = GROUP_OPERATIONS;
        }
        described
    });
    call.answer(&ConsumerGroupDescribeResponse::default().with_groups(described.collect()))
}

fn describe(names: &Names<'_>, group: GroupId, description: ConsumerDescription) -> DescribedGroup {
    let members = description.members.into_iter();
    DescribedGroup::default()
        .with_group_id(group)
        .with_group_state(StrBytes::from_static_str(description.state.name()))
        .with_group_epoch(description.epoch)
        .with_assignment_epoch(description.epoch)
        .with_assignor_name(StrBytes::from_static_str(description.assignor))
        .with_members(
            members
                .map(|member| describe_member(names, member))
                .collect(),
        )
}

fn describe_member(names: &Names<'_>, member: ConsumerMemberDescription) -> Member {
    let subscribed = member.topic_names.into_iter();
    Member::default()
        .with_member_id(member.member_id.into())
        .with_instance_id(member.instance_id.map(StrBytes::from))
        .with_rack_id(member.rack_id.map(StrBytes::from))
        .with_member_epoch(member.member_epoch)
        .with_client_id(member.client.id.into())
        .with_client_host(member.client.host.into())
        .with_subscribed_topic_names(subscribed.map(|name| TopicName(name.into())).collect())
        .with_subscribed_topic_regex(member.topic_pattern.map(StrBytes::from))
        .with_assignment(assignment(names, &member.assigned))
        .with_target_assignment(assignment(names, &member.target))
        .with_member_type(CONSUMER)
}

/// Partitions with the names of their topics. Those of topics that were deleted a moment ago are left out.
fn assignment(names: &Names<'_>, partitions: &PartitionSet) -> Assignment {
    let topics = by_topic(partitions);
    let topics = topics.into_iter().filter_map(|(topic, partitions)| {
        let name = (*names.get(&topic)?).to_owned();
        let partitions = TopicPartitions::default()
            .with_topic_id(topic)
            .with_topic_name(TopicName(name.into()))
            .with_partitions(partitions);
        Some(partitions)
    });
    Assignment::default().with_topic_partitions(topics.collect())
}

fn refuse(group: GroupId, error: ErrorCode) -> DescribedGroup {
    let message = match error {
        ErrorCode::GroupIdNotFound => "the stream pool has no such group of the consumer protocol",
        _ => "the server cannot read its groups at the moment",
    };
    DescribedGroup::default()
        .with_group_id(group)
        .with_error_code(error.number())
        .with_error_message(Some(StrBytes::from_static_str(message)))
}
