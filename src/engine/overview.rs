//! The overview: what there is and what waits, in numbers, as `ocelot top` shows it.
//!
//! It is a snapshot: rates are for whoever compares two of them. Looking changes nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::delivery::place_of_url;
use super::{Engine, EngineError, Setting, events, monitoring};
use crate::call::ApiError;
use crate::clock::Clock;
use crate::store::OutboxLane;

/// How much there is of all that moves, at an instant. What another version does not tell yet is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Overview {
    /// The data folder; nothing of an engine in memory, and for those who have no business in it.
    pub data_dir: Option<String>,
    /// The engine's time, in milliseconds.
    pub now_ms: i64,
    /// Whether the engine's clock shows the machine's time.
    pub is_on_time: bool,
    /// The streams, by name.
    #[serde(default)]
    pub streams: Vec<StreamOverview>,
    /// The consumer groups of streams.
    #[serde(default)]
    pub groups: Vec<GroupOverview>,
    /// The queues, by name, each with its consumer groups.
    #[serde(default)]
    pub queues: Vec<QueueOverview>,
    /// The endpoints that something is to be delivered to.
    #[serde(default)]
    pub deliveries: Vec<EndpointOverview>,
    /// The rules.
    #[serde(default)]
    pub rules: Vec<RuleOverview>,
    /// The alarms, those that fire first, and no more of them than anybody reads.
    #[serde(default)]
    pub alarms: Vec<AlarmOverview>,
    /// How many alarms there are.
    #[serde(default)]
    pub alarm_count: usize,
}

/// What a stream holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StreamOverview {
    /// The stream's OCID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How many partitions it has.
    pub partitions: u32,
    /// How many messages it keeps.
    pub messages: i64,
    /// How many messages were ever put into it.
    pub messages_put: i64,
}

/// Whose interface a consumer group came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupKind {
    /// Cursors of the service.
    Rest,
    /// Kafka clients.
    Kafka,
}

/// How far a consumer group has come with a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct GroupOverview {
    /// Its name.
    pub name: String,
    /// Where it comes from.
    pub kind: GroupKind,
    /// The stream's name.
    pub stream: String,
    /// How many messages it has not committed yet.
    pub lag: i64,
    /// The partition with most of those.
    pub worst_partition: u32,
    /// When it last read or committed, in milliseconds.
    pub last_used_ms: i64,
}

/// What waits in a queue for a consumer group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct QueueOverview {
    /// The queue's OCID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The consumer group, where the queue can have several.
    pub group: Option<String>,
    /// How many messages wait.
    pub visible: i64,
    /// How many messages consumers have.
    pub in_flight: i64,
    /// How many messages were delivered too often.
    pub dead_letters: i64,
    /// How many messages were ever put into the queue.
    pub messages_put: i64,
}

/// What is on its way to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct EndpointOverview {
    /// The endpoint: the host of a URL, an address, a number, or the OCID of a function.
    pub endpoint: String,
    /// How many deliveries have not arrived yet.
    pub deliveries: i64,
    /// How many of them could be sent now.
    pub due: i64,
    /// How many of them have failed before.
    pub failed: i64,
    /// When the first of them is due, in milliseconds.
    pub next_due_ms: i64,
}

/// A rule of Events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RuleOverview {
    /// Its name.
    pub name: String,
    /// Whether it is on.
    pub is_enabled: bool,
    /// How many of its actions are on.
    pub actions: usize,
    /// How many of them could not hand on the last event that they should have.
    pub failing_actions: usize,
    /// What picks events, as JSON.
    pub condition: String,
}

/// How an alarm stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlarmStatus {
    /// Its condition holds.
    Firing,
    /// A suppression keeps it quiet.
    Suspended,
    /// Its condition does not hold.
    Ok,
    /// It is not evaluated.
    Off,
}

