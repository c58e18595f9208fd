//! The whole screen of a terminal, which looks as before when this ends: by a key, an error, a panic or a signal.

use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::{DefaultTerminal, Frame};

use super::super::error::CliError;
use super::page::{self, Position};
use super::palette::{Mood, Palette};
use super::signals::Turn;
use super::watch::{View, Watch};

/// How long a key may wait to be answered.
const TICK: Duration = Duration::from_millis(50);

/// How long a look may take before it is told that there is no answer.
const SILENCE: Duration = Duration::from_secs(3);

/// How far Page Up and Page Down go, in rows.
const PAGE_ROWS: usize = 10;

const KEYS: &str = "q leave   Tab next section   Up/Down scroll";

/// Shows what is watched until the user leaves, or a signal ends the process.
pub(super) fn show(watch: &Watch) -> Result<(), CliError> {
    // What is wrong from the beginning is told where it stays.
    let view = watch.first()?;
    let screen = Screen {
        view,
        heard: Instant::now(),
        trouble: None,
        position: Position::default(),
        palette: Palette::of_terminal(),
        interval: watch.interval,
    };
    let turn = Turn::until_a_signal().map_err(CliError::io("listen to signals"))?;
    let terminal = ratatui::try_init().map_err(CliError::io("take over the terminal"));
    let shown = terminal.and_then(|terminal| screen.run(terminal, watch, &turn));
    let restored = ratatui::try_restore().map_err(CliError::io("give back the terminal"));
    shown.and(restored)
}

/// What is on the screen.
struct Screen {
    view: View,
    /// When the last look came, whether it went well or not.
    heard: Instant,
    /// Why the last look has failed, or that the next does not come.
    trouble: Option<String>,
    position: Position,
    palette: Palette,
    interval: Duration,
}

/// What a key does.
#[derive(Debug, PartialEq, Eq)]
enum Action {
    Leave,
    /// Goes so many sections on.
    Choose(isize),
    /// Goes so many rows down.
    Scroll(isize),
    None,
}

impl Screen {
    fn run(
        mut self,
        mut terminal: DefaultTerminal,
        watch: &Watch,
        turn: &Turn,
    ) -> Result<(), CliError> {
        let mut is_outdated = true;
        loop {
            if is_outdated {
                let _turn = turn.take();
                let drawn = terminal.draw(|frame| self.draw(frame));
                drawn.map_err(CliError::io("draw on the terminal"))?;
            }
            is_outdated = self.look(watch)?;
            if event::poll(TICK).map_err(CliError::io("listen to the terminal"))? {
                let event = event::read().map_err(CliError::io("read from the terminal"))?;
                is_outdated = true;
                match action(&event) {
                    Action::Leave => return Ok(()),
                    Action::Choose(by) => self.choose(by),
                    Action::Scroll(by) => self.scroll(by),
                    Action::None => {}
                }
            }
        }
    }

    /// Takes over what the watch has seen; tells whether there is anything new.
    fn look(&mut self, watch: &Watch) -> Result<bool, CliError> {
        match watch.next(&self.view)? {
            None => return Ok(self.tell_silence()),
            Some(Ok(view)) => {
                self.view = view;
                self.trouble = None;
            }
            Some(Err(error)) => self.trouble = Some(error.to_string().replace('\n', " ")),
        }
        self.heard = Instant::now();
        Ok(true)
    }

    /// Says for how long there is no answer, where that is worth to be told; tells whether it says anything new.
    fn tell_silence(&mut self) -> bool {
        let silence = self.heard.elapsed();
        if silence < self.interval + SILENCE {
            return false;
        }
        let told = Some(format!(
            "No answer for {} s: still waiting",
            silence.as_secs()
        ));
        let is_new = self.trouble != told;
        self.trouble = told;
        is_new
    }

    fn draw(&mut self, frame: &mut Frame<'_>) {
        let keys = format!("{KEYS}   every {} s", self.interval.as_secs_f64());
        let footer = match &self.trouble {
            Some(trouble) => (trouble.as_str(), Mood::Failing),
            None => (keys.as_str(), Mood::Plain),
        };
        let cells = frame.buffer_mut();
        page::draw(&self.view, &mut self.position, footer, self.palette, cells);
    }

    fn choose(&mut self, by: isize) {
        let count = page::count_sections(&self.view).max(1);
        self.position = Position {
            section: (self.position.section + count).saturating_add_signed(by) % count,
            first_row: 0,
        };
    }

    /// How far it can go, drawing tells.
    fn scroll(&mut self, by: isize) {
        self.position.first_row = self.position.first_row.saturating_add_signed(by);
    }
}

fn action(event: &Event) -> Action {
    let Event::Key(key) = event else {
        return Action::None;
    };
    if key.kind == KeyEventKind::Release {
        return Action::None;
    }
    let page = PAGE_ROWS.cast_signed();
    match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Action::Leave,
        KeyCode::Char('q') | KeyCode::Esc => Action::Leave,
        KeyCode::Tab | KeyCode::Right => Action::Choose(1),
        KeyCode::BackTab | KeyCode::Left => Action::Choose(-1),
        KeyCode::Down => Action::Scroll(1),
        KeyCode::Up => Action::Scroll(-1),
        KeyCode::PageDown => Action::Scroll(page),
        KeyCode::PageUp => Action::Scroll(-page),
        KeyCode::Home => Action::Scroll(isize::MIN),
        KeyCode::End => Action::Scroll(isize::MAX),
        _ => Action::None,
    }
}
