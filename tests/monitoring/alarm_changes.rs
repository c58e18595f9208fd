//! Alarms that are changed, turned off and deleted while they fire, destinations that are gone, and lists.

use ocelot::call::WARNING;
use ocelot::engine::{EngineOptions, Home};
use serde_json::{Value, json};

use crate::alarms::Watched;
use crate::support::{Bench, COMPARTMENT, MINUTE_MS, array, merge, metric, text};

/// How long data may be late.
const SLACK: i64 = 3;

/// An alarm that fires by host `a`.
fn firing(more: Value) -> (Watched, Value) {
    let watched = Watched::new();
    let alarm = watched.create(more);
    watched.minute(&[("a", 90.0)]);
    watched.pass(SLACK);
    assert_eq!(watched.status(), "FIRING");
    assert_eq!(watched.types(), ["OK_TO_FIRING"]);
    (watched, alarm)
}

fn transitions(watched: &Watched, alarm: &Value) -> Vec<String> {
    let asked = watched.about("GetAlarmHistory", alarm);
    let history = asked
        .with("alarmHistorytype", "STATE_TRANSITION_HISTORY")
        .value();
    let entries = array(&history["entries"]);
    let entries = entries.iter().rev();
    entries
        .map(|entry| text(&entry["summary"]).to_owned())
        .collect()
}

#[test]
fn who_was_told_that_it_fires_is_told_when_its_query_is_changed() {
    let (watched, alarm) = firing(json!({}));
    let update = json!({"query": "cpu[1m].max() > 95"});
    watched.about("UpdateAlarm", &alarm).body(update).value();
    watched.pass(1);
    assert_eq!(watched.types(), ["OK_TO_FIRING", "FIRING_TO_OK"]);
    let messages = watched.messages();
    assert_eq!(messages[1]["dedupeKey"], messages[0]["dedupeKey"]);
    assert_eq!(
        messages[1]["alarmMetaData"][0]["query"],
        "cpu[1m].max() > 95"
    );
    assert_eq!(watched.status(), "OK");
    assert_eq!(
        transitions(&watched, &alarm),
        [
            "State transitioned from OK to Firing",
            "State transitioned from Firing to OK"
        ]
    );
    watched.pass(30);
    assert_eq!(watched.types().len(), 2);
}

#[test]
fn what_fires_by_the_new_query_too_goes_on_firing() {
    let watched = Watched::new();
    let alarm = watched.create(json!({}));
    for _ in 0..=SLACK {
        watched.minute(&[("a", 90.0)]);
    }
    let update = json!({"query": "cpu[1m].max() > 60", "severity": "INFO"});
    watched.about("UpdateAlarm", &alarm).body(update).value();
    watched.minute(&[("a", 90.0)]);
    assert_eq!(watched.status(), "FIRING");
    assert_eq!(watched.types(), ["OK_TO_FIRING"]);
    // One that has to wait for its pending time fires no longer, and again when that is over.
    let update = json!({"query": "cpu[1m].max() > 50", "pendingDuration": "PT2M"});
    watched.about("UpdateAlarm", &alarm).body(update).value();
    watched.minute(&[("a", 90.0)]);
    assert_eq!(watched.status(), "OK");
    watched.minute(&[("a", 90.0)]);
    assert_eq!(watched.status(), "FIRING");
    assert_eq!(
        watched.types(),
        ["OK_TO_FIRING", "FIRING_TO_OK", "OK_TO_FIRING"]
    );
}

#[test]
fn an_override_that_is_removed_ends_what_it_fires() {
    let worse = json!({"ruleName": "worse", "query": "cpu[1m].max() > 85", "severity": "CRITICAL"});
    let (watched, alarm) = firing(json!({
        "severity": "WARNING", "query": "cpu[1m].max() > 95", "overrides": [worse],
        "isNotificationsPerMetricDimensionEnabled": true,
    }));
    let update = json!({"overrides": []});
    watched.about("UpdateAlarm", &alarm).body(update).value();
    watched.pass(1);
    let messages = watched.messages();
    let told: Vec<Value> = messages
        .iter()
        .map(|one| json!([one["type"], one["severity"]]))
        .collect();
    let expected = [
        json!(["OK_TO_FIRING", "CRITICAL"]),
        json!(["FIRING_TO_OK", "WARNING"]),
    ];
    assert_eq!(told, expected);
}

