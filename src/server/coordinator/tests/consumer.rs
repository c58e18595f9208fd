//! KIP-848: joining, reconciling, fencing.

use super::*;

/// A world with the topic `orders` of this many partitions, and one member `a` that holds them.
fn with_one_member(count: i32) -> World {
    let mut world = World::new();
    world.topics(&[("orders", count)]);
    let response = world.beat(first_beat("a", &["orders"]));
    assert_eq!(response.error, ErrorCode::None);
    assert_eq!(response.member_epoch, 1);
    assert_eq!(response.assignment, Some(partitions("orders", 0..count)));
    world
}

fn error_of(response: &ConsumerHeartbeatResponse) -> ErrorCode {
    response.error
}

#[test]
fn a_lone_member_gets_all() {
    let mut world = with_one_member(4);
    assert_eq!(world.state(), "Stable");
    let quiet = world.beat(quiet_beat("a", 1));
    assert_eq!((quiet.member_epoch, quiet.assignment), (1, None));
    assert_eq!(quiet.heartbeat_interval_ms, 1_000);
    assert_eq!(quiet.member_id.as_deref(), Some("a"));
}

#[test]
fn a_member_gives_up_before_another_gets() {
    let mut world = with_one_member(4);
    let joined = world.beat(first_beat("b", &["orders"]));
    assert_eq!(joined.member_epoch, 2);
    assert_eq!(joined.assignment, Some(PartitionSet::new()), "none is free");
    assert_eq!(world.state(), "Reconciling");

    let told = world.beat(quiet_beat("a", 1));
    assert_eq!(told.member_epoch, 1, "until it gave up its surplus");
    let kept = told.assignment.unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!(world.beat(quiet_beat("a", 1)).assignment, None);
    assert_eq!(world.beat(quiet_beat("b", 2)).assignment, None);

    let done = world.beat(owning_beat("a", 1, kept.clone()));
    assert_eq!((done.member_epoch, done.assignment), (2, None));
    let got = world.beat(quiet_beat("b", 2)).assignment.unwrap();
    assert!(got.is_disjoint(&kept));
    assert_eq!(got.union(&kept).count(), 4);
    assert_eq!(world.state(), "Stable");
}

#[test]
fn who_does_not_give_up_in_time_is_out() {
    let mut world = with_one_member(2);
    world.beat(first_beat("b", &["orders"]));
    world.beat(quiet_beat("a", 1));
    for _ in 0..5 {
        world.pass(10_000);
        world.beat(quiet_beat("b", 2));
        world.beat(owning_beat("a", 1, partitions("orders", 0..2)));
    }
    world.pass(10_000);
    assert_eq!(
        error_of(&world.beat(quiet_beat("a", 1))),
        ErrorCode::UnknownMemberId
    );
    let all = world.beat(quiet_beat("b", 2));
    assert_eq!(
        (all.member_epoch, all.assignment),
        (3, Some(partitions("orders", 0..2)))
    );
}

#[test]
fn a_silent_member_is_out() {
    let mut world = with_one_member(2);
    world.pass(45_000);
    assert_eq!(
        error_of(&world.beat(quiet_beat("a", 1))),
        ErrorCode::UnknownMemberId
    );
    assert_eq!(world.state(), "Empty");
}

#[test]
fn who_leaves_frees_its_partitions() {
    let mut world = with_one_member(2);
    world.beat(first_beat("b", &["orders"]));
    let left = world.beat(quiet_beat("a", -1));
    assert_eq!((error_of(&left), left.member_epoch), (ErrorCode::None, -1));
    let all = world.beat(quiet_beat("b", 2));
    assert_eq!(all.assignment, Some(partitions("orders", 0..2)));
    assert_eq!(
        error_of(&world.beat(quiet_beat("a", -1))),
        ErrorCode::UnknownMemberId
    );
}

#[test]
fn a_wrong_epoch_is_fenced_but_a_lost_answer_is_not() {
    let mut world = with_one_member(2);
    world.beat(first_beat("b", &["orders"]));
    world.beat(quiet_beat("a", 1));
    let kept = partitions("orders", [1]);
    assert_eq!(
        world.beat(owning_beat("a", 1, kept.clone())).member_epoch,
        2
    );
    // The answer was lost: it asks again as before.
    assert_eq!(world.beat(owning_beat("a", 1, kept)).member_epoch, 2);
    for request in [
        quiet_beat("a", 3),
        quiet_beat("a", 1),
        owning_beat("a", 1, partitions("orders", [0])),
    ] {
        let fenced = world.beat(request);
        assert_eq!(error_of(&fenced), ErrorCode::FencedMemberEpoch);
    }
    let anew = world.beat(first_beat("a", &["orders"]));
    assert_eq!(
        anew.member_epoch, 2,
        "joining anew changes nothing for others"
    );
    assert_eq!(anew.assignment.unwrap().len(), 1);
}

