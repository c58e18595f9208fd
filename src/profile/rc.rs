//! `oci_cli_rc`: defaults of options, canned queries and aliases.
//!
//! A profile's section holds defaults, for all commands (`compartment-id`), for a group
//! (`streaming.compartment-id`) or for one command (`streaming.admin.stream.list.compartment-id`); the
//! closest counts. Sections whose names begin with `OCI_CLI_` hold the rest. Keys are in lower case, so
//! that the case of a query's or an alias's name does not matter.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::error::ProfileError;
use super::file::SettingsFile;
use super::ini::{DEFAULT_SECTION, Entry, Section};
use super::source::{Source, Value};

const SETTINGS: &str = "OCI_CLI_SETTINGS";
const CANNED_QUERIES: &str = "OCI_CLI_CANNED_QUERIES";
const COMMAND_ALIASES: &str = "OCI_CLI_COMMAND_ALIASES";
const PARAMETER_ALIASES: &str = "OCI_CLI_PARAM_ALIASES";

/// The rc file, or nothing where there is none.
#[derive(Debug)]
pub struct RcFile {
    /// Where it is, or would be.
    path: Option<Value>,
    file: Option<SettingsFile>,
    environment: Environment,
}

/// A word that stands for a command, or for a group of commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandAlias {
    /// The word.
    pub alias: String,
    /// The groups above the command, as `["streaming", "admin", "stream"]`; `None` for an alias that
    /// counts everywhere.
    pub groups: Option<Vec<String>>,
    /// The command or group that it stands for.
    pub command: String,
}

/// An option's other name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterAlias {
    /// The other name, with its dashes.
    pub alias: String,
    /// The option, with its dashes.
    pub option: String,
}

impl RcFile {
    /// Reads the rc file. `flag` is what `--cli-rc-file` says; then come `OCI_CLI_RC_FILE`,
    /// `~/.oci/oci_cli_rc` and `~/.oci/cli-defaults`.
    pub fn open(flag: Option<&str>, environment: &Environment) -> Result<Self, ProfileError> {
        let path = choose_file(flag, environment);
        let mut file = None;
        if let Some(path) = &path {
            let expanded = expand(path, environment);
            file = SettingsFile::read(&expanded)?;
            if file.is_none() && *path.source() != Source::Default {
                return Err(ProfileError::NoFile {
                    path: expanded,
                    named_by: path.source().to_string(),
                });
            }
        }
        Ok(Self {
            path,
            file,
            environment: environment.clone(),
        })
    }

    pub(super) fn path(&self) -> Option<&Value> {
        self.path.as_ref()
    }

    fn section(&self, name: &str) -> Option<&Section> {
        self.file.as_ref()?.document.section(name)
    }

    pub(super) fn has_profile(&self, name: &str) -> bool {
        self.section(name).is_some()
    }

    fn value(&self, entry: &Entry, text: String) -> Option<Value> {
        let place = self.file.as_ref()?.place(entry);
        Some(Value::new(text, Source::Rc(place)))
    }

    /// A value of `[OCI_CLI_SETTINGS]`.
    pub fn setting(&self, key: &str) -> Option<Value> {
        let entry = self.section(SETTINGS)?.entry(key)?;
        let text = entry.value.clone();
        self.value(entry, text)
            .filter(|value| !value.text().is_empty())
    }

    /// The profile's sections, its own first. A profile that the file does not have gets nothing, not
    /// even what `DEFAULT` says, as in the official command line.
    fn sections(&self, profile: &str) -> impl Iterator<Item = &Section> {
        let own = self.section(profile);
        let inherits = own.is_some() && profile != DEFAULT_SECTION;
        let inherited = inherits.then(|| self.section(DEFAULT_SECTION)).flatten();
        own.into_iter().chain(inherited)
    }

    /// The defaults of an option for a command, the one in force first. `command` holds the command's
    /// words; `names` the option's long and short names without dashes, to which aliases are added.
    pub fn defaults(&self, profile: &str, command: &str, names: &[&str]) -> Vec<Value> {
        if self.section(profile).is_none() {
            return Vec::new();
        }
        let names = self.with_aliases(names);
        let mut values = Vec::new();
        for prefix in prefixes(command) {
            for name in &names {
                let key = format!("{prefix}{name}");
                let entries = self.sections(profile).filter_map(|s| s.entry(&key));
                values.extend(entries.filter_map(|entry| self.default_value(entry)));
            }
        }
        values
    }

