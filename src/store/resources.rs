//! Resources of every kind in one table: the columns that lists filter and sort by, and the rest as JSON.

use rusqlite::types::Value as SqlValue;
use rusqlite::{OptionalExtension, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::conditions::Conditions;
use super::page::{Order, Page, Place, PlaceValue};
use super::{FolderSession, Session, StoreError, from_json, to_json};

/// A resource; `D` holds what only its kind has.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource<D> {
    /// Its OCID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The compartment it is in.
    pub compartment_id: String,
    /// The resource that it is part of, as a stream's pool.
    pub parent_id: Option<String>,
    /// Its lifecycle state.
    pub state: String,
    /// Changes with every change of the resource.
    pub etag: String,
    /// When it was created, in milliseconds.
    pub time_created_ms: i64,
    /// When it was deleted, in milliseconds.
    pub time_deleted_ms: Option<i64>,
    /// What only its kind has.
    pub details: D,
}

/// What a list is narrowed down to; what is absent does not narrow it.
#[derive(Clone, Debug, Default)]
pub struct Filter<'f> {
    /// In this compartment.
    pub compartment_id: Option<&'f str>,
    /// Part of this resource.
    pub parent_id: Option<&'f str>,
    /// With this OCID.
    pub id: Option<&'f str>,
    /// With exactly this name.
    pub name: Option<&'f str>,
    /// In this lifecycle state, whatever the case of its letters.
    pub state: Option<&'f str>,
    /// Without those deleted at this time or before, in milliseconds.
    pub deleted_after_ms: Option<i64>,
}

/// What a list is sorted by; equal ones are sorted by OCID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// By name.
    Name,
    /// By the time of creation.
    TimeCreated,
    /// By OCID, for kinds of which there are few: there is no index in this order.
    Id,
}

impl<D> Resource<D> {
    /// Where it stands in a list that is sorted by this.
    pub fn place(&self, sort_by: SortBy) -> Place {
        Place {
            value: match sort_by {
                SortBy::Name => PlaceValue::Text(self.name.clone()),
                SortBy::TimeCreated => PlaceValue::Number(self.time_created_ms),
                SortBy::Id => PlaceValue::Text(self.id.clone()),
            },
            id: self.id.clone(),
        }
    }
}

const COLUMNS: &str = "id, name, compartment_id, parent_id, state, etag, time_created_ms, \
                       time_deleted_ms, details";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Resource<String>> {
    Ok(Resource {
        id: row.get(0)?,
        name: row.get(1)?,
        compartment_id: row.get(2)?,
        parent_id: row.get(3)?,
        state: row.get(4)?,
        etag: row.get(5)?,
        time_created_ms: row.get(6)?,
        time_deleted_ms: row.get(7)?,
        details: row.get(8)?,
    })
}

fn typed<D: DeserializeOwned>(raw: Resource<String>) -> Result<Resource<D>, StoreError> {
    Ok(Resource {
        details: from_json("resource", &raw.details)?,
        id: raw.id,
        name: raw.name,
        compartment_id: raw.compartment_id,
        parent_id: raw.parent_id,
        state: raw.state,
        etag: raw.etag,
        time_created_ms: raw.time_created_ms,
        time_deleted_ms: raw.time_deleted_ms,
    })
}

