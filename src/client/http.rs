//! One request, one response: connections, time limits, proxies and TLS.
//!
//! Redirects are not followed: a signed request is for the host it was signed for. A plain HTTP call
//! loads no certificates.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, ClientBuilder, Proxy, redirect};
use tokio::runtime::{Builder, Runtime};

use super::auth::{Exchange, ExchangeError, Failure};
use super::{Request, Response};
use crate::api::operation::Method;

/// Most bytes of a body that are read: a page of a list is thousands of times smaller.
const MOST_BODY_BYTES: usize = 64 * 1024 * 1024;

/// How many read timeouts a whole exchange may take: a server that sends a byte now and then is not waited
/// for forever.
const READ_TIMEOUTS_IN_ALL: u32 = 10;

/// How requests are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpOptions {
    /// How long to wait for a connection. The official command line waits 10 s.
    pub connect_timeout: Duration,
    /// How long to wait for the next bytes of a response. The official command line waits 60 s.
    pub read_timeout: Duration,
    /// The proxy that requests go through; without one, what `HTTPS_PROXY` and its like say.
    pub proxy: Option<String>,
    /// Whether requests go past every proxy: they are for this machine.
    pub direct: bool,
    /// A file of certificates in PEM that are trusted instead of the system's.
    pub cert_bundle: Option<PathBuf>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(60),
            proxy: None,
            direct: false,
            cert_bundle: None,
        }
    }
}

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address, a header, the proxy or a certificate file cannot be used.
    #[error("{0}")]
    Setup(String),
    /// No connection came about.
    #[error("cannot connect to {host}: {reason}")]
    Connect {
        /// Who was tried.
        host: String,
        /// Why not.
        reason: String,
    },
    /// A certificate is not trusted, or TLS failed otherwise.
    #[error("cannot trust {host}: {reason}")]
    Tls {
        /// Who was tried.
        host: String,
        /// Why not.
        reason: String,
    },
    /// No connection came about in time.
    #[error("no connection to {host} came about in {seconds} s")]
    ConnectTimeout {
        /// Who was tried.
        host: String,
        /// For how long.
        seconds: u64,
    },
    /// The time is over.
    #[error("there was no whole response of {host} in {seconds} s")]
    Timeout {
        /// Who was asked.
        host: String,
        /// How long ago.
        seconds: u64,
    },
    /// The connection ended before the response did.
    #[error("the response of {host} ended too early: {reason}")]
    Broken {
        /// Who was asked.
        host: String,
        /// What happened.
        reason: String,
    },
    /// The response is larger than anything the services send.
    #[error("the response of {host} is larger than {MOST_BODY_BYTES} bytes")]
    TooLarge {
        /// Who was asked.
        host: String,
    },
}

impl HttpError {
    /// The same, after this time.
    fn after(mut self, elapsed: Duration) -> Self {
        if let Self::ConnectTimeout { seconds, .. } | Self::Timeout { seconds, .. } = &mut self {
            *seconds = elapsed.as_secs();
        }
        self
    }

    /// Whether the same request may fare better a little later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::ConnectTimeout { .. } | Self::Timeout { .. } | Self::Broken { .. } => true,
            Self::Setup(_) | Self::Connect { .. } | Self::Tls { .. } | Self::TooLarge { .. } => {
                false
            }
        }
    }
}

/// Sends requests. Connections are kept, so a second request to a host is quicker.
pub struct Http {
    options: HttpOptions,
    runtime: Option<Runtime>,
    plain: OnceLock<Client>,
    secure: OnceLock<Client>,
}

