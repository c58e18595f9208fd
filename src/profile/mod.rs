//! The user's settings: `~/.oci/config`, `oci_cli_rc`, the environment, regions and addresses.
//!
//! It knows files, variables and the operation table's addresses, not commands, and neither the network
//! nor the terminal. A file that is not there holds nothing; one that is named and missing, cannot be
//! read or breaks the rules of its format is an error that names file and line.
//!
//! [`Settings`] is the way in: one view of everything that is said, each value with where it came from.

mod change;
mod config;
pub mod endpoint;
mod environment;
mod error;
mod file;
pub mod ini;
mod rc;
mod region_table;
pub mod regions;
mod setting;
mod settings;
mod source;
mod write;

pub use change::{create_private_folder, write_private};
pub use endpoint::BaseUrl;
pub use environment::Environment;
pub use error::ProfileError;
pub use rc::{CommandAlias, ParameterAlias, RcFile};
pub use regions::Region;
pub use setting::{Known, SETTINGS, Setting};
pub use settings::{AuthKind, Flags, Row, Settings};
pub use source::{MASK, Place, Source, Value};
pub use write::{Written, check_new_profile, read_profile, remove_profile, write_profile};
