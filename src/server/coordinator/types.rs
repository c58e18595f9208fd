//! What goes into the coordinator and what comes out: plain types, free of Kafka's versions.

use bytes::Bytes;

use super::error::ErrorCode;
use super::topics::{PartitionSet, Topics};

/// One group of one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct GroupKey {
    /// Whose groups: the same name in two scopes is two groups. The stream pool's OCID.
    pub scope: String,
    /// The group's name.
    pub group: String,
}

/// Names the caller who waits for an answer. Each is answered once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Ticket(pub u64);

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A member asks.
    Request {
        /// Which group.
        key: GroupKey,
        /// Who waits for the answer.
        ticket: Ticket,
        /// What it asks.
        request: Box<Request>,
    },
    /// The topics of a scope, all of them. Says nothing new when they are as they were.
    TopicsChanged {
        /// Whose topics.
        scope: String,
        /// All of them.
        topics: Topics,
    },
    /// Time passed.
    Tick,
}

/// A request of a member.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    /// JoinGroup.
    Join(JoinRequest),
    /// SyncGroup.
    Sync(SyncRequest),
    /// Heartbeat.
    Heartbeat(HeartbeatRequest),
    /// LeaveGroup.
    Leave(LeaveRequest),
    /// ConsumerGroupHeartbeat.
    ConsumerHeartbeat(ConsumerHeartbeatRequest),
}

/// Something to do, in the order of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Store this before what follows is done: an answer may tell of it.
    Persist(GroupRecord),
    /// Answer the one with this ticket.
    Reply {
        /// Who.
        ticket: Ticket,
        /// With what.
        response: Response,
    },
}

/// The answer to a [`Request`], of the same kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Response {
    /// To [`Request::Join`].
    Join(JoinResponse),
    /// To [`Request::Sync`].
    Sync(SyncResponse),
    /// To [`Request::Heartbeat`].
    Heartbeat(ErrorCode),
    /// To [`Request::Leave`].
    Leave(LeaveResponse),
    /// To [`Request::ConsumerHeartbeat`].
    ConsumerHeartbeat(ConsumerHeartbeatResponse),
}

/// The two protocols of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum GroupKind {
    /// JoinGroup and SyncGroup: a member, the leader, assigns.
    Classic,
    /// KIP-848: the coordinator assigns.
    Consumer,
}

/// What must be stored of a group.
///
/// Members are not: after a restart they hear UNKNOWN_MEMBER_ID and join anew, and the epoch that
/// goes on upward keeps those that did not hear it from committing. Committed offsets are stored
/// elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupRecord {
    /// Which group.
    pub key: GroupKey,
    /// Its kind.
    pub kind: GroupKind,
    /// Generation of a classic group, epoch of a KIP-848 group. 0: offsets were committed, but
    /// nobody joined.
    pub epoch: i32,
    /// Protocol type of a classic group (`consumer`, `connect`), when one is known.
    pub protocol_type: Option<String>,
}

/// The program behind a member, for those who look at the group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Client {
    /// The client id it gave itself.
    pub id: String,
    /// Where it comes from.
    pub host: String,
}

/// A way to assign partitions that a classic member offers, with what the leader must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Protocol {
    /// `range`, `cooperative-sticky` and the like.
    pub name: String,
    /// The subscription. Only members look into it.
    pub metadata: Bytes,
}

/// JoinGroup.
#[derive(Clone, Debug)]
pub(crate) struct JoinRequest {
    /// The member's id, empty when it has none yet.
    pub member_id: String,
    /// The id to give a member that has none, never used before.
    pub fresh_member_id: String,
    /// Its instance id, when it is a static member.
    pub instance_id: Option<String>,
    /// Who it is.
    pub client: Client,
    /// How long it may be silent, in milliseconds.
    pub session_timeout_ms: i32,
    /// How long it may take to join again, in milliseconds. Version 0 has none: its session timeout.
    pub rebalance_timeout_ms: i32,
    /// `consumer`, `connect` and the like.
    pub protocol_type: String,
    /// What it offers, best first.
    pub protocols: Vec<Protocol>,
    /// Version 4 and later: a new member is given its id first and joins with it (KIP-394).
    pub member_id_required: bool,
    /// Version 9 and later: a leader can be told that there is nothing to assign (KIP-814).
    pub can_skip_assignment: bool,
}

/// Answer to JoinGroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JoinResponse {
    /// Whether it worked.
    pub error: ErrorCode,
    /// The group's generation; -1 with an error.
    pub generation: i32,
    /// The group's protocol type.
    pub protocol_type: Option<String>,
    /// The protocol chosen.
    pub protocol: Option<String>,
    /// The leader's member id.
    pub leader: String,
    /// The member that asked is the leader, and has nothing to assign.
    pub skip_assignment: bool,
    /// The id of the member that asked.
    pub member_id: String,
    /// For the leader: all members.
    pub members: Vec<JoinedMember>,
}

