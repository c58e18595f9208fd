//! What the engine measures of itself: requests for messages, events, publications, and how far consumers are
//! behind.

use ocelot::api::{events, ons, operation::Operation, operation::Place, queue, streaming};
use ocelot::call::{Call, LOCAL_TENANCY};
use ocelot::disk::MemoryDisk;
use ocelot::engine::{EngineOptions, Home, LocalRequest, NewKafkaOffset};
use ocelot::log::{LogOptions, NewRecord, Partition};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::support::{Bench, COMPARTMENT, MINUTE_MS, array, printed, run, text};

fn operations() -> impl Iterator<Item = &'static Operation> {
    [
        &streaming::SERVICE,
        &ons::SERVICE,
        &events::SERVICE,
        &queue::SERVICE,
    ]
    .into_iter()
    .flat_map(|service| service.operations())
}

pub(crate) fn call(name: &str, parameters: &[(&'static str, &str)], body: Value) -> Call {
    let has = |one: &Operation, wire: &str| one.params.iter().any(|param| param.wire == wire);
    let operation = operations().find(|one| {
        one.id.to_string() == name && parameters.iter().all(|(wire, _)| has(one, wire))
    });
    let mut call = Call::new(operation.unwrap_or_else(|| panic!("no {name}")));
    for (wire, value) in parameters {
        let mut params = call.operation.params.iter();
        let place = params.find(|param| param.wire == *wire).unwrap().place;
        let values = match place {
            Place::Path => &mut call.path,
            _ => &mut call.query,
        };
        values.insert(wire, (*value).to_owned());
    }
    call.body = (!body.is_null()).then_some(body);
    call
}

/// The reply of an engine to a call that goes well.
pub(crate) fn ask(
    bench: &Bench,
    name: &str,
    parameters: &[(&'static str, &str)],
    body: Value,
) -> Value {
    let call = call(name, parameters, body);
    let reply = bench.engine.answer(&call);
    let reply = reply.unwrap_or_else(|error| panic!("{name}: {error}"));
    reply.body.unwrap_or_default()
}

pub(crate) fn stream(bench: &Bench, partitions: u32) -> String {
    let body = json!({"name": "orders", "partitions": partitions, "compartmentId": COMPARTMENT});
    text(&ask(bench, "CreateStream", &[], body)["id"]).to_owned()
}

pub(crate) fn put(bench: &Bench, stream: &str, messages: usize) {
    // "key" and "value".
    let message = json!({"key": "a2V5", "value": "dmFsdWU="});
    let body = json!({ "messages": vec![message; messages] });
    let reply = ask(bench, "PutMessages", &[("streamId", stream)], body);
    assert_eq!(reply["failures"], 0);
}

/// Gets from the begin of partition 0.
fn get(bench: &Bench, stream: &str) -> usize {
    let body = json!({"partition": "0", "type": "TRIM_HORIZON"});
    let cursor = ask(bench, "CreateCursor", &[("streamId", stream)], body);
    let cursor = text(&cursor["value"]);
    let parameters = [("streamId", stream), ("cursor", cursor)];
    array(&ask(bench, "GetMessages", &parameters, Value::Null)).len()
}

/// The values of the streams of a query, by minutes from the start of the tests.
pub(crate) fn points(bench: &Bench, namespace: &str, query: &str) -> Vec<Vec<(i64, f64)>> {
    bench.points(query, json!({ "namespace": namespace }))
}

pub(crate) fn streaming(bench: &Bench, query: &str) -> Vec<Vec<(i64, f64)>> {
    points(bench, "oci_streaming", query)
}

#[test]
fn puts_and_gets_of_streams_are_counted() {
    let bench = Bench::new();
    let stream = stream(&bench, 1);
    put(&bench, &stream, 2);
    put(&bench, &stream, 4);
    assert_eq!(get(&bench, &stream), 6);
    bench.time.advance(MINUTE_MS);
    put(&bench, &stream, 3);
    for (query, expected) in [
        ("PutMessages[1m]{}.count", [(0, 2.0), (1, 1.0)].as_slice()),
        ("PutMessages[1m]{}.sum", &[(0, 6.0), (1, 3.0)]),
        ("PutMessages[1m]{}.mean", &[(0, 3.0), (1, 3.0)]),
        ("PutMessages[1m]{}.rate", &[(0, 0.1), (1, 0.05)]),
        ("PutMessages[5m]{}.percentile(0.9)", &[(3, 4.0)]),
        ("GetMessages[1m]{}.count", &[(0, 1.0)]),
        ("GetMessages[1m]{}.sum", &[(0, 6.0)]),
    ] {
        let query = query.replace("{}", &format!("{{streamId = \"{stream}\"}}"));
        assert_eq!(streaming(&bench, &query), [expected], "{query}");
    }
    let resource = format!("{{resourceId = \"{stream}\"}}");
    for (name, expected) in [
        (
            "PutMessagesThroughput.Bytes",
            [(0, 48.0), (1, 24.0)].as_slice(),
        ),
        ("PutMessagesThroughput.Count", &[(0, 6.0), (1, 3.0)]),
        ("PutMessagesSuccess.Count", &[(0, 2.0), (1, 1.0)]),
        ("PutMessagesRecords.Count", &[(0, 6.0), (1, 3.0)]),
        ("GetMessagesThroughput.Bytes", &[(0, 48.0)]),
        ("GetMessagesSuccess.Count", &[(0, 1.0)]),
    ] {
        let query = format!("{name}[1m]{resource}.sum()");
        assert_eq!(streaming(&bench, &query), [expected], "{query}");
    }
    let latencies = streaming(
        &bench,
        &format!("PutMessagesLatency.Time[1m]{resource}.max()"),
    );
    assert!(latencies[0][0].1 > 0.0);
    assert!(streaming(&bench, "PutMessagesFault.Count[1m].sum()").is_empty());
}

#[test]
fn series_tell_their_compartment_and_unit() {
    let bench = Bench::new();
    let stream = stream(&bench, 1);
    put(&bench, &stream, 1);
    let details = json!({"namespace": "oci_streaming", "name": "PutMessagesThroughput.Bytes"});
    assert_eq!(
        bench.list(details.clone()),
        [json!({
            "namespace": "oci_streaming", "name": "PutMessagesThroughput.Bytes", "resourceGroup": null,
            "compartmentId": COMPARTMENT,
            "dimensions": {"resourceId": stream, "region": "local"},
        })]
    );
    let query = json!({"namespace": "oci_streaming"});
    let streams = bench.query("PutMessagesThroughput.Bytes[1m].sum()", query);
    assert_eq!(streams[0]["metadata"], json!({"unit": "bytes"}));
}

#[test]
fn what_was_measured_is_there_for_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::Folder(folder.path().to_owned());
    let open = || Bench::over(&home, EngineOptions::default());
    let stream = stream(&open(), 1);
    // More than may wait.
    let mut lengths = Vec::new();
    for _ in 0..400 {
        put(&open(), &stream, 2);
        lengths.push(fs::metadata(folder.path().join("measured")).map_or(0, |file| file.len()));
    }
    assert!(
        lengths.iter().all(|length| *length <= 256 * 1024),
        "{lengths:?}"
    );
    assert!(lengths.contains(&0), "{lengths:?}");
    assert_eq!(streaming(&open(), "PutMessages[1m].count"), [[(0, 400.0)]]);
    assert_eq!(streaming(&open(), "PutMessages[1m].sum()"), [[(0, 800.0)]]);
}

#[test]
fn what_waits_counts_once_and_what_cannot_be_read_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::Folder(folder.path().to_owned());
    let open = || Bench::over(&home, EngineOptions::default());
    let stream = stream(&open(), 1);
    put(&open(), &stream, 3);
    let file = folder.path().join("measured");
    let mut bytes = fs::read(&file).unwrap();
    assert_eq!(streaming(&open(), "PutMessages[1m].sum()"), [[(0, 3.0)]]);
    // A process is killed when it has stored the lines, and before the file is gone.
    fs::write(&file, &bytes).unwrap();
    assert_eq!(streaming(&open(), "PutMessages[1m].sum()"), [[(0, 3.0)]]);
    // One is killed while it writes, and others go on.
    bytes.truncate(bytes.len() - 40);
    for damaged in [
        &bytes[..],
        b"",
        b"\n",
        b"\xff\xfe\n[{}]\n[",
        b"name\n{\"a\":1}\n",
    ] {
        fs::write(&file, damaged).unwrap();
        put(&open(), &stream, 1);
        assert!(!streaming(&open(), "PutMessages[1m].sum()").is_empty());
        assert!(fs::metadata(&file).map_or(true, |left| left.len() < 2000));
    }
    fs::remove_file(&file).unwrap_or_default();
    let before = streaming(&open(), "PutMessages[1m].sum()")[0][0].1;
    put(&open(), &stream, 5);
    assert_eq!(
        streaming(&open(), "PutMessages[1m].sum()"),
        [[(0, before + 5.0)]]
    );
}

#[test]
fn nothing_is_left_after_a_reset() {
    let bench = Bench::new();
    let stream = stream(&bench, 1);
    put(&bench, &stream, 2);
    bench.engine.reset().unwrap();
    assert!(bench.list(json!({"namespace": "oci_streaming"})).is_empty());
}

/// A batch as a Kafka producer sends it.
pub(crate) fn batch(records: usize) -> Vec<u8> {
    let disk = Arc::new(MemoryDisk::default());
    let mut log = Partition::open(disk, Path::new("/log"), LogOptions::default()).unwrap();
    let record = NewRecord {
        value: Some(b"value"),
        ..NewRecord::default()
    };
    log.append(&vec![record; records], 1).unwrap();
    let mut batch = Vec::new();
    log.read_batches(0, 0, &mut batch).unwrap();
    batch
}

#[test]
fn kafka_clients_are_counted_and_so_is_their_lag() {
    let bench = Bench::new();
    let stream = stream(&bench, 2);
    let topics = bench.engine.topics(LOCAL_TENANCY);
    let shown = ask(&bench, "GetStream", &[("streamId", &stream)], Value::Null);
    let pool = topics.pool(text(&shown["streamPoolId"])).unwrap().unwrap();
    let topic = &pool.topics["orders"];
    topics.append_batch(topic, 1, &batch(5)).unwrap();
    assert_eq!(streaming(&bench, "PutMessages[1m].sum()"), [[(0, 5.0)]]);
    let offset = NewKafkaOffset {
        stream_id: stream.clone(),
        partition: 1,
        offset: 3,
        leader_epoch: -1,
        metadata: String::new(),
    };
    let groups = bench.engine.kafka_groups();
    let committed = groups.commit_offsets(&pool.id, "billing", &[offset]);
    assert_eq!(committed.unwrap(), [Ok(())]);
    let query = format!(
        "ConsumerLag[1m]{{streamId = \"{stream}\", groupName = \"billing\", groupType = \"KAFKA\", \
         partition = \"1\"}}.max()"
    );
    assert_eq!(streaming(&bench, &query), [[(0, 2.0)]]);
    // A partition without a commit is all to read, as `group lag` and `top` say too.
    topics.append_batch(topic, 0, &batch(7)).unwrap();
    let sum = "ConsumerLag[1m].grouping().sum()";
    assert_eq!(streaming(&bench, sum), [[(0, 9.0)]]);
    let group = &bench.engine.overview().unwrap().groups[0];
    assert_eq!((group.lag, group.worst_partition), (9, 0));
    let asked = LocalRequest::ShowKafkaLag {
        stream,
        group: "billing".to_owned(),
    };
    let shown = bench.engine.control(&asked).unwrap();
    assert_eq!((&shown[0]["lag"], &shown[1]["lag"]), (&json!(7), &json!(2)));
}

#[test]
fn the_lag_of_a_group_falls_as_it_reads() {
    let bench = Bench::new();
    let stream = stream(&bench, 1);
    let lag = || streaming(&bench, "ConsumerLag[1m].last()");
    put(&bench, &stream, 3);
    assert!(lag().is_empty());
    let body = json!({"groupName": "billing", "type": "TRIM_HORIZON"});
    let cursor = ask(&bench, "CreateGroupCursor", &[("streamId", &stream)], body);
    let cursor = text(&cursor["value"]);
    assert_eq!(lag(), [[(0, 3.0)]]);
    bench.time.advance(MINUTE_MS);
    let got = call(
        "GetMessages",
        &[("streamId", &stream), ("cursor", cursor)],
        Value::Null,
    );
    let got = bench.engine.answer(&got).unwrap();
    let next = got.headers["opc-next-cursor"].clone();
    ask(
        &bench,
        "GetMessages",
        &[("streamId", &stream), ("cursor", &next)],
        Value::Null,
    );
    put(&bench, &stream, 1);
    assert_eq!(lag(), [[(0, 3.0), (1, 1.0)]]);
}

#[test]
fn puts_and_gets_of_queues_are_counted() {
    let bench = Bench::new();
    let body = json!({"displayName": "orders", "compartmentId": COMPARTMENT});
    ask(&bench, "CreateQueue", &[], body);
    let listed = ask(
        &bench,
        "ListQueues",
        &[("compartmentId", COMPARTMENT)],
        Value::Null,
    );
    let queue = text(&listed["items"][0]["id"]);
    let body = json!({"messages": [{"content": "one"}, {"content": "three"}]});
    ask(&bench, "PutMessages", &[("queueId", queue)], body);
    for limit in ["1", "1"] {
        let parameters = [("queueId", queue), ("limit", limit)];
        ask(&bench, "GetMessages", &parameters, Value::Null);
    }
    // One that waits for nothing is a request still.
    let parameters = [("queueId", queue), ("timeoutInSeconds", "20")];
    ask(&bench, "GetMessages", &parameters, Value::Null);
    for (name, api_name, expected) in [
        ("MessagesCount", "PutMessages", 2.0),
        ("MessagesCount", "GetMessages", 2.0),
        ("RequestSuccess", "PutMessages", 1.0),
        ("RequestSuccess", "GetMessages", 3.0),
        ("RequestsThroughput", "PutMessages", 8.0),
        ("RequestsThroughput", "GetMessages", 8.0),
    ] {
        let dimensions = format!("{{resourceId = \"{queue}\", apiName = \"{api_name}\"}}");
        let query = format!("{name}[1m]{dimensions}.sum()");
        assert_eq!(
            points(&bench, "oci_queue", &query),
            [[(0, expected)]],
            "{query}"
        );
    }
}

fn topic(bench: &Bench) -> String {
    let body = json!({"name": "alerts", "compartmentId": COMPARTMENT});
    text(&ask(bench, "CreateTopic", &[], body)["topicId"]).to_owned()
}

#[test]
fn publications_are_counted_by_topic() {
    let bench = Bench::new();
    let topic = topic(&bench);
    for _ in 0..2 {
        let body = json!({"title": "disk", "body": "is full"});
        ask(&bench, "PublishMessage", &[("topicId", &topic)], body);
    }
    let dimensions = format!("{{resourceId = \"{topic}\", topicDisplayName = \"alerts\"}}");
    for (name, expected) in [
        ("PublishedMessagesCount", 2.0),
        ("PublishedMessagesSize", 22.0),
    ] {
        let query = format!("{name}[1m]{dimensions}.sum()");
        assert_eq!(
            points(&bench, "oci_notification", &query),
            [[(0, expected)]]
        );
    }
}

#[test]
fn events_are_counted_from_their_service_to_the_targets() {
    let bench = Bench::new();
    let (stream, topic) = (stream(&bench, 1), topic(&bench));
    let body = json!({
        "displayName": "monitor", "isEnabled": true, "compartmentId": COMPARTMENT,
        "condition": "{\"eventType\": \"com.oraclecloud.notification.createsubscription\"}",
        "actions": {"actions": [
            {"actionType": "OSS", "streamId": stream, "isEnabled": true},
            {"actionType": "ONS", "topicId": topic, "isEnabled": true},
        ]},
    });
    let rule = ask(&bench, "CreateRule", &[], body);
    let rule = text(&rule["id"]);
    let body = json!({
        "topicId": topic, "compartmentId": COMPARTMENT, "protocol": "EMAIL", "endpoint": "a@example.com",
    });
    ask(&bench, "CreateSubscription", &[], body);
    let query = format!("EventsDelivered[1h]{{ruleId = \"{rule}\"}}.count");
    let delivered = bench.query(&query, json!({"namespace": "oci_events"}));
    assert_eq!(delivered[0]["aggregatedDatapoints"][0]["value"], 2.0);
    for (query, expected) in [
        (
            "PublishedEvents[1m]{eventType = \"com.oraclecloud.notification.createsubscription\"}.sum()",
            1.0,
        ),
        (
            "MatchedEvents[1m]{resourceDisplayName = \"monitor\"}.sum()",
            1.0,
        ),
        ("DeliverySucceedEvents[1m]{actionType = \"OSS\"}.sum()", 1.0),
        ("DeliverySucceedEvents[1m]{actionType = \"ONS\"}.sum()", 1.0),
    ] {
        assert_eq!(
            points(&bench, "oci_cloudevents", query),
            [[(0, expected)]],
            "{query}"
        );
    }
    // What the rule put and published counts as what anybody else does.
    assert_eq!(streaming(&bench, "PutMessages[1m].sum()"), [[(0, 1.0)]]);
    let published = points(
        &bench,
        "oci_notification",
        "PublishedMessagesCount[1m].sum()",
    );
    assert_eq!(published, [[(0, 1.0)]]);
}

#[test]
fn a_target_that_is_gone_is_counted_as_a_failure() {
    let bench = Bench::new();
    let (stream, topic) = (stream(&bench, 1), topic(&bench));
    let body = json!({
        "displayName": "monitor", "isEnabled": true, "compartmentId": COMPARTMENT, "condition": "{}",
        "actions": {"actions": [{"actionType": "OSS", "streamId": stream, "isEnabled": true}]},
    });
    ask(&bench, "CreateRule", &[], body);
    ask(
        &bench,
        "DeleteStream",
        &[("streamId", &stream)],
        Value::Null,
    );
    ask(&bench, "DeleteTopic", &[("topicId", &topic)], Value::Null);
    let failed = "DeliveryFailedEvents[1m].sum()";
    assert_eq!(points(&bench, "oci_cloudevents", failed), [[(0, 1.0)]]);
    assert!(points(&bench, "oci_events", "EventsDelivered[1m].count").is_empty());
}

#[test]
fn the_program_tells_the_next_one() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let oci = |line: &str, more: &[&str]| {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        words.extend(more);
        let output = run(home, &words);
        // An empty list prints nothing.
        match output.stdout.is_empty() && output.status.success() {
            true => Value::Null,
            false => printed(&output),
        }
    };
    let stream = oci(
        "streaming admin stream create --compartment-id c --name orders --partitions 1",
        &[],
    );
    let stream = text(&stream["data"]["id"]);
    let messages = r#"[{"key": "YQ==", "value": "YQ=="}, {"key": "YQ==", "value": "YQ=="}]"#;
    for _ in 0..3 {
        oci(
            "streaming stream message put --stream-id",
            &[stream, "--messages", messages],
        );
    }
    let query = |query: &str| {
        oci(
            "monitoring metric-data summarize-metrics-data --compartment-id c --namespace oci_streaming \
             --query-text",
            &[&query.replace("{}", &format!("{{streamId = \"{stream}\"}}"))],
        )
    };
    let total = |reply: &Value| -> f64 {
        let points = array(&reply["data"][0]["aggregated-datapoints"]);
        points
            .iter()
            .filter_map(|point| point["value"].as_f64())
            .sum()
    };
    assert_eq!(total(&query("PutMessages[1m]{}.count")), 3.0);
    assert!((total(&query("PutMessages[1m]{}.rate")) - 0.1).abs() < 1e-9);
    assert_eq!(total(&query("PutMessagesRecords.Count[1m].sum()")), 6.0);
    assert_eq!(query("GetMessages[5m]{}.count"), Value::Null);
    assert_eq!(query("ConsumerLag[5m]{}.max"), Value::Null);
}
