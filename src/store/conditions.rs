//! Queries for one page of a list: what narrows it down, its order, and where in it the page begins.

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, Row, params_from_iter};

use super::page::{Order, Page, Place};

/// A WHERE clause in the making. It holds only what is asked for, so that SQLite finds the index for it.
pub(super) struct Conditions {
    sql: String,
    values: Vec<SqlValue>,
}

impl Conditions {
    pub(super) fn new(condition: &str, value: &str) -> Self {
        Self {
            sql: condition.to_owned(),
            values: vec![SqlValue::Text(value.to_owned())],
        }
    }

    /// Adds a condition on a value, if there is one.
    pub(super) fn and_equal(&mut self, condition: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.and(condition, [SqlValue::Text(value.to_owned())]);
        }
    }

    pub(super) fn and<const N: usize>(&mut self, condition: &str, values: [SqlValue; N]) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.values.extend(values);
    }

    /// The rows after a place, one more than the page holds; equal ones are sorted by OCID.
    pub(super) fn page<T>(
        self,
        connection: &Connection,
        table: (&str, &str),
        sorted: (&str, Order),
        part: (Option<&Place>, usize),
        from_row: fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let (sql, values) = self.query(table, sorted, part);
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(values), from_row)?;
        rows.collect()
    }

    fn query(
        mut self,
        (table, columns): (&str, &str),
        (sort_column, order): (&str, Order),
        (after, limit): (Option<&Place>, usize),
    ) -> (String, Vec<SqlValue>) {
        let (sign, direction) = match order {
            Order::Ascending => (">", "ASC"),
            Order::Descending => ("<", "DESC"),
        };
        if let Some(place) = after {
            let condition = format!("({sort_column}, id) {sign} (?, ?)");
            self.and(
                &condition,
                [place.value.to_sql_value(), SqlValue::Text(place.id.clone())],
            );
        }
        self.values
            .push(SqlValue::Integer(Page::<()>::rows_wanted(limit)));
        let sql = format!(
            "SELECT {columns} FROM {table} WHERE {} \
             ORDER BY {sort_column} {direction}, id {direction} LIMIT ?",
            self.sql
        );
        (sql, self.values)
    }

    /// How SQLite goes about the query, in its own words.
    #[cfg(test)]
    pub(super) fn plan(
        self,
        connection: &Connection,
        table: (&str, &str),
        sorted: (&str, Order),
        after: Option<&Place>,
    ) -> Vec<String> {
        let (sql, values) = self.query(table, sorted, (after, 10));
        let mut statement = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap();
        let rows = statement.query_map(params_from_iter(values), |row| row.get("detail"));
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }
}
