//! A list that comes in pages, printed as one: nothing of it before the last page is there, and
//! without holding all of it in memory where the format and the query allow that.
//!
//! The text is the one that [`super::reply`] makes of all pages in one.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::mem;

use serde_json::{Map, Value};

use super::layout;
use super::order::Order;
use super::spool::Spool;
use super::{Format, NOTHING_FOUND, OutputError, Printed, Style, beside_data, form, not_all_note};
use crate::api::operation::{Operation, ReplyBody};
use crate::call::Reply;

/// Takes the pages of a list, one after the other.
#[derive(Debug)]
pub struct Pages<'a> {
    operation: &'a Operation,
    format: &'a Format,
    taken: Taken,
}

#[derive(Debug)]
enum Taken {
    Nothing,
    /// All in one reply: to be queried, or laid out, as a whole.
    Whole(Reply),
    Items(Box<ItemByItem>),
}

/// A list whose items are printed each by itself.
#[derive(Debug)]
struct ItemByItem {
    /// The body of the first page, with no items.
    frame: Value,
    /// The headers of the last page.
    headers: BTreeMap<String, String>,
    /// Whether there was any item, found by the query or not.
    any: bool,
    found: Spool,
}

impl<'a> Pages<'a> {
    /// No page yet.
    pub fn new(operation: &'a Operation, format: &'a Format) -> Self {
        Self {
            operation,
            format,
            taken: Taken::Nothing,
        }
    }

    /// Takes the next page.
    pub fn add(&mut self, page: Reply) -> Result<(), OutputError> {
        self.taken = match mem::replace(&mut self.taken, Taken::Nothing) {
            Taken::Nothing => self.first(page)?,
            Taken::Whole(before) => Taken::Whole(joined(before, page)),
            Taken::Items(mut before) => {
                before.add(page, self.operation, self.format)?;
                Taken::Items(before)
            }
        };
        Ok(())
    }

    fn first(&self, mut page: Reply) -> Result<Taken, OutputError> {
        if !self.prints_item_by_item(&page) {
            return Ok(Taken::Whole(page));
        }
        let items = items(&mut page).map(mem::take).unwrap_or_default();
        let mut list = ItemByItem {
            frame: page.body.take().unwrap_or_default(),
            headers: page.headers,
            any: false,
            found: Spool::new(self.format.order().clone()),
        };
        list.add_items(items, self.operation, self.format)?;
        Ok(Taken::Items(Box::new(list)))
    }

    /// Whether the list that begins with this page need not be looked at as a whole.
    fn prints_item_by_item(&self, first: &Reply) -> bool {
        // A table's columns are as wide as their widest cell.
        if self.format.style == Style::Table {
            return false;
        }
        let listed = match (self.operation.reply, &first.body) {
            (ReplyBody::List(_), Some(Value::Array(_))) => true,
            (ReplyBody::Object(model), Some(Value::Object(fields))) => {
                model.field("items").is_some() && fields.get("items").is_some_and(Value::is_array)
            }
            _ => false,
        };
        let query = self.format.query.as_ref();
        let place = first.body.as_ref().map_or(BARE, place);
        listed && query.is_none_or(|query| query.goes_item_by_item(place))
    }

    /// What is to be written when the last page has been taken.
    pub fn finish(self) -> Result<Listing, OutputError> {
        match self.taken {
            Taken::Nothing => Ok(Printed::default().into()),
            Taken::Whole(reply) => Ok(super::reply(self.operation, reply, self.format)?.into()),
            Taken::Items(list) => list.finish(self.operation, self.format),
        }
    }
}

impl ItemByItem {
    /// Takes the items of a further page; one that has none adds none.
    fn add(
        &mut self,
        mut page: Reply,
        operation: &Operation,
        format: &Format,
    ) -> Result<(), OutputError> {
        let items = items(&mut page).map(mem::take).unwrap_or_default();
        self.headers = page.headers;
        self.add_items(items, operation, format)
    }

    fn add_items(
        &mut self,
        items: Vec<Value>,
        operation: &Operation,
        format: &Format,
    ) -> Result<(), OutputError> {
        if items.is_empty() {
            return Ok(());
        }
        self.any = true;
        let page = Reply::ok(with_items(self.frame.clone(), items));
        let mut document = form::document(operation, page);
        let found = match &format.query {
            Some(query) => query.search(Value::Object(document), operation.reply)?,
            None => take_at(&mut document, place(&self.frame)),
        };
        let Value::Array(found) = found else {
            return Ok(());
        };
        for item in found {
            self.found.push(&item).map_err(|error| kept(&error))?;
        }
        Ok(())
    }

