//! Classic groups under random interleavings of clients that behave, restart, vanish and misbehave.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const CLIENTS: usize = 5;
const PARTITIONS: usize = 7;

#[derive(Clone, Debug)]
enum Step {
    /// A client does what a good client does next.
    Behave(usize),
    /// It starts anew and forgets everything.
    Restart(usize),
    Leave(usize),
    /// It joins though nobody asked it to, perhaps with another subscription.
    Rejoin(usize, bool),
    /// It syncs out of turn, in this many generations from its own.
    Sync(usize, i32),
    Heartbeat(usize, i32),
    Commit(usize, i32),
    Pass(i64),
    /// The server restarts with what was stored.
    Reboot,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let client = || 0..CLIENTS;
    let step = prop_oneof![
        12 => client().prop_map(Step::Behave),
        1 => client().prop_map(Step::Restart),
        1 => client().prop_map(Step::Leave),
        1 => (client(), any::<bool>()).prop_map(|(at, changed)| Step::Rejoin(at, changed)),
        1 => (client(), -1..=1).prop_map(|(at, off)| Step::Sync(at, off)),
        1 => (client(), -1..=1).prop_map(|(at, off)| Step::Heartbeat(at, off)),
        2 => (client(), -1..=1).prop_map(|(at, off)| Step::Commit(at, off)),
        4 => (0..2_000_i64).prop_map(Step::Pass),
        1 => (2_000..30_000_i64).prop_map(Step::Pass),
        1 => Just(Step::Reboot),
    ];
    prop::collection::vec(step, 0..150)
}

/// What a client waits for.
#[derive(Clone, Copy, Debug)]
enum Parked {
    Join(Ticket),
    Sync(Ticket),
}

#[derive(Debug, Default)]
struct ClientState {
    instance_id: Option<String>,
    topic: &'static str,
    member_id: String,
    generation: i32,
    /// As the leader: whom to assign to.
    members: Option<Vec<String>>,
    parked: Option<Parked>,
    has_assignment: bool,
}

impl ClientState {
    fn forget(&mut self) {
        *self = Self {
            instance_id: self.instance_id.take(),
            topic: self.topic,
            ..Self::default()
        };
    }
}

struct Chaos {
    world: World,
    clients: Vec<ClientState>,
    /// What each member got in a generation.
    assigned: BTreeMap<i32, BTreeMap<String, String>>,
    /// What the leader of a generation said.
    said: BTreeMap<i32, BTreeMap<String, String>>,
    joined: BTreeSet<String>,
    fenced: BTreeSet<String>,
    /// Tickets up to this one died with the server.
    lost: u64,
}

impl Chaos {
    fn new() -> Self {
        let client = |at: usize| ClientState {
            instance_id: (at >= 3).then(|| format!("instance-{at}")),
            topic: "orders",
            ..ClientState::default()
        };
        Self {
            world: World::new(),
            clients: (0..CLIENTS).map(client).collect(),
            assigned: BTreeMap::new(),
            said: BTreeMap::new(),
            joined: BTreeSet::new(),
            fenced: BTreeSet::new(),
            lost: 0,
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Behave(at) => self.behave(at),
            Step::Restart(at) => self.clients[at].forget(),
            Step::Leave(at) => self.leave(at),
            Step::Rejoin(at, changed) => {
                if changed {
                    self.clients[at].topic = "payments";
                }
                self.join(at);
            }
            Step::Sync(at, off) => self.sync(at, off),
            Step::Heartbeat(at, off) => self.heartbeat(at, off),
            Step::Commit(at, off) => self.commit(at, off),
            Step::Pass(duration_ms) => self.world.pass(duration_ms),
            Step::Reboot => self.reboot(),
        }
    }

    /// What a good client does next.
    fn behave(&mut self, at: usize) {
        let client = &self.clients[at];
        match client.parked {
            Some(Parked::Join(ticket)) => self.take_join(at, ticket),
            Some(Parked::Sync(ticket)) => self.take_sync(at, ticket),
            None if client.generation == 0 => self.join(at),
            None if client.has_assignment => self.heartbeat(at, 0),
            None => self.sync(at, 0),
        }
    }

