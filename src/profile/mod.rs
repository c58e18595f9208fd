//! The user's settings: `~/.oci/config` with its profiles, and `oci_cli_rc`.
//!
//! It knows files and variables, not commands. A file that is not there holds nothing; one that cannot be
//! read, or lacks the profile that was named, is an error.

use std::env;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use ini::{Ini, ParseOption, Properties};

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// A file is there but cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system, or the parser, said.
        reason: String,
    },
    /// A file was named that is not there.
    #[error("there is no file {path}")]
    NoFile {
        /// The file.
        path: PathBuf,
    },
    /// A profile was named, but there is no file with profiles.
    #[error("there is no profile {name}, for there is no file {path}")]
    NoProfiles {
        /// The config file.
        path: PathBuf,
        /// The profile.
        name: String,
    },
    /// The config file has no such profile.
    #[error("{path} has no profile {name}; it has: {}", known.join(", "))]
    NoProfile {
        /// The config file.
        path: PathBuf,
        /// The profile.
        name: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// The rc file has no such canned query.
    #[error("{path} has no query named {name} in [{CANNED_QUERIES}]")]
    NoQuery {
        /// The rc file.
        path: PathBuf,
        /// The query.
        name: String,
    },
}

/// The section of the rc file that names the profile in force.
const SETTINGS: &str = "OCI_CLI_SETTINGS";

/// The section of the rc file with named queries.
const CANNED_QUERIES: &str = "OCI_CLI_CANNED_QUERIES";

/// The profile that others inherit from, and the one in force when none is named.
const DEFAULT_PROFILE: &str = "DEFAULT";

/// A profile of the config file, with what it inherits from `DEFAULT`.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    name: String,
    own: Properties,
    inherited: Properties,
}

impl Profile {
    /// Reads the profile in force. `file` and `name` are what the command line says; then come
    /// `OCI_CLI_CONFIG_FILE` and `OCI_CLI_PROFILE`, the rc file, and `~/.oci/config` and `DEFAULT`.
    pub fn load(file: Option<&Path>, name: Option<&str>, rc: &Rc) -> Result<Self, ProfileError> {
        let name = name
            .map(str::to_owned)
            .or_else(|| variable("OCI_CLI_PROFILE"))
            .or_else(|| rc.default_profile().map(str::to_owned))
            .unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
        let (path, named) = choose_file(file, "OCI_CLI_CONFIG_FILE", "config");
        let Some(ini) = read(&path, named)? else {
            return Self::without_file(path, name);
        };
        let section = |name: &str| ini.section(Some(name)).cloned();
        let own = section(&name);
        if own.is_none() && name != DEFAULT_PROFILE {
            return Err(ProfileError::NoProfile {
                path,
                name,
                known: ini.sections().flatten().map(str::to_owned).collect(),
            });
        }
        Ok(Self {
            own: own.unwrap_or_default(),
            inherited: section(DEFAULT_PROFILE).unwrap_or_default(),
            name,
        })
    }

    fn without_file(path: PathBuf, name: String) -> Result<Self, ProfileError> {
        match name.as_str() {
            DEFAULT_PROFILE => Ok(Self {
                name,
                ..Self::default()
            }),
            _ => Err(ProfileError::NoProfiles { path, name }),
        }
    }

    /// A setting of the profile.
    pub fn get(&self, key: &str) -> Option<&str> {
        setting(&self.own, &self.inherited, key)
    }
}

fn setting<'p>(own: &'p Properties, inherited: &'p Properties, key: &str) -> Option<&'p str> {
    let value = own.get(key).or_else(|| inherited.get(key));
    value.map(str::trim).filter(|value| !value.is_empty())
}

/// The rc file: which profile is in force, what options default to, and canned queries.
#[derive(Debug)]
pub struct Rc {
    path: PathBuf,
    ini: Ini,
}

impl Rc {
    /// Reads the rc file. `file` is what the command line says; then come `OCI_CLI_RC_FILE` and
    /// `~/.oci/oci_cli_rc`.
    pub fn load(file: Option<&Path>) -> Result<Self, ProfileError> {
        let (path, named) = choose_file(file, "OCI_CLI_RC_FILE", "oci_cli_rc");
        let ini = read(&path, named)?.unwrap_or_default();
        Ok(Self { path, ini })
    }

    fn default_profile(&self) -> Option<&str> {
        let settings = self.ini.section(Some(SETTINGS))?;
        setting(settings, settings, "default_profile")
    }

    /// What an option of a command defaults to. The most specific entry counts:
    /// `streaming.admin.stream.list.limit` before `streaming.limit` before `limit`.
    pub fn default_of(&self, profile: &Profile, command: &str, flag: &str) -> Option<&str> {
        let section = |name: &str| self.ini.section(Some(name));
        let own = section(&profile.name);
        let inherited = section(DEFAULT_PROFILE);
        let words: Vec<&str> = command.split(' ').collect();
        (0..=words.len()).rev().find_map(|depth| {
            let mut key = words.get(..depth)?.to_vec();
            key.push(flag);
            let key = key.join(".");
            let sections = [own, inherited];
            let mut found = sections
                .iter()
                .flatten()
                .filter_map(|section| setting(section, section, &key));
            found.next()
        })
    }

    /// The canned query with this name.
    pub fn query(&self, name: &str) -> Result<&str, ProfileError> {
        let queries = self.ini.section(Some(CANNED_QUERIES));
        let query = queries.and_then(|queries| queries.get(name));
        query.map(str::trim).ok_or_else(|| ProfileError::NoQuery {
            path: self.path.clone(),
            name: name.to_owned(),
        })
    }
}

fn variable(name: &str) -> Option<String> {
    let value = env::var_os(name)?.to_string_lossy().into_owned();
    Some(value).filter(|value| !value.trim().is_empty())
}

/// The file to read, and whether the user named it.
fn choose_file(given: Option<&Path>, variable_name: &str, default: &str) -> (PathBuf, bool) {
    let in_environment = || env::var_os(variable_name).filter(|path| !path.is_empty());
    let given = given.map(Path::to_owned);
    match given.or_else(|| in_environment().map(PathBuf::from)) {
        Some(path) => (expand_home(&path), true),
        None => (expand_home(&Path::new("~/.oci").join(default)), false),
    }
}

fn expand_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), dirs::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// Reads a file; one that the user did not name need not be there.
fn read(path: &Path, named: bool) -> Result<Option<Ini>, ProfileError> {
    let unreadable = |reason: String| ProfileError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return match named {
                true => Err(ProfileError::NoFile {
                    path: path.to_owned(),
                }),
                false => Ok(None),
            };
        }
        Err(error) => return Err(unreadable(error.to_string())),
    };
    // Windows paths and JMESPath have backslashes and quotes that are theirs, not the file format's.
    let options = ParseOption {
        enabled_escape: false,
        enabled_quote: false,
        ..ParseOption::default()
    };
    // Editors on Windows put a mark before the first character.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let ini = Ini::load_from_str_opt(text, options);
    ini.map(Some).map_err(|error| unreadable(error.to_string()))
}