impl Http {
    /// A sender that has not connected to anything yet.
    pub fn new(options: HttpOptions) -> Result<Self, HttpError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| HttpError::Setup(format!("cannot start the network: {error}")))?;
        Ok(Self {
            options,
            runtime: Some(runtime),
            plain: OnceLock::new(),
            secure: OnceLock::new(),
        })
    }

    /// Sends a request and waits for the whole response, whatever its status.
    pub fn send(&self, request: &Request) -> Result<Response, HttpError> {
        let client = self.client(&request.url)?;
        let host = host_of(&request.url);
        let runtime = self.runtime.as_ref();
        let runtime = runtime.ok_or_else(|| HttpError::Setup("the network is shut".to_owned()))?;
        let begun = Instant::now();
        let response = runtime.block_on(exchange(client, request, &host));
        response.map_err(|failure| failure.after(begun.elapsed()))
    }

    fn client(&self, url: &str) -> Result<&Client, HttpError> {
        let secure = url.starts_with("https://");
        let slot = if secure { &self.secure } else { &self.plain };
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        let client = build(&self.options, secure)?;
        Ok(slot.get_or_init(|| client))
    }
}

impl Drop for Http {
    /// A name that is still looked up is not waited for.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Exchange for Http {
    fn send(&self, request: &Request) -> Result<Response, ExchangeError> {
        Self::send(self, request).map_err(|error| ExchangeError {
            failure: match &error {
                HttpError::Timeout { .. } | HttpError::ConnectTimeout { .. } => Failure::TimedOut,
                HttpError::Broken { .. } | HttpError::TooLarge { .. } => Failure::Broken,
                HttpError::Setup(_) | HttpError::Connect { .. } | HttpError::Tls { .. } => {
                    Failure::Unreachable
                }
            },
            message: error.to_string(),
        })
    }
}

fn build(options: &HttpOptions, secure: bool) -> Result<Client, HttpError> {
    let mut builder = Client::builder()
        .redirect(redirect::Policy::none())
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.read_timeout)
        .timeout(options.read_timeout.saturating_mul(READ_TIMEOUTS_IN_ALL))
        .user_agent(concat!("ocelot/", env!("CARGO_PKG_VERSION")));
    if let Some(proxy) = &options.proxy {
        let proxy = Proxy::all(proxy)
            .map_err(|error| HttpError::Setup(format!("{proxy} is no proxy: {}", chain(&error))))?;
        builder = builder.proxy(proxy);
    }
    if options.direct {
        builder = builder.no_proxy();
    }
    // The process may have chosen a provider before; then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder = match (secure, &options.cert_bundle) {
        (false, _) => builder.tls_certs_only([]),
        (true, Some(path)) => trust_bundle(builder, path)?,
        (true, None) => builder,
    };
    builder
        .build()
        .map_err(|error| HttpError::Setup(format!("cannot set up HTTP: {}", chain(&error))))
}

fn trust_bundle(builder: ClientBuilder, path: &PathBuf) -> Result<ClientBuilder, HttpError> {
    let problem = |reason: String| {
        HttpError::Setup(format!(
            "cannot read certificates from {}: {reason}",
            path.display()
        ))
    };
    let pem = std::fs::read(path).map_err(|error| problem(error.to_string()))?;
    let certificates =
        Certificate::from_pem_bundle(&pem).map_err(|error| problem(chain(&error)))?;
    if certificates.is_empty() {
        return Err(problem("there are none in it".to_owned()));
    }
    Ok(builder.tls_certs_only(certificates))
}

