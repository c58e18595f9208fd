//! `~/.oci/config`: which file it is, and the profile in force.

use std::path::PathBuf;

use super::environment::Environment;
use super::error::ProfileError;
use super::file::SettingsFile;
use super::ini::{DEFAULT_SECTION, Document, Entry};
use super::source::{Source, Value};

/// A profile of the config file, with what it inherits from `DEFAULT`.
#[derive(Debug, Default)]
pub(super) struct Profile {
    file: Option<SettingsFile>,
    name: String,
}

/// The config file when neither the line nor `OCI_CLI_CONFIG_FILE` names one: `~/.oci/config`; where
/// that is missing, what `OCI_CONFIG_FILE` names, then `~/.oraclebmc/config`.
pub(super) fn unnamed_file(environment: &Environment) -> Option<Value> {
    let usual = environment.home().map(|home| home.join(".oci/config"));
    if usual.as_ref().is_some_and(|path| path.exists()) {
        return usual.map(by_default);
    }
    if let Some(path) = environment.get("OCI_CONFIG_FILE") {
        return Some(Value::new(path, Source::Variable("OCI_CONFIG_FILE")));
    }
    let old = environment
        .home()
        .map(|home| home.join(".oraclebmc/config"));
    old.filter(|path| path.is_file()).or(usual).map(by_default)
}

pub(super) fn by_default(path: PathBuf) -> Value {
    Value::new(path.to_string_lossy(), Source::Default)
}

impl Profile {
    /// Reads the profile `name` of the file `path`. `in_rc` tells that the rc file has a profile of that
    /// name, which is enough where there is no config file.
    pub(super) fn load(
        path: &Value,
        name: &Value,
        environment: &Environment,
        in_rc: bool,
    ) -> Result<Self, ProfileError> {
        let expanded = environment.expand_home(path.text());
        let name_is_chosen = *name.source() != Source::Default && name.text() != DEFAULT_SECTION;
        let profile = Self {
            file: SettingsFile::read(&expanded)?,
            name: name.text().to_owned(),
        };
        match &profile.file {
            None if *path.source() != Source::Default => Err(ProfileError::NoFile {
                path: expanded,
                named_by: path.source().to_string(),
            }),
            None if name_is_chosen && !in_rc => Err(ProfileError::NoConfigFile {
                path: expanded,
                name: profile.name,
            }),
            None => Ok(profile),
            Some(file) if !profile.exists(file) => Err(ProfileError::NoProfile {
                path: expanded,
                name: profile.name.clone(),
                known: known_profiles(&file.document),
            }),
            Some(_) => profile.without_key(),
        }
    }

    fn exists(&self, file: &SettingsFile) -> bool {
        self.name == DEFAULT_SECTION || file.document.section(&self.name).is_some()
    }

    /// The profile, unless a private key stands in the file, which the official programs refuse.
    fn without_key(self) -> Result<Self, ProfileError> {
        match self.entry("key_content") {
            Some((file, entry)) => Err(ProfileError::KeyInFile {
                place: file.place(entry),
            }),
            None => Ok(self),
        }
    }

    fn entry(&self, key: &str) -> Option<(&SettingsFile, &Entry)> {
        self.entries(key).next()
    }

    /// The entry of the profile itself, and then the one of `DEFAULT`.
    fn entries(&self, key: &str) -> impl Iterator<Item = (&SettingsFile, &Entry)> {
        let names = [self.name.as_str(), DEFAULT_SECTION];
        let count = if self.name == DEFAULT_SECTION { 1 } else { 2 };
        let sections = names.into_iter().take(count).filter_map(|name| {
            let file = self.file.as_ref()?;
            Some((file, file.document.section(name)?))
        });
        sections.filter_map(move |(file, section)| Some((file, section.entry(key)?)))
    }

    /// The values of a key, the one in force first. A value in quotes is taken without them, unless it is
    /// a secret, to which they may belong. One that is empty in the profile hides what `DEFAULT` says.
    pub(super) fn values(&self, key: &str, secret: bool) -> impl Iterator<Item = Value> {
        let entries = self.entries(key);
        let values = entries.map(move |(file, entry)| {
            let text = match secret {
                true => entry.value.as_str(),
                false => unquoted(&entry.value),
            };
            Value::new(text, Source::Config(file.place(entry))).hidden_if(secret)
        });
        values.take_while(|value| !value.text().trim().is_empty())
    }
}

/// The names of the profiles that can be asked for.
pub(super) fn known_profiles(document: &Document) -> Vec<String> {
    let sections = document.sections().iter();
    sections.map(|section| section.name.clone()).collect()
}

/// A text without the quotes around it, if it has the same in front and behind.
pub(super) fn unquoted(text: &str) -> &str {
    let inner = ['"', '\'']
        .into_iter()
        .find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    inner.unwrap_or(text)
}
