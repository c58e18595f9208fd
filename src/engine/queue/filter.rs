//! Filters of consumer groups: which messages a group gets, told by their custom properties.
//!
//! ```text
//! :type = "order" AND (:total >= 100 OR :vip) AND NOT :region = "test"
//! ```
//!
//! `:key` alone asks whether the property is there. Text is compared as text, a number as a number; a message
//! without the property, or with one that is no number, does not match such a comparison. Letters count as
//! they are, words (AND, OR, NOT) in any case. The grammar beyond `:key` and `:key = "text"` is unconfirmed.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// A message's custom properties.
pub(super) type Properties<'m> = BTreeMap<Cow<'m, str>, Cow<'m, str>>;

/// Longest filter, and how deep parentheses may nest.
const MOST_BYTES: usize = 4096;
const MOST_DEPTH: usize = 32;

/// Why a text is no filter, as the end of a sentence that begins with the field.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FilterError {
    #[error("has {0} bytes; at most {MOST_BYTES} are allowed")]
    TooLong(usize),
    #[error("nests deeper than {MOST_DEPTH} parentheses")]
    TooDeep,
    #[error(
        "cannot be read at {found}: expected {expected}, as in :type = \"order\" AND NOT (:total < 100)"
    )]
    Unexpected {
        found: String,
        expected: &'static str,
    },
    #[error("has a text without an end: {0}")]
    OpenText(String),
}

/// Which messages a group gets.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    All,
    Has(String),
    Text(String, Equality, String),
    Number(String, Comparison, f64),
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Equality {
    Equal,
    Unequal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

impl Filter {
    /// Reads a filter; an empty one takes all messages.
    pub(super) fn parse(text: &str) -> Result<Self, FilterError> {
        if text.len() > MOST_BYTES {
            return Err(FilterError::TooLong(text.len()));
        }
        let tokens = tokens(text)?;
        if tokens.is_empty() {
            return Ok(Self::All);
        }
        let mut parser = Parser {
            tokens: tokens.into_iter().peekable(),
            depth: 0,
        };
        let filter = parser.any_of()?;
        match parser.tokens.next() {
            None => Ok(filter),
            Some(token) => Err(unexpected(Some(token), "AND, OR or the end")),
        }
    }

    /// Whether a message with these properties is let through.
    pub(super) fn matches(&self, properties: &Properties<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Has(key) => properties.contains_key(key.as_str()),
            Self::Text(key, equality, text) => properties
                .get(key.as_str())
                .is_some_and(|value| (value == text) == (*equality == Equality::Equal)),
            Self::Number(key, comparison, number) => properties
                .get(key.as_str())
                .and_then(|value| value.trim().parse().ok())
                .is_some_and(|value| comparison.holds(value, *number)),
            Self::And(parts) => parts.iter().all(|part| part.matches(properties)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(properties)),
            Self::Not(part) => !part.matches(properties),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Key(String),
    Text(String),
    Number(f64),
    Comparison(Comparison),
    And,
    Or,
    Not,
    Open,
    Close,
    Other(String),
}

impl Token {
    fn shown(&self) -> String {
        match self {
            Self::Key(key) => format!(":{key}"),
            Self::Text(text) => format!("{text:?}"),
            Self::Number(number) => number.to_string(),
            Self::Comparison(comparison) => match comparison {
                Comparison::Equal => "=",
                Comparison::Unequal => "!=",
                Comparison::Less => "<",
                Comparison::LessOrEqual => "<=",
                Comparison::Greater => ">",
                Comparison::GreaterOrEqual => ">=",
            }
            .to_owned(),
            Self::And => "AND".to_owned(),
            Self::Or => "OR".to_owned(),
            Self::Not => "NOT".to_owned(),
            Self::Open => "(".to_owned(),
            Self::Close => ")".to_owned(),
            Self::Other(text) => text.clone(),
        }
    }
}

fn unexpected(found: Option<Token>, expected: &'static str) -> FilterError {
    FilterError::Unexpected {
        found: found.map_or_else(|| "its end".to_owned(), |token| token.shown()),
        expected,
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, FilterError> {
    const SIGNS: [(&str, Token); 9] = [
        ("<=", Token::Comparison(Comparison::LessOrEqual)),
        (">=", Token::Comparison(Comparison::GreaterOrEqual)),
        ("!=", Token::Comparison(Comparison::Unequal)),
        ("<>", Token::Comparison(Comparison::Unequal)),
        ("=", Token::Comparison(Comparison::Equal)),
        ("<", Token::Comparison(Comparison::Less)),
        (">", Token::Comparison(Comparison::Greater)),
        ("(", Token::Open),
        (")", Token::Close),
    ];
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let sign = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
        let (token, length) = if let Some((sign, token)) = sign {
            (token.clone(), sign.len())
        } else if matches!(first, '"' | '\'') {
            quoted(rest, first)?
        } else {
            word(rest)
        };
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

/// The text at the beginning of `rest` with its length, quotes counted. A quote in it is doubled.
fn quoted(rest: &str, quote: char) -> Result<(Token, usize), FilterError> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, char)) = chars.next() {
        if char != quote {
            text.push(char);
        } else if chars.next_if(|(_, next)| *next == quote).is_some() {
            text.push(quote);
        } else {
            return Ok((Token::Text(text), at + quote.len_utf8()));
        }
    }
    Err(FilterError::OpenText(rest.chars().take(40).collect()))
}

/// The key, number or word at the beginning of `rest`, with its length.
fn word(rest: &str) -> (Token, usize) {
    let ends = |char: char| char.is_whitespace() || "()=!<>\"'".contains(char);
    // What begins with a sign that means nothing is a word of its own.
    let length = rest.find(ends).filter(|length| *length > 0);
    let length = length.unwrap_or_else(|| match rest.starts_with(ends) {
        true => rest.chars().next().map_or(0, char::len_utf8),
        false => rest.len(),
    });
    let word = rest.get(..length).unwrap_or(rest);
    let token = match (word.strip_prefix(':'), word.to_ascii_uppercase().as_str()) {
        (Some(key), _) if !key.is_empty() => Token::Key(key.to_owned()),
        (_, "AND") => Token::And,
        (_, "OR") => Token::Or,
        (_, "NOT") => Token::Not,
        _ => match word.parse::<f64>() {
            Ok(number) if number.is_finite() => Token::Number(number),
            _ => Token::Other(word.to_owned()),
        },
    };
    (token, length)
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    depth: usize,
}

impl Parser {
    /// Parts with OR between them.
    fn any_of(&mut self) -> Result<Filter, FilterError> {
        let mut parts = vec![self.all_of()?];
        while self.tokens.next_if_eq(&Token::Or).is_some() {
            parts.push(self.all_of()?);
        }
        Ok(single(parts, Filter::Or))
    }

    /// Parts with AND between them.
    fn all_of(&mut self) -> Result<Filter, FilterError> {
        let mut parts = vec![self.part()?];
        while self.tokens.next_if_eq(&Token::And).is_some() {
            parts.push(self.part()?);
        }
        Ok(single(parts, Filter::And))
    }

    fn part(&mut self) -> Result<Filter, FilterError> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(FilterError::TooDeep);
        }
        let part = match self.tokens.next() {
            Some(Token::Not) => Filter::Not(Box::new(self.part()?)),
            Some(Token::Open) => {
                let inner = self.any_of()?;
                match self.tokens.next() {
                    Some(Token::Close) => inner,
                    other => return Err(unexpected(other, "a closing parenthesis")),
                }
            }
            Some(Token::Key(key)) => self.comparison(key)?,
            other => return Err(unexpected(other, "a property such as :type")),
        };
        self.depth -= 1;
        Ok(part)
    }

    fn comparison(&mut self, key: String) -> Result<Filter, FilterError> {
        let is_comparison = |token: &Token| matches!(token, Token::Comparison(_));
        let Some(Token::Comparison(comparison)) = self.tokens.next_if(is_comparison) else {
            return Ok(Filter::Has(key));
        };
        match (comparison, self.tokens.next()) {
            (comparison, Some(Token::Number(number))) => {
                Ok(Filter::Number(key, comparison, number))
            }
            (Comparison::Equal, Some(Token::Text(text))) => {
                Ok(Filter::Text(key, Equality::Equal, text))
            }
            (Comparison::Unequal, Some(Token::Text(text))) => {
                Ok(Filter::Text(key, Equality::Unequal, text))
            }
            (Comparison::Equal | Comparison::Unequal, other) => {
                Err(unexpected(other, "a text in quotes or a number"))
            }
            (_, other) => Err(unexpected(other, "a number")),
        }
    }
}

