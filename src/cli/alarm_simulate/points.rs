//! Points of metrics as CSV: a line for each, with a header that names the columns.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::super::error::CliError;
use super::super::input;
use crate::clock::{clamp_ms, parse_rfc3339};
use crate::engine::monitoring::{SimulatedPoint, check_dimension_key, check_dimension_value};

/// How long a line may be. A quotation mark that is left open makes one of all that follows.
const LONGEST_LINE_BYTES: usize = 1024 * 1024;

/// Whole numbers of so many digits and more are milliseconds: as seconds they are beyond the year 5000.
const DIGITS_OF_MILLISECONDS: usize = 12;

/// What stands for standard input.
const STDIN: &str = "-";

/// A file of points, from its first line on.
pub(super) struct PointsFile {
    /// How messages name it.
    name: String,
    reader: csv::Reader<Lines<Box<dyn Read>>>,
    line_bytes: Rc<Cell<usize>>,
    columns: Vec<Column>,
    /// The metric of all points, where no column tells.
    metric: Option<String>,
    record: StringRecord,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Column {
    Timestamp,
    Value,
    Metric,
    Count,
    Dimension(String),
}

impl Column {
    fn named(name: &str) -> Self {
        match name {
            "timestamp" => Self::Timestamp,
            "value" => Self::Value,
            "metric" => Self::Metric,
            "count" => Self::Count,
            other => Self::Dimension(other.to_owned()),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Timestamp => "timestamp",
            Self::Value => "value",
            Self::Metric => "metric",
            Self::Count => "count",
            Self::Dimension(name) => name,
        }
    }
}

impl PointsFile {
    /// Opens a file and reads its header. `metrics` are those of the alarm: where there is one only, a file need not
    /// name it.
    pub(super) fn open(path: &str, metrics: &[&str]) -> Result<Self, CliError> {
        let (name, source): (String, Box<dyn Read>) = match path {
            STDIN => ("standard input".to_owned(), Box::new(io::stdin().lock())),
            path => {
                let opened = File::open(Path::new(path));
                let file = opened.map_err(CliError::io(format!("read {path}")))?;
                (path.to_owned(), Box::new(file))
            }
        };
        let line_bytes = Rc::new(Cell::new(0));
        let source = Lines {
            source,
            line_bytes: Rc::clone(&line_bytes),
            is_line_open: false,
        };
        let mut file = Self {
            name,
            reader: ReaderBuilder::new().trim(Trim::All).from_reader(source),
            line_bytes,
            columns: Vec::new(),
            metric: None,
            record: StringRecord::new(),
        };
        file.read_header()?;
        if !file.columns.contains(&Column::Metric) {
            let [metric] = metrics else {
                let wrong = format!(
                    "the alarm watches {}: a column metric has to say which of them a point is of",
                    metrics.join(", ")
                );
                return Err(file.wrong_here(None, &wrong));
            };
            file.metric = Some((*metric).to_owned());
        }
        Ok(file)
    }

    fn read_header(&mut self) -> Result<(), CliError> {
        let header = match self.reader.headers() {
            Ok(header) => header.clone(),
            Err(error) => return Err(self.unreadable(&error)),
        };
        for name in &header {
            let column = Column::named(name);
            if let Column::Dimension(key) = &column {
                check_dimension_key(key).map_err(|wrong| self.wrong_here(None, &wrong))?;
            }
            if self.columns.contains(&column) {
                let wrong = format!("there are two columns {name}");
                return Err(self.wrong_here(None, &wrong));
            }
            self.columns.push(column);
        }
        for needed in [Column::Timestamp, Column::Value] {
            if !self.columns.contains(&needed) {
                let wrong = format!(
                    "there is no column {}: the first line names the columns, as timestamp,value,host",
                    needed.name()
                );
                return Err(self.wrong_here(None, &wrong));
            }
        }
        Ok(())
    }

