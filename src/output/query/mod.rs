//! `--query`: a JMESPath expression, read before anything is sent, searched in the reply.
//!
//! The language is the one of Python's `jmespath`, which the official command line uses: where the
//! library here differs, [`dialect`] and [`functions`] make it agree.

mod dialect;
mod functions;
mod shape;
mod values;

use jmespath::ast::Ast;
use jmespath::{Context, ErrorReason, JmespathError, Rcvar, Variable};
use serde_json::Value;

use super::OutputError;
use super::order::Order;
use crate::api::operation::ReplyBody;

/// An expression that can be searched for.
#[derive(Clone, Debug)]
pub struct Query {
    text: String,
    ast: Ast,
    order: Order,
    /// Whether what it finds depends on the order of keys.
    shows_order: bool,
}

impl Query {
    /// Reads an expression; a malformed one, or one that calls an unknown function, is refused.
    pub fn parse(expression: &str) -> Result<Self, OutputError> {
        let text = dialect::quote_bare_literals(expression).into_owned();
        let mut ast = jmespath::parse(&text).map_err(|error| malformed(&error))?;
        dialect::adapt(&mut ast, &mut |offset, problem| {
            let reason = ErrorReason::Parse(problem);
            malformed(&JmespathError::new(&text, offset, reason))
        })?;
        let order = shape::order(&ast, Order::SORTED);
        let shows_order = values::shows_order(&mut ast);
        Ok(Self {
            text,
            ast,
            order,
            shows_order,
        })
    }

    /// The order in which the expression lists the keys of what it finds.
    pub(super) fn order(&self) -> &Order {
        &self.order
    }

    /// Whether a list at `place` may be searched in parts: what they yield, one after the other, is what
    /// the whole list yields.
    pub(super) fn goes_item_by_item(&self, place: &[&str]) -> bool {
        shape::goes_item_by_item(&self.ast, place)
    }

    /// What the expression finds in the printed form of a reply; null for nothing.
    pub(super) fn search(&self, document: Value, reply: ReplyBody) -> Result<Value, OutputError> {
        let runtime = &functions::RUNTIME;
        let mut context = Context::new(&self.text, runtime);
        let data = Rcvar::new(variable(document));
        let found = match self.shows_order {
            false => jmespath::interpret(&data, &self.ast, &mut context),
            true => {
                let mut ast = self.ast.clone();
                values::arrange(&mut ast, &Order::of_reply(reply));
                jmespath::interpret(&data, &ast, &mut context)
            }
        };
        // What was found is moved out of the document, which may be large, and not copied.
        drop(data);
        match found {
            Ok(found) => Ok(value(found)),
            Err(error) => Err(OutputError::Search {
                problem: told(&error.reason),
                place: place(&error),
            }),
        }
    }
}

fn variable(value: Value) -> Variable {
    match value {
        Value::Null => Variable::Null,
        Value::Bool(yes) => Variable::Bool(yes),
        Value::Number(number) => Variable::Number(number),
        Value::String(text) => Variable::String(text),
        Value::Array(values) => {
            let values = values.into_iter();
            Variable::Array(values.map(|value| Rcvar::new(variable(value))).collect())
        }
        Value::Object(fields) => {
            let fields = fields.into_iter();
            let fields = fields.map(|(name, value)| (name, Rcvar::new(variable(value))));
            Variable::Object(fields.collect())
        }
    }
}

fn value(variable: Rcvar) -> Value {
    match Rcvar::unwrap_or_clone(variable) {
        Variable::Bool(yes) => Value::Bool(yes),
        Variable::Number(number) => Value::Number(number),
        Variable::String(text) => Value::String(text),
        Variable::Array(values) => values.into_iter().map(value).collect(),
        Variable::Object(fields) => {
            let fields = fields.into_iter();
            Value::Object(fields.map(|(name, found)| (name, value(found))).collect())
        }
        Variable::Null | Variable::Expref(_) => Value::Null,
    }
}

fn malformed(error: &JmespathError) -> OutputError {
    let rest = error.expression.get(error.offset..).unwrap_or_default();
    let problem = match told(&error.reason) {
        _ if rest.trim_end().is_empty() => "it ends too soon".to_owned(),
        // What follows is the parser's own notation of the token that the caret points at.
        problem if problem.contains(" -- found ") => "this is not expected here".to_owned(),
        problem => problem,
    };
    let hint = if rest.starts_with('-') {
        "\nA name with a dash in it stands in double quotes, as in 'data[].\"time-created\"'."
    } else {
        ""
    };
    OutputError::Query {
        problem,
        place: place(error) + hint,
    }
}

fn told(reason: &ErrorReason) -> String {
    match reason {
        ErrorReason::Parse(problem) => problem.clone(),
        ErrorReason::Runtime(problem) => problem.to_string(),
    }
}

