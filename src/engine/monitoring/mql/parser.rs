//! The grammar, from the weakest operator to the strongest.
//!
//! What a text begins with always tells what it is, so nothing is read twice. Recursion goes through
//! parentheses only, whose depth is bounded; so are the operators, and with them the depth of what is read.

use winnow::ascii::{Caseless, digit1};
use winnow::combinator::{
    alt, cut_err, delimited, eof, fail, not, opt, peek, preceded, separated, terminated,
};
use winnow::error::{ErrMode, ModalResult};
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location, Stateful};
use winnow::token::{literal, one_of, take_while};

use super::error::{Expected, Fault, MqlError};
use super::syntax::{
    Arithmetic, Comparison, DimensionFilter, Expression, Grouping, Join, Match, MetricQuery,
    Nested, Period, Predicate, Statistic, Unit,
};
use super::{MOST_BYTES, MOST_DEPTH, MOST_OPERATORS};

type Input<'s> = Stateful<LocatingSlice<&'s str>, Spent>;
type Parsed<T> = ModalResult<T, Fault>;

const METRIC: &str = "a metric such as CpuUtilization[1m].mean()";
const STATISTIC: &str = "a statistic: absent, avg, count, first, increment, last, max, mean, min, \
                         percentile, rate or sum";

/// The longest time after which absence is no news, in minutes. Source: behaviour.md 5.1.
const MOST_ABSENCE_MINUTES: i64 = 3 * 24 * 60;

/// What has been read of what is bounded.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    depth: usize,
    operators: usize,
}

pub(super) fn parse(text: &str) -> Result<Expression, MqlError> {
    if text.len() > MOST_BYTES {
        let reason = format!(
            "the query has {} bytes, and at most {MOST_BYTES} are allowed",
            text.len()
        );
        return Err(MqlError::new(text, Fault::refused(0, reason)));
    }
    let mut input = Input {
        input: LocatingSlice::new(text),
        state: Spent::default(),
    };
    query(&mut input).map_err(|error| {
        let fault = match error {
            ErrMode::Backtrack(fault) | ErrMode::Cut(fault) => fault,
            // Only of texts that are still to come; this one is whole.
            ErrMode::Incomplete(_) => Fault::expected(text.len(), Expected::Some("more")),
        };
        MqlError::new(text, fault)
    })
}

fn query(input: &mut Input<'_>) -> Parsed<Expression> {
    blanks(input)?;
    let expression = on_metric(any_of).parse_next(input)?;
    eof.context(Expected::Some(
        "an operator, a predicate, '&&', '||' or the end",
    ))
    .parse_next(input)?;
    Ok(expression)
}

/// Queries with `||` between them.
fn any_of(input: &mut Input<'_>) -> Parsed<Expression> {
    joined(input, Join::Or, all_of)
}

/// Queries with `&&` between them.
fn all_of(input: &mut Input<'_>) -> Parsed<Expression> {
    joined(input, Join::And, filtered)
}

