//! What the store keeps of a group: a small JSON object.

use serde::{Deserialize, Serialize};

use super::super::super::coordinator::{GroupKey, GroupKind, GroupRecord};
use crate::store::KafkaGroup;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    kind: Kind,
    epoch: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol_type: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    Classic,
    Consumer,
}

/// The bytes to store for a group.
pub(super) fn stored(group: &GroupRecord) -> Vec<u8> {
    let record = Record {
        kind: match group.kind {
            GroupKind::Classic => Kind::Classic,
            GroupKind::Consumer => Kind::Consumer,
        },
        epoch: group.epoch,
        protocol_type: group.protocol_type.clone(),
    };
    // Numbers and text can always be written.
    serde_json::to_vec(&record).unwrap_or_default()
}

/// The group that was stored. One of which only offsets are known, or whose record cannot be read, begins
/// anew: nobody is a member after a restart, so that no earlier epoch can be mistaken for its own.
pub(super) fn restored(pool_id: &str, group: &KafkaGroup) -> GroupRecord {
    let record = group.state.as_ref().and_then(|state| {
        let read = serde_json::from_slice::<Record>(state);
        read.inspect_err(|error| tracing::error!("the record of the group {}: {error}", group.id))
            .ok()
    });
    let record = record.unwrap_or(Record {
        kind: Kind::Classic,
        epoch: 0,
        protocol_type: None,
    });
    GroupRecord {
        key: GroupKey {
            scope: pool_id.to_owned(),
            group: group.id.clone(),
        },
        kind: match record.kind {
            Kind::Classic => GroupKind::Classic,
            Kind::Consumer => GroupKind::Consumer,
        },
        epoch: record.epoch,
        protocol_type: record.protocol_type,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(state: Option<Vec<u8>>) -> KafkaGroup {
        KafkaGroup {
            id: "readers".to_owned(),
            state,
            last_used_ms: 0,
        }
    }

    #[test]
    fn a_group_comes_back_as_it_was() {
        for kind in [GroupKind::Classic, GroupKind::Consumer] {
            for protocol_type in [None, Some("connect".to_owned())] {
                let record = GroupRecord {
                    key: GroupKey {
                        scope: "pool".to_owned(),
                        group: "readers".to_owned(),
                    },
                    kind,
                    epoch: 7,
                    protocol_type,
                };
                assert_eq!(restored("pool", &group(Some(stored(&record)))), record);
            }
        }
    }

    #[test]
    fn a_group_without_a_record_begins_anew() {
        for state in [None, Some(b"{".to_vec())] {
            let record = restored("pool", &group(state));
            assert_eq!((record.kind, record.epoch), (GroupKind::Classic, 0));
        }
    }
}