    /// The next point; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<SimulatedPoint>, CliError> {
        self.line_bytes.set(0);
        match self.reader.read_record(&mut self.record) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return Err(self.unreadable(&error)),
        }
        let mut point = SimulatedPoint {
            metric: self.metric.clone().unwrap_or_default(),
            dimensions: BTreeMap::new(),
            at_ms: 0,
            value: 0.0,
            count: 1,
        };
        for (column, cell) in self.columns.iter().zip(&self.record) {
            let filled = fill_in(&mut point, column, cell);
            filled.map_err(|wrong| self.wrong_here(Some(column.name()), &wrong))?;
        }
        Ok(Some(point))
    }

    /// What is wrong with the line that was read last.
    pub(super) fn wrong_here(&self, column: Option<&str>, wrong: &str) -> CliError {
        let cells = self.record.iter();
        let breaks: usize = cells.map(|cell| cell.matches('\n').count()).sum();
        let breaks = u64::try_from(breaks).unwrap_or_default();
        // The reader is at the begin of the next line already.
        let line = self.reader.position().line().saturating_sub(1 + breaks);
        self.wrong((line.max(1), column), wrong)
    }

    /// The file holds no points.
    pub(super) fn empty(&self) -> CliError {
        CliError::refused(format!(
            "{} has no points: after the line that names the columns, each line is one",
            self.name
        ))
    }

    fn wrong(&self, (line, column): (u64, Option<&str>), wrong: &str) -> CliError {
        let column = column.map_or_else(String::new, |column| format!(", column {column}"));
        CliError::refused(format!("{}, line {line}{column}: {wrong}", self.name))
    }

    fn unreadable(&self, error: &csv::Error) -> CliError {
        match error.kind() {
            // In the middle of a line.
            csv::ErrorKind::Io(source) => {
                let line = self.reader.position().line();
                self.wrong((line, None), &source.to_string())
            }
            csv::ErrorKind::Utf8 { .. } => self.wrong_here(None, "this is no UTF-8 text"),
            csv::ErrorKind::UnequalLengths {
                expected_len, len, ..
            } => {
                let wrong = format!("there are {len} cells, and {expected_len} columns");
                self.wrong_here(None, &wrong)
            }
            _ => self.wrong_here(None, &error.to_string()),
        }
    }
}

/// Takes over a cell, or says what is wrong with it. A dimension without a value is none of the point's, and a count
/// that is not told is 1.
fn fill_in(point: &mut SimulatedPoint, column: &Column, cell: &str) -> Result<(), String> {
    match column {
        Column::Timestamp => point.at_ms = time_ms(cell)?,
        Column::Value => {
            let value: Option<f64> = cell.parse().ok();
            let value = value.filter(|value| value.is_finite());
            point.value = value.ok_or_else(|| format!("{cell:?} is no number"))?;
        }
        Column::Count if cell.is_empty() => {}
        Column::Count => {
            let count: Option<u64> = cell.parse().ok();
            let count = count.filter(|count| *count > 0);
            point.count = count.ok_or_else(|| format!("{cell:?} is no whole number above 0"))?;
        }
        Column::Metric if cell.is_empty() => return Err("no metric is named".to_owned()),
        Column::Metric => cell.clone_into(&mut point.metric),
        Column::Dimension(_) if cell.is_empty() => {}
        Column::Dimension(key) => {
            check_dimension_value(key, cell)?;
            point.dimensions.insert(key.clone(), cell.to_owned());
        }
    }
    Ok(())
}

/// Reads a time, in milliseconds.
fn time_ms(cell: &str) -> Result<i64, String> {
    let is_number = cell.bytes().all(|byte| byte.is_ascii_digit());
    let at_ms = match is_number && cell.len() >= DIGITS_OF_MILLISECONDS {
        true => cell.parse().ok(),
        false => parse_rfc3339(cell).or_else(|| parse_rfc3339(&input::datetime(cell)?)),
    };
    at_ms.filter(|ms| clamp_ms(*ms) == *ms).ok_or_else(|| {
        format!("{cell:?} is no time: give it as 2026-03-14T01:02:03Z, or in seconds since 1970")
    })
}

/// Lines that each end with a line feed alone, which is how the CSV reader counts them, and are not too long.
struct Lines<R> {
    source: R,
    /// How much was read since a record began.
    line_bytes: Rc<Cell<usize>>,
    /// Whether what was read last is no end of a line.
    is_line_open: bool,
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.line_bytes.get() > LONGEST_LINE_BYTES {
            return Err(io::Error::other(format!(
                "a line is longer than {LONGEST_LINE_BYTES} bytes: is a quotation mark left open?"
            )));
        }
        loop {
            let read = self.source.read(bytes)?;
            let Some(got) = bytes.get_mut(..read).filter(|got| !got.is_empty()) else {
                return Ok(match (bytes.first_mut(), self.is_line_open) {
                    (Some(first), true) => {
                        *first = b'\n';
                        self.is_line_open = false;
                        1
                    }
                    _ => 0,
                });
            };
            let kept = without_carriage_returns(got);
            if kept > 0 {
                self.is_line_open = got.get(kept - 1) != Some(&b'\n');
                self.line_bytes.set(self.line_bytes.get() + kept);
                return Ok(kept);
            }
        }
    }
}

/// Moves the other bytes to the front, and tells how many they are.
fn without_carriage_returns(bytes: &mut [u8]) -> usize {
    let mut kept = 0;
    for at in 0..bytes.len() {
        if bytes.get(at) != Some(&b'\r') {
            bytes.swap(kept, at);
            kept += 1;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        let at_ms = 1_773_450_123_000;
        for text in [
            "2026-03-14T01:02:03Z",
            "2026-03-14T03:02:03.000+02:00",
            "1773450123",
            "1773450123000",
        ] {
            assert_eq!(time_ms(text), Ok(at_ms), "{text}");
        }
        for text in ["", "yesterday", "-1", "12:00", "9999999999999999"] {
            assert!(time_ms(text).is_err(), "{text}");
        }
    }
}
