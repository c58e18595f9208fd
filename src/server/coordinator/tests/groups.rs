//! Groups from outside: kinds, lists, deletion, offsets, restarts.

use super::*;

fn leave_all(world: &mut World, ids: &[String]) {
    for id in ids {
        assert_eq!(world.leave(id, None), ErrorCode::None);
    }
}

#[test]
fn groups_of_one_kind_refuse_the_other_protocol() {
    let mut world = World::new();
    let (ids, _) = world.stable_group(1);
    let refused = world.beat(first_beat("a", &["orders"]));
    assert_eq!(refused.error, ErrorCode::GroupIdNotFound);
    leave_all(&mut world, &ids);

    let joined = world.beat(first_beat("a", &["orders"]));
    assert_eq!(joined.error, ErrorCode::None);
    assert_eq!(joined.member_epoch, 3, "it goes on counting");
    let request = world.newcomer();
    assert_eq!(
        world.join(request).error,
        ErrorCode::InconsistentGroupProtocol
    );
    assert_eq!(world.heartbeat("a", 3), ErrorCode::UnknownMemberId);
    assert_eq!(world.coordinator.describe_classic(&key("g")), None);
    world.beat(quiet_beat("a", -1));

    let (_, generation) = world.stable_group(1);
    assert_eq!(generation, 5);
    assert_eq!(world.coordinator.describe_consumer(&key("g")), None);
}

#[test]
fn a_group_is_deleted_when_it_has_no_members() {
    let mut world = World::new();
    let (ids, _) = world.stable_group(1);
    assert_eq!(
        world.coordinator.delete(&key("g")),
        Err(ErrorCode::NonEmptyGroup)
    );
    leave_all(&mut world, &ids);
    assert_eq!(world.coordinator.delete(&key("g")), Ok(()));
    assert_eq!(
        world.coordinator.delete(&key("g")),
        Err(ErrorCode::GroupIdNotFound)
    );
    assert_eq!(world.coordinator.next_deadline_ms(), None);
}

#[test]
fn groups_are_listed_by_scope_state_and_kind() {
    let mut world = World::new();
    world.stable_group(1);
    world.send_to("h", Request::ConsumerHeartbeat(first_beat("a", &["none"])));
    let request = world.newcomer();
    world.send_to("i", Request::Join(request));
    let names = |world: &World, scope: &str, states: &[&str], kinds: &[&str]| -> Vec<String> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let filter = ListFilter {
            states: owned(states),
            kinds: owned(kinds),
        };
        let groups = world.coordinator.list(scope, &filter);
        groups.into_iter().map(|group| group.group).collect()
    };
    assert_eq!(names(&world, "pool", &[], &[]), ["g", "h", "i"]);
    assert_eq!(names(&world, "pool", &["stable"], &[]), ["g", "h"]);
    assert_eq!(names(&world, "pool", &["Stable"], &["Consumer"]), ["h"]);
    assert_eq!(names(&world, "pool", &["PreparingRebalance"], &[]), ["i"]);
    assert_eq!(names(&world, "poo", &[], &[]), [""; 0]);
}

#[test]
fn a_description_shows_members_with_what_they_have() {
    let mut world = World::new();
    let (ids, _) = world.stable_group(2);
    let shown = world.coordinator.describe_classic(&key("g")).unwrap();
    assert_eq!(shown.state, GroupState::Stable);
    assert_eq!(
        (shown.protocol_type.as_str(), shown.protocol.as_str()),
        ("consumer", "range")
    );
    assert_eq!(shown.members[1].member_id, ids[1]);
    assert_eq!(shown.members[1].client.host, "/127.0.0.1");
    assert_eq!(shown.members[1].assignment, "1");
    assert_eq!(shown.members[1].metadata, subscription(&["orders"]));
    world.join_waiting(rejoin_request(&ids[0]));
    let shown = world.coordinator.describe_classic(&key("g")).unwrap();
    assert_eq!(shown.protocol, "", "none while members join");
    assert!(shown.members[1].assignment.is_empty());
}

#[test]
fn one_that_is_no_member_commits_to_a_group_without_members() {
    let mut world = World::new();
    let commit = commit_of("", -1);
    let made = world
        .coordinator
        .check_commit(world.now_ms, &key("g"), &commit)
        .unwrap();
    let record = GroupRecord {
        key: key("g"),
        kind: GroupKind::Classic,
        epoch: 0,
        protocol_type: None,
    };
    assert_eq!(made, [Action::Persist(record.clone())]);
    assert_eq!(world.commit(&commit), Ok(()));
    assert_eq!(world.state(), "Empty");

    let mut later = World::new();
    later.coordinator.restore(record);
    assert_eq!(later.state(), "Empty");
    assert_eq!(later.coordinator.delete(&key("g")), Ok(()));
}