    fn default_value(&self, entry: &Entry) -> Option<Value> {
        self.value(entry, self.environment.expand_variables(&entry.value))
    }

    /// Every default of the profile, with its key.
    pub(super) fn all_defaults(&self, profile: &str) -> Vec<(&str, Value)> {
        let mut defaults: Vec<(&str, Value)> = Vec::new();
        for entry in self.sections(profile).flat_map(|section| &section.entries) {
            let is_new = defaults.iter().all(|(key, _)| *key != entry.key);
            if let Some(value) = self.default_value(entry).filter(|_| is_new) {
                defaults.push((&entry.key, value));
            }
        }
        defaults
    }

    fn with_aliases<'a>(&'a self, names: &[&'a str]) -> Vec<&'a str> {
        let mut all = names.to_vec();
        let entries = self.section(PARAMETER_ALIASES).map(|s| s.entries.iter());
        for entry in entries.into_iter().flatten() {
            let option = entry.value.trim_start_matches('-');
            if names.contains(&option) {
                all.push(entry.key.trim_start_matches('-'));
            }
        }
        all
    }

    /// The canned query with this name, which follows `query://`.
    pub fn canned_query(&self, name: &str) -> Result<Value, ProfileError> {
        let entry = self.section(CANNED_QUERIES).and_then(|s| s.entry(name));
        let value = entry.and_then(|entry| self.value(entry, entry.value.clone()));
        value.ok_or_else(|| ProfileError::NoQuery {
            path: self
                .path
                .as_ref()
                .map(|path| expand(path, &self.environment))
                .unwrap_or_default(),
            name: name.to_owned(),
        })
    }

    /// The words that stand for commands.
    pub fn command_aliases(&self) -> Vec<CommandAlias> {
        let entries = self.section(COMMAND_ALIASES).map(|s| s.entries.iter());
        let aliases = entries.into_iter().flatten().map(|entry| {
            let mut words: Vec<String> = entry.value.split('.').map(str::to_owned).collect();
            let command = words.pop().unwrap_or_default();
            CommandAlias {
                alias: entry.key.clone(),
                groups: (!words.is_empty()).then_some(words),
                command,
            }
        });
        aliases.collect()
    }

    /// The other names of options. What does not begin with a dash is none.
    pub fn parameter_aliases(&self) -> Vec<ParameterAlias> {
        let entries = self.section(PARAMETER_ALIASES).map(|s| s.entries.iter());
        let aliases = entries
            .into_iter()
            .flatten()
            .filter(|entry| entry.key.starts_with('-'));
        let aliases = aliases.map(|entry| ParameterAlias {
            alias: entry.key.clone(),
            option: entry.value.clone(),
        });
        aliases.collect()
    }
}

/// The rc file to read; the official command line lets `~/.oci/oci_cli_rc` win over the variable, which
/// then says nothing.
fn choose_file(flag: Option<&str>, environment: &Environment) -> Option<Value> {
    if let Some(path) = flag.filter(|path| !path.is_empty()) {
        return Some(Value::new(path, Source::Flag("cli-rc-file")));
    }
    if let Some(path) = environment.get("OCI_CLI_RC_FILE") {
        return Some(Value::new(path, Source::Variable("OCI_CLI_RC_FILE")));
    }
    let folder = environment.home()?.join(".oci");
    let usual = folder.join("oci_cli_rc");
    let old = folder.join("cli-defaults");
    let path = if !usual.exists() && old.is_file() {
        old
    } else {
        usual
    };
    Some(super::config::by_default(path))
}

fn expand(path: &Value, environment: &Environment) -> PathBuf {
    if *path.source() == Source::Default {
        return Path::new(path.text()).to_owned();
    }
    environment.expand_home(environment.expand_variables(path.text()))
}

/// What the keys of a command's defaults begin with, the closest first: `a.b.`, `a.` and nothing.
fn prefixes(command: &str) -> impl Iterator<Item = String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    (0..=words.len()).rev().map(move |count| {
        words[..count]
            .iter()
            .flat_map(|word| [*word, "."])
            .collect()
    })
}
