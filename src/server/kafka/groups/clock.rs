//! The clock of the groups: it counts from the server's start, and no user can set it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::super::super::coordinator::{ErrorCode, Event, GroupKey};
use super::super::Kafka;
use super::{Groups, State};
use crate::engine::Engine;

/// How often groups that nobody uses are looked for.
const CLEANUP_INTERVAL: Duration = Duration::from_secs(300);

impl Groups {
    /// The time in milliseconds.
    pub(super) fn now_ms(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    async fn sleep_until(&self, deadline_ms: Option<i64>) {
        match deadline_ms.map(|deadline_ms| u64::try_from(deadline_ms).unwrap_or(0)) {
            Some(deadline_ms) => {
                let deadline: Instant = self.began + Duration::from_millis(deadline_ms);
                sleep_until(deadline).await;
            }
            None => std::future::pending().await,
        }
    }
}

/// Tells the coordinator the time when it wants to know, and now and then forgets groups that nobody uses,
/// until the server is to end.
pub(in super::super) async fn keep_time(kafka: Arc<Kafka>) {
    let groups = &kafka.groups;
    let engine = &kafka.shared.engine;
    let mut deadlines = groups.deadline_ms.subscribe();
    let mut cleanups = interval(CLEANUP_INTERVAL);
    cleanups.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let deadline_ms = *deadlines.borrow_and_update();
        tokio::select! {
            () = groups.sleep_until(deadline_ms) => kafka.storing(|| {
                groups.change(|state, now_ms| state.handle(engine, now_ms, Event::Tick));
            }),
            // The sender is in the groups, which are here.
            _ = deadlines.changed() => {}
            _ = cleanups.tick() => kafka.storing(|| {
                groups.change(|state, _| state.forget_unused(engine));
            }),
            () = kafka.shared.stopping.begun() => return,
        }
    }
}

impl State {
    /// Forgets the groups that were not used for long, and those of pools that are deleted.
    fn forget_unused(&mut self, engine: &Engine) {
        let key = |scope: &str, group: &str| GroupKey {
            scope: scope.to_owned(),
            group: group.to_owned(),
        };
        let expired = engine.kafka_groups().expire_groups(|pool_id, group| {
            let has_members = self.coordinator.check_delete(&key(pool_id, group));
            has_members == Err(ErrorCode::NonEmptyGroup)
        });
        match expired {
            Ok(expired) => {
                for (pool_id, group) in expired {
                    // Those of pools that were not asked for are not here.
                    let _ = self.coordinator.delete(&key(&pool_id, &group));
                }
            }
            Err(error) => tracing::error!("cannot forget consumer groups: {error}"),
        }
        let coordinator = &mut self.coordinator;
        self.pools.retain(|pool_id, pool| {
            let deleted = matches!(engine.topics(&pool.tenancy_id).pool(pool_id), Ok(None));
            !(deleted && coordinator.forget_scope(pool_id))
        });
    }
}
