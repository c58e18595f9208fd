//! What of a request goes into its signature, taken from its address; and what may not be in it.

use super::error::SignError;
use crate::client::Request;

/// The parts of an address that are signed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target<'a> {
    /// Host, and port where the address has one.
    pub(super) host: &'a str,
    /// Path and query, as they are sent.
    pub(super) path_and_query: String,
}

impl<'a> Target<'a> {
    /// Splits an address. It must be encoded already: what a transport would alter cannot be signed.
    pub(super) fn of(url: &'a str) -> Result<Self, SignError> {
        let refuse = |reason| {
            Err(SignError::Url {
                url: url.to_owned(),
                reason,
            })
        };
        if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return refuse("it has a space, a control character or a letter that is not ASCII");
        }
        let Some((scheme, rest)) = url.split_once("://") else {
            return refuse("it does not begin with http:// or https://");
        };
        if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
            return refuse("it does not begin with http:// or https://");
        }
        let rest = rest.split_once('#').map_or(rest, |(sent, _)| sent);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let host = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        if host.is_empty() {
            return refuse("it has no host");
        }
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Self {
            host,
            path_and_query: format!("{slash}{path}"),
        })
    }
}

/// Refuses headers that would break out of their lines.
pub(super) fn check_headers(request: &Request) -> Result<(), SignError> {
    for (name, value) in &request.headers {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(token) {
            return Err(SignError::HeaderName(name.clone()));
        }
        if value.chars().any(char::is_control) {
            return Err(SignError::HeaderValue(name.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_addresses() {
        for (url, host, path_and_query) in [
            ("https://a.example", "a.example", "/"),
            ("https://a.example?x=1", "a.example", "/?x=1"),
            ("http://[::1]:80/b?c=%20#d", "[::1]:80", "/b?c=%20"),
            ("HTTPS://u:p@a.example:8443/", "a.example:8443", "/"),
        ] {
            let target = Target::of(url).unwrap();
            assert_eq!(
                (target.host, target.path_and_query.as_str()),
                (host, path_and_query),
                "{url}"
            );
        }
        for url in [
            "",
            "a.example/b",
            "ftp://a",
            "http:///b",
            "http://a/b c",
            "http://a/é",
            "http://a/\r\nb",
        ] {
            assert!(Target::of(url).is_err(), "{url:?}");
        }
    }
}
