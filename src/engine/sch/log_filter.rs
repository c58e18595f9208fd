//! Log rules: the conditions that entries of a log must meet to go on.
//!
//! The subset of the query language of Logging that describes one entry: comparisons of fields with values,
//! joined by `and`, `or` and `not`. A field is a path as `data.action`, below the entry or below its
//! `logContent`; a `*` in a value stands for any text. Which part of the language the service takes is
//! unconfirmed (behaviour.md 6.3).

use serde_json::Value;
use winnow::ascii::{Caseless, multispace0};
use winnow::combinator::{
    alt, cut_err, delimited, not, opt, peek, preceded, repeat, separated, terminated,
};
use winnow::error::{ContextError, StrContext, StrContextValue};
use winnow::prelude::*;
use winnow::token::{one_of, take_till, take_while};

/// A condition that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it cannot be read at character {position}: {expected} is expected, before {rest:?}")]
pub(super) struct LogFilterError {
    /// The number of the first character that is wrong, from 1.
    position: usize,
    expected: String,
    rest: String,
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LogFilter(Condition);

#[derive(Clone, Debug, PartialEq)]
enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Compare(Comparison),
    In {
        path: Vec<String>,
        values: Vec<Literal>,
    },
}

#[derive(Clone, Debug, PartialEq)]
struct Comparison {
    path: Vec<String>,
    operator: Operator,
    value: Literal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug, PartialEq)]
enum Literal {
    /// A text, in which `*` stands for any text.
    Text(String),
    Number(f64),
    Boolean(bool),
    Null,
}

impl LogFilter {
    /// Reads a condition.
    pub(super) fn parse(text: &str) -> Result<Self, LogFilterError> {
        if let Some(position) = too_deep(text) {
            return Err(LogFilterError {
                position,
                expected: format!("no more than {MOST_DEPTH} parentheses within each other"),
                rest: String::new(),
            });
        }
        let mut whole = delimited(multispace0, any_of, multispace0);
        whole.parse(text).map(Self).map_err(|error| {
            let at = error.offset();
            let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
            let expected = error.inner().context().filter_map(|context| match context {
                StrContext::Expected(StrContextValue::Description(what)) => {
                    Some((*what).to_owned())
                }
                _ => None,
            });
            let expected: Vec<String> = expected.collect();
            LogFilterError {
                position: before.chars().count() + 1,
                expected: match expected.is_empty() {
                    true => "and, or, or the end".to_owned(),
                    false => expected.join(" or "),
                },
                rest: rest.chars().take(30).collect(),
            }
        })
    }

    /// Whether a record meets the condition.
    pub(super) fn keeps(&self, record: &str) -> bool {
        let record: Value = serde_json::from_str(record).unwrap_or_default();
        self.0.is_met_by(&record)
    }
}

/// Most parentheses within each other: they are read by calls within each other.
const MOST_DEPTH: usize = 50;

/// The number of the first character, from 1, that is within too many parentheses. Those of texts count too.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let position = text.chars().position(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > MOST_DEPTH
    });
    position.map(|index| index + 1)
}

type Parsed<T> = winnow::ModalResult<T, ContextError>;

fn expected(what: &'static str) -> StrContext {
    StrContext::Expected(StrContextValue::Description(what))
}

fn any_of(input: &mut &str) -> Parsed<Condition> {
    let mut conditions: Vec<Condition> = separated(1.., all_of, keyword("or")).parse_next(input)?;
    Ok(match (conditions.pop(), conditions.is_empty()) {
        (Some(only), true) => only,
        (last, _) => Condition::Any(conditions.into_iter().chain(last).collect()),
    })
}

fn all_of(input: &mut &str) -> Parsed<Condition> {
    let mut conditions: Vec<Condition> =
        separated(1.., negated, keyword("and")).parse_next(input)?;
    Ok(match (conditions.pop(), conditions.is_empty()) {
        (Some(only), true) => only,
        (last, _) => Condition::All(conditions.into_iter().chain(last).collect()),
    })
}

fn negated(input: &mut &str) -> Parsed<Condition> {
    let count: Vec<()> =
        repeat(0..=MOST_NOTS, terminated(keyword("not"), multispace0)).parse_next(input)?;
    let condition = alt((
        delimited(
            ('(', multispace0),
            cut_err(any_of),
            cut_err((multispace0, ')')).context(expected("a closing parenthesis")),
        ),
        comparison,
    ))
    .context(expected("a comparison, as data.action = 'REJECT'"))
    .parse_next(input)?;
    Ok(match count.len() % 2 {
        0 => condition,
        _ => Condition::Not(Box::new(condition)),
    })
}