fn joined(
    input: &mut Input<'_>,
    join: Join,
    mut part: impl FnMut(&mut Input<'_>) -> Parsed<Expression>,
) -> Parsed<Expression> {
    let start = input.current_token_start();
    let mut left = part(input)?;
    while opt(sign(join.sign())).parse_next(input)?.is_some() {
        check_metric(&left, start)?;
        spend_operator(input)?;
        let right = on_metric(&mut part).parse_next(input)?;
        left = Expression::Joined(Box::new(left), join, Box::new(right));
    }
    Ok(left)
}

/// A sum, with a predicate or without.
fn filtered(input: &mut Input<'_>) -> Parsed<Expression> {
    let start = input.current_token_start();
    let inner = sum(input)?;
    let Some(predicate) = opt(predicate).parse_next(input)? else {
        return Ok(inner);
    };
    check_metric(&inner, start)?;
    spend_operator(input)?;
    Ok(Expression::Filtered(Box::new(inner), predicate))
}

fn sum(input: &mut Input<'_>) -> Parsed<Expression> {
    reckoned(input, &Arithmetic::SUMS, product)
}

fn product(input: &mut Input<'_>) -> Parsed<Expression> {
    reckoned(input, &Arithmetic::PRODUCTS, operand)
}

fn reckoned(
    input: &mut Input<'_>,
    operators: &[Arithmetic],
    mut part: impl FnMut(&mut Input<'_>) -> Parsed<Expression>,
) -> Parsed<Expression> {
    let mut left = part(input)?;
    while let Some(operator) = opt(one_of_signs(operators, Arithmetic::sign)).parse_next(input)? {
        spend_operator(input)?;
        let right = part(input)?;
        left = Expression::Arithmetic(Box::new(left), operator, Box::new(right));
    }
    Ok(left)
}

fn operand(input: &mut Input<'_>) -> Parsed<Expression> {
    if opt(sign("(")).parse_next(input)?.is_some() {
        return parenthesized(input);
    }
    alt((number.map(Expression::Number), metric))
        .context(Expected::Some(
            "a number, '(' or a metric such as CpuUtilization[1m].mean()",
        ))
        .parse_next(input)
}

/// What follows an opening parenthesis: a group, or a nested query where a statistic comes after it.
fn parenthesized(input: &mut Input<'_>) -> Parsed<Expression> {
    let start = input.current_token_start();
    input.state.depth += 1;
    if input.state.depth > MOST_DEPTH {
        let reason = format!("parentheses nest deeper than {MOST_DEPTH}");
        return Err(ErrMode::Cut(Fault::refused(start, reason)));
    }
    let inner = any_of(input)?;
    sign(")").parse_next(input)?;
    input.state.depth -= 1;
    if peek(opt(literal("."))).parse_next(input)?.is_none() {
        return Ok(inner);
    }
    check_metric(&inner, start)?;
    spend_operator(input)?;
    let (grouping, statistic) = chain(input)?;
    let again = statistic.clone();
    let nested = Nested {
        inner: Box::new(inner),
        grouping,
        statistic,
    };
    grouped_again(input, Expression::Nested(nested), again)
}

fn metric(input: &mut Input<'_>) -> Parsed<Expression> {
    let first = lexeme(metric_name).parse_next(input)?;
    let second = opt(preceded(sign("::"), cut_err(lexeme(metric_name)))).parse_next(input)?;
    let (resource_group, name) = match second {
        Some(name) => (Some(first.to_owned()), name),
        None => (None, first),
    };
    let interval = delimited(sign("["), lexeme(interval), sign("]")).parse_next(input)?;
    let filters = opt(filters).parse_next(input)?.unwrap_or_default();
    let (grouping, statistic) = chain(input)?;
    let again = statistic.clone();
    let metric = MetricQuery {
        resource_group,
        name: name.to_owned(),
        interval,
        filters,
        grouping,
        statistic,
    };
    grouped_again(input, Expression::Metric(metric), again)
}

/// A letter, and what may follow it. Source: the description of MetricDataDetails in the official SDK.
fn metric_name<'s>(input: &mut Input<'s>) -> Parsed<&'s str> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '$');
    (
        one_of(|c: char| c.is_ascii_alphabetic()),
        take_while(0.., is_of_name),
    )
        .take()
        .context(Expected::Some(METRIC))
        .parse_next(input)
}

fn interval(input: &mut Input<'_>) -> Parsed<Period> {
    let start = input.current_token_start();
    let period = period
        .context(Expected::Some("an interval such as 5m"))
        .parse_next(input)?;
    match period {
        (count, Some(unit)) if (Period { count, unit }).is_interval() => Ok(Period { count, unit }),
        _ => {
            let reason = format!("an interval is {}", Period::INTERVALS);
            Err(ErrMode::Cut(Fault::refused(start, reason)))
        }
    }
}

