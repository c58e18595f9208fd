//! A man page as it is written: sections, paragraphs, lists of terms, commands as typed.

use clap::{Arg, Command};
use roff::{Inline, Roff, bold, italic, roman};

use crate::cli::{REQUIRED, example};

/// The date that the pages bear: that of the last change to their words.
const DATE: &str = "2026-11-21";

/// The width that lines of the source are kept to.
const WIDTH: usize = 78;

/// A man page in the making.
pub(super) struct Page {
    roff: Roff,
    /// Whether the last thing was a heading, after which a paragraph begins by itself.
    after_heading: bool,
}

impl Page {
    /// Begins the page of a command in section 1, with its NAME.
    pub(super) fn new(name: &str, is: &str) -> Self {
        let mut roff = Roff::new();
        let version = concat!("ocelot ", env!("CARGO_PKG_VERSION"));
        roff.control(
            "TH",
            [&*name.to_uppercase(), "1", DATE, version, "Ocelot Manual"],
        );
        let mut page = Self {
            roff,
            after_heading: false,
        };
        page.section("NAME");
        page.roff.text([roman(format!("{name} - {is}"))]);
        page
    }

    /// Begins a section.
    pub(super) fn section(&mut self, title: &str) {
        self.roff.control("SH", [title]);
        self.after_heading = true;
    }

    /// Begins a part of a section.
    pub(super) fn part(&mut self, title: &str) {
        self.roff.control("SS", [title]);
        self.after_heading = true;
    }

    /// Writes a paragraph; what stands between backquotes is set as something typed.
    pub(super) fn paragraph(&mut self, text: &str) {
        if !std::mem::take(&mut self.after_heading) {
            self.roff.control("PP", []);
        }
        self.roff.text(inlines(text));
    }

    /// Writes an entry of a list: what it is about, and what is to say of it.
    pub(super) fn entry(&mut self, term: Vec<Inline>, text: &str) {
        self.after_heading = false;
        self.roff.control("TP", []);
        self.roff.text(term);
        self.roff.text(inlines(text));
    }

    /// Writes the options and arguments of a command that are chosen.
    pub(super) fn options(&mut self, command: &Command, chosen: impl Fn(&Arg) -> bool) {
        let shown = command.get_arguments();
        let shown = shown.filter(|arg| !arg.is_hide_set() && arg.get_id() != "help");
        for arg in shown.filter(|arg| chosen(arg)) {
            self.entry(term_of(arg), &help_of(arg));
        }
    }

    /// Writes the line to type for a command: its words, what it needs, and that there may be more.
    pub(super) fn synopsis(&mut self, words: &str, command: &Command) {
        let mut line = vec![bold(words)];
        for arg in command.get_arguments().filter(|arg| is_required(arg)) {
            line.push(roman(" "));
            line.extend(term_of(arg));
        }
        if command.has_subcommands() {
            line.extend([roman(" "), italic("COMMAND")]);
        }
        line.extend([roman(" ["), italic("OPTIONS"), roman("]")]);
        if !std::mem::take(&mut self.after_heading) {
            self.roff.control("PP", []);
        }
        self.roff.text(line);
    }

    /// Writes command lines, a line each, broken where they would be when typing.
    pub(super) fn example(&mut self, commands: &str) {
        const WIDTH: usize = 66;
        let broken = commands
            .lines()
            .flat_map(|line| example::lines(line, WIDTH));
        let broken: Vec<String> = broken.collect();
        self.typed(broken.iter().map(String::as_str));
    }

    /// Writes lines as they are typed.
    pub(super) fn typed<'l>(&mut self, lines: impl IntoIterator<Item = &'l str>) {
        if !std::mem::take(&mut self.after_heading) {
            self.roff.control("PP", []);
        }
        self.roff.control("RS", ["4"]);
        self.roff.control("nf", []);
        for line in lines {
            self.roff.text([roman(line)]);
        }
        self.roff.control("fi", []);
        self.roff.control("RE", []);
    }

    /// The page in roff.
    pub(super) fn render(&self) -> String {
        wrapped(&self.roff.render())
    }
}