    fn join(&mut self, at: usize) {
        let fresh_id = self.world.fresh_id();
        let client = &self.clients[at];
        let request = JoinRequest {
            member_id: client.member_id.clone(),
            instance_id: client.instance_id.clone(),
            session_timeout_ms: 6_000 + 1_000 * i32::try_from(at).unwrap(),
            rebalance_timeout_ms: 1_000 + 3_000 * i32::try_from(at).unwrap(),
            protocols: vec![protocol("range", &[client.topic])],
            member_id_required: at.is_multiple_of(2),
            can_skip_assignment: at.is_multiple_of(2),
            ..join_request(&fresh_id)
        };
        let ticket = self.world.join_waiting(request);
        let client = &mut self.clients[at];
        client.has_assignment = false;
        client.parked = Some(Parked::Join(ticket));
        self.take_join(at, ticket);
    }

    fn take_join(&mut self, at: usize, ticket: Ticket) {
        let Some(Response::Join(join)) = self.world.reply(ticket) else {
            return;
        };
        let client = &mut self.clients[at];
        client.parked = None;
        match join.error {
            ErrorCode::None => {
                let leads = join.leader == join.member_id && !join.skip_assignment;
                let ids = join.members.iter().map(|member| member.member_id.clone());
                client.members = leads.then(|| ids.collect());
                client.generation = join.generation;
                client.member_id.clone_from(&join.member_id);
                self.joined.insert(join.member_id);
            }
            ErrorCode::MemberIdRequired => client.member_id = join.member_id,
            ErrorCode::RebalanceInProgress => client.generation = 0,
            ErrorCode::UnknownMemberId | ErrorCode::FencedInstanceId => self.out(at),
            error => panic!("{error:?} for a JoinGroup of {:?}", self.clients[at]),
        }
    }

    fn sync(&mut self, at: usize, off: i32) {
        let client = &self.clients[at];
        let generation = client.generation + off;
        let plan = client.members.as_ref().map(|members| plan(members));
        let assignments: Vec<(String, String)> = plan.unwrap_or_default();
        let request = SyncRequest {
            member_id: client.member_id.clone(),
            instance_id: client.instance_id.clone(),
            generation,
            protocol_type: None,
            protocol: None,
            assignments: assignments
                .iter()
                .map(|(id, bytes)| (id.clone(), Bytes::from(bytes.clone())))
                .collect(),
        };
        if client.members.is_some() && off == 0 {
            let said = assignments.into_iter().collect();
            self.said.entry(generation).or_insert(said);
        }
        let ticket = self.world.send(Request::Sync(request));
        self.clients[at].parked = Some(Parked::Sync(ticket));
        self.take_sync(at, ticket);
    }

    fn take_sync(&mut self, at: usize, ticket: Ticket) {
        let Some(Response::Sync(sync)) = self.world.reply(ticket) else {
            return;
        };
        let client = &mut self.clients[at];
        client.parked = None;
        match sync.error {
            ErrorCode::None => {
                client.has_assignment = true;
                let text = String::from_utf8(sync.assignment.to_vec()).unwrap();
                let members = self.assigned.entry(client.generation).or_default();
                members.insert(client.member_id.clone(), text);
                let generation = client.generation;
                self.check_assignments(generation);
            }
            ErrorCode::RebalanceInProgress | ErrorCode::IllegalGeneration => client.generation = 0,
            ErrorCode::UnknownMemberId | ErrorCode::FencedInstanceId => self.out(at),
            error => panic!("{error:?} for a SyncGroup of {client:?}"),
        }
    }

    fn heartbeat(&mut self, at: usize, off: i32) {
        let client = &self.clients[at];
        let request = HeartbeatRequest {
            member_id: client.member_id.clone(),
            instance_id: client.instance_id.clone(),
            generation: client.generation + off,
        };
        let Response::Heartbeat(error) = self.world.ask(Request::Heartbeat(request)) else {
            panic!("no answer to a Heartbeat");
        };
        let client = &mut self.clients[at];
        match error {
            ErrorCode::None => {}
            ErrorCode::RebalanceInProgress | ErrorCode::IllegalGeneration => {
                client.generation = 0;
                client.has_assignment = false;
            }
            ErrorCode::UnknownMemberId | ErrorCode::FencedInstanceId => self.out(at),
            error => panic!("{error:?} for a Heartbeat of {client:?}"),
        }
    }

    fn commit(&mut self, at: usize, off: i32) {
        let client = &self.clients[at];
        let commit = Commit {
            instance_id: client.instance_id.clone(),
            ..commit_of(&client.member_id, client.generation + off)
        };
        self.try_commit(&commit);
        // Nobody who was told that it is out comes through, whatever it claims.
        let current = self.current_generation();
        for id in self.fenced.clone() {
            let outcome = self.world.commit(&commit_of(&id, current));
            // A group that nobody joined goes with those who were about to.
            let is_out = matches!(
                outcome,
                Err(ErrorCode::UnknownMemberId | ErrorCode::GroupIdNotFound)
            );
            assert!(is_out, "{id}: {outcome:?}");
        }
    }

