//! The state of an alarm, held against cases and against a naive model.

use proptest::prelude::*;

use super::*;

fn key(name: u8) -> StreamKey {
    StreamKey {
        dimensions: [("host".to_owned(), name.to_string())].into(),
        compartment_id: None,
    }
}

fn readings(pending_minutes: u32, streams: &[(u8, Reading)]) -> Vec<RuleReadings> {
    let streams = streams.iter().map(|(name, reading)| (key(*name), *reading));
    vec![RuleReadings {
        pending_minutes,
        streams: streams.collect(),
    }]
}

/// The notices of a single stream, by minute.
fn notices(
    pending_minutes: u32,
    policy: Policy,
    given: &[Option<Reading>],
) -> Vec<(i64, NoticeType)> {
    let mut state = AlarmState::default();
    let mut told = Vec::new();
    for (minute, reading) in (0..).zip(given) {
        let streams: Vec<_> = reading.iter().map(|reading| (0, *reading)).collect();
        let step = state.step(minute, &readings(pending_minutes, &streams), policy);
        told.extend(
            step.notices
                .iter()
                .map(|notice| (minute, notice.notice_type)),
        );
    }
    told
}

const GROUPED: Policy = Policy {
    is_split: false,
    repeat_minutes: None,
};

const B: Option<Reading> = Some(Reading::Breached(1.0));
const C: Option<Reading> = Some(Reading::Clear(0.0));
const N: Option<Reading> = None;

#[test]
fn it_fires_when_the_condition_held_long_enough_and_ends_at_once() {
    let told = notices(3, GROUPED, &[B, B, C, B, B, B, B, C, C]);
    assert_eq!(
        told,
        [(5, NoticeType::OkToFiring), (7, NoticeType::FiringToOk)]
    );
}

#[test]
fn silence_resets_after_ten_minutes() {
    let mut given = vec![B; 2];
    given.extend(vec![N; 12]);
    let told = notices(1, GROUPED, &given);
    assert_eq!(told, [(0, NoticeType::OkToFiring), (11, NoticeType::Reset)]);
}

#[test]
fn notices_repeat_while_it_fires() {
    let policy = Policy {
        is_split: true,
        repeat_minutes: Some(2),
    };
    let told = notices(1, policy, &[B, B, B, B, B, C]);
    let minutes: Vec<i64> = told.iter().map(|(minute, _)| *minute).collect();
    assert_eq!(minutes, [0, 2, 4, 5]);
    assert_eq!(told[1].1, NoticeType::Repeat);
}

#[test]
fn the_first_rule_that_fires_wins() {
    let mut state = AlarmState::default();
    let rule = |reading| RuleReadings {
        pending_minutes: 1,
        streams: [(key(0), reading)].into(),
    };
    let (breached, clear) = (Reading::Breached(1.0), Reading::Clear(0.0));
    let after = |state: &mut AlarmState, minute, first, base| {
        let step = state.step(minute, &[rule(first), rule(base)], GROUPED);
        (step.after, step.notices.len())
    };
    assert_eq!(after(&mut state, 0, clear, breached), (Some(1), 1));
    assert_eq!(after(&mut state, 1, breached, breached), (Some(0), 1));
    assert_eq!(after(&mut state, 2, breached, breached), (Some(0), 0));
    assert_eq!(after(&mut state, 3, clear, clear), (None, 1));
}

#[test]
fn what_an_older_version_knew_is_known_of_each_compartment() {
    let old = r#"{"standing": {"rule": 0, "since_minute": 5, "began_minute": 5, "notified_minute": 5},
        "streams": [{"dimensions": {"host": "0"},
            "standing": {"rule": 0, "since_minute": 5, "began_minute": 5, "notified_minute": 5},
            "rules": [{"breaches": 3, "is_firing": true, "seen_minute": 7, "value": 9.0}]}]}"#;
    let mut state: AlarmState = serde_json::from_str(old).unwrap();
    let of = |compartment: &str| StreamKey {
        compartment_id: Some(compartment.to_owned()),
        ..key(0)
    };
    let rule = |streams: &[(StreamKey, Reading)]| {
        vec![RuleReadings {
            pending_minutes: 3,
            streams: streams.iter().cloned().collect(),
        }]
    };
    let split = Policy {
        is_split: true,
        repeat_minutes: None,
    };
    let (breached, clear) = (Reading::Breached(1.0), Reading::Clear(0.0));
    let step = state.step(
        8,
        &rule(&[(of("one"), breached), (of("two"), breached)]),
        split,
    );
    assert_eq!(step.notices, []);
    assert_eq!(state.firing().count(), 2);
    let kept = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<AlarmState>(&kept).unwrap(), state);
    let step = state.step(
        9,
        &rule(&[(of("one"), breached), (of("two"), clear)]),
        split,
    );
    assert_eq!(step.notices.len(), 1);
    assert_eq!(step.notices[0].streams, [(of("two"), None)]);
}

/// Whether a stream fires after these readings, told from all of them.
fn fires(pending: usize, given: &[Option<Reading>]) -> bool {
    let is_breach = |reading: &Option<Reading>| matches!(reading, Some(Reading::Breached(_)));
    let Some(last) = given.iter().rposition(Option::is_some) else {
        return false;
    };
    if given.len() - 1 - last >= 10 || !is_breach(&given[last]) {
        return false;
    }
    // Any run long enough since it was last clear, or silent for ten minutes, has it fire until now.
    let mut run = 0;
    let mut firing = false;
    let mut silent = 0;
    for reading in &given[..=last] {
        silent = if reading.is_none() { silent + 1 } else { 0 };
        run = if is_breach(reading) { run + 1 } else { 0 };
        firing = match reading {
            Some(Reading::Clear(_)) => false,
            None => firing && silent < 10,
            Some(Reading::Breached(_)) => firing || run >= pending,
        };
    }
    firing
}

proptest! {
    #[test]
    fn it_does_as_a_naive_model(
        pending in 1_usize..5,
        given in proptest::collection::vec(prop_oneof![4 => Just(B), 1 => Just(C), 4 => Just(N)], 1..60),
    ) {
        let mut state = AlarmState::default();
        let mut was = false;
        for (index, reading) in given.iter().enumerate() {
            let streams: Vec<_> = reading.iter().map(|reading| (0, *reading)).collect();
            let minute = i64::try_from(index).unwrap();
            let wanted = fires(pending, &given[..=index]);
            let pending = u32::try_from(pending).unwrap();
            let step = state.step(minute, &readings(pending, &streams), GROUPED);
            prop_assert_eq!(step.after.is_some(), wanted, "minute {}", minute);
            prop_assert_eq!(step.notices.len(), usize::from(was != wanted));
            was = wanted;
        }
    }
}
