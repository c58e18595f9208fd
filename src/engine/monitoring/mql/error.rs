//! Why a text is no query: where it fails, what stands there, and what was expected.

use std::fmt::{self, Display, Formatter};

use winnow::error::{AddContext, ParserError};
use winnow::stream::{Location, Stream};

/// How much of a long line is shown on either side of the fault, in characters.
const SHOWN_CHARS: usize = 60;

/// Why a text is no query.
///
/// It prints as a sentence, the line of the query, and a caret below the fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct MqlError {
    query: String,
    offset: usize,
    problem: Problem,
}

impl MqlError {
    pub(super) fn new(query: &str, fault: Fault) -> Self {
        Self {
            query: query.to_owned(),
            offset: fault.offset.min(query.len()),
            problem: fault.problem,
        }
    }

    /// Where in the query the fault is, in bytes.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// What would have been right there; nothing where what stands there cannot be had.
    pub fn expected(&self) -> Vec<String> {
        match &self.problem {
            Problem::Expected(expected) => expected.iter().map(ToString::to_string).collect(),
            Problem::Refused(_) => Vec::new(),
        }
    }

    /// What stands there: a word, a sign, or nothing at the end.
    pub fn found(&self) -> &str {
        let rest = self.query.get(self.offset..).unwrap_or_default();
        let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = match rest.chars().next() {
            Some(first) if is_of_word(first) => rest.find(|c| !is_of_word(c)),
            Some(first) => Some(first.len_utf8()),
            None => None,
        };
        let word = rest.get(..length.unwrap_or(rest.len())).unwrap_or(rest);
        let end = word.char_indices().nth(SHOWN_CHARS).map(|(at, _)| at);
        word.get(..end.unwrap_or(word.len())).unwrap_or(word)
    }

    /// The line of the fault, and what of it stands before the fault.
    fn line(&self) -> (&str, &str) {
        let (before, rest) = self.query.split_at_checked(self.offset).unwrap_or_default();
        let begin = before.rfind('\n').map_or(0, |at| at + 1);
        let end = self.offset + rest.find('\n').unwrap_or(rest.len());
        let line = self.query.get(begin..end).unwrap_or_default();
        (line, before.get(begin..).unwrap_or_default())
    }
}

impl Display for MqlError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match (&self.problem, self.found()) {
            (Problem::Refused(reason), _) => write!(formatter, "{reason}")?,
            (Problem::Expected(expected), "") => {
                write!(formatter, "expected {}, found the end", Either(expected))?;
            }
            (Problem::Expected(expected), found) => {
                write!(formatter, "expected {}, found {found:?}", Either(expected))?;
            }
        }
        let (line, before) = self.line();
        let column = before.chars().count();
        let skipped = column.saturating_sub(SHOWN_CHARS);
        let cut = if skipped > 0 { "…" } else { "" };
        // A tab is as wide as the terminal likes: one blank for it keeps the caret in place.
        let shown = line.chars().skip(skipped).take(2 * SHOWN_CHARS);
        let shown: String = shown
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let indent = column - skipped + cut.chars().count();
        write!(
            formatter,
            " at column {}\n  {cut}{shown}\n  {:indent$}^",
            column + 1,
            ""
        )
    }
}

/// What is wrong at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// Something else should stand there.
    Expected(Vec<Expected>),
    /// It reads well, and cannot be had.
    Refused(String),
}

/// What should stand at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Exactly this.
    Sign(&'static str),
    /// One of what this describes.
    Some(&'static str),
}

impl Display for Expected {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sign(sign) => write!(formatter, "'{sign}'"),
            Self::Some(description) => formatter.write_str(description),
        }
    }
}

/// Writes `a, b or c`.
struct Either<'e>(&'e [Expected]);

impl Display for Either<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for (index, expected) in self.0.iter().enumerate() {
            let separator = match index {
                0 => "",
                _ if index + 1 == self.0.len() => " or ",
                _ => ", ",
            };
            write!(formatter, "{separator}{expected}")?;
        }
        Ok(())
    }
}

/// What the parser knows of a fault. Of several, the one furthest on in the text counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    offset: usize,
    problem: Problem,
}

impl Fault {
    /// What stands at `offset` cannot be had.
    pub(super) fn refused(offset: usize, reason: impl Into<String>) -> Self {
        Self {
            offset,
            problem: Problem::Refused(reason.into()),
        }
    }

    /// Something else should stand at `offset`.
    pub(super) fn expected(offset: usize, expected: Expected) -> Self {
        Self {
            offset,
            problem: Problem::Expected(vec![expected]),
        }
    }
}

impl<I: Stream + Location> ParserError<I> for Fault {
    type Inner = Self;

    fn from_input(input: &I) -> Self {
        Self {
            offset: input.current_token_start(),
            problem: Problem::Expected(Vec::new()),
        }
    }

    fn or(mut self, other: Self) -> Self {
        if self.offset != other.offset {
            return if self.offset > other.offset {
                self
            } else {
                other
            };
        }
        match (&mut self.problem, other.problem) {
            (Problem::Expected(expected), Problem::Expected(others)) => {
                expected.extend(others);
                self
            }
            (Problem::Refused(_), _) => self,
            (_, refused) => Self {
                problem: refused,
                ..self
            },
        }
    }

    fn into_inner(self) -> Result<Self::Inner, Self> {
        Ok(self)
    }
}

impl<I: Stream + Location> AddContext<I, Expected> for Fault {
    /// Says what was expected where a thing begins. What fails further on has said so itself.
    fn add_context(mut self, input: &I, start: &I::Checkpoint, expected: Expected) -> Self {
        let start = input.current_token_start() - input.offset_from(start);
        if let (true, Problem::Expected(said)) = (self.offset == start, &mut self.problem) {
            *said = vec![expected];
        }
        self
    }
}
