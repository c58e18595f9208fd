//! From a region, or from what the user gives, to the address that requests go to.

use std::borrow::Cow;
use std::fmt;

use super::error::ProfileError;
use super::regions::Region;
use crate::api::OperationId;
use crate::api::monitoring::Monitoring;
use crate::api::operation::{Client, Operation};

/// An address that paths of operations are added to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    /// `https://host`, with a port if one is given.
    origin: String,
    /// The version path, and before it whatever the user has put there; without a slash at its end.
    path: String,
}

impl BaseUrl {
    /// The address that a user gives, with or without the client's version path.
    pub fn given(url: &str, client: &Client) -> Result<Self, ProfileError> {
        let parts = Parts::of(url.trim()).map_err(|reason| ProfileError::BadAddress {
            url: url.to_owned(),
            reason,
        })?;
        let path = parts.path.trim_end_matches('/');
        let has_version = path.ends_with(client.base_path);
        Ok(Self {
            origin: parts.origin(),
            path: match has_version {
                true => path.to_owned(),
                false => format!("{path}{}", client.base_path),
            },
        })
    }

    /// The address that serves an operation in a region.
    pub fn in_region(
        operation: &Operation,
        region: &Region,
        dual_stack: bool,
    ) -> Result<Self, ProfileError> {
        let template = template(operation);
        Self::given(&fill(&template, region, dual_stack), operation.client)
    }

    /// The address that is likely to serve an operation on messages in a region, for when the stream or
    /// queue cannot be asked for its own: that of the first cell.
    pub fn of_first_cell(
        operation: &Operation,
        region: &Region,
        dual_stack: bool,
    ) -> Result<Self, ProfileError> {
        let template = template(operation);
        let template = match operation.client.name {
            "stream" => template.replace("//streaming.", "//cell-1.streaming."),
            "queue" => template.replace("//messaging.", "//cell-1.queue.messaging."),
            _ => template.into_owned(),
        };
        Self::given(&fill(&template, region, dual_stack), operation.client)
    }

    /// Scheme, host and port: what an error message names.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The path before those of operations, as `/20180418`.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

/// The address of an operation with its gaps. Metric values are taken in by a host of their own, which
/// only the service's documentation says.
fn template(operation: &Operation) -> Cow<'static, str> {
    let template = operation.client.endpoint;
    match operation.id {
        OperationId::Monitoring(Monitoring::PostMetricData) => {
            Cow::Owned(template.replace("//telemetry.", "//telemetry-ingestion."))
        }
        _ => Cow::Borrowed(template),
    }
}

fn fill(template: &str, region: &Region, dual_stack: bool) -> String {
    let Some(domain) = &region.second_level_domain else {
        return legacy(template, &region.name);
    };
    options(template, dual_stack)
        .replace("{region}", &region.name)
        .replace("{secondLevelDomain}", domain)
}

/// A region that is a whole domain takes the place of all that follows the service's name, which was
/// `streams` for Streaming at the time when regions were given so.
fn legacy(template: &str, domain: &str) -> String {
    let before = template.split("{region}").next().unwrap_or(template);
    format!("{}{domain}", before.replace("//streaming.", "//streams."))
}

/// A template with what `{dualStack?yes:no}` chooses; other choices vanish.
fn options(template: &str, dual_stack: bool) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((inner, behind)) = after.split_once('}') else {
            break;
        };
        filled.push_str(before);
        match inner.split_once('?') {
            Some(("dualStack", choice)) => {
                let (yes, no) = choice.split_once(':').unwrap_or((choice, ""));
                filled.push_str(if dual_stack { yes } else { no });
            }
            Some(_) => {}
            None => {
                filled.push('{');
                filled.push_str(inner);
                filled.push('}');
            }
        }
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

/// A URL taken apart.
struct Parts<'a> {
    scheme: &'static str,
    host: &'a str,
    port: Option<u16>,
    path: &'a str,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Result<Self, &'static str> {
        let (scheme, rest) = url
            .split_once("://")
            .ok_or("it must begin with https:// or http://")?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "https" => "https",
            "http" => "http",
            _ => return Err("it must begin with https:// or http://"),
        };
        if rest.contains(['?', '#']) {
            return Err("it must have neither a query nor a fragment");
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err("it must not hold a user or a password");
        }
        let (host, port) = split_port(authority)?;
        check_host(host)?;
        if path.contains(|c: char| !c.is_ascii_graphic() || "\"<>\\^`{|}".contains(c)) {
            return Err("its path has a character that must be written with a % code");
        }
        Ok(Self {
            scheme,
            host,
            port,
            path,
        })
    }

    fn origin(&self) -> String {
        match self.port {
            Some(port) => format!("{}://{}:{port}", self.scheme, self.host),
            None => format!("{}://{}", self.scheme, self.host),
        }
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), &'static str> {
    if authority.starts_with('[') && !authority.contains(']') {
        return Err("its host is no IPv6 address");
    }
    let after_host = authority.rfind(']').unwrap_or(0);
    let Some(colon) = authority[after_host..].find(':').map(|at| after_host + at) else {
        return Ok((authority, None));
    };
    match &authority[colon + 1..] {
        "" => Ok((&authority[..colon], None)),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let port = digits.parse().map_err(|_| "its port is above 65535")?;
            Ok((&authority[..colon], Some(port)))
        }
        _ => Err("its port is no number"),
    }
}

fn check_host(host: &str) -> Result<(), &'static str> {
    if let Some(address) = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        let parsed = address.parse::<std::net::Ipv6Addr>();
        return parsed.map(drop).map_err(|_| "its host is no IPv6 address");
    }
    let is_label = |label: &str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !label.is_empty() && label.bytes().all(is_allowed)
    };
    match host {
        "" => Err("it has no host"),
        host if host.split('.').all(is_label) => Ok(()),
        _ => Err("its host must be letters, digits, hyphens and underscores between single dots"),
    }
}