/// A count, with a unit or without.
fn period(input: &mut Input<'_>) -> Parsed<(u32, Option<Unit>)> {
    // What is larger than the largest number is larger than what is allowed.
    let count = digit1.map(|digits: &str| digits.parse().unwrap_or(u32::MAX));
    let unit = opt(one_of(['m', 'h', 'd'])).map(|letter| letter.and_then(Unit::of_letter));
    (count, unit).parse_next(input)
}

fn filters(input: &mut Input<'_>) -> Parsed<Vec<DimensionFilter>> {
    let inner = separated(1.., cut_err(filter), sign(","));
    let end = sign("}").context(Expected::Some("',' or '}'"));
    delimited(sign("{"), inner, cut_err(end)).parse_next(input)
}

fn filter(input: &mut Input<'_>) -> Parsed<DimensionFilter> {
    let dimension = dimension(input)?;
    let operator = alt((
        literal("=~").value(Match::Fuzzy),
        literal("!=").value(Match::Unequal),
        literal("=").value(Match::Equal),
    ));
    let operator = lexeme(operator)
        .context(Expected::Some("'=', '!=' or '=~'"))
        .parse_next(input)?;
    let value = lexeme(quoted)
        .context(Expected::Some("a value in double quotes"))
        .parse_next(input)?;
    Ok(DimensionFilter {
        dimension,
        operator,
        value,
    })
}

fn dimension(input: &mut Input<'_>) -> Parsed<String> {
    let is_of_dimension = |c: char| c.is_ascii_graphic() && !"=!~,{}()\"".contains(c);
    lexeme(take_while(1.., is_of_dimension))
        .map(str::to_owned)
        .context(Expected::Some("the name of a dimension"))
        .parse_next(input)
}

/// A text in double quotes; a backslash takes a quote, or another backslash, as it is.
fn quoted(input: &mut Input<'_>) -> Parsed<String> {
    literal("\"").parse_next(input)?;
    let mut text = String::new();
    loop {
        let mut plain = take_while(0.., |c: char| !matches!(c, '"' | '\\'));
        text.push_str(plain.parse_next(input)?);
        let next = alt((
            literal("\\\""),
            literal("\\\\"),
            literal("\\"),
            literal("\""),
        ));
        match next.context(Expected::Sign("\"")).parse_next(input)? {
            "\"" => return Ok(text),
            "\\\"" => text.push('"'),
            _ => text.push('\\'),
        }
    }
}

/// `.groupBy(…)` or `.grouping()`, if any, and a statistic.
fn chain(input: &mut Input<'_>) -> Parsed<(Option<Grouping>, Statistic)> {
    sign(".")
        .context(Expected::Some("'.' and a statistic such as mean()"))
        .parse_next(input)?;
    let grouping = opt(grouping).parse_next(input)?;
    if grouping.is_some() {
        sign(".").parse_next(input)?;
    }
    Ok((grouping, statistic(input)?))
}

/// `.grouping()` or `.groupBy(…)` after a statistic, which groups its streams once more. The statistic before
/// counts again where none follows: unconfirmed.
fn grouped_again(
    input: &mut Input<'_>,
    mut inner: Expression,
    mut again: Statistic,
) -> Parsed<Expression> {
    while opt(sign(".")).parse_next(input)?.is_some() {
        spend_operator(input)?;
        let grouping = grouping
            .context(Expected::Some("grouping() or groupBy()"))
            .parse_next(input)?;
        if peek(opt((literal("."), blanks, not(grouping_word))))
            .parse_next(input)?
            .is_some()
        {
            sign(".").parse_next(input)?;
            again = statistic(input)?;
        }
        inner = Expression::Nested(Nested {
            inner: Box::new(inner),
            grouping: Some(grouping),
            statistic: again.clone(),
        });
    }
    Ok(inner)
}

fn grouping_word(input: &mut Input<'_>) -> Parsed<()> {
    alt((keyword("groupBy"), keyword("grouping"))).parse_next(input)
}

