//! Request signatures as the services check them, and the private keys that make them.
//!
//! The scheme is draft-cavage-http-signatures-08 with RSA-SHA256 (PKCS#1 v1.5), in the form that the official
//! SDK sends: for the same key, time and request the `Authorization` value is the same to the byte.
//! Where keys and key ids come from is told by `auth`; nothing here reads settings or the network.

mod encrypted_pem;
mod error;
mod generate;
mod key;
mod pem_text;
mod permissions;
mod signer;
mod target;

pub use error::{Found, KeyError, KeyErrorKind, SignError};
pub use generate::{KeyPair, public_path_of, write_key_pair};
pub use key::PrivateKey;
pub use permissions::{PermissionWarning, check_permissions};
pub use signer::{SignedHeaders, Signer};
