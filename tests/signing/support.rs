//! What the tests share: the recorded data and the test keys.

use std::path::PathBuf;
use std::sync::Arc;

use ocelot::client::signing::PrivateKey;
use secrecy::SecretString;

pub(crate) const PASSPHRASE: &str = "test passphrase";

/// A file of the recorded data.
pub(crate) fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/signing")
        .join(name)
}

/// A file of the test keys.
pub(crate) fn key_path(name: &str) -> PathBuf {
    data("keys").join(name)
}

pub(crate) fn text(name: &str) -> String {
    std::fs::read_to_string(key_path(name)).unwrap()
}

pub(crate) fn passphrase() -> SecretString {
    SecretString::from(PASSPHRASE)
}

/// The test key that most tests sign with.
pub(crate) fn key() -> Arc<PrivateKey> {
    Arc::new(PrivateKey::from_file(&key_path("rsa.pkcs8.test-key.pem"), None).unwrap())
}

pub(crate) fn fingerprint() -> String {
    let text = std::fs::read_to_string(data("fingerprint.txt")).unwrap();
    text.trim().to_owned()
}
