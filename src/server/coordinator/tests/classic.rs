//! Dynamic members of the classic protocol.

use super::*;

#[test]
fn a_lone_member_leads_and_gets_what_it_assigns() {
    let mut world = World::new();
    let request = world.newcomer();
    let ticket = world.join_waiting(request);
    assert_eq!(world.reply(ticket), None);
    assert_eq!(world.state(), "PreparingRebalance");
    world.pass(100);
    let join = world.joined(ticket);
    assert_eq!(join.error, ErrorCode::None);
    assert_eq!(
        (join.generation, join.leader.as_str(), join.skip_assignment),
        (1, "id-1", false)
    );
    assert_eq!(join.protocol.as_deref(), Some("range"));
    assert_eq!(join.members.len(), 1);
    assert_eq!(world.state(), "CompletingRebalance");

    let ticket = world.sync_waiting("id-1", 1, &[("id-1", "all"), ("stranger", "none")]);
    let synced = world.synced(ticket);
    assert_eq!(synced.assignment, "all");
    assert_eq!(synced.protocol_type.as_deref(), Some("consumer"));
    assert_eq!(world.state(), "Stable");
    assert_eq!(world.heartbeat("id-1", 1), ErrorCode::None);
}

#[test]
fn a_member_is_given_its_id_first() {
    let mut world = World::new();
    let request = JoinRequest {
        member_id_required: true,
        ..world.newcomer()
    };
    let refused = world.join(request);
    assert_eq!(refused.error, ErrorCode::MemberIdRequired);
    assert_eq!(
        (refused.member_id.as_str(), refused.generation),
        ("id-1", -1)
    );

    let ticket = world.join_waiting(rejoin_request("id-1"));
    world.pass(100);
    assert_eq!(world.joined(ticket).generation, 1);
}

#[test]
fn an_id_that_nobody_joins_with_lapses() {
    let mut world = World::new();
    let request = JoinRequest {
        member_id_required: true,
        ..world.newcomer()
    };
    world.join(request);
    world.pass(10_000);
    let refused = world.join(rejoin_request("id-1"));
    assert_eq!(refused.error, ErrorCode::UnknownMemberId);
    assert_eq!(world.state(), "Dead", "nothing is left of the group");
    assert_eq!(world.coordinator.next_deadline_ms(), None);
}

#[test]
fn members_that_come_together_share_one_rebalance() {
    let mut world = World::new();
    let mut tickets = Vec::new();
    for _ in 0..4 {
        let request = world.newcomer();
        tickets.push(world.join_waiting(request));
        world.pass(90);
    }
    assert_eq!(
        world.reply(tickets[0]),
        None,
        "each arrival prolongs the wait"
    );
    world.pass(200);
    for ticket in tickets {
        assert_eq!(world.joined(ticket).generation, 1);
    }
}

#[test]
fn without_a_delay_the_first_member_does_not_wait() {
    let mut world = World::with(Settings {
        initial_rebalance_delay_ms: 0,
        ..Settings::default()
    });
    let request = world.newcomer();
    assert_eq!(world.join(request).generation, 1);
}

#[test]
fn a_newcomer_makes_the_others_join_again() {
    let mut world = World::new();
    let (ids, generation) = world.stable_group(2);
    let request = world.newcomer();
    let third = world.join_waiting(request);
    assert_eq!(world.reply(third), None);
    for id in &ids {
        assert_eq!(
            world.heartbeat(id, generation),
            ErrorCode::RebalanceInProgress
        );
    }
    let first = world.join_waiting(rejoin_request(&ids[0]));
    let second = world.join_waiting(rejoin_request(&ids[1]));
    let joins = [first, second, third].map(|ticket| world.joined(ticket));
    assert!(joins.iter().all(|join| join.generation == generation + 1));
    assert_eq!(joins[0].members.len(), 3, "the leader sees all");
    assert!(joins[1].members.is_empty() && joins[2].members.is_empty());
}

