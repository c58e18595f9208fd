//! The outbox: what is to be sent somewhere, until it has arrived or is given up.
//!
//! Deliveries to one endpoint share a lane. One delivery of a lane is handed out at a time, under a lease:
//! until it ends nobody else gets one of that lane, and when its holder dies, the delivery is due again.
//!
//! A holder that keeps the folder until its own end, as a server does, has a name. Whoever has the folder then
//! knows that all other such holders are gone, and their leases with them. Those without a name, which open the
//! folder again and again, may be sending while others have it: their leases end with their time alone.

use rusqlite::{OptionalExtension, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{FolderSession, Session, StoreError, from_json, to_json};

/// Whose deliveries are. Those noted before are their subscription's tenancy's; without a subscription they call a
/// function of this machine.
pub(super) const TENANCY_SCHEMA: &str = "
    ALTER TABLE delivery ADD COLUMN tenancy_id TEXT NOT NULL DEFAULT 'ocid1.tenancy.oc1..local';
    UPDATE delivery SET tenancy_id = resource.tenancy_id FROM resource WHERE resource.id = delivery.subscription_id;
    CREATE INDEX delivery_by_tenancy ON delivery (tenancy_id, lane);
";

/// A delivery to put into the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct NewDelivery<'d, T> {
    /// The subscription that it is for; it goes with it.
    pub subscription_id: Option<&'d str>,
    /// The endpoint, which has one delivery at a time.
    pub lane: &'d str,
    /// What to send, and where.
    pub task: &'d T,
    /// When it is due first, in milliseconds.
    pub due_ms: i64,
    /// For how long it is tried again after that, in milliseconds.
    pub patience_ms: i64,
}

/// A delivery in the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredDelivery<T> {
    /// Its number; later ones have larger numbers.
    pub id: i64,
    /// What to send, and where.
    pub task: T,
    /// How often it was tried.
    pub attempts: u32,
    /// Since when it is to be delivered, in milliseconds.
    pub time_created_ms: i64,
    /// For how long it is tried, in milliseconds.
    pub patience_ms: i64,
}

/// What of the outbox is for one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxLane {
    /// The endpoint.
    pub lane: String,
    /// How many deliveries have not arrived yet.
    pub deliveries: i64,
    /// How many of them could be sent now.
    pub due: i64,
    /// How many of them have failed before.
    pub failed: i64,
    /// When the first of them is due, in milliseconds.
    pub next_due_ms: i64,
}

/// Of a delivery under lease, its holder's name, if that has one.
pub(super) const HOLDER_SCHEMA: &str = "ALTER TABLE delivery ADD COLUMN holder TEXT;";

/// Whether a delivery is under lease at ?1, as the holder ?2 sees it that has the folder now.
const IS_LEASED: &str = "leased_until_ms > ?1 AND (holder IS NULL OR holder = ?2)";

const COLUMNS: &str = "id, task, attempts, time_created_ms, patience_ms";

fn from_row(row: &Row<'_>) -> rusqlite::Result<StoredDelivery<String>> {
    Ok(StoredDelivery {
        id: row.get(0)?,
        task: row.get(1)?,
        attempts: row.get(2)?,
        time_created_ms: row.get(3)?,
        patience_ms: row.get(4)?,
    })
}

fn lane_from_row(row: &Row<'_>) -> rusqlite::Result<OutboxLane> {
    Ok(OutboxLane {
        lane: row.get(0)?,
        deliveries: row.get(1)?,
        due: row.get(2)?,
        failed: row.get(3)?,
        next_due_ms: row.get(4)?,
    })
}

fn typed<T: DeserializeOwned>(
    raw: StoredDelivery<String>,
) -> Result<StoredDelivery<T>, StoreError> {
    Ok(StoredDelivery {
        task: from_json("delivery", &raw.task)?,
        id: raw.id,
        attempts: raw.attempts,
        time_created_ms: raw.time_created_ms,
        patience_ms: raw.patience_ms,
    })
}

