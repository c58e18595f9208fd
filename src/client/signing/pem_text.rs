//! From the text of a key file to the DER of an RSA private key.
//!
//! It reads what the official SDK reads: PKCS#1 and PKCS#8 (RFC 8017, RFC 5958), each plain or encrypted, with
//! any line ends, with text before and after the block (`OCI_API_KEY` after it is a mark that the official
//! command line asks for), and texts in which line ends are the two characters `\n`.

use pem::Pem;
use pkcs8::der::asn1::ObjectIdentifier;
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef};
use rsa::pkcs1::RsaPrivateKeyRef;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::encrypted_pem;
use super::error::{Found, KeyErrorKind};

/// The DER of an RSA private key as PKCS#1 has it.
pub(super) type Pkcs1 = Zeroizing<Vec<u8>>;

// RFC 8017, appendix C; RFC 5480, 2.1.1; RFC 8410, 3.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");

/// Work factors beyond these are a damaged or hostile file, not a key: deriving would take minutes or gigabytes.
const MAX_PBKDF2_ITERATIONS: u32 = 10_000_000;
const MAX_SCRYPT_BYTES: u64 = 1 << 29;

/// Reads the first private key of a text.
pub(super) fn read(text: &str, passphrase: Option<&SecretString>) -> Result<Pkcs1, KeyErrorKind> {
    let text = normalize(text);
    if text.is_empty() {
        return Err(KeyErrorKind::NotPrivate(Found::Nothing));
    }
    let blocks = pem::parse_many(text.as_bytes())
        .map_err(|error| KeyErrorKind::Damaged(format!("its PEM text is malformed ({error})")))?;
    let Some(block) = blocks
        .iter()
        .find(|block| block.tag().ends_with("PRIVATE KEY"))
    else {
        return Err(KeyErrorKind::NotPrivate(what_is(blocks.first(), &text)));
    };
    match block.tag() {
        "RSA PRIVATE KEY" => pkcs1(block, passphrase),
        "PRIVATE KEY" => pkcs8(block.contents()),
        "ENCRYPTED PRIVATE KEY" => encrypted_pkcs8(block.contents(), passphrase),
        "EC PRIVATE KEY" => Err(KeyErrorKind::UnsupportedType("an EC key".to_owned())),
        "DSA PRIVATE KEY" => Err(KeyErrorKind::UnsupportedType("a DSA key".to_owned())),
        "OPENSSH PRIVATE KEY" => Err(KeyErrorKind::UnsupportedType(
            "in OpenSSH's own format (ssh-keygen -p -m PEM -f KEY rewrites it)".to_owned(),
        )),
        other => Err(KeyErrorKind::NotPrivate(Found::Block(shown(other)))),
    }
}

/// Lines end with a line feed, blank ones go; the one that ends the headers of an encrypted block stays.
fn normalize(text: &str) -> Zeroizing<String> {
    let text = Zeroizing::new(text.replace("\\r", "").replace("\\n", "\n"));
    let mut lines = Zeroizing::new(String::with_capacity(text.len() + 1));
    let mut after_header = false;
    for line in text.lines().map(str::trim) {
        if !line.is_empty() || after_header {
            lines.push_str(line);
            lines.push('\n');
        }
        after_header = line.starts_with("Proc-Type:") || line.starts_with("DEK-Info:");
    }
    lines
}

fn what_is(block: Option<&Pem>, text: &str) -> Found {
    match block.map(Pem::tag) {
        Some("CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE") => Found::Certificate,
        Some("CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST") => Found::CertificateRequest,
        Some(label) if label.ends_with("PUBLIC KEY") => Found::PublicKey,
        Some(label) => Found::Block(shown(label)),
        None if text.starts_with("ssh-") || text.contains("BEGIN SSH2 PUBLIC KEY") => {
            Found::PublicKey
        }
        None => Found::NoPem,
    }
}

