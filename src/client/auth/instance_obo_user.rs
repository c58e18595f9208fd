//! `instance_obo_user`: an instance speaks on behalf of a user who gave it a delegation token.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::ExposeSecret;

use super::exchange::Exchange;
use super::instance_principal::{InstancePrincipal, InstanceSettings};
use super::{AuthError, Credentials, secret_file};
use crate::client::Request;
use crate::client::signing::SignedHeaders;
use crate::clock::Clock;

/// Carries the user's token; it is signed.
const HEADER: &str = "opc-obo-token";

/// Signs as an instance on behalf of a user.
#[derive(Debug)]
pub struct InstanceOboUser {
    instance: InstancePrincipal,
    token_file: PathBuf,
}

impl InstanceOboUser {
    /// `token_file` is `delegation_token_file` of the profile, or `OCI_CLI_DELEGATION_TOKEN_FILE`.
    pub fn new(
        settings: InstanceSettings,
        token_file: PathBuf,
        exchange: Arc<dyn Exchange>,
    ) -> Self {
        Self {
            instance: InstancePrincipal::new(settings, exchange),
            token_file,
        }
    }
}

impl Credentials for InstanceOboUser {
    fn authorize(&self, request: &mut Request, clock: &dyn Clock) -> Result<(), AuthError> {
        const WHAT: &str = "delegation token";
        // Read for every request: it is short, and may have been renewed.
        let token = secret_file::read(WHAT, &self.token_file)?;
        if token.expose_secret().is_empty() {
            return Err(AuthError::TokenMalformed {
                what: WHAT,
                reason: "its file is empty",
            });
        }
        request.set_header(HEADER, token.expose_secret());
        self.instance
            .authorize_with(request, SignedHeaders::WithDelegation, clock)
    }

    fn renew(&self) -> bool {
        self.instance.renew()
    }

    fn region(&self) -> Result<Option<String>, AuthError> {
        self.instance.region()
    }

    fn tenancy(&self) -> Result<Option<String>, AuthError> {
        self.instance.tenancy()
    }
}
