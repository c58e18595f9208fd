//! A private key: read from a file or a text, asked for its fingerprint, used to sign.

use std::fmt;
use std::io;
use std::path::Path;

use pkcs8::der::Encode;
use ring::digest::SHA256;
use ring::rand::SystemRandom;
use ring::signature::RSA_PKCS1_SHA256;
use rsa::pkcs1::{DecodeRsaPrivateKey, RsaPrivateKeyRef};
use rsa::pkcs1v15::Pkcs1v15Sign;
use secrecy::SecretString;

use super::error::{KeyError, KeyErrorKind, SignError};
use super::generate::random;
use super::pem_text;
use crate::public_key::{fingerprint, spki_der};

/// The shortest key that the services accept, in bits.
pub(super) const MIN_BITS: usize = 2048;

/// What stands before a SHA-256 hash in a PKCS#1 v1.5 signature: its DigestInfo (RFC 8017, 9.2, note 1).
const SHA256_PREFIX: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// An RSA private key.
pub struct PrivateKey {
    rsa: Rsa,
    bits: usize,
    public_der: Vec<u8>,
}

/// ring signs in half a millisecond, but takes only keys of 2048, 3072 and 4096 bits with the usual exponents.
enum Rsa {
    Usual(Box<ring::rsa::KeyPair>),
    Unusual(Box<rsa::RsaPrivateKey>),
}

impl PrivateKey {
    /// Reads the key in a file. A passphrase that the key does not need is ignored: it may be meant for another.
    pub fn from_file(path: &Path, passphrase: Option<&SecretString>) -> Result<Self, KeyError> {
        let bytes = std::fs::read(path).map_err(|error| {
            let kind = match error.kind() {
                io::ErrorKind::NotFound => KeyErrorKind::NoFile,
                _ => KeyErrorKind::Unreadable(error),
            };
            KeyError::at(path, kind)
        })?;
        let bytes = zeroize::Zeroizing::new(bytes);
        Self::read(&String::from_utf8_lossy(&bytes), passphrase)
            .map_err(|kind| KeyError::at(path, kind))
    }

    /// Reads the key in a text, as `key_content` has it; its line ends may be the two characters `\n`.
    pub fn from_text(text: &str, passphrase: Option<&SecretString>) -> Result<Self, KeyError> {
        Ok(Self::read(text, passphrase)?)
    }

    fn read(text: &str, passphrase: Option<&SecretString>) -> Result<Self, KeyErrorKind> {
        Self::from_pkcs1(&pem_text::read(text, passphrase)?)
    }

    /// The key whose PKCS#1 DER this is.
    pub(super) fn from_pkcs1(der: &[u8]) -> Result<Self, KeyErrorKind> {
        let parts = RsaPrivateKeyRef::try_from(der).map_err(|error| {
            KeyErrorKind::Damaged(format!("it is not an RSA private key ({error})"))
        })?;
        let modulus = parts.modulus.as_bytes();
        let leading_zeros = modulus
            .first()
            .map_or(0, |byte| byte.leading_zeros() as usize);
        let bits = modulus.len() * 8 - leading_zeros;
        if bits < MIN_BITS {
            return Err(KeyErrorKind::TooSmall { bits });
        }
        let public_der = parts.public_key().to_der().ok();
        let public_der = public_der.and_then(|der| spki_der(&der)).ok_or_else(|| {
            KeyErrorKind::Damaged("its public key cannot be written as DER".to_owned())
        })?;
        let rsa = match ring::rsa::KeyPair::from_der(der) {
            Ok(pair) => Rsa::Usual(Box::new(pair)),
            Err(rejected) => match rsa::RsaPrivateKey::from_pkcs1_der(der) {
                Ok(key) => Rsa::Unusual(Box::new(key)),
                Err(_) => return Err(KeyErrorKind::Damaged(rejected.to_string())),
            },
        };
        Ok(Self {
            rsa,
            bits,
            public_der,
        })
    }

    /// The length of the key's modulus.
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// The public key as DER (SubjectPublicKeyInfo).
    pub fn public_der(&self) -> &[u8] {
        &self.public_der
    }

    /// The public key as PEM, which the console takes.
    pub fn public_pem(&self) -> String {
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        pem::encode_config(
            &pem::Pem::new("PUBLIC KEY", self.public_der.clone()),
            config,
        )
    }

    /// The key's fingerprint as the console shows it: the MD5 of the public key's DER, in hex with colons.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.public_der)
    }

    /// Checks that this is the key which a fingerprint names.
    pub fn check_fingerprint(&self, expected: &str) -> Result<(), KeyError> {
        let actual = self.fingerprint();
        if expected.trim().eq_ignore_ascii_case(&actual) {
            return Ok(());
        }
        Err(KeyErrorKind::FingerprintMismatch {
            expected: expected.trim().to_owned(),
            actual,
        }
        .into())
    }

    /// The PKCS#1 v1.5 signature of a message, over its SHA-256 hash.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        match &self.rsa {
            Rsa::Usual(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    message,
                    &mut signature,
                )
                .map_err(|_| SignError::Rsa)?;
                Ok(signature)
            }
            Rsa::Unusual(key) => {
                let hash = ring::digest::digest(&SHA256, message);
                let padding = Pkcs1v15Sign {
                    hash_len: Some(hash.as_ref().len()),
                    prefix: SHA256_PREFIX.into(),
                };
                let mut random = random().map_err(|_| SignError::Rsa)?;
                key.sign_with_rng(&mut random, padding, hash.as_ref())
                    .map_err(|_| SignError::Rsa)
            }
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PrivateKey")
            .field("bits", &self.bits)
            .field("fingerprint", &self.fingerprint())
            .finish_non_exhaustive()
    }
}
