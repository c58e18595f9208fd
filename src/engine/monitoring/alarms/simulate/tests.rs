//! Simulations of more points than are kept, and of points far apart.

use serde_json::json;

use super::*;

/// 2026-03-14T01:00:00Z.
const START_MINUTE: i64 = 29_557_500;

fn simulation(query: &str) -> Simulation {
    let alarm = json!({
        "id": "ocid1.alarm.oc1..a", "displayName": "busy", "compartmentId": "c", "metricCompartmentId": "c",
        "namespace": "shop", "query": query, "severity": "INFO", "destinations": ["ocid1.stream.oc1..a"],
        "isEnabled": true, "isNotificationsPerMetricDimensionEnabled": true,
    });
    Simulation::of(&alarm, &[]).unwrap()
}

fn point(minute: i64, host: i64, value: f64) -> SimulatedPoint {
    SimulatedPoint {
        metric: "cpu".to_owned(),
        dimensions: [("host".to_owned(), host.to_string())].into(),
        at_ms: (START_MINUTE + minute) * MINUTE_MS,
        value,
        count: 1,
    }
}

/// Three hosts that are high in some hours and low in others.
fn points() -> impl Iterator<Item = SimulatedPoint> {
    (0..1000).flat_map(|minute| {
        let value = move |host| f64::from(u8::from((minute + host * 17) % 60 < 25)) * 100.0;
        (0..3).map(move |host| point(minute, host, value(host)))
    })
}

#[test]
fn few_are_kept_of_many_points_in_order() {
    for query in [
        "cpu[1m].max() > 80",
        "cpu[30m].mean() > 50",
        "cpu[2m].grouping().increment() > 10",
    ] {
        let told = |most_buckets| {
            let mut simulation = simulation(query);
            simulation.most_buckets = most_buckets;
            for point in points() {
                simulation.add(point).unwrap();
                assert!(simulation.points.len() <= most_buckets);
            }
            simulation.finish().unwrap()
        };
        let all = told(MOST_BUCKETS);
        assert!(all.timeline.len() > 10, "{query}");
        assert_eq!(told(400), all, "{query}");
    }
}

#[test]
fn many_points_out_of_order_are_refused() {
    let mut simulation = simulation("cpu[1m].max() > 80");
    simulation.most_buckets = 100;
    let mut added = (0..3).flat_map(|host| (0..90).map(move |minute| point(minute, host, 1.0)));
    let error = added.find_map(|point| simulation.add(point).err()).unwrap();
    let told = error.to_string();
    assert!(
        matches!(error, SimulationError::OutOfOrder { .. }),
        "{told}"
    );
    assert!(
        told.contains("have to be in the order of their times"),
        "{told}"
    );
}

#[test]
fn more_streams_at_once_than_are_kept_are_refused() {
    let mut simulation = simulation("cpu[1m].max() > 80");
    simulation.most_buckets = 100;
    let error = (0..200).find_map(|host| simulation.add(point(0, host, 1.0)).err());
    assert!(matches!(error, Some(SimulationError::TooManyPoints)));
}

#[test]
fn years_between_points_take_no_time() {
    let mut simulation = simulation("cpu[1m].max() > 80");
    let year = 366 * 24 * 60;
    for minute in [year * 30, 0, -year * 50] {
        simulation.add(point(minute, 0, 90.0)).unwrap();
    }
    let told = simulation.finish().unwrap();
    let types: Vec<&str> = told
        .timeline
        .iter()
        .map(|entry| entry.notice_type)
        .collect();
    assert_eq!(types, ["OK_TO_FIRING", "RESET"].repeat(3));
    assert!(
        told.timeline[5].timestamp.starts_with("2056-04-0"),
        "{}",
        told.timeline[5].timestamp
    );
}
