//! What the user sees of a reply: its printed form, queried, in one of several formats; and errors.
//!
//! Everything here is text in, text out: callers write what they get to stdout and stderr. Nothing
//! here knows who answered.

mod chart;
mod date;
mod error;
mod form;
mod json;
mod layout;
mod order;
mod pages;
mod query;
mod rows;
mod spool;
mod style;
mod table;
mod yaml;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::api::operation::{Operation, ReplyBody};
use crate::call::Reply;

pub use chart::Canvas;
pub use error::{ErrorContext, NoAnswer, no_answer, service_error};
pub use pages::{Listing, Pages, count_items, keep_items};
pub use query::Query;
pub use style::Style;

/// How a reply is to be printed.
#[derive(Clone, Debug, Default)]
pub struct Format {
    /// The layout: `--output`.
    pub style: Style,
    /// The part to print: `--query`.
    pub query: Option<Query>,
    /// Whether a string is printed without quotes: `--raw-output`.
    pub raw: bool,
    /// What charts are drawn on.
    pub canvas: Canvas,
}

impl Format {
    /// The format that these options ask for; an empty expression asks for no query.
    pub fn new(style: Style, query: Option<&str>, raw: bool) -> Result<Self, OutputError> {
        let query = query.filter(|expression| !expression.is_empty());
        Ok(Self {
            style,
            query: query.map(Query::parse).transpose()?,
            raw,
            canvas: Canvas::default(),
        })
    }
}

/// What is to be written; each line is ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// To stdout, first.
    pub stdout: String,
    /// To stderr.
    pub stderr: String,
}

/// Why nothing can be printed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    /// An expression cannot be read.
    #[error("the expression of --query is malformed: {problem}\n{place}")]
    Query {
        /// What is wrong with it.
        problem: String,
        /// The expression with a caret under the place.
        place: String,
    },
    /// An expression can be read, but not be applied to this reply.
    #[error("the expression of --query does not fit the reply: {problem}\n{place}")]
    Search {
        /// What is wrong with it.
        problem: String,
        /// The expression with a caret under the place.
        place: String,
    },
    /// A list of many pages cannot be kept until its last page is there.
    #[error(
        "cannot keep the pages of the list in {}: {reason}\nSet TMPDIR to a folder with more room.",
        folder.display()
    )]
    Keep {
        /// Where temporary files go.
        folder: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// What is to be drawn has no series in it.
    #[error(
        "--output chart draws the data points of metrics, and this has none ({0}): choose another format, or a --query \
         that keeps them"
    )]
    Chart(String),
    /// A reply cannot be written in this format.
    #[error("cannot write the reply in this format: {0}")]
    Layout(String),
}

// Notes on stderr, in the words of the official command line, which scripts may look for.
const NOT_ALL: &str = "WARNING: This operation supports pagination and not all resources were returned.  Re-run using the --all option to auto paginate and list all resources.\n";
const NOTHING_FOUND: &str = "Query returned empty result, no output to show.\n";

/// What a table of no rows is, on stdout.
const NO_ROWS: &str = "Command returned empty list, no table to display.\n";

/// Prints a reply to an operation: nothing at all if it carries nothing worth telling.
pub fn reply(operation: &Operation, reply: Reply, format: &Format) -> Result<Printed, OutputError> {
    let note = not_all_note(operation, &reply.headers);
    let mut document = form::document(operation, reply);
    // Of a list without items, formats that print item by item print none.
    if format.style.prints_rows()
        && format.query.is_none()
        && matches!(operation.reply, ReplyBody::List(_))
        && !document.is_empty()
    {
        document
            .entry("data")
            .or_insert_with(|| Value::Array(Vec::new()));
    }
    // A chart of nothing tells so.
    if format.style == Style::Chart && matches!(operation.reply, ReplyBody::List(_)) {
        document
            .entry("data")
            .or_insert_with(|| Value::Array(Vec::new()));
    }
    print(document, operation.reply, format, note)
}

/// What is told if there are further pages.
fn not_all_note(operation: &Operation, headers: &BTreeMap<String, String>) -> &'static str {
    let next = headers.get("opc-next-page");
    if next.is_some_and(|page| !page.is_empty()) && operation.pages() && operation.offers_all {
        NOT_ALL
    } else {
        ""
    }
}

