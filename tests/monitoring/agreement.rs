//! Simulations, held against what the engine does with the same points minute by minute.

use ocelot::clock::rfc3339;
use ocelot::engine::monitoring::{SimulatedPoint, Simulation};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::alarms::Watched;
use crate::support::{MINUTE_MS, START_MS, array, merge, text};

/// What hosts come to minute by minute, the same at every run: high, low, or nothing.
fn minutes(hosts: &[&'static str], count: i64, mut seed: u64) -> Vec<Vec<(&'static str, f64)>> {
    let mut next = move || {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        seed >> 33
    };
    let mut silent = 0;
    (0..count)
        .map(|_| {
            silent = if next() % 40 == 0 {
                14
            } else {
                i64::max(silent - 1, 0)
            };
            let mut values = Vec::new();
            for host in hosts {
                let value = 70 + next() % 40;
                if silent == 0 && next() % 8 > 0 {
                    values.push((*host, value as f64));
                }
            }
            values
        })
        .collect()
}

/// Posts points to the engine minute by minute, has it evaluate each so many minutes, and holds its history and its
/// messages against a simulation. Tells how many changes of state there were.
fn compare(more: Value, suppression: Option<Value>, (every, seed): (usize, u64)) -> usize {
    let watched = Watched::new();
    let alarm = watched.create(more.clone());
    let suppressions: Vec<Value> = suppression
        .into_iter()
        .map(|mut one| {
            let target = json!({"targetType": "ALARM", "alarmId": alarm["id"]});
            merge(
                &mut one,
                json!({"alarmSuppressionTarget": target, "displayName": "quiet"}),
            );
            watched
                .bench
                .call("CreateAlarmSuppression")
                .body(one)
                .value()
        })
        .collect();
    let minutes = minutes(&["a", "b", "c"], 150, seed);
    for values in minutes.chunks(every) {
        for values in values {
            watched.post_next(values);
            watched.bench.time.advance(MINUTE_MS);
        }
        watched.look();
    }
    watched.pass(20);

    let shown = watched.about("GetAlarm", &alarm).value();
    let now_ms = watched.bench.now_ms();
    let mut simulation = Simulation::of(&shown, &suppressions)
        .unwrap()
        .until(now_ms)
        .with_messages();
    for (minute, values) in (1..).zip(&minutes) {
        for (host, value) in values {
            let point = SimulatedPoint {
                metric: "cpu".to_owned(),
                dimensions: [("host".to_owned(), (*host).to_owned())].into(),
                at_ms: START_MS + minute * MINUTE_MS,
                value: *value,
                count: 1,
            };
            simulation.add(point).unwrap();
        }
    }
    let told = json!(simulation.finish().unwrap());
    let timeline = array(&told["timeline"]);

    let notifications = timeline.iter().map(|entry| &entry["notifications"][0]);
    let sent = notifications.filter(|one| one["outcome"] == "SENT");
    let sent: Vec<Value> = sent.map(|one| one["message"].clone()).collect();
    assert_eq!(sent, watched.messages(), "{more} {seed}");
    assert_eq!(told["notifications"]["sent"], sent.len());

    // Entries of one minute leave the alarm as a whole in one state.
    let mut changes: Vec<(String, String)> = Vec::new();
    let mut status = "OK";
    for entry in &timeline {
        let now = text(&entry["alarm-status"]);
        if now != status {
            changes.push((text(&entry["timestamp"]).to_owned(), now.to_uppercase()));
            status = now;
        }
    }
    let asked = watched.about("GetAlarmHistory", &alarm);
    let history = asked
        .with("alarmHistorytype", "STATE_TRANSITION_HISTORY")
        .value();
    let mut entries: Vec<(String, String)> = array(&history["entries"])
        .iter()
        .map(|entry| {
            let (_, to) = text(&entry["summary"]).rsplit_once(' ').unwrap();
            (text(&entry["timestamp"]).to_owned(), to.to_uppercase())
        })
        .collect();
    entries.reverse();
    assert_eq!(changes, entries, "{more} {seed}");
    entries.len()
}

#[test]
fn a_simulation_is_what_the_engine_would_have_done() {
    let changes = |more, seed| {
        let changes = compare(more, None, (1, seed));
        assert!(changes >= 4, "{changes}");
    };
    changes(json!({}), 1);
    let at = |minute| rfc3339(START_MS + minute * MINUTE_MS);
    let quiet = json!({"timeSuppressFrom": at(30), "timeSuppressUntil": at(60)});
    changes(
        json!({"pendingDuration": "PT2M", "repeatNotificationDuration": "PT3M", "suppression": quiet}),
        2,
    );
    let worse =
        json!({"ruleName": "worse", "query": "cpu[2m].mean() > 100", "pendingDuration": "PT2M"});
    changes(
        json!({
            "isNotificationsPerMetricDimensionEnabled": true, "overrides": [worse],
            "query": "cpu[3m].mean() > 85", "body": "{{dimensions.host}}",
        }),
        3,
    );
    changes(
        json!({"query": "cpu[1m].grouping().absent(30m)", "evaluationSlackDuration": "PT5M"}),
        4,
    );
}

/// Any alarm, and what may keep it quiet.
fn any_alarm() -> impl Strategy<Value = (Value, Option<Value>)> {
    let query = prop::sample::select(vec![
        "cpu[1m].max() > 80",
        "cpu[4m]{host =~ \"a|b\"}.mean() > 90",
        "cpu[2m].groupBy(host).sum() not in (100, 170)",
        "cpu[1m].grouping().max() > 100",
        "cpu[1m].absent(12m)",
        "cpu[2m].increment() > 5",
        "cpu[1m].max() > 90 && cpu[5m].mean() > 80",
        "cpu[1m].max() > 100 || cpu[3m].count() < 3",
        "(cpu[1m].max() > 80).grouping().count() >= 2",
        "100 - cpu[1m].percentile(0.9) < 10",
    ]);
    let worse = (query.clone(), 1..4_u32).prop_map(|(query, pending)| {
        json!([{
            "ruleName": "worse", "query": query, "pendingDuration": format!("PT{pending}M"),
            "severity": "WARNING",
        }])
    });
    let quiet = (0..40_i64, 1..40_i64, any::<bool>()).prop_map(|(from, minutes, again)| {
        let at = |minute| rfc3339(START_MS + minute * MINUTE_MS);
        let condition = json!({
            "conditionType": "RECURRENCE", "suppressionDuration": "PT10M",
            "suppressionRecurrence": "FREQ=DAILY;BYHOUR=1,2;BYMINUTE=10,40",
        });
        json!({
            "dimensions": {"host": "b"},
            "timeSuppressFrom": at(from),
            "timeSuppressUntil": at(from + minutes),
            "suppressionConditions": again.then(|| vec![condition]),
        })
    });
    let alarm = (
        query,
        prop::option::of(worse),
        1..5_u32,
        prop::option::of(1..9_u32),
        3..7_u32,
        any::<bool>(),
    );
    let alarm = alarm.prop_map(|(query, overrides, pending, repeat, slack, is_split)| {
        json!({
            "query": query,
            "overrides": overrides,
            "pendingDuration": format!("PT{pending}M"),
            "repeatNotificationDuration": repeat.map(|repeat| format!("PT{repeat}M")),
            "evaluationSlackDuration": format!("PT{slack}M"),
            "isNotificationsPerMetricDimensionEnabled": is_split,
        })
    });
    (alarm, prop::option::of(quiet))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn any_alarm_does_as_its_simulation(
        (alarm, quiet) in any_alarm(),
        every in 1..80_usize,
        seed in any::<u64>(),
    ) {
        compare(alarm, quiet, (every, seed));
    }
}
