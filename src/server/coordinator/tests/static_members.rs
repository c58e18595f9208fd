//! Static members of the classic protocol (KIP-345).

use super::*;

/// A stable group of the instances `a` (which leads) and `b`.
fn two_instances(world: &mut World) -> (Vec<String>, i32) {
    let requests = ["a", "b"].map(|instance| {
        let id = world.fresh_id();
        static_request(&id, instance)
    });
    world.stabilize(requests.to_vec())
}

#[test]
fn a_restart_disturbs_nobody() {
    let mut world = World::new();
    let (ids, generation) = two_instances(&mut world);
    let join = world.join(static_request("new-b", "b"));
    assert_eq!(join.error, ErrorCode::None);
    assert_eq!(
        (join.member_id.as_str(), join.generation),
        ("new-b", generation)
    );
    assert!(!join.skip_assignment && join.members.is_empty());
    assert_eq!(world.state(), "Stable");

    let ticket = world.sync_waiting("new-b", generation, &[]);
    assert_eq!(world.synced(ticket).assignment, "1", "what it had");
    assert_eq!(world.heartbeat(&ids[0], generation), ErrorCode::None);
}

#[test]
fn the_process_before_is_fenced() {
    let mut world = World::new();
    let (ids, generation) = two_instances(&mut world);
    world.join(static_request("new-b", "b"));
    let instance_id = Some("b".to_owned());
    let heartbeat = HeartbeatRequest {
        member_id: ids[1].clone(),
        instance_id: instance_id.clone(),
        generation,
    };
    assert_eq!(
        world.ask(Request::Heartbeat(heartbeat)),
        Response::Heartbeat(ErrorCode::FencedInstanceId)
    );
    let commit = Commit {
        instance_id: instance_id.clone(),
        ..commit_of(&ids[1], generation)
    };
    assert_eq!(world.commit(&commit), Err(ErrorCode::FencedInstanceId));
    let rejoin = JoinRequest {
        instance_id,
        ..rejoin_request(&ids[1])
    };
    assert_eq!(world.join(rejoin).error, ErrorCode::FencedInstanceId);
    assert_eq!(world.leave(&ids[1], Some("b")), ErrorCode::FencedInstanceId);
}

#[test]
fn a_leader_that_restarts_has_nothing_to_assign() {
    let mut world = World::new();
    let (ids, _) = two_instances(&mut world);
    let join = world.join(static_request("new-a", "a"));
    assert_eq!(join.leader, "new-a");
    assert!(join.skip_assignment);
    assert_eq!(join.members.len(), 2);

    let old_client = JoinRequest {
        can_skip_assignment: false,
        ..static_request("newer-a", "a")
    };
    let join = world.join(old_client);
    assert_eq!(join.leader, "new-a", "it must not think that it leads");
    assert!(join.members.is_empty() && !join.skip_assignment);
    assert_ne!(ids[0], "newer-a");
}

#[test]
fn a_restart_with_another_subscription_begins_a_rebalance() {
    let mut world = World::new();
    two_instances(&mut world);
    let request = JoinRequest {
        protocols: vec![protocol("range", &["orders", "payments"])],
        ..static_request("new-b", "b")
    };
    let ticket = world.join_waiting(request);
    assert_eq!(world.reply(ticket), None);
    assert_eq!(world.state(), "PreparingRebalance");
}

#[test]
fn a_restart_while_the_leader_assigns_begins_a_rebalance() {
    let mut world = World::new();
    let tickets = ["a", "b"].map(|instance| {
        let id = world.fresh_id();
        world.join_waiting(static_request(&id, instance))
    });
    world.pass(300);
    assert_eq!(world.joined(tickets[0]).generation, 1);
    let waiting = SyncRequest {
        member_id: "id-2".into(),
        instance_id: Some("b".into()),
        generation: 1,
        protocol_type: None,
        protocol: None,
        assignments: Vec::new(),
    };
    let waiting = world.send(Request::Sync(waiting));
    let ticket = world.join_waiting(static_request("new-b", "b"));
    assert_eq!(world.synced(waiting).error, ErrorCode::FencedInstanceId);
    assert_eq!(world.reply(ticket), None);
    assert_eq!(world.state(), "PreparingRebalance");
}

#[test]
fn a_restart_while_it_joins_takes_the_place_of_the_one_before() {
    let mut world = World::new();
    let first = world.join_waiting(static_request("id-1", "a"));
    let second = world.join_waiting(static_request("id-2", "a"));
    assert_eq!(world.joined(first).error, ErrorCode::FencedInstanceId);
    world.pass(300);
    let join = world.joined(second);
    assert_eq!((join.leader.as_str(), join.members.len()), ("id-2", 1));
}

#[test]
fn an_absent_one_keeps_its_place_until_its_session_ends() {
    let mut world = World::new();
    let (ids, generation) = two_instances(&mut world);
    // A rebalance shorter than the session.
    let request = JoinRequest {
        instance_id: Some("a".into()),
        rebalance_timeout_ms: 1_000,
        ..rejoin_request(&ids[0])
    };
    let ticket = world.join_waiting(request);
    world.pass(10_300);
    let join = world.joined(ticket);
    assert_eq!(join.generation, generation + 1);
    assert_eq!(join.members.len(), 1, "gone with its session");
}

#[test]
fn an_administrator_removes_one_by_its_instance_id() {
    let mut world = World::new();
    let (ids, generation) = two_instances(&mut world);
    assert_eq!(world.leave("", Some("b")), ErrorCode::None);
    assert_eq!(world.leave("", Some("c")), ErrorCode::UnknownMemberId);
    assert_eq!(
        world.heartbeat(&ids[1], generation),
        ErrorCode::UnknownMemberId
    );
    assert_eq!(
        world.heartbeat(&ids[0], generation),
        ErrorCode::RebalanceInProgress
    );
}

#[test]
fn members_leave_in_one_batch_each_with_its_outcome() {
    let mut world = World::new();
    let (ids, _) = two_instances(&mut world);
    let leaving = |member_id: &str, instance_id: Option<&str>| LeavingMember {
        member_id: member_id.into(),
        instance_id: instance_id.map(str::to_owned),
    };
    let request = LeaveRequest {
        members: vec![
            leaving(&ids[0], Some("a")),
            leaving("stranger", None),
            leaving("other", Some("b")),
        ],
    };
    let Response::Leave(response) = world.ask(Request::Leave(request)) else {
        panic!("no answer to a LeaveGroup");
    };
    let errors: Vec<ErrorCode> = response.members.iter().map(|(_, error)| *error).collect();
    assert_eq!(
        errors,
        [
            ErrorCode::None,
            ErrorCode::UnknownMemberId,
            ErrorCode::FencedInstanceId
        ]
    );
}
