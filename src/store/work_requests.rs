//! Work requests: what was asked of a resource, by whom it can be looked up later.
//!
//! The engine finishes its work before it answers, so a work request has succeeded when it is stored.

use rusqlite::{OptionalExtension, Row};

use super::conditions::Conditions;
use super::page::{Order, Page, Place};
use super::{FolderSession, Session, StoreError};

/// One piece of work on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkRequest {
    /// Its OCID.
    pub id: String,
    /// First word of the service's commands.
    pub service: String,
    /// The compartment of the resource.
    pub compartment_id: String,
    /// The OCID of the resource.
    pub resource_id: String,
    /// What was done, as `CREATE_STREAM`.
    pub operation_type: String,
    /// What it was done to, as `stream`.
    pub entity_type: String,
    /// What came of it: `CREATED`, `UPDATED` or `DELETED`.
    pub action_type: String,
    /// When it was asked for and done, in milliseconds.
    pub time_accepted_ms: i64,
}

/// Which work requests a list is narrowed down to.
#[derive(Clone, Copy, Debug)]
pub struct WorkFilter<'f> {
    /// Of this service.
    pub service: &'f str,
    /// On resources of this compartment.
    pub compartment_id: Option<&'f str>,
    /// On this resource.
    pub resource_id: Option<&'f str>,
    /// With this OCID.
    pub id: Option<&'f str>,
}

const COLUMNS: &str = "id, service, compartment_id, resource_id, operation_type, entity_type, \
                       action_type, time_accepted_ms";

fn from_row(row: &Row<'_>) -> rusqlite::Result<WorkRequest> {
    Ok(WorkRequest {
        id: row.get(0)?,
        service: row.get(1)?,
        compartment_id: row.get(2)?,
        resource_id: row.get(3)?,
        operation_type: row.get(4)?,
        entity_type: row.get(5)?,
        action_type: row.get(6)?,
        time_accepted_ms: row.get(7)?,
    })
}

impl FolderSession<'_> {
    /// The OCID of the resource that a work request is about, whosever it is.
    pub fn resource_of_work_request(&self, id: &str) -> Result<Option<String>, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT resource_id FROM work_request WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?)
    }
}

impl Session<'_> {
    /// Stores a work request.
    pub fn insert_work_request(&self, work: &WorkRequest) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(&format!(
                "INSERT INTO work_request (tenancy_id, {COLUMNS}) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
            ))?
            .execute((
                self.tenancy_id,
                &work.id,
                &work.service,
                &work.compartment_id,
                &work.resource_id,
                &work.operation_type,
                &work.entity_type,
                &work.action_type,
                work.time_accepted_ms,
            ))?;
        Ok(())
    }

    /// The work request with this OCID.
    pub fn work_request(&self, service: &str, id: &str) -> Result<Option<WorkRequest>, StoreError> {
        Ok(self
            .connection
            .query_row(
                &format!(
                    "SELECT {COLUMNS} FROM work_request \
                     WHERE id = ?1 AND service = ?2 AND tenancy_id = ?3"
                ),
                [id, service, self.tenancy_id],
                from_row,
            )
            .optional()?)
    }

    /// Work requests by time, at most `limit` of them after the given place.
    pub fn work_requests(
        &self,
        filter: &WorkFilter<'_>,
        order: Order,
        after: Option<&Place>,
        limit: usize,
    ) -> Result<Page<WorkRequest>, StoreError> {
        let rows = conditions(self.tenancy_id, filter).page(
            self.connection,
            ("work_request", COLUMNS),
            ("time_accepted_ms", order),
            (after, limit),
            from_row,
        )?;
        Ok(Page::cut(rows, limit))
    }
}

fn conditions(tenancy_id: &str, filter: &WorkFilter<'_>) -> Conditions {
    let mut conditions = Conditions::new("tenancy_id = ?", tenancy_id);
    conditions.and_equal("service = ?", Some(filter.service));
    conditions.and_equal("compartment_id = ?", filter.compartment_id);
    conditions.and_equal("resource_id = ?", filter.resource_id);
    conditions.and_equal("id = ?", filter.id);
    conditions
}

#[cfg(test)]
mod tests {
    use super::super::Store;
    use super::*;

    #[test]
    fn every_list_walks_an_index_in_order() {
        let store = Store::in_memory().unwrap();
        let connection = store.lock();
        for (compartment_id, resource_id) in
            [(Some("c"), None), (None, Some("r")), (Some("c"), Some("r"))]
        {
            let filter = WorkFilter {
                service: "streaming",
                compartment_id,
                resource_id,
                id: None,
            };
            let sorted = ("time_accepted_ms", Order::Descending);
            let table = ("work_request", COLUMNS);
            let plan = conditions("t", &filter).plan(&connection, table, sorted, None);
            assert_eq!(plan.len(), 1, "{filter:?}: {plan:?}");
            assert!(plan[0].contains("USING INDEX work_request_by_"), "{plan:?}");
            assert!(
                plan[0].contains("compartment_id=?") || plan[0].contains("resource_id=?"),
                "{plan:?}"
            );
        }
    }
}
