//! The user's own words for commands and options, which the rc file has: they are replaced before the line
//! is parsed.
//!
//! As with the official command line, a word of the program's own counts more than an alias of the same
//! name, an alias of one group more than one for all, and an alias stands for a word, not for another alias.
//! What follows an option that takes a value is its value, whatever it looks like.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command};

use super::terminal;
use crate::profile::{CommandAlias, Environment, ParameterAlias, RcFile};

/// The options that name the rc file.
const RC_FILE: [&str; 2] = ["--cli-rc-file", "--defaults-file"];

/// The aliases of the rc file.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    commands: Vec<CommandAlias>,
    options: Vec<ParameterAlias>,
}

impl Aliases {
    /// Those of the rc file that a line is run with; none where there is no such file. One that cannot be
    /// read has none either: the command that needs it tells.
    pub(super) fn of_line(args: &[OsString]) -> Self {
        let named = named_rc_file(args);
        let Ok(rc) = RcFile::open(named.as_deref(), &Environment::of_process()) else {
            return Self::default();
        };
        Self {
            commands: rc.command_aliases(),
            options: rc.parameter_aliases(),
        }
    }

    fn is_empty(&self) -> bool {
        self.commands.is_empty() && self.options.is_empty()
    }

    /// What the words of a line may stand for, the words themselves among them.
    pub(super) fn meanings<'a>(&'a self, args: &'a [OsString]) -> Vec<&'a str> {
        let words = args.iter().skip(1).filter_map(|arg| arg.to_str());
        let mut meanings: Vec<&str> = words.collect();
        let aliases = self.commands.iter();
        let used = aliases.filter(|alias| meanings.contains(&alias.alias.as_str()));
        let used: Vec<&str> = used.map(|alias| alias.command.as_str()).collect();
        meanings.extend(used);
        meanings
    }

    /// The line with each alias replaced by what it stands for, word for word.
    pub(super) fn replace(&self, tree: &Command, args: &[OsString]) -> Vec<OsString> {
        if self.is_empty() {
            return args.to_vec();
        }
        let mut line = Line {
            aliases: self,
            command: tree,
            path: Vec::new(),
        };
        let mut replaced = Vec::with_capacity(args.len());
        let mut is_value = false;
        for (place, arg) in args.iter().enumerate() {
            let word = arg.to_str().filter(|_| place > 0 && !is_value);
            let Some(word) = word else {
                is_value = false;
                replaced.push(arg.clone());
                continue;
            };
            let word = match word.starts_with('-') {
                true => line.option(word),
                false => line.command(word),
            };
            is_value = line.takes_next(&word);
            replaced.push(word.into());
        }
        replaced
    }

    /// The command of a group that an alias stands for.
    fn command<'a>(&'a self, path: &[&str], alias: &str) -> Option<&'a str> {
        let named = self.commands.iter().filter(|known| known.alias == alias);
        let here = |known: &&CommandAlias| {
            let groups = known.groups.as_ref();
            groups.is_some_and(|groups| groups == path)
        };
        let of_group = named.clone().find(here);
        let for_all = || named.clone().find(|known| known.groups.is_none());
        Some(of_group.or_else(for_all)?.command.as_str())
    }

    fn option(&self, alias: &str) -> Option<&str> {
        let found = self.options.iter().find(|known| known.alias == alias);
        found.map(|known| known.option.as_str())
    }
}

/// How far a line has been followed.
struct Line<'l> {
    aliases: &'l Aliases,
    /// The group or command that its words have led to.
    command: &'l Command,
    /// Those words.
    path: Vec<&'l str>,
}

impl Line<'_> {
    /// A word that names a command, where one may stand.
    fn command(&mut self, word: &str) -> String {
        let meant = self.aliases.command(&self.path, word);
        let own = self.command.find_subcommand(word);
        if let (Some(_), Some(meant)) = (own, meant.filter(|meant| *meant != word)) {
            tell_own("a command", word, meant);
        }
        let found = own.or_else(|| self.command.find_subcommand(meant?));
        let Some(found) = found else {
            return word.to_owned();
        };
        self.command = found;
        self.path.push(found.get_name());
        found.get_name().to_owned()
    }

    /// An option, alone or with its value behind an equals sign, or, if it is one letter, right behind it.
    fn option(&self, word: &str) -> String {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        if self.find(name).is_some() {
            if let Some(meant) = self.aliases.option(name).filter(|meant| *meant != name) {
                tell_own("an option", name, meant);
            }
            return word.to_owned();
        }
        if let Some(option) = self.option_here(name) {
            return match value {
                Some(value) => format!("{option}={value}"),
                None => option.to_owned(),
            };
        }
        let mut letters = word.chars();
        if let (Some('-'), Some(letter)) = (letters.next(), letters.next())
            && letter != '-'
            && self.find(&format!("-{letter}")).is_none()
            && let Some(option) = self.option_here(&format!("-{letter}"))
        {
            return format!("{option}={}", letters.as_str());
        }
        word.to_owned()
    }

    /// What an alias stands for, if the command has that option.
    fn option_here(&self, alias: &str) -> Option<&str> {
        let option = self.aliases.option(alias)?;
        self.find(option).map(|_| option)
    }

    /// The option of the command that is spelled so, with its dashes and without a value.
    fn find(&self, spelled: &str) -> Option<&Arg> {
        let mut known = self.command.get_arguments();
        known.find(|arg| match spelled.strip_prefix("--") {
            Some(long) => {
                let aliases = arg.get_all_aliases().unwrap_or_default();
                arg.get_long() == Some(long) || aliases.contains(&long)
            }
            None => {
                let mut letters = spelled.chars().skip(1);
                let letter = letters.next();
                letter.is_some() && letters.next().is_none() && arg.get_short() == letter
            }
        })
    }

    /// Whether the word after this one is its value.
    fn takes_next(&self, word: &str) -> bool {
        let arg = self.find(word).filter(|_| word.starts_with('-'));
        arg.is_some_and(|arg| {
            let takes = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
            takes && !arg.is_require_equals_set()
        })
    }
}

fn tell_own(kind: &str, word: &str, meant: &str) {
    terminal::note(&format!(
        "Note: {word} is {kind} of its own here, so the rc file's alias for {meant} does not count."
    ));
}

/// The rc file that a line names, wherever the option stands.
fn named_rc_file(args: &[OsString]) -> Option<String> {
    let words: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    let mut named = None;
    for (place, word) in words.iter().enumerate() {
        for option in RC_FILE {
            match word.strip_prefix(option) {
                Some("") => named = words.get(place + 1).copied().or(named),
                Some(rest) => named = rest.strip_prefix('=').or(named),
                None => {}
            }
        }
    }
    named.map(str::to_owned)
}
