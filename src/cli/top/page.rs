//! Draws what is told into cells: as much of it as fits.
//!
//! The same drawing is shown on a terminal and printed as text.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Widget;

use super::palette::{Mood, Palette};
use super::sections::{Section, Width, sections};
use super::source::Place;
use super::watch::View;
use crate::clock::rfc3339;

/// What is told where there is nothing yet: of the engine of this machine, and of a server.
const NOTHING: &[&str] = &[
    "There is nothing yet. To begin:",
    "ocelot streaming admin stream create --name orders --partitions 1",
];
const NOTHING_THERE: &[&str] = &["There is nothing yet that belongs to your tenancy."];

/// Blanks between two columns.
const GAP: u16 = 2;

/// The width from which on a column of names has room enough, and below which it has too little.
const ROOMY_SHARE: u16 = 48;
const SCANTY_SHARE: u16 = 12;

/// Where on the screen the user is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// The section that is chosen, by its place among those that are shown.
    pub(super) section: usize,
    /// How many of its rows are scrolled away.
    pub(super) first_row: usize,
}

/// How many sections there are to choose from.
pub(super) fn count_sections(view: &View) -> usize {
    sections(view).len()
}

/// Everything as text, without a footer and as long as it takes. Every line is ended, and none ends with a blank.
pub(super) fn text(view: &View, width: u16) -> String {
    let sections = sections(view);
    let rows = sections.iter().map(|section| lines_of(section) + 2);
    let lines = match sections.is_empty() {
        true => 2 + nothing_of(view).len(),
        false => 1 + rows.sum::<usize>(),
    };
    let height = u16::try_from(lines).unwrap_or(u16::MAX);
    let mut cells = Buffer::empty(Rect::new(0, 0, width, height));
    draw_heading(view, Palette::PLAIN, cells.area, &mut cells);
    let below = inside(cells.area, 1, 0);
    match sections.is_empty() {
        true => draw_nothing(nothing_of(view), below, &mut cells),
        false => draw_sections(&sections, None, Palette::PLAIN, below, &mut cells),
    }
    let lines = (0..height).map(|y| line_of(&cells, y) + "\n");
    lines.collect()
}

/// The text of a line of cells. A wide character has two cells, of which the first has its text.
fn line_of(cells: &Buffer, y: u16) -> String {
    let mut line = String::new();
    let mut x = 0;
    while let Some(cell) = cells.cell((x, y)).filter(|_| x < cells.area.width) {
        line += cell.symbol();
        x += u16::try_from(Line::raw(cell.symbol()).width())
            .unwrap_or(1)
            .max(1);
    }
    line.truncate(line.trim_end().len());
    line
}

/// A page for the screen: `footer` stands in its last line.
pub(super) fn draw(
    view: &View,
    position: &mut Position,
    footer: (&str, Mood),
    palette: Palette,
    cells: &mut Buffer,
) {
    let area = cells.area;
    let sections = sections(view);
    position.section = position.section.min(sections.len().saturating_sub(1));
    draw_heading(view, palette, area, cells);
    let middle = inside(area, 1, 1);
    match sections.is_empty() {
        true => draw_nothing(nothing_of(view), middle, cells),
        false => draw_sections(&sections, Some(position), palette, middle, cells),
    }
    if area.height > 1 {
        let style = match footer.1 {
            Mood::Plain => palette.aside(),
            mood => palette.row(mood),
        };
        let line = inside(area, area.height - 1, 0);
        put(footer.0, Alignment::Left, style, line, cells);
    }
}

/// An area without some lines of its top and its bottom.
fn inside(area: Rect, top: u16, bottom: u16) -> Rect {
    let top = top.min(area.height);
    Rect {
        y: area.y + top,
        height: (area.height - top).saturating_sub(bottom),
        ..area
    }
}

/// Where the data is, and what time it is for the engine.
fn draw_heading(view: &View, palette: Palette, area: Rect, cells: &mut Buffer) {
    let overview = &view.overview;
    let mut time = rfc3339(overview.now_ms - overview.now_ms.rem_euclid(1000));
    time = time.replace(".000Z", "Z");
    if !overview.is_on_time {
        time += " (clock is set)";
    }
    let right = u16::try_from(time.len())
        .unwrap_or(u16::MAX)
        .min(area.width);
    let left = Rect {
        width: area.width.saturating_sub(right + GAP),
        ..area
    };
    let heading = format!("ocelot top  {}", view.place);
    put(&heading, Alignment::Left, palette.heading(), left, cells);
    put(&time, Alignment::Right, Style::new(), area, cells);
}