#[test]
fn who_does_not_join_again_in_time_is_out() {
    let mut world = World::new();
    let (ids, generation) = world.stable_group(2);
    let ticket = world.join_waiting(rejoin_request(&ids[0]));
    for _ in 0..7 {
        world.pass(8_500);
        world.heartbeat(&ids[1], generation);
    }
    world.pass(500);
    let join = world.joined(ticket);
    assert_eq!((join.generation, join.members.len()), (generation + 1, 1));
    assert_eq!(
        world.heartbeat(&ids[1], generation),
        ErrorCode::UnknownMemberId
    );
}

#[test]
fn when_the_leader_does_not_come_back_another_leads() {
    let mut world = World::new();
    let (ids, _) = world.stable_group(2);
    let request = JoinRequest {
        protocols: vec![protocol("range", &["other"])],
        ..rejoin_request(&ids[1])
    };
    let ticket = world.join_waiting(request);
    world.pass(10_000);
    let join = world.joined(ticket);
    assert_eq!(join.leader, ids[1]);
    assert_eq!(join.members.len(), 1);
}

#[test]
fn a_silent_member_is_out_and_a_heartbeat_keeps_one_in() {
    let mut world = World::new();
    let (ids, generation) = world.stable_group(2);
    world.pass(9_000);
    assert_eq!(world.heartbeat(&ids[0], generation), ErrorCode::None);
    world.pass(9_000);
    assert_eq!(
        world.heartbeat(&ids[0], generation),
        ErrorCode::RebalanceInProgress
    );
    assert_eq!(
        world.heartbeat(&ids[1], generation),
        ErrorCode::UnknownMemberId
    );
}

#[test]
fn a_commit_keeps_a_member_in() {
    let mut world = World::new();
    let (ids, generation) = world.stable_group(1);
    world.pass(9_000);
    assert_eq!(world.commit(&commit_of(&ids[0], generation)), Ok(()));
    world.pass(9_000);
    assert_eq!(world.heartbeat(&ids[0], generation), ErrorCode::None);
}

#[test]
fn a_follower_waits_for_the_leader() {
    let mut world = World::new();
    let requests = [world.newcomer(), world.newcomer()];
    let joins = requests.map(|request| world.join_waiting(request));
    world.pass(300);
    let leader = world.joined(joins[0]).leader;
    assert_eq!(leader, "id-1");
    let follower = world.sync_waiting("id-2", 1, &[]);
    assert_eq!(world.reply(follower), None);
    assert_eq!(world.heartbeat("id-2", 1), ErrorCode::None);
    assert_eq!(
        world.commit(&commit_of("id-2", 1)),
        Err(ErrorCode::RebalanceInProgress)
    );
    world.sync_waiting("id-1", 1, &[("id-2", "yours")]);
    assert_eq!(world.synced(follower).assignment, "yours");
    let again = world.sync_waiting("id-2", 1, &[]);
    assert_eq!(world.synced(again).assignment, "yours");
}

#[test]
fn a_leader_that_leaves_while_others_wait_for_it_makes_them_join_again() {
    let mut world = World::new();
    let requests = [world.newcomer(), world.newcomer()];
    let joins = requests.map(|request| world.join_waiting(request));
    world.pass(300);
    assert_eq!(world.joined(joins[0]).leader, "id-1");
    let follower = world.sync_waiting("id-2", 1, &[]);
    assert_eq!(world.leave("id-1", None), ErrorCode::None);
    assert_eq!(world.synced(follower).error, ErrorCode::RebalanceInProgress);
    let join = world.join(rejoin_request("id-2"));
    assert_eq!((join.generation, join.leader.as_str()), (2, "id-2"));
}

