//! Alarms: as they are kept, and what comes of them minute by minute.

use ocelot::api::{self, Service};
use ocelot::call::Call;
use ocelot::engine::Engine;
use serde_json::{Value, json};

use crate::support::{Asked, Bench, COMPARTMENT, HOUR_MS, MINUTE_MS, array, merge, metric, text};
use ocelot::clock::rfc3339;

/// How long data may be late where an alarm does not say: an evaluation looks at the minute so long ago.
const SLACK: i64 = 3;

/// A bench with a stream that alarms write to.
pub(crate) struct Watched {
    pub(crate) bench: Bench,
    pub(crate) stream_id: String,
}

/// Calls an operation of another service.
pub(crate) fn ask(
    engine: &Engine,
    (service, operation): (&'static Service, &str),
    path: &[(&'static str, &str)],
    body: Value,
) -> Value {
    let mut operations = service.operations();
    let operation = operations.find(|one| one.id.to_string() == operation);
    let mut call = Call::new(operation.unwrap());
    let path = path
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    call.path = path.collect();
    call.body = Some(body);
    engine.answer(&call).unwrap().body.unwrap_or_default()
}

impl Watched {
    pub(crate) fn new() -> Self {
        let bench = Bench::new();
        let stream = json!({"name": "alarms", "partitions": 1, "compartmentId": COMPARTMENT});
        let create = (&api::streaming::SERVICE, "CreateStream");
        let stream = ask(&bench.engine, create, &[], stream);
        let stream_id = text(&stream["id"]).to_owned();
        Self { bench, stream_id }
    }

    pub(crate) fn details(&self, more: Value) -> Value {
        let mut details = json!({
            "displayName": "busy", "compartmentId": COMPARTMENT, "metricCompartmentId": COMPARTMENT,
            "namespace": "shop", "query": "cpu[1m].max() > 80", "severity": "CRITICAL",
            "destinations": [self.stream_id], "isEnabled": true,
        });
        merge(&mut details, more);
        details
    }

    pub(crate) fn create(&self, more: Value) -> Value {
        let call = self.bench.call("CreateAlarm").body(self.details(more));
        call.value()
    }

    pub(crate) fn about(&self, operation: &str, alarm: &Value) -> Asked<'_> {
        let mut asked = self.bench.call(operation);
        let id = text(&alarm["id"]).to_owned();
        asked.call.path.insert("alarmId", id);
        asked
    }

    /// A minute passes in which each host had a value.
    pub(crate) fn minute(&self, values: &[(&str, f64)]) {
        self.post_next(values);
        self.pass(1);
    }

    /// Each host has a value in the minute that comes.
    pub(crate) fn post_next(&self, values: &[(&str, f64)]) {
        let now_ms = self.bench.now_ms();
        let of_host = |(host, value): &(&str, f64)| {
            metric(
                "cpu",
                json!({"host": host}),
                &[(now_ms + MINUTE_MS, *value)],
            )
        };
        let metrics: Vec<Value> = values.iter().map(of_host).collect();
        if !metrics.is_empty() {
            self.bench.post(metrics);
        }
    }

    /// Minutes pass, at each of which the alarms are evaluated.
    pub(crate) fn pass(&self, minutes: i64) {
        for _ in 0..minutes {
            self.bench.time.advance(MINUTE_MS);
            self.bench.engine.evaluate_alarms().unwrap();
        }
        self.look();
    }

    /// The alarms are evaluated up to now.
    pub(crate) fn look(&self) {
        self.bench.engine.evaluate_alarms().unwrap();
        // Whoever makes deliveries carries out what is noted.
        self.bench.engine.next_delivery_in_ms().unwrap();
    }

    /// The messages in the stream.
    pub(crate) fn messages(&self) -> Vec<Value> {
        let service = &api::streaming::SERVICE;
        let engine = &self.bench.engine;
        let path = [("streamId", self.stream_id.as_str())];
        let cursor = json!({"partition": "0", "type": "TRIM_HORIZON"});
        let cursor = ask(engine, (service, "CreateCursor"), &path, cursor);
        let mut operations = service.operations();
        let operation = operations.find(|one| one.id.to_string() == "GetMessages");
        let mut call = Call::new(operation.unwrap());
        call.path.insert("streamId", self.stream_id.clone());
        call.query
            .insert("cursor", text(&cursor["value"]).to_owned());
        let got = engine.answer(&call).unwrap().body.unwrap();
        let decoded = |message: &Value| {
            use base64::Engine as _;
            let standard = base64::engine::general_purpose::STANDARD;
            let bytes = standard.decode(text(&message["value"])).unwrap();
            assert!(!bytes.contains(&b'\n'));
            serde_json::from_slice(&bytes).unwrap()
        };
        array(&got).iter().map(decoded).collect()
    }

    /// The types of the messages.
    pub(crate) fn types(&self) -> Vec<String> {
        let messages = self.messages();
        let types = messages
            .iter()
            .map(|message| text(&message["type"]).to_owned());
        types.collect()
    }

    pub(crate) fn status(&self) -> String {
        let call = self.bench.call("ListAlarmsStatus");
        let list = call.with("compartmentId", COMPARTMENT).value();
        text(&list[0]["status"]).to_owned()
    }

    fn history(&self, alarm: &Value, kind: &str) -> Vec<String> {
        let asked = self.about("GetAlarmHistory", alarm);
        let reply = asked.with("alarmHistorytype", kind).value();
        let entries = array(&reply["entries"]);
        let summaries = entries
            .iter()
            .map(|entry| text(&entry["summary"]).to_owned());
        summaries.collect()
    }
}

#[test]
fn alarms_are_created_shown_changed_and_deleted() {
    let watched = Watched::new();
    let alarm = watched.create(json!({"freeformTags": {"a": "b"}}));
    assert_eq!(alarm["pendingDuration"], "PT1M");
    assert_eq!(alarm["resolution"], "1m");
    assert_eq!(alarm["messageFormat"], "RAW");
    assert_eq!(alarm["evaluationSlackDuration"], "PT3M");
    assert_eq!(alarm["lifecycleState"], "ACTIVE");
    assert_eq!(watched.about("GetAlarm", &alarm).value(), alarm);
    let list = watched
        .bench
        .call("ListAlarms")
        .with("compartmentId", COMPARTMENT);
    let list = array(&list.value());
    assert_eq!(list.len(), 1);
    assert_eq!(list[0]["query"], alarm["query"]);

    let update = json!({"severity": "info", "pendingDuration": "PT5M", "body": null});
    let changed = watched.about("UpdateAlarm", &alarm).body(update).value();
    assert_eq!(changed["severity"], "INFO");
    assert_eq!(changed["pendingDuration"], "PT5M");
    assert_eq!(changed["freeformTags"], json!({"a": "b"}));
    let moved = json!({"compartmentId": "ocid1.compartment.oc1..other"});
    let asked = watched.about("ChangeAlarmCompartment", &alarm).body(moved);
    asked.answer().unwrap();
    let mut stale = watched.about("DeleteAlarm", &alarm);
    stale.call.headers.insert("if-match", "\"old\"".to_owned());
    stale.fails(412, "NoEtagMatch");
    watched.about("DeleteAlarm", &alarm).answer().unwrap();

    // It is remembered for as long as others are, and told of when it is asked for.
    let state = |alarm: &Value| text(&alarm["lifecycleState"]).to_owned();
    let shown = watched.about("GetAlarm", &alarm).value();
    assert_eq!(state(&shown), "DELETED");
    let list = |state: Option<&str>| {
        let list = watched.bench.call("ListAlarms");
        let list = list.with("compartmentId", "ocid1.compartment.oc1..other");
        let list = match state {
            Some(state) => list.with("lifecycleState", state),
            None => list,
        };
        array(&list.value())
    };
    assert_eq!(list(None), Vec::<Value>::new());
    assert_eq!(list(Some("ACTIVE")), Vec::<Value>::new());
    assert_eq!(list(Some("DELETING")), Vec::<Value>::new());
    let deleted = list(Some("deleted"));
    assert_eq!(deleted.len(), 1);
    assert_eq!(state(&deleted[0]), "DELETED");
    watched.bench.time.advance(90 * crate::support::DAY_MS);
    assert_eq!(list(Some("DELETED")), Vec::<Value>::new());
    watched
        .about("GetAlarm", &alarm)
        .fails(404, "NotAuthorizedOrNotFound");
}

#[test]
fn what_the_service_refuses_is_refused() {
    let watched = Watched::new();
    let topic = "ocid1.onstopic.oc1..a";
    for (more, said) in [
        (json!({"severity": "BAD"}), "severity must be one of"),
        (
            json!({"query": "cpu[1m].max()"}),
            "must say when the alarm fires",
        ),
        (json!({"query": "cpu.max() > 1"}), "query cannot be read"),
        (json!({"pendingDuration": "PT2H"}), "PT1M to PT1H"),
        (json!({"pendingDuration": "5m"}), "PT1M to PT1H"),
        (
            json!({"repeatNotificationDuration": "P31D"}),
            "PT1M to P30D",
        ),
        (json!({"evaluationSlackDuration": "PT2M"}), "PT3M to PT2H"),
        (
            json!({"resolution": "5m"}),
            "resolution of an alarm must be 1m",
        ),
        (json!({"destinations": []}), "destinations must have"),
        (
            json!({"destinations": [topic, topic]}),
            "at most one is allowed",
        ),
        (
            json!({"destinations": ["ocid1.queue.oc1..a"]}),
            "a topic or a stream",
        ),
        (json!({"notificationTitle": "x".repeat(251)}), "at most 250"),
        (json!({"notificationVersion": "2.X"}), "must be 1.X"),
        (
            json!({"metricCompartmentIdInSubtree": true}),
            "the tenancy's",
        ),
        (
            json!({"overrides": [{"ruleName": "BASE"}]}),
            "that of several rules",
        ),
        (
            json!({"suppression": {"timeSuppressFrom": "2026-03-14T02:00:00Z", "timeSuppressUntil": "2026-03-14T01:00:00Z"}}),
            "must be before",
        ),
    ] {
        let call = watched.bench.call("CreateAlarm");
        let message = call
            .body(watched.details(more))
            .fails(400, "InvalidParameter");
        assert!(message.contains(said), "{message}");
    }
}

#[test]
fn it_fires_after_the_pending_time_and_ends_at_once() {
    let watched = Watched::new();
    let alarm =
        watched.create(json!({"pendingDuration": "PT3M", "body": "{{dimensions.host}} is hot"}));
    for value in [90.0, 91.0] {
        watched.minute(&[("a", value)]);
    }
    watched.minute(&[("a", 92.0)]);
    watched.pass(SLACK - 1);
    assert_eq!(watched.types(), Vec::<String>::new());
    assert_eq!(watched.status(), "OK");
    watched.minute(&[("a", 10.0)]);
    assert_eq!(watched.status(), "FIRING");
    let messages = watched.messages();
    assert_eq!(messages.len(), 1);
    let message = &messages[0];
    assert_eq!(message["type"], "OK_TO_FIRING");
    assert_eq!(message["title"], "busy");
    assert_eq!(message["body"], "a is hot");
    assert_eq!(message["version"], 1.5);
    let about = &message["alarmMetaData"][0];
    assert_eq!(about["metricValues"], json!([{"cpu[1m].max()": "92"}]));
    assert_eq!(about["dimensions"], json!([{"host": "a"}]));
    assert_eq!(about["totalMetricsFiring"], 1);
    assert_eq!(
        about["alarmSummary"],
        "Alarm \"busy\" is in a \"FIRING\" state; because 1 metrics meet the trigger rule: \"cpu[1m].max() > 80\", \
         with a trigger delay of 3 minutes"
    );
    watched.pass(SLACK);
    assert_eq!(watched.types(), ["OK_TO_FIRING", "FIRING_TO_OK"]);
    assert_eq!(watched.messages()[1]["dedupeKey"], messages[0]["dedupeKey"]);
    assert_eq!(
        watched.history(&alarm, "STATE_TRANSITION_HISTORY"),
        [
            "State transitioned from Firing to OK",
            "State transitioned from OK to Firing"
        ]
    );
    let states = watched.history(&alarm, "STATE_HISTORY");
    assert_eq!(states.len(), 9, "{states:?}");
    assert_eq!(states[0], "The alarm state is OK");
    assert!(states.iter().any(|one| one == "The alarm state is FIRING"));

    // Without a type, all are told, in pages as well.
    let mut call = watched.about("GetAlarmHistory", &alarm).with("limit", "5");
    let mut told = Vec::new();
    loop {
        let reply = call.answer().unwrap();
        let entries = reply.body.unwrap();
        told.extend(array(&entries["entries"]).to_owned());
        let Some(page) = reply.headers.get("opc-next-page") else {
            break;
        };
        call = watched
            .about("GetAlarmHistory", &alarm)
            .with("limit", "5")
            .with("page", page);
    }
    let whole = watched.about("GetAlarmHistory", &alarm).value();
    assert_eq!(told, array(&whole["entries"]));
    // Nine states, nine times the rule, and two transitions of the state.
    assert_eq!(told.len(), 9 + 9 + 2, "{told:#?}");
    let triggered = told
        .iter()
        .filter(|one| !one["timestampTriggered"].is_null());
    assert_eq!(triggered.count(), 2);
}

#[test]
fn a_summary_names_what_fires_wherever_it_is_told() {
    let watched = Watched::new();
    let alarm = watched.create(
        json!({"alarmSummary": "{{severity}}: {{query}} on {{dimensions.host}}, {{nothing}}"}),
    );
    watched.minute(&[("a", 90.0), ("b", 10.0)]);
    watched.pass(SLACK);
    let firing = "CRITICAL: cpu[1m].max() &gt; 80 on a, {{nothing}}";
    let list = watched
        .bench
        .call("ListAlarmsStatus")
        .with("compartmentId", COMPARTMENT);
    assert_eq!(list.value()[0]["alarmSummary"], firing);
    let states = watched.about("RetrieveDimensionStates", &alarm).value();
    assert_eq!(states["items"][0]["alarmSummary"], firing);
    let history = watched.about("GetAlarmHistory", &alarm).value();
    assert_eq!(history["entries"][0]["alarmSummary"], firing);
    assert_eq!(
        watched.messages()[0]["alarmMetaData"][0]["alarmSummary"],
        firing
    );
}

#[test]
fn it_repeats_and_is_quiet_while_suppressed() {
    let watched = Watched::new();
    let alarm = watched.create(json!({"repeatNotificationDuration": "PT2M"}));
    for _ in 0..5 {
        watched.minute(&[("a", 90.0)]);
    }
    watched.pass(SLACK);
    assert_eq!(watched.types(), ["OK_TO_FIRING", "REPEAT", "REPEAT"]);
    let quiet = json!({"suppression": {
        "timeSuppressFrom": "2026-03-14T00:00:00Z", "timeSuppressUntil": "2026-03-15T00:00:00Z",
    }});
    watched.about("UpdateAlarm", &alarm).body(quiet).value();
    assert_eq!(watched.status(), "SUSPENDED");
    watched.pass(20);
    assert_eq!(watched.types().len(), 3);
    watched
        .about("RemoveAlarmSuppression", &alarm)
        .answer()
        .unwrap();
    assert_eq!(watched.status(), "OK");
}

#[test]
fn each_stream_has_its_own_messages_where_they_are_split() {
    let watched = Watched::new();
    let alarm = watched.create(json!({"isNotificationsPerMetricDimensionEnabled": true}));
    watched.minute(&[("a", 90.0), ("b", 90.0), ("c", 1.0)]);
    watched.minute(&[("a", 90.0), ("b", 2.0), ("c", 1.0)]);
    watched.pass(SLACK);
    let told: Vec<Value> = watched
        .messages()
        .iter()
        .map(|one| {
            json!([
                one["type"],
                one["alarmMetaData"][0]["dimensions"][0]["host"]
            ])
        })
        .collect();
    assert_eq!(
        json!(told),
        json!([
            ["OK_TO_FIRING", "a"],
            ["OK_TO_FIRING", "b"],
            ["FIRING_TO_OK", "b"]
        ])
    );
    let states = watched
        .about("RetrieveDimensionStates", &alarm)
        .body(json!({}))
        .value();
    let states: Vec<Value> = array(&states["items"])
        .iter()
        .map(|one| json!([one["dimensions"]["host"], one["status"]]))
        .collect();
    assert_eq!(
        json!(states),
        json!([["a", "FIRING"], ["b", "OK"], ["c", "OK"]])
    );
}

/// Two compartments, in which a minute passes with a value of the same dimensions in each.
fn minute_in_both(watched: &Watched, values: [f64; 2]) {
    let now_ms = watched.bench.now_ms();
    let metrics = [COMPARTMENT, OTHER_COMPARTMENT].iter().zip(values);
    let metrics = metrics.map(|(compartment_id, value)| {
        let points = [(now_ms + MINUTE_MS, value)];
        let mut metric = metric("cpu", json!({"host": "a"}), &points);
        merge(&mut metric, json!({"compartmentId": compartment_id}));
        metric
    });
    watched.bench.post(metrics.collect());
    watched.pass(1);
}

const OTHER_COMPARTMENT: &str = "ocid1.compartment.oc1..other";

#[test]
fn streams_of_several_compartments_are_told_apart() {
    let watched = Watched::new();
    let everywhere = json!({
        "metricCompartmentId": ocelot::call::LOCAL_TENANCY, "metricCompartmentIdInSubtree": true,
        "isNotificationsPerMetricDimensionEnabled": true, "pendingDuration": "PT2M",
    });
    let alarm = watched.create(everywhere.clone());
    // Each alone holds for a minute only at first.
    for values in [[90.0, 10.0], [10.0, 90.0], [10.0, 10.0]] {
        minute_in_both(&watched, values);
    }
    for values in [[90.0, 90.0], [90.0, 90.0], [90.0, 10.0]] {
        minute_in_both(&watched, values);
    }
    watched.pass(SLACK);
    let told: Vec<Value> = watched
        .messages()
        .iter()
        .map(|one| json!([one["type"], one["alarmMetaData"][0]["totalMetricsFiring"]]))
        .collect();
    assert_eq!(
        json!(told),
        json!([
            ["OK_TO_FIRING", 2],
            ["OK_TO_FIRING", 2],
            ["FIRING_TO_OK", 1]
        ])
    );
    let keys: Vec<Value> = watched
        .messages()
        .iter()
        .map(|one| one["dedupeKey"].clone())
        .collect();
    assert_ne!(keys[0], keys[1]);
    assert!(keys[..2].contains(&keys[2]));
    // Each page has one of them, although their dimensions are the same.
    let states = || {
        let asked = watched.about("RetrieveDimensionStates", &alarm);
        asked.with("limit", "1").body(json!({}))
    };
    let first = states().ok();
    let next = first.header("opc-next-page").unwrap().to_owned();
    let first = first.body.unwrap();
    let second = states().with("page", &next).value();
    let mut found = [first, second].map(|page| {
        let items = array(&page["items"]);
        assert_eq!(items.len(), 1, "{page}");
        text(&items[0]["status"]).to_owned()
    });
    found.sort();
    assert_eq!(found, ["FIRING", "OK"]);
}

#[test]
fn a_suppression_may_name_the_compartment_of_a_stream() {
    let watched = Watched::new();
    let alarm = watched.create(json!({
        "metricCompartmentId": ocelot::call::LOCAL_TENANCY, "metricCompartmentIdInSubtree": true,
        "isNotificationsPerMetricDimensionEnabled": true,
    }));
    let from = watched.bench.now_ms();
    let suppression = watched.bench.call("CreateAlarmSuppression").body(json!({
        "alarmSuppressionTarget": {"targetType": "ALARM", "alarmId": alarm["id"]},
        "displayName": "quiet", "dimensions": {"host": "a", "compartmentId": OTHER_COMPARTMENT},
        "timeSuppressFrom": rfc3339(from), "timeSuppressUntil": rfc3339(from + HOUR_MS),
    }));
    suppression.value();
    minute_in_both(&watched, [90.0, 90.0]);
    watched.pass(SLACK);
    let told = watched.messages();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["alarmMetaData"][0]["totalMetricsFiring"], 2);
}

#[test]
fn what_is_grouped_over_compartments_is_one_stream() {
    let watched = Watched::new();
    let query = "cpu[1m].groupBy(host).max() > 80 && cpu[1m].groupBy(host).sum() > 80";
    watched.create(json!({
        "metricCompartmentId": ocelot::call::LOCAL_TENANCY, "metricCompartmentIdInSubtree": true,
        "query": query, "pendingDuration": "PT3M",
    }));
    watched.minute(&[("a", 90.0)]);
    // Another compartment comes, and is part of the same stream.
    minute_in_both(&watched, [90.0, 10.0]);
    minute_in_both(&watched, [10.0, 90.0]);
    watched.pass(SLACK);
    let told = watched.messages();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["alarmMetaData"][0]["totalMetricsFiring"], 1);
}

