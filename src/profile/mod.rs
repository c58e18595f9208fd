//! The user's settings: `~/.oci/config` with its profiles, and `oci_cli_rc`.
//!
//! It knows files and variables, not commands. A file that is not there holds nothing; one that cannot be
//! read, or lacks the profile that was named, is an error.

use std::env;
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

/// The section of the rc file with named queries.
const CANNED_QUERIES: &str = "OCI_CLI_CANNED_QUERIES";

/// The profile that others inherit from, and the one in force when none is named.
const DEFAULT_PROFILE: &str = "DEFAULT";

/// A profile of the config file, with what it inherits from `DEFAULT`.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    own: Properties,
    inherited: Properties,
}

impl Profile {
    /// Reads the profile in force. `file` and `name` are what the command line says; then come
    /// `OCI_CLI_CONFIG_FILE` and `OCI_CLI_PROFILE`, then `~/.oci/config` and `DEFAULT`.
    pub fn load(file: Option<&Path>, name: Option<&str>) -> Result<Self, ProfileError> {
        let (path, named) = choose_file(file, "OCI_CLI_CONFIG_FILE", "config");
        let Some((path, ini)) = read(path, named)? else {
            return Ok(Self::default());
        };
        let name = name
            .map(str::to_owned)
            .or_else(|| variable("OCI_CLI_PROFILE"))
            .unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
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
        })
    }

    /// A setting of the profile.
    pub fn get(&self, key: &str) -> Option<&str> {
        let value = self.own.get(key).or_else(|| self.inherited.get(key));
        value.map(str::trim).filter(|value| !value.is_empty())
    }
}

/// The canned query with this name. `file` is what the command line says; then comes
/// `OCI_CLI_RC_FILE`, then `~/.oci/oci_cli_rc`.
pub fn canned_query(file: Option<&Path>, name: &str) -> Result<String, ProfileError> {
    let (path, named) = choose_file(file, "OCI_CLI_RC_FILE", "oci_cli_rc");
    let missing = |path: &Path| ProfileError::NoQuery {
        path: path.to_owned(),
        name: name.to_owned(),
    };
    let Some((path, ini)) = read(path.clone(), named)? else {
        return Err(missing(&path.unwrap_or_default()));
    };
    let query = ini
        .section(Some(CANNED_QUERIES))
        .and_then(|queries| queries.get(name));
    query
        .map(|query| query.trim().to_owned())
        .ok_or_else(|| missing(&path))
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// The file to read, and whether the user named it.
fn choose_file(
    given: Option<&Path>,
    variable_name: &str,
    default: &str,
) -> (Option<PathBuf>, bool) {
    match given
        .map(Path::to_owned)
        .or_else(|| variable(variable_name).map(PathBuf::from))
    {
        Some(path) => (Some(expand_home(&path)), true),
        None => (
            dirs::home_dir().map(|home| home.join(".oci").join(default)),
            false,
        ),
    }
}

fn expand_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), dirs::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

fn read(path: Option<PathBuf>, named: bool) -> Result<Option<(PathBuf, Ini)>, ProfileError> {
    let Some(path) = path else {
        return Ok(None);
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return if named {
                Err(ProfileError::NoFile { path })
            } else {
                Ok(None)
            };
        }
        Err(error) => {
            return Err(ProfileError::Unreadable {
                path,
                reason: error.to_string(),
            });
        }
    };
    // Windows paths and JMESPath have backslashes and quotes that are theirs, not the file format's.
    let options = ParseOption {
        enabled_escape: false,
        enabled_quote: false,
        ..ParseOption::default()
    };
    match Ini::load_from_str_opt(&text, options) {
        Ok(ini) => Ok(Some((path, ini))),
        Err(error) => Err(ProfileError::Unreadable {
            path,
            reason: error.to_string(),
        }),
    }
}