fn single(mut parts: Vec<Filter>, several: fn(Vec<Filter>) -> Filter) -> Filter {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            parts.extend(last);
            several(parts)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: [(&str, &str); 4] = [
        ("type", "order"),
        ("total", "99.5"),
        ("region", "eu west"),
        ("it's", "so"),
    ];

    fn matches(filter: &str) -> bool {
        let properties = ORDER.map(|(key, value)| (key.into(), value.into()));
        let properties = Properties::from(properties);
        Filter::parse(filter)
            .unwrap_or_else(|error| panic!("{filter}: {error}"))
            .matches(&properties)
    }

    #[test]
    fn lets_the_right_messages_through() {
        for filter in [
            "",
            "  ",
            ":type",
            ":type = \"order\"",
            ":type='order'",
            ":region = 'eu west'",
            ":type != \"refund\"",
            ":total < 100 and :total >= 99.5",
            ":total = 99.5",
            "NOT :gone",
            "NOT (:type = 'refund' OR :total > 1e3)",
            ":gone OR :type AND :total",
            ":type <> 'x'",
        ] {
            assert!(matches(filter), "{filter}");
        }
        for filter in [
            ":gone",
            ":Type",
            ":type = 'Order'",
            ":gone != 'x'",
            ":type > 5",
            ":total > 99.5",
            ":gone AND :type OR :gone",
            "NOT NOT :gone",
        ] {
            assert!(!matches(filter), "{filter}");
        }
    }

    #[test]
    fn says_where_it_cannot_be_read() {
        for (filter, said) in [
            ("type = 'order'", "at type"),
            (":type = order", "at order: expected a text"),
            (":type < 'a'", "at \"a\": expected a number"),
            (":type =", "at its end"),
            ("(:type", "at its end: expected a closing"),
            (":type) ", "at ): expected AND"),
            (":type 'x'", "at \"x\": expected AND"),
            (":type = 'x", "without an end"),
            (": = 5", "at :"),
            ("! :a", "at !"),
            (":a & :b", "at &"),
            ("NaN", "at NaN"),
        ] {
            let error = Filter::parse(filter).unwrap_err().to_string();
            assert!(error.contains(said), "{filter}: {error}");
        }
        let deep = format!("{}:a{}", "(".repeat(33), ")".repeat(33));
        assert_eq!(Filter::parse(&deep), Err(FilterError::TooDeep));
        let long = format!(":a = '{}'", "x".repeat(5000));
        assert_eq!(Filter::parse(&long), Err(FilterError::TooLong(5007)));
    }

    #[test]
    fn a_quote_in_a_text_is_doubled() {
        let filter = Filter::parse(":a = 'it''s'").unwrap();
        assert!(filter.matches(&Properties::from([("a".into(), "it's".into())])));
    }
}
