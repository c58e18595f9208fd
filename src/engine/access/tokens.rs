//! Auth tokens: passwords that the engine makes up, shows once, and keeps only as SCRAM keys.

use std::num::NonZeroU32;

use ring::hmac;
use serde_json::{Value, json};

use super::super::{Engine, EngineError, ocid};
use super::scram::{ITERATIONS, ScramHash, ScramKeys, are_equal};
use super::{AccessError, check_ocid, resolve_tenancy, tenancy_name};
use crate::clock::{Clock, rfc3339};
use crate::store::{AuthToken, FolderSession};

/// What tokens are made of: nothing that a shell, a properties file or a JAAS line reads in another way.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

/// So many characters of 6 bits cannot be guessed.
const TOKEN_LENGTH: usize = 24;

/// The domain of users whose names have none.
const DEFAULT_DOMAIN: &str = "default";

const SALT_LENGTH: usize = 16;

/// Makes up the salts of users that do not exist: they look like others, and stay the same.
pub(in crate::engine) struct Decoy(hmac::Key);

impl Decoy {
    pub(in crate::engine) fn new() -> Result<Self, AccessError> {
        let key = random::<32>()?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    fn salt(&self, tenancy: &str, user_name: &str) -> Vec<u8> {
        let name = format!("{tenancy}/{user_name}");
        let mut salt = hmac::sign(&self.0, name.as_bytes()).as_ref().to_vec();
        salt.truncate(SALT_LENGTH);
        salt
    }
}

/// A user who says that they have a token.
///
/// Users that do not exist look the same as others, but no token is theirs. So an attempt to log in tells
/// nobody who exists.
#[derive(Debug)]
pub struct TokenUser {
    /// The tenancy's OCID.
    pub tenancy_id: String,
    /// The user's name.
    pub user_name: String,
    salt: Vec<u8>,
    iterations: NonZeroU32,
    tokens: Vec<AuthToken>,
}

impl TokenUser {
    /// The salt of the user's tokens, which a client of SCRAM asks for.
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// How often the user's tokens are hashed.
    pub fn iterations(&self) -> u32 {
        self.iterations.get()
    }

    /// Whether this is one of the user's tokens. It takes about a millisecond, whatever the answer.
    pub fn has_token(&self, token: &[u8]) -> bool {
        let keys = ScramKeys::of(ScramHash::Sha256, token, &self.salt, self.iterations);
        self.tokens
            .iter()
            .any(|known| are_equal(&known.sha256_stored_key, &keys.stored_key))
    }

    /// The server's signature of the messages that were exchanged (`AuthMessage` of RFC 5802, 3), if the
    /// client's proof shows that it knows one of the user's tokens.
    pub fn check_proof(&self, hash: ScramHash, proof: &[u8], messages: &[u8]) -> Option<Vec<u8>> {
        self.tokens.iter().find_map(|token| {
            let keys = keys_of(token, hash);
            keys.accepts(hash, proof, messages)
                .then(|| keys.signature(hash, messages))
        })
    }
}

fn keys_of(token: &AuthToken, hash: ScramHash) -> ScramKeys {
    let (stored_key, server_key) = match hash {
        ScramHash::Sha256 => (&token.sha256_stored_key, &token.sha256_server_key),
        ScramHash::Sha512 => (&token.sha512_stored_key, &token.sha512_server_key),
    };
    ScramKeys {
        stored_key: stored_key.clone(),
        server_key: server_key.clone(),
    }
}

impl Engine {
    /// The user with this name in a tenancy, which is given by its OCID or its name.
    pub fn token_user(&self, tenancy: &str, user_name: &str) -> Result<TokenUser, EngineError> {
        let (tenancy_id, tokens) = self
            .store
            .read(|session| {
                let id = resolve_tenancy(session, tenancy)?;
                let tenancy_id = id.unwrap_or_else(|| tenancy.to_owned());
                let tokens = session.auth_tokens_of(&tenancy_id, user_name)?;
                Ok((tenancy_id, tokens))
            })
            .map_err(AccessError::Store)?;
        let (salt, iterations) = match tokens.first() {
            Some(token) => (token.salt.clone(), iterations(token)),
            None => (self.decoy.salt(&tenancy_id, user_name), ITERATIONS),
        };
        Ok(TokenUser {
            tenancy_id,
            user_name: user_name.to_owned(),
            salt,
            iterations,
            tokens,
        })
    }

