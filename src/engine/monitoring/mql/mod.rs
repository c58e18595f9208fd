//! The Monitoring Query Language: what a query says, how it is read and how it is written.
//!
//! ```text
//! CpuUtilization[5m]{pool =~ "web|api-*"}.groupBy(pool).mean() > 80 && 100 - Free[1m].min() >= 20
//! (Errors[1m].groupBy(host).sum() > 0).grouping().count()
//! ```
//!
//! From weakest to strongest: `||`, `&&`, predicates, `+` and `-`, `*`, `/` and `%`; all from left to right.
//! Parentheses group, and nest where a statistic follows. Source: behaviour.md 5.1. How strongly operators
//! bind, escapes in texts, `!=` between a dimension and a value, and the limits below are unconfirmed.
//!
//! Nothing here knows points: `evaluate` does.

mod error;
mod parser;
mod syntax;
#[cfg(test)]
mod tests;

pub use error::MqlError;
pub use syntax::{
    Arithmetic, Comparison, DimensionFilter, Expression, Grouping, Join, Match, MetricQuery,
    Nested, Period, Predicate, Statistic, Unit,
};

/// The longest query, in bytes.
pub const MOST_BYTES: usize = 16 * 1024;

/// How deep parentheses may stand in each other.
pub const MOST_DEPTH: usize = 32;

/// How many operators, predicates and nested statistics a query may have.
pub const MOST_OPERATORS: usize = 100;

/// Reads a query.
pub fn parse(text: &str) -> Result<Expression, MqlError> {
    parser::parse(text)
}
