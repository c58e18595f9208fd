//! SCRAM as a server speaks it (RFC 5802), without channel binding.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::engine::{ScramHash, TokenUser};

/// Checks one user's proofs.
pub(super) trait Account {
    /// The salt of the user's tokens.
    fn salt(&self) -> &[u8];
    /// How often the user's tokens are hashed.
    fn iterations(&self) -> u32;
    /// The server's signature of the messages exchanged (`AuthMessage` of RFC 5802, 3), if the proof shows
    /// that the client knows one of the user's tokens.
    fn check_proof(&self, hash: ScramHash, proof: &[u8], messages: &[u8]) -> Option<Vec<u8>>;
}

impl Account for TokenUser {
    fn salt(&self) -> &[u8] {
        self.salt()
    }

    fn iterations(&self) -> u32 {
        self.iterations()
    }

    fn check_proof(&self, hash: ScramHash, proof: &[u8], messages: &[u8]) -> Option<Vec<u8>> {
        self.check_proof(hash, proof, messages)
    }
}

/// An exchange, from the server's challenge on.
pub(super) struct ScramServer<A> {
    hash: ScramHash,
    account: A,
    /// What the client said of channel binding, to be repeated by it.
    binding: String,
    /// The client's nonce and the server's.
    nonce: String,
    /// `client-first-message-bare` and `server-first-message`.
    messages: String,
}

/// What a client begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ClientFirst {
    binding: String,
    bare: String,
    nonce: String,
    /// The user name, decoded.
    pub(super) user: String,
}

impl ClientFirst {
    /// Reads `client-first-message`.
    pub(super) fn read(token: &[u8]) -> Result<Self, &'static str> {
        const MALFORMED: &str = "the first SCRAM message is malformed";
        let text = std::str::from_utf8(token).map_err(|_| MALFORMED)?;
        let mut parts = text.splitn(3, ',');
        let (Some(flag), Some(acting_as), Some(bare)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(MALFORMED);
        };
        if flag != "n" && flag != "y" {
            return Err("channel binding is not supported");
        }
        if !acting_as.is_empty() {
            return Err("nobody may act for another user");
        }
        let mut attributes = bare.split(',');
        let user = attributes.next().and_then(|part| part.strip_prefix("n="));
        let nonce = attributes.next().and_then(|part| part.strip_prefix("r="));
        match (user.and_then(decode_name), nonce) {
            (Some(user), Some(nonce)) if !nonce.is_empty() => Ok(Self {
                binding: format!("{flag},{acting_as},"),
                bare: bare.to_owned(),
                nonce: nonce.to_owned(),
                user,
            }),
            _ => Err(MALFORMED),
        }
    }
}

impl<A: Account> ScramServer<A> {
    /// Begins an exchange with a client, and returns `server-first-message`.
    pub(super) fn challenge(
        first: &ClientFirst,
        hash: ScramHash,
        account: A,
    ) -> Result<(Self, Vec<u8>), String> {
        let mut random = [0; 18];
        getrandom::fill(&mut random).map_err(|error| format!("no random numbers: {error}"))?;
        let nonce = format!("{}{}", first.nonce, STANDARD.encode(random));
        let challenge = format!(
            "r={nonce},s={},i={}",
            STANDARD.encode(account.salt()),
            account.iterations()
        );
        let server = Self {
            hash,
            account,
            binding: first.binding.clone(),
            nonce,
            messages: format!("{},{challenge}", first.bare),
        };
        Ok((server, challenge.into_bytes()))
    }

    /// Checks `client-final-message`, and returns `server-final-message`.
    pub(super) fn finish(&self, token: &[u8]) -> Result<Vec<u8>, &'static str> {
        const MALFORMED: &str = "the last SCRAM message is malformed";
        let text = std::str::from_utf8(token).map_err(|_| MALFORMED)?;
        let (without_proof, proof) = text.rsplit_once(",p=").ok_or(MALFORMED)?;
        let proof = STANDARD.decode(proof).map_err(|_| MALFORMED)?;
        let mut attributes = without_proof.split(',');
        let binding = attributes.next().and_then(|part| part.strip_prefix("c="));
        let nonce = attributes.next().and_then(|part| part.strip_prefix("r="));
        if binding != Some(&STANDARD.encode(&self.binding)) {
            return Err("the channel binding is not what it was");
        }
        // Apache Kafka takes what ends in the nonce, and librdkafka before 2.6.1 repeats its own part before it
        // (librdkafka's pull request 4895). The server's part is whole in there, which is what counts.
        if !nonce.is_some_and(|nonce| nonce.ends_with(&self.nonce)) {
            return Err("the nonce is not what it was");
        }
        let messages = format!("{},{without_proof}", self.messages);
        let signature = self
            .account
            .check_proof(self.hash, &proof, messages.as_bytes())
            .ok_or("the user does not exist or has no such auth token")?;
        Ok(format!("v={}", STANDARD.encode(signature)).into_bytes())
    }
}

