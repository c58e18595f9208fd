//! The whole way: how far a consumer is behind, an alarm, a topic, a webhook, and a stream; and the server's own
//! minutes.

use ocelot::call::LOCAL_TENANCY;
use serde_json::{Value, json};
use test_support::{Program, Python, succeed};

use crate::receiver::Receiver;
use crate::support::{array, text};

/// A home with a stream, an alarm on how far a group is behind in it, and those whom it tells.
struct Chain {
    program: Program,
    receiver: Receiver,
    stream_id: String,
    topic_id: String,
    /// The kind of the group, as metrics tell it.
    kind: &'static str,
    /// What the alarm's query measures, which it compares with 2.
    measure: String,
}

impl Chain {
    fn new(program: Program, kind: &'static str) -> Self {
        let topic = program.data("ons topic create --name alerts");
        let receiver = Receiver::of_alerts(&program);
        let create = "streaming admin stream create --partitions 1 --name";
        let stream = program.data(&format!("{create} orders"));
        let alarms = program.data(&format!("{create} alarms"));
        let (stream_id, topic_id) = (text(&stream["id"]), text(&topic["topic-id"]));
        let measure =
            format!("ConsumerLag[1m]{{streamId = \"{stream_id}\", groupName = \"billing\"}}.max()");
        program.data(&format!(
            "monitoring alarm create --namespace oci_streaming --severity CRITICAL --is-enabled true \
             --display-name behind --query-text '{measure} > 2' \
             --body '{{{{dimensions.groupName}}}} is behind' --destinations '{}'",
            json!([topic_id, alarms["id"]])
        ));
        Self {
            stream_id: stream_id.to_owned(),
            topic_id: topic_id.to_owned(),
            kind,
            measure,
            program,
            receiver,
        }
    }

    fn put(&self, count: usize) {
        let texts = "--text order ".repeat(count);
        let line = format!("streaming stream message put --stream-id orders {texts}");
        self.program.data(&line);
    }

    /// The values of the group's lag up to now, by the minute that each is of.
    fn lag(&self) -> Vec<Value> {
        let streams = self.program.data(&format!(
            "monitoring metric-data summarize-metrics-data --namespace oci_streaming --query-text '{}'",
            self.measure
        ));
        let [stream] = &array(&streams)[..] else {
            panic!("{streams}");
        };
        self.check_dimensions(&stream["dimensions"]);
        let points = array(&stream["aggregated-datapoints"]);
        let points = points
            .iter()
            .map(|point| json!([&text(&point["timestamp"])[11..16], point["value"]]));
        points.collect()
    }

    fn check_dimensions(&self, dimensions: &Value) {
        assert_eq!(dimensions["streamId"], self.stream_id);
        assert_eq!(dimensions["groupName"], "billing");
        assert_eq!(dimensions["groupType"], self.kind);
        assert_eq!(dimensions["partition"], "0");
    }

    fn pass(&self, minutes: usize) {
        for _ in 0..minutes {
            self.program.data("local clock advance 1m");
        }
    }

    fn status(&self) -> Value {
        let list = self
            .program
            .data("monitoring alarm-status list-alarms-status");
        list[0].clone()
    }

    fn transitions(&self) -> Vec<Value> {
        let history = self.program.data(
            "monitoring alarm-history-collection get-alarm-history --alarm-id behind \
             --alarm-historytype STATE_TRANSITION_HISTORY",
        );
        let entries = array(&history["entries"]);
        let entries = entries
            .iter()
            .map(|entry| json!([&text(&entry["timestamp"])[11..16], entry["summary"]]));
        entries.collect()
    }

    /// The messages that the alarm put into its stream.
    fn messages(&self) -> Vec<Value> {
        let messages = self
            .program
            .text("streaming stream message tail --stream-id alarms");
        let messages = messages.lines().map(|line| {
            let message: Value = serde_json::from_str(line).unwrap();
            serde_json::from_str(text(&message["value"])).unwrap()
        });
        messages.collect()
    }

    /// What fires is told by all hops with the same words.
    fn check_firing(&self) -> Value {
        assert_eq!(self.status()["status"], "FIRING");
        assert_eq!(
            self.transitions(),
            [json!(["01:04", "State transitioned from OK to Firing"])]
        );
        let got = self.receiver.next();
        assert_eq!(got.header("x-oci-ns-messagetype"), "Notification");
        assert_eq!(got.header("x-oci-ns-topicocid"), self.topic_id);
        assert_eq!(got.header("content-type"), "application/json");
        let message = got.json();
        assert_eq!(message["type"], "OK_TO_FIRING");
        assert_eq!(message["title"], "behind");
        assert_eq!(message["body"], "billing is behind");
        assert_eq!(message["severity"], "CRITICAL");
        assert_eq!(message["timestamp"], "2026-03-14T01:04:00.000Z");
        assert_eq!(message["timestampEpochMillis"], 1_773_450_240_000_i64);
        assert_eq!(message["version"], 1.5);
        assert_eq!(
            message["notificationType"],
            "Grouped messages across metric streams"
        );
        let about = &message["alarmMetaData"][0];
        assert_eq!(about["status"], "FIRING");
        assert_eq!(about["namespace"], "oci_streaming");
        assert_eq!(about["query"], format!("{} > 2", self.measure));
        assert_eq!(about["totalMetricsFiring"], 1);
        assert_eq!(
            about["metricValues"],
            json!([{ self.measure.as_str(): "3" }])
        );
        self.check_dimensions(&about["dimensions"][0]);
        assert!(!got.body.contains('\n'), "{}", got.body);
        assert_eq!(self.messages(), std::slice::from_ref(&message));
        message
    }