fn nothing_of(view: &View) -> &'static [&'static str] {
    match view.place {
        Place::Folder(_) => NOTHING,
        Place::Server(_) => NOTHING_THERE,
    }
}

/// Draws what is told where there is nothing yet.
fn draw_nothing(lines: &[&str], area: Rect, cells: &mut Buffer) {
    for (line, text) in (1..).zip(lines) {
        let below = inside(area, line, 0);
        put(text, Alignment::Left, Style::new(), below, cells);
    }
}

/// Draws sections from the top of an area, with blank lines between where there is room for them.
fn draw_sections(
    sections: &[Section],
    mut position: Option<&mut Position>,
    palette: Palette,
    area: Rect,
    cells: &mut Buffer,
) {
    let chosen = position.as_deref().map(|position| position.section);
    let wishes: Vec<usize> = sections.iter().map(lines_of).collect();
    let lines = usize::from(area.height);
    let is_roomy = wishes.iter().map(|rows| rows + 2).sum::<usize>() <= lines;
    let titles = sections.len();
    let rows = match is_roomy {
        true => wishes,
        false => shares(&wishes, lines.saturating_sub(titles), chosen),
    };
    let mut y = area.y;
    for (place, (section, rows)) in sections.iter().zip(rows).enumerate() {
        y += u16::from(is_roomy);
        let height = u16::try_from(rows + 1).unwrap_or(u16::MAX);
        let height = height.min(area.bottom().saturating_sub(y));
        let own = Rect { y, height, ..area };
        let chosen = position.as_deref_mut().filter(|at| at.section == place);
        draw_section(section, chosen, palette, own, cells);
        y += height;
    }
}

/// How many lines a section has to fill below its title: one for each row, and one that tells of those left out.
fn lines_of(section: &Section) -> usize {
    section.rows.len() + usize::from(section.untold > 0)
}

/// How many lines each section gets for its rows: the chosen one up to half of all, and the others the same each,
/// but none more than it has.
fn shares(wishes: &[usize], lines: usize, chosen: Option<usize>) -> Vec<usize> {
    let mut given = vec![0; wishes.len()];
    let mut left = lines;
    if let Some((wish, given)) = chosen.and_then(|at| Some((wishes.get(at)?, given.get_mut(at)?))) {
        *given = (*wish).min(lines.div_ceil(2));
        left -= *given;
    }
    // A line at a time, to the section with fewest: there are few of both.
    while left > 0 {
        let wanting = given.iter_mut().zip(wishes);
        let wanting = wanting.filter(|(given, wish)| **given < **wish);
        let Some((fewest, _)) = wanting.min_by_key(|(given, _)| **given) else {
            break;
        };
        *fewest += 1;
        left -= 1;
    }
    given
}

/// Draws a title and as many rows as fit; the last line tells how many more there are.
fn draw_section(
    section: &Section,
    position: Option<&mut Position>,
    palette: Palette,
    area: Rect,
    cells: &mut Buffer,
) {
    if area.is_empty() {
        return;
    }
    let columns = columns(section, area);
    let title = Rect { height: 1, ..area };
    cells.set_style(title, palette.title(position.is_some()));
    let name = format!("{} ({})", section.name, section.rows.len() + section.untold);
    let titles = section.titles.iter().map(|title| (*title).to_owned());
    let titles: Vec<String> = [name].into_iter().chain(titles).collect();
    draw_cells(&titles, section.widths, &columns, Style::new(), area, cells);

    let lines = usize::from(area.height - 1);
    let first = position.map_or(0, |position| {
        let furthest = lines_of(section).saturating_sub(lines);
        position.first_row = position.first_row.min(furthest);
        position.first_row
    });
    let rows = section.rows.get(first..).unwrap_or_default();
    let is_cut = section.untold > 0 || rows.len() > lines;
    let shown = if is_cut {
        lines.saturating_sub(1).min(rows.len())
    } else {
        lines
    };
    for (y, row) in (area.y + 1..).zip(rows.iter().take(shown)) {
        let line = Rect { y, ..title };
        let style = palette.row(row.mood);
        draw_cells(&row.cells, section.widths, &columns, style, line, cells);
    }
    if is_cut && lines > 0 {
        let more = format!("… {} more", rows.len() - shown + section.untold);
        let below = u16::try_from(shown + 1).unwrap_or(u16::MAX);
        let line = inside(area, below, 0);
        put(&more, Alignment::Left, palette.aside(), line, cells);
    }
}

