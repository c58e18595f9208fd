//! `--output table`: a ruler, a header, rows; columns as wide as their widest cell, never wrapped.

use std::collections::BTreeSet;

use comfy_table::{ContentArrangement, ContentLineStyle, LineStyle, Table, TableStyle};
use serde_json::{Map, Value};

use super::json;

/// The data as a table, each line ended.
pub(super) fn table(data: &Value) -> String {
    let (header, rows) = match data {
        Value::Object(fields) => of_objects(&[fields]),
        Value::Array(rows) => of_list(rows),
        scalar => (numbered(1), vec![vec![cell(scalar)]]),
    };
    draw(&header, rows)
}

type Rows = Vec<Vec<String>>;

fn of_list(rows: &[Value]) -> (Vec<String>, Rows) {
    let objects: Option<Vec<_>> = rows.iter().map(Value::as_object).collect();
    if let Some(objects) = objects {
        return of_objects(&objects);
    }
    let lists: Option<Vec<_>> = rows.iter().map(Value::as_array).collect();
    if let Some(lists) = lists {
        let columns = lists.iter().map(|row| row.len()).max().unwrap_or(0);
        let rows = lists.iter().map(|row| row.iter().map(cell).collect());
        return (numbered(columns), rows.collect());
    }
    (
        numbered(1),
        rows.iter().map(|row| vec![cell(row)]).collect(),
    )
}

/// Every key that any object has is a column; a cell is empty where an object lacks it.
fn of_objects(objects: &[&Map<String, Value>]) -> (Vec<String>, Rows) {
    let columns: BTreeSet<&String> = objects.iter().flat_map(|object| object.keys()).collect();
    let row = |object: &&Map<String, Value>| {
        let cells = columns.iter().map(|column| object.get(*column));
        cells
            .map(|value| value.map_or_else(String::new, cell))
            .collect()
    };
    let rows = objects.iter().map(row).collect();
    (columns.into_iter().cloned().collect(), rows)
}

/// Columns that have no name are counted.
fn numbered(columns: usize) -> Vec<String> {
    (1..=columns).map(|n| format!("Column{n}")).collect()
}

/// A value as Python's `str` writes it, but objects and lists as JSON, which can be read back.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        other => json::compact(other),
    }
}

/// The tables of the official command line: a ruler above, below and under the header.
const STYLE: TableStyle = TableStyle::new()
    .top_border(RULER)
    .header_lines(ContentLineStyle::new('|', '|', '|'))
    .header_separator(RULER)
    .content_lines(ContentLineStyle::new('|', '|', '|'))
    .bottom_border(RULER);

const RULER: LineStyle = LineStyle::new('+', '-', '+', '+');

fn draw(header: &[String], rows: Rows) -> String {
    let mut table = Table::new();
    // A cell wider than 65,535 columns, which is all that the crate counts to, goes on in the next line.
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header)
        .add_rows(rows);
    table.to_string() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_share_their_columns() {
        assert_eq!(
            table(&json!([{"b": null, "a": "日本“ü”"}, {"a": true, "c": {"k": [1.0]}}])),
            "+---------+------+-------------+\n\
             | a       | b    | c           |\n\
             +---------+------+-------------+\n\
             | 日本“ü” | None |             |\n\
             | True    |      | {\"k\":[1.0]} |\n\
             +---------+------+-------------+\n"
        );
    }

    #[test]
    fn what_has_no_names_is_counted() {
        assert_eq!(
            table(&json!([["one", 2], ["x\nlonger"]])),
            "+---------+---------+\n\
             | Column1 | Column2 |\n\
             +---------+---------+\n\
             | one     | 2       |\n\
             | x       |         |\n\
             | longer  |         |\n\
             +---------+---------+\n"
        );
        let one = "+---------+\n| Column1 |\n+---------+\n| id-0    |\n+---------+\n";
        assert_eq!(table(&json!("id-0")), one);
        assert_eq!(table(&json!(["id-0"])), one);
    }

    #[test]
    fn odd_shapes_are_drawn_too() {
        for data in [json!({}), json!([]), json!([{}, 1]), json!([[]]), json!("")] {
            assert!(table(&data).ends_with("+\n"));
        }
        let long = table(&json!({"value": "x".repeat(70_000)}));
        assert_eq!(long.matches('x').count(), 70_000);
    }
}
