//! `resource_principal`: a resource of the cloud, such as a function, speaks for itself.
//!
//! `OCI_RESOURCE_PRINCIPAL_VERSION` tells how. In version 2.2 token and key are given to the process, as values or
//! as absolute paths of files that are renewed from outside. Version 1.1 is in `resource_federation`.

use std::path::Path;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::exchange::Exchange;
use super::instance_principal::InstanceSettings;
use super::metadata::RegionLookup;
use super::resource_federation::{FederatedResource, FederatedResourceSettings};
use super::secret_file::{self, KeySettings, KeySource};
use super::session::{Renewal, Session, Sessions};
use super::token::Token;
use super::{AuthError, Credentials, Environment, variable};
use crate::client::Request;
use crate::client::signing::SignedHeaders;
use crate::clock::Clock;

const KIND: &str = "resource_principal";
const WHAT: &str = "resource principal session token";
const VERSION: &str = "OCI_RESOURCE_PRINCIPAL_VERSION";

/// Signs as a resource, in the way that the environment tells.
#[derive(Debug)]
pub enum ResourcePrincipal {
    /// Version 2.2.
    Session(ResourceSession),
    /// Version 1.1.
    Federated(Box<FederatedResource>),
}

impl ResourcePrincipal {
    /// Reads the environment; nothing else before the first request.
    pub fn from_environment(
        environment: Environment<'_>,
        regions: &RegionLookup,
        exchange: Arc<dyn Exchange>,
    ) -> Result<Self, AuthError> {
        let version = needed(environment, VERSION)?;
        match version.trim() {
            "2.2" => {
                let settings = ResourceSessionSettings::from_environment(environment, regions)?;
                Ok(Self::Session(ResourceSession::new(settings)))
            }
            "1.1" => {
                let instance = InstanceSettings::from_environment(environment, regions.clone());
                let settings = FederatedResourceSettings::from_environment(environment, instance)?;
                let resource = FederatedResource::new(settings, exchange);
                Ok(Self::Federated(Box::new(resource)))
            }
            _ => Err(AuthError::UnsupportedSetting {
                setting: VERSION,
                value: version,
                hint: "Versions 2.2 and 1.1 are supported.",
            }),
        }
    }

    fn kind(&self) -> &dyn Credentials {
        match self {
            Self::Session(session) => session,
            Self::Federated(resource) => resource.as_ref(),
        }
    }
}

impl Credentials for ResourcePrincipal {
    fn authorize(&self, request: &mut Request, clock: &dyn Clock) -> Result<(), AuthError> {
        self.kind().authorize(request, clock)
    }

    fn renew(&self) -> bool {
        self.kind().renew()
    }

    fn region(&self) -> Result<Option<String>, AuthError> {
        self.kind().region()
    }

    fn tenancy(&self) -> Result<Option<String>, AuthError> {
        self.kind().tenancy()
    }
}

/// A variable that the kind cannot do without.
pub(super) fn needed(environment: Environment<'_>, name: &str) -> Result<String, AuthError> {
    variable(environment, name).ok_or_else(|| AuthError::MissingSetting {
        kind: KIND,
        setting: name.to_owned(),
    })
}

/// What version 2.2 gives a process.
#[derive(Clone, Debug)]
pub struct ResourceSessionSettings {
    /// The token, or the absolute path of its file.
    pub token: SecretString,
    /// The private key, or the absolute path of its file.
    pub key: SecretString,
    /// The key's passphrase, or the absolute path of its file.
    pub passphrase: Option<SecretString>,
    /// The region, by its full name.
    pub region: Option<String>,
}

impl ResourceSessionSettings {
    /// What the environment says.
    pub fn from_environment(
        environment: Environment<'_>,
        regions: &RegionLookup,
    ) -> Result<Self, AuthError> {
        let region = variable(environment, "OCI_RESOURCE_PRINCIPAL_REGION");
        Ok(Self {
            token: needed(environment, "OCI_RESOURCE_PRINCIPAL_RPST")?.into(),
            key: needed(environment, "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM")?.into(),
            passphrase: variable(environment, "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE")
                .map(SecretString::from),
            region: region.map(|name| full_name(&name, regions)),
        })
    }
}

/// A region's full name, where the table has it.
pub(super) fn full_name(name: &str, regions: &RegionLookup) -> String {
    let name = name.trim();
    regions
        .find(name)
        .map_or_else(|| name.to_owned(), |place| place.region)
}

/// Signs as a resource that was given its session.
#[derive(Debug)]
pub struct ResourceSession {
    settings: ResourceSessionSettings,
    sessions: Sessions,
}

impl ResourceSession {
    /// Nothing is read before the first request.
    pub fn new(settings: ResourceSessionSettings) -> Self {
        Self {
            settings,
            sessions: Sessions::new(Renewal::BeforeEnd),
        }
    }

    fn token(&self) -> Result<Token, AuthError> {
        match as_path(&self.settings.token) {
            Some(path) => Token::parse(WHAT, secret_file::read(WHAT, path)?.expose_secret()),
            None => Token::parse(WHAT, self.settings.token.expose_secret()),
        }
    }

    fn read(&self, clock: &dyn Clock) -> Result<Session, AuthError> {
        let token = self.token()?;
        if let Some(expired_ms) = token.expires_ms()
            && token.has_expired(clock.now_ms())
        {
            return Err(AuthError::TokenExpired {
                what: WHAT,
                expired_ms,
                hint: "The resource's environment has to renew it; run again in a new invocation.",
            });
        }
        let source = match as_path(&self.settings.key) {
            Some(path) => KeySource::File(path.to_owned()),
            None => KeySource::Content(self.settings.key.clone()),
        };
        let key = KeySettings {
            source,
            passphrase: self.passphrase()?,
        };
        Ok(Session {
            token,
            key: key.read()?,
        })
    }

    /// A passphrase may begin with a slash without being a path.
    fn passphrase(&self) -> Result<Option<SecretString>, AuthError> {
        let Some(value) = &self.settings.passphrase else {
            return Ok(None);
        };
        match as_path(value).filter(|path| path.exists()) {
            Some(path) => secret_file::read("passphrase", path).map(Some),
            None => Ok(Some(value.clone())),
        }
    }
}

fn as_path(value: &SecretString) -> Option<&Path> {
    let path = Path::new(value.expose_secret().trim());
    path.is_absolute().then_some(path)
}

impl Credentials for ResourceSession {
    fn authorize(&self, request: &mut Request, clock: &dyn Clock) -> Result<(), AuthError> {
        self.sessions
            .sign(request, SignedHeaders::Usual, clock, &|| self.read(clock))
    }

    /// Files may have been renewed; values cannot.
    fn renew(&self) -> bool {
        as_path(&self.settings.token).is_some() && self.sessions.drop_current()
    }

    fn region(&self) -> Result<Option<String>, AuthError> {
        Ok(self.settings.region.clone())
    }

    fn tenancy(&self) -> Result<Option<String>, AuthError> {
        Ok(self.token()?.claim("res_tenant").map(str::to_owned))
    }
}
