//! The axes of a chart: where their marks stand, and what is written beside them.

use jiff::Timestamp;

/// Values are drawn within this distance of zero: sums and differences of them stay finite.
const MOST_VALUE: f64 = 1e300;

/// What is closer to zero than this is drawn as zero.
const LEAST_VALUE: f64 = 1e-300;

/// Values whose spread is a smaller part of them than this are drawn as one.
const LEAST_SPREAD: f64 = 1e-9;

/// How many lines one mark of the axis of values has at least, but for the highest and the lowest.
const LINES_A_MARK: usize = 2;

/// Most marks of the axis of values.
const MOST_VALUE_MARKS: usize = 8;

/// Suffixes of large numbers, with what they stand for.
const SUFFIXES: [(f64, &str); 5] = [
    (1e18, "E"),
    (1e15, "P"),
    (1e12, "T"),
    (1e9, "G"),
    (1e6, "M"),
];

/// A value as it is drawn.
fn drawable(value: f64) -> f64 {
    match value.abs() < LEAST_VALUE {
        true => 0.0,
        false => value.clamp(-MOST_VALUE, MOST_VALUE),
    }
}

/// The least and the most of values.
pub(super) fn least_and_most(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |bounds, value| {
        let (least, most) = bounds.unwrap_or((value, value));
        Some((value.min(least), value.max(most)))
    })
}

/// The bounds of an axis for values: with room around values that are all the same, and with zero where it is
/// near.
pub(super) fn value_bounds(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let (least, most) = least_and_most(values.map(drawable))?;
    let size = least.abs().max(most.abs());
    let spread = most - least;
    if spread <= size * LEAST_SPREAD {
        let room = if size == 0.0 { 1.0 } else { size * 0.1 };
        return Some((least - room, most + room));
    }
    let least = if least > 0.0 && least <= spread {
        0.0
    } else {
        least
    };
    let most = if most < 0.0 && -most <= spread {
        0.0
    } else {
        most
    };
    Some((least, most))
}

/// The axis of values: upright, on the left.
pub(super) struct ValueAxis {
    /// The lowest and the highest mark.
    lowest: f64,
    highest: f64,
    /// The label of each line that has a mark, from the top.
    labels: Vec<Option<String>>,
}

impl ValueAxis {
    /// An axis for values between bounds, on so many lines.
    pub(super) fn new(lowest: f64, highest: f64, lines: usize) -> Self {
        let most_marks = (lines / LINES_A_MARK + 1).clamp(2, MOST_VALUE_MARKS);
        let step = round_step((highest - lowest) / (most_marks - 1) as f64);
        let first = (lowest / step).floor();
        let last = (highest / step).ceil();
        let marks = (last - first) as usize;
        let writer = Numbers::of(first.abs().max(last.abs()) * step, step);
        let mut axis = Self {
            lowest: first * step,
            highest: last * step,
            labels: vec![None; lines],
        };
        for mark in 0..=marks {
            let value = (first + mark as f64) * step;
            let line = axis.place(value, lines);
            if let Some(label @ None) = axis.labels.get_mut(line) {
                *label = Some(writer.write(value));
            }
        }
        axis
    }

    /// Where a value is, from the top, on an axis of so many places.
    pub(super) fn place(&self, value: f64, places: usize) -> usize {
        let part = (self.highest - drawable(value)) / (self.highest - self.lowest);
        (part * places.saturating_sub(1) as f64).round() as usize
    }

    /// How wide the labels are.
    pub(super) fn width(&self) -> usize {
        let labels = self.labels.iter().flatten();
        labels.map(String::len).max().unwrap_or(0)
    }

    /// The axis in a line, with its label.
    pub(super) fn label(&self, line: usize, is_ascii: bool) -> String {
        let width = self.width();
        match (self.labels.get(line).and_then(Option::as_ref), is_ascii) {
            (Some(label), false) => format!("{label:>width$} ┤"),
            (Some(label), true) => format!("{label:>width$} +"),
            (None, false) => format!("{:width$} │", ""),
            (None, true) => format!("{:width$} |", ""),
        }
    }
}

