//! Where credentials come from: one file a kind of `--auth`.
//!
//! A kind turns its settings into a [`Signer`](crate::client::signing::Signer), directly or by exchanging what
//! the machine has for a short-lived token. It reads no config file: settings come in as plain structs, and
//! environment variables through a function. Exchanges go through [`Exchange`], which the transport implements.

mod api_key;
mod certificate;
mod error;
mod exchange;
mod federation;
mod instance_obo_user;
mod instance_principal;
mod metadata;
mod oke_workload_identity;
mod resource_federation;
mod resource_principal;
mod secret_file;
mod security_token;
mod session;
mod token;

use std::fmt;

pub use api_key::{ApiKey, ApiKeySettings};
pub use error::AuthError;
pub use exchange::{Exchange, ExchangeError, Failure, Response};
pub use instance_obo_user::InstanceOboUser;
pub use instance_principal::{InstancePrincipal, InstanceSettings};
pub use metadata::{Place, RegionLookup};
pub use oke_workload_identity::{OkeSettings, OkeWorkloadIdentity};
pub use resource_federation::{FederatedResource, FederatedResourceSettings};
pub use resource_principal::{ResourcePrincipal, ResourceSession, ResourceSessionSettings};
pub use secret_file::{KeySettings, KeySource};
pub use security_token::{SecurityToken, SecurityTokenSettings};
pub use token::Token;

use super::Request;
use crate::clock::Clock;

/// What makes a request acceptable to a service.
pub trait Credentials: fmt::Debug + Send + Sync {
    /// Signs a request, after fetching or renewing a token where the kind needs one. Call it last, for every
    /// attempt anew: the date is part of the signature.
    fn authorize(&self, request: &mut Request, clock: &dyn Clock) -> Result<(), AuthError>;

    /// Told that a service answered 401. Says whether another attempt may fare better: a token was dropped, and
    /// the next [`authorize`](Credentials::authorize) gets a new one.
    fn renew(&self) -> bool {
        false
    }

    /// The region that the credentials belong to; for an instance the metadata service is asked.
    fn region(&self) -> Result<Option<String>, AuthError>;

    /// The tenancy that the credentials belong to, as far as they tell.
    fn tenancy(&self) -> Result<Option<String>, AuthError>;
}

/// Reads an environment variable; a function, so that tests need not change their process's environment.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A variable that is set to something.
fn variable(environment: Environment<'_>, name: &str) -> Option<String> {
    environment(name).filter(|value| !value.trim().is_empty())
}