#[test]
fn who_joins_but_does_not_sync_is_out() {
    let mut world = World::new();
    let requests = [world.newcomer(), world.newcomer()];
    let joins = requests.map(|request| world.join_waiting(request));
    world.pass(300);
    assert_eq!(world.joined(joins[1]).generation, 1);
    world.sync_waiting("id-1", 1, &[]);
    for _ in 0..7 {
        world.pass(8_500);
        for id in ["id-1", "id-2"] {
            world.heartbeat(id, 1);
        }
    }
    world.pass(500);
    assert_eq!(world.heartbeat("id-1", 1), ErrorCode::RebalanceInProgress);
    assert_eq!(world.heartbeat("id-2", 1), ErrorCode::UnknownMemberId);
}

#[test]
fn joining_again_unchanged_begins_no_rebalance_except_by_the_leader() {
    let mut world = World::new();
    let (ids, generation) = world.stable_group(2);
    let join = world.join(rejoin_request(&ids[1]));
    assert_eq!((join.error, join.generation), (ErrorCode::None, generation));
    assert_eq!(world.state(), "Stable");
    world.join_waiting(rejoin_request(&ids[0]));
    assert_eq!(world.state(), "PreparingRebalance");
}

#[test]
fn joining_again_while_the_leader_assigns_tells_the_same_once_more() {
    let mut world = World::new();
    let request = world.newcomer();
    let ticket = world.join_waiting(request);
    world.pass(100);
    let join = world.joined(ticket);
    assert_eq!(world.join(rejoin_request("id-1")), join);
}

#[test]
fn a_changed_subscription_begins_a_rebalance() {
    let mut world = World::new();
    let (ids, _) = world.stable_group(2);
    let request = JoinRequest {
        protocols: vec![protocol("range", &["other"])],
        ..rejoin_request(&ids[1])
    };
    let ticket = world.join_waiting(request);
    assert_eq!(world.reply(ticket), None);
    assert_eq!(world.state(), "PreparingRebalance");
}

#[test]
fn the_protocol_is_one_that_all_support_and_most_prefer() {
    let mut world = World::new();
    let offers = [
        ["sticky", "range"],
        ["range", "sticky"],
        ["range", "sticky"],
    ];
    let mut tickets = Vec::new();
    for offer in offers {
        let request = JoinRequest {
            protocols: offer.map(|name| protocol(name, &["orders"])).to_vec(),
            ..world.newcomer()
        };
        tickets.push(world.join_waiting(request));
    }
    world.pass(300);
    assert_eq!(world.joined(tickets[0]).protocol.as_deref(), Some("range"));
}

#[test]
fn members_without_a_common_protocol_are_refused() {
    let mut world = World::new();
    world.stable_group(1);
    let other_protocol = JoinRequest {
        protocols: vec![protocol("sticky", &["orders"])],
        ..world.newcomer()
    };
    let other_type = JoinRequest {
        protocol_type: "connect".into(),
        ..world.newcomer()
    };
    let nothing = JoinRequest {
        protocols: Vec::new(),
        ..world.newcomer()
    };
    for request in [other_protocol, other_type, nothing] {
        let refused = world.join(request);
        assert_eq!(refused.error, ErrorCode::InconsistentGroupProtocol);
    }
    assert_eq!(world.state(), "Stable");
}

#[test]
fn a_sync_must_name_the_groups_protocol() {
    let mut world = World::new();
    let (ids, generation) = world.stable_group(1);
    let request = SyncRequest {
        member_id: ids[0].clone(),
        instance_id: None,
        generation,
        protocol_type: Some("consumer".into()),
        protocol: Some("sticky".into()),
        assignments: Vec::new(),
    };
    let ticket = world.send(Request::Sync(request));
    assert_eq!(
        world.synced(ticket).error,
        ErrorCode::InconsistentGroupProtocol
    );
}

