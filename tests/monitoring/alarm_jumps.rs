//! Alarms after a time in which nobody looked: they are evaluated for all of it, and what they tell comes in its
//! order.

use serde_json::{Value, json};

use crate::alarms::Watched;
use crate::support::{DAY_MS, MINUTE_MS, array, metric, text};

/// Whether alarms are evaluated at each minute, at the end, or at the end by several at once.
#[derive(Clone, Copy, PartialEq)]
enum Looks {
    Always,
    AtTheEnd,
    TogetherAtTheEnd,
}

/// Some hours with two alarms, one of which watches for more than the other: what the stream is told, in short.
fn told(looks: Looks) -> Vec<(i64, String, String)> {
    let watched = Watched::new();
    for (name, query) in [
        ("busy", "cpu[1m].max() > 80"),
        ("awake", "cpu[1m].max() > 20"),
    ] {
        watched.create(json!({
            "displayName": name, "query": query, "repeatNotificationDuration": "PT7M",
        }));
    }
    for minute in 0..200 {
        let now_ms = watched.bench.now_ms();
        let value = f64::from(minute * 37 % 100);
        if minute % 50 < 30 {
            let points = [(now_ms + MINUTE_MS, value)];
            let one = metric("cpu", json!({"host": "a"}), &points);
            watched.bench.post(vec![one]);
        }
        watched.bench.time.advance(MINUTE_MS);
        if looks == Looks::Always {
            watched.bench.engine.evaluate_alarms().unwrap();
        }
    }
    watched.bench.time.advance(MINUTE_MS);
    if looks == Looks::TogetherAtTheEnd {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| watched.bench.engine.evaluate_alarms().unwrap());
            }
        });
    }
    watched.look();
    let messages = watched.messages();
    let told = messages.iter().map(|message| {
        (
            message["timestampEpochMillis"].as_i64().unwrap(),
            text(&message["type"]).to_owned(),
            text(&message["title"]).to_owned(),
        )
    });
    told.collect()
}

/// In one order, whatever the alarms' OCIDs: they tell of one minute in the order of those.
fn sorted(mut told: Vec<(i64, String, String)>) -> Vec<(i64, String, String)> {
    told.sort();
    told
}

#[test]
fn what_several_alarms_tell_comes_in_order_of_time() {
    let told_at_once = told(Looks::AtTheEnd);
    let times = told_at_once.iter().map(|(time_ms, ..)| *time_ms);
    assert!(times.is_sorted(), "{told_at_once:?}");
    assert!(told_at_once.len() > 50, "{told_at_once:?}");
    assert_eq!(sorted(told_at_once), sorted(told(Looks::Always)));
}

#[test]
fn several_who_look_at_once_tell_nothing_twice() {
    let together = told(Looks::TogetherAtTheEnd);
    assert_eq!(sorted(together), sorted(told(Looks::AtTheEnd)));
}

/// How many evaluations of an alarm are kept.
fn count_evaluations(watched: &Watched, alarm: &Value) -> usize {
    let mut count = 0;
    let mut page: Option<String> = None;
    loop {
        let asked = watched.about("GetAlarmHistory", alarm);
        let asked = asked.with("alarmHistorytype", "STATE_HISTORY");
        let reply = match &page {
            Some(page) => asked.with("page", page).ok(),
            None => asked.ok(),
        };
        page = reply.header("opc-next-page").map(str::to_owned);
        count += array(&reply.body.unwrap()["entries"]).len();
        if page.is_none() {
            return count;
        }
    }
}

#[test]
fn no_more_than_a_day_is_made_up_for() {
    let watched = Watched::new();
    let create = |number| watched.create(json!({"displayName": format!("busy {number}")}));
    let alarms: Vec<Value> = (0..3).map(create).collect();
    watched.minute(&[("a", 90.0)]);
    watched.bench.time.advance(90 * DAY_MS);
    watched.bench.engine.evaluate_alarms().unwrap();
    for alarm in &alarms {
        assert_eq!(count_evaluations(&watched, alarm), 24 * 60);
    }
}