#[test]
fn commits_and_fetches_need_the_epoch_of_the_member() {
    let mut world = with_one_member(2);
    let key = key("g");
    assert_eq!(world.commit(&commit_of("a", 1)), Ok(()));
    assert_eq!(
        world.commit(&commit_of("a", 0)),
        Err(ErrorCode::StaleMemberEpoch)
    );
    assert_eq!(
        world.commit(&commit_of("b", 1)),
        Err(ErrorCode::UnknownMemberId)
    );
    assert_eq!(
        world.commit(&commit_of("", -1)),
        Err(ErrorCode::UnknownMemberId)
    );
    let old_client = Commit {
        knows_member_epochs: false,
        ..commit_of("a", 1)
    };
    assert_eq!(
        world.commit(&old_client),
        Err(ErrorCode::UnsupportedVersion)
    );
    let fetch = |member_id: Option<&str>, epoch| Fetch {
        member_id: member_id.map(str::to_owned),
        epoch,
    };
    let coordinator = &world.coordinator;
    assert_eq!(coordinator.check_fetch(&key, &fetch(None, -1)), Ok(()));
    assert_eq!(coordinator.check_fetch(&key, &fetch(Some("a"), 1)), Ok(()));
    assert_eq!(
        coordinator.check_fetch(&key, &fetch(Some("a"), 2)),
        Err(ErrorCode::StaleMemberEpoch)
    );
    assert_eq!(
        coordinator.check_fetch(&key, &fetch(Some("b"), 1)),
        Err(ErrorCode::UnknownMemberId)
    );
}

#[test]
fn a_changed_subscription_and_changed_topics_assign_anew() {
    let mut world = with_one_member(2);
    let request = ConsumerHeartbeatRequest {
        topic_names: Some(vec!["orders".into(), "payments".into()]),
        ..quiet_beat("a", 1)
    };
    assert_eq!(world.beat(request).member_epoch, 2, "nothing to give up");
    world.topics(&[("orders", 3), ("payments", 1)]);
    let grown = world.beat(quiet_beat("a", 2));
    let mut all = partitions("orders", 0..3);
    all.extend(partitions("payments", [0]));
    assert_eq!((grown.member_epoch, grown.assignment), (3, Some(all)));
    world.topics(&[("orders", 3), ("payments", 1), ("other", 5)]);
    assert_eq!(world.beat(quiet_beat("a", 3)).member_epoch, 3);
    world.topics(&[("payments", 1), ("other", 5)]);
    let shrunk = world.beat(quiet_beat("a", 3));
    assert_eq!(shrunk.assignment, Some(partitions("payments", [0])));
}

#[test]
fn a_pattern_finds_topics_that_come_later() {
    let mut world = World::new();
    world.topics(&[("orders", 1)]);
    let request = ConsumerHeartbeatRequest {
        topic_names: None,
        topic_pattern: Some("ord".into()),
        ..first_beat("a", &[])
    };
    let joined = world.beat(request);
    assert_eq!(joined.assignment, Some(partitions("orders", [0])));
    world.topics(&[("orders", 1), ("ordure", 1), ("zebra", 1)]);
    let more = world.beat(quiet_beat("a", 1)).assignment.unwrap();
    assert_eq!(more.len(), 2);
    let none = ConsumerHeartbeatRequest {
        topic_pattern: Some(String::new()),
        ..quiet_beat("a", 2)
    };
    assert_eq!(
        world.beat(none).assignment,
        Some(PartitionSet::new()),
        "an empty pattern finds nothing"
    );
    let wrong = ConsumerHeartbeatRequest {
        topic_pattern: Some("(".into()),
        ..quiet_beat("a", 2)
    };
    let refused = world.beat(wrong);
    assert_eq!(error_of(&refused), ErrorCode::InvalidRegularExpression);
    assert_eq!(refused.message.as_deref(), Some("unclosed group"));
}

#[test]
fn a_static_member_finds_its_partitions_kept() {
    let mut world = World::new();
    world.topics(&[("orders", 2)]);
    let instance = |request: ConsumerHeartbeatRequest| ConsumerHeartbeatRequest {
        instance_id: Some("i".into()),
        ..request
    };
    let had = world
        .beat(instance(first_beat("a", &["orders"])))
        .assignment;
    let early = world.beat(instance(first_beat("a2", &["orders"])));
    assert_eq!(error_of(&early), ErrorCode::UnreleasedInstanceId);

    let away = world.beat(instance(quiet_beat("a", -2)));
    assert_eq!((error_of(&away), away.member_epoch), (ErrorCode::None, -2));
    let other = world.beat(first_beat("b", &["orders"]));
    assert_eq!(other.assignment, Some(PartitionSet::new()), "kept for it");

    let back = world.beat(instance(first_beat("a2", &["orders"])));
    assert_eq!(back.member_epoch, 2);
    assert!(back.assignment.clone().unwrap().is_subset(&had.unwrap()));
    assert_eq!(back.assignment.unwrap().len(), 1);
    let fenced = world.beat(instance(quiet_beat("a", 1)));
    assert_eq!(error_of(&fenced), ErrorCode::FencedInstanceId);
    let unknown = ConsumerHeartbeatRequest {
        instance_id: Some("j".into()),
        ..quiet_beat("a2", 2)
    };
    assert_eq!(error_of(&world.beat(unknown)), ErrorCode::UnknownMemberId);
}