/// Where the columns of a section are. Names share what the others leave. Where that is little, the others are as
/// narrow as their texts; where it is much, names are no wider than theirs, so that what belongs to them stands near.
fn columns(section: &Section, area: Rect) -> Vec<Rect> {
    let share = share(section, area);
    let widths = section.widths.iter().enumerate();
    let widths = widths.map(|(column, width)| match width {
        Width::Share if share > ROOMY_SHARE => {
            let longest = longest(section, column).max(ROOMY_SHARE);
            Constraint::Length(longest.min(share))
        }
        Width::Share => Constraint::Fill(1),
        Width::Words(width) | Width::Numbers(width) if share >= SCANTY_SHARE => {
            Constraint::Length(*width)
        }
        Width::Words(width) | Width::Numbers(width) => {
            Constraint::Length(longest(section, column).min(*width))
        }
    });
    let layout = Layout::horizontal(widths).spacing(GAP);
    layout.split(area).to_vec()
}

/// How much is left for each column of names.
fn share(section: &Section, area: Rect) -> u16 {
    let gaps = GAP * u16::try_from(section.titles.len()).unwrap_or(u16::MAX);
    let others = section.widths.iter().map(|width| match width {
        Width::Share => 0,
        Width::Words(width) | Width::Numbers(width) => *width,
    });
    let names = section
        .widths
        .iter()
        .filter(|width| **width == Width::Share);
    let left = area.width.saturating_sub(gaps + others.sum::<u16>());
    left / u16::try_from(names.count()).unwrap_or(1).max(1)
}

/// The width of the longest text of a column.
fn longest(section: &Section, column: usize) -> u16 {
    let titles = column.checked_sub(1);
    let title = titles.and_then(|at| section.titles.get(at)).copied();
    let cells = section.rows.iter().filter_map(|row| row.cells.get(column));
    let texts = cells.map(String::as_str).chain(title);
    let widths = texts.map(|text| Line::raw(visible(text)).width());
    u16::try_from(widths.max().unwrap_or(0)).unwrap_or(u16::MAX)
}

fn draw_cells(
    texts: &[String],
    widths: &[Width],
    columns: &[Rect],
    style: Style,
    line: Rect,
    cells: &mut Buffer,
) {
    for ((text, width), column) in texts.iter().zip(widths).zip(columns) {
        let alignment = match width {
            Width::Share | Width::Words(_) => Alignment::Left,
            Width::Numbers(_) => Alignment::Right,
        };
        let place = Rect {
            y: line.y,
            height: 1,
            ..*column
        };
        put(text, alignment, style, place, cells);
    }
}

/// Puts text into the first line of an area; what is too long ends with an ellipsis.
fn put(text: &str, alignment: Alignment, style: Style, area: Rect, cells: &mut Buffer) {
    let text = shortened(&visible(text), usize::from(area.width));
    let line = Line::styled(text, style).alignment(alignment);
    line.render(area.intersection(cells.area), cells);
}

/// A text in which nothing steers a terminal: control characters as their pictures, and a mark in the place of those
/// that turn the direction of writing.
fn visible(text: &str) -> Cow<'_, str> {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_hidden = |c: char| c.is_control() || turns(c);
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().map(|c| match u32::from(c) {
        code @ 0..0x20 => char::from_u32(0x2400 + code).unwrap_or('\u{fffd}'),
        0x7f => '\u{2421}',
        _ if is_hidden(c) => '\u{fffd}',
        _ => c,
    });
    Cow::Owned(shown.collect())
}

fn shortened(text: &str, width: usize) -> String {
    if Line::raw(text).width() <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    for character in text.chars() {
        short.push(character);
        if Line::raw(&short).width() >= width {
            short.pop();
            break;
        }
    }
    short + "…"
}

#[cfg(test)]
mod tests {
    use super::super::sections::Row;
    use super::*;

    #[test]
    fn lines_are_shared() {
        assert_eq!(shares(&[10, 10], 10, None), [5, 5]);
        assert_eq!(shares(&[2, 30], 10, None), [2, 8]);
        assert_eq!(shares(&[30, 30, 1], 10, Some(1)), [4, 5, 1]);
        assert_eq!(shares(&[1, 1], 10, Some(0)), [1, 1]);
        assert_eq!(shares(&[3, 3], 0, Some(0)), [0, 0]);
        assert_eq!(shares(&[3, 3], 1, Some(1)), [0, 1]);
        assert_eq!(shares(&[], 5, Some(0)), [0; 0]);
    }

