//! The area between the axes: lines through points, on a grid of characters.

use super::axis::{TimeAxis, ValueAxis};
use super::{Canvas, colored};

/// What series are drawn with where neither braille nor color tells them apart.
const SYMBOLS: [char; 6] = ['●', '▲', '■', '◆', '○', '△'];
const ASCII_SYMBOLS: [char; 6] = ['*', '+', 'o', 'x', '#', '@'];

/// What stands for a braille line in the legend.
const BRAILLE_MARK: char = '•';

/// What lines are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marks {
    /// Dots, eight to a character: two beside each other, four above each other.
    Braille,
    /// A character for each series.
    Symbols([char; 6]),
}

impl Marks {
    /// For so many series: braille, unless that is no ASCII, or would not tell them apart.
    pub(super) fn new(canvas: &Canvas, series: usize) -> Self {
        match (canvas.is_ascii, canvas.has_colors || series < 2) {
            (true, _) => Self::Symbols(ASCII_SYMBOLS),
            (false, true) => Self::Braille,
            (false, false) => Self::Symbols(SYMBOLS),
        }
    }

    /// What stands for a series in the legend.
    pub(super) fn of_legend(self, series: usize) -> char {
        match self {
            Self::Braille => BRAILLE_MARK,
            Self::Symbols(symbols) => of_series(&symbols, series),
        }
    }

    /// How many places a character has, beside and above each other.
    fn places(self) -> (usize, usize) {
        match self {
            Self::Braille => (2, 4),
            Self::Symbols(_) => (1, 1),
        }
    }
}

fn of_series(symbols: &[char; 6], series: usize) -> char {
    symbols
        .get(series % symbols.len())
        .copied()
        .unwrap_or(BRAILLE_MARK)
}

/// A character of the grid.
#[derive(Clone, Copy, Default)]
struct Cell {
    /// The dots that are set, as braille numbers them.
    dots: u32,
    /// The series that was drawn here last.
    series: Option<usize>,
}

/// The grid.
pub(super) struct Plot<'a> {
    cells: Vec<Cell>,
    columns: usize,
    /// How many places it has, beside and above each other.
    size: (usize, usize),
    values: &'a ValueAxis,
    times: &'a TimeAxis,
    marks: Marks,
}

impl<'a> Plot<'a> {
    /// An empty grid of so many columns and lines.
    pub(super) fn new(
        (columns, lines): (usize, usize),
        values: &'a ValueAxis,
        times: &'a TimeAxis,
        marks: Marks,
    ) -> Self {
        let (beside, above) = marks.places();
        Self {
            cells: vec![Cell::default(); columns * lines],
            columns,
            size: (columns * beside, lines * above),
            values,
            times,
            marks,
        }
    }

    /// Draws a series; points that are more than a step and a half apart are not joined.
    pub(super) fn draw(&mut self, series: usize, points: &[(i64, f64)], step_ms: i64) {
        let farthest_ms = step_ms.saturating_add(step_ms / 2);
        let mut before: Option<(i64, (usize, usize))> = None;
        for (time_ms, value) in points {
            let place = (
                self.times.place(*time_ms, self.size.0),
                self.values.place(*value, self.size.1),
            );
            match before.filter(|(before_ms, _)| time_ms - before_ms <= farthest_ms) {
                Some((_, from)) => self.join(series, from, place),
                None => self.mark(series, place),
            }
            before = Some((*time_ms, place));
        }
    }

    fn join(&mut self, series: usize, from: (usize, usize), to: (usize, usize)) {
        let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
        let between = |from: usize, to: usize, step: usize| {
            let part = step as f64 / steps as f64;
            (from as f64 + (to as f64 - from as f64) * part).round() as usize
        };
        for step in 0..=steps {
            let place = (between(from.0, to.0, step), between(from.1, to.1, step));
            self.mark(series, place);
        }
    }

    fn mark(&mut self, series: usize, (x, y): (usize, usize)) {
        let (beside, above) = self.marks.places();
        let cell = (y / above) * self.columns + x / beside;
        if let Some(cell) = self.cells.get_mut(cell) {
            cell.dots |= dot(x % beside, y % above);
            cell.series = Some(series);
        }
    }

    /// A line of the grid, from the top, without the blanks at its end.
    pub(super) fn line(&self, line: usize, has_colors: bool) -> String {
        let cells = self.cells.chunks(self.columns).nth(line);
        let cells = cells.unwrap_or_default();
        let drawn = cells.iter().rposition(|cell| cell.series.is_some());
        let cells = cells.get(..drawn.map_or(0, |last| last + 1));
        let runs = cells
            .unwrap_or_default()
            .chunk_by(|one, next| one.series == next.series);
        runs.map(|run| {
            let text: String = run.iter().map(|cell| self.character(*cell)).collect();
            let series = run.first().and_then(|cell| cell.series);
            match series {
                Some(series) => colored(&text, series, has_colors),
                None => text,
            }
        })
        .collect()
    }

    fn character(&self, cell: Cell) -> char {
        match (cell.series, self.marks) {
            (None, _) => ' ',
            (Some(_), Marks::Braille) => braille(cell.dots),
            (Some(series), Marks::Symbols(symbols)) => of_series(&symbols, series),
        }
    }
}

/// The bit of a dot. The Unicode Standard, chapter 21.1: dots are numbered down the left column and then the
/// right one, but for the two lowest, which came later.
fn dot(x: usize, y: usize) -> u32 {
    match (x, y) {
        (0, 3) => 0x40,
        (_, 3) => 0x80,
        (0, y) => 1 << y,
        (_, y) => 8 << y,
    }
}

fn braille(dots: u32) -> char {
    const EMPTY: u32 = 0x2800;
    char::from_u32(EMPTY + dots).unwrap_or(BRAILLE_MARK)
}
