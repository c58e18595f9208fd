//! What passes between those who ask and those who answer: a [`Call`], a [`Reply`], an [`ApiError`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::operation::Operation;

/// One request for one operation, whoever makes it and whoever answers it.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The operation asked for.
    pub operation: &'static Operation,
    /// Path parameters by wire name, decoded.
    pub path: BTreeMap<&'static str, String>,
    /// Query parameters by wire name.
    pub query: BTreeMap<&'static str, String>,
    /// Header parameters by lower-case name, `if-match` and `opc-retry-token` among them.
    pub headers: BTreeMap<&'static str, String>,
    /// The JSON body.
    pub body: Option<Value>,
    /// Who makes it, and how they reached the engine; a client does not send it.
    pub origin: Origin,
}

impl Call {
    /// A call without parameters.
    pub fn new(operation: &'static Operation) -> Self {
        Self {
            operation,
            path: BTreeMap::new(),
            query: BTreeMap::new(),
            headers: BTreeMap::new(),
            body: None,
            origin: Origin::default(),
        }
    }
}

/// The tenancy, and root compartment, that resources belong to where the user has none.
pub const LOCAL_TENANCY: &str = "ocid1.tenancy.oc1..local";

/// The address of a server on this machine, as `ocelot serve` takes it by default.
pub const SERVER_ADDRESS: &str = "http://127.0.0.1:4590";

/// Who makes a call, and at which addresses they find the services.
///
/// The default is a user of this machine who names nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The caller's tenancy: resources of others do not exist for the caller.
    pub tenancy_id: String,
    /// The caller, where it is known.
    pub user_id: Option<String>,
    /// Who the caller claims to be, where nobody checks: to be told, not to be trusted.
    pub claimed_user_id: Option<String>,
    /// The `opc-request-id` that the reply will have, or the one that the command line gave the request.
    pub request_id: Option<String>,
    /// What resources name as their address for REST calls: a URL without a path.
    pub rest_address: String,
    /// What resources name as their address for Kafka clients: `host:port`.
    pub kafka_address: String,
}

impl Default for Origin {
    fn default() -> Self {
        Self {
            tenancy_id: LOCAL_TENANCY.to_owned(),
            user_id: None,
            claimed_user_id: None,
            request_id: None,
            rest_address: SERVER_ADDRESS.to_owned(),
            kafka_address: "127.0.0.1:9092".to_owned(),
        }
    }
}

/// The header of a reply with a line for whoever made the call: it was answered, but may not do what they
/// have in mind.
pub const WARNING: &str = "ocelot-warning";

/// A successful answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    /// The HTTP status, 200 to 299.
    pub status: u16,
    /// Headers that carry meaning, by lower-case name: `etag`, `opc-next-page` and the like.
    pub headers: BTreeMap<String, String>,
    /// The JSON body.
    pub body: Option<Value>,
}

impl Reply {
    /// 200 with a body.
    pub fn ok(body: Value) -> Self {
        Self {
            status: 200,
            body: Some(body),
            ..Self::default()
        }
    }

    /// A status without a body.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    /// The same reply with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// A service's refusal, as the REST interface words it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code} ({status}): {message}")]
pub struct ApiError {
    /// The HTTP status, 400 and above.
    pub status: u16,
    /// The code that programs tell errors apart by, as `NotAuthorizedOrNotFound`.
    pub code: Cow<'static, str>,
    /// What went wrong, for people.
    pub message: String,
    /// The service's own id of the request, to find it in its logs.
    pub request_id: Option<String>,
    /// How long the service asks to wait before the next request, in seconds.
    pub retry_after_seconds: Option<u64>,
    /// How far the service's clock was ahead of this machine's when it refused, in milliseconds; negative
    /// where it was behind.
    pub clock_ahead_ms: Option<i64>,
}

impl ApiError {
    /// An error with any status and code.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: Cow::Borrowed(code),
            message: message.into(),
            request_id: None,
            retry_after_seconds: None,
            clock_ahead_ms: None,
        }
    }

    /// 400: a value is not allowed.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParameter", message)
    }

    /// 400: a value is not there.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(400, "MissingParameter", message)
    }

    /// 404: no such resource, or none that the caller may see.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "NotAuthorizedOrNotFound", message)
    }

    /// 409: the resource is not in a state that allows it.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, "IncorrectState", message)
    }

    /// 412: the resource has changed.
    pub fn etag_mismatch() -> Self {
        Self::new(
            412,
            "NoEtagMatch",
            "The etag given with if-match is not the resource's: it has changed since.",
        )
    }

    /// 500: the engine itself failed.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "InternalServerError", message)
    }
}
