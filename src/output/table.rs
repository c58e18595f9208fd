//! `--output table`: a ruler, a header, rows; columns as wide as their widest cell, never wrapped.
//!
//! Table crates count widths in 16 bits, and a message may hold a million characters.

use std::collections::BTreeSet;
use std::iter::repeat_n;

use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr;

use super::json;

/// The data as a table, each line ended.
pub(super) fn table(data: &Value) -> String {
    let (header, rows) = match data {
        Value::Object(fields) => of_objects(&[fields]),
        Value::Array(rows) => of_list(rows),
        scalar => (numbered(1), vec![vec![cell(scalar)]]),
    };
    draw(&header, &rows)
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

fn draw(header: &[String], rows: &Rows) -> String {
    let mut widths: Vec<usize> = header.iter().map(|name| width(name)).collect();
    for row in rows {
        for (wide, cell) in widths.iter_mut().zip(row) {
            *wide = (*wide).max(width(cell));
        }
    }
    let ruler = ruler(&widths);
    let mut text = String::with_capacity(ruler.len() * (rows.len() + 4));
    text.push_str(&ruler);
    draw_row(&mut text, header, &widths);
    text.push_str(&ruler);
    for row in rows {
        draw_row(&mut text, row, &widths);
    }
    text.push_str(&ruler);
    text
}

fn ruler(widths: &[usize]) -> String {
    let dashes: Vec<String> = widths.iter().map(|wide| "-".repeat(wide + 2)).collect();
    format!("+{}+\n", dashes.join("+"))
}

/// A row is as high as its highest cell: a line break in a cell is one in the table.
fn draw_row(text: &mut String, cells: &[String], widths: &[usize]) {
    let height = cells.iter().map(|cell| cell.lines().count()).max();
    let mut cells: Vec<_> = cells.iter().map(|cell| cell.lines()).collect();
    for _ in 0..height.unwrap_or(0).max(1) {
        text.push('|');
        for (column, wide) in widths.iter().enumerate() {
            let line = cells.get_mut(column).and_then(Iterator::next);
            let line = line.unwrap_or_default();
            text.push(' ');
            text.push_str(line);
            text.extend(repeat_n(' ', wide.saturating_sub(line.width()) + 1));
            text.push('|');
        }
        text.push('\n');
    }
}

fn width(cell: &str) -> usize {
    cell.lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
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
        let long = "x".repeat(70_000);
        assert!(table(&json!({"value": long})).contains(&long));
    }
}
