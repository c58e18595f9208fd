//! POSTs to endpoints: which addresses they may go to, which redirects they follow, how long they take.

use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, ClientBuilder, Response};
use url::{Host, Url};

use super::address::Allowed;
use super::forms::Post;

/// How long an endpoint may take to accept a connection. Source: behaviour.md 3.2.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a whole exchange with an endpoint may take: to connect, and as long again to answer.
/// Source: behaviour.md 3.2.
pub(super) const ENDPOINT_TIMEOUT: Duration = Duration::from_secs(10);

/// How many redirects are followed.
const MOST_REDIRECTS: usize = 3;

/// Most bytes of an endpoint's answer that are read.
pub(super) const MOST_ANSWER_BYTES: usize = 64 * 1024;

/// Sends POSTs.
pub(super) struct Http {
    allow_http: bool,
    deny_private_networks: bool,
    plain: OnceLock<Client>,
    secure: OnceLock<Client>,
}

/// What an endpoint answered.
pub(super) struct Answer {
    pub status: u16,
    pub body: String,
    /// Whether it has not broken off, and was not longer than what is read.
    pub is_whole: bool,
}

/// Why a POST has not succeeded.
pub(super) struct PostFailure {
    pub reason: String,
    /// The status that was answered, if one was.
    pub status: Option<u16>,
}

impl From<String> for PostFailure {
    fn from(reason: String) -> Self {
        Self {
            reason,
            status: None,
        }
    }
}

impl Http {
    pub(super) fn new(allow_http: bool, deny_private_networks: bool) -> Self {
        Self {
            allow_http,
            deny_private_networks,
            plain: OnceLock::new(),
            secure: OnceLock::new(),
        }
    }

    /// Sends a POST; any answer but one of success is a failure.
    pub(super) async fn post(&self, post: Post) -> Result<Answer, PostFailure> {
        let (client, url) = self.client(&post.url)?;
        exchange(client, url, &post).await
    }

    /// The client for a URL, if its host may be connected to at all.
    fn client(&self, text: &str) -> Result<(&Client, Url), String> {
        let url = Url::parse(text).map_err(|error| format!("it is no URL: {error}"))?;
        let secure = url.scheme() == "https";
        let allowed = self.allowed(secure)?;
        if let Some(address) = literal(&url)
            && !allowed.includes(address)
        {
            return Err(allowed.reason().to_owned());
        }
        let slot = if secure { &self.secure } else { &self.plain };
        if let Some(client) = slot.get() {
            return Ok((client, url));
        }
        let client = build(allowed, secure)?;
        Ok((slot.get_or_init(|| client), url))
    }

    fn allowed(&self, secure: bool) -> Result<Allowed, String> {
        match (secure || self.allow_http, self.deny_private_networks) {
            (true, true) => Ok(Allowed::Public),
            (true, false) => Ok(Allowed::All),
            (false, false) => Ok(Allowed::Loopback),
            (false, true) => Err(Allowed::Loopback.reason().to_owned()),
        }
    }
}

/// The address that stands in a URL in the place of a name. Such an address is not looked up.
fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

fn build(allowed: Allowed, secure: bool) -> Result<Client, String> {
    let mut builder = common(Client::builder())
        .redirect(Policy::custom(follow))
        .dns_resolver(Guard { allowed });
    // A proxy connects where it likes: it is for those who may go anywhere.
    if allowed != Allowed::All || !secure {
        builder = builder.no_proxy();
    }
    if !secure {
        builder = builder.tls_certs_only([]);
    }
    builder
        .build()
        .map_err(|error| format!("cannot set up HTTP: {}", innermost(&error)))
}

/// What all clients have in common.
pub(super) fn common(builder: ClientBuilder) -> ClientBuilder {
    // The process may have chosen a provider before; then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder
        .connect_timeout(CONNECT_TIMEOUT)
        .user_agent(concat!("ocelot/", env!("CARGO_PKG_VERSION")))
}

/// Follows a redirect that keeps the message, to the same host. Others are answers that are no success.
fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let keeps_message = matches!(attempt.status().as_u16(), 307 | 308);
    let first = attempt.previous().first();
    let same_host = first.is_some_and(|first| first.origin() == attempt.url().origin());
    match keeps_message && same_host && attempt.previous().len() <= MOST_REDIRECTS {
        true => attempt.follow(),
        false => attempt.stop(),
    }
}

/// Looks up names, and lets through the addresses that are allowed: what was looked up is connected to, so a
/// name cannot change in between.
struct Guard {
    allowed: Allowed,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.allowed;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses: Vec<SocketAddr> = found
                .filter(|address| allowed.includes(address.ip()))
                .collect();
            match addresses.is_empty() {
                true => Err(allowed.reason().into()),
                false => Ok(Box::new(addresses.into_iter()) as Addrs),
            }
        })
    }
}

/// Sends a POST with a client, and reads a bounded part of the answer.
pub(super) async fn exchange(
    client: &Client,
    url: Url,
    post: &Post,
) -> Result<Answer, PostFailure> {
    let sending = client
        .post(url)
        .headers(headers(post)?)
        .timeout(post.timeout);
    let response = sending.body(post.body.clone()).send().await;
    let response = response.map_err(|error| match error.is_timeout() {
        true => format!("it did not answer within {} s", post.timeout.as_secs()),
        false => with_cure(innermost(&error)),
    })?;
    let status = response.status();
    let failed = |reason| PostFailure {
        reason,
        status: Some(status.as_u16()),
    };
    if status.is_redirection() {
        return Err(failed(format!(
            "it answered {status}, a redirect that is not followed: only 307 and 308 to the same host are"
        )));
    }
    let (body, is_whole) = read(response, post.most_answer_bytes).await;
    match status.is_success() {
        true => Ok(Answer {
            status: status.as_u16(),
            body,
            is_whole,
        }),
        false => Err(failed(format!("it answered {status}"))),
    }
}

/// The beginning of an answer, and whether that is all of it. What breaks off after the status has arrived all
/// the same.
async fn read(mut response: Response, most_bytes: usize) -> (String, bool) {
    let mut body = Vec::new();
    let is_whole = loop {
        match response.chunk().await {
            Ok(None) => break true,
            Err(_) => break false,
            Ok(Some(chunk)) => {
                let room = most_bytes.saturating_sub(body.len());
                body.extend(chunk.iter().take(room));
                if body.len() >= most_bytes {
                    break false;
                }
            }
        }
    };
    (String::from_utf8_lossy(&body).into_owned(), is_whole)
}

fn headers(post: &Post) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::with_capacity(post.headers.len());
    for (name, value) in &post.headers {
        let value = HeaderValue::try_from(value.as_str())
            .map_err(|_| format!("the header {name} cannot be {value:?}"))?;
        map.append(HeaderName::from_static(name), value);
    }
    Ok(map)
}

/// Tells what helps where a certificate is of an authority that nobody here knows.
fn with_cure(reason: String) -> String {
    match reason.ends_with("UnknownIssuer") {
        true => format!(
            "{reason}; this machine has to trust its authority (on Linux SSL_CERT_FILE can name a file of those \
             that are trusted)"
        ),
        false => reason,
    }
}

/// What went wrong, without the address that reqwest puts in front.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    let mut source = std::error::Error::source(error);
    let mut text = error.to_string();
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    text
}