#[test]
fn other_words_of_an_override_do_not_end_what_it_fires() {
    let worse = |more: Value| {
        let mut worse =
            json!({"ruleName": "worse", "query": "cpu[1m].max() > 85", "pendingDuration": "PT2M"});
        merge(&mut worse, more);
        json!({ "overrides": [worse] })
    };
    let watched = Watched::new();
    let alarm = watched.create(worse(json!({"severity": "ERROR"})));
    for _ in 0..8 {
        watched.minute(&[("a", 90.0)]);
    }
    // It fires by its own query first, which waits for less.
    let fired = ["OK_TO_FIRING", "OK_TO_FIRING"];
    assert_eq!(watched.types(), fired);
    let update = worse(json!({"severity": "WARNING", "body": "Look!", "pendingDuration": "PT3M"}));
    watched.about("UpdateAlarm", &alarm).body(update).value();
    for _ in 0..8 {
        watched.minute(&[("a", 90.0)]);
    }
    assert_eq!(watched.types(), fired);
    watched.pass(10 + SLACK);
    let told = watched.messages();
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[2]["type"], "RESET");
    assert_eq!(told[2]["severity"], "WARNING");
}

#[test]
fn one_that_is_off_or_deleted_tells_nothing() {
    let (watched, alarm) = firing(json!({"repeatNotificationDuration": "PT1M"}));
    let update = json!({"isEnabled": false});
    watched.about("UpdateAlarm", &alarm).body(update).value();
    watched.pass(20);
    assert_eq!(watched.types(), ["OK_TO_FIRING"]);
    let list = watched.bench.call("ListAlarmsStatus");
    let list = list.with("compartmentId", COMPARTMENT).value();
    assert_eq!(list, json!([]));
    // It knows nothing when it is turned on again.
    let update = json!({"isEnabled": true});
    watched.about("UpdateAlarm", &alarm).body(update).value();
    assert_eq!(watched.status(), "OK");
    watched.minute(&[("a", 90.0)]);
    watched.pass(SLACK);
    assert_eq!(watched.types(), ["OK_TO_FIRING", "OK_TO_FIRING"]);

    watched.about("DeleteAlarm", &alarm).answer().unwrap();
    watched.pass(20);
    assert_eq!(watched.types().len(), 2);
    for operation in ["GetAlarmHistory", "DeleteAlarm"] {
        watched
            .about(operation, &alarm)
            .fails(404, "NotAuthorizedOrNotFound");
    }
}

#[test]
fn destinations_that_are_not_there_are_told_of() {
    let watched = Watched::new();
    let topic = "ocid1.onstopic.oc1..nobody";
    let details = watched.details(json!({"destinations": [topic, watched.stream_id]}));
    let reply = watched.bench.call("CreateAlarm").body(details).ok();
    assert_eq!(
        reply.headers[WARNING],
        format!("there is no topic {topic}: what the alarm tells it is lost")
    );
    // The other one is told all the same, and a trace tells what became of the message to this one.
    watched.minute(&[("a", 90.0)]);
    watched.pass(SLACK);
    assert_eq!(watched.types(), ["OK_TO_FIRING"]);
    let engine = &watched.bench.engine;
    let traces = json!(engine.traces(10).unwrap());
    assert_eq!(traces[0]["source"], format!("message to {topic}"));
    let trace = json!(engine.trace(text(&traces[0]["id"])).unwrap());
    let hop = &trace["hops"][0];
    assert_eq!(hop["result"], "refused");
    assert_eq!(hop["reason"], format!("Unknown topic {topic}"));

    let details = watched.details(json!({}));
    let reply = watched.bench.call("CreateAlarm").body(details).ok();
    assert_eq!(reply.header(WARNING), None);
}

#[test]
fn a_query_that_is_broken_changes_nothing() {
    let (watched, alarm) = firing(json!({}));
    for (query, said) in [
        ("cpu[1m].max() >", "expected a number"),
        ("cpu[1m].max()", "must say when the alarm fires"),
        ("", "query cannot be read"),
    ] {
        let asked = watched.about("UpdateAlarm", &alarm);
        let told = asked
            .body(json!({ "query": query }))
            .fails(400, "InvalidParameter");
        assert!(told.contains(said), "{told}");
    }
    assert_eq!(watched.about("GetAlarm", &alarm).value(), alarm);
    assert_eq!(watched.status(), "FIRING");
}

#[test]
fn what_no_metric_has_is_not_watched() {
    let watched = Watched::new();
    for (more, said) in [
        (
            json!({"namespace": "my shop"}),
            "namespace must be a letter",
        ),
        (json!({"namespace": ""}), "namespace must be a letter"),
        (
            json!({"resourceGroup": "a b"}),
            "resourceGroup must be a letter",
        ),
    ] {
        let call = watched.bench.call("CreateAlarm");
        let told = call
            .body(watched.details(more))
            .fails(400, "InvalidParameter");
        assert!(told.contains(said), "{told}");
    }
    watched.create(json!({"namespace": "oci_streaming", "resourceGroup": "web-1"}));
}