#[test]
fn silence_resets_and_absence_fires() {
    let watched = Watched::new();
    watched.create(json!({}));
    watched.minute(&[("a", 90.0)]);
    watched.pass(SLACK + 9);
    assert_eq!(watched.types(), ["OK_TO_FIRING"]);
    watched.pass(1);
    assert_eq!(watched.types(), ["OK_TO_FIRING", "RESET"]);

    let watched = Watched::new();
    watched.create(json!({"query": "cpu[1m].absent(20m)", "pendingDuration": "PT5M"}));
    watched.minute(&[("a", 90.0)]);
    watched.pass(SLACK + 4);
    assert_eq!(watched.types(), Vec::<String>::new());
    watched.pass(1);
    assert_eq!(watched.types(), ["OK_TO_FIRING"]);
    watched.pass(40);
    assert_eq!(watched.types(), ["OK_TO_FIRING", "RESET"]);
}

#[test]
fn the_first_override_that_fires_wins() {
    let watched = Watched::new();
    let worse = json!({"ruleName": "worse", "query": "cpu[1m].max() > 95", "severity": "CRITICAL"});
    let alarm = watched.create(json!({"severity": "WARNING", "overrides": [worse]}));
    watched.minute(&[("a", 90.0)]);
    watched.minute(&[("a", 99.0)]);
    watched.pass(SLACK);
    let severities: Vec<Value> = watched
        .messages()
        .iter()
        .map(|one| one["severity"].clone())
        .collect();
    assert_eq!(json!(severities), json!(["WARNING", "CRITICAL"]));
    assert_eq!(
        watched.history(&alarm, "RULE_TRANSITION_HISTORY"),
        ["Rule transitioned from BASE to worse"]
    );
}

