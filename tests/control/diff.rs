//! `ocelot local state diff`: everything that a state holds is compared, histories left out.

use serde_json::{Value, json};

use crate::server::Home;

/// What differs between a file and the engine: kind, name and in what.
fn differences(home: &Home, file: &str) -> Vec<[String; 3]> {
    let diff = home.json(&format!("local state diff {file}"));
    let rows = diff.as_array().unwrap().iter();
    let told =
        |row: &Value| ["kind", "name", "difference"].map(|name| row[name].as_str().unwrap().into());
    rows.map(told).collect()
}

#[test]
fn settings_are_told_with_both_values() {
    let home = Home::new();
    home.ok("queue queue-admin queue create --display-name jobs");
    home.ok("ons topic create --name all");
    home.ok("local state save before");
    home.ok("queue queue-admin queue update --queue-id jobs --visibility-in-seconds 99 --force");
    home.ok("ons topic update --topic-id all --description first --force");
    let queue = home.json("queue queue-admin queue list")["items"][0]["id"].clone();
    let topic = home.json("ons topic list")[0]["topic-id"].clone();
    for server in [None, Some(home.serve(""))] {
        assert_eq!(
            home.json("local state diff before"),
            json!([
                {"kind": "queue", "name": "jobs", "id": queue, "difference": "visibilityInSeconds",
                 "in-file": 30, "in-engine": 99},
                {"kind": "topic", "name": "all", "id": topic, "difference": "description",
                 "in-file": null, "in-engine": "first"},
            ])
        );
        drop(server);
    }
    let table = home.ok("local state diff before --output table");
    assert!(table.contains("| visibilityInSeconds |"), "{table}");
    let widest = table.lines().map(|line| line.chars().count()).max();
    assert!(widest.unwrap() <= 100, "{table}");
    // What a value was changed to and back is the same.
    home.ok("queue queue-admin queue update --queue-id jobs --visibility-in-seconds 30 --force");
    assert_eq!(
        home.json("local state diff before")
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

/// An argument, which has no blanks.
fn compact(value: Value) -> String {
    let text = value.to_string();
    assert!(!text.contains(' '), "{text}");
    text
}

fn post(home: &Home, age_minutes: i64) {
    let now_ms = ocelot::clock::Clock::now_ms(&ocelot::clock::SystemClock);
    let at = ocelot::clock::rfc3339(now_ms - age_minutes * 60_000);
    let metric = compact(json!([{
        "namespace": "shop", "name": "visits", "compartmentId": "c", "dimensions": {"site": "a"},
        "datapoints": [{"timestamp": at, "value": 1}],
    }]));
    home.ok(&format!(
        "monitoring metric-data post --metric-data {metric}"
    ));
}

/// A home with one of nearly everything.
fn with_everything() -> Home {
    let home = Home::new();
    home.ok("streaming admin stream create --name orders --partitions 1");
    home.ok("streaming stream message put --stream-id orders --text one --text two");
    home.ok(
        "streaming stream cursor create-group-cursor --stream-id orders --group-name billing \
         --type TRIM_HORIZON",
    );
    home.ok("queue queue-admin queue create --display-name jobs --capabilities [{\"type\":\"CONSUMER_GROUPS\"}]");
    home.ok("queue queue-admin consumer-group create --queue-id jobs --display-name urgent");
    home.ok("ons topic create --name oncall");
    home.ok("ons subscription create --topic-id oncall --protocol EMAIL --subscription-endpoint a@example.com");
    let topic = home.json("ons topic list")[0]["topic-id"].clone();
    let stream = home.json("streaming admin stream list")[0]["id"].clone();
    let actions = json!({"actions": [{"actionType": "ONS", "topicId": topic, "isEnabled": true}]});
    home.ok(&format!(
        "events rule create --display-name all --is-enabled true --condition {{}} --actions {}",
        compact(actions)
    ));
    home.ok(&format!(
        "monitoring alarm create --display-name busy --namespace shop --query-text visits[1m].sum()>5 \
         --severity CRITICAL --destinations {} --is-enabled true",
        compact(json!([topic]))
    ));
    let alarm = home.json("monitoring alarm list")[0]["id"].clone();
    home.ok(&format!(
        "monitoring alarm-suppression create --display-name maintenance --level ALARM \
         --alarm-suppression-target {} --time-suppress-from 2126-01-15T22:00:00Z \
         --time-suppress-until 2126-01-16T04:00:00Z",
        compact(json!({"targetType": "ALARM", "alarmId": alarm}))
    ));
    home.ok(&format!(
        "sch service-connector create --display-name archive --source {} --target {}",
        compact(
            json!({"kind": "streaming", "streamId": stream, "cursor": {"kind": "TRIM_HORIZON"}})
        ),
        compact(json!({"kind": "notifications", "topicId": topic}))
    ));
    post(&home, 1);
    home.ok("local function add --name lab --exec cat");
    home.ok("local log add --log-id ocid1.log.oc1..web --log-group-id ocid1.loggroup.oc1..shop --file web.jsonl");
    home.ok("local token create --user clerk");
    let key = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/signing/keys/public.pem"
    );
    home.ok(&format!(
        "local key add --user ocid1.user.oc1..clerk --tenancy ocid1.tenancy.oc1..local --public-key {key}"
    ));
    home.ok("local fault add --service ons --status 503 --operation create-topic");
    home
}

#[test]
fn everything_that_a_state_holds_is_compared() {
    let home = with_everything();
    let (full, empty) = ("full.ocelot", "empty.ocelot");
    home.ok(&format!("local state save {full}"));
    assert_eq!(differences(&home, full), Vec::<[String; 3]>::new());
    let other = Home::new();
    let empty_file = home.path(empty).display().to_string();
    other.ok("local status");
    other.ok(&format!("local state save {empty_file}"));
    let told = differences(&home, empty);
    let mut kinds: Vec<&str> = told
        .iter()
        .filter(|[_, _, difference]| difference == "only in the engine")
        .map(|[kind, _, _]| kind.as_str())
        .collect();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "alarm",
            "alarm-suppression",
            "consumer-group",
            "function",
            "inbox-message",
            "key",
            "log",
            "metric",
            "queue",
            "rule",
            "service-connector",
            "setting",
            "stream",
            "stream-group",
            "stream-pool",
            "subscription",
            "token",
            "topic",
        ],
        "{told:?}"
    );
    let metrics: Vec<&str> = told
        .iter()
        .filter(|[kind, _, _]| kind == "metric")
        .map(|[_, name, _]| name.as_str())
        .collect();
    // What the engine measures by itself goes on, and is no difference.
    assert_eq!(metrics, ["shop/visits"]);
}

