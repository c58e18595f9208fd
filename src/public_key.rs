//! RSA public keys as the services take them: read from PEM, known by their fingerprint, used to check
//! signatures.

use md5::{Digest, Md5};
use pkcs8::der::Encode;
use pkcs8::der::asn1::{AnyRef, BitStringRef};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use rsa::pkcs1::RsaPublicKeyRef;

/// The lengths of keys whose signatures can be checked, in bits. The services take no shorter ones.
const BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Why a text is no public key that signatures can be checked with.
#[derive(Debug, thiserror::Error)]
pub enum PublicKeyError {
    /// There is no public key in it.
    #[error(
        "it holds {0} where a public key in PEM is wanted, as `openssl rsa -in KEY -pubout` prints it"
    )]
    NotPublic(String),
    /// Its parts are not where they should be.
    #[error("the public key is damaged: {0}")]
    Damaged(String),
    /// It is of another kind.
    #[error("the public key is not an RSA key: requests are signed with RSA keys only")]
    NotRsa,
    /// It is too short to be safe, or longer than anyone uses.
    #[error("the public key has {0} bits: the services take RSA keys of 2048 to 8192 bits")]
    Size(usize),
}

/// An RSA public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// As PKCS#1 has it (RFC 8017, A.1.1).
    pkcs1_der: Vec<u8>,
    /// As SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
    spki_der: Vec<u8>,
}

impl PublicKey {
    /// Reads the first public key of a text in PEM: SubjectPublicKeyInfo or PKCS#1.
    pub fn from_pem(text: &str) -> Result<Self, PublicKeyError> {
        let blocks = pem::parse_many(text)
            .map_err(|error| PublicKeyError::Damaged(format!("its PEM is malformed ({error})")))?;
        let is_public = |block: &&pem::Pem| block.tag().ends_with("PUBLIC KEY");
        let Some(block) = blocks.iter().find(is_public) else {
            return Err(PublicKeyError::NotPublic(what_is(blocks.first())));
        };
        match block.tag() {
            "RSA PUBLIC KEY" => Self::from_pkcs1(block.contents()),
            "PUBLIC KEY" => Self::from_spki(block.contents()),
            other => Err(PublicKeyError::NotPublic(shown(other))),
        }
    }

    fn from_spki(der: &[u8]) -> Result<Self, PublicKeyError> {
        let info = SubjectPublicKeyInfoRef::try_from(der).map_err(damaged)?;
        if info.algorithm.oid != rsa::pkcs1::ALGORITHM_OID {
            return Err(PublicKeyError::NotRsa);
        }
        let key = info.subject_public_key.as_bytes();
        Self::from_pkcs1(key.ok_or_else(|| damaged("its bits are not whole bytes"))?)
    }

    fn from_pkcs1(der: &[u8]) -> Result<Self, PublicKeyError> {
        let parts = RsaPublicKeyRef::try_from(der).map_err(damaged)?;
        let modulus = parts.modulus.as_bytes();
        let leading_zeros = modulus.first().map_or(0, |byte| byte.leading_zeros());
        let bits = modulus.len() * 8 - leading_zeros as usize;
        if !BITS.contains(&bits) {
            return Err(PublicKeyError::Size(bits));
        }
        let exponent = parts.public_exponent.as_bytes();
        let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
        // What ring takes as an exponent: odd, 3 to 33 bits long. No key in use has another.
        if !is_odd(modulus) || !is_odd(exponent) || exponent == [1] || exponent.len() > 4 {
            return Err(damaged("no RSA key has such numbers"));
        }
        Ok(Self {
            pkcs1_der: der.to_vec(),
            spki_der: spki_der(der).ok_or_else(|| damaged("it cannot be written as DER"))?,
        })
    }

    /// The fingerprint that the console shows, as `20:3b:97:…`.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.spki_der)
    }

    /// The key as PEM, the way `openssl` writes it.
    pub fn pem(&self) -> String {
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        pem::encode_config(&pem::Pem::new("PUBLIC KEY", self.spki_der.clone()), config)
    }

    /// Whether this is the signature of a message (PKCS#1 v1.5, SHA-256) by the key's other half.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.pkcs1_der)
            .verify(message, signature)
            .is_ok()
    }
}

/// The SubjectPublicKeyInfo of an RSA public key that is given as PKCS#1 has it.
pub fn spki_der(pkcs1_der: &[u8]) -> Option<Vec<u8>> {
    let info = SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef {
            oid: rsa::pkcs1::ALGORITHM_OID,
            parameters: Some(AnyRef::NULL),
        },
        subject_public_key: BitStringRef::from_bytes(pkcs1_der).ok()?,
    };
    info.to_der().ok()
}

/// The fingerprint of a key that is given as SubjectPublicKeyInfo: its MD5 in hex, with colons.
pub fn fingerprint(spki_der: &[u8]) -> String {
    let bytes = Md5::digest(spki_der);
    let parts: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    parts.join(":")
}

fn damaged(reason: impl ToString) -> PublicKeyError {
    PublicKeyError::Damaged(reason.to_string())
}

fn what_is(block: Option<&pem::Pem>) -> String {
    match block.map(pem::Pem::tag) {
        None => "no PEM".to_owned(),
        Some(label) if label.ends_with("PRIVATE KEY") => "a private key".to_owned(),
        Some(label) => shown(label),
    }
}

/// A label as it may stand in a message.
fn shown(label: &str) -> String {
    let label: String = label.chars().filter(|c| !c.is_control()).take(40).collect();
    format!("a block named {label}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/signing/keys/");

    fn file(name: &str) -> String {
        std::fs::read_to_string(format!("{KEYS}{name}")).unwrap()
    }

    #[test]
    fn both_forms_of_a_key_are_the_same_key() {
        let key = PublicKey::from_pem(&file("public.pem")).unwrap();
        assert_eq!(key, PublicKey::from_pem(&file("public.pkcs1.pem")).unwrap());
        assert_eq!(key.pem(), file("public.pem"));
        let known = include_str!("../tests/data/signing/fingerprint.txt");
        assert_eq!(key.fingerprint(), known.trim());
    }

    #[test]
    fn what_is_no_key_is_refused_with_a_reason() {
        let damaged = file("public.pem").replacen("MIIB", "MIIC", 1);
        for (text, reason) in [
            (String::new(), "no PEM"),
            ("ssh-rsa AAAA".to_owned(), "no PEM"),
            (file("rsa.pkcs8.test-key.pem"), "a private key"),
            (file("certificate.pem"), "CERTIFICATE"),
            (damaged, "damaged"),
        ] {
            let error = PublicKey::from_pem(&text).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
