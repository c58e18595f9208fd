//! `oke_workload_identity`: a pod of a Kubernetes cluster in the cloud speaks for its workload.
//!
//! The pod's service account token is exchanged at the cluster's own token service (proxymux), which shows a
//! certificate of the cluster's authority: the exchange handed in must trust [`OkeSettings::authority_file`].

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use uuid::Uuid;

use super::error::PROXYMUX;
use super::exchange::{Answer, Exchange, Question};
use super::metadata::RegionLookup;
use super::resource_principal::full_name;
use super::session::{Renewal, Session, Sessions};
use super::token::Token;
use super::{AuthError, Credentials, Environment, secret_file, variable};
use crate::api::operation::Method;
use crate::client::Request;
use crate::client::signing::{KeyPair, SignedHeaders};
use crate::clock::Clock;

const KIND: &str = "oke_workload_identity";
const ACCOUNT: &str = "service account token";
const ACCOUNT_TOKEN_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const AUTHORITY_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";
const PORT: u16 = 12250;

/// What a pod knows.
#[derive(Clone, Debug)]
pub struct OkeSettings {
    /// The cluster's token service: the whole address.
    pub url: String,
    /// The certificate authority of the cluster.
    pub authority_file: PathBuf,
    /// The file with the service account's token.
    pub account_token_file: PathBuf,
    /// The service account's token itself, in place of the file.
    pub account_token: Option<SecretString>,
    /// The region, by its full name.
    pub region: Option<String>,
}

impl OkeSettings {
    /// What the environment says.
    pub fn from_environment(
        environment: Environment<'_>,
        regions: &RegionLookup,
    ) -> Result<Self, AuthError> {
        let host = variable(environment, "KUBERNETES_SERVICE_HOST").ok_or_else(|| {
            AuthError::MissingSetting {
                kind: KIND,
                setting: "KUBERNETES_SERVICE_HOST".to_owned(),
            }
        })?;
        let file = |name, usual: &str| {
            PathBuf::from(variable(environment, name).unwrap_or_else(|| usual.to_owned()))
        };
        let region = variable(environment, "OCI_RESOURCE_PRINCIPAL_REGION");
        Ok(Self {
            url: url(host.trim()),
            authority_file: file("OCI_KUBERNETES_SERVICE_ACCOUNT_CERT_PATH", AUTHORITY_FILE),
            account_token_file: file(
                "OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH",
                ACCOUNT_TOKEN_FILE,
            ),
            account_token: variable(environment, "OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_STRING")
                .map(SecretString::from),
            region: region.map(|name| full_name(&name, regions)),
        })
    }
}

fn url(host: &str) -> String {
    let bare_ipv6 = host.contains(':') && !host.starts_with('[');
    let host = if bare_ipv6 {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    format!("https://{host}:{PORT}/resourcePrincipalSessionTokens")
}

/// Signs as a workload.
#[derive(Debug)]
pub struct OkeWorkloadIdentity {
    settings: OkeSettings,
    exchange: ClusterExchange,
    sessions: Sessions,
}

/// An exchange has no form for messages.
struct ClusterExchange(Arc<dyn Exchange>);

impl std::fmt::Debug for ClusterExchange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Exchange")
    }
}

impl OkeWorkloadIdentity {
    /// Nothing is asked before the first request.
    pub fn new(settings: OkeSettings, exchange: Arc<dyn Exchange>) -> Self {
        Self {
            settings,
            exchange: ClusterExchange(exchange),
            sessions: Sessions::new(Renewal::AtHalfLife),
        }
    }

    /// The certificate authority that the exchange must trust.
    pub fn authority_file(&self) -> &Path {
        &self.settings.authority_file
    }

    fn fetch(&self, clock: &dyn Clock) -> Result<Session, AuthError> {
        let account = self.account_token(clock)?;
        let key = KeyPair::generate(None)?.key;
        let body = json!({ "podKey": BASE64_STANDARD.encode(key.public_der()) }).to_string();
        let question = Question {
            exchange: self.exchange.0.as_ref(),
            service: PROXYMUX,
            not_found_may_pass: false,
            insist: true,
        };
        let answer = question.ask(&|| {
            let mut request = Request::new(Method::Post, &self.settings.url);
            let bearer = format!("Bearer {}", account.text().expose_secret());
            request.set_header("Authorization", bearer);
            request.set_header("content-type", "application/json");
            request.set_header("opc-request-id", request_id());
            request.body = Some(body.clone().into_bytes());
            Ok(request)
        })?;
        let token = token_in(&answer)?;
        Ok(Session {
            token: Token::parse("cluster's token", &token)?,
            key: Arc::new(key),
        })
    }

    fn account_token(&self, clock: &dyn Clock) -> Result<Token, AuthError> {
        let text = match &self.settings.account_token {
            Some(text) => text.clone(),
            None => secret_file::read(ACCOUNT, &self.settings.account_token_file)?,
        };
        let token = Token::parse(ACCOUNT, text.expose_secret())?;
        match token.expires_ms() {
            Some(expired_ms) if token.has_expired(clock.now_ms()) => Err(AuthError::TokenExpired {
                what: ACCOUNT,
                expired_ms,
                hint: "Kubernetes renews it in the pod; check the pod's token volume, and the clock.",
            }),
            _ => Ok(token),
        }
    }
}

/// The answer is base64 of a JSON object, sometimes as a JSON string; its token bears the prefix of a key id.
fn token_in(answer: &Answer) -> Result<String, AuthError> {
    let text = answer.text()?.trim_matches('"');
    let json = BASE64_STANDARD
        .decode(text)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| answer.unusable("it is not base64"))?;
    let token = answer.field_of(&json, "token")?;
    Ok(token.strip_prefix("ST$").unwrap_or(&token).to_owned())
}

fn request_id() -> String {
    let part = || Uuid::new_v4().simple().to_string();
    format!("{}/{}/{}", part(), part(), part())
}

impl Credentials for OkeWorkloadIdentity {
    fn authorize(&self, request: &mut Request, clock: &dyn Clock) -> Result<(), AuthError> {
        self.sessions
            .sign(request, SignedHeaders::Usual, clock, &|| self.fetch(clock))
    }

    fn renew(&self) -> bool {
        self.sessions.drop_current()
    }

    fn region(&self) -> Result<Option<String>, AuthError> {
        Ok(self.settings.region.clone())
    }

    fn tenancy(&self) -> Result<Option<String>, AuthError> {
        let session = self.sessions.current();
        let claim = session
            .as_ref()
            .and_then(|session| session.token.claim("res_tenant"));
        Ok(claim.map(str::to_owned))
    }
}