#[test]
fn changes_are_told_by_what_they_change() {
    let home = with_everything();
    let file = "full.ocelot";
    home.ok(&format!("local state save {file}"));
    let alarm = home.json("monitoring alarm list")[0]["id"].clone();
    let alarm = alarm.as_str().unwrap();
    home.ok(&format!(
        "monitoring alarm update --alarm-id {alarm} --severity INFO --force"
    ));
    home.ok("events rule update --rule-id all --is-enabled false --force");
    home.ok("local fault clear");
    home.ok("local clock advance 60s");
    home.ok("streaming stream message put --stream-id orders --text three");
    post(&home, 2);
    let told = differences(&home, file);
    let expected = [
        ["alarm", "busy", "severity"],
        ["metric", "shop/visits", "points"],
        ["rule", "all", "isEnabled"],
        ["rule", "all", "lifecycleState"],
        ["setting", "clock", "only in the engine"],
        ["setting", "faults", "only in the file"],
        ["stream", "orders", "messages"],
    ];
    let of_users: Vec<_> = told
        .iter()
        .filter(|[kind, _, _]| kind != "service-connector")
        .collect();
    assert_eq!(of_users, expected.iter().collect::<Vec<_>>(), "{told:?}");
    // What the group has read since is a position.
    home.ok(&format!("local state save {file}"));
    let cursor = home.json(
        "streaming stream cursor create-group-cursor --stream-id orders --group-name billing \
         --type TRIM_HORIZON --commit-on-get true",
    );
    let cursor = cursor["value"].as_str().unwrap();
    let got = home.json(&format!(
        "streaming stream message get --stream-id orders --cursor {cursor}"
    ));
    assert_eq!(got.as_array().unwrap().len(), 3);
    home.ok("streaming stream group update --stream-id orders --group-name billing --type LATEST");
    let told = differences(&home, file);
    let moved = ["stream-group", "billing", "position"].map(str::to_owned);
    assert!(told.contains(&moved), "{told:?}");
}
