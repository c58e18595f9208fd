//! Topics and their settings.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::alter_configs_request::AlterConfigsResource as ReplacedResource;
use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kafka_protocol::messages::delete_records_request::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig,
};
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::{
    AlterConfigsRequest, CreatePartitionsRequest, CreateTopicsRequest, DeleteGroupsRequest,
    DeleteRecordsRequest, DeleteTopicsRequest, DescribeConfigsRequest, GroupId,
    IncrementalAlterConfigsRequest, ListOffsetsRequest, MetadataRequest,
};
use kafka_protocol::protocol::StrBytes;

use crate::server::Server;
use crate::wire::{Client, batch, fetch_request, fetched, topic, values};

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn new_topic(
    name: &str,
    partitions: i32,
    replicas: i16,
    settings: &[(&str, &str)],
) -> CreatableTopic {
    let settings = settings.iter().map(|(name, value)| {
        CreatableTopicConfig::default()
            .with_name(text(name))
            .with_value(Some(text(value)))
    });
    CreatableTopic::default()
        .with_name(topic(name))
        .with_num_partitions(partitions)
        .with_replication_factor(replicas)
        .with_configs(settings.collect())
}

fn create(client: &mut Client, new: CreatableTopic) -> i16 {
    let response = client.call(7, &CreateTopicsRequest::default().with_topics(vec![new]));
    response.topics[0].error_code
}

fn setting(client: &mut Client, name: &str, setting: &str) -> String {
    let resource = DescribeConfigsResource::default()
        .with_resource_type(2)
        .with_resource_name(text(name))
        .with_configuration_keys(Some(vec![text(setting)]));
    let request = DescribeConfigsRequest::default().with_resources(vec![resource]);
    let response = client.call(4, &request);
    response.results[0].configs[0]
        .value
        .as_ref()
        .unwrap()
        .to_string()
}

fn alter(client: &mut Client, name: &str, setting: &str, value: &str) -> i16 {
    let change = AlterableConfig::default()
        .with_name(text(setting))
        .with_value(Some(text(value)));
    let resource = AlterConfigsResource::default()
        .with_resource_type(2)
        .with_resource_name(text(name))
        .with_configs(vec![change]);
    let request = IncrementalAlterConfigsRequest::default().with_resources(vec![resource]);
    client.call(1, &request).responses[0].error_code
}

#[test]
fn a_topic_is_a_stream() {
    let server = Server::start();
    let mut client = Client::connect(&server);
    assert_eq!(
        create(
            &mut client,
            new_topic("orders", 3, 3, &[("retention.ms", "172800000")])
        ),
        0
    );
    let listed = server.run(&[
        "streaming",
        "admin",
        "stream",
        "list",
        "--compartment-id",
        "ocid1.tenancy.oc1..local",
    ]);
    assert_eq!(listed["data"][0]["name"], "orders");
    let id = listed["data"][0]["id"].as_str().unwrap();
    let stream = server.run(&["streaming", "admin", "stream", "get", "--stream-id", id]);
    assert_eq!(stream["data"]["partitions"], 3);
    assert_eq!(stream["data"]["retention-in-hours"], 48);

    assert_eq!(setting(&mut client, "orders", "retention.ms"), "172800000");
    assert_eq!(alter(&mut client, "orders", "retention.ms", "86400000"), 0);
    assert_eq!(setting(&mut client, "orders", "retention.ms"), "86400000");
    let stream = server.run(&["streaming", "admin", "stream", "get", "--stream-id", id]);
    assert_eq!(stream["data"]["retention-in-hours"], 24);
    let invalid = ResponseError::InvalidConfig.code();
    assert_eq!(
        alter(&mut client, "orders", "retention.ms", "1000"),
        invalid
    );
    assert_eq!(
        alter(&mut client, "orders", "cleanup.policy", "compact"),
        invalid
    );
    assert_eq!(alter(&mut client, "orders", "cleanup.policy", "delete"), 0);

    // By its id, as Java's administration client does.
    let metadata = client.call(12, &MetadataRequest::default().with_topics(None));
    let topic_id = metadata.topics[0].topic_id;
    assert!(!topic_id.is_nil());
    let by_id = MetadataRequestTopic::default()
        .with_name(None)
        .with_topic_id(topic_id);
    let found = client.call(
        12,
        &MetadataRequest::default().with_topics(Some(vec![by_id])),
    );
    assert_eq!(found.topics[0].partitions.len(), 3);
    let state = DeleteTopicState::default()
        .with_name(None)
        .with_topic_id(topic_id);
    let deleted = client.call(6, &DeleteTopicsRequest::default().with_topics(vec![state]));
    assert_eq!(deleted.responses[0].error_code, 0);
    let metadata = client.call(12, &MetadataRequest::default().with_topics(None));
    assert!(metadata.topics.is_empty());
}

