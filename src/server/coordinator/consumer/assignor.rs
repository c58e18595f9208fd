//! The assignors of the coordinator: who shall hold which partition.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::super::topics::{PartitionSet, TopicId, TopicPartition};

/// A way to assign partitions to members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Assignor {
    /// As even as can be, then with as few changes as can be.
    #[default]
    Uniform,
    /// Of each topic, a run of neighbours for each member, by their names.
    Range,
}

/// A member to assign to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subscriber<'a> {
    /// Its place among the others.
    pub(super) name: &'a str,
    /// The topics it reads.
    pub(super) topics: &'a BTreeSet<TopicId>,
    /// What it was assigned before.
    pub(super) holds: &'a PartitionSet,
}

impl Assignor {
    pub(super) fn by_name(name: &str) -> Option<Self> {
        [Self::Uniform, Self::Range]
            .into_iter()
            .find(|assignor| assignor.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Range => "range",
        }
    }

    /// Each partition of the topics goes to one of their subscribers. The result is in the order of
    /// the subscribers.
    pub(super) fn assign(
        self,
        subscribers: &[Subscriber<'_>],
        topics: &BTreeMap<TopicId, i32>,
    ) -> Vec<PartitionSet> {
        match self {
            Self::Uniform => uniform(subscribers, topics),
            Self::Range => range(subscribers, topics),
        }
    }
}

/// The assignor that most members ask for; the default when none does.
pub(super) fn preferred(asked: impl Iterator<Item = Assignor>) -> Assignor {
    let mut votes: BTreeMap<Assignor, usize> = BTreeMap::new();
    for assignor in asked {
        *votes.entry(assignor).or_default() += 1;
    }
    let most = votes
        .into_iter()
        .max_by_key(|(assignor, count)| (*count, Reverse(*assignor)));
    most.map(|(assignor, _)| assignor).unwrap_or_default()
}

fn range(subscribers: &[Subscriber<'_>], topics: &BTreeMap<TopicId, i32>) -> Vec<PartitionSet> {
    let mut assigned = vec![PartitionSet::new(); subscribers.len()];
    for (&topic, &count) in topics {
        let mut readers: Vec<(&Subscriber<'_>, &mut PartitionSet)> = subscribers
            .iter()
            .zip(&mut assigned)
            .filter(|(subscriber, _)| subscriber.topics.contains(&topic))
            .collect();
        readers.sort_by_key(|(subscriber, _)| subscriber.name);
        let Ok(reader_count @ 1..) = i32::try_from(readers.len()) else {
            continue;
        };
        let (share, extra) = (count / reader_count, count % reader_count);
        let mut next = 0;
        for (place, (_, partitions)) in (0..).zip(readers) {
            // The first ones get one more when it does not come out even.
            let end = next + share + i32::from(place < extra);
            partitions.extend((next..end).map(|partition| TopicPartition { topic, partition }));
            next = end;
        }
    }
    assigned
}

/// Who holds each partition while a uniform assignment is made; members by their place.
struct Shares<'a> {
    readers: BTreeMap<TopicId, Vec<usize>>,
    holder: BTreeMap<TopicPartition, usize>,
    counts: Vec<usize>,
    subscribers: &'a [Subscriber<'a>],
}

fn uniform(subscribers: &[Subscriber<'_>], topics: &BTreeMap<TopicId, i32>) -> Vec<PartitionSet> {
    let mut shares = Shares::new(subscribers, topics);
    shares.keep(topics);
    shares.fill(topics);
    shares.balance();
    let mut assigned = vec![PartitionSet::new(); subscribers.len()];
    for (partition, member) in shares.holder {
        if let Some(set) = assigned.get_mut(member) {
            set.insert(partition);
        }
    }
    assigned
}

impl<'a> Shares<'a> {
    fn new(subscribers: &'a [Subscriber<'a>], topics: &BTreeMap<TopicId, i32>) -> Self {
        let readers_of = |topic: &TopicId| {
            let readers = subscribers
                .iter()
                .enumerate()
                .filter(|(_, subscriber)| subscriber.topics.contains(topic));
            readers.map(|(member, _)| member).collect()
        };
        Self {
            readers: topics
                .keys()
                .map(|topic| (*topic, readers_of(topic)))
                .collect(),
            holder: BTreeMap::new(),
            counts: vec![0; subscribers.len()],
            subscribers,
        }
    }

    /// Members keep what they had and still read.
    fn keep(&mut self, topics: &BTreeMap<TopicId, i32>) {
        for (member, subscriber) in self.subscribers.iter().enumerate() {
            for &partition in subscriber.holds {
                let exists = topics
                    .get(&partition.topic)
                    .is_some_and(|count| (0..*count).contains(&partition.partition));
                let is_read = subscriber.topics.contains(&partition.topic);
                if exists && is_read && !self.holder.contains_key(&partition) {
                    self.give(partition, member);
                }
            }
        }
    }

    /// What nobody has goes to who has least; topics with few readers first, for want of choice.
    fn fill(&mut self, topics: &BTreeMap<TopicId, i32>) {
        let mut order: Vec<(usize, TopicId, i32)> = topics
            .iter()
            .map(|(topic, count)| (self.readers_of(topic).len(), *topic, *count))
            .collect();
        order.sort_unstable();
        for (_, topic, count) in order {
            for partition in (0..count).map(|partition| TopicPartition { topic, partition }) {
                if self.holder.contains_key(&partition) {
                    continue;
                }
                if let Some(member) = self.least_loaded(&topic) {
                    self.give(partition, member);
                }
            }
        }
    }

    /// Moves partitions from who has two more than another reader, until there is no such.
    ///
    /// Each move lowers the sum of the squares of the counts, so it comes to an end.
    fn balance(&mut self) {
        let partitions: Vec<TopicPartition> = self.holder.keys().copied().collect();
        let mut has_moved = true;
        while has_moved {
            has_moved = false;
            for partition in &partitions {
                let (Some(&from), Some(to)) = (
                    self.holder.get(partition),
                    self.least_loaded(&partition.topic),
                ) else {
                    continue;
                };
                if self.count(from) > self.count(to) + 1 {
                    if let Some(count) = self.counts.get_mut(from) {
                        *count -= 1;
                    }
                    self.give(*partition, to);
                    has_moved = true;
                }
            }
        }
    }

    fn readers_of(&self, topic: &TopicId) -> &[usize] {
        self.readers.get(topic).map_or(&[], Vec::as_slice)
    }

    fn least_loaded(&self, topic: &TopicId) -> Option<usize> {
        let readers = self.readers_of(topic).iter().copied();
        readers.min_by_key(|member| self.count(*member))
    }

    fn count(&self, member: usize) -> usize {
        self.counts.get(member).copied().unwrap_or(0)
    }

    fn give(&mut self, partition: TopicPartition, member: usize) {
        self.holder.insert(partition, member);
        if let Some(count) = self.counts.get_mut(member) {
            *count += 1;
        }
    }
}
