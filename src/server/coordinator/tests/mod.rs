//! The coordinator as its members and those who look at it see it.

mod classic;
mod consumer;
mod groups;
mod properties_classic;
mod properties_consumer;
mod static_members;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use uuid::Uuid;

use super::settings::*;
use super::views::GroupState;
use super::*;

/// A coordinator with a clock, and all that it answered.
struct World {
    coordinator: Coordinator,
    now_ms: i64,
    tickets: u64,
    ids: u64,
    replies: BTreeMap<Ticket, Response>,
    records: BTreeMap<GroupKey, GroupRecord>,
}

impl World {
    fn new() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        Self {
            coordinator: Coordinator::new(settings, find_prefix),
            now_ms: 1_000_000,
            tickets: 0,
            ids: 0,
            replies: BTreeMap::new(),
            records: BTreeMap::new(),
        }
    }

    fn fresh_id(&mut self) -> String {
        self.ids += 1;
        format!("id-{}", self.ids)
    }

    fn event(&mut self, event: Event) {
        let actions = self.coordinator.handle(self.now_ms, event);
        for action in actions {
            match action {
                Action::Persist(record) => {
                    let before = self.records.insert(record.key.clone(), record.clone());
                    let before = before.map_or(0, |before| before.epoch);
                    assert!(record.epoch >= before, "{record:?} after {before}");
                }
                Action::Reply { ticket, response } => {
                    let earlier = self.replies.insert(ticket, response);
                    assert_eq!(earlier, None, "{ticket:?} was answered twice");
                }
            }
        }
    }

    fn send_to(&mut self, group: &str, request: Request) -> Ticket {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.event(Event::Request {
            key: key(group),
            ticket,
            request: Box::new(request),
        });
        ticket
    }

    fn send(&mut self, request: Request) -> Ticket {
        self.send_to("g", request)
    }

    /// The answer to a request that is answered at once.
    fn ask(&mut self, request: Request) -> Response {
        let ticket = self.send(request);
        self.reply(ticket).expect("an answer at once")
    }

    fn reply(&mut self, ticket: Ticket) -> Option<Response> {
        self.replies.get(&ticket).cloned()
    }

    /// Lets time pass, with a tick at each deadline.
    fn pass(&mut self, duration_ms: i64) {
        let end_ms = self.now_ms + duration_ms;
        while let Some(deadline_ms) = self.coordinator.next_deadline_ms() {
            if deadline_ms > end_ms {
                break;
            }
            self.now_ms = deadline_ms.max(self.now_ms);
            self.event(Event::Tick);
            let next_ms = self.coordinator.next_deadline_ms();
            assert!(
                next_ms.is_none_or(|next_ms| next_ms > self.now_ms),
                "a tick leaves work undone"
            );
        }
        self.now_ms = end_ms;
        self.event(Event::Tick);
    }

    fn topics(&mut self, topics: &[(&str, i32)]) {
        let topics = topics.iter().map(|&(name, partitions)| {
            let id = topic_id(name);
            (name.to_owned(), Topic { id, partitions })
        });
        self.event(Event::TopicsChanged {
            scope: "pool".into(),
            topics: topics.collect(),
        });
    }

    fn commit(&mut self, commit: &Commit) -> Result<(), ErrorCode> {
        let (now_ms, key) = (self.now_ms, key("g"));
        self.coordinator
            .check_commit(now_ms, &key, commit)
            .map(|_| ())
    }

    fn state(&self) -> &'static str {
        let groups = self.coordinator.list("pool", &ListFilter::default());
        groups.first().map_or("Dead", |group| group.state.name())
    }

    // The classic protocol.

    fn join_waiting(&mut self, request: JoinRequest) -> Ticket {
        self.send(Request::Join(request))
    }

    fn joined(&mut self, ticket: Ticket) -> JoinResponse {
        match self.reply(ticket) {
            Some(Response::Join(response)) => response,
            other => panic!("{other:?} is no answer to a JoinGroup"),
        }
    }

    fn synced(&mut self, ticket: Ticket) -> SyncResponse {
        match self.reply(ticket) {
            Some(Response::Sync(response)) => response,
            other => panic!("{other:?} is no answer to a SyncGroup"),
        }
    }

    fn join(&mut self, request: JoinRequest) -> JoinResponse {
        let ticket = self.join_waiting(request);
        self.joined(ticket)
    }

    fn newcomer(&mut self) -> JoinRequest {
        join_request(&self.fresh_id())
    }

    fn heartbeat(&mut self, member_id: &str, generation: i32) -> ErrorCode {
        let request = HeartbeatRequest {
            member_id: member_id.into(),
            instance_id: None,
            generation,
        };
        match self.ask(Request::Heartbeat(request)) {
            Response::Heartbeat(error) => error,
            other => panic!("{other:?} is no answer to a Heartbeat"),
        }
    }

    fn sync_waiting(
        &mut self,
        member_id: &str,
        generation: i32,
        assignments: &[(&str, &str)],
    ) -> Ticket {
        let assignments = assignments
            .iter()
            .map(|(id, bytes)| ((*id).to_owned(), Bytes::copy_from_slice(bytes.as_bytes())));
        let request = SyncRequest {
            member_id: member_id.into(),
            instance_id: None,
            generation,
            protocol_type: Some("consumer".into()),
            protocol: Some("range".into()),
            assignments: assignments.collect(),
        };
        self.send(Request::Sync(request))
    }

    fn leave(&mut self, member_id: &str, instance_id: Option<&str>) -> ErrorCode {
        let member = LeavingMember {
            member_id: member_id.into(),
            instance_id: instance_id.map(str::to_owned),
        };
        let request = LeaveRequest {
            members: vec![member],
        };
        match self.ask(Request::Leave(request)) {
            Response::Leave(response) => response.members[0].1,
            other => panic!("{other:?} is no answer to a LeaveGroup"),
        }
    }

    /// A stable group of this many dynamic members, its leader first. Returns their ids and the
    /// generation.
    fn stable_group(&mut self, count: usize) -> (Vec<String>, i32) {
        let requests: Vec<JoinRequest> = (0..count).map(|_| self.newcomer()).collect();
        self.stabilize(requests)
    }

    /// Lets these join, and gives each the name of its number as its assignment.
    fn stabilize(&mut self, requests: Vec<JoinRequest>) -> (Vec<String>, i32) {
        let tickets: Vec<Ticket> = requests
            .into_iter()
            .map(|request| self.join_waiting(request))
            .collect();
        self.pass(300);
        let joins: Vec<JoinResponse> = tickets
            .into_iter()
            .map(|ticket| self.joined(ticket))
            .collect();
        let generation = joins[0].generation;
        let ids: Vec<String> = joins.iter().map(|join| join.member_id.clone()).collect();
        let names: Vec<String> = (0..ids.len()).map(|at| at.to_string()).collect();
        let assignments: Vec<(&str, &str)> = ids
            .iter()
            .zip(&names)
            .map(|(id, name)| (id.as_str(), name.as_str()))
            .collect();
        let leader = joins[0].leader.clone();
        let syncs: Vec<Ticket> = ids
            .iter()
            .map(|id| {
                let given = if *id == leader { &assignments[..] } else { &[] };
                self.sync_waiting(id, generation, given)
            })
            .collect();
        for (at, ticket) in syncs.into_iter().enumerate() {
            let synced = self.synced(ticket);
            assert_eq!(
                (synced.error, synced.assignment),
                (ErrorCode::None, Bytes::from(at.to_string()))
            );
        }
        (ids, generation)
    }

    // KIP-848.

    fn beat(&mut self, request: ConsumerHeartbeatRequest) -> ConsumerHeartbeatResponse {
        match self.ask(Request::ConsumerHeartbeat(request)) {
            Response::ConsumerHeartbeat(response) => response,
            other => panic!("{other:?} is no answer to a ConsumerGroupHeartbeat"),
        }
    }
}