    /// And so is that it is over.
    fn check_over(&self, firing: &Value) {
        assert_eq!(self.status()["status"], "OK");
        assert_eq!(
            self.transitions()[0],
            json!(["01:08", "State transitioned from Firing to OK"])
        );
        let message = self.receiver.next().json();
        assert_eq!(message["type"], "FIRING_TO_OK");
        assert_eq!(message["dedupeKey"], firing["dedupeKey"]);
        assert_eq!(message["timestamp"], "2026-03-14T01:08:00.000Z");
        let about = &message["alarmMetaData"][0];
        assert_eq!(about["status"], "OK");
        assert_eq!(about["totalMetricsFiring"], 0);
        assert_eq!(about["metricValues"], json!([]));
        assert_eq!(self.messages(), [firing.clone(), message]);
        assert!(self.receiver.is_empty());
    }
}

fn at_half_past_the_minute() -> Program {
    let program = Program::new();
    program.data("local clock set 2026-03-14T01:00:30Z --frozen");
    program
}

#[test]
fn a_group_of_the_service_that_is_behind_is_told_of() {
    let chain = Chain::new(at_half_past_the_minute(), "REST");
    let program = &chain.program;
    chain.put(5);
    let made = program.data(
        "streaming stream cursor create-group-cursor --stream-id orders --group-name billing --type TRIM_HORIZON",
    );
    let get = |cursor: &str, limit: usize| {
        let line = format!(
            "streaming stream message get --stream-id orders --limit {limit} --cursor {cursor}"
        );
        let output = program.text(&line);
        let reply: Value = serde_json::from_str(&output).unwrap();
        text(&reply["opc-next-cursor"]).to_owned()
    };
    // What was read is committed by the next read.
    let next = get(text(&made["value"]), 2);
    let next = get(&next, 1);
    assert_eq!(chain.lag(), [json!(["01:01", 3.0])]);
    chain.pass(3);
    assert_eq!(chain.status()["status"], "OK");
    assert!(chain.receiver.is_empty());
    chain.pass(1);
    let firing = chain.check_firing();

    let next = get(&next, 10);
    program.text(&format!(
        "streaming stream message get --stream-id orders --cursor {next}"
    ));
    chain.pass(4);
    chain.check_over(&firing);
}

/// Nobody looks in the minutes that the clock goes past: a lag that stays is no silence in them.
#[test]
fn a_lag_that_stays_fires_however_far_the_clock_goes_at_once() {
    let chain = Chain::new(at_half_past_the_minute(), "REST");
    let program = &chain.program;
    chain.put(3);
    program.data(
        "streaming stream cursor create-group-cursor --stream-id orders --group-name billing --type TRIM_HORIZON",
    );
    program.data("local clock advance 60m");
    let firing = chain.check_firing();
    for step in ["60m", "10h"] {
        program.data(&format!("local clock advance {step}"));
        assert_eq!(chain.status()["status"], "FIRING");
    }
    assert_eq!(chain.messages(), [firing]);
}

#[test]
fn a_group_of_kafka_clients_that_is_behind_is_told_of() {
    let Some(python) = Python::find() else {
        return;
    };
    let program = at_half_past_the_minute();
    let server = program.serve("--log error");
    let chain = Chain::new(program, "KAFKA");
    chain.put(5);
    let commit = |count: &str| {
        let mut command = python.script("tests/monitoring/commit.py");
        command.args([server.kafka(), "orders", "billing", count]);
        assert_eq!(succeed(command), "committed\n");
    };
    commit("2");
    assert_eq!(chain.lag(), [json!(["01:01", 3.0])]);
    chain.pass(4);
    let firing = chain.check_firing();
    commit("3");
    chain.pass(4);
    chain.check_over(&firing);
}

/// Nobody asks for anything: the minute passes, and the server tells. That its clock is set wakes it, so that it does
/// not sleep on until the minute would have ended that it slept in before.
#[test]
fn a_server_evaluates_by_itself_when_a_minute_begins() {
    let program = Program::new();
    program.data("local clock set 2026-03-14T01:00:00Z");
    let topic = program.data("ons topic create --name alerts");
    let _server = program.serve("--log error");
    let receiver = Receiver::of_alerts(&program);
    program.data(&format!(
        "monitoring alarm create --namespace shop --severity CRITICAL --is-enabled true \
         --display-name busy --query-text 'orders[1m].sum() > 0' --destinations '{}'",
        json!([topic["topic-id"]])
    ));
    let metrics = json!([{
        "namespace": "shop", "name": "orders", "compartmentId": LOCAL_TENANCY, "dimensions": {"site": "berlin"},
        "datapoints": [{"timestamp": "2026-03-14T01:02:00Z", "value": 1}],
    }]);
    program.data(&format!(
        "monitoring metric-data post --metric-data '{metrics}'"
    ));
    program.data("local clock set 2026-03-14T01:04:59Z");
    assert!(receiver.is_empty());
    let message = receiver.next().json();
    assert_eq!(message["type"], "OK_TO_FIRING");
    assert_eq!(message["timestamp"], "2026-03-14T01:05:00.000Z");
}
