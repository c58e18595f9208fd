//! Alarms as they are watched: the state of each that is on, and what its evaluations came to.
//!
//! Evaluations that change nothing are kept for a week, those that do for ninety days.

use rusqlite::OptionalExtension;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{FolderSession, Session, StoreError, from_json, to_json};

/// The tables of this module, for the migrations. Minutes are those at which something is evaluated.
pub(super) const SCHEMA: &str = "
    CREATE TABLE alarm_watch (
        alarm_id     TEXT PRIMARY KEY,
        tenancy_id   TEXT NOT NULL,
        rest_address TEXT NOT NULL,
        next_minute  INTEGER NOT NULL,
        state        TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX alarm_watch_by_minute ON alarm_watch (next_minute);
    CREATE TABLE alarm_evaluation (
        alarm_id      TEXT NOT NULL,
        minute        INTEGER NOT NULL,
        changes_state INTEGER NOT NULL,
        changes_rule  INTEGER NOT NULL,
        evaluation    TEXT NOT NULL,
        PRIMARY KEY (alarm_id, minute)
    ) WITHOUT ROWID;
    CREATE INDEX alarm_evaluation_without_change ON alarm_evaluation (alarm_id, minute)
        WHERE changes_state = 0 AND changes_rule = 0;
";

const DAY_MINUTES: i64 = 24 * 60;

/// How long evaluations are kept that change something. Source: behaviour.md 5.3.
const CHANGES_KEPT_MINUTES: i64 = 90 * DAY_MINUTES;

/// How long the others are.
const OTHERS_KEPT_MINUTES: i64 = 7 * DAY_MINUTES;

/// Whose alarm it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedAlarm {
    /// The alarm's OCID.
    pub alarm_id: String,
    /// The tenancy that it belongs to.
    pub tenancy_id: String,
    /// The address at which its owner finds the services.
    pub rest_address: String,
    /// The next minute at which it is evaluated.
    pub next_minute: i64,
}

/// How far an alarm is evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmWatch<S> {
    /// The next minute at which it is evaluated.
    pub next_minute: i64,
    /// What it knows from the evaluations before.
    pub state: S,
}

/// What an evaluation came to.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmEvaluation<E> {
    /// The minute at which it was made.
    pub minute: i64,
    /// Whether the alarm's state is another since.
    pub changes_state: bool,
    /// Whether the rule that it fires by is another since.
    pub changes_rule: bool,
    /// What it came to.
    pub evaluation: E,
}

/// How an alarm stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmStanding {
    /// Its OCID.
    pub alarm_id: String,
    /// The number of the rule that it fires by, if it does.
    pub rule: Option<i64>,
    /// The minute at which that changed the last time, if it did.
    pub since_minute: Option<i64>,
}

/// Which evaluations of an alarm.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlarmEvaluationFilter {
    /// Those only that changed the state.
    pub changes_state: bool,
    /// Those only that changed the rule.
    pub changes_rule: bool,
    /// From this minute on.
    pub from_minute: Option<i64>,
    /// Before this minute.
    pub before_minute: Option<i64>,
}