    pub(super) fn create_token(
        &self,
        (tenancy_id, new_tenancy_name): (&str, Option<&str>),
        (user_name, description): (&str, Option<&str>),
    ) -> Result<Value, AccessError> {
        check_ocid("tenancy", tenancy_id)?;
        check_user_name(user_name)?;
        let user_name = without_default_domain(user_name);
        let secret = new_secret()?;
        let new_salt = random::<SALT_LENGTH>()?.to_vec();
        let shown = self.store.write(|session| {
            if let Some(name) = new_tenancy_name {
                rename_tenancy(session, tenancy_id, name)?;
            }
            // All tokens of a user have one salt: SCRAM asks for it before it is known which token is meant.
            let siblings = session.auth_tokens_of(tenancy_id, user_name)?;
            let (salt, iterations) = match siblings.first() {
                Some(sibling) => (sibling.salt.clone(), iterations(sibling)),
                None => (new_salt, ITERATIONS),
            };
            let keys = |hash| ScramKeys::of(hash, secret.as_bytes(), &salt, iterations);
            let (sha256, sha512) = (keys(ScramHash::Sha256), keys(ScramHash::Sha512));
            let token = AuthToken {
                id: ocid::new("credential"),
                tenancy_id: tenancy_id.to_owned(),
                user_name: user_name.to_owned(),
                description: description.map(str::to_owned),
                salt,
                iterations: iterations.get(),
                sha256_stored_key: sha256.stored_key,
                sha256_server_key: sha256.server_key,
                sha512_stored_key: sha512.stored_key,
                sha512_server_key: sha512.server_key,
                time_created_ms: self.clock.now_ms(),
            };
            session.insert_auth_token(&token)?;
            shown(session, &token)
        })?;
        Ok(with_secret(shown, &secret))
    }

    pub(super) fn list_tokens(&self) -> Result<Value, AccessError> {
        self.store.read(|session| {
            let tokens = session.auth_tokens()?;
            tokens.iter().map(|token| shown(session, token)).collect()
        })
    }

    pub(super) fn delete_token(&self, id: &str) -> Result<Value, AccessError> {
        self.store.write(|session| {
            if !session.remove_auth_token(id)? {
                return Err(AccessError::UnknownToken(id.to_owned()));
            }
            session.forget_unused_tenancy_names()?;
            Ok(json!({ "id": id, "deleted": true }))
        })
    }
}

fn iterations(token: &AuthToken) -> NonZeroU32 {
    NonZeroU32::new(token.iterations).unwrap_or(ITERATIONS)
}

/// Gives a tenancy its name for logins.
fn rename_tenancy(
    session: &FolderSession<'_>,
    tenancy_id: &str,
    name: &str,
) -> Result<(), AccessError> {
    check_name("tenancy's name", name)?;
    if name.contains('/') || ocid::is_ocid(name) {
        return Err(AccessError::Name {
            what: "tenancy's name",
            reason: "logins could not tell it from other parts: give one without a slash, and no OCID",
        });
    }
    match resolve_tenancy(session, name)? {
        Some(other) if other != tenancy_id => Err(AccessError::NameTaken {
            name: name.to_owned(),
            tenancy_id: other,
        }),
        _ => Ok(session.name_tenancy(tenancy_id, name)?),
    }
}

/// The name of a user, in the form of those without a domain if its domain is `Default`: they are the same.
pub fn without_default_domain(user_name: &str) -> &str {
    match user_name.split_once('/') {
        Some((domain, name)) if domain.eq_ignore_ascii_case(DEFAULT_DOMAIN) => name,
        _ => user_name,
    }
}

/// Refuses names that a login cannot hold. A slash stands between a domain and a user.
fn check_user_name(name: &str) -> Result<(), AccessError> {
    const WHAT: &str = "user's name";
    check_name(WHAT, name)?;
    match name.split('/').any(str::is_empty) {
        true => Err(AccessError::Name {
            what: WHAT,
            reason: "a slash stands between a domain and a name, and one of them is missing",
        }),
        false => Ok(()),
    }
}

fn check_name(what: &'static str, name: &str) -> Result<(), AccessError> {
    let refused = |reason| Err(AccessError::Name { what, reason });
    if name.trim().is_empty() {
        return refused("it is empty");
    }
    if name.trim() != name || name.chars().any(char::is_control) {
        return refused("it has blanks around it, or control characters in it");
    }
    match name.chars().count() {
        0..=255 => Ok(()),
        _ => refused("it has more than 255 characters"),
    }
}

fn random<const N: usize>() -> Result<[u8; N], AccessError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

fn new_secret() -> Result<String, AccessError> {
    let random = random::<TOKEN_LENGTH>()?;
    let letters = random
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(byte & 63)));
    Ok(letters.map(|letter| char::from(*letter)).collect())
}

fn shown(session: &FolderSession<'_>, token: &AuthToken) -> Result<Value, AccessError> {
    let tenancy = tenancy_name(session, &token.tenancy_id)?;
    Ok(json!({
        "id": token.id,
        "tenancy-id": token.tenancy_id,
        "user-name": token.user_name,
        "kafka-user-name": format!("{tenancy}/{}/STREAM_POOL_OCID", token.user_name),
        "description": token.description,
        "time-created": rfc3339(token.time_created_ms),
    }))
}

fn with_secret(mut shown: Value, secret: &str) -> Value {
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("token".to_owned(), secret.into());
    }
    shown
}
