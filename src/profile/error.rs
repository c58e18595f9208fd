//! Why settings cannot be used.

use std::path::PathBuf;

use super::ini::Malformed;
use super::source::Place;

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// A file is there but cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A file was named that is not there.
    #[error("there is no file {}, which {named_by} names", path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
        /// The option or variable.
        named_by: String,
    },
    /// A line breaks the rules of the format.
    #[error("{}:{}: {}", path.display(), malformed.line, malformed.fault)]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, and what is wrong with it.
        malformed: Malformed,
    },
    /// The config file has no such profile.
    #[error("{} has no profile {name}; it has: {}", path.display(), known.join(", "))]
    NoProfile {
        /// The config file.
        path: PathBuf,
        /// The profile.
        name: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// A profile was named, and there is no config file.
    #[error("there is no profile {name}, because there is no file {}", path.display())]
    NoConfigFile {
        /// The config file.
        path: PathBuf,
        /// The profile.
        name: String,
    },
    /// The rc file has no such canned query.
    #[error("{} has no query named {name} in [OCI_CLI_CANNED_QUERIES]", path.display())]
    NoQuery {
        /// The rc file.
        path: PathBuf,
        /// The query.
        name: String,
    },
    /// A private key stands in the config file.
    #[error(
        "{place}: key_content must not stand in a file: give the key's file as key_file, or the key itself in \
         OCI_CLI_KEY_CONTENT"
    )]
    KeyInFile {
        /// Where.
        place: Place,
    },
    /// A setting has a value that it cannot have.
    #[error("{setting} cannot be {value} (from {source_of_it}): {expected}")]
    BadValue {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: String,
        /// Where that came from.
        source_of_it: String,
        /// What it can be.
        expected: String,
    },
    /// A description of further regions cannot be understood.
    #[error("{origin} does not describe regions: {reason}")]
    Regions {
        /// The file or variable.
        origin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing says where in the cloud to send a request.
    #[error(
        "no region is set: give --region, set OCI_CLI_REGION, or write region into the profile"
    )]
    NoRegion,
    /// An address cannot be sent to.
    #[error("{url} is no address to send requests to: {reason}")]
    BadAddress {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A profile cannot be written as it was given.
    #[error("cannot write the profile: {0}")]
    NotWritable(String),
    /// A profile of this name is there already.
    #[error(
        "{}:{line}: profile {name} is there already: give another --profile, or --overwrite, which keeps a \
         backup of the file",
        path.display()
    )]
    ProfileExists {
        /// The config file.
        path: PathBuf,
        /// The line of its header.
        line: usize,
        /// The profile.
        name: String,
    },
    /// The profile that all others inherit from is not taken away.
    #[error("profile DEFAULT is not removed, because all others inherit from it")]
    NotRemovable,
    /// A file could not be changed.
    #[error("cannot write {}: {reason}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl ProfileError {
    /// Whether the line or the environment holds a value that can never be right, which is a mistake in
    /// using the program rather than a failure.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::BadValue { .. })
    }
}