    #[test]
    fn what_is_only_counted_is_told_below() {
        let section = Section {
            name: "ALARMS",
            titles: &["STATUS"],
            widths: &[Width::Share, Width::Words(6)],
            rows: ["hot", "busy"]
                .map(|name| Row {
                    cells: vec![name.to_owned(), "firing".to_owned()],
                    mood: Mood::Failing,
                })
                .into(),
            untold: 40,
        };
        let drawn = |height: u16, position: Option<&mut Position>| {
            let mut cells = Buffer::empty(Rect::new(0, 0, 20, height));
            draw_section(&section, position, Palette::PLAIN, cells.area, &mut cells);
            let lines = (0..height).map(|y| line_of(&cells, y));
            lines.collect::<Vec<_>>()
        };
        let whole = [
            "ALARMS (42)   STATUS",
            "hot           firing",
            "busy          firing",
            "… 40 more",
        ];
        assert_eq!(drawn(4, None), whole);
        assert_eq!(drawn(3, None), [whole[0], whole[1], "… 41 more"]);
        assert_eq!(drawn(2, None), [whole[0], "… 42 more"]);
        assert_eq!(drawn(1, None), whole[..1]);
        let mut position = Position {
            section: 0,
            first_row: 99,
        };
        assert_eq!(
            drawn(3, Some(&mut position)),
            [whole[0], whole[2], whole[3]]
        );
    }

    fn queues(name: &str) -> Section {
        let numbers = ["12", "0", "7"].map(str::to_owned);
        Section {
            name: "QUEUES",
            titles: &["VISIBLE", "IN FLIGHT", "DEAD"],
            widths: &[
                Width::Share,
                Width::Numbers(11),
                Width::Numbers(9),
                Width::Numbers(9),
            ],
            rows: vec![Row {
                cells: [name.to_owned()].into_iter().chain(numbers).collect(),
                mood: Mood::Plain,
            }],
            untold: 0,
        }
    }

    fn drawn(section: &Section, width: u16) -> Vec<String> {
        let mut cells = Buffer::empty(Rect::new(0, 0, width, 2));
        draw_section(section, None, Palette::PLAIN, cells.area, &mut cells);
        (0..2).map(|y| line_of(&cells, y)).collect()
    }

    #[test]
    fn columns_fit_the_screen() {
        let usual = [
            "QUEUES (1)           VISIBLE  IN FLIGHT       DEAD",
            "jobs                      12          0          7",
        ];
        assert_eq!(drawn(&queues("jobs"), 50), usual);
        // Numbers give way to names.
        let narrow = [
            "QUEUES…  VISIBLE  IN FLIGHT  DEAD",
            "jobs          12          0     7",
        ];
        assert_eq!(drawn(&queues("jobs"), 33), narrow);
        // They do not stand far from them.
        let wide = drawn(&queues("jobs"), 200);
        assert_eq!(wide[1].chars().count(), 48 + 2 + 11 + 2 + 9 + 2 + 9);
        let wide = drawn(&queues(&"n".repeat(60)), 200);
        assert!(wide[1].starts_with(&"n".repeat(60)), "{}", wide[1]);
        assert_eq!(wide[1].chars().count(), 60 + 2 + 11 + 2 + 9 + 2 + 9);
    }

    #[test]
    fn names_steer_no_terminal() {
        for (name, shown) in [
            ("a\tb\nc", "a␉b␊c "),
            ("\u{1b}[31mred", "␛[31mred "),
            ("x\u{7f}y", "x␡y "),
            ("\u{202e}txt.exe", "\u{fffd}txt.exe "),
            ("é 注文", "é 注文 "),
        ] {
            let line = &drawn(&queues(name), 50)[1];
            assert!(line.starts_with(shown), "{line}");
            assert_eq!(Line::raw(line.as_str()).width(), 50, "{line}");
        }
    }

    #[test]
    fn names_are_shortened() {
        assert_eq!(shortened("orders", 6), "orders");
        assert_eq!(shortened("orders", 5), "orde…");
        assert_eq!(shortened("注文注文", 6), "注文…");
        assert_eq!(shortened("注文", 4), "注文");
        assert_eq!(shortened("orders", 1), "…");
    }
}