/// Prints `{"data": …}` for a command that exists only here; an empty list is printed too.
pub fn envelope(data: Value, format: &Format) -> Result<Printed, OutputError> {
    let document = Map::from_iter([("data".to_owned(), data)]);
    print(document, ReplyBody::Nothing, format, "")
}

/// Prints the response to a raw request: `data`, which is the body as JSON or else as text, `headers` and
/// `status`. As with the official command line, `--query` is for a JSON body alone, and headers of the same
/// name are one, their values joined with commas.
pub fn response<'h>(
    body: &[u8],
    headers: impl Iterator<Item = &'h (String, String)>,
    status: &str,
    format: &Format,
) -> Result<Printed, OutputError> {
    let mut joined: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in headers {
        let values = joined.entry(name).or_default();
        if !values.is_empty() {
            values.push_str(", ");
        }
        values.push_str(value);
    }
    let data = match (serde_json::from_slice(body), &format.query) {
        (Ok(data), Some(query)) => query.search(data, ReplyBody::Nothing)?,
        (Ok(data), None) => data,
        (Err(_), _) => Value::String(String::from_utf8_lossy(body).into_owned()),
    };
    let document = serde_json::json!({"data": data, "headers": joined, "status": status});
    let document_format = Format {
        query: None,
        ..format.clone()
    };
    Ok(Printed {
        stdout: laid_out(document, &document_format)?,
        stderr: String::new(),
    })
}

/// A document that is printed as it is, as skeletons are.
pub fn document(value: &Value) -> String {
    json::pretty(value, "  ") + "\n"
}

/// Prints a document, and `note` on stderr. A query that finds nothing is the only thing told then.
fn print(
    document: Map<String, Value>,
    reply: ReplyBody,
    format: &Format,
    note: &str,
) -> Result<Printed, OutputError> {
    if document.is_empty() {
        return Ok(Printed::default());
    }
    // A table or rows have no room for what stands beside the data.
    let beside = match format.style {
        Style::Json | Style::Yaml => String::new(),
        Style::Table | Style::Jsonl | Style::Csv | Style::Text | Style::Chart => {
            beside_data(&document)
        }
    };
    let data = match &format.query {
        Some(query) => {
            let found = query.search(Value::Object(document), reply)?;
            if found.is_null() {
                return Ok(Printed::nothing_found());
            }
            found
        }
        None => whole(document, format.style),
    };
    Ok(Printed {
        stdout: laid_out(data, format)?,
        stderr: beside + note,
    })
}

/// Without a query JSON and YAML show all, a table the data if there is any, and rows its items.
fn whole(mut document: Map<String, Value>, style: Style) -> Value {
    if matches!(style, Style::Json | Style::Yaml) {
        return Value::Object(document);
    }
    match document.remove("data") {
        Some(data) if style.prints_rows() => listed(data),
        Some(data) => data,
        None => Value::Object(document),
    }
}

/// The list that data has in its `items`, or the data itself.
fn listed(data: Value) -> Value {
    match data {
        Value::Object(mut fields) if fields.get("items").is_some_and(Value::is_array) => {
            fields.remove("items").unwrap_or_default()
        }
        data => data,
    }
}

fn beside_data(document: &Map<String, Value>) -> String {
    if !document.contains_key("data") {
        return String::new();
    }
    let headers = document.iter().filter(|(name, _)| *name != "data");
    headers
        .filter_map(|(name, value)| Some(format!("{name}: {}\n", value.as_str()?)))
        .collect()
}

fn laid_out(data: Value, format: &Format) -> Result<String, OutputError> {
    match data {
        Value::Array(rows) if rows.is_empty() && format.style == Style::Table => {
            Ok(NO_ROWS.to_owned())
        }
        data if format.style == Style::Chart => Ok(chart::from_data(data)?.draw(&format.canvas)),
        Value::String(text) if format.raw && format.style != Style::Table => Ok(text + "\n"),
        data => {
            let mut text = Vec::new();
            layout::data(&data, format.style, format.order(), &mut text)
                .map_err(|error| OutputError::Layout(error.to_string()))?;
            String::from_utf8(text).map_err(|error| OutputError::Layout(error.to_string()))
        }
    }
}