impl Session<'_> {
    /// Puts a delivery of the tenancy into the outbox.
    pub fn put_into_outbox<T: Serialize>(
        &self,
        new: &NewDelivery<'_, T>,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT INTO delivery (tenancy_id, subscription_id, lane, task, attempts, time_created_ms, \
                 patience_ms, due_ms, leased_until_ms) VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?5, 0)",
            )?
            .execute((
                self.tenancy_id,
                new.subscription_id,
                new.lane,
                to_json(new.task),
                new.due_ms,
                new.patience_ms,
            ))?;
        self.leaves_work.set(true);
        Ok(())
    }

    /// What the outbox holds of the tenancy for each endpoint, by endpoint.
    pub fn outbox_lanes(&self, now_ms: i64) -> Result<Vec<OutboxLane>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT lane, COUNT(*), SUM(due_ms <= ?1), SUM(attempts > 0), MIN(due_ms) \
             FROM delivery WHERE tenancy_id = ?2 GROUP BY lane ORDER BY lane",
        )?;
        let rows = statement.query_map((now_ms, self.tenancy_id), lane_from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl FolderSession<'_> {
    /// The delivery with this number.
    pub fn delivery<T: DeserializeOwned>(
        &self,
        id: i64,
    ) -> Result<Option<StoredDelivery<T>>, StoreError> {
        let raw = self
            .connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM delivery WHERE id = ?1"))?
            .query_row([id], from_row)
            .optional()?;
        raw.map(typed).transpose()
    }

    /// The delivery that is due for longest of each lane, at most `limit`, without lanes that have one under
    /// lease. Those returned are under lease until `until_ms`, for `holder`.
    pub fn lease_due_deliveries<T: DeserializeOwned>(
        &self,
        (now_ms, until_ms): (i64, i64),
        holder: Option<&str>,
        limit: usize,
    ) -> Result<Vec<StoredDelivery<T>>, StoreError> {
        // Beside a MIN, SQLite takes the other columns from the row that has it.
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS}, MIN(due_ms) AS first FROM delivery WHERE due_ms <= ?1 \
             AND lane NOT IN (SELECT lane FROM delivery WHERE {IS_LEASED}) \
             GROUP BY lane ORDER BY first, id LIMIT ?3"
        ))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map((now_ms, holder, limit), from_row)?;
        let due: Vec<StoredDelivery<T>> = rows
            .map(|row| typed(row?))
            .collect::<Result<_, StoreError>>()?;
        for delivery in &due {
            self.lease_delivery(delivery.id, until_ms, holder)?;
        }
        Ok(due)
    }

    /// Puts a delivery under lease until `until_ms`, for `holder`.
    pub fn lease_delivery(
        &self,
        id: i64,
        until_ms: i64,
        holder: Option<&str>,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("UPDATE delivery SET leased_until_ms = ?2, holder = ?3 WHERE id = ?1")?
            .execute((id, until_ms, holder))?;
        Ok(())
    }

    /// Ends the lease of a delivery, which is due again at `due_ms` and has been tried so often.
    pub fn put_back_delivery(&self, id: i64, attempts: u32, due_ms: i64) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "UPDATE delivery SET attempts = ?2, due_ms = ?3, leased_until_ms = 0 WHERE id = ?1",
            )?
            .execute((id, attempts, due_ms))?;
        Ok(())
    }

    /// Takes a delivery out of the outbox.
    pub fn remove_delivery(&self, id: i64) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("DELETE FROM delivery WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }

    /// Takes the deliveries for a subscription out of the outbox, and returns them.
    pub fn take_deliveries_of<T: DeserializeOwned>(
        &self,
        subscription_id: &str,
    ) -> Result<Vec<StoredDelivery<T>>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "DELETE FROM delivery WHERE subscription_id = ?1 RETURNING {COLUMNS}"
        ))?;
        let rows = statement.query_map([subscription_id], from_row)?;
        rows.map(|row| typed(row?)).collect()
    }

    /// When `holder` can lease the next delivery, in milliseconds: one is due, or a lease ends.
    pub fn next_delivery_ms(
        &self,
        now_ms: i64,
        holder: Option<&str>,
    ) -> Result<Option<i64>, StoreError> {
        let first = |sql: &str| -> Result<Option<i64>, StoreError> {
            let mut statement = self.connection.prepare_cached(sql)?;
            let first = statement.query_row((now_ms, holder), |row| row.get(0));
            Ok(first.optional()?)
        };
        let due = first(&format!(
            "SELECT due_ms FROM delivery WHERE lane NOT IN \
             (SELECT lane FROM delivery WHERE {IS_LEASED}) ORDER BY due_ms LIMIT 1",
        ))?;
        let lease_ends = first(&format!(
            "SELECT leased_until_ms FROM delivery WHERE {IS_LEASED} \
             ORDER BY leased_until_ms LIMIT 1",
        ))?;
        Ok(due.into_iter().chain(lease_ends).min())
    }

    /// How many deliveries are in the outbox.
    pub fn count_deliveries(&self) -> Result<i64, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT COUNT(*) FROM delivery")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// What the outbox holds for each endpoint, by endpoint, whosever it is.
    pub fn all_outbox_lanes(&self, now_ms: i64) -> Result<Vec<OutboxLane>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT lane, COUNT(*), SUM(due_ms <= ?1), SUM(attempts > 0), MIN(due_ms) \
             FROM delivery GROUP BY lane ORDER BY lane",
        )?;
        let rows = statement.query_map([now_ms], lane_from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
