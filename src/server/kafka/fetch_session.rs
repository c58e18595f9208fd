//! Fetch sessions (KIP-227): a client tells what it reads once, and then only what has changed.
//!
//! A session belongs to its connection. A client that comes back on another one is told that the session is
//! not known, and begins a new one.

use std::collections::BTreeMap;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::FetchRequest;
use kafka_protocol::messages::fetch_request::FetchTopic;

use super::error::Refusal;
use crate::engine::OffsetRange;

/// Most partitions of a session. A client that reads more tells all of them each time.
const MOST_PARTITIONS: usize = 10_000;

/// The epoch of a request that begins a session.
const INITIAL_EPOCH: i32 = 0;
/// The epoch of a request without a session, or that ends one.
const FINAL_EPOCH: i32 = -1;

/// A topic's name, and the number of a partition.
pub(super) type Name = (String, i32);

/// What a client wants of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) offset: i64,
    pub(super) max_bytes: i32,
    pub(super) leader_epoch: i32,
}

/// What a client reads, and what it was told last.
#[derive(Debug)]
pub(super) struct FetchSession {
    id: i32,
    next_epoch: i32,
    partitions: BTreeMap<Name, Tracked>,
}

#[derive(Debug)]
struct Tracked {
    wanted: Wanted,
    told: Option<OffsetRange>,
}

/// What to read for a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) partitions: Vec<(Name, Wanted)>,
    /// The session's number, 0 without one.
    pub(super) session_id: i32,
    /// Whether partitions without news are left out of the answer.
    pub(super) incremental: bool,
}

impl FetchSession {
    /// Finds out what to read for a request, and begins, changes or ends the connection's session.
    /// `new_id` is the number of a session that begins.
    pub(super) fn plan(
        session: &mut Option<Self>,
        request: &FetchRequest,
        new_id: i32,
    ) -> Result<Plan, Refusal> {
        match request.session_epoch {
            INITIAL_EPOCH => {
                let partitions: Vec<_> = wanted(&request.topics).collect();
                let fits = partitions.len() <= MOST_PARTITIONS;
                *session = fits.then(|| Self::begin(new_id, &partitions));
                Ok(Plan {
                    session_id: session.as_ref().map_or(0, |session| session.id),
                    partitions,
                    incremental: false,
                })
            }
            FINAL_EPOCH => {
                session.take_if(|session| session.id == request.session_id);
                Ok(Plan {
                    partitions: wanted(&request.topics).collect(),
                    session_id: 0,
                    incremental: false,
                })
            }
            _ => Self::go_on(session.as_mut(), request),
        }
    }

    fn begin(id: i32, partitions: &[(Name, Wanted)]) -> Self {
        let tracked = |wanted: &Wanted| Tracked {
            wanted: *wanted,
            told: None,
        };
        Self {
            id,
            next_epoch: 1,
            partitions: partitions
                .iter()
                .map(|(name, wanted)| (name.clone(), tracked(wanted)))
                .collect(),
        }
    }

    fn go_on(session: Option<&mut Self>, request: &FetchRequest) -> Result<Plan, Refusal> {
        let session = session
            .filter(|session| session.id == request.session_id)
            .ok_or_else(|| {
                Refusal::new(
                    ResponseError::FetchSessionIdNotFound,
                    "this connection has no such fetch session",
                )
            })?;
        if request.session_epoch != session.next_epoch {
            return Err(Refusal::new(
                ResponseError::InvalidFetchSessionEpoch,
                format_args!("epoch {} of the session is due", session.next_epoch),
            ));
        }
        session.next_epoch = match session.next_epoch {
            i32::MAX => 1,
            epoch => epoch + 1,
        };
        for forgotten in &request.forgotten_topics_data {
            for partition in &forgotten.partitions {
                let name = (forgotten.topic.to_string(), *partition);
                session.partitions.remove(&name);
            }
        }
        for (name, wanted) in wanted(&request.topics) {
            let full = session.partitions.len() >= MOST_PARTITIONS;
            match session.partitions.get_mut(&name) {
                Some(tracked) => tracked.wanted = wanted,
                None if full => {}
                None => {
                    let tracked = Tracked { wanted, told: None };
                    session.partitions.insert(name, tracked);
                }
            }
        }
        let partitions = session.partitions.iter();
        Ok(Plan {
            partitions: partitions
                .map(|(name, tracked)| (name.clone(), tracked.wanted))
                .collect(),
            session_id: session.id,
            incremental: true,
        })
    }

