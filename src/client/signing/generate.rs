//! Makes key pairs: for `setup`, and for the sessions of instances and workloads.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use getrandom::SysRng;
use pkcs8::PrivateKeyInfoRef;
use pkcs8::pkcs5::pbes2;
use rand_core::UnwrapErr;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::EncodePrivateKey;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::error::{KeyError, KeyErrorKind};
use super::key::{MIN_BITS, PrivateKey};

/// The mark that the official command line puts after a private key, for programs that look for leaked secrets.
const MARK: &str = "OCI_API_KEY";

/// Rounds that stretch a passphrase: as many as the official command line's library takes.
const PBKDF2_ITERATIONS: u32 = 20_000;

/// A new key pair, in use and as text.
pub struct KeyPair {
    /// The key, ready to sign.
    pub key: PrivateKey,
    /// The private key as PKCS#8 PEM, and a mark after it.
    pub private_pem: Zeroizing<String>,
}

impl KeyPair {
    /// Makes a key pair of 2048 bits, its private text encrypted when there is a passphrase.
    pub fn generate(passphrase: Option<&SecretString>) -> Result<Self, KeyError> {
        let mut random = random().map_err(not_made)?;
        let made = rsa::RsaPrivateKey::new(&mut random, MIN_BITS).map_err(not_made)?;
        let pkcs1 = made.to_pkcs1_der().map_err(not_made)?;
        let pkcs8 = made.to_pkcs8_der().map_err(not_made)?;
        let (label, contents) = match passphrase {
            None => ("PRIVATE KEY", pkcs8),
            Some(passphrase) => (
                "ENCRYPTED PRIVATE KEY",
                encrypt(pkcs8.as_bytes(), passphrase)?,
            ),
        };
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        let block = pem::Pem::new(label, contents.as_bytes());
        let mut private_pem = Zeroizing::new(pem::encode_config(&block, config));
        private_pem.push_str(MARK);
        private_pem.push('\n');
        Ok(Self {
            key: PrivateKey::from_pkcs1(pkcs1.as_bytes())?,
            private_pem,
        })
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("KeyPair")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// The system's randomness. Those who draw from it have no way to say that there is none, so it is asked first.
pub(super) fn random() -> Result<UnwrapErr<SysRng>, getrandom::Error> {
    getrandom::fill(&mut [0; 8])?;
    Ok(UnwrapErr(SysRng))
}

fn not_made(error: impl fmt::Display) -> KeyErrorKind {
    KeyErrorKind::NotMade(error.to_string())
}

fn encrypt(der: &[u8], passphrase: &SecretString) -> Result<pkcs8::SecretDocument, KeyErrorKind> {
    let mut salt = [0; 16];
    let mut vector = [0; 16];
    getrandom::fill(&mut salt).map_err(not_made)?;
    getrandom::fill(&mut vector).map_err(not_made)?;
    pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(PBKDF2_ITERATIONS, &salt, vector)
        .map_err(pkcs8::Error::from)
        .and_then(|parameters| {
            let passphrase = passphrase.expose_secret().as_bytes();
            PrivateKeyInfoRef::try_from(der)?.encrypt_with_params(parameters, passphrase)
        })
        .map_err(not_made)
}

/// Where the public key of a private key's file lies: `oci_api_key_public.pem` beside `oci_api_key.pem`, as the
/// official command line has it.
pub fn public_path_of(private_path: &Path) -> PathBuf {
    let stem = private_path.file_stem().unwrap_or_default();
    let mut name = stem.to_owned();
    name.push("_public.pem");
    private_path.with_file_name(name)
}

/// Writes a key pair: the private key where only the user reads it, and the public key. What is there already
/// stays, unless `overwrite` says otherwise.
pub fn write_key_pair(
    pair: &KeyPair,
    private_path: &Path,
    public_path: &Path,
    overwrite: bool,
) -> Result<(), KeyError> {
    let public_pem = pair.key.public_pem();
    if !overwrite && public_path.exists() {
        return Err(KeyError::at(public_path, KeyErrorKind::AlreadyThere));
    }
    write(private_path, pair.private_pem.as_bytes(), overwrite)?;
    write(public_path, public_pem.as_bytes(), overwrite)
}

fn write(path: &Path, bytes: &[u8], overwrite: bool) -> Result<(), KeyError> {
    open(path, overwrite)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .map_err(|error| {
            let kind = match error.kind() {
                io::ErrorKind::AlreadyExists => KeyErrorKind::AlreadyThere,
                _ => KeyErrorKind::Unwritable(error),
            };
            KeyError::at(path, kind)
        })
}

fn open(path: &Path, overwrite: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    if overwrite {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        options.mode(0o600);
        let file = options.open(path)?;
        // A file that was there keeps its mode; the key in it must not be open to others.
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        Ok(file)
    }
    #[cfg(not(unix))]
    options.open(path)
}
