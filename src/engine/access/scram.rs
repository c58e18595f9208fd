//! What a server keeps in the place of a password: the keys of SCRAM (RFC 5802, 3; RFC 7677; SHA-512 as Kafka
//! has it).

use std::num::NonZeroU32;

use ring::{digest, hmac, pbkdf2};

/// How often a token is hashed: the least that RFC 7677 allows. Tokens are random, so guessing one is
/// hopeless however fast it is, and clients that connect again are not kept waiting.
pub(super) const ITERATIONS: NonZeroU32 = NonZeroU32::new(4096).unwrap();

/// The hash of a SCRAM mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScramHash {
    /// SCRAM-SHA-256.
    Sha256,
    /// SCRAM-SHA-512.
    Sha512,
}

impl ScramHash {
    fn pbkdf2(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

/// The keys of one password for one mechanism.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ScramKeys {
    /// The hash of the client's key.
    pub stored_key: Vec<u8>,
    /// What the server shows that it knows the client by.
    pub server_key: Vec<u8>,
}

impl ScramKeys {
    /// Hashes a password, which takes about a millisecond.
    pub(super) fn of(
        hash: ScramHash,
        password: &[u8],
        salt: &[u8],
        iterations: NonZeroU32,
    ) -> Self {
        let mut salted = vec![0; hash.digest().output_len()];
        pbkdf2::derive(hash.pbkdf2(), iterations, salt, password, &mut salted);
        let salted = hmac::Key::new(hash.hmac(), &salted);
        let client_key = hmac::sign(&salted, b"Client Key");
        Self {
            stored_key: digest::digest(hash.digest(), client_key.as_ref())
                .as_ref()
                .to_vec(),
            server_key: hmac::sign(&salted, b"Server Key").as_ref().to_vec(),
        }
    }

    /// Whether a client's proof shows that it knows the password, for the messages that were exchanged.
    pub(super) fn accepts(&self, hash: ScramHash, proof: &[u8], messages: &[u8]) -> bool {
        let key = hmac::Key::new(hash.hmac(), &self.stored_key);
        let signature = hmac::sign(&key, messages);
        if proof.len() != signature.as_ref().len() {
            return false;
        }
        let pairs = proof.iter().zip(signature.as_ref());
        let client_key: Vec<u8> = pairs.map(|(left, right)| left ^ right).collect();
        let found = digest::digest(hash.digest(), &client_key);
        are_equal(found.as_ref(), &self.stored_key)
    }

    /// The server's signature of the messages that were exchanged.
    pub(super) fn signature(&self, hash: ScramHash, messages: &[u8]) -> Vec<u8> {
        let key = hmac::Key::new(hash.hmac(), &self.server_key);
        hmac::sign(&key, messages).as_ref().to_vec()
    }
}

/// Compares in a time that does not tell where two texts differ.
pub(super) fn are_equal(left: &[u8], right: &[u8]) -> bool {
    let difference = left.iter().zip(right).fold(0, |all, (l, r)| all | (l ^ r));
    left.len() == right.len() && difference == 0
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    use super::*;

    /// The exchange of RFC 7677, 3.
    #[test]
    fn the_exchange_of_the_rfc_is_accepted() {
        let salt = BASE64_STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let keys = ScramKeys::of(ScramHash::Sha256, b"pencil", &salt, ITERATIONS);
        let messages = b"n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
            s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let proof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        let proof = BASE64_STANDARD.decode(proof).unwrap();
        assert!(keys.accepts(ScramHash::Sha256, &proof, messages));
        assert!(!keys.accepts(ScramHash::Sha256, &proof, b"n=user"));
        assert!(!keys.accepts(ScramHash::Sha256, &proof[1..], messages));
        assert_eq!(
            BASE64_STANDARD.encode(keys.signature(ScramHash::Sha256, messages)),
            "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
        );
    }
}