    /// Notes what the client is told of a partition now; whether that is new to it.
    pub(super) fn tell(&mut self, name: &Name, range: OffsetRange) -> bool {
        match self.partitions.get_mut(name) {
            Some(tracked) => tracked.told.replace(range) != Some(range),
            None => true,
        }
    }
}

fn wanted(topics: &[FetchTopic]) -> impl Iterator<Item = (Name, Wanted)> {
    topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(|asked| {
            let wanted = Wanted {
                offset: asked.fetch_offset,
                max_bytes: asked.partition_max_bytes,
                leader_epoch: asked.current_leader_epoch,
            };
            ((topic.topic.to_string(), asked.partition), wanted)
        })
    })
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::TopicName;
    use kafka_protocol::messages::fetch_request::{FetchPartition, ForgottenTopic};
    use kafka_protocol::protocol::StrBytes;

    use super::*;

    fn request(id: i32, epoch: i32, partitions: &[(i32, i64)]) -> FetchRequest {
        let partitions = partitions.iter().map(|(partition, offset)| {
            FetchPartition::default()
                .with_partition(*partition)
                .with_fetch_offset(*offset)
        });
        let topic = FetchTopic::default()
            .with_topic(TopicName(StrBytes::from_static_str("t")))
            .with_partitions(partitions.collect());
        FetchRequest::default()
            .with_session_id(id)
            .with_session_epoch(epoch)
            .with_topics(vec![topic])
    }

    fn planned(session: &mut Option<FetchSession>, request: &FetchRequest) -> Vec<(i32, i64)> {
        let plan = FetchSession::plan(session, request, 7).unwrap();
        let partitions = plan.partitions.iter();
        partitions
            .map(|((_, partition), wanted)| (*partition, wanted.offset))
            .collect()
    }

    #[test]
    fn a_session_remembers_what_was_asked_for() {
        let mut session = None;
        assert_eq!(
            planned(&mut session, &request(0, 0, &[(0, 5), (1, 6)])),
            [(0, 5), (1, 6)]
        );
        assert_eq!(planned(&mut session, &request(7, 1, &[])), [(0, 5), (1, 6)]);
        assert_eq!(
            planned(&mut session, &request(7, 2, &[(1, 9), (2, 1)])),
            [(0, 5), (1, 9), (2, 1)]
        );
        let mut forget = request(7, 3, &[]);
        forget.forgotten_topics_data = vec![
            ForgottenTopic::default()
                .with_topic(TopicName(StrBytes::from_static_str("t")))
                .with_partitions(vec![0]),
        ];
        assert_eq!(planned(&mut session, &forget), [(1, 9), (2, 1)]);
        assert_eq!(planned(&mut session, &request(7, -1, &[(4, 4)])), [(4, 4)]);
        assert!(session.is_none());
    }

    #[test]
    fn other_sessions_and_epochs_are_refused() {
        let mut session = None;
        let mut refused = |request| {
            let plan = FetchSession::plan(&mut session, &request, 7);
            plan.err().map(|refusal| refusal.error)
        };
        assert_eq!(
            refused(request(7, 1, &[])),
            Some(ResponseError::FetchSessionIdNotFound)
        );
        assert_eq!(refused(request(0, 0, &[(0, 0)])), None);
        assert_eq!(
            refused(request(8, 1, &[])),
            Some(ResponseError::FetchSessionIdNotFound)
        );
        assert_eq!(
            refused(request(7, 2, &[])),
            Some(ResponseError::InvalidFetchSessionEpoch)
        );
        assert_eq!(refused(request(7, 1, &[])), None);
    }

    #[test]
    fn only_news_is_told() {
        let mut session = None;
        planned(&mut session, &request(0, 0, &[(0, 0)]));
        let session = session.as_mut().unwrap();
        let name = ("t".to_owned(), 0);
        let range = OffsetRange { start: 0, end: 4 };
        assert!(session.tell(&name, range));
        assert!(!session.tell(&name, range));
        assert!(session.tell(&name, OffsetRange { start: 0, end: 5 }));
    }
}
