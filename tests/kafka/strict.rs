//! `--strict`: what the service refuses, and how fast it lets clients be.

use std::time::{Duration, Instant};

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig,
};
use kafka_protocol::messages::{
    ApiKey, ApiVersionsRequest, IncrementalAlterConfigsRequest, InitProducerIdRequest,
    MetadataRequest,
};
use kafka_protocol::protocol::StrBytes;

use crate::server::Server;
use crate::wire::{Client, batch, fetch_request, produce_request};

#[test]
fn there_are_no_producer_ids() {
    for (options, expected) in [(&[][..], true), (&["--strict"][..], false)] {
        let server = Server::start_with(options);
        let mut client = Client::connect(&server);
        let told = client.call(3, &ApiVersionsRequest::default()).api_keys;
        let key = ApiKey::InitProducerId as i16;
        assert_eq!(told.iter().any(|api| api.api_key == key), expected);
        client.send(
            4,
            &InitProducerIdRequest::default().with_transactional_id(None),
        );
        assert_eq!(client.receive_frame().is_some(), expected);
    }
}

#[test]
fn the_retention_is_fixed() {
    let server = Server::start_with(&["--strict"]);
    server.create_stream("s", 1);
    let mut client = Client::connect(&server);
    let mut alter = |value: &'static str| {
        let change = AlterableConfig::default()
            .with_name(StrBytes::from_static_str("retention.ms"))
            .with_value(Some(StrBytes::from_static_str(value)));
        let resource = AlterConfigsResource::default()
            .with_resource_type(2)
            .with_resource_name(StrBytes::from_static_str("s"))
            .with_configs(vec![change]);
        let request = IncrementalAlterConfigsRequest::default().with_resources(vec![resource]);
        client.call(1, &request).responses[0].error_code
    };
    assert_eq!(alter("86400000"), 0, "what it is");
    assert_eq!(alter("172800000"), ResponseError::InvalidConfig.code());
}

#[test]
fn who_is_too_fast_is_told_to_wait_and_waits() {
    let server = Server::start_with(&["--strict"]);
    server.create_stream("s", 1);
    let mut client = Client::connect(&server);
    let value = vec![7; 700_000];
    let mut waits = Vec::new();
    let begun = Instant::now();
    for _ in 0..3 {
        let answer = client.call(9, &produce_request("s", 0, batch(&[&value]), 1));
        assert_eq!(answer.responses[0].partition_responses[0].error_code, 0);
        waits.push(answer.throttle_time_ms);
    }
    assert_eq!(waits[0], 0, "a second's worth comes at once");
    assert!(waits[1] > 0 && waits[2] > 0, "{waits:?}");
    client.call(12, &MetadataRequest::default());
    let told = u64::from(waits[1].unsigned_abs() + waits[2].unsigned_abs());
    assert!(begun.elapsed() >= Duration::from_millis(told));

    let mut reader = Client::connect(&server);
    let mut throttled = 0;
    for _ in 0..5 {
        throttled = reader
            .call(11, &fetch_request("s", &[(0, 0)]))
            .throttle_time_ms;
    }
    assert!(throttled > 0);
}