    fn try_commit(&mut self, commit: &Commit) {
        let current = self.current_generation();
        let outcome = self.world.commit(commit);
        if outcome.is_ok() && commit.epoch >= 0 {
            assert_eq!(commit.epoch, current);
            assert!(!self.fenced.contains(&commit.member_id), "{commit:?}");
        }
    }

    fn leave(&mut self, at: usize) {
        let client = &self.clients[at];
        let (id, instance) = (client.member_id.clone(), client.instance_id.clone());
        if self.world.leave(&id, instance.as_deref()) == ErrorCode::None && !id.is_empty() {
            self.fenced.insert(id);
        }
        self.clients[at].forget();
    }

    /// The client heard that it is not a member.
    fn out(&mut self, at: usize) {
        let id = self.clients[at].member_id.clone();
        if self.joined.contains(&id) {
            self.fenced.insert(id);
        }
        self.clients[at].forget();
    }

    fn reboot(&mut self) {
        let mut coordinator = Coordinator::new(Settings::default(), find_prefix);
        for record in self.world.records.values() {
            coordinator.restore(record.clone());
        }
        self.world.coordinator = coordinator;
        self.lost = self.world.tickets;
        self.fenced.extend(self.joined.iter().cloned());
        for client in &mut self.clients {
            // The connection broke: who waited asks again.
            if let Some(parked) = client.parked
                && !self.world.replies.contains_key(match &parked {
                    Parked::Join(ticket) | Parked::Sync(ticket) => ticket,
                })
            {
                client.parked = None;
            }
        }
    }

    fn current_generation(&self) -> i32 {
        self.world
            .records
            .get(&key("g"))
            .map_or(0, |record| record.epoch)
    }

    /// What the members of a generation have is what its leader said, each partition once. A static
    /// member that came back under another id has what it had; its earlier id is no member.
    fn check_assignments(&mut self, generation: i32) {
        let shown = self.world.coordinator.describe_classic(&key("g"));
        let members = shown.map_or(Vec::new(), |shown| shown.members);
        let Some(assigned) = self.assigned.get_mut(&generation) else {
            return;
        };
        assigned.retain(|id, _| members.iter().any(|member| member.member_id == *id));
        let mut seen = BTreeSet::new();
        for (id, text) in assigned.iter() {
            for partition in text.split(',').filter(|number| !number.is_empty()) {
                assert!(
                    seen.insert(partition.to_owned()),
                    "{partition} twice in generation {generation}: {assigned:?}"
                );
            }
            if let Some(said) = self.said.get(&generation).and_then(|said| said.get(id)) {
                assert_eq!(text, said);
            }
        }
    }

    /// However it went: whoever waits is answered, and a group comes to be stable again.
    fn settle(&mut self) {
        self.world.pass(NEW_MEMBER_JOIN_TIMEOUT_MS + 60_000);
        for ticket in (self.lost + 1..=self.world.tickets).map(Ticket) {
            assert!(self.world.replies.contains_key(&ticket), "{ticket:?}");
        }
        for _ in 0..60 {
            for at in 0..CLIENTS {
                self.behave(at);
            }
            self.world.pass(500);
        }
        assert_eq!(self.world.state(), "Stable", "{:?}", self.clients);
        let generation = self.current_generation();
        for client in &self.clients {
            assert!(client.has_assignment, "{client:?}");
            assert_eq!(client.generation, generation, "{client:?}");
        }
        let given: usize = self.assigned[&generation]
            .values()
            .map(|text| text.split(',').filter(|number| !number.is_empty()).count())
            .sum();
        assert_eq!(given, PARTITIONS);
    }
}

/// Each partition to one of the members, in turn.
fn plan(members: &[String]) -> Vec<(String, String)> {
    let of = |at: usize| {
        let numbers = (at..PARTITIONS).step_by(members.len().max(1));
        let texts: Vec<String> = numbers.map(|number| number.to_string()).collect();
        texts.join(",")
    };
    let plan = members.iter().enumerate();
    plan.map(|(at, id)| (id.clone(), of(at))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_group_holds_together(steps in steps()) {
        let mut chaos = Chaos::new();
        for step in &steps {
            chaos.step(step);
        }
        chaos.settle();
    }
}
