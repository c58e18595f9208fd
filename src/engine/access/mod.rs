//! Who may call the engine over the network: registered keys that sign requests, and auth tokens for the
//! protocols with passwords.
//!
//! They belong to the data folder as a whole and are managed by `ocelot local key` and `ocelot local token`
//! only: whoever can do that owns the folder. There are no policies: a caller may do everything in all
//! compartments of their tenancy.

mod keys;
mod scram;
mod tokens;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Engine, EngineError, ocid};
use crate::call::LOCAL_TENANCY;
use crate::public_key::PublicKeyError;
use crate::store::{FolderSession, StoreError};

pub use keys::KeyId;
pub use scram::ScramHash;
pub use tokens::{TokenUser, without_default_domain};

pub(super) use keys::KeyRing;
pub(super) use tokens::Decoy;

/// The name of the local tenancy, until it is given another.
pub const LOCAL_TENANCY_NAME: &str = "local";

/// What `ocelot local key` and `ocelot local token` ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub enum AccessRequest {
    /// Registers a public key. One that is registered already stays as it is.
    AddKey {
        /// The tenancy's OCID.
        tenancy_id: String,
        /// The user's OCID.
        user_id: String,
        /// The key as PEM.
        public_key: String,
    },
    /// Lists the registered keys.
    ListKeys,
    /// Takes a key away; where several users registered it, the user must be told.
    DeleteKey {
        /// The key's fingerprint.
        fingerprint: String,
        /// Whose it is.
        user_id: Option<String>,
    },
    /// Makes a token.
    CreateToken {
        /// The tenancy's OCID.
        tenancy_id: String,
        /// The name that the tenancy has from now on.
        tenancy_name: Option<String>,
        /// Whose it is.
        user_name: String,
        /// What it is for.
        description: Option<String>,
    },
    /// Lists the tokens, without what is secret.
    ListTokens,
    /// Takes a token away.
    DeleteToken {
        /// Its OCID.
        id: String,
    },
}

/// Why keys and tokens cannot be managed as asked.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The key cannot be used.
    #[error("the key cannot be registered: {0}")]
    Key(#[from] PublicKeyError),
    /// An OCID that is none.
    #[error("the {what} is not an OCID: {value}; give it as it stands in ~/.oci/config")]
    NotAnOcid {
        /// `tenancy` or `user`.
        what: &'static str,
        /// What was given.
        value: String,
    },
    /// A name that cannot be used.
    #[error("the {what} cannot be used: {reason}")]
    Name {
        /// Which name.
        what: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// Another tenancy has the name.
    #[error("{name} is the name of the tenancy {tenancy_id}: choose another")]
    NameTaken {
        /// The name.
        name: String,
        /// Whose it is.
        tenancy_id: String,
    },
    /// No such key.
    #[error(
        "no key with the fingerprint {0} is registered: ocelot local key list shows those that are"
    )]
    UnknownKey(String),
    /// Several users have the key.
    #[error(
        "several users registered the key {fingerprint}: tell with --user whose is meant ({users})"
    )]
    AmbiguousKey {
        /// The key's fingerprint.
        fingerprint: String,
        /// The users' OCIDs.
        users: String,
    },
    /// No such token.
    #[error("there is no token {0}: ocelot local token list shows those that are")]
    UnknownToken(String),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Manages keys and tokens. The answer is JSON with kebab-case keys.
    pub fn manage_access(&self, request: &AccessRequest) -> Result<Value, EngineError> {
        let answer = match request {
            AccessRequest::AddKey {
                tenancy_id,
                user_id,
                public_key,
            } => self.add_key(tenancy_id, user_id, public_key),
            AccessRequest::ListKeys => self.list_keys(),
            AccessRequest::DeleteKey {
                fingerprint,
                user_id,
            } => self.delete_key(fingerprint, user_id.as_deref()),
            AccessRequest::CreateToken {
                tenancy_id,
                tenancy_name,
                user_name,
                description,
            } => self.create_token(
                (tenancy_id, tenancy_name.as_deref()),
                (user_name, description.as_deref()),
            ),
            AccessRequest::ListTokens => self.list_tokens(),
            AccessRequest::DeleteToken { id } => self.delete_token(id),
        };
        Ok(answer?)
    }
}

/// Refuses what is no OCID, or would not fit into a key id.
fn check_ocid(what: &'static str, value: &str) -> Result<(), AccessError> {
    let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'/' | b'\\');
    match ocid::is_ocid(value) && value.len() <= 255 && value.bytes().all(fits) {
        true => Ok(()),
        false => Err(AccessError::NotAnOcid {
            what,
            value: value.to_owned(),
        }),
    }
}

/// The tenancy that a login names by its OCID or its name; `None` where no tenancy has the name.
fn resolve_tenancy(session: &FolderSession<'_>, value: &str) -> Result<Option<String>, StoreError> {
    if ocid::is_ocid(value) {
        return Ok(Some(value.to_owned()));
    }
    match session.tenancy_named(value)? {
        None if value == LOCAL_TENANCY_NAME => Ok(Some(LOCAL_TENANCY.to_owned())),
        found => Ok(found),
    }
}

/// What logins may call a tenancy: its name, or its OCID where it has none.
fn tenancy_name(session: &FolderSession<'_>, id: &str) -> Result<String, StoreError> {
    Ok(match session.tenancy_name(id)? {
        Some(name) => name,
        None if id == LOCAL_TENANCY => LOCAL_TENANCY_NAME.to_owned(),
        None => id.to_owned(),
    })
}