impl FolderSession<'_> {
    /// Removes what is left of resources of all kinds and tenancies that were deleted at this time or before.
    pub fn forget_resources_deleted_until(&self, time_ms: i64) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("DELETE FROM resource WHERE time_deleted_ms <= ?1")?
            .execute([time_ms])?;
        Ok(())
    }

    /// A resource of `kind` that hangs on `parent_id` and is not deleted, whosever it is: for those who were
    /// given the parent.
    pub fn resource_below<D: DeserializeOwned>(
        &self,
        parent_id: &str,
        kind: &str,
        id: &str,
    ) -> Result<Option<Resource<D>>, StoreError> {
        let raw = self
            .connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM resource \
                 WHERE id = ?1 AND kind = ?2 AND parent_id = ?3 AND time_deleted_ms IS NULL"
            ))?
            .query_row([id, kind, parent_id], from_row)
            .optional()?;
        raw.map(typed).transpose()
    }

    /// The tenancy of the resource of `kind` with this OCID, deleted or not.
    pub fn tenancy_of_resource(&self, kind: &str, id: &str) -> Result<Option<String>, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT tenancy_id FROM resource WHERE id = ?1 AND kind = ?2")?
            .query_row([id, kind], |row| row.get(0))
            .optional()?)
    }

    /// OCID and name of the resource that a tenancy's caller means by an OCID, or by a name of that kind: the newest,
    /// unless one is not deleted.
    pub fn resource_meant(
        &self,
        tenancy_id: &str,
        kind: Option<&str>,
        text: &str,
    ) -> Result<Option<(String, String)>, StoreError> {
        let by_id = "SELECT id, name FROM resource WHERE id = ?1 AND tenancy_id = ?2";
        let found = self
            .connection
            .prepare_cached(by_id)?
            .query_row([text, tenancy_id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (None, Some(kind)) = (&found, kind) else {
            return Ok(found);
        };
        Ok(self
            .connection
            .prepare_cached(
                "SELECT id, name FROM resource WHERE name = ?1 AND tenancy_id = ?2 AND kind = ?3 \
                 ORDER BY time_deleted_ms IS NOT NULL, time_created_ms DESC LIMIT 1",
            )?
            .query_row([text, tenancy_id, kind], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?)
    }

    /// The OCIDs of the tenancies that have resources which are not deleted.
    pub fn tenancies(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT DISTINCT tenancy_id FROM resource WHERE time_deleted_ms IS NULL ORDER BY tenancy_id",
        )?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many resources of `kind` are not deleted, whosever they are.
    pub fn count_resources(&self, kind: &str) -> Result<i64, StoreError> {
        Ok(self.connection.query_row(
            "SELECT COUNT(*) FROM resource WHERE kind = ?1 AND time_deleted_ms IS NULL",
            [kind],
            |row| row.get(0),
        )?)
    }
}

impl Session<'_> {
    /// How many resources of `kind` the tenancy has that are not deleted.
    pub fn count_own_resources(&self, kind: &str) -> Result<i64, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT COUNT(*) FROM resource WHERE tenancy_id = ?1 AND kind = ?2 AND time_deleted_ms IS NULL",
        )?;
        Ok(statement.query_row([self.tenancy_id, kind], |row| row.get(0))?)
    }

    /// Stores a resource of `kind`, new or changed.
    pub fn put_resource<D: Serialize>(
        &self,
        kind: &str,
        resource: &Resource<D>,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(&format!(
                "INSERT OR REPLACE INTO resource (tenancy_id, kind, {COLUMNS}) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
            ))?
            .execute((
                self.tenancy_id,
                kind,
                &resource.id,
                &resource.name,
                &resource.compartment_id,
                &resource.parent_id,
                &resource.state,
                &resource.etag,
                resource.time_created_ms,
                resource.time_deleted_ms,
                to_json(&resource.details),
            ))?;
        Ok(())
    }

    /// The resource of `kind` with this OCID, deleted or not.
    pub fn resource<D: DeserializeOwned>(
        &self,
        kind: &str,
        id: &str,
    ) -> Result<Option<Resource<D>>, StoreError> {
        let raw = self
            .connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM resource WHERE id = ?1 AND kind = ?2 AND tenancy_id = ?3"
            ))?
            .query_row([id, kind, self.tenancy_id], from_row)
            .optional()?;
        raw.map(typed).transpose()
    }

    /// The resources of `kind` with this name that are not deleted, wherever they are.
    pub fn resources_named<D: DeserializeOwned>(
        &self,
        kind: &str,
        name: &str,
    ) -> Result<Vec<Resource<D>>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM resource \
             WHERE tenancy_id = ?1 AND kind = ?2 AND name = ?3 AND time_deleted_ms IS NULL ORDER BY id"
        ))?;
        let rows = statement.query_map([self.tenancy_id, kind, name], from_row)?;
        rows.map(|row| typed(row?)).collect()
    }

    /// The names and OCIDs of the resources of `kind` that are not deleted, at most `limit`, by name.
    pub fn resource_names(
        &self,
        kind: &str,
        limit: usize,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT name, id FROM resource \
             WHERE tenancy_id = ?1 AND kind = ?2 AND time_deleted_ms IS NULL \
             ORDER BY name, id LIMIT ?3",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map((self.tenancy_id, kind, limit), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A list of resources of `kind`: at most `limit` of them, after the given place in the order.
    pub fn resources<D: DeserializeOwned>(
        &self,
        kind: &str,
        filter: &Filter<'_>,
        (sort_by, order): (SortBy, Order),
        after: Option<&Place>,
        limit: usize,
    ) -> Result<Page<Resource<D>>, StoreError> {
        let column = sort_column(sort_by, filter);
        let rows = conditions(self.tenancy_id, kind, filter).page(
            self.connection,
            ("resource", COLUMNS),
            (column, order),
            (after, limit),
            from_row,
        )?;
        let items = rows
            .into_iter()
            .map(typed)
            .collect::<Result<_, StoreError>>()?;
        Ok(Page::cut(items, limit))
    }
}