fn grouping(input: &mut Input<'_>) -> Parsed<Grouping> {
    let dimensions = separated(1.., cut_err(dimension), sign(","));
    let by = preceded(keyword("groupBy"), cut_err(in_parentheses(dimensions)));
    let none = preceded(keyword("grouping"), cut_err(in_parentheses(())));
    alt((by.map(Grouping::By), none.value(Grouping::All))).parse_next(input)
}

fn statistic(input: &mut Input<'_>) -> Parsed<Statistic> {
    let start = input.current_token_start();
    let name = lexeme(take_while(1.., |c: char| c.is_ascii_alphanumeric()))
        .context(Expected::Some(STATISTIC))
        .parse_next(input)?;
    let plain = match name.to_ascii_lowercase().as_str() {
        "absent" => {
            let period = in_parentheses(opt(absence_period)).parse_next(input)?;
            return Ok(Statistic::Absent(period));
        }
        "percentile" => {
            let part = in_parentheses(part).parse_next(input)?;
            return Ok(Statistic::Percentile(part));
        }
        "avg" | "mean" => Statistic::Mean,
        "count" => Statistic::Count,
        "first" => Statistic::First,
        "increment" => Statistic::Increment,
        "last" => Statistic::Last,
        "max" => Statistic::Max,
        "min" => Statistic::Min,
        "rate" => Statistic::Rate,
        "sum" => Statistic::Sum,
        _ => {
            return Err(ErrMode::Cut(Fault::expected(
                start,
                Expected::Some(STATISTIC),
            )));
        }
    };
    // The parentheses may be left out. Unconfirmed: a guide of the service writes so.
    let parentheses = preceded(sign("("), cut_err(sign(")")));
    opt(parentheses).value(plain).parse_next(input)
}

fn in_parentheses<'s, T>(
    inner: impl Parser<Input<'s>, T, ErrMode<Fault>>,
) -> impl Parser<Input<'s>, T, ErrMode<Fault>> {
    delimited(sign("("), inner, sign(")"))
}

/// A time after which absence is no news; a bare number is of minutes. Source: behaviour.md 5.1.
fn absence_period(input: &mut Input<'_>) -> Parsed<Period> {
    let start = input.current_token_start();
    let (count, unit) = lexeme(period).parse_next(input)?;
    let period = Period {
        count,
        unit: unit.unwrap_or(Unit::Minute),
    };
    match (1..=MOST_ABSENCE_MINUTES).contains(&period.minutes()) {
        true => Ok(period),
        false => Err(ErrMode::Cut(Fault::refused(
            start,
            "the period of absent() is 1m to 72h, or 1d to 3d",
        ))),
    }
}

/// Which part of the values: more than 0 and less than 1.
fn part(input: &mut Input<'_>) -> Parsed<f64> {
    let start = input.current_token_start();
    let part = number(input)?;
    match 0.0 < part && part < 1.0 {
        true => Ok(part),
        false => Err(ErrMode::Cut(Fault::refused(
            start,
            "percentile() takes a number between 0 and 1, as 0.9 for the 90th",
        ))),
    }
}

fn predicate(input: &mut Input<'_>) -> Parsed<Predicate> {
    let comparison = opt(one_of_signs(&Comparison::ALL, Comparison::sign)).parse_next(input)?;
    if let Some(comparison) = comparison {
        let number = cut_err(number).parse_next(input)?;
        return Ok(Predicate::Compared(comparison, number));
    }
    let outside = opt(keyword("not")).parse_next(input)?.is_some();
    match outside {
        true => cut_err(keyword("in")).parse_next(input)?,
        false => keyword("in").parse_next(input)?,
    }
    let (from, to) = cut_err(range).parse_next(input)?;
    Ok(match outside {
        true => Predicate::Outside(from, to),
        false => Predicate::Inside(from, to),
    })
}

fn range(input: &mut Input<'_>) -> Parsed<(f64, f64)> {
    let (from, (), to) = in_parentheses((number, sign(","), number)).parse_next(input)?;
    Ok((from, to))
}

