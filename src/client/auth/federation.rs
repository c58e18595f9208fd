//! The federation service: an instance's certificate for a token (`POST /v1/x509`).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use std::sync::Arc;

use super::certificate::{InstanceCertificate, bodies};
use super::error::{AuthError, FEDERATION};
use super::exchange::Question;
use super::metadata::Metadata;
use super::session::Session;
use super::token::Token;
use crate::api::operation::Method;
use crate::client::Request;
use crate::client::signing::{KeyPair, PrivateKey, SignedHeaders, Signer};
use crate::clock::Clock;
use secrecy::ExposeSecret;

/// What vouches for an instance, fresh from the metadata service: certificates are rotated.
pub(super) struct Identity {
    pub(super) certificate: InstanceCertificate,
    intermediates: String,
    key: Arc<PrivateKey>,
}

impl Identity {
    /// Asks the metadata service.
    pub(super) fn fetch(metadata: &Metadata) -> Result<Self, AuthError> {
        let certificate = fetch_certificate(metadata)?;
        let key = metadata.key()?;
        let intermediate = metadata.intermediate()?;
        Ok(Self {
            certificate,
            intermediates: bodies(intermediate.text()?)
                .map_err(|reason| intermediate.unusable(reason))?,
            key: Arc::new(PrivateKey::from_text(key.expose_secret(), None)?),
        })
    }

    /// Exchanges it for a token that vouches for a new key.
    pub(super) fn federate(
        &self,
        url: &str,
        purpose: Option<&str>,
        metadata: &Metadata,
        clock: &dyn Clock,
    ) -> Result<Session, AuthError> {
        let session_key = KeyPair::generate(None)?.key;
        let mut body = json!({
            "certificate": self.certificate.body,
            "publicKey": BASE64_STANDARD.encode(session_key.public_der()),
            "intermediateCertificates": [self.intermediates],
        });
        if let Some(purpose) = purpose {
            body["purpose"] = json!(purpose);
        }
        let body = body.to_string().into_bytes();
        let signer = self.signer();
        let question = Question {
            exchange: metadata.exchange(),
            service: FEDERATION,
            not_found_may_pass: false,
            insist: true,
        };
        let answer = question.ask(&|| {
            let mut request = Request::new(Method::Post, url);
            request.body = Some(body.clone());
            signer.sign(&mut request, clock.now_ms())?;
            Ok(request)
        })?;
        Ok(Session {
            token: Token::parse("federation service's token", &answer.field("token")?)?,
            key: Arc::new(session_key),
        })
    }

    fn signer(&self) -> Signer {
        let InstanceCertificate {
            tenancy,
            fingerprint,
            ..
        } = &self.certificate;
        let key_id = format!("{tenancy}/fed-x509/{fingerprint}");
        Signer::new(key_id, Arc::clone(&self.key)).signing(SignedHeaders::WithoutHost)
    }
}

/// The instance's certificate alone.
pub(super) fn fetch_certificate(metadata: &Metadata) -> Result<InstanceCertificate, AuthError> {
    let answer = metadata.certificate()?;
    InstanceCertificate::read(answer.text()?).map_err(|reason| answer.unusable(reason))
}