/// Text in which backquotes mark what is typed.
fn inlines(text: &str) -> Vec<Inline> {
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(index, part)| match index % 2 {
        0 => roman(part),
        _ => bold(part),
    });
    parts.collect()
}

/// An option, or an argument, as the head of its entry.
fn term_of(arg: &Arg) -> Vec<Inline> {
    let mut term = Vec::new();
    if let Some(short) = arg.get_short() {
        term.extend([bold(format!("-{short}")), roman(", ")]);
    }
    if let Some(long) = arg.get_long() {
        term.push(bold(format!("--{long}")));
    }
    let Some(value) = value_of(arg) else {
        return term;
    };
    let is_optional = arg
        .get_num_args()
        .is_some_and(|count| count.min_values() == 0);
    let (before, after) = match (arg.get_long(), is_optional) {
        (Some(_), true) => ("[=", "]"),
        (Some(_), false) => (" ", ""),
        (None, _) => ("", ""),
    };
    term.extend([roman(before), italic(value), roman(after)]);
    term
}

/// The name of the value that an option takes.
fn value_of(arg: &Arg) -> Option<String> {
    let takes_values = arg.get_action().takes_values();
    let name = arg.get_value_names().and_then(<[_]>::first);
    name.filter(|_| takes_values).map(ToString::to_string)
}

/// Whether the command cannot do without an option.
fn is_required(arg: &Arg) -> bool {
    arg.get_help_heading() == Some(REQUIRED) || arg.is_required_set()
}

fn plain_help(arg: &Arg) -> String {
    arg.get_help().map(ToString::to_string).unwrap_or_default()
}

/// The help of an option, with its choices and whether it is required.
fn help_of(arg: &Arg) -> String {
    let mut text = plain_help(arg);
    let choices = match arg.get_action().takes_values() {
        true => arg.get_possible_values(),
        false => Vec::new(),
    };
    if !choices.is_empty() {
        let names: Vec<String> = choices
            .iter()
            .map(|choice| format!("`{}`", choice.get_name()))
            .collect();
        text.push_str(&format!(" One of {}.", names.join(", ")));
    }
    if is_required(arg) {
        text.push_str(" Required.");
    }
    text
}

/// Breaks the long lines of running text at a space, which changes nothing in what is shown.
fn wrapped(roff: &str) -> String {
    let mut wrapped = String::with_capacity(roff.len() + roff.len() / 50);
    let mut as_typed = false;
    for line in roff.lines() {
        match line {
            ".nf" => as_typed = true,
            ".fi" => as_typed = false,
            _ => {}
        }
        match as_typed || line.starts_with('.') {
            true => wrapped.push_str(line),
            false => wrapped.push_str(&broken(line)),
        }
        wrapped.push('\n');
    }
    wrapped
}

fn broken(line: &str) -> String {
    let mut broken = String::with_capacity(line.len());
    let mut width = 0;
    for word in line.split(' ') {
        let fits = width + 1 + word.len() <= WIDTH;
        // A line that began with one of these would be a command to roff.
        if !broken.is_empty() {
            let separator = if fits || word.starts_with(['.', '\'']) {
                ' '
            } else {
                '\n'
            };
            broken.push(separator);
            width = if separator == '\n' { 0 } else { width + 1 };
        }
        broken.push_str(word);
        width += word.len();
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_break_where_nothing_becomes_a_command() {
        let words = "word ".repeat(15);
        let text = format!("{words}.word 'word end");
        assert_eq!(broken(&text), format!("{words}.word 'word\nend"));
    }

    #[test]
    fn typed_lines_stay_whole() {
        let line = "x ".repeat(60);
        let roff = format!(".nf\n{line}\n.fi\n");
        assert_eq!(wrapped(&roff), roff);
    }

    #[test]
    fn backquotes_mark_what_is_typed() {
        assert_eq!(
            inlines("give `--all` for all"),
            [roman("give "), bold("--all"), roman(" for all")]
        );
    }
}
