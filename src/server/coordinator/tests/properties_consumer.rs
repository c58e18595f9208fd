//! KIP-848 groups under random interleavings: joins, leaves, lost answers, slow revocation, silence,
//! static members, changing subscriptions and topics, restarts of the server.

use proptest::prelude::*;

use super::*;

const CLIENTS: usize = 5;
const TOPICS: [&str; 3] = ["orders", "payments", "other"];

#[derive(Clone, Debug)]
enum Step {
    /// A heartbeat; its answer may be lost.
    Beat(usize, bool),
    /// The client gives up and takes up what it was told.
    Apply(usize),
    /// It subscribes to the topics of this bit set.
    Subscribe(usize, usize),
    Leave(usize),
    /// It is killed, and forgets everything.
    Kill(usize),
    Commit(usize),
    Topics([i32; 3]),
    Pass(i64),
    Reboot,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let client = || 0..CLIENTS;
    let step = prop_oneof![
        10 => (client(), prop::bool::weighted(0.1)).prop_map(|(at, lost)| Step::Beat(at, lost)),
        8 => client().prop_map(Step::Apply),
        1 => (client(), 1..8_usize).prop_map(|(at, topics)| Step::Subscribe(at, topics)),
        1 => client().prop_map(Step::Leave),
        1 => client().prop_map(Step::Kill),
        2 => client().prop_map(Step::Commit),
        1 => [0..9_i32, 0..3, 0..5].prop_map(Step::Topics),
        4 => (0..5_000_i64).prop_map(Step::Pass),
        1 => (5_000..50_000_i64).prop_map(Step::Pass),
        1 => Just(Step::Reboot),
    ];
    prop::collection::vec(step, 0..150)
}

#[derive(Debug, Default)]
struct Member {
    instance_id: Option<String>,
    assignor: Option<String>,
    topics: Vec<String>,
    member_id: String,
    epoch: i32,
    told: PartitionSet,
    owned: PartitionSet,
    /// Its last answer was lost. It says everything then, and takes up nothing before it hears
    /// again: KIP-848 does not cover one that says what it holds, is no longer heard, and then
    /// takes up what it was told earlier.
    missed_answer: bool,
    /// What it subscribes to changed since its last heartbeat.
    is_resubscribed: bool,
    /// What it holds changed since its last heartbeat.
    has_news: bool,
}

struct Chaos {
    world: World,
    members: Vec<Member>,
    partitions: [i32; 3],
}