    fn finish(mut self, operation: &Operation, format: &Format) -> Result<Listing, OutputError> {
        let nothing = self.found.shape().count() == 0;
        // A query that finds nothing among items that are there has found an empty list.
        if nothing && !(self.any && format.query.is_some()) {
            let empty = Reply {
                body: Some(self.frame),
                headers: self.headers,
                ..Reply::default()
            };
            return Ok(super::reply(operation, empty, format)?.into());
        }
        self.found.flush().map_err(|error| kept(&error))?;
        let note = not_all_note(operation, &self.headers);
        let place = place(&self.frame);
        let mut document = form::document(
            operation,
            Reply {
                body: Some(self.frame),
                headers: self.headers,
                ..Reply::default()
            },
        );
        // An empty list is no data; this one is not empty.
        document.entry("data").or_insert(Value::Null);
        let stderr = match format.style {
            Style::Json | Style::Yaml => note.to_owned(),
            _ => beside_data(&document) + note,
        };
        if nothing {
            let stdout = super::laid_out(Value::Array(Vec::new()), format)?;
            return Ok(Printed { stdout, stderr }.into());
        }
        let found = Found {
            style: format.style,
            document: Value::Object(document),
            place: if format.query.is_some() { &[] } else { place },
            items: self.found,
        };
        Ok(Listing {
            stdout: Stdout::Items(Box::new(found)),
            stderr,
        })
    }
}

/// What is to be written of a list; each line is ended.
#[derive(Debug)]
pub struct Listing {
    stdout: Stdout,
    /// To stderr, last.
    pub stderr: String,
}

#[derive(Debug)]
enum Stdout {
    Text(String),
    Items(Box<Found>),
}

/// Items, and the document that they stand in.
#[derive(Debug)]
struct Found {
    style: Style,
    document: Value,
    place: &'static [&'static str],
    items: Spool,
}

impl Listing {
    /// Writes what goes to stdout.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.stdout {
            Stdout::Text(text) => out.write_all(text.as_bytes()),
            Stdout::Items(found) => {
                layout::listed(&found.document, found.place, &found.items, found.style, out)
            }
        }
    }
}

impl From<Printed> for Listing {
    fn from(printed: Printed) -> Self {
        Self {
            stdout: Stdout::Text(printed.stdout),
            stderr: printed.stderr,
        }
    }
}

impl Printed {
    /// What is told of a query that finds nothing.
    pub(super) fn nothing_found() -> Self {
        Self {
            stdout: String::new(),
            stderr: NOTHING_FOUND.to_owned(),
        }
    }
}

impl Format {
    /// The order of keys: those of the official command line's own formats are always sorted.
    pub(super) fn order(&self) -> &Order {
        match (self.style, &self.query) {
            (Style::Json | Style::Table, _) | (_, None) => Order::SORTED,
            (_, Some(query)) => query.order(),
        }
    }
}

/// How many items a page has.
pub fn count_items(page: &Reply) -> usize {
    let body = page.body.as_ref();
    let items = body.and_then(|body| body.as_array().or_else(|| body.get("items")?.as_array()));
    items.map_or(0, Vec::len)
}

/// Keeps the first items of a page. A quirk of the official command line: it cuts a bare list as Python's
/// `[:limit]` does, so that a limit below 0 leaves out the last ones, and an object that holds the list
/// comes to nothing then.
pub fn keep_items(page: &mut Reply, limit: i64) {
    let Some(items) = items(page) else {
        return;
    };
    let count = usize::try_from(limit.unsigned_abs()).unwrap_or(usize::MAX);
    match limit {
        0.. => items.truncate(count),
        _ => items.truncate(items.len().saturating_sub(count)),
    }
    if limit <= 0 && matches!(page.body, Some(Value::Object(_))) {
        page.body = None;
    }
}

const BARE: &[&str] = &["data"];

/// Where in the printed document the items of such a body are.
fn place(body: &Value) -> &'static [&'static str] {
    match body {
        Value::Object(_) => &["data", "items"],
        _ => BARE,
    }
}

/// The items of a page: a bare list, or the field `items`.
fn items(page: &mut Reply) -> Option<&mut Vec<Value>> {
    match page.body.as_mut()? {
        Value::Array(items) => Some(items),
        Value::Object(fields) => fields.get_mut("items")?.as_array_mut(),
        _ => None,
    }
}

fn with_items(frame: Value, items: Vec<Value>) -> Value {
    match frame {
        Value::Object(mut fields) => {
            fields.insert("items".to_owned(), Value::Array(items));
            Value::Object(fields)
        }
        _ => Value::Array(items),
    }
}

fn take_at(document: &mut Map<String, Value>, place: &[&str]) -> Value {
    match place {
        [] => Value::Null,
        [last] => document.remove(*last).unwrap_or_default(),
        [first, rest @ ..] => match document.get_mut(*first) {
            Some(Value::Object(inner)) => take_at(inner, rest),
            _ => Value::Null,
        },
    }
}

/// Two pages as one, with the headers of the later.
fn joined(mut before: Reply, mut after: Reply) -> Reply {
    if let (Some(first), Some(second)) = (items(&mut before), items(&mut after)) {
        first.append(second);
    }
    Reply {
        body: before.body,
        ..after
    }
}

fn kept(error: &io::Error) -> OutputError {
    OutputError::Keep {
        folder: std::env::temp_dir(),
        reason: error.to_string(),
    }
}
