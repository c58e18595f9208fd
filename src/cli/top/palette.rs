//! How things look on a terminal: with colors, or without where `NO_COLOR` is set.

use super::super::terminal;
use ratatui::style::{Color, Modifier, Style};

/// What a row says of the thing it is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mood {
    /// Nothing in particular.
    #[default]
    Plain,
    /// Nothing goes on there.
    Idle,
    /// Something waits.
    Waiting,
    /// Something went wrong.
    Failing,
}

/// The styles of a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    has_colors: bool,
}

impl Palette {
    /// That of a terminal.
    pub(super) fn of_terminal() -> Self {
        Self {
            has_colors: terminal::shows_colors(),
        }
    }

    /// That of text, where styles are lost anyway.
    pub(super) const PLAIN: Self = Self { has_colors: false };

    /// The first line.
    pub(super) fn heading(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The line above a section's rows; keys that scroll are for the one that is chosen.
    pub(super) fn title(self, is_chosen: bool) -> Style {
        match is_chosen {
            true => Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD),
            false => Style::new().add_modifier(Modifier::REVERSED),
        }
        .patch(self.color(match is_chosen {
            true => Color::Cyan,
            false => Color::Gray,
        }))
    }

    pub(super) fn row(self, mood: Mood) -> Style {
        match mood {
            Mood::Plain => Style::new(),
            Mood::Idle => Style::new().add_modifier(Modifier::DIM),
            Mood::Waiting => self.color(Color::Yellow),
            Mood::Failing => self
                .color(Color::Red)
                .patch(Style::new().add_modifier(Modifier::BOLD)),
        }
    }

    /// What stands beside the data: keys, and what is cut.
    pub(super) fn aside(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    fn color(self, color: Color) -> Style {
        match self.has_colors {
            true => Style::new().fg(color),
            false => Style::new(),
        }
    }
}