fn key(group: &str) -> GroupKey {
    GroupKey {
        scope: "pool".into(),
        group: group.into(),
    }
}

/// The id of the topic of this name.
fn topic_id(name: &str) -> TopicId {
    let mut bytes = [0; 16];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    Uuid::from_bytes(bytes)
}

fn partitions(topic: &str, numbers: impl IntoIterator<Item = i32>) -> PartitionSet {
    let topic = topic_id(topic);
    numbers
        .into_iter()
        .map(|partition| TopicPartition { topic, partition })
        .collect()
}

/// Stands for regular expressions: names that begin with the pattern.
fn find_prefix(pattern: &str, topics: &Topics) -> Result<BTreeSet<TopicId>, String> {
    if pattern.contains('(') {
        return Err("unclosed group".into());
    }
    Ok(topics
        .iter()
        .filter(|(name, _)| name.starts_with(pattern))
        .map(|(_, topic)| topic.id)
        .collect())
}

/// The subscription of the consumer protocol to these topics.
fn subscription(topics: &[&str]) -> Bytes {
    let mut bytes = vec![0, 0];
    bytes.extend(u32::try_from(topics.len()).unwrap().to_be_bytes());
    for topic in topics {
        bytes.extend(u16::try_from(topic.len()).unwrap().to_be_bytes());
        bytes.extend(topic.as_bytes());
    }
    bytes.into()
}