fn number(input: &mut Input<'_>) -> Parsed<f64> {
    lexeme(token(Expected::Some("a number"), number_text)).parse_next(input)
}

fn number_text(input: &mut Input<'_>) -> Parsed<f64> {
    let start = input.current_token_start();
    let with_whole = (digit1, opt((literal("."), digit1))).void();
    let without = (literal("."), digit1).void();
    let exponent = (one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1);
    let text = (
        opt(one_of(['+', '-'])),
        alt((with_whole, without)),
        opt(exponent),
    )
        .take()
        .parse_next(input)?;
    match text.parse() {
        Ok(number) if f64::is_finite(number) => Ok(number),
        _ => {
            let reason = "the number is larger than any that is reckoned with";
            Err(ErrMode::Cut(Fault::refused(start, reason)))
        }
    }
}

/// A word in any case, which ends where it ends.
fn keyword<'s>(word: &'static str) -> impl Parser<Input<'s>, (), ErrMode<Fault>> {
    let ends = not(one_of(|c: char| c.is_ascii_alphanumeric() || c == '_'));
    lexeme(token(Expected::Sign(word), (literal(Caseless(word)), ends))).void()
}

fn one_of_signs<'s, T: Copy>(
    all: &[T],
    sign_of: fn(T) -> &'static str,
) -> impl Parser<Input<'s>, T, ErrMode<Fault>> {
    move |input: &mut Input<'s>| {
        for one in all {
            if opt(sign(sign_of(*one))).parse_next(input)?.is_some() {
                return Ok(*one);
            }
        }
        fail.parse_next(input)
    }
}

fn sign<'s>(sign: &'static str) -> impl Parser<Input<'s>, (), ErrMode<Fault>> {
    lexeme(literal(sign).void()).context(Expected::Sign(sign))
}

/// A part of the text that is there as a whole or not at all: where it fails, it was expected at its beginning.
fn token<'s, T>(
    expected: Expected,
    mut part: impl Parser<Input<'s>, T, ErrMode<Fault>>,
) -> impl Parser<Input<'s>, T, ErrMode<Fault>> {
    move |input: &mut Input<'s>| {
        let start = input.current_token_start();
        part.parse_next(input).map_err(|error| match error {
            ErrMode::Backtrack(_) => ErrMode::Backtrack(Fault::expected(start, expected)),
            other => other,
        })
    }
}

/// A part of the text with the blanks that follow it.
fn lexeme<'s, T>(
    part: impl Parser<Input<'s>, T, ErrMode<Fault>>,
) -> impl Parser<Input<'s>, T, ErrMode<Fault>> {
    terminated(part, blanks)
}

fn blanks(input: &mut Input<'_>) -> Parsed<()> {
    take_while(0.., char::is_whitespace)
        .void()
        .parse_next(input)
}

/// A part in which a metric stands.
fn on_metric<'s>(
    mut part: impl FnMut(&mut Input<'s>) -> Parsed<Expression>,
) -> impl Parser<Input<'s>, Expression, ErrMode<Fault>> {
    move |input: &mut Input<'s>| {
        let start = input.current_token_start();
        let expression = part(input)?;
        check_metric(&expression, start)?;
        Ok(expression)
    }
}

fn check_metric(expression: &Expression, start: usize) -> Parsed<()> {
    match expression.names_metric() {
        true => Ok(()),
        false => Err(ErrMode::Cut(Fault::expected(start, Expected::Some(METRIC)))),
    }
}

fn spend_operator(input: &mut Input<'_>) -> Parsed<()> {
    input.state.operators += 1;
    match input.state.operators > MOST_OPERATORS {
        true => {
            let reason = format!("the query has more than {MOST_OPERATORS} operators");
            let fault = Fault::refused(input.current_token_start(), reason);
            Err(ErrMode::Cut(fault))
        }
        false => Ok(()),
    }
}