impl FolderSession<'_> {
    /// The alarms, by tenancy, whose next evaluation is due at `now_minute`, and those for which it is further away than one
    /// minute, as it is after the clock was set back.
    pub fn due_alarms(&self, now_minute: i64) -> Result<Vec<WatchedAlarm>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT alarm_id, tenancy_id, rest_address, next_minute FROM alarm_watch \
             WHERE next_minute <= ?1 OR next_minute > ?1 + 1 ORDER BY tenancy_id, alarm_id",
        )?;
        let rows = statement.query_map([now_minute], |row| {
            Ok(WatchedAlarm {
                alarm_id: row.get(0)?,
                tenancy_id: row.get(1)?,
                rest_address: row.get(2)?,
                next_minute: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Session<'_> {
    /// Notes how far an alarm is evaluated. Its first note has it evaluated from then on.
    pub fn put_alarm_watch<S: Serialize>(
        &self,
        alarm_id: &str,
        rest_address: &str,
        watch: &AlarmWatch<S>,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO alarm_watch (alarm_id, tenancy_id, rest_address, next_minute, state) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((
                alarm_id,
                self.tenancy_id,
                rest_address,
                watch.next_minute,
                to_json(&watch.state),
            ))?;
        Ok(())
    }

    /// How far an alarm is evaluated, if it is.
    pub fn alarm_watch<S: DeserializeOwned>(
        &self,
        alarm_id: &str,
    ) -> Result<Option<AlarmWatch<S>>, StoreError> {
        let found: Option<(i64, String)> = self
            .connection
            .prepare_cached(
                "SELECT next_minute, state FROM alarm_watch WHERE alarm_id = ?1 AND tenancy_id = ?2",
            )?
            .query_row([alarm_id, self.tenancy_id], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let Some((next_minute, text)) = found else {
            return Ok(None);
        };
        Ok(Some(AlarmWatch {
            next_minute,
            state: from_json("state of an alarm", &text)?,
        }))
    }

    /// The next minute at which an alarm is evaluated, if it is.
    pub fn alarm_next_minute(&self, alarm_id: &str) -> Result<Option<i64>, StoreError> {
        let next_minute = self
            .connection
            .prepare_cached(
                "SELECT next_minute FROM alarm_watch WHERE alarm_id = ?1 AND tenancy_id = ?2",
            )?
            .query_row([alarm_id, self.tenancy_id], |row| row.get(0));
        Ok(next_minute.optional()?)
    }

    /// How the tenancy's alarms stand, at most `limit` of them: those that fire come first, then the most severe ones,
    /// and those that nobody watches last.
    pub fn alarm_standings(&self, limit: usize) -> Result<Vec<AlarmStanding>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT resource.id, json_extract(watch.state, '$.standing.rule') AS rule, \
             json_extract(watch.state, '$.standing.since_minute') \
             FROM resource LEFT JOIN alarm_watch watch ON watch.alarm_id = resource.id \
             WHERE resource.kind = 'alarm' AND resource.tenancy_id = ?1 AND resource.time_deleted_ms IS NULL \
             ORDER BY rule IS NULL, watch.alarm_id IS NULL, \
             CASE json_extract(resource.details, '$.severity') \
             WHEN 'CRITICAL' THEN 0 WHEN 'ERROR' THEN 1 WHEN 'WARNING' THEN 2 ELSE 3 END, \
             resource.name, resource.id LIMIT ?2",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map((self.tenancy_id, limit), |row| {
            Ok(AlarmStanding {
                alarm_id: row.get(0)?,
                rule: row.get(1)?,
                since_minute: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Has an alarm evaluated no longer.
    pub fn remove_alarm_watch(&self, alarm_id: &str) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("DELETE FROM alarm_watch WHERE alarm_id = ?1")?
            .execute([alarm_id])?;
        Ok(())
    }

    /// Notes what an evaluation came to.
    pub fn put_alarm_evaluation<E: Serialize>(
        &self,
        alarm_id: &str,
        evaluation: &AlarmEvaluation<E>,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO alarm_evaluation \
                 (alarm_id, minute, changes_state, changes_rule, evaluation) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((
                alarm_id,
                evaluation.minute,
                evaluation.changes_state,
                evaluation.changes_rule,
                to_json(&evaluation.evaluation),
            ))?;
        Ok(())
    }

    /// The evaluations of an alarm, the latest first, at most `limit` of them.
    pub fn alarm_evaluations<E: DeserializeOwned>(
        &self,
        alarm_id: &str,
        filter: &AlarmEvaluationFilter,
        limit: usize,
    ) -> Result<Vec<AlarmEvaluation<E>>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT minute, changes_state, changes_rule, evaluation FROM alarm_evaluation \
             WHERE alarm_id = ?1 AND changes_state >= ?2 AND changes_rule >= ?3 \
             AND minute >= ?4 AND minute < ?5 ORDER BY minute DESC LIMIT ?6",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement.query((
            alarm_id,
            filter.changes_state,
            filter.changes_rule,
            filter.from_minute.unwrap_or(i64::MIN),
            filter.before_minute.unwrap_or(i64::MAX),
            limit,
        ))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let text: String = row.get(3)?;
            found.push(AlarmEvaluation {
                minute: row.get(0)?,
                changes_state: row.get(1)?,
                changes_rule: row.get(2)?,
                evaluation: from_json("evaluation of an alarm", &text)?,
            });
        }
        Ok(found)
    }

    /// Removes the evaluations of an alarm that are not to be kept any longer, or are ahead of the clock.
    pub fn trim_alarm_evaluations(
        &self,
        alarm_id: &str,
        now_minute: i64,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "DELETE FROM alarm_evaluation WHERE alarm_id = ?1 AND (minute < ?2 OR minute > ?3)",
            )?
            .execute((alarm_id, now_minute - CHANGES_KEPT_MINUTES, now_minute))?;
        self.connection
            .prepare_cached(
                "DELETE FROM alarm_evaluation WHERE alarm_id = ?1 AND minute < ?2 \
                 AND changes_state = 0 AND changes_rule = 0",
            )?
            .execute((alarm_id, now_minute - OTHERS_KEPT_MINUTES))?;
        Ok(())
    }

    /// Removes all evaluations of an alarm.
    pub fn remove_alarm_evaluations(&self, alarm_id: &str) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("DELETE FROM alarm_evaluation WHERE alarm_id = ?1")?
            .execute([alarm_id])?;
        Ok(())
    }
}
