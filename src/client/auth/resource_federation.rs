//! `resource_principal`, version 1.1: two exchanges in the name of the instance that the resource runs on.
//!
//! First the resource's service gives a token for the resource, then the auth service gives a session for it.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::error::{FEDERATION, RESOURCE_TOKENS};
use super::exchange::{Answer, Exchange, Question};
use super::instance_principal::{InstancePrincipal, InstanceSettings};
use super::resource_principal::needed;
use super::session::{Renewal, Session, Sessions};
use super::token::Token;
use super::{AuthError, Credentials, Environment, variable};
use crate::api::operation::Method;
use crate::client::Request;
use crate::client::signing::{KeyPair, SignedHeaders};
use crate::clock::Clock;

/// Where the resource's service gives tokens, where nothing else is set.
const USUAL_PATH: &str = "/20180711/resourcePrincipalToken/{id}";
const SESSION_PATH: &str = "/v1/resourcePrincipalSessionToken";

/// What version 1.1 wants to know.
#[derive(Clone, Debug)]
pub struct FederatedResourceSettings {
    /// The resource's service (`OCI_RESOURCE_PRINCIPAL_RPT_ENDPOINT`).
    pub token_endpoint: String,
    /// The path there, with `{id}` (`OCI_RESOURCE_PRINCIPAL_RPT_PATH`).
    pub token_path: Option<String>,
    /// The resource's id (`OCI_RESOURCE_PRINCIPAL_RPT_ID`); else the instance's.
    pub resource_id: Option<String>,
    /// The auth service (`OCI_RESOURCE_PRINCIPAL_RPST_ENDPOINT`); else that of the instance's region.
    pub session_endpoint: Option<String>,
    /// The instance it runs on.
    pub instance: InstanceSettings,
}

impl FederatedResourceSettings {
    /// What the environment says.
    pub fn from_environment(
        environment: Environment<'_>,
        instance: InstanceSettings,
    ) -> Result<Self, AuthError> {
        Ok(Self {
            token_endpoint: needed(environment, "OCI_RESOURCE_PRINCIPAL_RPT_ENDPOINT")?,
            token_path: variable(environment, "OCI_RESOURCE_PRINCIPAL_RPT_PATH"),
            resource_id: variable(environment, "OCI_RESOURCE_PRINCIPAL_RPT_ID"),
            session_endpoint: variable(environment, "OCI_RESOURCE_PRINCIPAL_RPST_ENDPOINT"),
            instance,
        })
    }
}

/// Signs as a resource whose session is exchanged for.
#[derive(Debug)]
pub struct FederatedResource {
    settings: FederatedResourceSettings,
    instance: InstancePrincipal,
    sessions: Sessions,
}

impl FederatedResource {
    /// Nothing is asked before the first request.
    pub fn new(settings: FederatedResourceSettings, exchange: Arc<dyn Exchange>) -> Self {
        Self {
            instance: InstancePrincipal::new(settings.instance.clone(), exchange),
            settings,
            sessions: Sessions::new(Renewal::BeforeEnd),
        }
    }

    fn fetch(&self, clock: &dyn Clock) -> Result<Session, AuthError> {
        let url = self.token_url()?;
        let tokens = self.ask(RESOURCE_TOKENS, clock, &|| Request::new(Method::Get, &url))?;
        let key = KeyPair::generate(None)?.key;
        let body = json!({
            "resourcePrincipalToken": tokens.field("resourcePrincipalToken")?,
            "servicePrincipalSessionToken": tokens.field("servicePrincipalSessionToken")?,
            "sessionPublicKey": BASE64_STANDARD.encode(key.public_der()),
        });
        let url = self.session_url()?;
        let answer = self.ask(FEDERATION, clock, &|| {
            let mut request = Request::new(Method::Post, &url);
            request.body = Some(body.to_string().into_bytes());
            request
        })?;
        Ok(Session {
            token: Token::parse("resource principal session token", &answer.field("token")?)?,
            key: Arc::new(key),
        })
    }

    fn ask(
        &self,
        service: &'static str,
        clock: &dyn Clock,
        make: &dyn Fn() -> Request,
    ) -> Result<Answer, AuthError> {
        let question = Question {
            exchange: self.instance.metadata().exchange(),
            service,
            not_found_may_pass: false,
            insist: true,
        };
        question.ask(&|| {
            let mut request = make();
            self.instance.authorize(&mut request, clock)?;
            Ok(request)
        })
    }

    fn token_url(&self) -> Result<String, AuthError> {
        let path = self.settings.token_path.as_deref().unwrap_or(USUAL_PATH);
        let path = if path.contains("{id}") {
            let id = match &self.settings.resource_id {
                Some(id) => id.clone(),
                None => self.instance.metadata().instance_id()?,
            };
            path.replace("{id}", &id)
        } else {
            path.to_owned()
        };
        Ok(joined(&self.settings.token_endpoint, &path))
    }

    fn session_url(&self) -> Result<String, AuthError> {
        match &self.settings.session_endpoint {
            Some(endpoint) => Ok(joined(endpoint, SESSION_PATH)),
            None => Ok(joined(&self.instance.auth_service()?, SESSION_PATH)),
        }
    }
}

fn joined(endpoint: &str, path: &str) -> String {
    let endpoint = endpoint.trim().trim_end_matches('/');
    format!("{endpoint}/{}", path.trim_start_matches('/'))
}

impl Credentials for FederatedResource {
    fn authorize(&self, request: &mut Request, clock: &dyn Clock) -> Result<(), AuthError> {
        self.sessions
            .sign(request, SignedHeaders::Usual, clock, &|| self.fetch(clock))
    }

    fn renew(&self) -> bool {
        // The instance's own token is renewed with it, as the official SDK does.
        self.instance.renew();
        self.sessions.drop_current()
    }

    fn region(&self) -> Result<Option<String>, AuthError> {
        self.instance.region()
    }

    fn tenancy(&self) -> Result<Option<String>, AuthError> {
        self.instance.tenancy()
    }
}