/// The next larger of 1, 2 and 5 times a power of ten.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let steps = [1.0, 2.0, 5.0].map(|factor| factor * power);
    let fits = steps.into_iter().find(|round| *round >= step);
    fits.unwrap_or(10.0 * power)
}

/// How the numbers of an axis are written, all alike.
struct Numbers {
    divisor: f64,
    suffix: &'static str,
    decimals: usize,
    is_scientific: bool,
}

impl Numbers {
    /// For numbers up to a size, some steps apart.
    fn of(size: f64, step: f64) -> Self {
        let largest = SUFFIXES.iter().find(|(unit, _)| size >= *unit);
        let (divisor, suffix) = largest.copied().unwrap_or((1.0, ""));
        let decimals = -(step / divisor).log10().floor();
        Self {
            divisor,
            suffix,
            decimals: decimals.clamp(0.0, 9.0) as usize,
            is_scientific: size >= 1e21 || decimals > 9.0,
        }
    }

    fn write(&self, value: f64) -> String {
        let decimals = self.decimals;
        // A negative zero has a sign.
        let value = value + 0.0;
        match self.is_scientific {
            _ if value == 0.0 && !self.suffix.is_empty() => "0".to_owned(),
            true => format!("{value:.1e}"),
            false => format!("{:.decimals$}{}", value / self.divisor, self.suffix),
        }
    }
}

/// A number for people: four digits or more.
pub(super) fn number(value: f64) -> String {
    let value = drawable(value);
    if value == 0.0 {
        return "0".to_owned();
    }
    let numbers = Numbers::of(value.abs(), round_step(value.abs()) / 1000.0);
    let written = numbers.write(value);
    if numbers.is_scientific || !written.contains('.') {
        return written;
    }
    let digits = written.trim_end_matches(numbers.suffix);
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    format!("{digits}{}", numbers.suffix)
}

const SECOND_MS: i64 = 1000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Distances between marks of time that people reckon in.
const TIME_STEPS_MS: [i64; 20] = [
    SECOND_MS,
    5 * SECOND_MS,
    15 * SECOND_MS,
    30 * SECOND_MS,
    MINUTE_MS,
    2 * MINUTE_MS,
    5 * MINUTE_MS,
    10 * MINUTE_MS,
    15 * MINUTE_MS,
    30 * MINUTE_MS,
    HOUR_MS,
    2 * HOUR_MS,
    3 * HOUR_MS,
    6 * HOUR_MS,
    12 * HOUR_MS,
    DAY_MS,
    2 * DAY_MS,
    7 * DAY_MS,
    30 * DAY_MS,
    365 * DAY_MS,
];

/// How wide a label of time is with the room around it.
const LABEL_COLUMNS: usize = 12;

/// The axis of time: level, at the bottom. Times are in UTC.
pub(super) struct TimeAxis {
    first_ms: i64,
    last_ms: i64,
    columns: usize,
}

impl TimeAxis {
    /// An axis from one time to another on so many columns; where they are the same, with a minute on each side.
    pub(super) fn new(first_ms: i64, last_ms: i64, columns: usize) -> Self {
        let room = if first_ms == last_ms { MINUTE_MS } else { 0 };
        Self {
            first_ms: first_ms.saturating_sub(room),
            last_ms: last_ms.saturating_add(room),
            columns,
        }
    }

    /// Where a time is, from the left, on an axis of so many places.
    pub(super) fn place(&self, time_ms: i64, places: usize) -> usize {
        let part = time_ms.saturating_sub(self.first_ms) as f64 / self.span_ms() as f64;
        (part * places.saturating_sub(1) as f64).round() as usize
    }

