//! What those who look at groups from outside are shown.

use bytes::Bytes;

use super::topics::PartitionSet;
use super::types::{Client, GroupKind};

/// The state of a group, of either kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum GroupState {
    /// No members.
    Empty,
    /// Classic: waits for members to join.
    PreparingRebalance,
    /// Classic: waits for the leader's assignment.
    CompletingRebalance,
    /// All members have what they shall have.
    Stable,
    /// KIP-848: members are on their way to what they shall have.
    Reconciling,
}

impl GroupState {
    /// The name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::PreparingRebalance => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Stable => "Stable",
            Self::Reconciling => "Reconciling",
        }
    }
}

impl GroupKind {
    /// The name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Consumer => "consumer",
        }
    }
}

/// A line of ListGroups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupListing {
    /// The group's name.
    pub group: String,
    /// Its kind.
    pub kind: GroupKind,
    /// Its state.
    pub state: GroupState,
    /// `consumer`, `connect`; empty when nobody ever joined.
    pub protocol_type: String,
}

/// Which groups ListGroups shows. An empty list lets all through; letter case does not count.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListFilter {
    /// Names of states.
    pub states: Vec<String>,
    /// Names of kinds.
    pub kinds: Vec<String>,
}

impl ListFilter {
    /// Whether a group is shown.
    pub(super) fn accepts(&self, listing: &GroupListing) -> bool {
        let allows = |names: &[String], name: &str| {
            names.is_empty() || names.iter().any(|one| one.eq_ignore_ascii_case(name))
        };
        allows(&self.states, listing.state.name()) && allows(&self.kinds, listing.kind.name())
    }
}

/// A classic group, for DescribeGroups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClassicDescription {
    /// Its state.
    pub state: GroupState,
    /// `consumer`, `connect`; empty when nobody ever joined.
    pub protocol_type: String,
    /// The protocol chosen; empty unless the group is stable.
    pub protocol: String,
    /// Its members, by id.
    pub members: Vec<ClassicMemberDescription>,
}

/// A member of a classic group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClassicMemberDescription {
    /// Its id.
    pub member_id: String,
    /// Its instance id, when it is a static member.
    pub instance_id: Option<String>,
    /// Who it is.
    pub client: Client,
    /// What it gave along with the protocol chosen; empty unless the group is stable.
    pub metadata: Bytes,
    /// What the leader assigned to it; empty unless the group is stable.
    pub assignment: Bytes,
}

/// A KIP-848 group, for ConsumerGroupDescribe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConsumerDescription {
    /// Its state.
    pub state: GroupState,
    /// The group's epoch, which is the assignment's too: one is made as soon as the other grows.
    pub epoch: i32,
    /// Who assigned.
    pub assignor: &'static str,
    /// Its members, by id.
    pub members: Vec<ConsumerMemberDescription>,
}

/// A member of a KIP-848 group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConsumerMemberDescription {
    /// Its id.
    pub member_id: String,
    /// Its instance id, when it is a static member.
    pub instance_id: Option<String>,
    /// Where it runs.
    pub rack_id: Option<String>,
    /// Its epoch; -2 while a static member is away.
    pub member_epoch: i32,
    /// Who it is.
    pub client: Client,
    /// The topics it wants, by name.
    pub topic_names: Vec<String>,
    /// The topics it wants, by pattern.
    pub topic_pattern: Option<String>,
    /// What it holds.
    pub assigned: PartitionSet,
    /// What it shall hold.
    pub target: PartitionSet,
}