/// The expression, and a caret under the place where it goes wrong.
fn place(error: &JmespathError) -> String {
    let before = error.expression.get(..error.offset);
    let before = before.unwrap_or(&error.expression);
    let column = before.chars().rev().take_while(|c| *c != '\n').count();
    let line = before.matches('\n').count();
    let lines = error.expression.lines();
    let lines = lines.enumerate().map(|(number, text)| {
        if number == line {
            format!("  {text}\n  {:column$}^", "")
        } else {
            format!("  {text}")
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn search(expression: &str) -> Value {
        let data = json!([
            {"name": "b", "n": 2, "at": "2026-03-14T01:02:03+00:00", "half": 0.5},
            {"name": "a", "n": 10, "at": "2026-01-01T00:00:00+00:00", "half": -1.5},
        ]);
        let query = Query::parse(expression).unwrap();
        query
            .search(json!({"data": data, "etag": "e"}), ReplyBody::Nothing)
            .unwrap()
    }

    fn refused(expression: &str) -> String {
        Query::parse(expression).unwrap_err().to_string()
    }

    #[test]
    fn python_functions_are_there() {
        assert_eq!(search("sort_by(data, &n)[].name"), json!(["b", "a"]));
        assert_eq!(search("data[].name | join('-', @)"), json!("b-a"));
        assert_eq!(search("to_string(data[0].n)"), json!("2"));
        assert_eq!(search("max_by(data, &half).name"), json!("b"));
        assert_eq!(search("length(data[?contains(name, 'a')])"), json!(1));
        assert_eq!(search("data[*].{Name: name} | [0]"), json!({"Name": "b"}));
        assert_eq!(search("keys(@)"), json!(["data", "etag"]));
    }

    #[test]
    fn whole_numbers_stay_whole() {
        assert_eq!(search("sum(data[].n)").to_string(), "12");
        assert_eq!(search("sum(data[].half)").to_string(), "-1.0");
        assert_eq!(search("avg(data[].n)").to_string(), "6.0");
        assert_eq!(search("avg(`[]`)"), json!(null));
        assert_eq!(search("sum(`[]`)").to_string(), "0");
        assert_eq!(search("ceil(data[0].half)").to_string(), "1");
        assert_eq!(search("floor(data[1].half)").to_string(), "-2");
        assert_eq!(search("abs(data[1].half)").to_string(), "1.5");
        assert_eq!(search("abs(`-3`)").to_string(), "3");
        assert_eq!(search("to_number('7')").to_string(), "7");
        assert_eq!(search("to_number('7.5')").to_string(), "7.5");
        assert_eq!(search("to_number('true')"), json!(null));
    }

    #[test]
    fn text_can_be_compared_as_dates_are() {
        assert_eq!(search("data[?at > '2026-02'].name"), json!(["b"]));
        assert_eq!(search("data[?at <= '2026-02'].name"), json!(["a"]));
        assert_eq!(search("data[?n >= `10`].name"), json!(["a"]));
        assert_eq!(search("data[?n < '10'].name"), json!([]));
        assert_eq!(search("map(&(n > `5`), data)"), json!([false, true]));
    }

    #[test]
    fn literals_may_lack_their_quotes() {
        assert_eq!(search("data[?name == `a`].n"), json!([10]));
        assert_eq!(search("data[?name == `\"a\"`].n"), json!([10]));
        assert_eq!(search("'`a`'"), json!("`a`"));
        assert_eq!(search("`{\"k\": [1, 2.0]}`"), json!({"k": [1, 2.0]}));
    }

    #[test]
    fn a_caret_shows_where_an_expression_goes_wrong() {
        assert_eq!(
            refused("data[?"),
            "the expression of --query is malformed: it ends too soon\n  data[?\n        ^"
        );
        assert!(refused("data[].ü").ends_with("\n  data[].ü\n         ^"));
        assert!(refused("data..id").contains("this is not expected here\n  data..id\n       ^"));
        assert!(refused("data.time-created").contains("double quotes"));
        assert!(refused("nope(data)").contains("no function is called nope\n  nope(data)\n"));
        assert!(refused("data[?a ==\n 'x]").contains("Unclosed"));
        assert!(refused("").contains("it ends too soon"));
    }

    #[test]
    fn values_and_keys_come_in_the_order_of_the_model() {
        let topic = ReplyBody::Object(&crate::api::models::ons::NOTIFICATION_TOPIC);
        let document = json!({
            "data": {"api-endpoint": "a", "etag": "e", "more": "m", "name": "n", "topic-id": "t",
                     "freeform-tags": {"b": 1, "a": 2}},
            "etag": "e",
        });
        let search = |expression: &str, document: &Value, reply| {
            let query = Query::parse(expression).unwrap();
            query.search(document.clone(), reply).unwrap()
        };
        let ordered = json!(["n", "t", "e", {"b": 1, "a": 2}, "a", "m"]);
        for expression in [
            "data.*",
            "values(data)",
            "[data][0].*",
            "{x: data}.x | *",
            "*.* | [0]",
        ] {
            assert_eq!(
                search(expression, &document, topic),
                ordered,
                "{expression}"
            );
        }
        let keys = json!([
            "name",
            "topic-id",
            "etag",
            "freeform-tags",
            "api-endpoint",
            "more"
        ]);
        assert_eq!(search("keys(data)", &document, topic), keys);
        assert_eq!(search("map(&keys(@), [data])[0]", &document, topic), keys);
        assert_eq!(search("data.*.*", &document, topic), json!([[2, 1]]));
        assert_eq!(search("data.name.*", &document, topic), json!(null));
        assert!(
            Query::parse("keys(data)")
                .unwrap()
                .search(json!({}), topic)
                .is_err()
        );
        let list = json!({"data": [document["data"]]});
        let topics = ReplyBody::List(&crate::api::models::ons::NOTIFICATION_TOPIC);
        assert_eq!(search("data[].* | [0]", &list, topics), ordered);
        assert_eq!(search("data[*].keys(@) | [0]", &list, topics), keys);
        assert_eq!(search("data[?name == 'n'].* | [0]", &list, topics), ordered);
    }

    #[test]
    fn no_step_is_too_long() {
        assert_eq!(search("data[1::2147483647].name"), json!(["a"]));
        assert_eq!(search("data[::-2147483647].name"), json!(["a"]));
    }

    #[test]
    fn a_search_can_fail() {
        let query = Query::parse("length(nothing)").unwrap();
        let error = query
            .search(json!({}), ReplyBody::Nothing)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("expects type array|object|string, given null"),
            "{error}"
        );
    }
}
