//! Lists in pages: an order, a place in it, and the items found there.

use rusqlite::types::Value as SqlValue;
use serde::{Deserialize, Serialize};

/// Which end of a list comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

impl Order {
    /// The other way round.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

/// Some items of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Whether there are more behind them.
    pub more: bool,
}

impl<T> Page<T> {
    /// How many rows to read for a page of `limit` items: one more, which tells whether there are more.
    pub(super) fn rows_wanted(limit: usize) -> i64 {
        i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX)
    }

    /// The page of at most `limit` items out of the rows read.
    pub(super) fn cut(mut items: Vec<T>, limit: usize) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        Self { items, more }
    }
}

/// A place in a sorted list: the item that was last seen.
///
/// It holds what the list is sorted by, not a count, so that pages neither repeat nor skip what was there
/// all along while other items come and go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// What the list is sorted by.
    #[serde(rename = "v")]
    pub value: PlaceValue,
    /// The item's OCID, which tells equal ones apart.
    pub id: String,
}

/// What a list is sorted by, of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PlaceValue {
    /// A time in milliseconds.
    Number(i64),
    /// A name.
    Text(String),
}

impl PlaceValue {
    pub(super) fn to_sql_value(&self) -> SqlValue {
        match self {
            Self::Number(number) => SqlValue::Integer(*number),
            Self::Text(text) => SqlValue::Text(text.clone()),
        }
    }
}