#[test]
fn topics_that_cannot_be_are_refused() {
    let server = Server::start();
    let mut client = Client::connect(&server);
    assert_eq!(create(&mut client, new_topic("taken", 1, 1, &[])), 0);
    let compact = [("cleanup.policy", "compact")];
    for (new, error) in [
        (
            new_topic("taken", 1, 1, &[]),
            ResponseError::TopicAlreadyExists,
        ),
        (
            new_topic("a b", 1, 1, &[]),
            ResponseError::InvalidTopicException,
        ),
        (new_topic("t", 0, 1, &[]), ResponseError::InvalidPartitions),
        (
            new_topic("t", 201, 1, &[]),
            ResponseError::InvalidPartitions,
        ),
        (
            new_topic("t", 1, 4, &[]),
            ResponseError::InvalidReplicationFactor,
        ),
        (new_topic("t", 1, 1, &compact), ResponseError::InvalidConfig),
        (
            new_topic("t", 1, 1, &[("retention.ms", "5")]),
            ResponseError::InvalidConfig,
        ),
        (
            new_topic("t", 1, 1, &[("no.such", "5")]),
            ResponseError::InvalidConfig,
        ),
    ] {
        assert_eq!(create(&mut client, new), error.code(), "{error}");
    }
    let request = CreateTopicsRequest::default()
        .with_topics(vec![new_topic("only-checked", 1, 1, &[])])
        .with_validate_only(true);
    assert_eq!(client.call(7, &request).topics[0].error_code, 0);
    let more = CreatePartitionsTopic::default()
        .with_name(topic("taken"))
        .with_count(5);
    let response = client.call(
        3,
        &CreatePartitionsRequest::default().with_topics(vec![more]),
    );
    assert_eq!(
        response.results[0].error_code,
        ResponseError::InvalidPartitions.code()
    );
    let metadata = client.call(12, &MetadataRequest::default().with_topics(None));
    assert_eq!(metadata.topics.len(), 1);
}

#[test]
fn topics_are_made_when_asked_for_where_the_pool_allows_it() {
    let server = Server::start();
    let mut client = Client::connect(&server);
    let asked = MetadataRequestTopic::default().with_name(Some(topic("new")));
    let request = MetadataRequest::default()
        .with_topics(Some(vec![asked]))
        .with_allow_auto_topic_creation(true);
    let unknown = ResponseError::UnknownTopicOrPartition.code();
    assert_eq!(client.call(9, &request).topics[0].error_code, unknown);
    let pool = client.call(9, &request).cluster_id.unwrap();
    server.run(&[
        "streaming",
        "admin",
        "stream-pool",
        "update",
        "--stream-pool-id",
        &pool,
        "--force",
        "--kafka-settings",
        r#"{"autoCreateTopicsEnable": true, "numPartitions": 4, "logRetentionHours": 30}"#,
    ]);
    let made = client.call(9, &request);
    assert_eq!(
        (made.topics[0].error_code, made.topics[0].partitions.len()),
        (0, 4)
    );
    assert_eq!(setting(&mut client, "new", "retention.ms"), "108000000");
}

#[test]
fn deleted_records_are_gone_for_everybody() {
    let server = Server::start();
    let stream = server.create_stream("s", 1);
    let mut client = Client::connect(&server);
    client.produce("s", 0, batch(&[b"0", b"1", b"2"]));
    let mut delete = |offset| {
        let partition = DeleteRecordsPartition::default().with_offset(offset);
        let asked = DeleteRecordsTopic::default()
            .with_name(topic("s"))
            .with_partitions(vec![partition]);
        let response = client.call(2, &DeleteRecordsRequest::default().with_topics(vec![asked]));
        let result = &response.topics[0].partitions[0];
        (result.error_code, result.low_watermark)
    };
    assert_eq!(delete(2), (0, 2));
    assert_eq!(delete(9).0, ResponseError::OffsetOutOfRange.code());
    let got = server.get(&stream, 0);
    assert_eq!(got.len(), 1);
    assert_eq!(got[0]["offset"], 2);
    assert_eq!(delete(-1), (0, 3));
    assert!(server.get(&stream, 0).is_empty());
    let response = client.call(11, &fetch_request("s", &[(0, 0)]));
    let code = response.responses[0].partitions[0].error_code;
    assert_eq!(code, ResponseError::OffsetOutOfRange.code());
}