#[test]
fn session_timeouts_have_bounds() {
    let mut world = World::new();
    for (timeout_ms, is_ok) in [
        (5_999, false),
        (6_000, true),
        (1_800_000, true),
        (1_800_001, false),
    ] {
        let request = JoinRequest {
            session_timeout_ms: timeout_ms,
            member_id_required: true,
            ..world.newcomer()
        };
        let expected = if is_ok {
            ErrorCode::MemberIdRequired
        } else {
            ErrorCode::InvalidSessionTimeout
        };
        assert_eq!(world.join(request).error, expected, "{timeout_ms}");
    }
}

#[test]
fn strangers_and_the_past_are_refused() {
    let mut world = World::new();
    let (ids, generation) = world.stable_group(1);
    assert_eq!(world.heartbeat("stranger", 1), ErrorCode::UnknownMemberId);
    assert_eq!(
        world.heartbeat(&ids[0], generation - 1),
        ErrorCode::IllegalGeneration
    );
    let ticket = world.sync_waiting(&ids[0], generation + 1, &[]);
    assert_eq!(world.synced(ticket).error, ErrorCode::IllegalGeneration);
    assert_eq!(
        world.join(rejoin_request("stranger")).error,
        ErrorCode::UnknownMemberId
    );
    assert_eq!(world.leave("stranger", None), ErrorCode::UnknownMemberId);
    assert_eq!(
        world.commit(&commit_of("stranger", generation)),
        Err(ErrorCode::UnknownMemberId)
    );
    assert_eq!(
        world.commit(&commit_of(&ids[0], generation - 1)),
        Err(ErrorCode::IllegalGeneration)
    );
    assert_eq!(
        world.commit(&commit_of("", -1)),
        Err(ErrorCode::UnknownMemberId),
        "only a group without members takes commits of non-members"
    );
}

#[test]
fn a_group_takes_so_many_members() {
    let mut world = World::with(Settings {
        max_members: 2,
        ..Settings::default()
    });
    let (ids, _) = world.stable_group(2);
    let request = world.newcomer();
    assert_eq!(world.join(request).error, ErrorCode::GroupMaxSizeReached);
    assert_eq!(world.state(), "Stable");
    assert_eq!(world.join(rejoin_request(&ids[1])).error, ErrorCode::None);
}

#[test]
fn metadata_has_a_bound() {
    let mut world = World::new();
    let request = JoinRequest {
        protocols: vec![Protocol {
            name: "range".into(),
            metadata: vec![0; MAX_METADATA_BYTES].into(),
        }],
        ..world.newcomer()
    };
    assert_eq!(world.join(request).error, ErrorCode::InvalidRequest);
}

#[test]
fn asking_twice_ends_the_first_wait() {
    let mut world = World::new();
    let (ids, generation) = world.stable_group(2);
    let first = world.join_waiting(rejoin_request(&ids[0]));
    let second = world.join_waiting(rejoin_request(&ids[0]));
    assert_eq!(world.joined(first).error, ErrorCode::RebalanceInProgress);
    world.join_waiting(rejoin_request(&ids[1]));
    assert_eq!(world.joined(second).generation, generation + 1);
}

#[test]
fn when_all_leave_the_group_is_empty_and_its_generation_stays() {
    let mut world = World::new();
    let (ids, generation) = world.stable_group(2);
    for id in &ids {
        assert_eq!(world.leave(id, None), ErrorCode::None);
    }
    assert_eq!(world.state(), "Empty");
    let request = world.newcomer();
    let ticket = world.join_waiting(request);
    world.pass(100);
    assert!(world.joined(ticket).generation > generation);
}

#[test]
fn a_new_member_that_waits_forever_is_let_go() {
    let mut world = World::new();
    let slow = JoinRequest {
        rebalance_timeout_ms: i32::MAX,
        session_timeout_ms: 1_800_000,
        ..world.newcomer()
    };
    world.stabilize(vec![slow]);
    let request = world.newcomer();
    let ticket = world.join_waiting(request);
    world.pass(NEW_MEMBER_JOIN_TIMEOUT_MS);
    assert_eq!(world.joined(ticket).error, ErrorCode::UnknownMemberId);
}
