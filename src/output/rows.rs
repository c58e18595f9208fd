//! The formats that print a list item by item: `jsonl`, `csv` and `text`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Map, Value};

use super::json;
use super::order::{Order, Ordered};

/// A list that can be walked through, wherever it is kept.
pub(super) trait Items {
    /// Shows each item, in order, until one fails.
    fn each(&self, visit: &mut dyn FnMut(&Value) -> io::Result<()>) -> io::Result<()>;
}

impl Items for [Value] {
    fn each(&self, visit: &mut dyn FnMut(&Value) -> io::Result<()>) -> io::Result<()> {
        self.iter().try_for_each(visit)
    }
}

/// What the items of a list are, all together.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    objects: usize,
    lists: usize,
    others: usize,
    keys: BTreeSet<String>,
    longest_list: usize,
}

impl Shape {
    /// The shape of a list.
    pub(super) fn of(items: &[Value]) -> Self {
        let mut shape = Self::default();
        items.iter().for_each(|item| shape.add(item));
        shape
    }

    /// Takes one more item into account.
    pub(super) fn add(&mut self, item: &Value) {
        match item {
            Value::Object(fields) => {
                self.objects += 1;
                for key in fields.keys() {
                    if !self.keys.contains(key) {
                        self.keys.insert(key.clone());
                    }
                }
            }
            Value::Array(values) => {
                self.lists += 1;
                self.longest_list = self.longest_list.max(values.len());
            }
            _ => self.others += 1,
        }
    }

    /// How many items there are.
    pub(super) fn count(&self) -> usize {
        self.objects + self.lists + self.others
    }

    /// Every key that any object has.
    fn columns<'k>(&'k self, order: &'k Order) -> Vec<&'k str> {
        order.arrange(self.keys.iter().map(String::as_str))
    }
}

/// A compact JSON document a line.
pub(super) fn jsonl(
    items: &(impl Items + ?Sized),
    order: &Order,
    out: &mut dyn Write,
) -> io::Result<()> {
    items.each(&mut |value| {
        json::write_compact(&Ordered { value, order }, out)?;
        out.write_all(b"\n")
    })
}

/// RFC 4180, with lines that end as they do on Unix. Objects have a header; what has no names has none.
pub(super) fn csv(
    items: &(impl Items + ?Sized),
    shape: &Shape,
    order: &Order,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    let columns = shape.columns(order);
    let all_objects = shape.objects == shape.count();
    let all_lists = shape.lists == shape.count();
    if all_objects && !columns.is_empty() {
        writer.write_record(&columns).map_err(cause)?;
    }
    items.each(&mut |item| {
        match item {
            Value::Object(fields) if all_objects => {
                writer
                    .write_record(cells(fields, &columns, order).map(bytes))
                    .map_err(cause)?;
            }
            Value::Array(values) if all_lists => {
                // Every line has as many fields.
                let missing = shape.longest_list - values.len();
                let cells = values.iter().map(|value| cell(value, order));
                let padding = std::iter::repeat_n(Cow::Borrowed(""), missing);
                writer
                    .write_record(cells.chain(padding).map(bytes))
                    .map_err(cause)?;
            }
            item => writer
                .write_record([bytes(cell(item, order))])
                .map_err(cause)?,
        }
        Ok(())
    })?;
    writer.flush()
}

/// What went wrong, so that a closed pipe can be told from the rest.
fn cause(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(cause) => cause,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A line an item: a scalar as it is, the elements of a list and the values of an object between tabs.
pub(super) fn text(
    items: &(impl Items + ?Sized),
    shape: &Shape,
    order: &Order,
    out: &mut dyn Write,
) -> io::Result<()> {
    let columns = shape.columns(order);
    items.each(&mut |item| {
        let line: Vec<String> = match item {
            Value::Object(fields) => cells(fields, &columns, order).map(on_one_line).collect(),
            Value::Array(values) => values
                .iter()
                .map(|value| on_one_line(cell(value, order)))
                .collect(),
            scalar => vec![on_one_line(cell(scalar, order))],
        };
        writeln!(out, "{}", line.join("\t"))
    })
}

/// The values of an object in the order of the columns; nothing for those that it lacks.
fn cells<'v>(
    fields: &'v Map<String, Value>,
    columns: &'v [&str],
    order: &'v Order,
) -> impl Iterator<Item = Cow<'v, str>> {
    columns.iter().map(|column| {
        let value = fields.get(*column).unwrap_or(&Value::Null);
        cell(value, order.within(column))
    })
}

/// A scalar bare, null as nothing; objects and lists as JSON, which can be read back.
fn cell<'v>(value: &'v Value, order: &Order) -> Cow<'v, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        value => Cow::Owned(json::compact(&Ordered { value, order })),
    }
}

/// Text without the characters that end a cell or a line.
fn on_one_line(cell: Cow<'_, str>) -> String {
    cell.replace('\t', "\\t")
        .replace('\n', "\\n")
        .replace('\r', "\\r")
}

fn bytes(cell: Cow<'_, str>) -> Vec<u8> {
    cell.into_owned().into_bytes()
}