#[test]
fn a_member_cannot_commit_to_a_group_that_is_not_there() {
    let mut world = World::new();
    assert_eq!(
        world.commit(&commit_of("a", 1)),
        Err(ErrorCode::GroupIdNotFound)
    );
    let old_client = Commit {
        knows_member_epochs: false,
        ..commit_of("a", 1)
    };
    assert_eq!(world.commit(&old_client), Err(ErrorCode::IllegalGeneration));
    assert_eq!(world.state(), "Dead");
}

#[test]
fn offsets_of_topics_that_are_read_are_kept() {
    let mut world = World::new();
    let read = |world: &World| world.coordinator.subscribed_topics(&key("g"));
    assert_eq!(read(&world), Err(ErrorCode::GroupIdNotFound));
    let (ids, _) = world.stable_group(1);
    assert_eq!(read(&world), Ok(BTreeSet::from(["orders".to_owned()])));
    leave_all(&mut world, &ids);
    assert_eq!(read(&world), Ok(BTreeSet::new()));

    let connect = JoinRequest {
        protocol_type: "connect".into(),
        ..world.newcomer()
    };
    world.stabilize_as_connect(connect);
    assert_eq!(read(&world), Err(ErrorCode::NonEmptyGroup));
}

impl World {
    fn stabilize_as_connect(&mut self, request: JoinRequest) {
        let ticket = self.join_waiting(request);
        self.pass(300);
        let join = self.joined(ticket);
        assert_eq!(join.protocol_type.as_deref(), Some("connect"));
    }
}

#[test]
fn offsets_of_topics_that_a_consumer_group_reads_are_kept() {
    let mut world = World::new();
    world.topics(&[("orders", 1), ("ordure", 1), ("other", 1)]);
    let request = ConsumerHeartbeatRequest {
        topic_pattern: Some("ordu".into()),
        ..first_beat("a", &["orders", "not-yet"])
    };
    world.beat(request);
    let read = world.coordinator.subscribed_topics(&key("g")).unwrap();
    assert_eq!(
        read.into_iter().collect::<Vec<_>>(),
        ["not-yet", "orders", "ordure"]
    );
}

#[test]
fn after_a_restart_members_join_anew_and_generations_go_on() {
    let mut world = World::new();
    let (ids, generation) = world.stable_group(2);
    let mut later = World::new();
    for record in world.records.values() {
        later.coordinator.restore(record.clone());
    }
    assert_eq!(later.state(), "Empty");
    assert_eq!(
        later.heartbeat(&ids[0], generation),
        ErrorCode::UnknownMemberId
    );
    assert_eq!(
        later.commit(&commit_of(&ids[0], generation)),
        Err(ErrorCode::UnknownMemberId)
    );
    let (_, next) = later.stable_group(2);
    assert_eq!(next, generation + 1);
}

#[test]
fn after_a_restart_a_consumer_group_goes_on() {
    let mut world = World::new();
    world.topics(&[("orders", 1)]);
    world.beat(first_beat("a", &["orders"]));
    let mut later = World::new();
    later.topics(&[("orders", 1)]);
    later.coordinator.restore(world.records[&key("g")].clone());
    let refused = later.beat(quiet_beat("a", 1));
    assert_eq!(refused.error, ErrorCode::UnknownMemberId);
    let joined = later.beat(first_beat("a", &["orders"]));
    assert_eq!(joined.member_epoch, 2);
    assert_eq!(joined.assignment, Some(partitions("orders", [0])));
}

#[test]
fn a_record_is_stored_before_it_is_told() {
    let mut world = World::new();
    let request = Request::ConsumerHeartbeat(first_beat("a", &["orders"]));
    let actions = world.coordinator.handle(
        world.now_ms,
        Event::Request {
            key: key("g"),
            ticket: Ticket(1),
            request: Box::new(request),
        },
    );
    assert!(matches!(
        actions[..],
        [Action::Persist(_), Action::Reply { .. }]
    ));
}

#[test]
fn there_is_room_for_so_many_groups() {
    let mut world = World::with(Settings {
        max_groups: 1,
        ..Settings::default()
    });
    world.stable_group(1);
    let request = world.newcomer();
    let ticket = world.send_to("other", Request::Join(request));
    assert_eq!(world.joined(ticket).error, ErrorCode::GroupMaxSizeReached);
    assert_eq!(
        world
            .coordinator
            .check_commit(0, &key("other"), &commit_of("", -1)),
        Err(ErrorCode::GroupMaxSizeReached)
    );
}

#[test]
fn a_group_has_a_name() {
    let mut world = World::new();
    for name in [String::new(), "x".repeat(MAX_GROUP_ID_BYTES + 1)] {
        let request = world.newcomer();
        let ticket = world.send_to(&name, Request::Join(request));
        assert_eq!(world.joined(ticket).error, ErrorCode::InvalidGroupId);
    }
}

#[test]
fn a_clock_that_goes_back_stands_still() {
    let mut world = World::new();
    let (ids, generation) = world.stable_group(1);
    world.now_ms -= 500_000;
    assert_eq!(world.heartbeat(&ids[0], generation), ErrorCode::None);
    world.now_ms += 505_000;
    assert_eq!(world.heartbeat(&ids[0], generation), ErrorCode::None);
}