/// Most `not` before a condition.
const MOST_NOTS: usize = 8;

/// A word between conditions, with the blanks around it.
fn keyword<'i>(
    word: &'static str,
) -> impl Parser<&'i str, (), winnow::error::ErrMode<ContextError>> {
    let ends = not(one_of(is_of_name));
    (multispace0, Caseless(word), peek(ends), multispace0).void()
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '$')
}

fn comparison(input: &mut &str) -> Parsed<Condition> {
    let path = path.parse_next(input)?;
    multispace0.parse_next(input)?;
    if opt(keyword("in")).parse_next(input)?.is_some() {
        let values = delimited(
            ('(', multispace0),
            separated(1.., literal, (multispace0, ',', multispace0)),
            (multispace0, ')'),
        );
        let values = cut_err(values)
            .context(expected("values in parentheses"))
            .parse_next(input)?;
        return Ok(Condition::In { path, values });
    }
    let operator = cut_err(operator)
        .context(expected("=, !=, <, <=, >, >= or in"))
        .parse_next(input)?;
    let value = preceded(multispace0, cut_err(literal)).parse_next(input)?;
    Ok(Condition::Compare(Comparison {
        path,
        operator,
        value,
    }))
}

/// A path: names with dots in between; a name in double quotes may have dots in it.
fn path(input: &mut &str) -> Parsed<Vec<String>> {
    let bare = take_while(1.., |c: char| is_of_name(c) && c != '.').map(str::to_owned);
    separated(1.., alt((quoted('"'), bare)), '.').parse_next(input)
}

fn operator(input: &mut &str) -> Parsed<Operator> {
    alt((
        "!=".value(Operator::NotEqual),
        "<=".value(Operator::LessOrEqual),
        ">=".value(Operator::GreaterOrEqual),
        "==".value(Operator::Equal),
        "=".value(Operator::Equal),
        "<".value(Operator::Less),
        ">".value(Operator::Greater),
    ))
    .parse_next(input)
}

fn literal(input: &mut &str) -> Parsed<Literal> {
    let word = take_while(1.., |c: char| is_of_name(c) || matches!(c, '*' | '+'));
    alt((
        quoted('\'').map(Literal::Text),
        quoted('"').map(Literal::Text),
        word.map(bare_literal),
    ))
    .context(expected("a value, as 'REJECT', 42 or true"))
    .parse_next(input)
}

fn bare_literal(word: &str) -> Literal {
    match word {
        "true" => Literal::Boolean(true),
        "false" => Literal::Boolean(false),
        "null" => Literal::Null,
        other => match other.parse::<f64>() {
            Ok(number) if number.is_finite() => Literal::Number(number),
            _ => Literal::Text(other.to_owned()),
        },
    }
}

/// A text in quotes; a doubled quote stands for one.
fn quoted<'i>(quote: char) -> impl Parser<&'i str, String, winnow::error::ErrMode<ContextError>> {
    move |input: &mut &'i str| {
        let part = || delimited(quote, take_till(0.., quote), quote);
        let parts: Vec<&str> = repeat(1.., part()).parse_next(input)?;
        Ok(parts.join(&quote.to_string()))
    }
}

impl Condition {
    fn is_met_by(&self, record: &Value) -> bool {
        match self {
            Self::All(conditions) => conditions.iter().all(|one| one.is_met_by(record)),
            Self::Any(conditions) => conditions.iter().any(|one| one.is_met_by(record)),
            Self::Not(condition) => !condition.is_met_by(record),
            Self::Compare(comparison) => comparison.is_met_by(record),
            Self::In { path, values } => {
                let found = lookup(record, path);
                values.iter().any(|value| value.equals(found))
            }
        }
    }
}

impl Comparison {
    fn is_met_by(&self, record: &Value) -> bool {
        let found = lookup(record, &self.path);
        let order = || self.value.order_of(found?);
        match self.operator {
            Operator::Equal => self.value.equals(found),
            Operator::NotEqual => !self.value.equals(found),
            Operator::Less => order().is_some_and(|order| order.is_lt()),
            Operator::LessOrEqual => order().is_some_and(|order| order.is_le()),
            Operator::Greater => order().is_some_and(|order| order.is_gt()),
            Operator::GreaterOrEqual => order().is_some_and(|order| order.is_ge()),
        }
    }
}

