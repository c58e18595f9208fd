//! The encryption that OpenSSL put on PEM files before PKCS#8: `Proc-Type: 4,ENCRYPTED` and `DEK-Info`.
//!
//! RFC 1421 has the headers. The key is MD5 over the passphrase and the first eight bytes of the initial vector,
//! stretched as OpenSSL's `EVP_BytesToKey` does with one round; the cipher runs in CBC mode with PKCS#7 padding.

use aes::{Aes128, Aes192, Aes256};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, KeyInit, KeyIvInit};
use des::TdesEde3;
use md5::{Digest, Md5};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::error::KeyErrorKind;

/// Bytes of the initial vector that salt the passphrase.
const SALT_BYTES: usize = 8;

/// Decrypts the contents of a block whose `DEK-Info` header is `info`.
pub(super) fn decrypt(
    info: &str,
    encrypted: &[u8],
    passphrase: &SecretString,
) -> Result<Zeroizing<Vec<u8>>, KeyErrorKind> {
    let (cipher, vector) = info.split_once(',').unwrap_or((info, ""));
    let vector = from_hex(vector.trim()).ok_or_else(|| malformed("its DEK-Info header"))?;
    let key = |bytes| stretch(passphrase, &vector, bytes);
    match cipher.trim() {
        "DES-EDE3-CBC" => run::<TdesEde3>(&key(24)?, &vector, encrypted),
        "AES-128-CBC" => run::<Aes128>(&key(16)?, &vector, encrypted),
        "AES-192-CBC" => run::<Aes192>(&key(24)?, &vector, encrypted),
        "AES-256-CBC" => run::<Aes256>(&key(32)?, &vector, encrypted),
        other => Err(KeyErrorKind::UnsupportedEncryption(
            other.chars().filter(|c| !c.is_control()).take(40).collect(),
        )),
    }
}

fn malformed(what: &str) -> KeyErrorKind {
    KeyErrorKind::Damaged(format!("{what} is malformed"))
}

fn run<C>(key: &[u8], vector: &[u8], encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyErrorKind>
where
    C: BlockCipherDecrypt + KeyInit,
    Decryptor<C>: BlockModeDecrypt + KeyIvInit + InnerIvInit,
{
    let decryptor = Decryptor::<C>::new_from_slices(key, vector)
        .map_err(|_| malformed("its DEK-Info header"))?;
    decryptor
        .decrypt_padded_vec::<Pkcs7>(encrypted)
        .map(Zeroizing::new)
        .map_err(|_| KeyErrorKind::PassphraseWrong)
}

fn stretch(
    passphrase: &SecretString,
    vector: &[u8],
    bytes: usize,
) -> Result<Zeroizing<Vec<u8>>, KeyErrorKind> {
    let salt = vector
        .get(..SALT_BYTES)
        .ok_or_else(|| malformed("its DEK-Info header"))?;
    let mut key = Zeroizing::new(Vec::with_capacity(bytes + 16));
    let mut previous = Zeroizing::new(Vec::new());
    while key.len() < bytes {
        let mut hash = Md5::new();
        hash.update(previous.as_slice());
        hash.update(passphrase.expose_secret().as_bytes());
        hash.update(salt);
        previous = Zeroizing::new(hash.finalize().to_vec());
        key.extend_from_slice(&previous);
    }
    key.truncate(bytes);
    Ok(key)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits?;
    (digits.len() % 2 == 0).then(|| {
        digits
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
            .collect()
    })
}