#[test]
fn suppressions_quiet_what_they_name() {
    let watched = Watched::new();
    let alarm = watched.create(json!({"isNotificationsPerMetricDimensionEnabled": true}));
    let create = |more: Value| {
        let mut body = json!({
            "alarmSuppressionTarget": {"targetType": "ALARM", "alarmId": alarm["id"]},
            "displayName": "repair", "dimensions": {"host": "a"},
            "timeSuppressFrom": "2026-03-14T00:00:00Z", "timeSuppressUntil": "2026-03-15T00:00:00Z",
        });
        merge(&mut body, more);
        watched.bench.call("CreateAlarmSuppression").body(body)
    };
    let of_host = create(json!({})).value();
    assert_eq!(of_host["level"], "DIMENSION");
    watched.minute(&[("a", 90.0), ("b", 90.0)]);
    watched.pass(SLACK);
    let messages = watched.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(
        messages[0]["alarmMetaData"][0]["dimensions"],
        json!([{"host": "b"}])
    );
    assert_eq!(watched.status(), "FIRING");

    let all = json!({"level": "ALARM", "dimensions": {}, "alarmSuppressionTarget": {
        "targetType": "COMPARTMENT", "compartmentId": COMPARTMENT}});
    let of_all = create(all).value();
    assert_eq!(watched.status(), "SUSPENDED");
    let list = |wire, value: &str| {
        let call = watched.bench.call("ListAlarmSuppressions");
        let call = call.with("alarmId", text(&alarm["id"]));
        array(&call.with(wire, value).value()["items"]).len()
    };
    assert_eq!(list("lifecycleState", "ACTIVE"), 1);
    assert_eq!(list("isAllSuppressions", "true"), 2);
    let about = |operation, one: &Value| {
        let mut asked = watched.bench.call(operation);
        let id = text(&one["id"]).to_owned();
        asked.call.path.insert("alarmSuppressionId", id);
        asked
    };
    watched.pass(1);
    about("DeleteAlarmSuppression", &of_all).answer().unwrap();
    assert_eq!(
        about("GetAlarmSuppression", &of_all).value()["lifecycleState"],
        "DELETED"
    );
    assert_eq!(watched.status(), "FIRING");
    assert_eq!(
        list("sortOrder", "ASC"),
        1,
        "the deleted one is not told of unasked"
    );
    let history = watched
        .about("SummarizeAlarmSuppressionHistory", &alarm)
        .body(json!({}));
    assert_eq!(array(&history.value()["items"]).len(), 2);

    let bad = [
        (
            json!({"dimensions": {"host": "x".repeat(4001)}}),
            "dimensions values are too long",
        ),
        (json!({"dimensions": {}}), "needs dimensions"),
        (json!({"level": "ALL"}), "level must be"),
        (
            json!({"timeSuppressUntil": "2026-03-13T00:00:00Z"}),
            "must be before",
        ),
        (
            json!({"suppressionConditions": [{"conditionType": "RECURRENCE",
            "suppressionRecurrence": "FREQ=YEARLY", "suppressionDuration": "PT1H"}]}),
            "suppressionRecurrence",
        ),
    ];
    for (more, said) in bad {
        let error = create(more).answer().unwrap_err();
        assert!(
            error.status == 400 && error.message.contains(said),
            "{error}"
        );
    }
}

#[test]
fn a_long_pause_and_a_clock_set_back_are_survived() {
    let watched = Watched::new();
    watched.create(json!({"repeatNotificationDuration": "PT1H"}));
    watched.minute(&[("a", 90.0)]);
    watched.pass(SLACK);
    assert_eq!(watched.types(), ["OK_TO_FIRING"]);
    watched.bench.time.advance(400 * crate::support::DAY_MS);
    watched.bench.engine.evaluate_alarms().unwrap();
    watched.bench.engine.next_delivery_in_ms().unwrap();
    // What was there before is as old as the stream keeps nothing.
    assert_eq!(watched.types(), ["RESET"]);
    watched.bench.time.advance(-400 * crate::support::DAY_MS);
    watched.pass(1);
    watched.minute(&[("a", 90.0)]);
    watched.pass(SLACK);
    assert_eq!(watched.types(), ["RESET", "OK_TO_FIRING"]);
}