#[test]
fn a_static_member_that_stays_away_is_out() {
    let mut world = World::new();
    world.topics(&[("orders", 1)]);
    let request = ConsumerHeartbeatRequest {
        instance_id: Some("i".into()),
        ..first_beat("a", &["orders"])
    };
    world.beat(request);
    let away = ConsumerHeartbeatRequest {
        instance_id: Some("i".into()),
        ..quiet_beat("a", -2)
    };
    world.beat(away);
    world.pass(45_000);
    assert_eq!(world.state(), "Empty");
}

#[test]
fn the_assignor_that_most_ask_for_assigns() {
    let mut world = World::new();
    world.topics(&[("x", 2), ("y", 2)]);
    for id in ["a", "b"] {
        let request = ConsumerHeartbeatRequest {
            assignor: Some("range".into()),
            ..first_beat(id, &["x", "y"])
        };
        world.beat(request);
    }
    let shown = world.coordinator.describe_consumer(&key("g")).unwrap();
    assert_eq!((shown.assignor, shown.epoch), ("range", 2));
    let mut first = partitions("x", [0]);
    first.extend(partitions("y", [0]));
    assert_eq!(shown.members[0].target, first);
    let unknown = ConsumerHeartbeatRequest {
        assignor: Some("lucky".into()),
        ..first_beat("c", &["x"])
    };
    assert_eq!(
        error_of(&world.beat(unknown)),
        ErrorCode::UnsupportedAssignor
    );
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let mut world = with_one_member(1);
    let base = first_beat("b", &["orders"]);
    let wrong = [
        ConsumerHeartbeatRequest {
            member_id: String::new(),
            ..base.clone()
        },
        ConsumerHeartbeatRequest {
            rebalance_timeout_ms: None,
            ..base.clone()
        },
        ConsumerHeartbeatRequest {
            topic_names: None,
            ..base.clone()
        },
        ConsumerHeartbeatRequest {
            owned: None,
            ..base.clone()
        },
        owning_beat("b", 0, partitions("orders", [0])),
        ConsumerHeartbeatRequest {
            instance_id: Some(String::new()),
            ..base.clone()
        },
        ConsumerHeartbeatRequest {
            instance_id: Some("i".into()),
            ..first_beat("a", &["orders"])
        },
        ConsumerHeartbeatRequest {
            topic_pattern: Some("x".repeat(MAX_PATTERN_BYTES + 1)),
            ..base.clone()
        },
        quiet_beat("", 1),
        quiet_beat("", -1),
        quiet_beat("a", -2),
        quiet_beat("a", -3),
        quiet_beat("a", i32::MIN),
    ];
    for request in wrong {
        let refused = world.beat(request.clone());
        assert_eq!(error_of(&refused), ErrorCode::InvalidRequest, "{request:?}");
        assert!(refused.message.is_some());
    }
    let shown = world.coordinator.describe_consumer(&key("g")).unwrap();
    assert_eq!((shown.members.len(), shown.epoch), (1, 1));
}

#[test]
fn an_old_client_is_given_an_id() {
    let mut world = World::new();
    let request = ConsumerHeartbeatRequest {
        fresh_member_id: "given".into(),
        ..first_beat("", &["orders"])
    };
    assert_eq!(world.beat(request).member_id.as_deref(), Some("given"));
}

#[test]
fn a_group_takes_so_many_members() {
    let mut world = World::with(Settings {
        max_members: 1,
        ..Settings::default()
    });
    world.beat(first_beat("a", &["orders"]));
    let refused = world.beat(first_beat("b", &["orders"]));
    assert_eq!(error_of(&refused), ErrorCode::GroupMaxSizeReached);
}

#[test]
fn nobody_is_in_a_group_that_is_not_there() {
    let mut world = World::new();
    for epoch in [1, -1] {
        let refused = world.beat(quiet_beat("a", epoch));
        assert_eq!(error_of(&refused), ErrorCode::GroupIdNotFound);
    }
    assert_eq!(world.state(), "Dead");
}
