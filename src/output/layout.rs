//! From data to the text of a format.

use std::io::{self, Write};
use std::slice;

use serde_json::Value;

use super::order::{Order, Ordered};
use super::rows::{Items, Shape};
use super::spool::{Framed, Spool};
use super::{Style, json, rows, table, yaml};

/// Writes data; its last line is ended.
pub(super) fn data(
    value: &Value,
    style: Style,
    order: &Order,
    out: &mut dyn Write,
) -> io::Result<()> {
    match style {
        Style::Table => out.write_all(table::table(value).as_bytes()),
        // Charts are drawn elsewhere, from whole replies.
        Style::Json | Style::Chart => {
            json::write_pretty(value, "  ", out)?;
            out.write_all(b"\n")
        }
        Style::Yaml => yaml::write(&Ordered { value, order }, out),
        Style::Jsonl | Style::Csv | Style::Text => {
            let items = match value {
                Value::Array(items) => items.as_slice(),
                one => slice::from_ref(one),
            };
            by_rows(items, &Shape::of(items), style, order, out)
        }
    }
}

/// Writes a document whose list at `place` is `items`; its last line is ended.
///
/// Formats that print item by item leave the document out.
pub(super) fn listed(
    document: &Value,
    place: &[&str],
    items: &Spool,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let framed = Framed {
        document,
        place,
        items,
    };
    match style {
        Style::Json | Style::Table | Style::Chart => {
            json::write_pretty(&framed, "  ", out)?;
            out.write_all(b"\n")
        }
        Style::Yaml => yaml::write(&framed, out),
        Style::Jsonl => items.copy_lines(out),
        Style::Csv | Style::Text => by_rows(items, items.shape(), style, items.order(), out),
    }
}

fn by_rows(
    items: &(impl Items + ?Sized),
    shape: &Shape,
    style: Style,
    order: &Order,
    out: &mut dyn Write,
) -> io::Result<()> {
    match style {
        Style::Csv => rows::csv(items, shape, order, out),
        Style::Text => rows::text(items, shape, order, out),
        Style::Jsonl | Style::Json | Style::Table | Style::Yaml | Style::Chart => {
            rows::jsonl(items, order, out)
        }
    }
}