/// An alarm of Monitoring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AlarmOverview {
    /// Its name.
    pub name: String,
    /// The severity of the rule that it fires by, or else its own.
    pub severity: String,
    /// How it stands.
    pub status: AlarmStatus,
    /// Since when it fires or does not, or when it was created where that never changed, in milliseconds.
    pub since_ms: i64,
    /// How many of its metric streams fire, suspended or not.
    pub firing: usize,
}

/// How many alarms an overview tells of at most: the rest is counted.
pub(super) const MOST_ALARMS: usize = 200;

impl Engine {
    /// How much there is of all that moves, in all tenancies of the data folder. Alarms are evaluated first;
    /// one that cannot be stands as it was.
    pub fn overview(&self) -> Result<Overview, EngineError> {
        let _ = self.evaluate_alarms();
        let mut overview = self.nothing_yet();
        overview.data_dir = self.folder().map(|folder| folder.display().to_string());
        for tenancy_id in self.store.read(|session| session.tenancies())? {
            self.add_tenancy(&mut overview, &tenancy_id)?;
        }
        let lanes = self
            .store
            .read(|session| session.all_outbox_lanes(overview.now_ms))?;
        overview.deliveries = endpoints(lanes);
        Ok(overview)
    }

    /// The same of one tenancy, with nothing of others, nor of where the data is.
    pub fn overview_of_tenancy(&self, tenancy_id: &str) -> Result<Overview, EngineError> {
        let _ = self.evaluate_alarms();
        let mut overview = self.nothing_yet();
        self.add_tenancy(&mut overview, tenancy_id)?;
        let store = self.store.tenancy(tenancy_id);
        let lanes = store.read(|session| session.outbox_lanes(overview.now_ms))?;
        overview.deliveries = endpoints(lanes);
        Ok(overview)
    }

    /// An overview that tells nothing but the time.
    fn nothing_yet(&self) -> Overview {
        Overview {
            now_ms: self.clock.now_ms(),
            is_on_time: self.clock.setting() == Setting::System,
            ..Overview::default()
        }
    }

    /// Tells of a tenancy's resources, too.
    fn add_tenancy(&self, overview: &mut Overview, tenancy_id: &str) -> Result<(), EngineError> {
        let now_ms = overview.now_ms;
        let store = self.store.tenancy(tenancy_id);
        let (streams, groups) = self.streaming.overview(store, now_ms)?;
        overview.streams.extend(streams);
        overview.groups.extend(groups);
        store.read(|session| {
            let queues = super::queue::overview(session, now_ms)?;
            overview.queues.extend(queues);
            overview.rules.extend(events::overview(session)?);
            let room = MOST_ALARMS.saturating_sub(overview.alarms.len());
            let alarms = monitoring::alarms_overview(session, now_ms, room)?;
            overview.alarms.extend(alarms);
            let alarms = session.count_own_resources(monitoring::ALARM_KIND)?;
            overview.alarm_count += usize::try_from(alarms).unwrap_or_default();
            Ok::<_, ApiError>(())
        })?;
        Ok(())
    }
}

/// What is on its way, by endpoint. Of URLs only the host is told: the rest may be secret.
fn endpoints(lanes: Vec<OutboxLane>) -> Vec<EndpointOverview> {
    let mut endpoints: BTreeMap<String, EndpointOverview> = BTreeMap::new();
    for lane in lanes {
        let name = place_of_url(&lane.lane).unwrap_or(lane.lane);
        let endpoint = endpoints
            .entry(name)
            .or_insert_with_key(|name| EndpointOverview {
                endpoint: name.clone(),
                deliveries: 0,
                due: 0,
                failed: 0,
                next_due_ms: lane.next_due_ms,
            });
        endpoint.deliveries += lane.deliveries;
        endpoint.due += lane.due;
        endpoint.failed += lane.failed;
        endpoint.next_due_ms = endpoint.next_due_ms.min(lane.next_due_ms);
    }
    endpoints.into_values().collect()
}