#[test]
fn offsets_are_found_by_time() {
    let server = Server::start();
    server.create_stream("s", 1);
    let mut client = Client::connect(&server);
    let at = |client: &mut Client, version, time_ms| {
        let partition = ListOffsetsPartition::default().with_timestamp(time_ms);
        let asked = ListOffsetsTopic::default()
            .with_name(topic("s"))
            .with_partitions(vec![partition]);
        let request = ListOffsetsRequest::default()
            .with_replica_id((-1).into())
            .with_topics(vec![asked]);
        let response = client.call(version, &request);
        let found = &response.topics[0].partitions[0];
        assert_eq!(found.error_code, 0);
        (found.offset, found.timestamp)
    };
    let set_clock = |time: &str| server.run(&["local", "clock", "set", time, "--frozen"]);
    assert_eq!(at(&mut client, 8, -3), (-1, -1), "there is no message yet");
    set_clock("2026-03-01T00:00:00Z");
    client.produce("s", 0, batch(&[b"0", b"1"]));
    set_clock("2026-03-01T01:00:00Z");
    client.produce("s", 0, batch(&[b"2", b"3"]));
    const FIRST_MS: i64 = 1_772_323_200_000;
    const HOUR_MS: i64 = 3_600_000;
    for version in 1..=8 {
        assert_eq!(at(&mut client, version, -1).0, 4);
        assert_eq!(at(&mut client, version, -2).0, 0);
        assert_eq!(at(&mut client, version, 0), (0, FIRST_MS));
        assert_eq!(
            at(&mut client, version, FIRST_MS + 1),
            (2, FIRST_MS + HOUR_MS)
        );
        assert_eq!(at(&mut client, version, FIRST_MS + HOUR_MS + 1), (-1, -1));
    }
    assert_eq!(at(&mut client, 7, -3), (2, FIRST_MS + HOUR_MS));
    // The first two are a day old, which is as long as they are kept.
    set_clock("2026-03-02T00:30:00Z");
    assert_eq!(at(&mut client, 8, -2).0, 2);
    assert_eq!(at(&mut client, 8, 0), (2, FIRST_MS + HOUR_MS));
    let response = client.call(11, &fetch_request("s", &[(0, 0)]));
    let code = response.responses[0].partitions[0].error_code;
    assert_eq!(code, ResponseError::OffsetOutOfRange.code());
    let response = client.call(11, &fetch_request("s", &[(0, 2)]));
    assert_eq!(values(&fetched(&response, 0)), [b"2", b"3"]);
}

/// What a request names twice is answered once, where Kafka's brokers do: clients lose an answer that tells of one
/// thing twice.
#[test]
fn what_is_named_twice_is_answered_once() {
    const NAMES: [&str; 3] = ["twice", "once", "twice"];
    let server = Server::start();
    let mut client = Client::connect(&server);
    let twice = ResponseError::InvalidRequest.code();

    let topics = NAMES.map(|name| new_topic(name, 1, 1, &[])).into();
    let created = client.call(7, &CreateTopicsRequest::default().with_topics(topics));
    let told = created.topics.iter();
    let told: Vec<_> = told
        .map(|one| (one.name.as_str(), one.error_code))
        .collect();
    assert_eq!(told, [("twice", twice), ("once", 0)]);
    assert_eq!(create(&mut client, new_topic("twice", 1, 1, &[])), 0);

    let more = NAMES.map(|name| CreatePartitionsTopic::default().with_name(topic(name)));
    let request = CreatePartitionsRequest::default().with_topics(more.into());
    let told = client.call(3, &request).results;
    let told: Vec<_> = told
        .iter()
        .map(|one| (one.name.as_str(), one.error_code))
        .collect();
    let fixed = ResponseError::InvalidPartitions.code();
    assert_eq!(told, [("twice", twice), ("once", fixed)]);

    let changed = NAMES.map(|name| {
        AlterConfigsResource::default()
            .with_resource_type(2)
            .with_resource_name(text(name))
    });
    let request = IncrementalAlterConfigsRequest::default().with_resources(changed.into());
    let told = client.call(1, &request).responses;
    let told: Vec<_> = told
        .iter()
        .map(|one| (one.resource_name.as_str(), one.error_code))
        .collect();
    assert_eq!(told, [("twice", twice), ("once", 0), ("twice", twice)]);
    let replaced = NAMES.map(|name| {
        ReplacedResource::default()
            .with_resource_type(2)
            .with_resource_name(text(name))
    });
    let request = AlterConfigsRequest::default().with_resources(replaced.into());
    let told = client.call(2, &request).responses;
    let told: Vec<_> = told
        .iter()
        .map(|one| (one.resource_name.as_str(), one.error_code))
        .collect();
    assert_eq!(told, [("twice", twice), ("once", 0), ("twice", twice)]);

    let groups = ["g", "h", "g"].map(|name| GroupId(text(name)));
    let request = DeleteGroupsRequest::default().with_groups_names(groups.into());
    let told = client.call(2, &request).results;
    let told: Vec<&str> = told.iter().map(|one| one.group_id.as_str()).collect();
    assert_eq!(told, ["g", "h"]);

    let deleted = NAMES.map(|name| DeleteTopicState::default().with_name(Some(topic(name))));
    let request = DeleteTopicsRequest::default().with_topics(deleted.into());
    let told = client.call(6, &request).responses;
    let told: Vec<_> = told
        .iter()
        .map(|one| (one.name.as_ref().unwrap().as_str(), one.error_code))
        .collect();
    assert_eq!(told, [("twice", twice), ("once", 0)]);
}