impl JoinResponse {
    /// A refusal.
    pub(super) fn refused(error: ErrorCode, member_id: String) -> Self {
        Self {
            error,
            generation: -1,
            protocol_type: None,
            protocol: None,
            leader: String::new(),
            skip_assignment: false,
            member_id,
            members: Vec::new(),
        }
    }
}

/// A member as the leader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JoinedMember {
    /// Its id.
    pub member_id: String,
    /// Its instance id, when it is a static member.
    pub instance_id: Option<String>,
    /// What it gave along with the protocol chosen.
    pub metadata: Bytes,
}

/// SyncGroup.
#[derive(Clone, Debug)]
pub(crate) struct SyncRequest {
    /// The member's id.
    pub member_id: String,
    /// Its instance id, when it is a static member.
    pub instance_id: Option<String>,
    /// The generation it joined.
    pub generation: i32,
    /// The protocol type it knows, from version 5.
    pub protocol_type: Option<String>,
    /// The protocol it knows, from version 5.
    pub protocol: Option<String>,
    /// From the leader: each member's assignment.
    pub assignments: Vec<(String, Bytes)>,
}

/// Answer to SyncGroup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SyncResponse {
    /// Whether it worked.
    pub error: ErrorCode,
    /// The group's protocol type.
    pub protocol_type: Option<String>,
    /// The protocol chosen.
    pub protocol: Option<String>,
    /// What the leader assigned to the member.
    pub assignment: Bytes,
}

impl SyncResponse {
    /// A refusal.
    pub(super) fn refused(error: ErrorCode) -> Self {
        Self {
            error,
            ..Self::default()
        }
    }
}

/// Heartbeat.
#[derive(Clone, Debug)]
pub(crate) struct HeartbeatRequest {
    /// The member's id.
    pub member_id: String,
    /// Its instance id, when it is a static member.
    pub instance_id: Option<String>,
    /// The generation it joined.
    pub generation: i32,
}

/// LeaveGroup. Versions before 3 name one member, whose error is then the error of the reply.
#[derive(Clone, Debug)]
pub(crate) struct LeaveRequest {
    /// Who leaves.
    pub members: Vec<LeavingMember>,
}

/// One that leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeavingMember {
    /// Its id. Empty when an administrator removes a static member.
    pub member_id: String,
    /// Its instance id, when it is a static member.
    pub instance_id: Option<String>,
}

/// Answer to LeaveGroup: each member of the request with its outcome, in the same order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeaveResponse {
    /// Each member's.
    pub members: Vec<(LeavingMember, ErrorCode)>,
}

/// ConsumerGroupHeartbeat. `None` says: as I told you before.
#[derive(Clone, Debug)]
pub(crate) struct ConsumerHeartbeatRequest {
    /// The member's id. A version 0 client may have none when it joins.
    pub member_id: String,
    /// The id to give a member that has none, never used before.
    pub fresh_member_id: String,
    /// 0 to join, -1 to leave, -2 to leave for a while as a static member, else its epoch.
    pub member_epoch: i32,
    /// Its instance id, when it is a static member.
    pub instance_id: Option<String>,
    /// Where it runs.
    pub rack_id: Option<String>,
    /// Who it is.
    pub client: Client,
    /// How long it may take to give up partitions, in milliseconds.
    pub rebalance_timeout_ms: Option<i32>,
    /// The topics it wants, by name. Those that do not exist are waited for.
    pub topic_names: Option<Vec<String>>,
    /// The topics it wants, by pattern; empty for none.
    pub topic_pattern: Option<String>,
    /// `uniform` or `range`.
    pub assignor: Option<String>,
    /// The partitions it holds.
    pub owned: Option<PartitionSet>,
}

/// Answer to ConsumerGroupHeartbeat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConsumerHeartbeatResponse {
    /// Whether it worked.
    pub error: ErrorCode,
    /// What is wrong.
    pub message: Option<String>,
    /// The member's id.
    pub member_id: Option<String>,
    /// The member's epoch.
    pub member_epoch: i32,
    /// When to show itself again, in milliseconds.
    pub heartbeat_interval_ms: i32,
    /// What the member shall hold, when that is news to it.
    pub assignment: Option<PartitionSet>,
}

/// Who commits offsets.
#[derive(Clone, Debug)]
pub(crate) struct Commit {
    /// The member's id, empty for one that is not in the group.
    pub member_id: String,
    /// Its instance id, when it is a static member.
    pub instance_id: Option<String>,
    /// The generation or member epoch; negative for one that is not in the group.
    pub epoch: i32,
    /// Version 9 and later: the client knows the errors of KIP-848.
    pub knows_member_epochs: bool,
}

/// Who asks for committed offsets, from version 9.
#[derive(Clone, Debug)]
pub(crate) struct Fetch {
    /// The member's id, none for one that is not in the group.
    pub member_id: Option<String>,
    /// The member's epoch; negative for one that is not in the group.
    pub epoch: i32,
}