    fn span_ms(&self) -> i64 {
        self.last_ms.saturating_sub(self.first_ms).max(1)
    }

    fn step_ms(&self) -> i64 {
        let most_marks = (self.columns / LABEL_COLUMNS).max(1) as i64;
        let fitting = TIME_STEPS_MS.into_iter();
        let fits = |step_ms: &i64| self.span_ms() / step_ms < most_marks;
        let widest = self.span_ms() / most_marks / DAY_MS + 1;
        fitting.clone().find(fits).unwrap_or(widest * DAY_MS)
    }

    /// The axis, its labels, and from when to when it goes, beginning in the column `gutter`.
    pub(super) fn lines(&self, gutter: usize, is_ascii: bool) -> [String; 3] {
        let (corner, level, mark) = match is_ascii {
            true => ('+', '-', '+'),
            false => ('└', '─', '┬'),
        };
        let step_ms = self.step_ms();
        let mut axis = vec![level; self.columns];
        let mut labels = String::new();
        let mut time_ms = self.first_ms + (-self.first_ms).rem_euclid(step_ms);
        while time_ms <= self.last_ms {
            let column = self.place(time_ms, self.columns);
            let label = self.label(time_ms, step_ms);
            let left = (gutter + column).saturating_sub(label.len() / 2);
            let fits = left + label.len() <= gutter + self.columns;
            if let Some(place) = axis.get_mut(column).filter(|_| fits)
                && (labels.is_empty() || labels.len() < left)
            {
                *place = mark;
                labels += &" ".repeat(left - labels.len());
                labels += &label;
            }
            time_ms = time_ms.saturating_add(step_ms);
        }
        let axis: String = axis.into_iter().collect();
        let span = format!(
            "{} to {} UTC",
            written(self.first_ms, "%Y-%m-%d %H:%M:%S"),
            written(self.last_ms, "%Y-%m-%d %H:%M:%S"),
        );
        let blanks = gutter.saturating_sub(1);
        [
            format!("{:blanks$}{corner}{axis}", ""),
            labels,
            format!("{:gutter$}{span}", ""),
        ]
    }

    fn label(&self, time_ms: i64, step_ms: i64) -> String {
        let format = match step_ms {
            ..MINUTE_MS => "%H:%M:%S",
            MINUTE_MS..DAY_MS => "%H:%M",
            _ => "%Y-%m-%d",
        };
        written(time_ms, format)
    }
}

/// An instant in UTC; those that no calendar has are not written.
fn written(time_ms: i64, format: &str) -> String {
    let instant = Timestamp::from_millisecond(time_ms);
    instant.map_or(String::new(), |instant| {
        instant.strftime(format).to_string()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_for_people() {
        for (value, text) in [
            (0.0, "0"),
            (58.0, "58"),
            (-2.5, "-2.5"),
            (0.1 + 0.2, "0.3"),
            (1234.5678, "1235"),
            (123_456.0, "123456"),
            (2_500_000.0, "2.5M"),
            (-7.25e12, "-7.25T"),
            (1.5e24, "1.5e24"),
            (0.000_25, "0.00025"),
            (3e-12, "3.0e-12"),
            (1e308, "1.0e300"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn bounds_have_zero_where_it_is_near() {
        let bounds = |values: &[f64]| value_bounds(values.iter().copied());
        assert_eq!(bounds(&[3.0, 10.0]), Some((0.0, 10.0)));
        assert_eq!(bounds(&[1000.0, 1010.0]), Some((1000.0, 1010.0)));
        assert_eq!(bounds(&[-10.0, -3.0]), Some((-10.0, 0.0)));
        assert_eq!(bounds(&[0.0, 0.0]), Some((-1.0, 1.0)));
        assert_eq!(bounds(&[1e-310]), Some((-1.0, 1.0)));
        assert_eq!(bounds(&[50.0]), Some((45.0, 55.0)));
        assert_eq!(bounds(&[]), None);
    }
}