#[test]
fn a_clock_that_goes_back_a_moment_changes_nothing() {
    let (watched, alarm) = firing(json!({}));
    watched.bench.time.advance(-1);
    watched.bench.engine.evaluate_alarms().unwrap();
    assert_eq!(watched.status(), "FIRING");
    watched.bench.time.advance(1);
    watched.pass(1);
    assert_eq!(watched.status(), "FIRING");
    assert_eq!(transitions(&watched, &alarm).len(), 1);
    watched.pass(10);
    assert_eq!(watched.types(), ["OK_TO_FIRING", "RESET"]);
}

#[test]
fn one_that_cannot_be_evaluated_does_not_hold_up_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::Folder(folder.path().to_owned());
    let details = |name: &str| {
        json!({
            "displayName": name, "compartmentId": COMPARTMENT, "metricCompartmentId": COMPARTMENT,
            "namespace": "shop", "query": "cpu[1m].max() > 80", "severity": "INFO",
            "destinations": ["ocid1.stream.oc1..nobody"], "isEnabled": true,
        })
    };
    let bench = Bench::over(&home, EngineOptions::default());
    let mut ids: Vec<String> = ["one", "two"]
        .iter()
        .map(|name| {
            let alarm = bench.call("CreateAlarm").body(details(name)).value();
            text(&alarm["id"]).to_owned()
        })
        .collect();
    // They are evaluated in this order.
    ids.sort();
    let now_ms = bench.now_ms();
    bench.post(vec![metric(
        "cpu",
        json!({"host": "a"}),
        &[(now_ms + MINUTE_MS, 90.0)],
    )]);
    drop(bench);
    let database = rusqlite::Connection::open(folder.path().join("ocelot.db")).unwrap();
    let damaged = database.execute(
        "UPDATE alarm_watch SET state = '{}' WHERE alarm_id = ?1",
        [&ids[0]],
    );
    assert_eq!(damaged.unwrap(), 1);
    drop(database);

    let bench = Bench::over(&home, EngineOptions::default());
    bench.time.advance((1 + SLACK) * MINUTE_MS);
    assert!(bench.engine.evaluate_alarms().is_err());
    drop(bench);
    let database = rusqlite::Connection::open(folder.path().join("ocelot.db")).unwrap();
    let rule: Option<i64> = database
        .query_row(
            "SELECT json_extract(state, '$.standing.rule') FROM alarm_watch WHERE alarm_id = ?1",
            [&ids[1]],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(rule, Some(0));
}

#[test]
fn lists_are_narrowed_and_sorted() {
    let (watched, _) = firing(json!({"displayName": "b", "severity": "WARNING"}));
    watched.create(json!({"displayName": "a", "severity": "INFO", "query": "cpu[1m].max() > 100"}));
    watched.create(json!({"displayName": "c", "severity": "CRITICAL", "isEnabled": false}));
    let names = |operation: &str, more: &[(&'static str, &str)]| {
        let mut call = watched
            .bench
            .call(operation)
            .with("compartmentId", COMPARTMENT);
        for (wire, value) in more {
            call = call.with(wire, value);
        }
        let list = array(&call.value());
        let names = list.iter().map(|one| text(&one["displayName"]).to_owned());
        names.collect::<String>()
    };
    for (more, expected) in [
        (vec![], "abc"),
        (vec![("sortOrder", "DESC")], "cba"),
        (vec![("sortBy", "severity")], "cba"),
        (vec![("displayName", "b")], "b"),
        (
            vec![("lifecycleState", "ACTIVE"), ("displayName", "c")],
            "c",
        ),
        (vec![("lifecycleState", "DELETED")], ""),
    ] {
        assert_eq!(names("ListAlarms", &more), expected, "{more:?}");
    }
    for (more, expected) in [
        (vec![], "ab"),
        (vec![("sortBy", "severity"), ("sortOrder", "ASC")], "ba"),
        (vec![("status", "FIRING")], "b"),
        (vec![("status", "OK")], "a"),
        (vec![("displayName", "c")], ""),
        (vec![("resourceId", "nobody")], ""),
    ] {
        assert_eq!(names("ListAlarmsStatus", &more), expected, "{more:?}");
    }
}

#[test]
fn an_overview_tells_of_those_that_fire_first_and_counts_the_rest() {
    let (watched, _) = firing(json!({"displayName": "zz", "severity": "WARNING"}));
    for number in 0..300 {
        watched.create(json!({
            "displayName": format!("n{number:03}"), "severity": "CRITICAL", "query": "cpu[1m].max() > 100",
        }));
    }
    let overview = watched.bench.engine.overview().unwrap();
    assert_eq!(overview.alarm_count, 301);
    assert_eq!(overview.alarms.len(), 200);
    assert_eq!(overview.alarms[0].name, "zz");
    assert_eq!(overview.alarms[1].name, "n000");
}
