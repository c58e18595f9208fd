//! The errors of Kafka that a group coordinator answers with.

/// An error of the Kafka protocol, or none. The number is the one on the wire.
///
/// Numbers and meanings: Kafka's protocol guide, "Error Codes".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i16)]
pub(crate) enum ErrorCode {
    /// It worked.
    #[default]
    None = 0,
    /// Ask again: the coordinator cannot answer right now.
    CoordinatorNotAvailable = 15,
    /// The generation is not the group's: join again.
    IllegalGeneration = 22,
    /// The member shares no protocol with the others, or the group is of the other kind.
    InconsistentGroupProtocol = 23,
    /// The group's name is empty or too long.
    InvalidGroupId = 24,
    /// The group does not know this member: join anew.
    UnknownMemberId = 25,
    /// The session timeout is out of bounds.
    InvalidSessionTimeout = 26,
    /// The group is rebalancing: join again.
    RebalanceInProgress = 27,
    /// The client's version of the request cannot do this.
    UnsupportedVersion = 35,
    /// The request contradicts itself or is too large.
    InvalidRequest = 42,
    /// The group has members.
    NonEmptyGroup = 68,
    /// There is no such group of this kind.
    GroupIdNotFound = 69,
    /// Join again with the member id of this reply.
    MemberIdRequired = 79,
    /// The group, or the coordinator, takes no more.
    GroupMaxSizeReached = 81,
    /// Another member took over the instance id.
    FencedInstanceId = 82,
    /// The group reads this topic.
    GroupSubscribedToTopic = 86,
    /// The member epoch is not the coordinator's: give up all partitions and join anew.
    FencedMemberEpoch = 110,
    /// Another member holds the instance id.
    UnreleasedInstanceId = 111,
    /// There is no such assignor.
    UnsupportedAssignor = 112,
    /// The member epoch is not the current one: heartbeat, then try again.
    StaleMemberEpoch = 113,
    /// The pattern of topic names is not a regular expression.
    InvalidRegularExpression = 128,
}

impl ErrorCode {
    /// The number on the wire.
    pub(crate) fn number(self) -> i16 {
        self as i16
    }
}