/// A name with `=2C` for a comma and `=3D` for an equals sign.
fn decode_name(encoded: &str) -> Option<String> {
    let mut parts = encoded.split('=');
    let mut name = parts.next()?.to_owned();
    for part in parts {
        let (sign, rest) = part
            .strip_prefix("2C")
            .map(|rest| (',', rest))
            .or_else(|| part.strip_prefix("3D").map(|rest| ('=', rest)))?;
        name.push(sign);
        name.push_str(rest);
    }
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use ring::{digest, hmac, pbkdf2};

    use super::*;

    const PASSWORD: &[u8] = b"pencil";
    const ITERATIONS: NonZeroU32 = NonZeroU32::new(4096).unwrap();

    struct Pencil;

    impl Pencil {
        fn salted(&self) -> [u8; 32] {
            let mut salted = [0; 32];
            let algorithm = pbkdf2::PBKDF2_HMAC_SHA256;
            pbkdf2::derive(algorithm, ITERATIONS, self.salt(), PASSWORD, &mut salted);
            salted
        }

        fn key(&self, name: &[u8]) -> Vec<u8> {
            sign(&self.salted(), name)
        }
    }

    impl Account for Pencil {
        fn salt(&self) -> &[u8] {
            b"salt"
        }

        fn iterations(&self) -> u32 {
            ITERATIONS.get()
        }

        fn check_proof(&self, _: ScramHash, proof: &[u8], messages: &[u8]) -> Option<Vec<u8>> {
            let wanted = client_proof(&self.key(b"Client Key"), messages);
            (proof == wanted).then(|| sign(&self.key(b"Server Key"), messages))
        }
    }

    fn sign(key: &[u8], data: &[u8]) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        hmac::sign(&key, data).as_ref().to_vec()
    }

    fn client_proof(client_key: &[u8], messages: &[u8]) -> Vec<u8> {
        let stored_key = digest::digest(&digest::SHA256, client_key);
        let signature = sign(stored_key.as_ref(), messages);
        let pairs = client_key.iter().zip(signature);
        pairs.map(|(key, sign)| key ^ sign).collect()
    }

    /// Goes through an exchange with what `change` makes of the client's last message.
    fn exchange(change: impl FnOnce(String) -> String) -> Result<Vec<u8>, &'static str> {
        exchange_after("", change)
    }

    /// The same with something before the nonce that the client repeats.
    fn exchange_after(
        before_nonce: &str,
        change: impl FnOnce(String) -> String,
    ) -> Result<Vec<u8>, &'static str> {
        let first = ClientFirst::read(b"n,,n=acme/ann/pool,r=abc").unwrap();
        let (server, challenge) =
            ScramServer::challenge(&first, ScramHash::Sha256, Pencil).unwrap();
        let challenge = String::from_utf8(challenge).unwrap();
        let nonce = challenge.split(',').next().unwrap();
        assert!(nonce.starts_with("r=abc") && nonce.len() > "r=abc".len() + 20);
        let nonce = nonce.strip_prefix("r=").unwrap();
        let without_proof = format!("c=biws,r={before_nonce}{nonce}");
        let messages = format!("n=acme/ann/pool,r=abc,{challenge},{without_proof}");
        let proof = client_proof(&Pencil.key(b"Client Key"), messages.as_bytes());
        let last = format!("{without_proof},p={}", STANDARD.encode(proof));
        server.finish(change(last).as_bytes())
    }

    #[test]
    fn a_client_that_knows_the_password_gets_the_signature() {
        let last = exchange(|last| last).unwrap();
        assert!(last.starts_with(b"v="));
    }

    #[test]
    fn the_nonce_of_old_clients_has_their_part_twice() {
        assert!(exchange_after("abc", |last| last).is_ok());
    }

    #[test]
    fn what_is_not_as_it_was_is_refused() {
        assert!(exchange(|last| last.replace("r=abc", "r=abd")).is_err());
        assert!(exchange(|last| last.replace("c=biws", "c=eSws")).is_err());
        assert!(exchange(|last| last.replace(",p=", ",p=AAAA")).is_err());
        assert!(exchange(|last| last.replace(",p=", ",q=")).is_err());
        assert!(exchange(|_| String::new()).is_err());
    }

    #[test]
    fn first_messages_are_read() {
        let user = |token: &str| ClientFirst::read(token.as_bytes()).map(|first| first.user);
        assert_eq!(user("n,,n=a=2Cb=3Dc,r=x").unwrap(), "a,b=c");
        for wrong in [
            "",
            "n",
            "n,,",
            "n,,n=a",
            "n,,n=,r=x",
            "n,,n=a,r=",
            "p=tls-unique,,n=a,r=x",
            "n,a=b,n=a,r=x",
            "n,,n=a=2,r=x",
            "n,,m=x,n=a,r=x",
        ] {
            assert!(user(wrong).is_err(), "{wrong}");
        }
    }
}