/// What a path leads to: from the record, or from its `logContent`.
fn lookup<'r>(record: &'r Value, path: &[String]) -> Option<&'r Value> {
    let below = |from: &'r Value| path.iter().try_fold(from, |value, name| value.get(name));
    below(record).or_else(|| below(record.get("logContent")?))
}

impl Literal {
    /// Whether a value is this, or is absent where this is null. Of an object or a list the JSON text is meant.
    fn equals(&self, found: Option<&Value>) -> bool {
        match (self, found) {
            (Self::Null, found) => found.is_none_or(Value::is_null),
            (_, None) => false,
            (Self::Text(pattern), Some(Value::String(text))) => matches(pattern, text),
            (Self::Text(pattern), Some(other)) => matches(pattern, &other.to_string()),
            (Self::Number(number), Some(Value::String(text))) => text.parse() == Ok(*number),
            (Self::Number(number), Some(other)) => other.as_f64() == Some(*number),
            (Self::Boolean(wanted), Some(Value::String(text))) => text == &wanted.to_string(),
            (Self::Boolean(wanted), Some(other)) => other.as_bool() == Some(*wanted),
        }
    }

    /// How a value stands to this: numbers as numbers, and texts as texts.
    fn order_of(&self, found: &Value) -> Option<std::cmp::Ordering> {
        match (self, found) {
            (Self::Number(number), Value::String(text)) => {
                text.parse::<f64>().ok()?.partial_cmp(number)
            }
            (Self::Number(number), other) => other.as_f64()?.partial_cmp(number),
            (Self::Text(wanted), Value::String(text)) => Some(text.as_str().cmp(wanted)),
            _ => None,
        }
    }
}

/// Whether a text is what a pattern describes, in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry() -> Value {
        json!({"datetime": 1, "logContent": {
            "type": "com.oraclecloud.vcn.flowlogs.DataEvent",
            "data": {"action": "REJECT", "bytes": 512, "port": "443", "ok": true, "a.b": "c"},
            "subject": null,
        }})
    }

    #[test]
    fn conditions_are_met_or_not() {
        for (text, met) in [
            ("data.action='REJECT'", true),
            ("logContent.data.action = 'REJECT'", true),
            ("data.action = 'ACCEPT'", false),
            ("data.action != 'ACCEPT' and data.bytes > 500", true),
            ("data.bytes >= 512 AND data.bytes <= 512", true),
            ("data.bytes < 512 or data.port = 443", true),
            ("not data.action = 'REJECT'", false),
            ("not (data.action = 'REJECT' and data.bytes < 5)", true),
            ("type = 'com.oraclecloud.vcn.*'", true),
            ("type = *flowlogs*", true),
            ("type = '*flowlogs'", false),
            ("data.action in ('ACCEPT', 'REJECT')", true),
            ("data.port in (80, 8080)", false),
            ("data.ok = true", true),
            ("data.missing = null and subject = null", true),
            ("data.missing != 'x'", true),
            ("data.missing < 5", false),
            ("data.\"a.b\" = 'c'", true),
            ("logContent='*REJECT*'", true),
            ("(data.action='REJECT')", true),
            (
                "data.action='a' or data.action='b' and data.ok=true or data.bytes=512",
                true,
            ),
            ("nothing = 'it''s'", false),
        ] {
            let filter = LogFilter::parse(text).unwrap();
            assert_eq!(
                filter.keeps(&entry().to_string()),
                met,
                "{text}: {filter:?}"
            );
        }
    }

    #[test]
    fn errors_name_the_place() {
        for (text, told) in [
            ("", "character 1: a comparison"),
            ("data.action", "character 12: =, !=, <, <=, >, >= or in"),
            ("data.action = ", "character 15: a value"),
            ("a = 1 and", "character 7: and, or, or the end"),
            ("a = 1 b = 2", "character 7: and, or, or the end"),
            ("(a = 1", "character 7: a closing parenthesis"),
            ("a in 1", "character 6: values in parentheses"),
            ("a = 'x", "character 5: a value"),
        ] {
            let error = LogFilter::parse(text).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let text = format!("{}a = 1{}", "(".repeat(100_000), ")".repeat(100_000));
        let error = LogFilter::parse(&text).unwrap_err().to_string();
        assert!(error.contains("character 51: no more than 50"), "{error}");
        let text = format!("{}a = 1{}", "(".repeat(50), ")".repeat(50));
        assert!(LogFilter::parse(&text).is_ok());
    }
}