/// Whether Python takes a value for true: the official command line shows no data that it does not.
fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{OperationId, operations, streaming::Streaming};
    use serde_json::json;

    fn format(style: Style, query: Option<&str>) -> Format {
        Format::new(style, query, false).unwrap()
    }

    fn list(reply: Reply, format: &Format) -> Printed {
        let list = OperationId::Streaming(Streaming::ListStreams).operation();
        super::reply(list.unwrap(), reply, format).unwrap()
    }

    #[test]
    fn a_page_of_many_brings_a_note_unless_nothing_was_found() {
        let page = Reply::ok(json!([{"name": "orders"}])).with_header("opc-next-page", "2");
        let named = format(Style::Json, Some("data[].name"));
        let printed = list(page.clone(), &named);
        assert_eq!(printed.stdout, "[\n  \"orders\"\n]\n");
        assert_eq!(printed.stderr, NOT_ALL);
        let other = format(Style::Table, Some("data[0].other"));
        let printed = list(page, &other);
        assert_eq!(printed.stdout, "");
        assert_eq!(printed.stderr, NOTHING_FOUND);
    }

    #[test]
    fn only_null_is_nothing() {
        let found = |style, query| {
            let page = Reply::ok(json!([{"name": "orders"}]));
            let printed = list(page, &format(style, Some(query)));
            assert_eq!(printed.stderr, "");
            printed.stdout
        };
        for (query, printed) in [
            ("`0`", "0\n"),
            ("!data", "false\n"),
            ("''", "\"\"\n"),
            ("`{}`", "{}\n"),
            ("data[?name == 'other']", "[]\n"),
        ] {
            assert_eq!(found(Style::Json, query), printed, "{query}");
        }
        let none = found(Style::Table, "data[?name == 'other']");
        assert_eq!(none, NO_ROWS);
    }

    #[test]
    fn only_a_string_is_printed_raw() {
        let orders = || Reply::ok(json!([{"name": "orders", "partitions": 3}]));
        let raw = |query| {
            let format = Format::new(Style::Json, Some(query), true).unwrap();
            list(orders(), &format).stdout
        };
        assert_eq!(raw("data[0].name"), "orders\n");
        assert_eq!(raw("data[0].partitions"), "3\n");
        assert_eq!(raw("data[].name"), "[\n  \"orders\"\n]\n");
    }

    #[test]
    fn an_empty_expression_asks_for_no_query() {
        assert!(format(Style::Json, Some("")).query.is_none());
    }

    #[test]
    fn commands_of_our_own_print_empty_lists_too() {
        let printed = envelope(json!([]), &format(Style::Json, None)).unwrap();
        assert_eq!(printed.stdout, "{\n  \"data\": []\n}\n");
        let printed = envelope(json!({"port": 8080}), &format(Style::Table, None)).unwrap();
        assert_eq!(
            printed.stdout,
            "+------+\n| port |\n+------+\n| 8080 |\n+------+\n"
        );
    }

    #[test]
    fn a_reply_of_another_shape_is_printed_as_it_came() {
        let odd = [
            json!(null),
            json!(7),
            json!("text"),
            json!([1, {"id": 1}, null]),
            json!({"items": 3, "timeCreated": false, "lifecycleState": [], "unknown": 1}),
            json!({"items": [null, "x", {"definedTags": 1}], "freeformTags": {"a": 1}}),
        ];
        for operation in operations() {
            for body in &odd {
                for style in [Style::Json, Style::Table] {
                    let reply = Reply::ok(body.clone()).with_header("etag", "e");
                    let printed = super::reply(operation, reply, &format(style, None)).unwrap();
                    assert!(printed.stdout.ends_with('\n'), "{}", operation.command);
                }
            }
        }
        let printed = list(Reply::ok(json!({"a": [1]})), &format(Style::Json, None));
        assert_eq!(
            printed.stdout,
            "{\n  \"data\": {\n    \"a\": [\n      1\n    ]\n  }\n}\n"
        );
    }
}
