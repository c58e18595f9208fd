//! What a query says. Printing gives a text that reads back as the same.

use std::fmt::{self, Display, Formatter, Write};

/// A query, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A number.
    Number(f64),
    /// The values of a metric.
    Metric(MetricQuery),
    /// A statistic of the values of another query.
    Nested(Nested),
    /// Values reckoned from those of two queries, or of one and a number.
    Arithmetic(Box<Expression>, Arithmetic, Box<Expression>),
    /// The values that a predicate lets through.
    Filtered(Box<Expression>, Predicate),
    /// Values where both, or one, of two queries have any.
    Joined(Box<Expression>, Join, Box<Expression>),
}

impl Expression {
    /// The metrics that stand in it.
    pub fn metrics(&self) -> Vec<&MetricQuery> {
        match self {
            Self::Number(_) => Vec::new(),
            Self::Metric(metric) => vec![metric],
            Self::Nested(nested) => nested.inner.metrics(),
            Self::Filtered(inner, _) => inner.metrics(),
            Self::Arithmetic(left, _, right) | Self::Joined(left, _, right) => {
                let mut metrics = left.metrics();
                metrics.extend(right.metrics());
                metrics
            }
        }
    }

    /// Whether any metric stands in it.
    pub fn names_metric(&self) -> bool {
        !self.metrics().is_empty()
    }

    /// The shortest interval of its metrics.
    pub fn shortest_interval(&self) -> Option<Period> {
        let intervals = self.metrics().into_iter().map(|metric| metric.interval);
        intervals.min_by_key(Period::minutes)
    }

    /// Whether any part of it is about whether there are values at all.
    pub fn asks_for_absence(&self) -> bool {
        let metrics = self.metrics();
        let mut statistics = metrics.iter().map(|metric| &metric.statistic);
        statistics.any(|statistic| matches!(statistic, Statistic::Absent(_)))
    }

    /// How strongly its parts hold together: what holds less than its surroundings needs parentheses.
    fn strength(&self) -> u8 {
        match self {
            Self::Joined(_, join, _) => join.strength(),
            Self::Filtered(..) => 3,
            Self::Arithmetic(_, operator, _) => operator.strength(),
            Self::Number(_) | Self::Metric(_) | Self::Nested(_) => 6,
        }
    }

    fn write_within(&self, strength: u8, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self.strength() < strength {
            true => write!(formatter, "({self})"),
            false => write!(formatter, "{self}"),
        }
    }
}

impl Display for Expression {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Metric(metric) => write!(formatter, "{metric}"),
            Self::Nested(nested) => write!(formatter, "{nested}"),
            Self::Arithmetic(left, operator, right) => {
                left.write_within(operator.strength(), formatter)?;
                write!(formatter, " {} ", operator.sign())?;
                right.write_within(operator.strength() + 1, formatter)
            }
            Self::Filtered(inner, predicate) => {
                inner.write_within(4, formatter)?;
                write!(formatter, " {predicate}")
            }
            Self::Joined(left, join, right) => {
                left.write_within(join.strength(), formatter)?;
                write!(formatter, " {} ", join.sign())?;
                right.write_within(join.strength() + 1, formatter)
            }
        }
    }
}

/// The values of a metric: which streams, over which time, and how they become one value.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricQuery {
    /// What stands before `::`: the resource group of the metric.
    pub resource_group: Option<String>,
    /// The metric's name.
    pub name: String,
    /// The length of a window.
    pub interval: Period,
    /// What the dimensions must be.
    pub filters: Vec<DimensionFilter>,
    /// Which streams become one; each stays by itself where nothing is said.
    pub grouping: Option<Grouping>,
    /// How the points of a window become one value.
    pub statistic: Statistic,
}

impl Display for MetricQuery {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        if let Some(group) = &self.resource_group {
            write!(formatter, "{group}::")?;
        }
        write!(formatter, "{}[{}]", self.name, self.interval)?;
        if !self.filters.is_empty() {
            let filters: Vec<String> = self.filters.iter().map(ToString::to_string).collect();
            write!(formatter, "{{{}}}", filters.join(", "))?;
        }
        write_chain(formatter, self.grouping.as_ref(), &self.statistic)
    }
}

/// A statistic of the values of another query.
#[derive(Clone, Debug, PartialEq)]
pub struct Nested {
    /// The other query.
    pub inner: Box<Expression>,
    /// Which of its streams become one.
    pub grouping: Option<Grouping>,
    /// How the values of one time become one.
    pub statistic: Statistic,
}

impl Display for Nested {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "({})", self.inner)?;
        write_chain(formatter, self.grouping.as_ref(), &self.statistic)
    }
}

fn write_chain(
    formatter: &mut Formatter<'_>,
    grouping: Option<&Grouping>,
    statistic: &Statistic,
) -> fmt::Result {
    match grouping {
        None => {}
        Some(Grouping::All) => formatter.write_str(".grouping()")?,
        Some(Grouping::By(dimensions)) => write!(formatter, ".groupBy({})", dimensions.join(", "))?,
    }
    write!(formatter, ".{statistic}")
}

/// A length of time as a query writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// How many of the unit.
    pub count: u32,
    /// The unit.
    pub unit: Unit,
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `m`
    Minute,
    /// `h`
    Hour,
    /// `d`
    Day,
}

impl Unit {
    /// The unit that a letter stands for.
    pub fn of_letter(letter: char) -> Option<Self> {
        match letter {
            'm' => Some(Self::Minute),
            'h' => Some(Self::Hour),
            'd' => Some(Self::Day),
            _ => None,
        }
    }