impl Chaos {
    fn new() -> Self {
        let mut world = World::new();
        let members = (0..CLIENTS)
            .map(|at| Member {
                instance_id: (at >= 3).then(|| format!("instance-{at}")),
                assignor: (at == 1).then(|| "range".to_owned()),
                topics: vec![TOPICS[0].into(), TOPICS[1].into()],
                member_id: world.fresh_id(),
                ..Member::default()
            })
            .collect();
        let mut chaos = Self {
            world,
            members,
            partitions: [0; 3],
        };
        chaos.set_topics([7, 2, 3]);
        chaos
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Beat(at, is_lost) => self.beat(at, is_lost),
            Step::Apply(at) => self.apply(at),
            Step::Subscribe(at, topics) => self.subscribe(at, topics),
            Step::Leave(at) => self.leave(at),
            Step::Kill(at) => self.kill(at),
            Step::Commit(at) => self.commit(at),
            Step::Topics(partitions) => self.set_topics(partitions),
            Step::Pass(duration_ms) => self.world.pass(duration_ms),
            Step::Reboot => self.reboot(),
        }
        self.check_owners();
    }

    fn set_topics(&mut self, partitions: [i32; 3]) {
        self.partitions = partitions;
        let topics: Vec<(&str, i32)> = TOPICS.into_iter().zip(partitions).collect();
        let existing: Vec<(&str, i32)> =
            topics.into_iter().filter(|(_, count)| *count > 0).collect();
        self.world.topics(&existing);
    }

    fn request(&self, at: usize) -> ConsumerHeartbeatRequest {
        let member = &self.members[at];
        let tells_all = member.missed_answer || member.epoch == 0;
        ConsumerHeartbeatRequest {
            member_id: member.member_id.clone(),
            fresh_member_id: String::new(),
            member_epoch: member.epoch,
            instance_id: member.instance_id.clone(),
            rack_id: None,
            client: Client::default(),
            rebalance_timeout_ms: tells_all.then_some(20_000),
            topic_names: (tells_all || member.is_resubscribed).then(|| member.topics.clone()),
            topic_pattern: None,
            assignor: member.assignor.clone().filter(|_| tells_all),
            owned: (tells_all || member.has_news).then(|| member.owned.clone()),
        }
    }

    fn beat(&mut self, at: usize, is_lost: bool) {
        let request = self.request(at);
        let response = self.world.beat(request);
        let member = &mut self.members[at];
        if is_lost {
            member.missed_answer = true;
            return;
        }
        match response.error {
            ErrorCode::None => {
                assert!(response.member_epoch >= member.epoch);
                member.epoch = response.member_epoch;
                member.missed_answer = false;
                member.is_resubscribed = false;
                member.has_news = false;
                if let Some(assignment) = response.assignment {
                    member.told = assignment;
                }
            }
            ErrorCode::UnknownMemberId
            | ErrorCode::FencedMemberEpoch
            | ErrorCode::GroupIdNotFound
            | ErrorCode::FencedInstanceId => {
                assert_ne!(member.epoch, 0, "joining is not fenced: {member:?}");
                let stale = commit_of(&member.member_id, member.epoch);
                member.epoch = 0;
                member.told.clear();
                member.owned.clear();
                assert!(self.world.commit(&stale).is_err(), "{stale:?}");
            }
            ErrorCode::UnreleasedInstanceId => assert!(member.instance_id.is_some()),
            error => panic!("{error:?} for {member:?}"),
        }
    }

    fn apply(&mut self, at: usize) {
        let member = &mut self.members[at];
        if member.epoch > 0 && !member.missed_answer && member.owned != member.told {
            member.owned = member.told.clone();
            member.has_news = true;
        }
    }

    fn subscribe(&mut self, at: usize, topics: usize) {
        let member = &mut self.members[at];
        let chosen = (0..3).filter(|bit| topics >> bit & 1 == 1);
        member.topics = chosen.map(|bit| TOPICS[bit].to_owned()).collect();
        member.is_resubscribed = true;
    }

    /// A dynamic member leaves for good, a static one for a while.
    fn leave(&mut self, at: usize) {
        let member = &self.members[at];
        let epoch = if member.instance_id.is_some() { -2 } else { -1 };
        let request = ConsumerHeartbeatRequest {
            instance_id: member.instance_id.clone(),
            ..quiet_beat(&member.member_id, epoch)
        };
        self.world.beat(request);
        self.kill(at);
    }

    fn kill(&mut self, at: usize) {
        let fresh_id = self.world.fresh_id();
        let member = &mut self.members[at];
        let dead = std::mem::take(member);
        *member = Member {
            instance_id: dead.instance_id,
            assignor: dead.assignor,
            topics: dead.topics,
            member_id: fresh_id,
            ..Member::default()
        };
    }

    fn commit(&mut self, at: usize) {
        let member = &self.members[at];
        let (id, epoch) = (member.member_id.clone(), member.epoch);
        let outcome = self.world.commit(&commit_of(&id, epoch));
        let is_current = self.shown().is_some_and(|shown| {
            let mut members = shown.members.iter();
            members.any(|one| one.member_id == id && one.member_epoch == epoch)
        });
        assert_eq!(outcome.is_ok(), is_current, "{outcome:?}");
    }

    fn reboot(&mut self) {
        let mut coordinator = Coordinator::new(Settings::default(), find_prefix);
        for record in self.world.records.values() {
            coordinator.restore(record.clone());
        }
        self.world.coordinator = coordinator;
        self.set_topics(self.partitions);
    }

    fn shown(&self) -> Option<ConsumerDescription> {
        self.world.coordinator.describe_consumer(&key("g"))
    }

    /// No partition has two owners: by the coordinator's word, and by what members hold that the
    /// coordinator still counts as members.
    fn check_owners(&self) {
        let Some(shown) = self.shown() else {
            return;
        };
        let mut assigned = PartitionSet::new();
        let mut target = PartitionSet::new();
        let mut owned = PartitionSet::new();
        for one in &shown.members {
            for partition in &one.assigned {
                assert!(assigned.insert(*partition), "{partition:?} in {shown:#?}");
            }
            for partition in &one.target {
                assert!(target.insert(*partition), "{partition:?} in {shown:#?}");
            }
            let member = self.members.iter().find(|member| {
                member.member_id == one.member_id && member.epoch > 0 && one.member_epoch > 0
            });
            for partition in member.iter().flat_map(|member| &member.owned) {
                assert!(owned.insert(*partition), "{partition:?} in {shown:#?}");
            }
        }
    }

    /// Left in peace, all come to the same epoch and share all partitions.
    fn settle(&mut self) {
        for _ in 0..120 {
            for at in 0..CLIENTS {
                self.beat(at, false);
                self.apply(at);
                self.check_owners();
            }
            self.world.pass(1_000);
        }
        let shown = self.shown().unwrap();
        assert_eq!(shown.state, GroupState::Stable, "{shown:#?}");
        assert_eq!(shown.members.len(), CLIENTS);
        let mut owned = PartitionSet::new();
        for member in &self.members {
            assert_eq!(member.epoch, shown.epoch);
            for partition in &member.owned {
                assert!(owned.insert(*partition), "{partition:?} in {shown:#?}");
            }
        }
        let mut wanted = PartitionSet::new();
        for (topic, count) in TOPICS.into_iter().zip(self.partitions) {
            let is_read = |member: &Member| member.topics.iter().any(|name| name == topic);
            if self.members.iter().any(is_read) {
                wanted.extend(partitions(topic, 0..count));
            }
        }
        assert_eq!(owned, wanted);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn members_converge_and_never_share(steps in steps()) {
        let mut chaos = Chaos::new();
        for step in &steps {
            chaos.step(step);
        }
        chaos.settle();
    }
}
