//! Whether a file with a secret is open to others on the machine.

use std::fmt;
use std::path::{Path, PathBuf};

/// A file with a secret that others may read. A warning: the file works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionWarning {
    /// The file.
    pub path: PathBuf,
    /// Its permission bits.
    pub mode: u32,
}

impl PermissionWarning {
    /// What to do about it.
    pub fn hint(&self) -> String {
        format!("chmod 600 {}", self.path.display())
    }
}

impl fmt::Display for PermissionWarning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Permissions on {} are too open: {:04o} lets others on this machine use it.",
            self.path.display(),
            self.mode
        )
    }
}

/// Looks whether group or others have any right to a file. A file that cannot be looked at is another's error.
#[cfg(unix)]
pub fn check_permissions(path: &Path) -> Option<PermissionWarning> {
    use std::os::unix::fs::PermissionsExt;

    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| PermissionWarning {
        path: path.to_owned(),
        mode,
    })
}

/// Windows keeps a user's folder to that user; there is nothing to look at.
#[cfg(not(unix))]
pub fn check_permissions(_path: &Path) -> Option<PermissionWarning> {
    None
}