    fn letter(self) -> char {
        match self {
            Self::Minute => 'm',
            Self::Hour => 'h',
            Self::Day => 'd',
        }
    }

    fn minutes(self) -> i64 {
        match self {
            Self::Minute => 1,
            Self::Hour => 60,
            Self::Day => 24 * 60,
        }
    }
}

impl Period {
    /// What an interval and a resolution may be, for messages.
    pub const INTERVALS: &'static str = "1m to 60m, 1h to 24h, or 1d";

    /// So many minutes.
    pub fn minutes(&self) -> i64 {
        i64::from(self.count) * self.unit.minutes()
    }

    /// Whether it may be an interval or a resolution. Source: behaviour.md 5.1.
    pub fn is_interval(&self) -> bool {
        let most = match self.unit {
            Unit::Minute => 60,
            Unit::Hour => 24,
            Unit::Day => 1,
        };
        (1..=most).contains(&self.count)
    }

    /// Reads an interval or a resolution, such as `5m`.
    pub fn parse_interval(text: &str) -> Option<Self> {
        let unit = text.chars().next_back().and_then(Unit::of_letter)?;
        let digits = text.get(..text.len() - 1)?;
        // A sign would be read as part of the number.
        let is_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        let count = digits.parse().ok().filter(|_| is_digits)?;
        Some(Self { count, unit }).filter(Self::is_interval)
    }
}

impl Display for Period {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.count, self.unit.letter())
    }
}

/// What a dimension must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DimensionFilter {
    /// The dimension.
    pub dimension: String,
    /// How it is compared.
    pub operator: Match,
    /// With what.
    pub value: String,
}

/// How a dimension is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `=~`: `*` stands for any characters, `|` between alternatives.
    Fuzzy,
}

impl Match {
    fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Unequal => "!=",
            Self::Fuzzy => "=~",
        }
    }
}

impl Display for DimensionFilter {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} \"", self.dimension, self.operator.sign())?;
        for char in self.value.chars() {
            if matches!(char, '"' | '\\') {
                formatter.write_char('\\')?;
            }
            formatter.write_char(char)?;
        }
        formatter.write_char('"')
    }
}

/// Which streams become one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// Those in which these dimensions are the same.
    By(Vec<String>),
    /// All of them.
    All,
}

/// How values become one.
#[derive(Clone, Debug, PartialEq)]
pub enum Statistic {
    /// 1 where there is none, 0 where there is one; nothing where there was none for so long.
    Absent(Option<Period>),
    /// How many.
    Count,
    /// The earliest.
    First,
    /// By how much the latest is more than that of the window before.
    Increment,
    /// The latest.
    Last,
    /// The largest.
    Max,
    /// The sum divided by the count.
    Mean,
    /// The smallest.
    Min,
    /// The smallest that is not smaller than this part of them, between 0 and 1.
    Percentile(f64),
    /// The increment per second.
    Rate,
    /// The sum.
    Sum,
}

impl Display for Statistic {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Absent(Some(period)) => return write!(formatter, "absent({period})"),
            Self::Percentile(part) => return write!(formatter, "percentile({part})"),
            Self::Absent(None) => "absent()",
            Self::Count => "count()",
            Self::First => "first()",
            Self::Increment => "increment()",
            Self::Last => "last()",
            Self::Max => "max()",
            Self::Mean => "mean()",
            Self::Min => "min()",
            Self::Rate => "rate()",
            Self::Sum => "sum()",
        })
    }
}

/// Which values are kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Predicate {
    /// Those that compare so with a number.
    Compared(Comparison, f64),
    /// `in`: those from the first to the second, both included.
    Inside(f64, f64),
    /// `not in`: those up to the first and from the second on, both included.
    Outside(f64, f64),
}

impl Predicate {
    /// Whether a value is kept.
    pub fn keeps(&self, value: f64) -> bool {
        match self {
            Self::Compared(comparison, number) => comparison.holds(value, *number),
            Self::Inside(from, to) => *from <= value && value <= *to,
            Self::Outside(from, to) => value <= *from || value >= *to,
        }
    }
}

impl Display for Predicate {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compared(comparison, number) => {
                write!(formatter, "{} {number}", comparison.sign())
            }
            Self::Inside(from, to) => write!(formatter, "in ({from}, {to})"),
            Self::Outside(from, to) => write!(formatter, "not in ({from}, {to})"),
        }
    }
}

/// A comparison of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

impl Comparison {
    /// All of them, those first whose sign begins with that of another.
    pub(super) const ALL: [Self; 6] = [
        Self::GreaterOrEqual,
        Self::LessOrEqual,
        Self::Equal,
        Self::Unequal,
        Self::Greater,
        Self::Less,
    ];

    /// How it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
        }
    }

    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
        }
    }
}

/// An operator between numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`: what division leaves over.
    Remainder,
}

impl Arithmetic {
    pub(super) const SUMS: [Self; 2] = [Self::Add, Self::Subtract];
    pub(super) const PRODUCTS: [Self; 3] = [Self::Multiply, Self::Divide, Self::Remainder];

    /// How it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }

    /// The result; none where it is no number, as after a division by zero.
    pub fn of(self, left: f64, right: f64) -> Option<f64> {
        let result = match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Remainder => left % right,
        };
        result.is_finite().then_some(result)
    }

    fn strength(self) -> u8 {
        match self {
            Self::Add | Self::Subtract => 4,
            Self::Multiply | Self::Divide | Self::Remainder => 5,
        }
    }
}

/// How two queries are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// `&&`
    And,
    /// `||`
    Or,
}

impl Join {
    /// How it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::And => "&&",
            Self::Or => "||",
        }
    }

    fn strength(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
        }
    }
}
