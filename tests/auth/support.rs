//! An engine with registered keys, and signed requests to show to it.

use std::path::PathBuf;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use ocelot::api::operation::Method as SignerMethod;
use ocelot::call::ApiError;
use ocelot::client::Request;
use ocelot::client::signing::{PrivateKey, SignedHeaders, Signer};
use ocelot::engine::{AccessRequest, Engine, Home};
use ocelot::log::Durability;
use ocelot::server::auth::{Caller, SignedRequest, Verifier};
use serde_json::Value;

/// 2026-03-14T01:02:03Z.
pub(crate) const NOW_MS: i64 = 1_773_450_123_000;
pub(crate) const TENANCY: &str = "ocid1.tenancy.oc1..test";
pub(crate) const USER: &str = "ocid1.user.oc1..test";
pub(crate) const URL: &str = "http://127.0.0.1:4590/20180418/streams";

pub(crate) fn engine() -> Engine {
    Engine::open(&Home::Memory, Durability::Os).unwrap()
}

/// A file of the signing tests' data.
pub(crate) fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/signing")
        .join(name)
}

pub(crate) fn key_file(name: &str) -> PathBuf {
    data("keys").join(name)
}

pub(crate) fn private_key(name: &str) -> Arc<PrivateKey> {
    Arc::new(PrivateKey::from_file(&key_file(name), None).unwrap())
}

pub(crate) fn key() -> Arc<PrivateKey> {
    private_key("rsa.pkcs8.test-key.pem")
}

/// Registers a key's public half, and returns its key id.
pub(crate) fn register(engine: &Engine, key: &PrivateKey) -> String {
    let added = manage(
        engine,
        &AccessRequest::AddKey {
            tenancy_id: TENANCY.to_owned(),
            user_id: USER.to_owned(),
            public_key: key.public_pem(),
        },
    );
    added["key-id"].as_str().unwrap().to_owned()
}

pub(crate) fn manage(engine: &Engine, request: &AccessRequest) -> Value {
    engine.manage_access(request).unwrap()
}

/// A request as a server has it.
#[derive(Clone)]
pub(crate) struct Received {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn new<N: AsRef<str>, V: AsRef<str>>(
        method: &str,
        url: &str,
        headers: impl IntoIterator<Item = (N, V)>,
        body: &[u8],
    ) -> Self {
        let url: Uri = url.split('#').next().unwrap().parse().unwrap();
        let target = url.path_and_query().unwrap();
        let headers = headers.into_iter().map(|(name, value)| {
            (
                HeaderName::from_bytes(name.as_ref().as_bytes()).unwrap(),
                HeaderValue::from_str(value.as_ref()).unwrap(),
            )
        });
        Self {
            method: method.parse().unwrap(),
            uri: Uri::from(target.clone()),
            headers: headers.collect(),
            body: body.to_vec(),
        }
    }

    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.headers
            .insert(name, HeaderValue::from_str(value).unwrap());
    }

    /// Replaces a part of the `Authorization` header.
    pub(crate) fn edit(&mut self, from: &str, to: &str) {
        let authorization = self.headers["authorization"].to_str().unwrap().to_owned();
        assert!(authorization.contains(from), "{authorization}");
        self.set("authorization", &authorization.replacen(from, to, 1));
    }

    pub(crate) fn shown_to(
        &self,
        verifier: &Verifier,
        engine: &Engine,
        now_ms: i64,
    ) -> Result<Caller, ApiError> {
        let request = SignedRequest {
            method: &self.method,
            uri: &self.uri,
            headers: &self.headers,
            body: &self.body,
        };
        verifier.verify(engine, &request, now_ms)
    }
}

/// A request that is signed now, and what is needed to check it.
pub(crate) struct Bench {
    pub(crate) engine: Engine,
    pub(crate) verifier: Verifier,
    pub(crate) signer: Signer,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let engine = engine();
        let key_id = register(&engine, &key());
        Self {
            engine,
            verifier: Verifier::new(),
            signer: Signer::new(key_id, key()),
        }
    }

    pub(crate) fn get(&self) -> Received {
        self.signed(SignerMethod::Get, &[], None)
    }

    pub(crate) fn post(&self, body: &str) -> Received {
        self.signed(SignerMethod::Post, &[], Some(body))
    }

    pub(crate) fn signed(
        &self,
        method: SignerMethod,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Received {
        self.signed_by(&self.signer, method, headers, body)
    }

    pub(crate) fn without_host(&self) -> Received {
        let signer = self.signer.clone().signing(SignedHeaders::WithoutHost);
        self.signed_by(&signer, SignerMethod::Get, &[], None)
    }

    pub(crate) fn signed_by(
        &self,
        signer: &Signer,
        method: SignerMethod,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Received {
        let mut request = Request::new(method, URL);
        request.body = body.map(|body| body.as_bytes().to_vec());
        for (name, value) in headers {
            request.set_header(name, (*value).to_owned());
        }
        signer.sign(&mut request, NOW_MS).unwrap();
        let body = request.body.unwrap_or_default();
        Received::new(method.as_str(), URL, request.headers, &body)
    }

    pub(crate) fn verify(&self, request: &Received) -> Result<Caller, ApiError> {
        request.shown_to(&self.verifier, &self.engine, NOW_MS)
    }

    /// The reason of a refusal.
    pub(crate) fn refusal(&self, request: &Received) -> String {
        reason(self.verify(request))
    }
}

/// The reason of a refusal, without the service's own sentence.
pub(crate) fn reason(verified: Result<Caller, ApiError>) -> String {
    let error = verified.unwrap_err();
    assert_eq!((error.status, &*error.code), (401, "NotAuthenticated"));
    let sentence =
        "The required information to complete authentication was not provided or was incorrect. ";
    error.message.strip_prefix(sentence).unwrap().to_owned()
}