/// The column to sort by, written so that SQLite takes the best index.
fn sort_column(sort_by: SortBy, filter: &Filter<'_>) -> &'static str {
    match (sort_by, filter.name) {
        (SortBy::Name, _) => "name",
        (SortBy::TimeCreated, None) => "time_created_ms",
        // Few have the same name: finding them and sorting is less than looking at all in order. The sign
        // keeps the index of times out of it.
        (SortBy::TimeCreated, Some(_)) => "+time_created_ms",
        // The sign keeps it from walking through all resources by their OCIDs.
        (SortBy::Id, _) => "+id",
    }
}

fn conditions(tenancy_id: &str, kind: &str, filter: &Filter<'_>) -> Conditions {
    let mut conditions = Conditions::new("tenancy_id = ?", tenancy_id);
    conditions.and_equal("kind = ?", Some(kind));
    conditions.and_equal("compartment_id = ?", filter.compartment_id);
    conditions.and_equal("parent_id = ?", filter.parent_id);
    conditions.and_equal("id = ?", filter.id);
    conditions.and_equal("name = ?", filter.name);
    conditions.and_equal("state = ? COLLATE NOCASE", filter.state);
    if let Some(after_ms) = filter.deleted_after_ms {
        let condition = "(time_deleted_ms IS NULL OR time_deleted_ms > ?)";
        conditions.and(condition, [SqlValue::Integer(after_ms)]);
    }
    conditions
}

#[cfg(test)]
mod tests {
    use super::super::Store;
    use super::*;

    /// A list must not look at all there is, nor sort it: its cost would grow with what is stored.
    #[test]
    fn every_list_walks_an_index_in_order() {
        let store = Store::in_memory().unwrap();
        let connection = store.lock();
        let (compartment, parent) = (Some("c"), Some("p"));
        let places = [
            None,
            Some(Place {
                value: PlaceValue::Number(5),
                id: "i".to_owned(),
            }),
        ];
        for (compartment_id, parent_id) in
            [(compartment, None), (None, parent), (compartment, parent)]
        {
            for sorted in [SortBy::Name, SortBy::TimeCreated] {
                for order in [Order::Ascending, Order::Descending] {
                    for place in &places {
                        let filter = Filter {
                            compartment_id,
                            parent_id,
                            state: Some("ACTIVE"),
                            deleted_after_ms: Some(0),
                            ..Filter::default()
                        };
                        let table = ("resource", COLUMNS);
                        let column = sort_column(sorted, &filter);
                        let conditions = conditions("t", "stream", &filter);
                        let plan =
                            conditions.plan(&connection, table, (column, order), place.as_ref());
                        assert_eq!(plan.len(), 1, "{filter:?} by {column}: {plan:?}");
                        assert!(plan[0].contains("USING INDEX resource_by_"), "{plan:?}");
                        assert!(
                            plan[0].contains("compartment_id=?") || plan[0].contains("parent_id=?"),
                            "{plan:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_name_is_looked_up_and_not_searched_for() {
        let store = Store::in_memory().unwrap();
        let connection = store.lock();
        for (compartment_id, parent_id) in [(Some("c"), None), (None, Some("p"))] {
            let filter = Filter {
                compartment_id,
                parent_id,
                name: Some("n"),
                ..Filter::default()
            };
            for sorted in [SortBy::Name, SortBy::TimeCreated] {
                let sorted = (sort_column(sorted, &filter), Order::Descending);
                let table = ("resource", COLUMNS);
                let plan =
                    conditions("t", "stream", &filter).plan(&connection, table, sorted, None);
                assert!(plan[0].contains("name=?"), "{plan:?}");
            }
        }
    }
}