fn protocol(name: &str, topics: &[&str]) -> Protocol {
    Protocol {
        name: name.into(),
        metadata: subscription(topics),
    }
}

/// JoinGroup of a member that has no id, as a client of version 3 sends it: it is let in at once.
fn join_request(fresh_id: &str) -> JoinRequest {
    JoinRequest {
        member_id: String::new(),
        fresh_member_id: fresh_id.into(),
        instance_id: None,
        client: Client {
            id: "client".into(),
            host: "/127.0.0.1".into(),
        },
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 60_000,
        protocol_type: "consumer".into(),
        protocols: vec![protocol("range", &["orders"])],
        member_id_required: false,
        can_skip_assignment: true,
    }
}

/// JoinGroup of a member that knows its id.
fn rejoin_request(member_id: &str) -> JoinRequest {
    JoinRequest {
        member_id: member_id.into(),
        ..join_request("unused")
    }
}

/// JoinGroup of a static member that has just started.
fn static_request(fresh_id: &str, instance_id: &str) -> JoinRequest {
    JoinRequest {
        instance_id: Some(instance_id.into()),
        member_id_required: true,
        ..join_request(fresh_id)
    }
}

fn commit_of(member_id: &str, epoch: i32) -> Commit {
    Commit {
        member_id: member_id.into(),
        instance_id: None,
        epoch,
        knows_member_epochs: true,
    }
}

/// The first heartbeat of a member.
fn first_beat(member_id: &str, topics: &[&str]) -> ConsumerHeartbeatRequest {
    ConsumerHeartbeatRequest {
        member_id: member_id.into(),
        fresh_member_id: String::new(),
        member_epoch: 0,
        instance_id: None,
        rack_id: None,
        client: Client::default(),
        rebalance_timeout_ms: Some(60_000),
        topic_names: Some(topics.iter().map(|name| (*name).to_owned()).collect()),
        topic_pattern: None,
        assignor: None,
        owned: Some(PartitionSet::new()),
    }
}

/// A heartbeat that says nothing new.
fn quiet_beat(member_id: &str, epoch: i32) -> ConsumerHeartbeatRequest {
    ConsumerHeartbeatRequest {
        member_epoch: epoch,
        rebalance_timeout_ms: None,
        topic_names: None,
        owned: None,
        ..first_beat(member_id, &[])
    }
}

/// A heartbeat that says what the member holds.
fn owning_beat(member_id: &str, epoch: i32, owned: PartitionSet) -> ConsumerHeartbeatRequest {
    ConsumerHeartbeatRequest {
        owned: Some(owned),
        ..quiet_beat(member_id, epoch)
    }
}
