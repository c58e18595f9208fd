//! Literals of Python, which the official command line takes where it wants JSON: `{'a': True, 'b': None}`.
//!
//! It tries JSON first, and then what Python's `ast.literal_eval` reads. Here that is dicts, lists and
//! tuples of text, numbers, `True`, `False` and `None`; sets, bytes and complex numbers have no place in
//! JSON.

use std::iter::Peekable;
use std::str::Chars;

use serde_json::{Map, Number, Value};

/// How deep literals may be nested; Python's own parser gives up at 200.
const MOST_DEPTH: usize = 200;

/// The JSON value of a dict, list or tuple; `None` if the text is none.
pub(super) fn literal(text: &str) -> Option<Value> {
    let mut parser = Parser {
        rest: text.trim().chars().peekable(),
        depth: 0,
    };
    let value = parser.value()?;
    parser.blanks();
    let is_whole = parser.rest.peek().is_none();
    (is_whole && (value.is_object() || value.is_array())).then_some(value)
}

struct Parser<'t> {
    rest: Peekable<Chars<'t>>,
    depth: usize,
}

impl Parser<'_> {
    fn blanks(&mut self) {
        while self
            .rest
            .next_if(|letter| letter.is_ascii_whitespace())
            .is_some()
        {}
    }

    /// Takes this letter if it comes next, behind blanks.
    fn takes(&mut self, letter: char) -> bool {
        self.blanks();
        self.rest.next_if_eq(&letter).is_some()
    }

    fn value(&mut self) -> Option<Value> {
        self.blanks();
        match *self.rest.peek()? {
            '{' => self.nested(Self::dict),
            '[' => self.nested(|parser| Some(Value::Array(parser.items(']')?.0))),
            '(' => self.nested(Self::tuple),
            '\'' | '"' => self.texts().map(Value::String),
            '+' | '-' | '.' | '0'..='9' => self.number(),
            _ => self.name(),
        }
    }

    /// What begins with a bracket, which is taken.
    fn nested(&mut self, inner: impl FnOnce(&mut Self) -> Option<Value>) -> Option<Value> {
        self.rest.next();
        self.depth += 1;
        let value = (self.depth <= MOST_DEPTH).then(|| inner(self))?;
        self.depth -= 1;
        value
    }

    fn dict(&mut self) -> Option<Value> {
        let mut entries = Map::new();
        while !self.takes('}') {
            let key = key(self.value()?)?;
            if !self.takes(':') {
                return None;
            }
            entries.insert(key, self.value()?);
            if !self.takes(',') {
                return self.takes('}').then_some(Value::Object(entries));
            }
        }
        Some(Value::Object(entries))
    }

    /// Values up to the bracket that closes them, and whether a comma stands behind the last.
    fn items(&mut self, end: char) -> Option<(Vec<Value>, bool)> {
        let mut items = Vec::new();
        while !self.takes(end) {
            items.push(self.value()?);
            if !self.takes(',') {
                return self.takes(end).then_some((items, false));
            }
        }
        Some((items, true))
    }

    /// A tuple, or a value in parentheses.
    fn tuple(&mut self) -> Option<Value> {
        let (mut items, has_comma) = self.items(')')?;
        match (items.len(), has_comma) {
            (1, false) => items.pop(),
            _ => Some(Value::Array(items)),
        }
    }

    /// Text, in as many pairs of quotes as stand one after the other.
    fn texts(&mut self) -> Option<String> {
        let mut text = String::new();
        while let Some(quote) = self.rest.next_if(|letter| matches!(letter, '\'' | '"')) {
            self.text(quote, &mut text)?;
            self.blanks();
        }
        Some(text)
    }

    fn text(&mut self, quote: char, text: &mut String) -> Option<()> {
        loop {
            match self.rest.next()? {
                '\\' => self.escape(text)?,
                '\n' => return None,
                letter if letter == quote => return Some(()),
                letter => text.push(letter),
            }
        }
    }

    /// What stands behind a backslash. An escape that Python does not know is left as it is.
    fn escape(&mut self, text: &mut String) -> Option<()> {
        let letter = self.rest.next()?;
        let meant = match letter {
            '\n' => return Some(()),
            '\\' | '\'' | '"' => letter,
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'x' => self.code(2, 16)?,
            'u' => self.code(4, 16)?,
            'U' => self.code(8, 16)?,
            '0'..='7' => return self.octal(letter, text),
            other => {
                text.push('\\');
                other
            }
        };
        text.push(meant);
        Some(())
    }

    fn code(&mut self, digits: usize, radix: u32) -> Option<char> {
        let mut code = 0;
        for _ in 0..digits {
            code = code * radix + self.rest.next()?.to_digit(radix)?;
        }
        char::from_u32(code)
    }

    fn octal(&mut self, first: char, text: &mut String) -> Option<()> {
        let mut code = first.to_digit(8)?;
        for _ in 0..2 {
            let Some(digit) = self.rest.next_if(|letter| letter.is_digit(8)) else {
                break;
            };
            code = code * 8 + digit.to_digit(8)?;
        }
        text.push(char::from_u32(code)?);
        Some(())
    }

    fn number(&mut self) -> Option<Value> {
        let mut text = String::new();
        while let Some(sign) = self
            .rest
            .next_if(|letter| matches!(letter, '+' | '-' | ' '))
        {
            // Signs may be repeated, each minus turns the number round.
            match (sign, text.as_str()) {
                ('-', "-") => text.clear(),
                ('-', _) => text.push('-'),
                _ => {}
            }
        }
        let mut last = ' ';
        while let Some(letter) = self.rest.next_if(|letter| {
            let is_of_exponent = matches!(letter, '+' | '-') && matches!(last, 'e' | 'E');
            letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_') || is_of_exponent
        }) {
            text.push(letter);
            last = letter;
        }
        number(&text)
    }

    fn name(&mut self) -> Option<Value> {
        let mut name = String::new();
        while let Some(letter) = self.rest.next_if(char::is_ascii_alphabetic) {
            name.push(letter);
        }
        match name.as_str() {
            "True" => Some(Value::Bool(true)),
            "False" => Some(Value::Bool(false)),
            "None" => Some(Value::Null),
            _ => None,
        }
    }
}