/// A label as it may stand in a message.
fn shown(label: &str) -> String {
    label.chars().filter(|c| !c.is_control()).take(40).collect()
}

fn pkcs1(block: &Pem, passphrase: Option<&SecretString>) -> Result<Pkcs1, KeyErrorKind> {
    let encrypted = block
        .headers()
        .get("Proc-Type")
        .is_some_and(|value| value.contains("ENCRYPTED"));
    if !encrypted {
        return Ok(Zeroizing::new(block.contents().to_vec()));
    }
    let passphrase = passphrase.ok_or(KeyErrorKind::PassphraseMissing)?;
    let info = block.headers().get("DEK-Info").unwrap_or_default();
    let plain = encrypted_pem::decrypt(info, block.contents(), passphrase)?;
    // Once in 256 times a wrong passphrase yields valid padding, but no key.
    match RsaPrivateKeyRef::try_from(plain.as_slice()) {
        Ok(_) => Ok(plain),
        Err(_) => Err(KeyErrorKind::PassphraseWrong),
    }
}

fn pkcs8(der: &[u8]) -> Result<Pkcs1, KeyErrorKind> {
    let info = PrivateKeyInfoRef::try_from(der)
        .map_err(|error| KeyErrorKind::Damaged(format!("it is not PKCS#8 ({error})")))?;
    let unsupported = |name: &str| Err(KeyErrorKind::UnsupportedType(name.to_owned()));
    match info.algorithm.oid {
        RSA => Ok(Zeroizing::new(info.private_key.as_bytes().to_vec())),
        RSA_PSS => unsupported("an RSA key for PSS signatures only"),
        EC => unsupported("an EC key"),
        ED25519 => unsupported("an Ed25519 key"),
        DSA => unsupported("a DSA key"),
        other => unsupported(&format!("of the type {other}")),
    }
}

fn encrypted_pkcs8(der: &[u8], passphrase: Option<&SecretString>) -> Result<Pkcs1, KeyErrorKind> {
    // PBES1 and PKCS#12 schemes fail here: they are not in the library's list.
    let info = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_| {
        KeyErrorKind::UnsupportedEncryption("an old or unknown scheme (not PBES2)".to_owned())
    })?;
    let passphrase = passphrase.ok_or(KeyErrorKind::PassphraseMissing)?;
    check_work(&info.encryption_algorithm)?;
    match info.decrypt(passphrase.expose_secret().as_bytes()) {
        Ok(plain) => match pkcs8(plain.as_bytes()) {
            Err(KeyErrorKind::Damaged(_)) => Err(KeyErrorKind::PassphraseWrong),
            other => other,
        },
        Err(pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::UnsupportedAlgorithm {
            oid,
        })) => Err(KeyErrorKind::UnsupportedEncryption(oid.to_string())),
        Err(_) => Err(KeyErrorKind::PassphraseWrong),
    }
}

fn check_work(scheme: &EncryptionScheme) -> Result<(), KeyErrorKind> {
    let Some(parameters) = scheme.pbes2() else {
        return Err(KeyErrorKind::UnsupportedEncryption("PBES1".to_owned()));
    };
    let pbkdf2 = parameters.kdf.pbkdf2().map(|kdf| kdf.iteration_count);
    // RFC 7914, 2: it takes 128 * N * r bytes, p times.
    let scrypt = parameters.kdf.scrypt().map(|kdf| {
        [
            u64::from(kdf.block_size),
            u64::from(kdf.parallelization),
            128,
        ]
        .into_iter()
        .fold(kdf.cost_parameter, u64::saturating_mul)
    });
    if pbkdf2.is_some_and(|count| count > MAX_PBKDF2_ITERATIONS)
        || scrypt.is_some_and(|bytes| bytes > MAX_SCRYPT_BYTES)
    {
        return Err(KeyErrorKind::UnsupportedEncryption(
            "a work factor beyond all reason".to_owned(),
        ));
    }
    Ok(())
}