async fn exchange(client: &Client, request: &Request, host: &str) -> Result<Response, HttpError> {
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut sending = client
        .request(method, &request.url)
        .headers(headers(request)?);
    if let Some(body) = &request.body {
        sending = sending.body(body.clone());
    }
    let mut response = sending
        .send()
        .await
        .map_err(|error| failure(host, &error))?;
    let too_large = || HttpError::TooLarge {
        host: host.to_owned(),
    };
    let promised = response.content_length().unwrap_or_default();
    if promised > MOST_BODY_BYTES as u64 {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| failure(host, &error))?
    {
        if body.len() + chunk.len() > MOST_BODY_BYTES {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    let headers = response.headers().iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    Ok(Response {
        status: response.status().as_u16(),
        headers: headers.collect(),
        body,
    })
}

impl Request {
    /// Refuses headers that cannot be sent as they are, with line breaks in them for one.
    pub fn check_headers(&self) -> Result<(), HttpError> {
        headers(self).map(|_| ())
    }
}

fn headers(request: &Request) -> Result<HeaderMap, HttpError> {
    let mut map = HeaderMap::with_capacity(request.headers.len());
    for (name, value) in &request.headers {
        let unusable = || {
            HttpError::Setup(format!(
                "the header {name} cannot have this value: {value:?}"
            ))
        };
        let name = HeaderName::try_from(name.as_str()).map_err(|_| unusable())?;
        let value = HeaderValue::try_from(value.as_str()).map_err(|_| unusable())?;
        map.append(name, value);
    }
    Ok(map)
}

fn failure(host: &str, error: &reqwest::Error) -> HttpError {
    let host = host.to_owned();
    let reason = chain(error);
    if error.is_timeout() && error.is_connect() {
        HttpError::ConnectTimeout { host, seconds: 0 }
    } else if error.is_timeout() {
        HttpError::Timeout { host, seconds: 0 }
    } else if error.is_builder() {
        HttpError::Setup(reason)
    } else if reason.contains("certificate") || reason.contains("tls") {
        HttpError::Tls { host, reason }
    } else if error.is_connect() {
        HttpError::Connect { host, reason }
    } else {
        HttpError::Broken { host, reason }
    }
}

/// What went wrong, without the address that reqwest puts in front: the innermost causes say it best.
fn chain(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    match causes.last() {
        Some(innermost) => innermost.clone(),
        None => error.to_string(),
    }
}

/// An address as it goes on the wire: what may not stand in one is encoded, and the fragment is gone.
pub fn normal_url(text: &str) -> Result<String, HttpError> {
    let unusable = |reason: &str| {
        HttpError::Setup(format!(
            "{text:?} is no address that a request can be sent to: {reason}"
        ))
    };
    let mut url = reqwest::Url::parse(text.trim()).map_err(|error| match error.to_string() {
        reason if reason.starts_with("relative URL") => {
            unusable("it does not begin with https:// or http://")
        }
        reason => unusable(&reason),
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(unusable("it does not begin with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(unusable("it must not hold a user or a password"));
    }
    url.set_fragment(None);
    Ok(url.into())
}

/// The words that go with a status, as `Not Found`.
pub fn reason(status: u16) -> Option<&'static str> {
    reqwest::StatusCode::from_u16(status)
        .ok()?
        .canonical_reason()
}

/// The scheme and host of an address, for messages.
fn host_of(url: &str) -> String {
    let end = url
        .match_indices('/')
        .nth(2)
        .map_or(url.len(), |(position, _)| position);
    url.get(..end).unwrap_or(url).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_addresses() {
        assert_eq!(
            host_of("http://127.0.0.1:8080/20180418/x?y=/"),
            "http://127.0.0.1:8080"
        );
        assert_eq!(host_of("https://a.b"), "https://a.b");
        assert_eq!(host_of("x"), "x");
    }

    #[test]
    fn addresses_as_they_go_on_the_wire() {
        for (typed, sent) in [
            ("http://h/a b?x=ü&y=%20#z", "http://h/a%20b?x=%C3%BC&y=%20"),
            (" HTTP://H:80 ", "http://h/"),
            ("http://h/a/../b", "http://h/b"),
            ("http://h/?q='x'\"<>", "http://h/?q=%27x%27%22%3C%3E"),
        ] {
            assert_eq!(normal_url(typed).unwrap(), sent, "{typed}");
        }
        for typed in [
            "",
            "/x",
            "h/x",
            "ftp://h",
            "http://",
            "http://u:p@h/",
            "file:///etc",
        ] {
            assert!(normal_url(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn line_breaks_in_headers_are_refused() {
        let request = Request {
            method: Method::Get,
            url: "http://127.0.0.1:1/".into(),
            headers: vec![("if-match".into(), "a\r\nx-evil: 1".into())],
            body: None,
        };
        let http = Http::new(HttpOptions::default()).unwrap();
        let error = http.send(&request).unwrap_err();
        assert!(matches!(error, HttpError::Setup(_)), "{error}");
    }
}