/// A number as Python writes it: a leading zero is none in whole numbers, underscores stand between digits.
fn number(text: &str) -> Option<Value> {
    let digits = super::input::plain_digits(text)?;
    let unsigned = digits.trim_start_matches('-');
    if !unsigned.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.') {
        return None;
    }
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        let is_padded = unsigned.len() > 1 && unsigned.starts_with('0');
        let is_zero = unsigned.bytes().all(|byte| byte == b'0');
        return match digits.parse::<i64>() {
            Ok(whole) if !is_padded || is_zero => Some(whole.into()),
            _ => None,
        };
    }
    let float: f64 = digits.parse().ok()?;
    Number::from_f64(float).map(Value::Number)
}

/// A key of a dict as `json.dumps` writes it.
fn key(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Array(_) | Value::Object(_) => None,
        scalar => Some(scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn literals_are_read_as_python_reads_them() {
        for (text, value) in [
            ("{'a': 'b'}", json!({"a": "b"})),
            (
                r#" {'a': True, "b": None, 'c': [False, (1,), (2), (), (3, 4,)], } "#,
                json!({"a": true, "b": null, "c": [false, [1], 2, [], [3, 4]]}),
            ),
            (
                r"['it\'s', 'a\n\x41\u00fc\101\q', 'one' 'two', '']",
                json!(["it's", "a\nA\u{fc}A\\q", "onetwo", ""]),
            ),
            (
                "[1_000, -2, - 3, --4, +5, 0, 00]",
                json!([1000, -2, -3, 4, 5, 0, 0]),
            ),
            ("[.5, 5., 1e3, -1.5E-2]", json!([0.5, 5.0, 1e3, -0.015])),
            (
                "{1: 2, True: 3, None: 4}",
                json!({"1": 2, "true": 3, "null": 4}),
            ),
            ("{}", json!({})),
        ] {
            assert_eq!(literal(text), Some(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_literal_is_refused() {
        for text in [
            "",
            "'a'",
            "1",
            "True",
            "{'a'}",
            "{'a': }",
            "{'a' 'b'}",
            "[1",
            "[1]]",
            "[1 2]",
            "[a]",
            "[true]",
            "['a]",
            "['a\nb']",
            "[b'a']",
            "[1j]",
            "[012]",
            "[1__0]",
            "[0x]",
            "[1e999]",
            "{[1]: 2}",
            "[,]",
            "[1,,2]",
            "[-]",
            "['\\xzz']",
            "[nan]",
            "[inf]",
            "__import__('os')",
        ] {
            assert_eq!(literal(text), None, "{text}");
        }
        assert_eq!(literal(&"[".repeat(100_000)), None);
    }
}
