//! Charts: series of values over time, drawn with characters.
//!
//! Pure: the same series on the same canvas give the same text. Where a series has no value for a while, its
//! line is broken. Several series are told apart by color, or where there is none by what they are drawn with.

mod axis;
mod plot;
mod reply;

use textwrap::core::display_width;

use axis::{TimeAxis, ValueAxis};
use plot::{Marks, Plot};
pub(super) use reply::from_data;

/// What a chart is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    /// How wide, in characters; at least 40 are used.
    pub width: usize,
    /// How high, in lines; so many that the lines of the legend leave a few for the chart.
    pub height: usize,
    /// Whether only ASCII characters are used, but for those in names.
    pub is_ascii: bool,
    /// Whether colors are used, as terminals understand them.
    pub has_colors: bool,
}

impl Default for Canvas {
    /// Paper, so to say.
    fn default() -> Self {
        Self {
            width: 80,
            height: 20,
            is_ascii: false,
            has_colors: false,
        }
    }
}

/// Values over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Series {
    /// What tells it from the others.
    label: String,
    /// Milliseconds since 1970 and value, by time.
    points: Vec<(i64, f64)>,
}

/// What is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Chart {
    title: String,
    series: Vec<Series>,
    /// The time between two values, in milliseconds; what is further apart is not joined.
    step_ms: Option<i64>,
}

/// Bounds of what is used of a canvas.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=1000;
const LEAST_PLOT_LINES: usize = 5;

/// Most lines of a legend.
const MOST_LEGEND_LINES: usize = 8;

/// The lines of an axis of time: itself, its labels, and the days it is about.
const TIME_AXIS_LINES: usize = 3;

/// What is told where there is nothing to draw.
const NO_POINTS: &str = "There are no data points to draw.\n";

/// Escape sequences of colors that are told apart on dark and light terminals, and of none.
const COLORS: [&str; 6] = [
    "\u{1b}[36m",
    "\u{1b}[33m",
    "\u{1b}[35m",
    "\u{1b}[32m",
    "\u{1b}[31m",
    "\u{1b}[34m",
];
const NO_COLOR: &str = "\u{1b}[0m";

impl Chart {
    /// The chart as text, each line ended.
    pub(super) fn draw(&self, canvas: &Canvas) -> String {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let Some((first_ms, last_ms)) = bounds(points().map(|point| point.0)) else {
            return NO_POINTS.to_owned();
        };
        let Some((lowest, highest)) = axis::value_bounds(points().map(|point| point.1)) else {
            return NO_POINTS.to_owned();
        };
        let width = canvas.width.clamp(*WIDTHS.start(), *WIDTHS.end());
        let legend = self.legend(canvas, width);
        let around = 1 + TIME_AXIS_LINES + legend.len();
        let lines = canvas.height.saturating_sub(around).max(LEAST_PLOT_LINES);
        let values = ValueAxis::new(lowest, highest, lines);
        let gutter = values.width() + 2;
        let times = TimeAxis::new(first_ms, last_ms, width - gutter);

        let marks = Marks::new(canvas, self.series.len());
        let mut plot = Plot::new((width - gutter, lines), &values, &times, marks);
        let step_ms = self.step_ms.unwrap_or_else(|| self.shortest_step_ms());
        // The first is drawn last, and so lies on top.
        for (number, series) in self.series.iter().enumerate().rev() {
            plot.draw(number, &series.points, step_ms);
        }

        let mut text = vec![shortened(&self.title, width)];
        text.extend((0..lines).map(|line| {
            let axis = values.label(line, canvas.is_ascii);
            axis + &plot.line(line, canvas.has_colors)
        }));
        text.extend(times.lines(gutter, canvas.is_ascii));
        text.extend(legend);
        text.retain(|line| !line.is_empty());
        text.join("\n") + "\n"
    }

    /// The shortest time between two values of a series.
    fn shortest_step_ms(&self) -> i64 {
        let steps = self.series.iter().flat_map(|series| {
            let pairs = series.points.iter().zip(series.points.iter().skip(1));
            pairs.map(|(one, next)| next.0 - one.0)
        });
        steps
            .filter(|step_ms| *step_ms > 0)
            .min()
            .unwrap_or(i64::MAX)
    }

    /// A line for each series: what it is drawn with, what it is, and its values in short.
    fn legend(&self, canvas: &Canvas, width: usize) -> Vec<String> {
        let marks = Marks::new(canvas, self.series.len());
        let is_cut = self.series.len() > MOST_LEGEND_LINES;
        let shown = match is_cut {
            true => MOST_LEGEND_LINES - 1,
            false => self.series.len(),
        };
        let series = self.series.iter().enumerate().take(shown);
        let mut lines: Vec<String> = series
            .map(|(number, series)| {
                let mark = marks.of_legend(number).to_string();
                let values = in_short(series);
                let room = width.saturating_sub(display_width(&values) + 4);
                let label = shortened(&series.label, room);
                let blanks = " ".repeat(usize::from(!label.is_empty()) * 2);
                format!(
                    "{} {label}{blanks}{values}",
                    colored(&mark, number, canvas.has_colors)
                )
            })
            .collect();
        if is_cut {
            let more = self.series.len() - shown;
            lines.push(format!("  and {more} more series"));
        }
        lines
    }
}

/// The values of a series in short.
fn in_short(series: &Series) -> String {
    let values = series.points.iter().map(|point| point.1);
    match (series.points.last(), axis::least_and_most(values)) {
        (Some((_, last)), Some((least, most))) => format!(
            "min {}, max {}, last {}",
            axis::number(least),
            axis::number(most),
            axis::number(*last)
        ),
        _ => "no data points".to_owned(),
    }
}

/// Text in the color of a series.
fn colored(text: &str, series: usize, has_colors: bool) -> String {
    match COLORS.get(series % COLORS.len()).filter(|_| has_colors) {
        Some(color) => format!("{color}{text}{NO_COLOR}"),
        None => text.to_owned(),
    }
}

fn bounds(values: impl Iterator<Item = i64> + Clone) -> Option<(i64, i64)> {
    Some((values.clone().min()?, values.max()?))
}

/// Text that is at most so wide; what is cut off is told with dots.
fn shortened(text: &str, width: usize) -> String {
    const CUT: &str = "...";
    if display_width(text) <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    for character in text.chars() {
        short.push(character);
        if display_width(&short) + CUT.len() > width {
            short.pop();
            break;
        }
    }
    short + CUT
}
