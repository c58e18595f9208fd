//! `instance_principal`: an instance speaks for itself, with a token that its certificate is exchanged for.

use std::sync::{Arc, OnceLock};

use super::error::{AuthError, METADATA};
use super::exchange::Exchange;
use super::federation::{Identity, fetch_certificate};
use super::metadata::{Metadata, RegionLookup};
use super::session::{Renewal, Session, Sessions};
use super::{Credentials, Environment, variable};
use crate::client::Request;
use crate::client::signing::SignedHeaders;
use crate::clock::Clock;

/// What may be set for an instance principal; all of it can be found out.
#[derive(Clone, Debug)]
pub struct InstanceSettings {
    /// Where the metadata service is (`OCI_METADATA_BASE_URL`).
    pub metadata_base_url: Option<String>,
    /// Where tokens are got (`--federation-endpoint`): the whole address.
    pub federation_endpoint: Option<String>,
    /// What the token is for (`--auth-purpose`).
    pub purpose: Option<String>,
    /// The table of regions.
    pub regions: RegionLookup,
}

impl InstanceSettings {
    /// What the environment says.
    pub fn from_environment(environment: Environment<'_>, regions: RegionLookup) -> Self {
        Self {
            metadata_base_url: variable(environment, "OCI_METADATA_BASE_URL"),
            federation_endpoint: None,
            purpose: None,
            regions,
        }
    }
}

/// Signs as an instance.
#[derive(Debug)]
pub struct InstancePrincipal {
    metadata: Metadata,
    federation_endpoint: Option<String>,
    purpose: Option<String>,
    tenancy: OnceLock<String>,
    sessions: Sessions,
}

impl InstancePrincipal {
    /// Nothing is asked before the first request.
    pub fn new(settings: InstanceSettings, exchange: Arc<dyn Exchange>) -> Self {
        let InstanceSettings {
            metadata_base_url,
            federation_endpoint,
            purpose,
            regions,
        } = settings;
        let endpoint = federation_endpoint.map(|url| url.trim().to_owned());
        Self {
            metadata: Metadata::new(metadata_base_url.as_deref(), regions, exchange),
            federation_endpoint: endpoint.filter(|url| !url.is_empty()),
            purpose: purpose.map(|purpose| purpose.to_uppercase()),
            tenancy: OnceLock::new(),
            sessions: Sessions::new(Renewal::BeforeEnd),
        }
    }

    /// Signs other headers than the usual ones.
    pub(super) fn authorize_with(
        &self,
        request: &mut Request,
        headers: SignedHeaders,
        clock: &dyn Clock,
    ) -> Result<(), AuthError> {
        self.sessions
            .sign(request, headers, clock, &|| self.fetch(clock))
    }

    pub(super) fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The address of the service that gives out tokens, without a path.
    pub(super) fn auth_service(&self) -> Result<String, AuthError> {
        let place = self.metadata.place()?;
        Ok(format!("https://auth.{}.{}", place.region, place.domain))
    }

    fn fetch(&self, clock: &dyn Clock) -> Result<Session, AuthError> {
        let identity = Identity::fetch(&self.metadata)?;
        let tenancy = identity.certificate.tenancy.clone();
        let first = self.tenancy.get_or_init(|| tenancy.clone());
        // A token with a purpose may be for another tenancy; the usual one never is.
        if self.purpose.is_none() && *first != tenancy {
            return Err(AuthError::BadAnswer {
                service: METADATA,
                url: "identity/cert.pem".to_owned(),
                reason: format!("its certificate is for {tenancy}, and was for {first} before"),
            });
        }
        let url = match &self.federation_endpoint {
            Some(url) => url.clone(),
            None => format!("{}/v1/x509", self.auth_service()?),
        };
        identity.federate(&url, self.purpose.as_deref(), &self.metadata, clock)
    }
}

impl Credentials for InstancePrincipal {
    fn authorize(&self, request: &mut Request, clock: &dyn Clock) -> Result<(), AuthError> {
        self.authorize_with(request, SignedHeaders::Usual, clock)
    }

    fn renew(&self) -> bool {
        self.sessions.drop_current()
    }

    fn region(&self) -> Result<Option<String>, AuthError> {
        Ok(Some(self.metadata.place()?.region))
    }

    fn tenancy(&self) -> Result<Option<String>, AuthError> {
        if let Some(tenancy) = self.tenancy.get() {
            return Ok(Some(tenancy.clone()));
        }
        let certificate = fetch_certificate(&self.metadata)?;
        let tenancy = self.tenancy.get_or_init(|| certificate.tenancy);
        Ok(Some(tenancy.clone()))
    }
}
