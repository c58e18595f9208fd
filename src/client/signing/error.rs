//! What goes wrong with keys and signatures: a kind, the file it happened in, its cause, and a hint.
//!
//! No message holds a key, a passphrase or a token.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A key that cannot be used, or not be made.
#[derive(Debug)]
pub struct KeyError {
    path: Option<PathBuf>,
    kind: KeyErrorKind,
}

/// What is wrong with a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyErrorKind {
    /// The file is not there.
    #[error("there is no such file")]
    NoFile,
    /// The file is there but cannot be read.
    #[error("the file cannot be read")]
    Unreadable(#[source] io::Error),
    /// The text holds something else than a private key.
    #[error("this is not a private key but {0}")]
    NotPrivate(Found),
    /// The key is encrypted, and no passphrase was given.
    #[error("the private key is encrypted, and no passphrase was given")]
    PassphraseMissing,
    /// The passphrase does not open the key.
    #[error("the passphrase does not open the private key")]
    PassphraseWrong,
    /// The key is of another type than RSA.
    #[error("the private key is {0}; requests are signed with RSA keys only")]
    UnsupportedType(String),
    /// The key is encrypted in a way that is not supported.
    #[error("the private key is encrypted with {0}, which is not supported")]
    UnsupportedEncryption(String),
    /// The key is shorter than the services accept.
    #[error(
        "the RSA key has {bits} bits; the services take {} or more",
        super::key::MIN_BITS
    )]
    TooSmall {
        /// The length of its modulus.
        bits: usize,
    },
    /// The text looks like a private key but does not hold together.
    #[error("the private key is damaged: {0}")]
    Damaged(String),
    /// The key is not the one that the fingerprint names.
    #[error("the fingerprint of the private key is {actual}, not {expected}")]
    FingerprintMismatch {
        /// What the settings say.
        expected: String,
        /// What the key has.
        actual: String,
    },
    /// No key pair could be made.
    #[error("a key pair cannot be made: {0}")]
    NotMade(String),
    /// A file that would be written is there already.
    #[error("the file is there already; it is not overwritten")]
    AlreadyThere,
    /// A file cannot be written.
    #[error("the file cannot be written")]
    Unwritable(#[source] io::Error),
}

/// What stood where a private key was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found {
    /// A public key, as PEM or as OpenSSH writes it.
    PublicKey,
    /// A certificate.
    Certificate,
    /// A certificate request.
    CertificateRequest,
    /// A PEM block with this label.
    Block(String),
    /// No PEM block at all.
    NoPem,
    /// Nothing.
    Nothing,
}

impl fmt::Display for Found {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PublicKey => formatter.write_str("a public key"),
            Self::Certificate => formatter.write_str("a certificate"),
            Self::CertificateRequest => formatter.write_str("a certificate request"),
            Self::Block(label) => write!(formatter, "a PEM block of {label}"),
            Self::NoPem => formatter.write_str("text without a PEM block"),
            Self::Nothing => formatter.write_str("an empty text"),
        }
    }
}

impl KeyError {
    /// What is wrong.
    pub fn kind(&self) -> &KeyErrorKind {
        &self.kind
    }

    /// The file it is wrong in, if the key came from one.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What to do next.
    pub fn hint(&self) -> Option<&'static str> {
        self.kind.hint()
    }

    pub(super) fn at(path: &Path, kind: KeyErrorKind) -> Self {
        Self {
            path: Some(path.to_owned()),
            kind,
        }
    }
}

impl From<KeyErrorKind> for KeyError {
    fn from(kind: KeyErrorKind) -> Self {
        Self { path: None, kind }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(formatter, "{}: {}", path.display(), self.kind),
            None => self.kind.fmt(formatter),
        }
    }
}

impl Error for KeyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.kind.source()
    }
}

impl KeyErrorKind {
    /// What to do next.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoFile => "Set key_file in the profile to the file of the private key.",
            Self::NotPrivate(Found::PublicKey | Found::Certificate | Found::CertificateRequest) => {
                "Give the private key that belongs to it: the file that begins with -----BEGIN PRIVATE KEY-----."
            }
            Self::NotPrivate(_) => {
                "The key must be PEM text: it begins with -----BEGIN PRIVATE KEY----- or -----BEGIN RSA PRIVATE KEY-----."
            }
            Self::PassphraseMissing => {
                "Set pass_phrase in the profile, or OCI_CLI_PASSPHRASE in the environment."
            }
            Self::PassphraseWrong => {
                "Check pass_phrase in the profile; openssl rsa -in KEY -check asks for it and tries it."
            }
            Self::UnsupportedType(_) | Self::TooSmall { .. } => {
                "Make an RSA key of 2048 bits with ocelot setup keys, and upload its public key in the console."
            }
            Self::UnsupportedEncryption(_) => {
                "Encrypt the key anew: openssl pkcs8 -topk8 -v2 aes-256-cbc -in KEY -out NEWKEY."
            }
            Self::Damaged(_) => "Copy the key file again; openssl rsa -in KEY -check examines it.",
            Self::FingerprintMismatch { .. } => {
                "Correct fingerprint or key_file in the profile: they must name the same key."
            }
            Self::AlreadyThere => "Name another file, or move the old one away.",
            Self::Unreadable(_) | Self::NotMade(_) | Self::Unwritable(_) => return None,
        })
    }
}

/// A request that cannot be signed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// A header's name is not one.
    #[error("{0:?} cannot be the name of a header")]
    HeaderName(String),
    /// A header's value would break out of its line.
    #[error(
        "the value of the header {0} has a control character, which could smuggle in other headers"
    )]
    HeaderValue(String),
    /// A header that is signed is given more than once.
    #[error("the header {0} is given more than once")]
    HeaderTwice(String),
    /// The address is not one, or is not encoded.
    #[error("the address {url:?} cannot be signed: {reason}")]
    Url {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The key id would break out of its quotes. The id may be a token, and is not shown.
    #[error(
        "the key id (tenancy, user, fingerprint or token) has a quote, a space or a control character"
    )]
    KeyId,
    /// The time cannot be written as a date.
    #[error("{0} ms since 1970 cannot be written as a date")]
    Time(i64),
    /// The RSA operation failed.
    #[error("the private key cannot make a signature")]
    Rsa,
}
