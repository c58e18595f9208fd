//! Keys and tokens that settings name: as files, or as they are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::error::AuthError;
use crate::client::signing::PrivateKey;

/// Where a private key is.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// In this file (`key_file`).
    File(PathBuf),
    /// Here (`key_content`).
    Content(SecretString),
}

/// A private key as settings have it.
#[derive(Clone, Debug)]
pub struct KeySettings {
    /// Where it is.
    pub source: KeySource,
    /// What opens it, if it is encrypted (`pass_phrase`).
    pub passphrase: Option<SecretString>,
}

impl KeySettings {
    /// Reads the key.
    pub fn read(&self) -> Result<Arc<PrivateKey>, AuthError> {
        let passphrase = self.passphrase.as_ref();
        let key = match &self.source {
            KeySource::File(path) => PrivateKey::from_file(path, passphrase)?,
            KeySource::Content(text) => PrivateKey::from_text(text.expose_secret(), passphrase)?,
        };
        Ok(Arc::new(key))
    }
}

/// A text in a file, without the blanks around it.
pub(super) fn read(what: &'static str, path: &Path) -> Result<SecretString, AuthError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(SecretString::from(text.trim())),
        Err(source) => Err(AuthError::File {
            what,
            path: path.to_owned(),
            source,
        }),
    }
}
